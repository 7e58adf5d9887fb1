"""Cycles: locks, outcomes, invoices and credit notes, and what must go with each."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.drafts import invoice_key
from msp_billing.adapters.dynamodb.outbox import mail_key
from msp_billing.adapters.dynamodb.wholeness.looking import (
    Looking,
    Outcome,
    Wanted,
    WantedManifest,
    differing,
    where,
    wrong,
)
from msp_billing.adapters.dynamodb.wholeness.money_checks import entered
from msp_billing.adapters.dynamodb.wholeness.provider_checks import versions_wanted
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.cycles import Cycle, CycleState
from msp_billing.domain.invoices import Invoice, InvoiceId
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount, LedgerEntry
from msp_billing.domain.outbox import MailId
from msp_billing.usecases.mailing.credit_mail import credit_mail_id
from msp_billing.usecases.records import AccountRecord, Approval
from msp_billing.usecases.wholeness.findings import Finding, FindingKind

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.wholeness.numbers import NumberRows
    from msp_billing.usecases.ports.stored import Item


def check_lock(look: Looking, item: Item) -> Iterator[Outcome]:
    """A cycle is what its attributes say, and the versions that it pinned are there."""
    cycle = look.model(Cycle, item)
    yield from differing(item, cycle_owner=cycle.owner, cycle_state=cycle.state.value)
    pinned = f"POLICY#{cycle.policy_version}", f"PRICE_BOOK#{cycle.price_book_version}"
    yield from versions_wanted(item, cycle.id.provider, *pinned)
    if cycle.manifest_key is not None:
        closed = cycle.state is CycleState.CLOSED
        yield WantedManifest(cycle.manifest_key, str(item["pk"]), where(item), closed)


def check_approval(look: Looking, item: Item) -> Iterator[Outcome]:
    """A question can be read, and its answer is what its attribute says."""
    approval = look.model(Approval, item)
    yield from differing(item, decision=approval.decision)


def check_outcome(look: Looking, item: Item) -> Iterator[Outcome]:
    """An account's outcome has its invoices, and a claim on every charge that it bills."""
    record = look.model(AccountRecord, item)
    provider, run, period = str(item["pk"]).split("#")[1:]
    again = "" if record.revision == 1 else f"#r{record.revision}"
    for part in record.parts:
        what = f"it has an invoice '{part}', which is not there"
        missing = wrong(FindingKind.MISSING_INVOICE, item, what)
        yield Wanted((str(item["pk"]), f"INVOICE#{record.account}#{part}{again}"), missing)
    for charge in record.charges:
        yield from _claimed(item, provider, f"{run}/{period}", record.account, charge)


def _claimed(item: Item, provider: str, by: str, account: str, charge: str) -> Iterator[Outcome]:
    missing = wrong(FindingKind.CHARGE, item, f"it bills {charge} without a claim")

    def ours(claim: Item) -> Iterator[Outcome]:
        if claim.get("claimed_by") != by:
            what = f"it bills {charge}, which is claimed by {claim.get('claimed_by')}"
            yield wrong(FindingKind.CHARGE, item, what)

    yield Wanted((f"CHARGES#{provider}", f"{account}#{charge}"), missing, ours)


def check_invoice(look: Looking, item: Item) -> Iterator[Outcome]:
    """An invoice adds up, has a number if and only if it is issued, a mail, and a ledger entry."""
    invoice = look.model(Invoice, item)
    yield from differing(item, invoice_id=invoice.id.model_dump_json())
    number = item.get("number")
    if number is None:
        yield from differing(item, invoice_state="DRAFT")
        yield _open_cycle(item)
        return
    provider = invoice.id.provider
    index = {"gsi1pk": f"NUMBER#{provider}", "gsi1sk": number}
    yield from differing(item, invoice_state="ISSUED", **index)
    missing = wrong(FindingKind.MISSING_MAIL, item, f"{number} has no mail")

    def posted(mail: Item) -> Iterator[Outcome]:
        if mail["mail_state"] != "waiting" and not invoice.informational:
            yield from _invoice_entered(look, item, invoice, str(number))

    yield Wanted(mail_key(_mail_of(invoice.id)), missing, posted)


