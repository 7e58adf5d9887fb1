"""Why something cannot be entered, and what every posting function shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msp_billing.domain.payments.checks import amount_problems
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.domain.ledger.entries import Posting
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.money import Money

MAX_TEXT = 500


class EntryRefusedError(ProblemsError):
    """Something that cannot be entered as it is, with every reason."""


def moving(postings: Sequence[Posting]) -> tuple[Posting, ...]:
    """Postings that move something; the first one where none does."""
    found = tuple(posting for posting in postings if posting.amount)
    return found or tuple(postings[:1])


def check_currency(position: LedgerPosition, amount: Money) -> None:
    """Raises EntryRefusedError for an amount that is not in the ledger's currency."""
    if amount.currency != position.ledger.currency:
        raise refused(
            "other-currency",
            f"{amount} is not in the currency of {position.ledger}, {position.ledger.currency}.",
            "Have the bank's exchange rate applied before it is entered.",
        )


def check_payable(amount: Money) -> None:
    """Raises EntryRefusedError for what nobody can pay: nothing, less, or a part of a cent."""
    problems = tuple(amount_problems(amount))
    if problems:
        raise EntryRefusedError(problems)


def refused(code: str, what: str, fix: str) -> EntryRefusedError:
    """A refusal with one reason."""
    return EntryRefusedError((Problem(code=code, what=what, fix=fix),))
