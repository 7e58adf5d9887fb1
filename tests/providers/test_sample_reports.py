"""Reports of the sample books, worked out by hand from accounts, price books and exports."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.building.account_build import AccountBuild
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.device_changes import device_report
from msp_billing.domain.reports.planning import plan_reports
from msp_billing.domain.reports.pre_invoices import pre_invoices
from msp_billing.domain.reports.uncovered import uncovered_devices
from msp_billing.domain.reports.user_changes import user_changes
from msp_billing.domain.snapshots import AccountSnapshot
from mspbill import replay
from tests.providers.sample_billing import billed, plan_of, sample_book

OCTOBER, NOVEMBER = (Period(year=2026, month=month) for month in (10, 11))


def build_of(provider: str, run: str, period: Period, account: str) -> AccountBuild:
    book = sample_book(provider)
    plan = plan_of(provider, run, period)
    context = BuildContext(
        policy=book.policy,
        run=book.policy.run_policy(run),
        price_book=book.price_book,
        period=period,
        invoice_on=plan.invoice_on,
        due_on=plan.due_on,
        charges_until=plan.charges_until,
        snapshot_sha256="0" * 64,
        calendar=replay.calendar_of(book.policy, period),
    )
    readings = replay.Snapshots(book).of(run, period)[account]
    (whom,) = (entry for entry in book.accounts if entry.account == account)
    snapshot = AccountSnapshot(account=whom, readings=readings)
    return AccountBuild(context, snapshot, NO_PREVIOUS_COUNTS)


@pytest.mark.rule("COL-03")
def test_prairie_s_device_report_of_october() -> None:
    """A workstation of Glenwood came on 23 October, the day of the count; four servers bill."""
    build = build_of("collabrance", "monthly", OCTOBER, "prairie-it-partners")
    told = device_report(build, build.context.run.report("device-report"))
    assert told is not None
    assert ("GLS-WS-20", date(2026, 10, 23)) in {
        (device.name, device.changed_on) for device in told.added
    }
    servers = {row.subscriber_name for row in told.counts if row.product == "RMM2101"}
    assert servers >= {"Ridgeway Family Dental", "Glenwood Lumber and Supply"}


@pytest.mark.rule("COL-19")
def test_prairie_s_user_changes_of_october() -> None:
    """A user of Oakdale was added on 30 October, the last business day."""
    build = build_of("collabrance", "monthly", OCTOBER, "prairie-it-partners")
    told = user_changes(build, build.context.run.report("user-changes"))
    assert told is not None
    assert ("Oakdale Veterinary Hospital", "OVH Sales 03", date(2026, 10, 30)) in {
        (change.place, change.name, change.changed_on) for change in told.changes
    }


@pytest.mark.rule("COL-27")
def test_prairie_resells_ridgeway_s_section_for_921_00() -> None:
    """Ridgeway's section costs Prairie 662.20 (COL-06); resold, to the next 0.05, half up.

    11 mailboxes      6.75 x 1.25 =   8.4375 ->   8.45    92.95   communications: 25%
    11 users         42.00 x 1.40 =  58.80               646.80
     1 mobile user   14.50 x 1.40 =  20.30                20.30
     1 server        79.95 x 1.40 = 111.93   -> 111.95   111.95
     1 FortiGate     a price of its own                   49.00
                                                         921.00
    """
    outcome = billed("collabrance", "monthly", OCTOBER)["prairie-it-partners"]
    (account,) = (
        entry
        for entry in sample_book("collabrance").accounts
        if entry.account == "prairie-it-partners"
    )
    told = pre_invoices(account, outcome.invoices)
    assert told is not None
    (ridgeway,) = (entry for entry in told.invoices if entry.subscriber == "ridgeway-family-dental")
    cost = [invoice.section_total("ridgeway-family-dental") for invoice in outcome.invoices]
    assert str(cost[0].amount) == "662.20"
    assert str(ridgeway.total.amount) == "921.00"
    # Invoiced on the 20th, net 30: by the 20th of the following month, as the source says.
    assert (ridgeway.invoice_on, ridgeway.due_on) == (date(2026, 11, 20), date(2026, 12, 20))


@pytest.mark.rule("INT-09")
def test_bayfront_is_told_of_its_kiosk() -> None:
    """Network discovery sees it at Rockport since 12 October; the RMM lacks it."""
    outcome = billed("integris", "managed-services", NOVEMBER)["bayfront-dental"]
    report = (
        sample_book("integris").policy.run_policy("managed-services").report("uncovered-devices")
    )
    told = uncovered_devices("bayfront-dental", "Bayfront", NOVEMBER, {}, outcome.findings, report)
    assert told is not None
    assert [(item.name, item.since_on) for finding in told.findings for item in finding.items] == [
        ("bfd-kiosk-01", date(2026, 10, 12))
    ]


@pytest.mark.rule("COL-03", "COL-19", "KR-17")
@pytest.mark.parametrize(
    ("provider", "run", "period", "days"),
    [
        # 24 October at 06:00 and Sunday, 1 November in Chicago; 15 November is KR's issue day.
        ("collabrance", "monthly", "2026-10", ["2026-10-24", "2026-11-01", "2026-11-02"]),
        ("kr-group", "agreement", "2026-12", ["2026-11-15"]),
        ("kr-group", "agreement", "2026-11", []),
    ],
)
def test_the_samples_make_their_reports_on_the_days_that_the_sources_say(
    provider: str, run: str, period: str, days: list[str]
) -> None:
    policy = sample_book(provider).policy
    month = Period.parse(period)
    made = plan_reports(
        policy,
        policy.run_policy(run),
        month,
        replay.calendar_of(policy, month),
        plan_of(provider, run, month),
    )
    stages = [
        *(entry for entries in made.after_moments.values() for entry in entries),
        *made.on_days,
        *made.with_comparison,
        *(made.with_invoices if provider == "kr-group" else ()),
    ]
    assert [str(entry.at.astimezone(policy.zone).date()) for entry in stages] == days
