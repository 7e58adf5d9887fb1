"""The KR Group, worked out by hand: per user, with subscriptions on invoices of their own.

Calendars are in test_cycles.py, amounts at the edges of tiers in test_charges.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    account,
    agreement_data,
    build,
    charged,
    context,
    count_rule_data,
    device,
    item_names,
    line_data,
    policy,
    price_book,
    product_data,
    run_data,
    usd,
)

USER_PRICE = {
    "tiers": [
        {"up_to": 10, "each": "100"},
        {"up_to": 25, "each": "95"},
        {"up_to": None, "each": "85"},
    ]
}
KR_POLICY = policy(
    runs=[
        run_data(
            run="recurring-charges",
            categories=["backup", "microsoft-365"],
            invoice_per="agreement",
            labels_by_coverage={"m365": "Recurring Charges Microsoft 365"},
        ),
        run_data(
            run="agreement",
            label="Agreement",
            categories=["support"],
            invoice_per="agreement",
            labels_by_coverage={
                "co-managed": "Agreement Hybrid IT",
                "remote": "Agreement Remote Only IT",
                "traditional": "Agreement Inclusive IT",
            },
            issue={"month": -1, "day": 15},
            due={"month": -1, "day": 30},
            opens={"month": -1, "day": 12, "at": "06:00"},
            compare={"month": -1, "day": 13},
            moments=[{"moment": "users", "at": {"month": -1, "day": 12, "at": "18:00"}}],
        ),
    ],
    count_rules=[
        count_rule_data("full-time", "Full-time users", {"kind": ["Full-time"]}, moment="users"),
        count_rule_data("part-time", "Part-time users", {"kind": ["Part-time"]}, moment="users"),
    ],
    term_discounts=[
        {"years": 3, "percent": "10", "categories": ["support"], "clause": "term"},
        {"years": 5, "percent": "15", "categories": ["support"], "clause": "term"},
    ],
)
KR_BOOK = price_book(
    categories=[{"category": c, "title": c} for c in ("support", "backup", "microsoft-365")],
    products=[
        product_data("FULLTIME", "support", USER_PRICE, count_rule="full-time"),
        product_data("PARTTIME", "support", {"each": "55"}, count_rule="part-time"),
        product_data("M365", "microsoft-365", {"each": "22.00"}),
        product_data("BACKUP", "backup", {"each": "89.00"}),
    ],
)
KR_LINES = [line_data("FULLTIME"), line_data("PARTTIME")]
DECEMBER = Period(year=2026, month=12)


def kr_account(**agreement: Any) -> Account:
    return account(
        agreement_data(*KR_LINES, agreement="managed-it", **agreement),
        agreement_data(line_data("M365", quantity=14), agreement="m365", coverage="m365"),
        agreement_data(line_data("BACKUP", quantity=2), agreement="backup"),
    )


def users(full_time: int, part_time: int) -> list[FeedRow]:
    return [
        *(device(f"full-{number:02d}", "Full-time") for number in range(full_time)),
        *(device(f"part-{number:02d}", "Part-time") for number in range(part_time)),
    ]


def kr(run: str, of: Account, rows: list[FeedRow]) -> dict[str, Invoice]:
    here = context(DECEMBER, KR_POLICY, KR_BOOK, run)
    outcome = build(of, rows, where=here)
    assert not outcome.parked
    return {invoice.id.part: invoice for invoice in outcome.invoices}


@pytest.mark.rule("KR-01", "KR-02", "KR-07")
def test_users_are_billed_by_kind_with_their_names() -> None:
    """11 full-time users reach the second step: all 11 at 95. Part-time has its own price."""
    invoice = kr("agreement", kr_account(), users(11, 2))["managed-it"]
    assert charged(invoice.lines) == [
        ("FULLTIME", None, 11, "1045.00"),  # 11 x 95
        ("PARTTIME", None, 2, "110.00"),  # 2 x 55
    ]
    assert invoice.total == usd("1155.00")
    assert item_names(invoice, "PARTTIME") == ["part-00", "part-01"]
    assert len(item_names(invoice, "FULLTIME")) == 11
    assert (str(invoice.invoice_on), str(invoice.due_on)) == ("2026-11-15", "2026-11-30")
    assert str(invoice.service_period.starts_on) == "2026-12-01"
    assert str(invoice.service_period.ends_on) == "2026-12-31"


@pytest.mark.rule("KR-03")
@pytest.mark.parametrize(
    ("coverage", "label"),
    [
        ("co-managed", "Agreement Hybrid IT"),
        ("remote", "Agreement Remote Only IT"),
        ("traditional", "Agreement Inclusive IT"),
    ],
)
def test_the_coverage_decides_the_label(coverage: str, label: str) -> None:
    invoices = kr("agreement", kr_account(coverage=coverage), users(1, 0))
    assert {part: invoice.label for part, invoice in invoices.items()} == {"managed-it": label}


@pytest.mark.rule("KR-04")
def test_each_subscription_is_on_an_invoice_of_its_own_with_its_quantity() -> None:
    invoices = kr("recurring-charges", kr_account(), users(3, 0))
    assert {part: charged(invoice.lines) for part, invoice in invoices.items()} == {
        "m365": [("M365", None, 14, "308.00")],  # 14 x 22.00
        "backup": [("BACKUP", None, 2, "178.00")],  # 2 x 89.00
    }
    assert invoices["m365"].label == "Recurring Charges Microsoft 365"


@pytest.mark.rule("KR-04", "KR-09")
def test_subscriptions_are_neither_on_the_agreement_invoice_nor_discounted() -> None:
    known = kr_account(term_years=5)
    (agreement,) = kr("agreement", known, users(10, 0)).values()
    # 10 x 100 = 1000.00, less 15%.
    assert charged(agreement.lines) == [
        ("FULLTIME", None, 10, "1000.00"),
        ("TERM-5Y", None, 1, "-150.00"),
    ]
    recurring = kr("recurring-charges", known, [])
    assert [str(invoice.total.amount) for invoice in recurring.values()] == ["308.00", "178.00"]


def test_an_account_that_this_run_does_not_concern_has_nothing_to_bill() -> None:
    here = context(DECEMBER, KR_POLICY, KR_BOOK, "recurring-charges")
    outcome = build(account(agreement_data(*KR_LINES)), where=here)
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.NOTHING_TO_BILL]
