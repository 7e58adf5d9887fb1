"""What time entries cost, worked out by hand.

An engineer's hour is 150.00, after hours one and a half times as much, 225.00; a project's is
180.00 and has no after-hours rate. Time is rounded up to quarters of an hour. 2 February 2026 is
a Monday, the 16th is Presidents' Day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.problems import Problem
from msp_billing.domain.work.time_charges import (
    AssessedWork,
    TimeCharge,
    WorkTerms,
    assess_work,
)
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.work.work_samples import (
    always_covered,
    entry_row,
    never_covered,
    rules_data,
    work_terms,
)

APPROVAL = {"approval": {"clause": "approval"}}


def assess(*rows: FeedRow, **terms: Any) -> AssessedWork:
    return assess_work(rows, work_terms(**terms))


def lines(assessed: AssessedWork) -> list[tuple[str, str, str, str]]:
    """Entry, product, hours and amount of everything that is billed."""
    assert not assessed.problems
    return [
        (charge.entry.entry, each.product, str(each.hours), str(each.amount.amount))
        for charge, _ in assessed.charges
        for each in charge.hours
    ]


def codes(assessed: AssessedWork) -> list[str]:
    return [problem.code for problem in assessed.problems]


@pytest.mark.rule("KR-05", "MSA-02")
def test_work_that_the_contract_does_not_cover_is_charged_by_the_hour() -> None:
    new_user = entry_row("T-1", "2026-02-02 09:00", "2026-02-02 10:25", work="User set-up")
    project = entry_row("T-2", "2026-02-03 09:00", "2026-02-03 11:00", work="Project")
    # 85 minutes are 1.50 hours: 1.50 x 150.00 = 225.00. A project: 2.00 x 180.00 = 360.00.
    assert lines(assess(new_user, project)) == [
        ("T-1", "T1", "1.50", "225.00"),
        ("T-2", "T3", "2.00", "360.00"),
    ]


@pytest.mark.rule("KR-05", "KR-12")
def test_covered_work_in_business_hours_costs_nothing() -> None:
    assert (
        lines(
            assess(
                entry_row("T-1", "2026-02-02 08:00", "2026-02-02 17:00", billing="Covered"),
                entry_row("T-2", "2026-02-03 16:45", "2026-02-03 17:00", billing="Covered"),
            )
        )
        == []
    )


@pytest.mark.rule("KR-12")
@pytest.mark.parametrize(
    ("starts", "ends", "hours", "amount"),
    [
        ("2026-02-02 16:30", "2026-02-02 17:45", "0.75", "168.75"),  # 45 minutes after 17:00
        ("2026-02-02 06:00", "2026-02-02 08:00", "2.00", "450.00"),
        ("2026-02-02 17:00", "2026-02-02 17:15", "0.25", "56.25"),
        ("2026-02-07 10:00", "2026-02-07 11:00", "1.00", "225.00"),  # Saturday
        ("2026-02-16 10:00", "2026-02-16 11:00", "1.00", "225.00"),  # holiday
        ("2026-02-02 07:00", "2026-02-02 18:00", "2.00", "450.00"),  # an hour before, one after
    ],
)
def test_covered_work_after_hours_is_charged_where_no_contract_includes_it(
    starts: str, ends: str, hours: str, amount: str
) -> None:
    entry = entry_row("T-1", starts, ends, billing="Covered")
    assert lines(assess(entry)) == [("T-1", "T2", hours, amount)]
    assert lines(assess(entry, has_cover=always_covered)) == []


@pytest.mark.rule("KR-12")
def test_the_contract_of_the_day_decides_whether_after_hours_is_included() -> None:
    entries = [
        entry_row("T-1", "2026-02-13 18:00", "2026-02-13 19:00", billing="Covered"),
        entry_row("T-2", "2026-02-14 18:00", "2026-02-14 19:00", billing="Covered"),
    ]
    until_the_13th = work_terms(has_cover=lambda day: day <= date(2026, 2, 13))
    assert lines(assess_work(entries, until_the_13th)) == [("T-2", "T2", "1.00", "225.00")]


@pytest.mark.rule("KR-12", "COL-26")
def test_billable_work_that_crosses_the_end_of_business_hours_is_split() -> None:
    entry = entry_row("T-1", "2026-02-02 16:00", "2026-02-02 18:30")
    # 1.00 x 150.00 = 150.00 until 17:00 and 1.50 x 225.00 = 337.50 from then on.
    assert lines(assess(entry)) == [
        ("T-1", "T1", "1.00", "150.00"),
        ("T-1", "T2", "1.50", "337.50"),
    ]
    # With after-hours support in the contract, its hours cost what they cost by day: 375.00.
    assert lines(assess(entry, has_cover=always_covered)) == [("T-1", "T1", "2.50", "375.00")]
    # By Collabrance's hours it is not after hours before 19:00.
    central = {"business_hours": [rules_data()["business_hours"][0] | {"closes": "19:00"}]}
    assert lines(assess(entry, rules=central)) == [("T-1", "T1", "2.50", "375.00")]


@pytest.mark.rule("KR-12")
def test_the_split_is_rounded_as_one_entry_and_shows_both_parts() -> None:
    # 16:50 to 17:20 is half an hour: 15 minutes at each rate, not 15 and 30.
    (charge, _), *_ = assess(entry_row("T-1", "2026-02-02 16:50", "2026-02-02 17:20")).charges
    assert [str(each.hours) for each in charge.hours] == ["0.25", "0.25"]
    assert [part.seconds // 60 for each in charge.hours for part in each.parts] == [10, 20]
    # 16:00 to 17:05: of 65 minutes 75 are billed; 5 after hours round to none, and are shown.
    (charge, _), *_ = assess(entry_row("T-1", "2026-02-02 16:00", "2026-02-02 17:05")).charges
    assert [(str(each.hours), each.after_hours) for each in charge.hours] == [("1.25", False)]
    assert [part.seconds // 60 for part in charge.hours[0].parts] == [60, 5]


@pytest.mark.rule("KR-12", "COL-26")
def test_the_long_and_the_short_night_are_billed_by_the_hours_that_passed() -> None:
    long_night = entry_row("T-1", "2026-10-31 22:00", "2026-11-01 06:00", billing="Covered")
    short_night = entry_row("T-2", "2026-03-07 22:00", "2026-03-08 06:00", billing="Covered")
    # 9 x 225.00 = 2025.00 and 7 x 225.00 = 1575.00; in order of the work.
    assert lines(assess(long_night, short_night, until_on=date(2026, 11, 30))) == [
        ("T-2", "T2", "7.00", "1575.00"),
        ("T-1", "T2", "9.00", "2025.00"),
    ]


def test_what_is_free_is_not_charged_and_not_looked_at() -> None:
    assert (
        lines(
            assess(
                entry_row("T-1", "2026-02-07 10:00", "2026-02-07 11:00", billing="No Charge"),
                entry_row("T-2", "", "yesterday", billing="No Charge", role=""),
            )
        )
        == []
    )


@pytest.mark.rule("MSA-02")
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            entry_row("T-1", "2026-02-02 09:00", "2026-02-02 10:00", role="Apprentice"),
            "Time entry T-1 is Support by Apprentice, for which the rate card standard has no rate",
        ),
        (
            entry_row("T-1", "2026-02-02 16:00", "2026-02-02 18:00", work="Project"),
            "Time entry T-1 is Project by Engineer after hours, for which",
        ),
    ],
)
def test_work_without_a_rate_is_a_problem_and_never_free(entry: FeedRow, said: str) -> None:
    assessed = assess(entry)
    assert codes(assessed) == ["no-rate"]
    assert said in assessed.problems[0].what
    assert assessed.charges == ()


def test_covered_work_needs_no_rate_as_long_as_it_costs_nothing() -> None:
    entry = entry_row(
        "T-1", "2026-02-02 09:00", "2026-02-02 10:00", role="Apprentice", billing="Covered"
    )
    assert lines(assess(entry)) == []


@pytest.mark.rule("COL-25")
def test_unapproved_work_is_held_and_billed_once_when_it_is_approved() -> None:
    work = ("T-1", "2026-02-10 09:00", "2026-02-10 11:00")
    waiting = entry_row(*work)
    approved = entry_row(*work, approved_by="Ana Cole", approved_on="2026-03-05")
    february, march, april = date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)

    held = assess(waiting, rules=APPROVAL, until_on=february)
    assert lines(held) == []
    assert [(one.entry.entry, said.said) for one, said in held.held] == [
        ("T-1", "nobody has approved it")
    ]
    # Approved on 5 March: not on February's invoice even when it is built again, on March's.
    assert lines(assess(approved, rules=APPROVAL, until_on=february)) == []
    assert lines(assess(approved, rules=APPROVAL, until_on=march)) == [
        ("T-1", "T1", "2.00", "300.00")
    ]
    billed = assess(
        approved, rules=APPROVAL, until_on=april, may_bill=lambda charge: charge != "time:T-1"
    )
    assert (billed.charges, billed.held, billed.problems) == ((), (), ())


def test_work_after_the_cut_off_waits_for_the_next_cycle() -> None:
    on_the_day = entry_row("T-1", "2026-02-28 23:00", "2026-03-01 00:00")
    past_it = entry_row("T-2", "2026-02-28 23:00", "2026-03-01 00:01", engineer="Sam Ito")
    entered_late = entry_row("T-3", "2026-02-27 09:00", "2026-02-27 10:00", entered_on="2026-03-01")
    running = entry_row("T-4", "2026-03-02 09:00", "")
    assessed = assess(on_the_day, past_it, entered_late, running)
    assert lines(assessed) == [("T-1", "T2", "1.00", "225.00")]


def test_a_limit_is_used_up_by_what_was_billed_before() -> None:
    rules = {"approval": {"auto": {"hours": "2", "per": "ticket"}, "clause": "approval"}}
    first = entry_row("T-1", "2026-01-20 09:00", "2026-01-20 10:30", ticket="SR-1")
    second = entry_row("T-2", "2026-02-03 09:00", "2026-02-03 10:00", ticket="SR-1")
    # 1.50 hours were billed in January; with the hour of February it is 2.50, over the limit.
    assessed = assess(first, second, rules=rules, may_bill=lambda charge: charge != "time:T-1")
    assert lines(assessed) == []
    assert [one.entry.entry for one, _ in assessed.held] == ["T-2"]


def test_hours_of_one_engineer_in_two_entries_are_a_problem_by_name() -> None:
    entries = [
        entry_row("T-1", "2026-02-02 09:00", "2026-02-02 10:00"),
        entry_row("T-2", "2026-02-02 09:59", "2026-02-02 11:00", engineer="rosa  marin"),
        entry_row("T-3", "2026-02-02 11:00", "2026-02-02 12:00"),  # touches, does not overlap
        entry_row("T-4", "2026-02-02 09:00", "2026-02-02 12:00", engineer="Sam Ito"),
    ]
    assessed = assess(*entries)
    assert codes(assessed) == ["time-entries-overlap"]
    assert assessed.problems[0].what == "Time entries of Rosa Marin overlap: T-1 and T-2."


def test_an_overlap_with_covered_work_is_a_problem_and_one_that_costs_nothing_is_none() -> None:
    covered = entry_row("T-1", "2026-02-02 09:00", "2026-02-02 10:00", billing="Covered")
    also_covered = entry_row("T-2", "2026-02-02 09:30", "2026-02-02 10:30", billing="Covered")
    billable = entry_row("T-3", "2026-02-02 09:30", "2026-02-02 10:30")
    assert codes(assess(covered, billable)) == ["time-entries-overlap"]
    assert codes(assess(covered, also_covered)) == []


def test_what_is_billed_already_is_no_problem_any_more() -> None:
    rows = [
        entry_row("T-1", "2026-02-02 09:00", "2026-02-02 08:00"),
        entry_row("T-2", "2026-02-02 09:00", "2026-02-02 10:00", role="Apprentice"),
        entry_row("T-3", "2026-02-03 09:00", "2026-02-03 10:00"),
        entry_row("T-4", "2026-02-03 09:00", "2026-02-03 10:00"),
    ]
    assert len(codes(assess(*rows))) == 3
    assert codes(assess(*rows, may_bill=lambda charge: False)) == []


def test_every_problem_names_the_account() -> None:
    assessed = assess(entry_row("T-1", "2026-02-02 09:00", "2026-02-02 08:00", role=""))
    assert {problem.where for problem in assessed.problems} == {"acme"}
    assert codes(assessed) == ["time-entry-incomplete", "time-entry-order"]


# --- Properties ----------------------------------------------------------------------------------

MONTHS = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
days = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 4, 30))


@st.composite
def work_of_four_months(draw: st.DrawFn) -> list[FeedRow]:
    """Entries of their own engineers, entered and approved in any order, or never."""
    rows = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        day = draw(days)
        begin = draw(st.integers(0, 22))
        approved_on = draw(st.none() | days)
        rows.append(
            entry_row(
                f"T-{number}",
                f"{day} {begin:02d}:00",
                f"{day} {begin + 1:02d}:{draw(st.integers(0, 59)):02d}",
                engineer=f"Engineer {number}",
                entered_on=str(draw(days)),
                approved_by="Ana Cole" if approved_on else "",
                approved_on=str(approved_on or ""),
                billing=draw(st.sampled_from(["Billable", "Covered"])),
            )
        )
    return rows


@given(work_of_four_months(), st.randoms(use_true_random=False))
@PROPERTY
@pytest.mark.rule("COL-25")
def test_every_approved_hour_is_billed_in_one_cycle_whatever_the_order(
    rows: list[FeedRow], random: Any
) -> None:
    # 8 March 2026 skips an hour: entries that begin or end in it are refused, not billed.
    sound = [row for row in rows if not row.attributes["starts"].startswith("2026-03-08")]
    billed: dict[str, TimeCharge] = {}
    cycles: dict[str, list[date]] = {}
    held: set[str] = set()
    for until_on in MONTHS:
        random.shuffle(sound)
        terms = _terms_after(billed, until_on)
        assessed = assess_work(sound, terms)
        assert not assessed.problems
        for charge, _ in assessed.charges:
            cycles.setdefault(charge.entry.entry, []).append(until_on)
            billed[charge.entry.entry] = charge
        held = {charge.entry.entry for charge, _ in assessed.held}
    everything = {
        charge.entry.entry: charge
        for charge, _ in assess_work(sound, work_terms(until_on=MONTHS[-1])).charges
    }
    by_id = {row.item_id: row for row in sound}
    approved = {entry for entry in everything if by_id[entry].attributes["approved-on"]}
    assert set(billed) == approved
    assert held == set(everything) - approved
    for entry, charge in billed.items():
        assert charge.hours == everything[entry].hours
        attributes = by_id[entry].attributes
        ready = max(attributes["approved-on"], attributes["entered-on"], attributes["starts"][:10])
        assert cycles[entry] == [min(month for month in MONTHS if month.isoformat() >= ready)]


def _terms_after(billed: dict[str, TimeCharge], until_on: date) -> WorkTerms:
    return work_terms(
        rules=APPROVAL,
        until_on=until_on,
        may_bill=lambda charge: charge.removeprefix("time:") not in billed,
    )


@given(st.integers(0, 1439), st.integers(1, 1440), st.booleans())
@PROPERTY
@pytest.mark.rule("KR-12")
def test_the_hours_of_a_split_entry_sum_to_the_entry(
    begin: int, length: int, is_covered: bool
) -> None:
    day = f"2026-02-{10 + (begin + length) // 1440:02d}"
    row = entry_row(
        "T-1",
        f"2026-02-10 {begin // 60:02d}:{begin % 60:02d}",
        f"{day} {(begin + length) // 60 % 24:02d}:{(begin + length) % 60:02d}",
    )
    cover = always_covered if is_covered else never_covered
    terms = work_terms(card={"increment_minutes": 3}, has_cover=cover)
    (charge, _), *others = assess_work([row], terms).charges
    assert others == []
    shown = sum(part.seconds for each in charge.hours for part in each.parts)
    assert shown == length * 60
    rounded = -(-length // 3) * 3
    assert charge.total_hours == Decimal(rounded) / 60
    assert charge.amount == sum(each.amount.amount for each in charge.hours)


def test_a_problem_is_told_in_whole_sentences() -> None:
    found = assess(entry_row("T-1", "2026-02-02 09:00", "2026-02-02 08:00")).problems
    assert found == (
        Problem(
            code="time-entry-order",
            what="Time entry T-1 (Rosa Marin, line 2) does not end after it starts.",
            fix="Correct its start or its end in the PSA and export it again.",
            where="acme",
        ),
    )
