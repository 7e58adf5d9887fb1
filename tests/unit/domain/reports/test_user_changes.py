"""The user-change report (COL-19) for March 2026, by hand.

ann   counted in February as Full          is there         nothing
bob   counted in February as Full          now Mobile, request of 12 March: changed
cyd   new, since 5 March, Full                                added on 5 March
dan   counted in February as Mobile, offboarded 18 March      removed on 18 March
eve   counted in February as Full, the export has her no more removed, no day
fay   since 28 February, not counted then (she came late)     added on 28 February
gus   since 1 April                                           next month's
hal   offboarded on 28 February, not counted in February      last month's
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from msp_billing.domain.building.account_build import AccountBuild
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.problems import Problem
from msp_billing.domain.reports.report_counts import UnknownCountError
from msp_billing.domain.reports.user_changes import UserChanges, user_changes
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    account,
    agreement_data,
    context,
    count_rule_data,
    device,
    line_data,
    policy,
    price_book,
    product_data,
    reading,
    run_data,
)

MOMENT_AT = datetime(2026, 4, 1, 1, 0, tzinfo=UTC)  # 31 March, 20:00 in Chicago
POLICY = policy(
    runs=[
        run_data(
            opens={"day": 23, "at": "06:00"},
            moments=[{"moment": "users", "at": {"business_day": -1, "at": "20:00"}}],
            compare={"month": 1, "business_day": 1},
            issue={"month": 1, "day": 10},
            due={"month": 2, "day": 5},
            reports=[
                {
                    "report": "user-changes",
                    "kind": "user_changes",
                    "title": "User changes",
                    "at": {"month": 1, "day": 1, "at": "06:00"},
                    "count_rules": ["full", "mobile"],
                    "clause": "calendar",
                }
            ],
        )
    ],
    count_rules=[
        count_rule_data("full", "Full users", {"kind": ["Full"]}, moment="users"),
        count_rule_data("mobile", "Mobile users", {"kind": ["Mobile"]}, moment="users"),
    ],
)
BOOK = price_book(
    products=[
        product_data("USER", "support", {"each": "40"}, count_rule="full"),
        product_data("MOBILE", "support", {"each": "9"}, count_rule="mobile"),
    ]
)
PARTNER = account(
    agreement_data(line_data("USER", subscriber="each"), line_data("MOBILE", subscriber="each")),
    sites=("oakdale", "fairview"),
)


def user(name: str, kind: str = "Full", *, site: str = "oakdale", **days: Any) -> FeedRow:
    received = days.pop("received", None)
    row = device(name, kind, site=site, **days)
    on = None if received is None else date.fromisoformat(received)
    return row._replace(change_received_on=on)


USERS = (
    user("ann", online="2025-01-01"),
    user("bob", "Mobile", online="2025-01-01", received="2026-03-12"),
    user("cyd", site="fairview", online="2026-03-05"),
    user("dan", "Mobile", online="2025-01-01", offboarded="2026-03-18"),
    user("fay", online="2026-02-28"),
    user("gus", online="2026-04-01"),
    user("hal", online="2025-01-01", offboarded="2026-02-28"),
)


def items(*names: str) -> tuple[CountedItem, ...]:
    return tuple(CountedItem(item_id=f"id-{name}", name=name) for name in names)


COUNTED_IN_FEBRUARY = PreviousCounts(
    period=FEBRUARY,
    items={"full:oakdale": items("ann", "bob", "eve"), "mobile:oakdale": items("dan")},
)


def told(
    rows: tuple[FeedRow, ...] = USERS,
    previous: PreviousCounts = COUNTED_IN_FEBRUARY,
    problems: tuple[Problem, ...] = (),
) -> UserChanges | None:
    here = context(MARCH, POLICY, BOOK)
    taken = reading(MOMENT_AT, rows, moment="users", problems=problems)
    build = AccountBuild(here, AccountSnapshot(account=PARTNER, readings=(taken,)), previous)
    return user_changes(build, here.run.reports[0])


@pytest.mark.rule("COL-19")
def test_last_months_completed_changes_stand_there_by_subscriber() -> None:
    report = told()
    assert report is not None
    by_place = {
        place: [(entry.name, entry.change, entry.changed_on) for entry in changes]
        for place, changes in report.by_place().items()
    }
    assert by_place == {
        "Fairview": [("cyd", "added", date(2026, 3, 5))],
        "Oakdale": [
            ("fay", "added", date(2026, 2, 28)),
            ("bob", "changed", date(2026, 3, 12)),
            ("dan", "removed", date(2026, 3, 18)),
            ("eve", "removed", None),
        ],
    }


@pytest.mark.rule("COL-19")
def test_a_change_of_kind_says_from_what_to_what() -> None:
    report = told()
    assert report is not None
    (bob,) = (entry for entry in report.changes if entry.name == "bob")
    assert (bob.was, bob.counted_as) == ("Full users", "Mobile users")
    assert bob.received_on == date(2026, 3, 12)
    # ann, fay and bob at Oakdale, cyd at Fairview.
    assert report.users == 4


def test_in_a_first_month_only_what_the_export_dates_is_told() -> None:
    report = told(previous=NO_PREVIOUS_COUNTS)
    assert report is not None
    assert [(entry.name, entry.change) for entry in report.changes] == [
        ("cyd", "added"),
        ("dan", "removed"),
    ]


def test_a_month_without_changes_is_told_too() -> None:
    report = told((USERS[0],), PreviousCounts(FEBRUARY, {"full:oakdale": items("ann")}))
    assert report is not None
    assert (report.changes, report.users) == ((), 1)


def test_an_account_without_users_gets_no_report() -> None:
    assert told((), NO_PREVIOUS_COUNTS) is None


def test_users_that_are_not_known_are_never_reported_as_unchanged() -> None:
    problem = Problem(code="feed-cut", what="The export was cut off.", fix="Export it again.")
    with pytest.raises(UnknownCountError, match="cut off"):
        told((), problems=(problem,))


def test_a_site_that_is_counted_by_another_rule_is_not_told_of_by_this_one() -> None:
    """Fairview has no mobile users by agreement: a mobile contact there is nobody's change."""
    partner = account(
        agreement_data(
            line_data("USER", subscriber="each"), line_data("MOBILE", subscriber="oakdale")
        ),
        sites=("oakdale", "fairview"),
    )
    here = context(MARCH, POLICY, BOOK)
    rows = (user("kim", "Mobile", site="fairview", online="2026-03-09"), USERS[0])
    taken = reading(MOMENT_AT, rows, moment="users")
    snapshot = AccountSnapshot(account=partner, readings=(taken,))
    report = user_changes(AccountBuild(here, snapshot, NO_PREVIOUS_COUNTS), here.run.reports[0])
    assert report is not None
    assert report.changes == ()


