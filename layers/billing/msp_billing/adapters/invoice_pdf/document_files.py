"""The files that invoices and credit notes carry, so that nobody types off what a page says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.e_invoice import FACTUR_X_FILE, e_credit_note, e_invoice, lines_csv
from msp_billing.adapters.invoice_pdf.attachments import Attachment
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.policy import ProviderPolicy

LINES_ON_A_PAGE = 20
"""Lines that one reads at a glance. An invoice with more of them carries them as a table too: that
is where a bookkeeper sorts and sums, and who has a few lines needs no second file."""

LINES_FILE = "lines.csv"


def invoice_files(
    invoice: Invoice, policy: ProviderPolicy, at_issue: InvoiceAtIssue | None
) -> Iterator[Attachment]:
    """The invoice as Factur-X where it can be said in it, and the lines of a long one as CSV.

    None of it where the provider wants its documents without (``e_invoices: false``): some mail
    gateways hold back what carries files.
    """
    if not policy.e_invoices:
        return
    data = e_invoice(invoice, policy, at_issue)
    if data is not None:
        yield _factur_x(data, _("The invoice as data, for accounting programs (Factur-X)"))
    if len(invoice.lines) > LINES_ON_A_PAGE:
        yield Attachment(
            name=LINES_FILE,
            content=lines_csv(invoice),
            media_type="text/csv",
            relationship="data",
            description=_("The lines of the invoice, for spreadsheets"),
        )


def credit_note_files(note: CreditNote, policy: ProviderPolicy) -> Iterator[Attachment]:
    """The credit note as Factur-X, where it can be said in it and the provider wants it."""
    data = e_credit_note(note, policy) if policy.e_invoices else None
    if data is not None:
        yield _factur_x(data, _("The credit note as data, for accounting programs (Factur-X)"))


def _factur_x(data: bytes, description: str) -> Attachment:
    return Attachment(
        name=FACTUR_X_FILE,
        content=data,
        media_type="text/xml",
        relationship="alternative",
        description=description,
    )
