"""Reading the invoices of a cycle, and those of the month before that still bill something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msp_billing.domain.invoices import Invoice, InvoiceId

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.cycles import CycleId
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import AccountRecord

_REVISION = re.compile(r"^(?P<part>.+)-r(?P<revision>[2-9]|[1-9][0-9]{1,2})$")
_LONGEST_PART = 40  # of an identifier; with its revision, a mail's part may be longer


def previous_invoices(
    ports: Ports, cycle: CycleId, accounts: tuple[str, ...]
) -> dict[str, tuple[Invoice, ...]]:
    """The invoices of the month before by account.

    An account that had nothing to bill has none (an empty tuple); one that was parked, that had no
    cycle, or whose drafts were never numbered, is not in the result: what it had is unknown. Nor is
    one whose invoices were all voided and not issued anew: they bill nothing any more.
    """
    before = cycle.model_copy(update={"period": cycle.period.shifted(-1)})
    records = ports.invoices.records(before, accounts)
    known = {account: record for account, record in records.items() if not record.problems}
    found = invoices_of(ports, before, known)
    issued = {
        account: entries
        for account, entries in found.items()
        if all(entry.number is not None for entry in entries)
    }
    notes = credit_notes_of(ports, before, issued)
    standing = {account: not_voided(entries, notes) for account, entries in issued.items()}
    return {account: left for account, left in standing.items() if left or not issued[account]}


def not_voided(
    invoices: Iterable[Invoice], notes: Mapping[InvoiceId, Iterable[CreditNote]]
) -> tuple[Invoice, ...]:
    """The invoices that no credit note has voided."""
    return tuple(
        entry for entry in invoices if not any(note.voids for note in notes.get(entry.id, ()))
    )


def credit_notes_of(
    ports: Ports, cycle: CycleId, invoices: Mapping[str, Sequence[Invoice]]
) -> dict[InvoiceId, tuple[CreditNote, ...]]:
    """The credit notes of a cycle's invoices by account; one request, none without invoices."""
    billed = {account for account, entries in invoices.items() if entries}
    return ports.credit_notes.of_accounts(cycle, billed) if billed else {}


def invoices_of(
    ports: Ports, cycle: CycleId, records: dict[str, AccountRecord]
) -> dict[str, tuple[Invoice, ...]]:
    """The invoices that records name, by account."""
    ids = {
        account: [invoice_id(cycle, account, part, record.revision) for part in record.parts]
        for account, record in records.items()
    }
    found = ports.invoices.invoices([entry for entries in ids.values() for entry in entries])
    return {account: tuple(found[entry] for entry in entries) for account, entries in ids.items()}


def invoice_id(cycle: CycleId, account: str, part: str, revision: int = 1) -> InvoiceId:
    """The invoice of a part of an account in a cycle."""
    return InvoiceId(
        provider=cycle.provider,
        run=cycle.run,
        period=cycle.period,
        account=account,
        part=part,
        revision=revision,
    )


def invoices_of_mail(cycle: CycleId, account: str, mail_part: str) -> tuple[InvoiceId, ...]:
    """The invoices that a mail's part may mean, the likelier first (``InvoiceId.mail_part``).

    ``main-r2`` is the second revision of ``main``, or the only one of an agreement of that name.
    """
    found = _REVISION.match(mail_part)
    meant = [(found["part"], int(found["revision"]))] if found else []
    if len(mail_part) <= _LONGEST_PART:
        meant.append((mail_part, 1))
    return tuple(invoice_id(cycle, account, part, revision) for part, revision in meant)
