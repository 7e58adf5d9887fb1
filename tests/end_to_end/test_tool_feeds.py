"""Billing from what tools really export: a NinjaOne device list and Microsoft 365 users.

Birch's September, counted at 00:00 on the 1st in Chicago (05:00 UTC), worked out by hand:

    alder  organization 8: a server of last year and a workstation of 31 August, 23:00, count; one
           that came at 00:30 on the 1st, a printer, and one that nobody has approved do not:
           2 x 10.00 + 100.00 = 120.00
    elm    organization 9: one server                                      = 10.00
    beech  five users, of whom two are enabled and have a licence: 2 x 7.00 = 14.00
    cedar  no count: 4 x 5.00                                              = 20.00
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.feeds.definitions import FeedDefinition
from tests.end_to_end.small_provider import BOOK, Provider, birch
from tests.end_to_end.stage import Stage, cycle_id

CYCLE = cycle_id()
DEVICES, USERS = "birch/devices/2026-09-01.jsonl", "birch/users/beech/2026-09-01.json"
LAST_YEAR = 1_750_000_000.25
MIDNIGHT = 1_788_238_800  # 1 September 2026, 00:00 in Chicago
ORGANIZATIONS = {"alder": "8", "elm": "9"}


def provider() -> Provider:
    """Birch, whose tools are NinjaOne and Microsoft 365."""
    feeds = (
        FeedDefinition.model_validate(
            {
                "feed": "devices",
                "title": "NinjaOne",
                "scope": "provider",
                "format": "ninjaone-devices",
                "page_size": 3,
            }
        ),
        FeedDefinition.model_validate(
            {"feed": "users", "title": "Users", "scope": "account", "format": "graph-users"}
        ),
    )
    rules = (
        CountRule(
            rule="devices",
            title="Devices",
            feed="devices",
            moment="first",
            where={
                "device-type": ("WINDOWS_SERVER", "WINDOWS_WORKSTATION"),
                "approval": ("APPROVED",),
            },
            clause="counts",
        ),
        CountRule(
            rule="users",
            title="Users",
            feed="users",
            moment="first",
            where={"enabled": ("true",), "license": ("SPE_E3", "SPB")},
            clause="counts",
        ),
    )
    made = birch().with_policy(feeds=feeds, count_rules=rules, parked_share_limit=Decimal(1))
    known = {name: (number,) for name, number in ORGANIZATIONS.items()}
    accounts = [
        account.model_copy(update={"known_as": known.get(account.account, ())}) for account in BOOK
    ]
    return Provider(made.policy, made.price_book, tuple(accounts))


def device(number: int, organization: int, kind: str, created: float, **more: Any) -> Any:
    return {
        "id": number,
        "organizationId": organization,
        "nodeClass": kind,
        "approvalStatus": "APPROVED",
        "systemName": f"PC-{number}",
        "created": created,
        "lastContact": MIDNIGHT - 60.5,
        **more,
    }


def user(number: int, *licenses: str, enabled: bool = True) -> Any:
    return {
        "id": f"user-{number}",
        "displayName": f"User {number}",
        "accountEnabled": enabled,
        "createdDateTime": "2025-11-23T18:00:00Z",
        "assignedLicenses": [{"skuId": f"sku-{name}", "disabledPlans": []} for name in licenses],
        "licenseDetails": [{"skuId": f"sku-{name}", "skuPartNumber": name} for name in licenses],
    }


PAGES = [
    [
        device(1, 8, "WINDOWS_SERVER", LAST_YEAR),
        device(2, 8, "WINDOWS_WORKSTATION", MIDNIGHT - 3600),
        device(3, 8, "WINDOWS_WORKSTATION", MIDNIGHT + 1800),
    ],
    [
        device(4, 8, "NMS_PRINTER", LAST_YEAR),
        device(5, 8, "WINDOWS_SERVER", LAST_YEAR, approvalStatus="PENDING"),
        device(6, 9, "WINDOWS_SERVER", LAST_YEAR),
    ],
    [],
]
USER_PAGES = [
    {
        "@odata.nextLink": "https://graph.example/next",
        "value": [user(1, "SPE_E3", "VISIO"), user(2), user(3, "SPB", enabled=False)],
    },
    {"value": [user(4, "SPB"), user(5, "FLOW_FREE")]},
]


def lines(pages: list[Any]) -> bytes:
    return "".join(f"{json.dumps(page)}\n" for page in pages).encode()


def bill(stage: Stage, devices: bytes, users: bytes) -> dict[str, str]:
    """Run September; the totals of the accounts that have an invoice."""
    stage.apply(provider())
    stage.put_feed(DEVICES, devices)
    stage.put_feed(USERS, users)
    stage.settle()
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    stage.assert_promises(CYCLE)
    return {name: str(entry.total.amount) for name, entry in stage.invoices(CYCLE).items()}


def test_a_cycle_bills_what_the_tools_export(stage: Stage) -> None:
    totals = bill(stage, lines(PAGES), json.dumps(USER_PAGES, indent=2).encode())
    assert totals == {"alder": "120.00", "beech": "14.00", "cedar": "20.00", "elm": "10.00"}
    counted = {
        name: [item.name for evidence in invoice.counts for item in evidence.count.items]
        for name, invoice in stage.invoices(CYCLE).items()
    }
    assert counted["alder"] == ["PC-1", "PC-2"]
    assert counted["beech"] == ["User 1", "User 4"]


def test_a_page_that_is_missing_parks_whoever_needs_it_and_bills_the_others(stage: Stage) -> None:
    """docs/faults.md 24: the pages of a list that broke off are not a shorter list."""
    totals = bill(stage, lines(PAGES[:1]), lines(USER_PAGES[:1]))
    assert totals == {"cedar": "20.00"}
    parked = {
        name: {problem.code for problem in record.problems}
        for name, record in stage.records(CYCLE).items()
        if record.problems
    }
    assert parked == {name: {"feed-page-missing"} for name in ("alder", "elm", "beech")}


def test_an_organization_that_the_book_does_not_know_is_told_by_its_number(stage: Stage) -> None:
    pages = [*PAGES[:2], [device(7, 77, "MAC", LAST_YEAR)]]
    totals = bill(stage, lines(pages), lines(USER_PAGES))
    assert totals["alder"] == "120.00"
    assert stage.cycle(CYCLE).unknown_customers == ("77",)


def test_a_faulty_item_parks_its_account_only(stage: Stage) -> None:
    broken = {**device(6, 9, "WINDOWS_SERVER", LAST_YEAR), "created": "last year"}
    totals = bill(stage, lines([PAGES[0], [*PAGES[1][:2], broken], []]), lines(USER_PAGES))
    assert totals == {"alder": "120.00", "beech": "14.00", "cedar": "20.00"}
    (problem,) = stage.records(CYCLE)["elm"].problems
    assert problem.code == "feed-date"
    assert problem.where == "9, page 2, item 3"
