"""Lines of invoices and credit notes as accounting programs can take them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.accounting.exported import ExportedLine
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.money import minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote

_QUANTITY_DIGITS = 4


def invoice_lines(invoice: Invoice) -> tuple[ExportedLine, ...]:
    """Every line of an invoice, in its order."""
    return tuple(_invoice_line(invoice, line) for line in invoice.lines)


def credit_lines(note: CreditNote, invoice: Invoice) -> tuple[ExportedLine, ...]:
    """Every line of a credit note, negative.

    Args:
        invoice: that it is of, which knows which of its lines are tax.
    """
    billed = {line.line: line for line in invoice.lines}
    return tuple(
        ExportedLine(
            product=entry.product,
            description=f"{entry.description} ({entry.arithmetic})",
            category=entry.category,
            is_tax=billed[entry.invoice_line].kind is LineKind.TAX,
            quantity=Decimal(1),
            unit_price=-entry.amount.amount,
            amount=-entry.amount.amount,
            service_on=billed[entry.invoice_line].service_period.starts_on,
        )
        for entry in note.lines
    )


def _invoice_line(invoice: Invoice, line: InvoiceLine) -> ExportedLine:
    amount = line.amount.amount
    quantity, unit_price = line.quantity, line.unit_price.amount
    description = line.description
    if line.subscriber is not None:
        titles = (s.title for s in invoice.sections if s.subscriber == line.subscriber)
        description = f"{description}, {next(titles)}"
    if _multiplies(quantity, unit_price, amount, minor_unit_digits(invoice.currency)):
        unit_price = line.unit_price.rounded().amount  # 80 as 80.00
    else:
        quantity, unit_price = Decimal(1), amount
        description = f"{description} ({line.reason.arithmetic})"
    return ExportedLine(
        product=line.product,
        description=description,
        category=line.category,
        is_tax=line.kind is LineKind.TAX,
        quantity=quantity,
        unit_price=unit_price,
        amount=amount,
        service_on=line.service_period.starts_on,
    )


def _multiplies(quantity: Decimal, unit_price: Decimal, amount: Decimal, digits: int) -> bool:
    """Whether any program comes to the amount, however many decimals it keeps of a price."""
    return (
        quantity != 0
        and quantity * unit_price == amount
        and _decimals(unit_price) <= digits
        and _decimals(quantity) <= _QUANTITY_DIGITS
    )


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "amounts are finite"
    return max(0, -exponent)
