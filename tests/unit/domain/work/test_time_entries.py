"""Reading time entries: what a row says, and every way in which it can be wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from msp_billing.domain.problems import Problem
from msp_billing.domain.work.time_entries import (
    Billing,
    BillingWords,
    TimeEntry,
    begins_after,
    read_time_entry,
)
from tests.unit.domain.work.work_samples import CHICAGO, entry_row

WORDS = BillingWords(billable=("Billable", "T&M"), covered=("Covered",), free=("No Charge",))


def read(starts: str, ends: str, **attributes: str) -> TimeEntry:
    found = read_time_entry(entry_row("T-7", starts, ends, **attributes), WORDS, CHICAGO)
    assert isinstance(found, TimeEntry), found
    return found


def problems(starts: str, ends: str, **attributes: str) -> list[Problem]:
    found = read_time_entry(entry_row("T-7", starts, ends, **attributes), WORDS, CHICAGO)
    assert isinstance(found, list), found
    return found


def test_an_entry_has_all_that_the_export_says() -> None:
    entry = read(
        "2026-02-02 16:00",
        "2026-02-02T18:30:00",
        site="Northside",
        work="User set-up",
        note=" Made the mailbox.\nCopied the profile. ",
        ticket="SR-1042",
        billing=" t&m ",
        approved_by="Ana Cole",
        approved_on="2026-02-04T09:00",
        entered_on="2026-02-03",
    )
    # Chicago is six hours behind UTC in February.
    assert entry.starts_at == datetime(2026, 2, 2, 22, 0, tzinfo=UTC)
    assert entry.ends_at == datetime(2026, 2, 3, 0, 30, tzinfo=UTC)
    assert (entry.engineer, entry.role, entry.work) == ("Rosa Marin", "Engineer", "User set-up")
    assert entry.note == "Made the mailbox. Copied the profile."
    assert (entry.ticket, entry.site, entry.title) == ("SR-1042", "Northside", "Ticket of T-7")
    assert entry.billing is Billing.BILLABLE
    assert (entry.approved_by, entry.approved_on) == ("Ana Cole", date(2026, 2, 4))
    assert entry.charge == "time:T-7"
    assert entry.row == 8


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("covered", Billing.COVERED), ("NO  CHARGE", Billing.FREE), ("Billable", Billing.BILLABLE)],
)
def test_the_policy_knows_the_words_of_the_export(word: str, meaning: Billing) -> None:
    assert read("2026-02-02 10:00", "2026-02-02 11:00", billing=word).billing is meaning


def test_a_time_with_an_offset_is_that_instant() -> None:
    entry = read("2026-11-01T01:30-05:00", "2026-11-01T01:30-06:00")
    assert entry.starts_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert entry.ends_at == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


def test_work_until_midnight_sharp_belongs_to_the_day_that_ends() -> None:
    assert read("2026-02-28 22:00", "2026-03-01 00:00").ended_on(CHICAGO) == date(2026, 2, 28)
    assert read("2026-02-28 22:00", "2026-03-01 00:01").ended_on(CHICAGO) == date(2026, 3, 1)


def test_work_that_was_entered_late_is_ready_when_it_was_entered() -> None:
    late = read("2026-02-27 09:00", "2026-02-27 10:00", entered_on="2026-03-03")
    assert late.ready_on(CHICAGO) == date(2026, 3, 3)
    ahead = read("2026-02-27 09:00", "2026-02-27 10:00", entered_on="2026-02-20")
    assert ahead.ready_on(CHICAGO) == date(2026, 2, 27)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"engineer": " "}, "time-entry-incomplete", "has no engineer"),
        ({"role": ""}, "time-entry-incomplete", "has no role"),
        ({"work": ""}, "time-entry-incomplete", "has no work"),
        ({"billing": ""}, "time-entry-incomplete", "has no billing"),
        ({"billing": "Maybe"}, "time-entry-billing", "'Maybe'"),
        ({"starts": ""}, "time-entry-incomplete", "has no starts"),
        ({"ends": ""}, "time-entry-incomplete", "has no ends"),
        ({"starts": "02/02/2026 10:00"}, "time-entry-time", "no time of a day"),
        ({"starts": "2026-02-02"}, "time-entry-time", "no time of a day"),
        ({"ends": "2026-02-30 11:00"}, "time-entry-time", "does not exist"),
        ({"ends": "2026-02-02 25:00"}, "time-entry-time", "does not exist"),
        ({"ends": "2026-02-02 11:00+99:00"}, "time-entry-time", "does not exist"),
        ({"ends": "2026-02-02 09:00"}, "time-entry-order", "does not end after it starts"),
        ({"ends": "2026-02-02 10:00"}, "time-entry-order", "does not end after it starts"),
        ({"ends": "2026-02-03 10:01"}, "time-entry-too-long", "longer than 24 hours"),
        ({"approved_on": "soon"}, "time-entry-date", "'soon' as approved-on"),
        ({"approved_on": "2026-02-31"}, "time-entry-date", "no date"),
        ({"entered_on": "3.2.2026"}, "time-entry-date", "entered-on"),
    ],
)
def test_an_entry_that_cannot_be_read_is_named_with_what_is_wrong(
    changes: dict[str, str], code: str, said: str
) -> None:
    given = {"starts": "2026-02-02 10:00", "ends": "2026-02-02 11:00"} | changes
    found = problems(given.pop("starts"), given.pop("ends"), **given)
    assert [problem.code for problem in found] == [code]
    assert "T-7" in found[0].what
    assert "line 8" in found[0].what
    assert said in found[0].what


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = problems("x", "", engineer="", billing="?")
    assert sorted(problem.code for problem in found) == [
        "time-entry-billing",
        "time-entry-incomplete",
        "time-entry-incomplete",
        "time-entry-time",
    ]


def test_exactly_twenty_four_hours_are_an_entry() -> None:
    entry = read("2026-02-02 10:00", "2026-02-03 10:00")
    assert (entry.ends_at - entry.starts_at).days == 1


def test_twenty_four_hours_on_the_clock_of_the_long_day_are_twenty_five() -> None:
    found = problems("2026-11-01 00:00", "2026-11-02 00:00")
    assert [problem.code for problem in found] == ["time-entry-too-long"]


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ("2026-11-01 01:30", "2026-11-01 04:00", "happened twice"),
        ("2026-03-08 02:30", "2026-03-08 04:00", "did not happen"),
    ],
)
def test_a_time_that_daylight_saving_makes_doubtful_is_asked_about(
    starts: str, ends: str, said: str
) -> None:
    found = problems(starts, ends)
    assert [problem.code for problem in found] == ["time-entry-clock-change"]
    assert said in found[0].what
    assert f"{starts.replace(' ', 'T')}-0" in found[0].fix


def test_a_row_that_cannot_be_read_still_says_that_it_is_of_a_later_day() -> None:
    running = entry_row("T-7", "2026-03-02 09:00", "")
    assert begins_after(running, date(2026, 2, 28))
    assert not begins_after(running, date(2026, 3, 2))
    assert not begins_after(entry_row("T-8", "?", ""), date(2026, 2, 28))
