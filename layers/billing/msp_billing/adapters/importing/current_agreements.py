"""Which agreements and lines of the old system run on the day of the take-over, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.importing.old_records import Doubt, OldAgreement, OldBook, OldLine
from msp_billing.domain.accounts import feed_key
from msp_billing.domain.money import minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_customers import Customers

FLAT_AMOUNT = "agreement amount"
"""The product of what ConnectWise bills for an agreement beside its additions, by type."""

_TWO_NAMESAKES = Doubt(
    "the customer has two agreements of that name, and they say different things",
    "Give each a name of its own there; or let every row of the agreement say the same.",
)
_ENDED_NAMESAKE = Doubt(
    "an agreement of that name has ended, and another one runs: of which it is, nobody says",
    "Export it with its 'Agreement Status', or give one of the two another name there.",
)

_Key = tuple[str, str]
"""Whose agreement, and its name: a customer is one under all the names that it has."""


def current_agreements(
    book: OldBook, customers: Customers, as_of: date
) -> tuple[list[OldAgreement], list[OldLine]]:
    """Agreements and lines that run on the day; the others are passed over in the report.

    An agreement is one under all the names that its customer has, so that a line is of one. What
    could be of two is given with its doubt.
    """
    running, over = _agreements(book, customers, as_of)
    lines: list[OldLine] = []
    for line in book.lines:
        key = _key(customers, line.customer, line.agreement)
        said = line.row_agreement
        reason = None
        if (said and _why_over(said, as_of)) or (key in over and key not in running):
            reason = "its agreement has ended or is not active"
        elif not line.active or (line.ends_on is not None and line.ends_on < as_of):
            reason = "it has ended"
        elif not line.billable:
            reason = "it is not billed there"
        if reason is not None:
            book.pass_over("line", f"{line.customer}: {line.product}", line.place, reason)
            continue
        is_said = line.agreement_runs or (said is not None and not _is_only_named(said))
        in_doubt = key in over and not is_said
        lines.append(replace(line, doubt=_ENDED_NAMESAKE) if in_doubt else line)
        running.setdefault(
            key, OldAgreement(line.customer, line.agreement, line.place, starts_on=line.starts_on)
        )
    lines += _flat_amounts(running, lines, customers)
    return list(running.values()), lines


def _agreements(
    book: OldBook, customers: Customers, as_of: date
) -> tuple[dict[_Key, OldAgreement], set[_Key]]:
    """The agreements that run, and the names of those that do not."""
    running: dict[_Key, OldAgreement] = {}
    over: set[_Key] = set()
    for entry in book.agreements:
        key = _key(customers, entry.customer, entry.name)
        told = f"{entry.customer}: {entry.name}"
        reason = _why_over(entry, as_of)
        if reason is not None:
            over.add(key)
            book.pass_over("agreement", told, entry.place, reason)
            continue
        standing = running.get(key)
        running[key] = entry if standing is None else _together(standing, entry)
        again = standing is not None and standing.place.file == entry.place.file
        if again and entry.amount is not None and running[key].doubt is None:
            book.pass_over("agreement", told, entry.place, "the same row again")
    return running, over


def _why_over(entry: OldAgreement, as_of: date) -> str | None:
    if entry.ends_on is not None and entry.ends_on < as_of:
        return f"it ended on {entry.ends_on}"
    return None if entry.active else "it is not active there"


def _together(first: OldAgreement, other: OldAgreement) -> OldAgreement:
    """One agreement of two rows: a template names it for each of its lines."""
    if _is_only_named(other):
        return first
    if _is_only_named(first):
        return other
    same_days = (first.starts_on, first.ends_on) == (other.starts_on, other.ends_on)
    words = [(first.kind, other.kind), (first.cycle, other.cycle)]
    amounts = {first.amount, other.amount} - {None}  # nothing is an amount too
    if not same_days or len(amounts) > 1 or any(one and two and one != two for one, two in words):
        return replace(first, doubt=_TWO_NAMESAKES)
    return replace(
        first,
        kind=first.kind or other.kind,
        cycle=first.cycle or other.cycle,
        amount=other.amount if first.amount is None else first.amount,
    )


def _is_only_named(entry: OldAgreement) -> bool:
    return entry.starts_on is None and entry.ends_on is None and entry.amount is None


def _flat_amounts(
    agreements: Mapping[_Key, OldAgreement], lines: Sequence[OldLine], customers: Customers
) -> Iterator[OldLine]:
    """What an agreement comes to beside its lines, as a line of its own that has to be mapped."""
    sums: dict[_Key, Decimal] = {}
    for line in lines:
        key = _key(customers, line.customer, line.agreement)
        sums[key] = sums.get(key, Decimal(0)) + _billed(line, customers, key[0])
    for key, entry in agreements.items():
        if entry.amount is None:
            continue
        rest = entry.amount - sums.get(key, Decimal(0))
        if rest:
            product = f"{FLAT_AMOUNT}: {entry.kind or entry.name}"
            yield OldLine(
                customer=entry.customer,
                agreement=entry.name,
                product=product,
                place=entry.place,
                description=f"What {entry.name} comes to beside its additions",
                quantity=Decimal(1),
                unit_price=rest,
            )


def _billed(line: OldLine, customers: Customers, key: str) -> Decimal:
    """What a line comes to: rounded half-up to what its currency can be paid in, as each line."""
    customer = customers.active.get(key)
    digits = minor_unit_digits("" if customer is None else customer.currency)
    exact = (line.quantity or Decimal(0)) * (line.unit_price or Decimal(0))
    return exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def _key(customers: Customers, customer: str, agreement: str) -> _Key:
    return customers.key_of(customer) or feed_key(customer), feed_key(agreement)
