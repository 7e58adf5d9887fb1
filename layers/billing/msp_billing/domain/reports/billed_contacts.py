"""The billed contact list: everybody that the invoice to come is made of, by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.reports.report_policy import ReportPolicy


class BilledContact(Frozen):
    """One person on one line."""

    item_id: str
    name: str
    place: str
    product: str
    description: str
    counted_as: str
    since_on: date | None


class BilledContacts(Frozen):
    """Everybody whom an account's next invoice bills (COL-19)."""

    account: Identifier
    account_name: str
    period: Period
    invoice_on: date
    contacts: tuple[BilledContact, ...]

    @property
    def people(self) -> int:
        """How many, each counted once however many products bill them."""
        return len({(contact.place, contact.item_id) for contact in self.contacts})


def billed_contacts(
    invoices: tuple[Invoice, ...], account_name: str, report: ReportPolicy
) -> BilledContacts | None:
    """The people behind the lines of an account's drafts or invoices; None when there are none."""
    contacts = tuple(
        contact for invoice in invoices for contact in _of_invoice(invoice, report.count_rules)
    )
    if not contacts:
        return None
    invoice = invoices[0]
    return BilledContacts(
        account=invoice.id.account,
        account_name=account_name,
        period=invoice.id.period,
        invoice_on=invoice.invoice_on,
        contacts=contacts,
    )


def _of_invoice(invoice: Invoice, rules: tuple[str, ...]) -> Iterator[BilledContact]:
    titles = {section.subscriber: section.title for section in invoice.sections}
    told: set[tuple[str, str]] = set()
    for line in invoice.lines:
        evidence = invoice.evidence(line)
        if evidence is None or evidence.rule not in rules:
            continue
        if (line.product, evidence.key) in told:  # what is over a tier is a line of its own
            continue
        told.add((line.product, evidence.key))
        for item in evidence.count.items:
            yield BilledContact(
                item_id=item.item_id,
                name=item.name,
                place=titles[line.subscriber],
                product=line.product,
                description=line.description,
                counted_as=evidence.title,
                since_on=item.since_on,
            )
