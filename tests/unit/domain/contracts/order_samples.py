"""A provider in arrears whose policy says of orders what Collabrance's says.

Months are billed on the 10th of the month after them or, where that is closed, on the next
business day: January 2026 on Tuesday, 10 February, February on Tuesday, 10 March.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.building import build_account
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.invoices import InvoiceLine
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    Data,
    account,
    agreement_data,
    context,
    count_rule_data,
    device,
    line_data,
    policy,
    policy_data,
    price_book,
    product_data,
    run_data,
    snapshot,
)

COLUMBUS_DAY = BusinessCalendar(holidays=frozenset({date(2026, 10, 12)}))
CATEGORIES = ("support", "licenses", "hardware", "fees")
CLAUSES = (
    "new-orders",
    "mrr-reconciliation",
    "new-services",
    "core-setup",
    "other-setup",
    "shipping",
    "own-licenses",
)
RECONCILE = {"title": "MRR reconciliation", "clause": "mrr-reconciliation"}
ORDER_RULES: list[Data] = [
    {
        "kind": "new-customer",
        "starts": {"days_after_order": 30},
        "covers": "subscriber",
        "reconcile": RECONCILE,
        "clause": "new-orders",
    },
    {
        "kind": "new-service",
        "starts": {"months_after_order": 1},
        "reconcile": RECONCILE,
        "clause": "new-services",
    },
]
SETUP_FEES: list[Data] = [
    {
        "fee": "core",
        "product": "CORE-SETUP",
        "per": "user-at-activation",
        "kinds": ["new-customer"],
        "not_with": ["migration", "workgroup"],
        "clause": "core-setup",
    },
    {
        "fee": "core-workgroup",
        "product": "CORE-SETUP",
        "per": "counted-at-activation",
        "count_rule": "workstations",
        "kinds": ["new-customer"],
        "only_with": ["workgroup"],
        "not_with": ["migration"],
        "clause": "core-setup",
    },
    {
        "fee": "fortinet",
        "product": "FORTINET-SETUP",
        "per": "ordered-unit",
        "ordering": ["FORTIGATE", "FORTIGATE-SOLD"],
        "kinds": ["new-service", "change"],
        "clause": "other-setup",
    },
    {
        "fee": "vpn-tunnel",
        "product": "VPN-SETUP",
        "per": "ordered-unit",
        "ordering": ["VPN"],
        "kinds": ["new-customer", "new-service", "change"],
        "clause": "other-setup",
    },
    {
        "fee": "mailbox-migration",
        "product": "MAILBOX-MIGRATION",
        "per": "migrated-mailbox",
        "kinds": ["new-customer", "new-service", "change"],
        "clause": "other-setup",
    },
]
SHIPPING: list[Data] = [  # COL-23
    {"shipping": "drop", "product": "SHIP-DROP", "clause": "shipping"},
    {"shipping": "ground", "product": "SHIP-GROUND", "clause": "shipping"},
    {"shipping": "2-day", "product": "SHIP-2-DAY", "clause": "shipping"},
    {"shipping": "overnight", "product": "SHIP-OVERNIGHT", "clause": "shipping"},
]


def order_policy_data(**changes: Any) -> Data:
    plain = policy_data()
    data: Data = {
        "clauses": [
            *plain["clauses"],
            *({"clause": name, "title": name, "text": f"What {name} says."} for name in CLAUSES),
        ],
        "count_rules": [
            count_rule_data(name, name.title(), {"kind": [kind]}, moment="count")
            for name, kind in (
                ("users", "Active"),
                ("mobile-users", "Mobile"),
                ("workstations", "Workstation"),
            )
        ],
        "runs": [arrears_run()],
        "order_rules": ORDER_RULES,
        "setup_fees": SETUP_FEES,
        "shipping": SHIPPING,
    }
    return data | changes


def arrears_run(**changes: Any) -> Data:
    data = run_data(
        categories=list(CATEGORIES),
        opens={"day": 23, "at": "06:00"},
        moments=[{"moment": "count", "at": {"day": 23, "at": "18:00"}}],
        compare={"month": 1, "business_day": 1},
        issue={
            "month": 1,
            "day": 10,
            "when_closed": "next_business_day",
            "no_later_than_day": 15,
        },
        due={"month": 2, "day": 5},
    )
    return data | changes


POLICY = policy(**order_policy_data())
FIREWALL_TIERS = {
    "tiers": [
        {"up_to": 25, "each": "750"},
        {"up_to": 75, "each": "1250"},
        {"up_to": None, "each": "2000"},
    ]
}
BOOK = price_book(
    categories=[{"category": name, "title": name.title()} for name in CATEGORIES],
    products=[
        product_data("USER", "support", {"each": "42.00"}, count_rule="users", unit="user"),
        product_data("MOBILE", "support", {"each": "14.50"}, count_rule="mobile-users"),
        product_data("WORKSTATION", "support", {"each": "24.00"}, count_rule="workstations"),
        product_data("VPN", "support", {"each": "12.00"}, unit="tunnel"),
        product_data("STREAMLINE", "licenses", {"each": "47.25"}, unit="license"),
        product_data("GLUE", "licenses", {"each": "30.00"}, unit="license"),
        product_data("FORTIGATE", "hardware", {"each": "58.00"}, hardware="rented"),
        product_data("FORTIGATE-SOLD", "hardware", {"each": "895.00"}, hardware="owned"),
        product_data("AUDIT", "hardware", {"each": "500.00"}, unit="site"),
        product_data("FIREWALL", "hardware", FIREWALL_TIERS, tier_by="users at the site"),
        product_data("UNPRICED", "hardware", None),
        product_data("CORE-SETUP", "fees", {"each": "60.00"}, unit="user"),
        product_data("FORTINET-SETUP", "fees", {"each": "150.00"}, unit="device"),
        product_data("VPN-SETUP", "fees", {"each": "95.00"}, unit="tunnel"),
        product_data("MAILBOX-MIGRATION", "fees", {"each": "25.00"}, unit="mailbox"),
        product_data("SHIP-DROP", "fees", {"each": "21.00"}, unit="shipment"),
        product_data("SHIP-GROUND", "fees", {"each": "52.50"}, unit="shipment"),
        product_data("SHIP-2-DAY", "fees", {"each": "89.25"}, unit="shipment"),
        product_data("SHIP-OVERNIGHT", "fees", {"each": "131.25"}, unit="shipment"),
    ],
)


def month(number: int) -> Period:
    """A month of 2026; 13 is January 2027."""
    return Period(year=2026, month=1).shifted(number - 1)


def months(count: int) -> list[Period]:
    """The first months of 2026."""
    return [month(number) for number in range(1, count + 1)]


JANUARY, FEBRUARY, MARCH, APRIL = months(4)


def item_data(item: str, **changes: Any) -> Data:
    return {"item": item, "quantity": 1} | changes


def order_data(*items: Data, **changes: Any) -> Data:
    data: Data = {
        "order": "o-1",
        "kind": "new-service",
        "ordered_on": "2026-01-20",
        "agreement": "main",
        "items": list(items),
    }
    return data | changes


def ordering(
    *orders: Data, lines: Iterable[Data] = (), sites: Sequence[str] = ("maple",), **changes: Any
) -> Account:
    """An account with a line that bills every month, more lines, and orders."""
    always = line_data("STREAMLINE", quantity=1)
    return account(agreement_data(always, *lines), sites=sites, orders=list(orders), **changes)


def people(count: int, kind: str = "Active", site: str = "Maple") -> list[FeedRow]:
    return [device(f"{site}-{kind}-{n}", kind, site=site, row=n + 2) for n in range(count)]


def bill(
    of: Account,
    period: Period,
    rows: Iterable[FeedRow] = (),
    *,
    claims: dict[str, str] | None = None,
    issued_late_on: date | None = None,
    **changes: Any,
) -> AccountOutcome:
    settings: dict[str, Any] = {"in_policy": POLICY, "book": BOOK} | changes
    here = context(period, **settings)
    if issued_late_on is not None:
        here = replace(here, invoice_on=issued_late_on, planned_on=here.invoice_on, revision=2)
    taken = snapshot(of, here, rows).model_copy(update={"claims": claims or {}})
    return build_account(here, taken, NO_PREVIOUS_COUNTS)


def lines_of(outcome: AccountOutcome) -> tuple[InvoiceLine, ...]:
    """The lines of all invoices but the one that bills every month."""
    assert not outcome.parked, outcome.problems
    lines = (line for invoice in outcome.invoices for line in invoice.lines)
    return tuple(line for line in lines if line.product != "STREAMLINE")


def charges(outcome: AccountOutcome) -> list[tuple[str, int, str]]:
    """Product, quantity and amount of the lines, but for the one that bills every month."""
    return [
        (line.product, int(line.quantity), str(line.amount.amount)) for line in lines_of(outcome)
    ]


def through(
    of: Account,
    periods: Iterable[Period],
    rows: Iterable[FeedRow] = (),
    *,
    parked: Collection[Period] = (),
    **changes: Any,
) -> Iterator[tuple[Period, AccountOutcome]]:
    """One month after the other, each with what the ones before have claimed.

    In the months of ``parked`` the account is not billed, so that they claim nothing.
    """
    claims: dict[str, str] = {}
    known = list(rows)
    for period in periods:
        if period in parked:
            continue
        outcome = bill(of, period, known, claims=claims, **changes)
        for invoice in outcome.invoices:
            for line in invoice.lines:
                if line.charge is not None:
                    assert line.charge not in claims, f"{line.charge} is billed twice"
                    claims[line.charge] = f"{invoice.id.run}/{period}"
        yield period, outcome
