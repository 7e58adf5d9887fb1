"""Collabrance, worked out by hand: in arrears, two counts, a section per customer.

Calendars are in test_cycles.py, amounts at the edges of tiers in test_charges.py.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from msp_billing.domain.building.building import build_account
from msp_billing.domain.comparison import compare
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.invoices import Invoice, summarise_by_category, summarise_by_product
from msp_billing.domain.periods import Period
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    account,
    agreement_data,
    charged,
    context,
    count_rule_data,
    device,
    feed_data,
    item_names,
    line_data,
    only_invoice,
    policy,
    price_book,
    product_data,
    reading,
    run_data,
    usd,
)

OU_COLUMNS = {"item_id": "UPN", "subscriber": "Customer", "attributes": {"kind": "OU"}}
COL_POLICY = policy(
    feeds=[feed_data(), feed_data(feed="users", scope="account", columns=OU_COLUMNS)],
    runs=[
        run_data(
            categories=["rmm", "communications", "software", "security"],
            opens={"day": 23, "at": "06:00"},
            moments=[
                {"moment": "devices", "at": {"day": 23, "at": "18:00"}},
                {"moment": "users", "at": {"business_day": -1, "at": "20:00"}},
            ],
            compare={"month": 1, "business_day": 1},
            issue={"month": 1, "day": 10, "when_closed": "next_business_day"},
            due={"month": 2, "day": 5},
        )
    ],
    count_rules=[
        count_rule_data("servers", "Servers", {"kind": ["Server"]}, moment="devices"),
        *(
            count_rule_data(name, title, {"kind": [ou]}, feed="users", moment="users")
            for name, title, ou in (
                ("full", "Active users", "Active Users"),
                ("mobile", "Mobile users", "Mobile Only"),
            )
        ),
    ],
)
COL_BOOK = price_book(
    categories=[
        {"category": c, "title": c} for c in ("rmm", "communications", "software", "security")
    ],
    products=[
        product_data("USER", "rmm", {"each": "41.00"}, count_rule="full"),
        product_data("MOBILE", "rmm", {"each": "9.50"}, count_rule="mobile"),
        product_data("SERVER", "rmm", {"each": "95.00"}, count_rule="servers"),
        product_data("COM4003", "communications", {"each": "6.75"}),
        product_data("STREAMLINE", "software", {"each": "47.25"}),
        product_data("SEC1153", "security", {"each": "31.50"}),
    ],
)
PARTNER = account(
    agreement_data(
        line_data("STREAMLINE", subscriber="office", quantity=2),
        line_data("SEC1153", subscriber="maple", quantity=1),
        line_data("COM4003", subscriber="maple", quantity=11),
        line_data("COM4003", line="mail-birch", subscriber="birch", quantity=2),
        line_data("USER", subscriber="each"),
        line_data("MOBILE", subscriber="each"),
        line_data("SERVER", subscriber="each"),
    ),
    subscribers=[
        {"subscriber": "maple", "name": "Maple"},
        {"subscriber": "birch", "name": "Birch"},
        {"subscriber": "office", "name": "Prairie IT", "internal": True},
    ],
)
SERVERS = [
    device("maple-dc", "Server", site="Maple", online="2025-01-01"),
    device("maple-new", "Server", site="Maple", online="2026-02-23"),
    device("maple-late", "Server", site="Maple", online="2026-02-24"),
    device("birch-gone", "Server", site="Birch", offboarded="2026-02-23"),
]
USERS = [
    device("anna", "Active Users", site="Maple"),
    device("bob", "Active Users", site="Maple", online="2026-02-27"),
    device("carl", "Mobile Only", site="Maple"),
    device("dora", "Disabled", site="Maple"),
    device("finn", "Active Users", site="Birch"),
]


def collabrance(period: Period = FEBRUARY) -> Invoice:
    here = context(period, COL_POLICY, COL_BOOK)
    # 18:00 on 23 February and 20:00 on Friday the 27th in Chicago, six hours behind UTC.
    devices_at, users_at = {
        FEBRUARY: ("2026-02-24T00:00+00:00", "2026-02-28T02:00+00:00"),
        # In March the clocks are five hours behind; Tuesday the 31st is the last business day.
        MARCH: ("2026-03-23T23:00+00:00", "2026-04-01T01:00+00:00"),
    }[period]
    readings = (
        reading(datetime.fromisoformat(devices_at), SERVERS, moment="devices"),
        reading(datetime.fromisoformat(users_at), USERS, feed="users", moment="users"),
    )
    taken = AccountSnapshot(account=PARTNER, readings=readings)
    return only_invoice(build_account(here, taken, NO_PREVIOUS_COUNTS))


@pytest.mark.rule("COL-01", "COL-02", "COL-06", "COL-12")
def test_february_has_a_section_per_customer_below_the_internal_one() -> None:
    """Counted on the 23rd: maple-dc and maple-new; users on the 27th: bob is there by then."""
    invoice = collabrance()
    assert charged(invoice.lines) == [
        ("STREAMLINE", "office", 2, "94.50"),  # 2 x 47.25
        ("USER", "maple", 2, "82.00"),  # anna and bob, 2 x 41.00
        ("MOBILE", "maple", 1, "9.50"),
        ("SERVER", "maple", 2, "190.00"),  # 2 x 95.00
        ("COM4003", "maple", 11, "74.25"),  # the source's sample: 11 x 6.75
        ("SEC1153", "maple", 1, "31.50"),  # the source's sample
        ("USER", "birch", 1, "41.00"),
        ("COM4003", "birch", 2, "13.50"),
    ]
    assert [(s.subscriber, s.internal) for s in invoice.sections] == [
        ("office", True),
        ("maple", False),
        ("birch", False),
    ]
    # 94.50 + 387.25 + 54.50
    totals = [str(invoice.section_total(site).amount) for site in ("office", "maple", "birch")]
    assert totals == ["94.50", "387.25", "54.50"]
    assert invoice.total == usd("536.25")
    assert (str(invoice.invoice_on), str(invoice.due_on)) == ("2026-03-10", "2026-04-05")


@pytest.mark.rule("COL-06")
def test_the_summaries_tie_out_to_the_invoice() -> None:
    invoice = collabrance()
    by_product = {
        entry.product: (int(entry.quantity), str(entry.amount.amount))
        for entry in summarise_by_product(invoice.lines, "USD")
    }
    assert by_product == {
        "STREAMLINE": (2, "94.50"),
        "USER": (3, "123.00"),
        "MOBILE": (1, "9.50"),
        "SERVER": (2, "190.00"),
        "COM4003": (13, "87.75"),
        "SEC1153": (1, "31.50"),
    }
    by_category = {
        name: str(amount.amount) for name, amount in summarise_by_category(invoice.lines, "USD")
    }
    assert by_category == {
        "software": "94.50",
        "rmm": "322.50",  # 123.00 + 9.50 + 190.00
        "communications": "87.75",
        "security": "31.50",
    }


@pytest.mark.rule("COL-02", "COL-12")
def test_servers_and_users_are_named_from_their_own_moments() -> None:
    invoice = collabrance()
    assert item_names(invoice, "SERVER") == ["maple-dc", "maple-new"]
    assert item_names(invoice, "USER") == ["anna", "bob", "finn"]
    assert item_names(invoice, "MOBILE") == ["carl"]


@pytest.mark.rule("COL-05")
def test_march_stands_beside_february_and_names_what_changed() -> None:
    february, march = collabrance(FEBRUARY), collabrance(MARCH)
    sheet = compare("tern-harbor", "Tern Harbor", MARCH, "USD", (march,), (february,))
    differing = [row for row in sheet.rows if row.quantity_change]
    # Only maple-late is new: it came on 24 February, after February's count.
    (row,) = differing
    assert (row.subscriber, row.product) == ("maple", "SERVER")
    assert (int(row.previous_quantity), int(row.current_quantity)) == (2, 3)
    assert (row.previous_amount, row.current_amount) == (usd("190.00"), usd("285.00"))
    assert [item.name for item in row.joined] == ["maple-late"]
    assert row.left == ()
    assert (sheet.previous_total, sheet.current_total) == (february.total, march.total)
    assert sheet.current_total - sheet.previous_total == usd("95.00")
