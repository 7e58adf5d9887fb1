"""An e-invoice as a whole: its elements in the order that the schema wants them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.e_invoice.markup import (
    NOTHING,
    Markup,
    amount,
    code,
    day,
    element,
    text,
)
from msp_billing.domain.charging.vat import VatCategory

if TYPE_CHECKING:
    from msp_billing.adapters.e_invoice.amounts import Amounts, Extra, Item, Rate, VatRow
    from msp_billing.domain.periods import ServicePeriod

PROFILE = "urn:cen.eu:en16931:2017"

_ROOT = (
    '<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice'
    ':100" xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100" '
    'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity'
    ':100" xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">\n'
)
_WHY_UNTAXED = {
    VatCategory.EXEMPT: ("Exempt from VAT", None),
    VatCategory.REVERSE_CHARGE: ("Reverse charge", "VATEX-EU-AE"),
    VatCategory.OUTSIDE: ("Not subject to VAT", "VATEX-EU-O"),
}
"""What the standard wants said of amounts without VAT, and its code (VATEX)."""


@dataclass(frozen=True)
class Document:
    """An invoice or a credit note, told in the terms of EN 16931."""

    type_code: str
    number: str
    issued_on: date
    notes: tuple[str, ...]
    currency: str
    amounts: Amounts
    seller: Markup
    buyer: Markup
    delivered_to: str
    buyer_reference: str | None
    purchase_order: str | None
    period: ServicePeriod | None
    payment_means: Markup
    payment_terms: Markup
    prepaid: Decimal = Decimal(0)
    preceding: tuple[str, date | None] | None = None


def written(document: Document) -> bytes:
    """The document as XML in UTF-8; the same document is always the same bytes."""
    body = [
        element(
            "rsm:ExchangedDocumentContext",
            element("ram:GuidelineSpecifiedDocumentContextParameter", code("ram:ID", PROFILE)),
        ),
        element(
            "rsm:ExchangedDocument",
            text("ram:ID", document.number),
            code("ram:TypeCode", document.type_code),
            day("ram:IssueDateTime", document.issued_on),
            *(element("ram:IncludedNote", text("ram:Content", note)) for note in document.notes),
        ),
        element(
            "rsm:SupplyChainTradeTransaction",
            *(_item(entry) for entry in document.amounts.items),
            _agreement(document),
            _delivery(document.delivered_to),
            _settlement(document),
        ),
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return "".join([head, _ROOT, *body, "</rsm:CrossIndustryInvoice>\n"]).encode()


def _agreement(document: Document) -> Markup:
    order = element(
        "ram:BuyerOrderReferencedDocument",
        text("ram:IssuerAssignedID", document.purchase_order),
    )
    return element(
        "ram:ApplicableHeaderTradeAgreement",
        text("ram:BuyerReference", document.buyer_reference),
        document.seller,
        document.buyer,
        order if document.purchase_order else NOTHING,
    )


def _delivery(name: str) -> Markup:
    """Whom it was provided to (BT-70); on which days, the period of each line says."""
    return element(
        "ram:ApplicableHeaderTradeDelivery",
        element("ram:ShipToTradeParty", text("ram:Name", name)),
    )


def _settlement(document: Document) -> Markup:
    return element(
        "ram:ApplicableHeaderTradeSettlement",
        text("ram:PaymentReference", document.number),
        code("ram:InvoiceCurrencyCode", document.currency),
        document.payment_means,
        *(_vat_row(row) for row in document.amounts.rows),
        _period(document.period),
        *(_extra(entry) for entry in document.amounts.extras),
        document.payment_terms,
        _sums(document),
        _preceding(document.preceding),
    )


def _item(entry: Item) -> Markup:
    charge = entry.charge
    note = element("ram:IncludedNote", text("ram:Content", charge.section))
    return element(
        "ram:IncludedSupplyChainTradeLineItem",
        element(
            "ram:AssociatedDocumentLineDocument",
            code("ram:LineID", str(charge.line)),
            note if charge.section else NOTHING,
        ),
        element(
            "ram:SpecifiedTradeProduct",
            text("ram:SellerAssignedID", charge.product),
            text("ram:Name", charge.name),
            text("ram:Description", charge.detail),
        ),
        element(
            "ram:SpecifiedLineTradeAgreement",
            element("ram:NetPriceProductTradePrice", amount("ram:ChargeAmount", entry.price)),
        ),
        element(
            "ram:SpecifiedLineTradeDelivery",
            amount("ram:BilledQuantity", entry.quantity, unitCode=entry.unit),
        ),
        element(
            "ram:SpecifiedLineTradeSettlement",
            _rate("ram:ApplicableTradeTax", entry.rate),
            _period(charge.period),
            element(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                amount("ram:LineTotalAmount", charge.amount),
            ),
        ),
    )


def _extra(entry: Extra) -> Markup:
    indicator = code("udt:Indicator", "true" if entry.is_charge else "false")
    return element(
        "ram:SpecifiedTradeAllowanceCharge",
        element("ram:ChargeIndicator", indicator),
        amount("ram:ActualAmount", entry.amount),
        text("ram:ReasonCode", entry.reason_code),
        text("ram:Reason", entry.reason),
        _rate("ram:CategoryTradeTax", entry.rate),
    )


def _rate(tag: str, rate: Rate) -> Markup:
    percent = rate.percent
    return element(
        tag,
        code("ram:TypeCode", "VAT"),
        code("ram:CategoryCode", rate.category.value),
        NOTHING if percent is None else amount("ram:RateApplicablePercent", percent),
    )


def _vat_row(row: VatRow) -> Markup:
    said, why = _WHY_UNTAXED.get(row.rate.category, (None, None))
    if said is not None and row.reasons:
        said = f"{said}: {'; '.join(row.reasons)}"
    percent = row.rate.percent
    return element(
        "ram:ApplicableTradeTax",
        amount("ram:CalculatedAmount", row.tax),
        code("ram:TypeCode", "VAT"),
        text("ram:ExemptionReason", said),
        amount("ram:BasisAmount", row.basis),
        code("ram:CategoryCode", row.rate.category.value),
        text("ram:ExemptionReasonCode", why),
        NOTHING if percent is None else amount("ram:RateApplicablePercent", percent),
    )


def _period(period: ServicePeriod | None) -> Markup:
    if period is None or period.ends_on < period.starts_on:
        return NOTHING
    return element(
        "ram:BillingSpecifiedPeriod",
        day("ram:StartDateTime", period.starts_on),
        day("ram:EndDateTime", period.ends_on),
    )


def _sums(document: Document) -> Markup:
    sums = document.amounts
    return element(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        amount("ram:LineTotalAmount", sums.of_items),
        amount("ram:ChargeTotalAmount", sums.charges),
        amount("ram:AllowanceTotalAmount", sums.allowances),
        amount("ram:TaxBasisTotalAmount", sums.without_vat),
        amount("ram:TaxTotalAmount", sums.vat, currencyID=document.currency),
        amount("ram:GrandTotalAmount", sums.total),
        amount("ram:TotalPrepaidAmount", document.prepaid),
        amount("ram:DuePayableAmount", sums.total - document.prepaid),
    )


def _preceding(invoice: tuple[str, date | None] | None) -> Markup:
    if invoice is None:
        return NOTHING
    name, on = invoice
    said = NOTHING
    if on is not None:
        said = element(
            "ram:FormattedIssueDateTime",
            code("qdt:DateTimeString", f"{on:%Y%m%d}", format="102"),
        )
    return element("ram:InvoiceReferencedDocument", text("ram:IssuerAssignedID", name), said)
