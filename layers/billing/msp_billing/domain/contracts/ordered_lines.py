"""Which order brought a line of an agreement, and from which invoice on the line bills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.contracts.order_policy import OrderRule
    from msp_billing.domain.contracts.orders import Order, OrderItem

Section = str | None
"""A subscriber, or None for the account itself."""


@dataclass(frozen=True)
class OrderedLine:
    """What a line of one section has to do with an order.

    ``item`` is None for a line that a new customer's order covers without naming it: nothing is
    known of how many were ordered.
    """

    order: Order
    item: OrderItem | None
    rule: OrderRule

    @property
    def brought_on(self) -> date | None:
        """The day on which the order brought the line; None where it only covers it."""
        return None if self.item is None else self.order.ordered_on

    @property
    def earliest_invoice_on(self) -> date:
        """The first invoice date that bills the line."""
        return self.rule.starts.earliest_invoice_on(self.order.ordered_on)

    def billed_by(self, invoice_on: date) -> bool:
        """Whether an invoice that is planned for this date bills the line, in full."""
        return invoice_on >= self.earliest_invoice_on

    def first_billed_by(self, invoice_on: date, invoice_before_on: date) -> bool:
        """Whether an invoice that is planned for this date is the first to bill it.

        Args:
            invoice_before_on: the date planned for the run's invoice of the month before.
        """
        return self.billed_by(invoice_on) and not self.billed_by(invoice_before_on)

    @property
    def ordered_quantity(self) -> int | None:
        """How many the first invoice bills as contracted (COL-09); None when as counted."""
        if self.rule.reconcile is None or self.item is None:
            return None
        return self.item.quantity


class OrderedLines:
    """The lines of an account that orders brought, found by agreement, line and section."""

    def __init__(self, orders: Sequence[Order], rules: Sequence[OrderRule]) -> None:
        by_kind = {entry.kind: entry for entry in rules}
        self._by_line: dict[tuple[str, str, Section], OrderedLine] = {}
        self._by_section: dict[tuple[str, Section], OrderedLine] = {}
        self._without_rule: list[tuple[Order, OrderItem]] = []
        for order in orders:
            rule = by_kind.get(order.kind)
            if rule is not None and rule.covers == "subscriber":
                key = (order.agreement, order.subscriber)
                self._by_section[key] = OrderedLine(order, None, rule)
            for item in order.items:
                if item.line is None:
                    continue
                if rule is None:
                    self._without_rule.append((order, item))
                    continue
                place = (order.agreement, item.line, order.subscriber_of(item))
                self._by_line[place] = OrderedLine(order, item, rule)

    def of_line(
        self, agreement: Agreement, line: AgreementLine, section: Section
    ) -> OrderedLine | None:
        """The order that decides when the line begins to bill, or None when none does.

        An order that names the line comes before one that brought the whole customer. A line that
        is billed once in a month says so itself.
        """
        if line.bill_once_in is not None:
            return None
        found = self._by_line.get((agreement.agreement, line.line, section))
        return found or self._by_section.get((agreement.agreement, section))

    def any_billed_as_ordered(self, invoice_on: date, invoice_before_on: date) -> bool:
        """Whether one planned for this date is the first of a line that it bills as ordered."""
        return any(
            entry.ordered_quantity is not None
            and entry.first_billed_by(invoice_on, invoice_before_on)
            for entry in self._by_line.values()
        )

    @property
    def without_rule(self) -> tuple[tuple[Order, OrderItem], ...]:
        """Items whose order's kind has no rule: when their lines start is not known."""
        return tuple(self._without_rule)
