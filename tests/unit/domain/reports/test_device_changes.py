"""The device report (COL-03), worked out by hand around the count of 23 March 2026.

The window is 30 days back from the day of the count, both ends included:
23 March less 30 days is 21 February (March has passed 23 days, February 2026 has 28: 23 + 7 = 30).

    SRV-1  server       Oakdale  online since 2024                  will bill
    SRV-2  server       Oakdale  online 23 March, day of the count  added, will bill
    WS-1   workstation  Fairview online 21 February, 30 days ago    added, will bill
    WS-2   workstation  Fairview online 20 February, 31 days ago    not told, will bill
    WS-3   workstation  Fairview offboarded 20 March                removed
    WS-4   workstation  Fairview offboarded 20 February             not told
    WS-5   workstation  Oakdale  online 1 March, offboarded 10 March: added and removed
    PRN-1  printer      Oakdale  online 20 March                    no rule of the report counts it
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.account_build import AccountBuild
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.cycles import plan_cycle
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import Problem
from msp_billing.domain.reports.device_changes import DeviceReport, device_report
from msp_billing.domain.reports.report_counts import UnknownCountError
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    NO_HOLIDAYS,
    account,
    agreement_data,
    context,
    count_rule_data,
    device,
    line_data,
    policy,
    reading,
    run_data,
)

REPORT = {
    "report": "device-report",
    "kind": "device_report",
    "title": "Device report",
    "after_moment": "devices",
    "count_rules": ["servers", "pcs"],
    "clause": "calendar",
}


def known_policy(**changes: object) -> ProviderPolicy:
    run = run_data(
        opens={"day": 23, "at": "06:00"},
        moments=[{"moment": "devices", "at": {"day": 23, "at": "18:00"}, "wait_hours": 12}],
        compare={"month": 1, "business_day": 1},
        issue={"month": 1, "day": 10},
        due={"month": 2, "day": 5},
        reports=[REPORT | changes],
    )
    rules = [
        count_rule_data("pcs", "Workstations", {"kind": ["PC"]}, moment="devices"),
        count_rule_data("servers", "Servers", {"kind": ["Server"]}, moment="devices"),
        count_rule_data("backups", "Backups", {"backup": ["yes"]}, moment="devices"),
    ]
    return policy(runs=[run], count_rules=rules)


PARTNER = account(
    agreement_data(line_data("PC", subscriber="each"), line_data("SERVER", subscriber="each")),
    sites=("oakdale", "fairview"),
)
DEVICES = (
    device("SRV-1", "Server", site="oakdale", online="2024-05-01"),
    device("SRV-2", "Server", site="oakdale", online="2026-03-23"),
    device("WS-1", site="fairview", online="2026-02-21"),
    device("WS-2", site="fairview", online="2026-02-20"),
    device("WS-3", site="fairview", online="2025-01-01", offboarded="2026-03-20"),
    device("WS-4", site="fairview", online="2025-01-01", offboarded="2026-02-20"),
    device("WS-5", site="oakdale", online="2026-03-01", offboarded="2026-03-10"),
    device("PRN-1", "Printer", site="oakdale", online="2026-03-20"),
)


def told(
    rows: tuple[FeedRow, ...] = DEVICES,
    *,
    of: Account = PARTNER,
    previous: PreviousCounts = NO_PREVIOUS_COUNTS,
    problems: tuple[Problem, ...] = (),
    **changes: object,
) -> DeviceReport | None:
    here = context(MARCH, known_policy(**changes))
    # 23 March 2026, 18:00 in Chicago is 23:00 UTC: daylight saving began on the 8th.
    moment_at = plan_cycle(here.policy, here.run, MARCH, NO_HOLIDAYS).moments[0].moment_at
    assert moment_at == datetime(2026, 3, 23, 23, 0, tzinfo=UTC)
    taken = reading(moment_at, rows, moment="devices", problems=problems)
    snapshot = AccountSnapshot(account=of, readings=(taken,))
    return device_report(AccountBuild(here, snapshot, previous), here.run.reports[0])


@pytest.mark.rule("COL-03")
def test_the_report_names_what_was_added_and_removed_in_the_last_30_days_with_its_date() -> None:
    report = told()
    assert report is not None
    assert (report.from_on, report.to_on) == (date(2026, 2, 21), date(2026, 3, 23))
    assert [(entry.name, entry.place, entry.changed_on) for entry in report.added] == [
        ("SRV-2", "Oakdale", date(2026, 3, 23)),
        ("WS-5", "Oakdale", date(2026, 3, 1)),
        ("WS-1", "Fairview", date(2026, 2, 21)),
    ]
    assert [(entry.name, entry.changed_on) for entry in report.removed] == [
        ("WS-3", date(2026, 3, 20)),
        ("WS-5", date(2026, 3, 10)),
    ]


@pytest.mark.rule("COL-03")
def test_the_report_has_the_quantities_that_will_bill_and_their_names() -> None:
    report = told()
    assert report is not None
    counted = [
        (row.product, row.subscriber_name, int(row.quantity), [item.name for item in row.items])
        for row in report.counts
    ]
    assert counted == [
        ("PC", "Fairview", 2, ["WS-1", "WS-2"]),
        ("SERVER", "Oakdale", 2, ["SRV-1", "SRV-2"]),
    ]
    assert report.devices == 4


@pytest.mark.rule("COL-03")
def test_a_device_that_the_export_has_no_more_is_told_as_removed() -> None:
    """It was on the last invoice; the export does not say when it went."""
    gone = CountedItem(item_id="id-OLD", name="OLD")
    previous = PreviousCounts(period=FEBRUARY, items={"pcs:fairview": (gone,)})
    report = told(previous=previous)
    assert report is not None
    assert [(entry.name, entry.place, entry.changed_on) for entry in report.removed][-1] == (
        "OLD",
        "Fairview",
        None,
    )


def test_an_account_without_such_devices_gets_no_report() -> None:
    assert told(()) is None


def test_devices_that_are_not_known_are_never_reported_as_none() -> None:
    problem = Problem(code="feed-missing", what="There is no export.", fix="Export it.")
    with pytest.raises(UnknownCountError, match="There is no export"):
        told((), problems=(problem,))


def test_how_far_the_report_looks_back_is_data() -> None:
    report = told(days=31)
    assert report is not None
    assert [entry.name for entry in report.added] == ["SRV-2", "WS-5", "WS-1", "WS-2"]
    assert [entry.name for entry in report.removed] == ["WS-3", "WS-5", "WS-4"]


def test_a_device_s_id_is_its_own_at_a_site() -> None:
    """PC-1 of each site: both came on 5 March, and of SRV-1 only Oakdale's is gone."""
    rows = (
        device("PC-1", site="oakdale", online="2026-03-05"),
        device("PC-1", site="fairview", online="2026-03-05"),
        device("SRV-1", "Server", site="fairview", online="2024-05-01"),
    )
    server = CountedItem(item_id="id-SRV-1", name="SRV-1")
    report = told(rows, previous=PreviousCounts(FEBRUARY, {"servers:oakdale": (server,)}))
    assert report is not None
    assert [(entry.name, entry.place) for entry in report.added] == [
        ("PC-1", "Fairview"),
        ("PC-1", "Oakdale"),
    ]
    assert [(entry.name, entry.place) for entry in report.removed] == [("SRV-1", "Oakdale")]
    assert report.devices == 3
