"""Pre-invoices: what a service provider may bill each of its customers (COL-27)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money, total
from msp_billing.domain.paper_sizes import usual_paper
from msp_billing.domain.parties import Paper
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.reports.resale import Resale

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account

_NOT_RESOLD = frozenset({LineKind.TAX})
"""Sales tax is the service provider's own matter: what it paid is no service of its."""


class PreInvoiceLine(Frozen):
    """One line in the service provider's prices."""

    product: str
    description: str
    category: Identifier
    quantity: ExactDecimal
    unit: str
    unit_price: Money
    amount: Money
    service_period: ServicePeriod
    ownership: Hardware | None = Field(
        default=None, description="For hardware: rented or owned (COL-28)."
    )


class PreInvoice(Frozen):
    """A draft for one customer of the service provider. It has no number: that one is theirs."""

    subscriber: Identifier
    bill_to: tuple[str, ...]
    invoice_on: date
    due_on: date
    terms: str = Field(description="'net 10' or 'net 30'.")
    currency: CurrencyCode
    service_period: ServicePeriod
    lines: tuple[PreInvoiceLine, ...] = Field(min_length=1)
    total: Money

    @model_validator(mode="after")
    def _adds_up(self) -> PreInvoice:
        if total((line.amount for line in self.lines), self.currency) != self.total:
            raise ValueError("the lines of a pre-invoice do not sum to its total")
        return self


class PreInvoices(Frozen):
    """All pre-invoices that an account's own invoices give."""

    account: Identifier
    account_name: str
    period: Period
    paper: Paper | None = Field(default=None, description="By the currency, where it is not said.")
    resale: Resale
    invoices: tuple[PreInvoice, ...]
    cost: Money = Field(description="What the resold lines cost the service provider.")
    total: Money


def pre_invoices(account: Account, invoices: tuple[Invoice, ...]) -> PreInvoices | None:
    """A pre-invoice for every customer that the account's invoices have lines for.

    The account's own environment and its account-wide charges are its own cost. None for an
    account that does not resell, or that has no line to resell.
    """
    resale = account.resale
    if resale is None:
        return None
    sold = {
        entry.subscriber: [
            (invoice, line)
            for invoice in invoices
            for line in invoice.lines
            if line.subscriber == entry.subscriber and line.kind not in _NOT_RESOLD
        ]
        for entry in account.subscribers
        if not entry.internal
    }
    made = tuple(
        _pre_invoice(account, resale, subscriber, entries)
        for subscriber, entries in sold.items()
        if entries
    )
    if not made:
        return None
    currency = account.currency
    return PreInvoices(
        account=account.account,
        account_name=account.name,
        period=invoices[0].id.period,
        paper=account.paper or usual_paper(invoices[0].country),
        resale=resale,
        invoices=made,
        cost=total((line.amount for entries in sold.values() for _, line in entries), currency),
        total=total((entry.total for entry in made), currency),
    )


def _pre_invoice(
    account: Account,
    resale: Resale,
    subscriber: str,
    entries: list[tuple[Invoice, InvoiceLine]],
) -> PreInvoice:
    invoice = entries[0][0]
    lines = tuple(_resold(entries, resale))
    invoice_on = max(Period.of(invoice.invoice_on).day(resale.invoice_day), invoice.invoice_on)
    whom = next(entry for entry in account.subscribers if entry.subscriber == subscriber)
    return PreInvoice(
        subscriber=subscriber,
        bill_to=(whom.name, *whom.address),
        invoice_on=invoice_on,
        due_on=invoice_on + timedelta(days=resale.terms_days),
        terms=resale.terms,
        currency=account.currency,
        service_period=invoice.service_period,
        lines=lines,
        total=total((line.amount for line in lines), account.currency),
    )


def _resold(entries: list[tuple[Invoice, InvoiceLine]], resale: Resale) -> Iterator[PreInvoiceLine]:
    for _, line in entries:
        unit_price, amount, quantity = _priced(line, resale)
        yield PreInvoiceLine(
            product=line.product,
            description=line.description,
            category=line.category,
            quantity=quantity,
            unit=line.unit,
            unit_price=unit_price,
            amount=amount,
            service_period=line.service_period,
            ownership=line.ownership,
        )


def _priced(line: InvoiceLine, resale: Resale) -> tuple[Money, Money, Decimal]:
    """Unit price, amount and quantity at which a line is resold.

    The unit price is marked up and rounded, and the amount is quantity times that, so that the
    customer can check it. A line whose amount is no such product (a flat fee, a graduated price)
    is marked up as a whole and shown as one.
    """
    currency = line.amount.currency
    own = resale.own_price(line)
    if own is not None:
        unit_price = Money(amount=own.each, currency=currency)
        return unit_price, unit_price.times(line.quantity).rounded(), line.quantity
    factor = 1 + resale.markup(line) / 100
    if line.unit_price.times(line.quantity).rounded() == line.amount:
        unit_price = resale.rounded(line.unit_price.amount * factor, currency)
        return unit_price, unit_price.times(line.quantity).rounded(), line.quantity
    whole = resale.rounded(line.amount.amount * factor, currency).rounded()
    return whole, whole, Decimal(1)
