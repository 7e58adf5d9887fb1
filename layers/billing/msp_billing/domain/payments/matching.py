"""Whose money it is: by what the source names, and by numbers and names in its texts.

What is not certain is not guessed: it waits for a person, with suggestions. The amount alone is
never enough, for two customers often owe the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.payments.checks import remittance_problems, unknown_account
from msp_billing.domain.payments.incoming import IncomingPayment, RemittancePart
from msp_billing.domain.payments.invoice_numbers import canonical_number, numbers_in
from msp_billing.domain.problems import Problem, name_some

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.account_names import NamedAccounts

MAX_SUGGESTIONS = 10
_TEXTS_SHOWN, _TEXT_SHOWN = 3, 100


class Clues(Protocol):
    """What a payment may be recognised by; each is asked for only when it is needed."""

    @property
    def prefixes(self) -> Sequence[str]:
        """What the provider's invoice numbers begin with, ordinary invoices first."""

    def has_account(self, account: str) -> bool:
        """Whether the book of accounts has it."""

    def account_of(self, number: str) -> str | None:
        """The account that an invoice was issued to; None when no invoice has the number."""

    def position(self, account: str) -> LedgerPosition:
        """Where an account stands."""

    def named_in(self, texts: Sequence[str], payer: str | None) -> NamedAccounts:
        """The accounts whose names are in the texts."""

    def owing(self, amount: Money) -> tuple[str, ...]:
        """The accounts that owe exactly this, on one document or in all."""


class Match(Frozen):
    """Whose a payment is and what it is for; or why that is not certain, and whose it might be."""

    account: Identifier | None = None
    matched_by: Text | None = None
    remittance: tuple[RemittancePart, ...] = ()
    problems: tuple[Problem, ...] = ()
    suggestions: tuple[Identifier, ...] = ()


class _Named(Frozen):
    """An invoice that exists and is named."""

    number: str
    account: str
    certain: bool


def match_payment(payment: IncomingPayment, clues: Clues) -> Match:
    """Find the account that a payment is of.

    In this order: the account that the source gives; the invoices that the remittance or the texts
    name; the account's name in the texts or as the payer's; an account whose name is given only
    in part, and that alone of all owes exactly the amount.
    """
    remittance = as_printed(payment.remittance, clues.prefixes, clues.account_of)
    payment = payment.model_copy(update={"remittance": remittance})
    named = _invoices(payment, clues)
    if payment.account is not None:
        return _for_given_account(payment, payment.account, named, clues)
    return _by_number(payment, named, clues) or _by_name(payment, named, clues)


def names_account(texts: Sequence[str], payer: str | None, clues: Clues) -> str | None:
    """The one account that texts speak of for certain; None for none or several."""
    numbers = [number for number, certain in numbers_in(texts, clues.prefixes) if certain]
    owners = {owner for owner in map(clues.account_of, numbers) if owner is not None}
    found = owners or set(clues.named_in(texts, payer).surely)
    return found.pop() if len(found) == 1 else None


def as_printed(
    parts: Iterable[RemittancePart],
    prefixes: Sequence[str],
    account_of: Callable[[str], str | None],
) -> tuple[RemittancePart, ...]:
    """Parts with their numbers as they are printed on invoices, however somebody typed them.

    A number that there is as it was typed stays: one of the system before may look like ours.
    """
    return tuple(
        part
        if account_of(part.invoice) is not None
        else part.model_copy(update={"invoice": canonical_number(part.invoice, prefixes)})
        for part in parts
    )


def _invoices(payment: IncomingPayment, clues: Clues) -> tuple[_Named, ...]:
    """The invoices that the remittance and the texts name, those of the remittance first."""
    certain = {part.invoice: True for part in payment.remittance}
    for number, is_certain in numbers_in(payment.texts, clues.prefixes):
        certain.setdefault(number, is_certain)
    owners = {number: clues.account_of(number) for number in certain}
    return tuple(
        _Named(number=number, account=owner, certain=certain[number])
        for number, owner in owners.items()
        if owner is not None
    )


def _for_given_account(
    payment: IncomingPayment, account: str, named: tuple[_Named, ...], clues: Clues
) -> Match:
    if not clues.has_account(account):
        without = _by_number(payment, named, clues) or _by_name(payment, named, clues)
        found = (without.account,) if without.account else without.suggestions
        return _waits(unknown_account(account), found)
    others = [
        problem
        for problem in remittance_problems(payment, account, clues.account_of)
        if problem.code == "invoice-of-another-account"
    ]
    if others:
        return Match(
            problems=tuple(others),
            suggestions=_unique((account, *(problem.where or "" for problem in others))),
        )
    own = tuple(entry for entry in named if entry.account == account)
    return _match(payment, account, "the account given", own)