def _open_cycle(item: Item) -> Outcome:
    """A draft is of a cycle that is not closed."""

    def closed(lock: Item) -> Iterator[Outcome]:
        if lock["cycle_state"] == "closed":
            what = "the cycle is closed, and this invoice has no number"
            yield wrong(FindingKind.DRAFT_IN_CLOSED_CYCLE, item, what)

    missing = wrong(FindingKind.MISSING_INVOICE, item, "its cycle is not there")
    return Wanted((str(item["pk"]), "LOCK"), missing, closed)


def _invoice_entered(look: Looking, item: Item, invoice: Invoice, number: str) -> Iterator[Outcome]:
    def same(entry_item: Item) -> Iterator[Outcome]:
        yield from _same_amount(look, entry_item, item, number, invoice.total.amount)

    owner = (invoice.id.provider, invoice.id.account)
    yield entered(owner, EntryKind.INVOICE, number, item, same)


def _same_amount(
    look: Looking, entry_item: Item, item: Item, number: str, amount: Decimal
) -> Iterator[Outcome]:
    entry = look.model(LedgerEntry, entry_item)
    billed = -sum((p.amount for p in entry.postings if p.on is LedgerAccount.BILLED), Decimal(0))
    if billed != amount:
        what = f"{number} is {amount}, entry {entry.sequence} of its ledger says {billed}"
        yield wrong(FindingKind.LEDGER_AMOUNT, item, what)


def check_at_issue(look: Looking, item: Item) -> Iterator[Outcome]:
    """What was frozen is of an invoice that is there."""
    frozen = look.model(InvoiceAtIssue, item)
    missing = wrong(FindingKind.MISSING_INVOICE, item, "its invoice is not there")
    yield Wanted(invoice_key(frozen.invoice), missing)


def check_credit_note(look: Looking, item: Item) -> Iterator[Outcome]:
    """A credit note is of an invoice that is there, has a mail, and is in the ledger."""
    note = look.model(CreditNote, item)
    missing = wrong(FindingKind.MISSING_INVOICE, item, f"{note.invoice_number} is not there")
    yield Wanted(invoice_key(note.invoice), missing)
    mail = wrong(FindingKind.MISSING_MAIL, item, f"{note.number} has no mail")

    def posted(found: Item) -> Iterator[Outcome]:
        if found["mail_state"] != "waiting":
            owner = (note.invoice.provider, note.invoice.account)
            number = note.number or ""

            def same(entry: Item) -> Iterator[Outcome]:
                yield from _same_amount(look, entry, item, number, -note.total.amount)

            yield entered(owner, EntryKind.CREDIT_NOTE, number, item, same)

    yield Wanted(mail_key(credit_mail_id(note)), mail, posted)


def note_number(look: Looking, item: Item, rows: NumberRows) -> Iterator[Finding]:
    """Keep the number that an invoice or a credit note has. Read once per item, never again."""
    provider = str(item["pk"]).split("#")[1]
    if str(item["sk"]).startswith("CREDIT#"):
        note = look.model(CreditNote, item)
        yield from rows.note((provider, "CREDIT_NOTE"), note.number or "", where(item))
    elif "number" in item:
        invoice = look.model(Invoice, item)
        series = "INFORMATION" if invoice.informational else "INVOICE"
        yield from rows.note((provider, series), str(item["number"]), where(item))


def _mail_of(invoice: InvoiceId) -> MailId:
    return MailId(
        provider=invoice.provider,
        run=invoice.run,
        period=invoice.period,
        account=invoice.account,
        part=invoice.mail_part,
        kind="invoice",
    )
