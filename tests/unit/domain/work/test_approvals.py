"""Approvals: who may say yes, by when, and what goes without being asked about (COL-25)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.work.approval_terms import AccountWork, AutoApproval, WorkApproval
from msp_billing.domain.work.approvals import AskedFor, Decision, decide
from msp_billing.domain.work.time_entries import BillingWords, TimeEntry, read_time_entry
from tests.unit.domain.work.work_samples import CHICAGO, entry_row

END = date(2026, 2, 28)
WORDS = BillingWords(billable=("Billable",), covered=("Covered",))


def asked(entry: str, hours: str, day: int = 2, **attributes: str) -> AskedFor:
    """An entry on a morning of February at 100.00 an hour."""
    starts = f"2026-02-{day:02d} 08:00"
    found = read_time_entry(
        entry_row(entry, starts, f"2026-02-{day:02d} 09:00", **attributes), WORDS, CHICAGO
    )
    assert isinstance(found, TimeEntry)
    return AskedFor(found, Decimal(hours), 100 * Decimal(hours))


def decisions(*entries: AskedFor, limit: Any = None, account: Any = None) -> dict[str, Decision]:
    approval = WorkApproval.model_validate({"auto": limit, "clause": "approval"})
    return decide(entries, approval, AccountWork.model_validate(account or {}), END)


def approved(*entries: AskedFor, limit: Any = None, account: Any = None) -> list[str]:
    found = decisions(*entries, limit=limit, account=account)
    return sorted(entry for entry, decision in found.items() if decision.approved)


@pytest.mark.rule("COL-25")
@pytest.mark.parametrize(
    ("by", "on", "expected", "said"),
    [
        ("Ana Cole", "2026-02-28", True, "approved by Ana Cole on 2026-02-28"),
        ("Ana Cole", "2026-01-15", True, "approved by Ana Cole on 2026-01-15"),  # in advance
        ("Ana Cole", "2026-03-01", False, "after 2026-02-28"),  # a day late: the next cycle
        ("Ana Cole", "", False, "on an unknown day"),
        ("", "", False, "nobody has approved it"),
        ("", "2026-02-10", False, "nobody has approved it"),
    ],
)
def test_billable_work_needs_an_approver(by: str, on: str, expected: bool, said: str) -> None:
    found = decisions(asked("T-1", "1", approved_by=by, approved_on=on))["T-1"]
    assert found.approved is expected
    assert said in found.said


@pytest.mark.rule("COL-25")
def test_only_those_may_approve_whom_the_account_named() -> None:
    named = {"approvers": ["Ana Cole"]}
    by_ana = asked("T-1", "1", approved_by="ana  cole", approved_on="2026-02-03")
    by_ben = asked("T-2", "1", approved_by="Ben Ortiz", approved_on="2026-02-03")
    assert approved(by_ana, by_ben, account=named) == ["T-1"]
    assert approved(by_ana, by_ben) == ["T-1", "T-2"]  # nobody named: any employee
    assert "Ben Ortiz is not among" in decisions(by_ben, account=named)["T-2"].said


@pytest.mark.rule("COL-25")
def test_an_auto_approve_limit_per_entry_covers_each_entry_up_to_it() -> None:
    # The limit itself is covered, a quarter of an hour more is not.
    entries = [asked("T-1", "2.00"), asked("T-2", "2.25"), asked("T-3", "0.25")]
    assert approved(*entries, limit={"hours": "2", "per": "entry"}) == ["T-1", "T-3"]


@pytest.mark.rule("COL-25")
def test_an_auto_approve_limit_per_ticket_is_used_up_in_the_order_of_the_work() -> None:
    # 1.00 + 1.00 = 2.00 is within 2 hours, 0.25 more is not; another ticket has its own 2 hours,
    # and what has no ticket is measured by itself.
    entries = [
        asked("T-3", "0.25", day=4, ticket="SR-1"),
        asked("T-1", "1.00", day=2, ticket="SR-1"),
        asked("T-2", "1.00", day=3, ticket="sr-1"),
        asked("T-4", "2.00", day=2, ticket="SR-2"),
        asked("T-5", "2.00", day=2),
        asked("T-6", "2.00", day=2),
    ]
    limit = {"hours": "2", "per": "ticket"}
    assert approved(*entries, limit=limit) == ["T-1", "T-2", "T-4", "T-5", "T-6"]
    said = decisions(*entries, limit=limit)
    assert "2.25 hours are over the auto-approve limit of 2 hours per ticket" in said["T-3"].said
    assert said["T-2"].said == "within the auto-approve limit of 2 hours per ticket"


@pytest.mark.rule("COL-25")
def test_an_approval_later_does_not_make_room_below_the_limit() -> None:
    # Were the approved hour not counted, T-2 would slip through when T-1 is approved.
    first = asked("T-1", "2.00", day=2, ticket="SR-1", approved_by="Ana", approved_on="2026-02-05")
    second = asked("T-2", "1.00", day=3, ticket="SR-1")
    assert approved(first, second, limit={"hours": "2"}) == ["T-1"]


@pytest.mark.rule("COL-25")
def test_a_limit_in_money_and_one_in_hours_must_both_hold() -> None:
    limit = {"hours": "3", "amount": "200.00", "per": "entry"}
    entries = [asked("T-1", "2.00"), asked("T-2", "2.25"), asked("T-3", "3.25")]
    assert approved(*entries, limit=limit) == ["T-1"]  # 200.00; 225.00; 3.25 hours
    assert "225.00 is over" in decisions(*entries, limit=limit)["T-2"].said


@pytest.mark.rule("COL-25")
def test_the_accounts_own_limit_stands_in_for_the_providers() -> None:
    entry = asked("T-1", "1.50")
    own = {"auto_approve": {"hours": "1", "per": "entry"}}
    assert approved(entry, limit={"hours": "2"}) == ["T-1"]
    assert approved(entry, limit={"hours": "2"}, account=own) == []
    assert approved(entry, account={"auto_approve": {"hours": "1.5"}}) == ["T-1"]


def test_a_provider_that_asks_nobody_bills_everything() -> None:
    found = decide([asked("T-1", "9")], None, AccountWork(), END)
    assert found == {"T-1": Decision(approved=True, said="no approval asked for")}


def test_a_limit_that_limits_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="would approve everything"):
        AutoApproval.model_validate({"per": "entry"})
