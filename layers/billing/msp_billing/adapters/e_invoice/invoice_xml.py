"""An invoice as Factur-X."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.e_invoice.amounts import (
    Amounts,
    Charge,
    InexpressibleError,
    amounts_with_vat,
    amounts_without_vat,
)
from msp_billing.adapters.e_invoice.document import Document, written
from msp_billing.adapters.e_invoice.parties import buyer_party, check_parties, seller_party
from msp_billing.adapters.e_invoice.payment import payment_means, payment_terms
from msp_billing.adapters.formatting import format_day
from msp_billing.adapters.language import _, in_language
from msp_billing.domain.charging.vat import VatCategory
from msp_billing.domain.money import minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.invoices import Invoice, InvoiceLine
    from msp_billing.domain.parties import Buyer
    from msp_billing.domain.policy import ProviderPolicy

COMMERCIAL_INVOICE = "380"
_MOST_DECIMALS = 2


def e_invoice(
    invoice: Invoice, policy: ProviderPolicy, at_issue: InvoiceAtIssue | None = None
) -> bytes | None:
    """The invoice as Factur-X of the profile EN 16931; its total is the invoice's, to the cent.

    Args:
        at_issue: credit that was used on it lowers the amount that is due.

    Returns:
        XML in UTF-8, the same bytes for the same invoice; None for a draft, for what is for
        information, and for what the standard cannot say: :func:`why_no_e_invoice` tells which.
    """
    try:
        with in_language(invoice.locale):
            return written(_document(invoice, policy, at_issue))
    except InexpressibleError:
        return None


def why_no_e_invoice(invoice: Invoice, policy: ProviderPolicy) -> str | None:
    """Why there is no e-invoice of this invoice, in a sentence for people; None where there is."""
    try:
        _document(invoice, policy, None)
    except InexpressibleError as error:
        return str(error)
    return None


def _document(
    invoice: Invoice, policy: ProviderPolicy, at_issue: InvoiceAtIssue | None
) -> Document:
    if invoice.number is None:
        raise InexpressibleError("It is a draft: it has no number yet.")
    if invoice.informational:
        raise InexpressibleError("It is for information: nothing of it is to be paid.")
    assert invoice.due_on is not None, "the model gives every payable invoice its due date"
    charges = tuple(_charges(invoice))
    amounts = amounts_in(invoice.currency, policy, charges)
    assert amounts.total == invoice.total.amount, "every line is in exactly one place"
    vat = has_vat_numbers(amounts)
    country = invoice.country or policy.country
    check_parties(policy, invoice.buyer, country, vat=vat)
    check_reverse_charge(amounts, invoice.buyer)
    balance = None if at_issue is None else at_issue.balance
    prepaid = (invoice.total - invoice.total if balance is None else balance.credit_used).amount
    return Document(
        type_code=COMMERCIAL_INVOICE,
        number=invoice.number,
        issued_on=invoice.invoice_on,
        notes=tuple(note for note in (invoice.label, policy.invoice_note) if note),
        currency=invoice.currency,
        amounts=amounts,
        seller=seller_party(policy, vat=vat),
        buyer=buyer_party(
            invoice.id.account,
            invoice.account_name,
            invoice.bill_to,
            invoice.buyer,
            country,
            invoice.recipients,
            vat=vat,
        ),
        delivered_to=invoice.account_name,
        buyer_reference=invoice.buyer.reference,
        purchase_order=invoice.purchase_order,
        period=invoice.service_period,
        payment_means=payment_means(
            policy,
            account=invoice.id.account,
            number=invoice.number,
            amount=amounts.total - prepaid,
            currency=invoice.currency,
        ),
        payment_terms=payment_terms(
            _("Due {day}").format(day=format_day(invoice.due_on)), invoice.due_on
        ),
        prepaid=prepaid,
    )


def amounts_in(currency: str, policy: ProviderPolicy, charges: tuple[Charge, ...]) -> Amounts:
    """The amounts, with VAT if the provider has a VAT number.

    Raises:
        InexpressibleError: for a currency of more decimals than two, and see
            :func:`amounts_with_vat`.
    """
    if minor_unit_digits(currency) > _MOST_DECIMALS:
        raise InexpressibleError(
            f"{currency} has more than two decimals, which the standard does not admit."
        )
    if policy.seller.vat_id is None:
        return amounts_without_vat(charges)
    return amounts_with_vat(charges)


def has_vat_numbers(amounts: Amounts) -> bool:
    """Whether VAT numbers may stand in the document: not where it is outside of VAT."""
    return all(row.rate.category is not VatCategory.OUTSIDE for row in amounts.rows)


def check_reverse_charge(amounts: Amounts, buyer: Buyer) -> None:
    """See that who owes the VAT is known by a number (BR-AE-02)."""
    reversed_ = any(row.rate.category is VatCategory.REVERSE_CHARGE for row in amounts.rows)
    if reversed_ and not (buyer.vat_id or buyer.registration_id):
        raise InexpressibleError(
            "The account owes the VAT (reverse charge), and has no VAT number or registration."
        )


def _charges(invoice: Invoice) -> Iterator[Charge]:
    titles = {entry.subscriber: entry.title for entry in invoice.sections}
    several = len(titles) > 1
    for line in invoice.lines:
        yield Charge(
            line=line.line,
            kind=line.kind,
            product=line.product,
            name=line.description,
            detail=_detail(line),
            section=titles[line.subscriber] if several else None,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price.amount,
            amount=line.amount.amount,
            vat=line.vat,
            period=line.service_period,
        )


def _detail(line: InvoiceLine) -> str:
    """Where quantity and price come from, and how the amount came about."""
    return "; ".join((line.reason.quantity_from, line.reason.price_from, line.reason.arithmetic))