def test_a_login_that_is_in_use_at_two_customers_is_two_people() -> None:
    """One bob each: new at Fairview while Oakdale's stays, and gone from Oakdale meanwhile."""
    before = PreviousCounts(period=FEBRUARY, items={"full:oakdale": items("bob")})
    both = (user("bob", site="oakdale"), user("bob", site="fairview"))
    report = told(both, before)
    assert report is not None
    assert [(entry.place, entry.change) for entry in report.changes] == [("Fairview", "added")]
    assert report.users == 2

    report = told(both, PreviousCounts(period=FEBRUARY, items={}))
    assert report is not None
    assert [(entry.place, entry.change) for entry in report.changes] == [
        ("Fairview", "added"),
        ("Oakdale", "added"),
    ]

    report = told((both[1],), before)
    assert report is not None
    assert [(entry.place, entry.change) for entry in report.changes] == [
        ("Fairview", "added"),
        ("Oakdale", "removed"),
    ]


def test_a_user_is_known_again_when_last_month_counted_the_account_as_a_whole() -> None:
    """The items of a whole account say whose they are: the bob who is gone was Fairview's."""
    (bob,) = items("bob")
    before = tuple(bob.model_copy(update={"subscriber": site}) for site in ("oakdale", "fairview"))
    report = told((user("bob"),), PreviousCounts(FEBRUARY, {"full:-": before}))
    assert report is not None
    assert [(entry.place, entry.change) for entry in report.changes] == [("Fairview", "removed")]
