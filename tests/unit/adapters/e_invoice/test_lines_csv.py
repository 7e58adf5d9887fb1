from __future__ import annotations

import csv
import io
from decimal import Decimal

from msp_billing.adapters.e_invoice import lines_csv
from msp_billing.domain.invoices import LineKind
from tests.unit.adapters.e_invoice.samples import american_invoice, charge, invoice_of


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_amounts_of_its_rows_sum_to_the_total() -> None:
    invoice = american_invoice()
    found = rows(lines_csv(invoice))
    assert [row["line"] for row in found] == [str(line.line) for line in invoice.lines]
    assert sum(Decimal(row["amount"]) for row in found) == invoice.total.amount
    assert {row["invoice"] for row in found} == {"NW-000123"}
    assert found[0]["service_from"] == "2026-12-01"
    assert found[6]["section"].startswith("Pier")


def test_it_opens_in_spreadsheets_with_its_accents_and_without_formulas() -> None:
    starts = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "Zoë")
    lines = [
        charge(LineKind.RECURRING, "1", "1", "1.00", product=start, description=f"{start}!")
        for start in starts
    ]
    content = lines_csv(invoice_of(*lines))
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in content
    found = rows(content)
    assert [row["product"] for row in found] == [
        "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "Zoë",
    ]  # fmt: skip
    assert found[2]["description"] == "'-1!"
    assert lines_csv(invoice_of(*lines)) == content


def test_negative_amounts_stay_numbers() -> None:
    line = charge(LineKind.ADJUSTMENT, "1", "-75.00", "-75.00")
    other = charge(LineKind.RECURRING, "1", "80", "80.00")
    assert rows(lines_csv(invoice_of(other, line)))[1]["amount"] == "-75.00"
