"""Gathering what accounting programs are given: the ledgers' entries with the lines behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.accounting.exported import (
    AccountingPeriod,
    Customer,
    CustomerBalance,
    ExportedEntry,
    ExportedLine,
    ExportFile,
)
from msp_billing.domain.accounting.lines import credit_lines, invoice_lines
from msp_billing.domain.accounting.tying_out import file_sums, ledger_sums, untied
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry, LedgerId
from msp_billing.domain.ledger.verifying import verify
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.receivables.accounts import today_of
from msp_billing.usecases.receivables.entered_invoices import entered_invoice

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_NOT_LATE = frozenset({EntryKind.ALLOCATION, EntryKind.OPENING})
"""What no export of earlier days lacks: opening balances stood in the books before."""


def gather_accounting(
    ports: Ports, provider: str, from_on: date | None = None, to_on: date | None = None
) -> AccountingPeriod:
    """Everything that the ledgers have of some days, with the lines of invoices and credit notes.

    Every ledger is proved on the way, from its first entry to its last, and every document is
    compared with what was entered for it: what is exported is what stands there, or nothing is.

    Args:
        from_on: the first day; that of the first entry of all, if left out.
        to_on: the last day; today in the provider's zone, if left out, or the day of the last
            entry where one is dated ahead.

    Raises:
        UnknownProviderError: for a provider that was never applied.
        ProblemsError: when a ledger does not fit, a document is missing or is not what was entered,
            or it ends before it begins.
    """
    policy = policy_in_force(ports, provider)
    names = _customer_names(ports, provider)
    ledgers = [
        _Ledger.read(ports, policy, position, names)
        for position in ports.ledgers.positions(provider)
    ]
    days = {today_of(ports, provider)} | {e.on for ledger in ledgers for e in ledger.entries}
    begins, ends = from_on or min(days), to_on or max(days)
    if begins > ends:
        raise ProblemsError([_ends_before(begins, ends)])
    problems = [problem for ledger in ledgers for problem in ledger.problems]
    entries: list[ExportedEntry] = []
    late: list[ExportedEntry] = []
    for ledger in ledgers:
        entries += ledger.exported(begins, ends, problems)
        late += ledger.late(begins) if from_on is not None else ()
    if problems:
        raise ProblemsError(problems)
    return AccountingPeriod(
        provider=provider,
        provider_name=policy.name,
        from_on=begins,
        to_on=ends,
        entries=_in_order(entries),
        balances=tuple(ledger.balance(begins, ends) for ledger in ledgers),
        late=_in_order(late),
    )


def check_tied_out(period: AccountingPeriod, files: Iterable[ExportFile]) -> None:
    """Raises ProblemsError unless the files come to what the ledgers do, by kind and currency."""
    problems = tuple(untied(ledger_sums(period.entries), file_sums(files)))
    if problems:
        raise ProblemsError(problems)


def _in_order(entries: Iterable[ExportedEntry]) -> tuple[ExportedEntry, ...]:
    return tuple(sorted(entries, key=lambda e: (e.entry.on, e.customer.account, e.entry.sequence)))


def _ends_before(from_on: date, to_on: date) -> Problem:
    return Problem(
        code="ends-before-it-begins",
        what=f"An export from {from_on} cannot end on {to_on}.",
        fix="Give the earlier day first.",
    )


def _customer_names(ports: Ports, provider: str) -> dict[str, str]:
    """What the books call each account of the book: two of the same name are told apart."""
    names = {entry.account.account: entry.account.name for entry in ports.book.entries(provider)}
    times = Counter(" ".join(name.split()).casefold() for name in names.values())
    return {
        account: f"{name} ({account})" if times[" ".join(name.split()).casefold()] > 1 else name
        for account, name in names.items()
    }


@dataclass(frozen=True)
class _Ledger:
    """One ledger with everything that was ever entered in it."""

    ports: Ports
    policy: ProviderPolicy
    customer: Customer
    ledger: LedgerId
    entries: Sequence[LedgerEntry]
    problems: tuple[Problem, ...]

    @classmethod
    def read(
        cls, ports: Ports, policy: ProviderPolicy, head: LedgerPosition, names: dict[str, str]
    ) -> _Ledger:
        # What is entered while this reads is not part of it.
        stored = ports.ledgers.entries(head.ledger)
        entries = [entry for entry in stored if entry.sequence <= head.version]
        proof = verify(head.ledger, entries, head)
        problems: tuple[Problem, ...] = ()
        if proof.misfit is not None:
            problem = Problem(
                code="ledger-does-not-fit",
                what=f"The ledger of {head.ledger}: {proof.misfit.what}.",
                fix="See 'mspbill verify-ledger', and export nothing until it is cleared up.",
                where=str(head.ledger),
            )
            problems = (problem,)
        account = head.ledger.account
        customer = Customer(account, names.get(account, account), head.ledger.currency)
        return cls(ports, policy, customer, head.ledger, entries, problems)

    def exported(
        self, from_on: date, to_on: date, problems: list[Problem]
    ) -> Iterator[ExportedEntry]:
        for entry in self.entries:
            if from_on <= entry.on <= to_on:
                lines, label = self._billed(entry, problems)
                yield ExportedEntry(
                    customer=self.customer,
                    entry=entry,
                    lines=lines,
                    method=self._method(entry),
                    paid=self._paid_by(entry),
                    label=label,
                )

    def late(self, from_on: date) -> Iterator[ExportedEntry]:
        """Of days before the first, and entered on it or after it."""
        for entry in self.entries:
            recorded_on = entry.recorded_at.astimezone(self.policy.zone).date()
            if entry.on < from_on <= recorded_on and entry.kind not in _NOT_LATE:
                yield ExportedEntry(self.customer, entry)

    def balance(self, from_on: date, to_on: date) -> CustomerBalance:
        def come_to(account: LedgerAccount, first: date | None, last: date | None) -> Decimal:
            return sum(
                (
                    posting.amount
                    for entry in self.entries
                    if (first is None or entry.on < first) and (last is None or entry.on <= last)
                    for posting in entry.postings
                    if posting.on is account
                ),
                Decimal(0),
            )

        owed, held = LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT
        return CustomerBalance(
            customer=self.customer,
            owed_before=come_to(owed, from_on, None),
            held_before=-come_to(held, from_on, None),
            owed=come_to(owed, None, to_on),
            held=-come_to(held, None, to_on),
        )

    def _billed(
        self, entry: LedgerEntry, problems: list[Problem]
    ) -> tuple[tuple[ExportedLine, ...], str]:
        """The lines of what an entry bills or credits, and what it is called."""
        if entry.kind not in {EntryKind.INVOICE, EntryKind.CREDIT_NOTE}:
            return (), ""
        number = entry.document if entry.kind is EntryKind.INVOICE else entry.lowers or ""
        invoice = entered_invoice(self.ports, self.ledger, number, self.entries)
        note = None if invoice is None else self._note(entry, invoice)
        if invoice is None or (entry.kind is EntryKind.CREDIT_NOTE and note is None):
            problems.append(self._missing(entry))
            return (), ""
        lines = invoice_lines(invoice) if note is None else credit_lines(note, invoice)
        summed = sum((line.amount for line in lines), Decimal(0))
        billed = -sum(
            (p.amount for p in entry.postings if p.on is LedgerAccount.BILLED), Decimal(0)
        )
        if summed != billed or invoice.currency != self.customer.currency:
            problems.append(self._other(entry, f"{summed} {invoice.currency}", billed))
        return lines, invoice.label if note is None else note.reason

    def _note(self, entry: LedgerEntry, invoice: Invoice) -> CreditNote | None:
        if entry.kind is not EntryKind.CREDIT_NOTE:
            return None
        notes = self.ports.credit_notes.of_invoice(invoice.id)
        return next((note for note in notes if note.number == entry.document), None)

    def _missing(self, entry: LedgerEntry) -> Problem:
        return Problem(
            code="document-missing",
            what=f"{entry.document} stands in the ledger of {self.customer.account}, and the "
            "document itself is not stored.",
            fix="Restore it, or find out what the entry is of; nothing was exported.",
            where=f"{self.policy.provider}/{self.customer.account}",
        )

    def _other(self, entry: LedgerEntry, summed: str, billed: Decimal) -> Problem:
        return Problem(
            code="document-differs",
            what=f"The lines of {entry.document} come to {summed}, the ledger of "
            f"{self.customer.account} has {billed} {self.customer.currency}.",
            fix="See 'mspbill evidence' for the account; nothing was exported.",
            where=f"{self.policy.provider}/{self.customer.account}",
        )

    def _method(self, entry: LedgerEntry) -> str:
        """How the money came or went; what went back went the way it came."""
        kind = EntryKind.PAYMENT if entry.payment else entry.kind
        return self._methods.get((kind, entry.payment or entry.document), "")

    @cached_property
    def _methods(self) -> dict[tuple[EntryKind, str], str]:
        return {
            (entry.kind, entry.document): posting.reference
            for entry in self.entries
            for posting in entry.postings
            if posting.on is LedgerAccount.CASH
        }

    def _paid_by(self, entry: LedgerEntry) -> tuple[tuple[EntryKind, str], ...]:
        """What a payment was used for, first use first."""
        if entry.kind is not EntryKind.PAYMENT:
            return ()
        used = dict.fromkeys(self._uses.get(entry.document, ()))
        fees = {e.document for e in self.entries if e.kind is EntryKind.LATE_FEE}
        return tuple(
            (EntryKind.LATE_FEE if document in fees else EntryKind.INVOICE, document)
            for document in used
        )

    @cached_property
    def _uses(self) -> dict[str, list[str]]:
        uses: dict[str, list[str]] = {}
        for entry in self.entries:
            if entry.kind is EntryKind.ALLOCATION:
                uses.setdefault(entry.document, []).extend(
                    posting.reference
                    for posting in entry.postings
                    if posting.on is LedgerAccount.RECEIVABLE
                )
        return uses