def _by_number(payment: IncomingPayment, named: tuple[_Named, ...], clues: Clues) -> Match | None:
    """A match by the invoices that are named, or that they are of several; None without any."""
    certain = tuple(
        entry for entry in named if entry.certain or _fits(entry, payment, named, clues)
    )
    accounts = _accounts(certain)
    if not accounts:
        return None
    if len(accounts) > 1:
        return _several(accounts, "invoices")
    (account,) = accounts
    if other := _contradicted(payment, account, certain, clues):
        problem = Problem(
            code="contradiction",
            what=f"It names {certain[0].number} of {account}, but is of another amount and in the "
            f"name of {name_some(other)}.",
            fix="Ask the payer which invoice is meant, and assign it.",
        )
        return _waits(problem, (account, *other))
    return _match(payment, account, f"invoice number {certain[0].number}", certain)


def _fits(entry: _Named, payment: IncomingPayment, named: tuple[_Named, ...], clues: Clues) -> bool:
    """Whether something else speaks for a number that may be none: the amount, or the name."""
    own = tuple(other for other in named if other.account == entry.account)
    if _agrees(payment.amount, own, clues.position(entry.account)):
        return True
    names = clues.named_in(payment.texts, payment.payer)
    return entry.account in (*names.surely, *names.perhaps)


def _agrees(amount: Money, named: tuple[_Named, ...], position: LedgerPosition) -> bool:
    """Whether the amount is what is open of the invoices named, of one of them, or of all."""
    if amount.currency != position.ledger.currency:
        return False
    items = position.items_by_document
    numbers = (entry.number for entry in named)
    opens = [items[number].open for number in numbers if number in items]
    return amount.amount in {*opens, sum(opens, Decimal(0)), position.owed, position.balance}


def _contradicted(
    payment: IncomingPayment, account: str, named: tuple[_Named, ...], clues: Clues
) -> tuple[str, ...]:
    """Who else is named, where neither the amount nor the name fits the invoice's account.

    A payer who mistypes a number by one digit names somebody else's invoice.
    """
    if _agrees(payment.amount, named, clues.position(account)):
        return ()
    names = clues.named_in(payment.texts, payment.payer)
    return () if account in (*names.surely, *names.perhaps) else names.surely


def _by_name(payment: IncomingPayment, named: tuple[_Named, ...], clues: Clues) -> Match:
    names = clues.named_in(payment.texts, payment.payer)
    if len(names.surely) == 1:
        return _match(payment, names.surely[0], "the account's name", ())
    if len(names.surely) > 1:
        return _several(names.surely, "names")
    owing = clues.owing(payment.amount)
    if len(owing) == 1 and owing[0] in names.perhaps and _owes(clues, owing[0], payment.amount):
        return _match(payment, owing[0], "part of the account's name, and the amount", ())
    return _waits(_nobody(payment, named), (*_accounts(named), *names.perhaps, *owing))


def _owes(clues: Clues, account: str, amount: Money) -> bool:
    """As of now: what all accounts owe may have been read before other payments of a file."""
    return owes_exactly(clues.position(account), amount)


def owes_exactly(position: LedgerPosition, amount: Money) -> bool:
    """Whether an account owes just this, on one document or in all."""
    if amount.currency != position.ledger.currency:
        return False
    return amount.amount in {position.balance, *(item.open for item in position.open_items)}


def _nobody(payment: IncomingPayment, named: tuple[_Named, ...]) -> Problem:
    told = [text[:_TEXT_SHOWN] for text in (payment.payer, *payment.texts) if text]
    said = f": '{' / '.join(told[:_TEXTS_SHOWN])}'" if told else ", and nothing is told with it"
    found = f" {named[0].number} may be meant." if named else ""
    return Problem(
        code="no-match",
        what=f"Whose {payment.amount} it is cannot be told for certain{said}.{found}",
        fix="Assign it to an account, or dismiss it with a reason.",
    )


def _several(accounts: Sequence[str], by: str) -> Match:
    problem = Problem(
        code="several-accounts",
        what=f"It has {by} of {name_some(accounts)}.",
        fix="Assign it to the account that paid; what is for another one is a payment of its own.",
    )
    return _waits(problem, accounts)


def _match(payment: IncomingPayment, account: str, by: str, named: tuple[_Named, ...]) -> Match:
    """A match; what the remittance does not say, the numbers in the texts do."""
    parts = tuple(RemittancePart(invoice=entry.number) for entry in named)
    return Match(account=account, matched_by=by, remittance=payment.remittance or parts)


def _waits(problem: Problem, suggestions: Iterable[str]) -> Match:
    return Match(problems=(problem,), suggestions=_unique(suggestions))


def _accounts(named: Iterable[_Named]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.account for entry in named))


def _unique(accounts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(accounts))[:MAX_SUGGESTIONS]
