"""The comparison: what an account is about to be billed, beside what it was billed last month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, LocaleTag
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.invoices import Invoice, InvoiceLine
from msp_billing.domain.money import ExactDecimal, Money, total, zero
from msp_billing.domain.parties import Paper
from msp_billing.domain.periods import Period


class ComparisonRow(Frozen):
    """One product of one section, last month and this month (COL-05)."""

    part: Identifier = Field(description="Which invoice of the account.")
    subscriber: Identifier | None
    subscriber_name: str
    product: str
    description: str
    ownership: Hardware | None = Field(
        default=None, description="For hardware: rented or owned (COL-28)."
    )
    category: Identifier
    previous_quantity: ExactDecimal
    current_quantity: ExactDecimal
    previous_amount: Money
    current_amount: Money
    joined: tuple[CountedItem, ...] = ()
    left: tuple[CountedItem, ...] = ()

    @property
    def quantity_change(self) -> Decimal:
        """Current less previous quantity."""
        return self.current_quantity - self.previous_quantity

    @property
    def amount_change(self) -> Money:
        """Current less previous amount."""
        return self.current_amount - self.previous_amount


class Comparison(Frozen):
    """All rows of one account; its totals tie out to the invoices to the cent (COL-05).

    The two months can be in two currencies, when the account changed to another: then each row is
    in one of them, and nothing is worked out across.
    """

    account: Identifier
    account_name: str
    period: Period
    previous_period: Period
    has_previous: bool = Field(description="False when last month had no invoice to compare with.")
    has_current: bool = Field(default=True, description="False when nothing is billed now.")
    rows: tuple[ComparisonRow, ...]
    previous_total: Money
    current_total: Money
    locale: LocaleTag = Field(default="en-US", description="As on the invoices.")
    paper: Paper | None = Field(default=None, description="As on the invoices.")

    @model_validator(mode="after")
    def _ties_out(self) -> Comparison:
        current = _sum_in(self.current_total.currency, (row.current_amount for row in self.rows))
        previous = _sum_in(self.previous_total.currency, (row.previous_amount for row in self.rows))
        if (current, previous) != (self.current_total, self.previous_total):
            raise ValueError(
                f"rows sum to {previous} and {current}, the invoices to {self.previous_total} "
                f"and {self.current_total}"
            )
        return self

    @property
    def currency_changed(self) -> bool:
        """Whether the months are in two currencies, so that there is no difference to tell."""
        return self.current_total.currency != self.previous_total.currency


def _sum_in(currency: str, amounts: Iterable[Money]) -> Money:
    """The sum in one currency; what other currencies have must be nothing."""
    known = list(amounts)
    if any(entry.amount for entry in known if entry.currency != currency):
        raise ValueError(f"an amount is not in {currency}")
    return total((entry for entry in known if entry.currency == currency), currency)


def compare(
    account: str,
    account_name: str,
    period: Period,
    currency: str,
    current: tuple[Invoice, ...],
    previous: tuple[Invoice, ...],
) -> Comparison:
    """Put this month's invoices of one account beside last month's.

    Args:
        currency: of the account, where it has no invoice to tell it.
        current: the drafts or invoices of this period; empty when nothing is billed.
        previous: the invoices of the period before; empty when there were none.
    """
    before, now = currencies(currency, current, previous)
    newest = next(iter((*current, *previous)), None)
    return Comparison(
        account=account,
        account_name=account_name,
        period=period,
        previous_period=period.shifted(-1),
        has_previous=bool(previous),
        has_current=bool(current),
        rows=tuple(_rows(current, previous)),
        previous_total=total((invoice.total for invoice in previous), before),
        current_total=total((invoice.total for invoice in current), now),
        locale="en-US" if newest is None else newest.locale,
        paper=None if newest is None else newest.paper,
    )


def currencies(
    currency: str, current: tuple[Invoice, ...], previous: tuple[Invoice, ...]
) -> tuple[str, str]:
    """The currencies of the month before and of this month.

    Args:
        currency: where no invoice of either month tells it.
    """
    before = next((entry.currency for entry in previous), None)
    now = next((entry.currency for entry in current), None)
    return before or now or currency, now or before or currency


_Key = tuple[str, str | None, str, str, str, str | None]


def _rows(current: tuple[Invoice, ...], previous: tuple[Invoice, ...]) -> Iterator[ComparisonRow]:
    now = _by_product(current)
    before = _by_product(previous)
    for key in [*now, *(key for key in before if key not in now)]:
        entries, entries_before = now.get(key, []), before.get(key, [])
        invoice, line = (entries or entries_before)[0]
        joined, left = _changes(entries, entries_before)
        nothing = zero(invoice.currency)
        yield ComparisonRow(
            part=key[0],
            subscriber=key[1],
            subscriber_name=_section_title(invoice, line),
            product=line.product,
            description=line.description,
            ownership=line.ownership,
            category=line.category,
            previous_quantity=_quantity(entries_before),
            current_quantity=_quantity(entries),
            previous_amount=_amount(entries_before, nothing),
            current_amount=_amount(entries, nothing),
            joined=joined,
            left=left,
        )


_Entries = list[tuple[Invoice, InvoiceLine]]


def _by_product(invoices: tuple[Invoice, ...]) -> dict[_Key, _Entries]:
    """Lines by invoice part, section, product, agreement, currency and whose it is, in order."""
    result: dict[_Key, _Entries] = {}
    for invoice in invoices:
        for line in invoice.lines:
            agreement = line.reason.agreement
            where = (invoice.id.part, line.subscriber)
            key = (*where, line.product, agreement, invoice.currency, line.ownership)
            result.setdefault(key, []).append((invoice, line))
    return result


def _changes(
    now: _Entries, before: _Entries
) -> tuple[tuple[CountedItem, ...], tuple[CountedItem, ...]]:
    """Items by name that joined and left, from the items that both invoices froze.

    Taken from the two invoices, not from the new one's own remarks: only so do the names explain
    the difference between exactly the two amounts that stand beside them. The remarks add the day
    on which an item left.
    """
    items_now = {item.key: item for item in _items(now)}
    items_before = {item.key: item for item in _items(before)}
    joined = tuple(item for key, item in items_now.items() if key not in items_before)
    days = {
        item.key: item
        for invoice, line in now
        if (evidence := invoice.evidence(line)) is not None
        for item in evidence.count.left
    }
    left = tuple(days.get(key, item) for key, item in items_before.items() if key not in items_now)
    return joined, left


def _items(entries: _Entries) -> Iterator[CountedItem]:
    for invoice, line in entries:
        evidence = invoice.evidence(line)
        if evidence is not None:
            yield from evidence.count.items


def _quantity(entries: _Entries) -> Decimal:
    return sum((line.quantity for _, line in entries), Decimal(0))


def _amount(entries: _Entries, nothing: Money) -> Money:
    return sum((line.amount for _, line in entries), nothing)


def _section_title(invoice: Invoice, line: InvoiceLine) -> str:
    return next(
        section.title for section in invoice.sections if section.subscriber == line.subscriber
    )
