"""Words of an invoice's layout, in the language that is being written."""

from __future__ import annotations

from msp_billing.adapters.language import _, current_locale, pgettext


def invoice_words() -> dict[str, str]:
    """By the name by which the templates ask for them; those of head and foot are the frame's."""
    page = _("Page")
    return {
        "amount": _("Amount"),
        "as_of": _("Export as of"),
        "before": _("Before"),
        "bill_to": _("Bill to"),
        "checksum": "SHA-256",
        "code": _("Code"),
        "count": _("Count"),
        "counted_at": _("Counted at"),
        "description": _("Description"),
        "draft": _("Draft"),
        "hours": _("Hours"),
        "informational": _("For information, not payable"),
        "joined": _("Joined"),
        "left": pgettext("who is gone", "Left"),
        "line": _("Line"),
        "lines": _("Lines"),
        "now": _("Now"),
        # Translators: of pages: "Page 1 of 3".
        "of": _("of"),
        "page": page,
        # In a sentence, where German writes nouns as it does elsewhere.
        "page_inside": page if current_locale().language == "de" else page.lower(),
        "price_from": _("Price from"),
        "product": _("Product"),
        "quantity": _("Qty"),
        "quantity_from": _("Quantity from"),
        # Translators: a name and a day: "Grace Kim since 19 November 2026".
        "since": _("since"),
        # Translators: who sends a payment slip, and to whom.
        "slip_from": pgettext("sender", "From"),
        "slip_to": pgettext("receiver", "To"),
        "source": _("Source file"),
        "time": _("Time"),
        "total": _("Total"),
        "unit": _("Unit"),
        "unit_price": _("Unit price"),
        "work": _("Work"),
    }
