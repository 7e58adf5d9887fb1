"""What may be promised or disputed, and what is wrong with a request to do so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.coverage import covered_parts, is_open
from msp_billing.domain.money import ExactDecimal
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.domain.dunning.standing import Pause
    from msp_billing.usecases.dunning.context import DunningContext

_LONGEST = timedelta(days=366)
_LONGEST_TEXT = 400
_NOTHING = Decimal(0)

PauseKind = Literal["dispute", "promise"]
Ending = Literal["withdrawn", "settled", "upheld"]
"""Taken back; agreed or paid; or the customer was right, so that a credit note follows."""


class PauseRefusedError(ProblemsError):
    """A promise or dispute cannot be made or ended as asked; says every reason."""


class PauseRequest(Frozen):
    """A promise to pay, or a dispute, as a person enters it."""

    provider: Identifier
    account: Identifier
    document: Text | None = Field(default=None, description="The invoice; None: the oldest first.")
    amount: ExactDecimal | None = Field(
        default=None, description="All that is open and not covered yet, if left out."
    )
    until: date = Field(description="The last day that it covers.")
    reason: str
    by: str
    name: Identifier | None = Field(
        default=None,
        description="Names it for ever, so that it may be asked for twice; counted if left out.",
    )


class EndPauseRequest(Frozen):
    """The end of a promise or dispute before its last day."""

    provider: Identifier
    account: Identifier
    pause: Identifier
    how: Ending
    by: str
    why: str


def free_amount(context: DunningContext, request: PauseRequest) -> Decimal:
    """What is open of the document, or of everything, and not covered by another one yet."""
    items = context.position.open_items
    parts = covered_parts(items, context.standing.pauses, context.today)
    named = [item for item in items if request.document in {None, item.document}]
    names = {item.document for item in named}
    covered = sum((part.amount for part in parts if part.document in names), _NOTHING)
    return sum((item.open for item in named), _NOTHING) - covered


def problems_of_making(
    context: DunningContext, request: PauseRequest, standing: Pause | None
) -> Iterator[Problem]:
    """Everything that is wrong with a promise or dispute that is to be made.

    Args:
        standing: another one that has its name.
    """
    if standing is not None:
        yield Problem(
            code="pause_exists",
            what=f"There is another {standing.kind} '{standing.pause}' already.",
            fix="Give it another name, or leave the name out.",
        )
    yield from _missing_words(by=request.by, reason=request.reason)
    yield from _wrong_days(context, request.until)
    yield from _wrong_amount(context, request)


def _missing_words(**words: str) -> Iterator[Problem]:
    meaning = {"by": "who says so", "reason": "the reason", "why": "the reason"}
    for name, value in words.items():
        if not value.strip():
            yield Problem(
                code=f"missing_{name}",
                what=f"It does not say {meaning[name]}.",
                fix="Write it down: whoever looks later has nothing else to go by.",
            )
        elif len(value.strip()) > _LONGEST_TEXT:
            yield Problem(
                code=f"{name}_too_long",
                what=f"{meaning[name].capitalize()} has {len(value.strip())} characters.",
                fix=f"Say it in at most {_LONGEST_TEXT}.",
            )


def _wrong_days(context: DunningContext, until: date) -> Iterator[Problem]:
    if until < context.today:
        yield Problem(
            code="until_in_the_past",
            what=f"Its last day, {until}, has passed.",
            fix=f"Give a day from {context.today} on.",
        )
    elif until > context.today + _LONGEST:
        yield Problem(
            code="until_too_far",
            what=f"Its last day, {until}, is more than a year away.",
            fix="Give a day within a year, and make another one then if need be.",
        )


def _wrong_amount(context: DunningContext, request: PauseRequest) -> Iterator[Problem]:
    money = context.position.money
    known = {item.document for item in context.position.open_items}
    if request.document is not None and request.document not in known:
        yield Problem(
            code="not_owed",
            what=f"Nothing is open of a document '{request.document}'.",
            fix="Name an invoice that the account owes, or none to cover the oldest first.",
        )
        return
    if request.amount is not None and request.amount <= 0:
        yield Problem(
            code="amount_not_positive",
            what=f"{request.amount} is no amount that could be covered.",
            fix="Give an amount above zero.",
        )
        return
    if request.amount is not None and request.amount != money(request.amount).amount:
        yield Problem(
            code="amount_too_fine",
            what=f"{request.amount} is no amount that can be paid.",
            fix=f"Give an amount as {money(request.amount)}.",
        )
        return
    free = free_amount(context, request)
    if free <= 0 or (request.amount is not None and request.amount > free):
        asked = "Something" if request.amount is None else str(money(request.amount))
        yield Problem(
            code="amount_too_large",
            what=f"{asked} was to be covered, but {money(max(free, _NOTHING))} is open and not "
            "covered yet.",
            fix="Give no more than that, or end what covers it now.",
        )


def problems_of_ending(
    context: DunningContext, request: EndPauseRequest, found: Pause | None
) -> Iterator[Problem]:
    """Everything that is wrong with ending a promise or dispute.

    Args:
        found: the one that is meant; None when there is none of the name.
    """
    yield from _missing_words(by=request.by, why=request.why)
    if found is None:
        names = [p.pause for p in context.standing.pauses if is_open(p, context.today)]
        yield Problem(
            code="unknown_pause",
            what=f"There is no promise or dispute '{request.pause}' of {request.account}.",
            fix=f"Open are: {', '.join(names) or 'none'}.",
        )
    elif found.ended_at is not None and not (found.ended_why or "").startswith(f"{request.how}:"):
        yield Problem(
            code="pause_over",
            what=f"The {found.kind} '{found.pause}' has ended already: {found.ended_why}.",
            fix="Nothing needs to be done.",
        )
    elif request.how == "upheld" and found.kind == "promise":
        yield Problem(
            code="promise_upheld",
            what="Only a dispute can be upheld.",
            fix="End a promise as withdrawn or settled.",
        )
