"""Integris, worked out by hand: in advance, from the inventory on the 1st.

Calendars are in test_cycles.py, amounts at the edges of tiers in test_charges.py.
"""

from __future__ import annotations

import pytest

from msp_billing.domain.invoices import Invoice
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    APRIL,
    MARCH,
    account,
    agreement_data,
    build,
    charged,
    device,
    item_names,
    line_data,
    only_invoice,
    usd,
)

DEVICES = [
    device("front-desk", online="2025-06-01"),
    device("new-laptop", "Laptop", online="2026-03-07"),
    device("old-pc", online="2024-01-01", offboarded="2026-03-07"),
    device("files", "Server", online="2024-01-01"),
]
OWN_PRICES = account(
    agreement_data(line_data("PC", price={"each": "75"}), line_data("SERVER", price={"each": "75"}))
)


def integris(period: Period) -> Invoice:
    return only_invoice(build(OWN_PRICES, DEVICES, period))


@pytest.mark.rule("INT-02", "INT-03", "INT-04", "INT-05")
def test_march_bills_what_was_there_when_march_began() -> None:
    """The laptop comes on the 7th: free in March. The old PC goes on the 7th: stays billed."""
    march = integris(MARCH)
    # 2 PCs and 1 server, both at the account's own price of 75.
    assert charged(march.lines) == [("SERVER", None, 1, "75.00"), ("PC", None, 2, "150.00")]
    assert item_names(march, "PC") == ["front-desk", "old-pc"]
    assert march.total == usd("225.00")
    assert Period.of(march.invoice_on) == MARCH
    assert str(march.service_period.starts_on) == "2026-03-01"


@pytest.mark.rule("INT-04", "INT-05")
def test_april_bills_the_laptop_in_full_and_no_longer_the_old_pc() -> None:
    april = integris(APRIL)
    assert item_names(april, "PC") == ["front-desk", "new-laptop"]
    # No credit for the old PC, no extra for the laptop's weeks in March.
    assert charged(april.lines) == [("SERVER", None, 1, "75.00"), ("PC", None, 2, "150.00")]


@pytest.mark.rule("INT-01")
def test_the_invoice_carries_the_inventory_it_was_counted_from() -> None:
    counts = integris(MARCH).counts
    # Midnight in Chicago is 06:00 UTC.
    assert {entry.moment_at.isoformat() for entry in counts} == {"2026-03-01T06:00:00+00:00"}
    assert {(entry.source.key, entry.source.age_hours) for entry in counts} == {
        ("feeds/devices/2026-03-01.csv", 2)
    }
