"""Products added up over lines of work: by what the descriptions have in common."""

from __future__ import annotations

from datetime import date

from msp_billing.domain.invoices import summarise_by_product
from tests.unit.domain.builders import FEBRUARY, only_invoice
from tests.unit.domain.work.test_time_lines import bill
from tests.unit.domain.work.work_samples import entry_row


def test_a_product_total_over_many_tickets_has_the_products_name() -> None:
    rows = [
        entry_row(
            f"T-{day}",
            f"2026-02-{day:02d} 09:00",
            f"2026-02-{day:02d} 10:00",
            approved_by="Ana Cole",
            approved_on=str(date(2026, 2, 12)),
        )
        for day in (3, 4, 5)
    ]
    invoice = only_invoice(bill(FEBRUARY, "monthly", *rows))
    totals = {
        entry.product: (entry.description, str(entry.quantity), str(entry.amount.amount))
        for entry in summarise_by_product(invoice.lines, "USD")
    }
    assert totals["T1"] == ("Engineer", "3.00", "450.00")
    one = only_invoice(bill(FEBRUARY, "monthly", rows[0]))
    described = {e.product: e.description for e in summarise_by_product(one.lines, "USD")}
    assert described["T1"] == "Engineer, Ticket of T-3"
