"""A credit note as Factur-X: like an invoice, of type 381, with positive amounts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.e_invoice.amounts import Amounts, Charge, InexpressibleError
from msp_billing.adapters.e_invoice.document import Document, written
from msp_billing.adapters.e_invoice.invoice_xml import (
    amounts_in,
    check_reverse_charge,
    has_vat_numbers,
)
from msp_billing.adapters.e_invoice.markup import NOTHING
from msp_billing.adapters.e_invoice.parties import buyer_party, check_parties, seller_party
from msp_billing.adapters.e_invoice.payment import payment_terms
from msp_billing.domain.money import minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditLine, CreditNote
    from msp_billing.domain.policy import ProviderPolicy

CREDIT_NOTE = "381"


def e_credit_note(note: CreditNote, policy: ProviderPolicy) -> bytes | None:
    """The credit note as Factur-X of the profile EN 16931, with the invoice that it is of (BG-3).

    Returns:
        XML in UTF-8; None for a draft, and for what the standard cannot say:
        :func:`why_no_e_credit_note` tells which.
    """
    try:
        return written(_document(note, policy))
    except InexpressibleError:
        return None


def why_no_e_credit_note(note: CreditNote, policy: ProviderPolicy) -> str | None:
    """Why there is no e-invoice of this note, in a sentence for people; None where there is."""
    try:
        _document(note, policy)
    except InexpressibleError as error:
        return str(error)
    return None


def _document(note: CreditNote, policy: ProviderPolicy) -> Document:
    if note.number is None:
        raise InexpressibleError("It is a draft: it has no number yet.")
    amounts = amounts_in(note.currency, policy, tuple(_charges(note)))
    assert amounts.total == note.total.amount, "every line is in exactly one place"
    _check_tax(amounts, Decimal(1).scaleb(-minor_unit_digits(note.currency)), len(note.lines))
    vat = has_vat_numbers(amounts)
    country = note.country or policy.country
    check_parties(policy, note.buyer, country, vat=vat)
    check_reverse_charge(amounts, note.buyer)
    return Document(
        type_code=CREDIT_NOTE,
        number=note.number,
        issued_on=note.issued_on,
        notes=(note.reason,),
        currency=note.currency,
        amounts=amounts,
        seller=seller_party(policy, vat=vat),
        buyer=buyer_party(
            note.invoice.account,
            note.account_name,
            note.bill_to,
            note.buyer,
            country,
            note.recipients,
            vat=vat,
        ),
        delivered_to=note.account_name,
        buyer_reference=note.buyer.reference,
        purchase_order=None,
        period=None,
        payment_means=NOTHING,
        payment_terms=payment_terms(note.reason, None),
        preceding=(note.invoice_number, note.invoice_on),
    )


def _check_tax(amounts: Amounts, unit: Decimal, lines: int) -> None:
    """See that tax is credited as its rate says: people may credit a line without its VAT.

    Each line may be off by the smallest unit of the currency, as each was rounded by itself.
    """
    for row in amounts.rows:
        exact = row.basis * (row.rate.percent or 0) / 100
        if abs(exact - row.tax) > unit * lines:
            raise InexpressibleError(
                f"It credits {row.basis} at {row.rate.percent}% of VAT and {row.tax} of the tax, "
                "which is not its share: credit the line of tax with the lines that it is due on."
            )


def _charges(note: CreditNote) -> Iterator[Charge]:
    for line in note.lines:
        yield Charge(
            line=line.line,
            kind=line.kind,
            product=line.product,
            name=line.description,
            detail=_detail(line),
            section=None,
            quantity=Decimal(1),
            unit="",
            unit_price=line.amount.amount,
            amount=line.amount.amount,
            vat=line.vat,
            period=None,
        )


def _detail(line: CreditLine) -> str:
    return f"{line.invoice_line}: {line.arithmetic}"
