"""Lanes of accounts: every day has a state, and everything stands where its day is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from msp_billing.domain.dunning.standing import AccountState, HistoryEntry, Standing
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.money import Money
from mspbill.lane_views import lanes_view
from mspbill.lanes import account_lanes, in_words
from mspbill.reports import AccountLane, LaneMark, LaneSegment, MarkKind
from tests.end_to_end.small_provider import birch
from tests.fakes.ports import FakePorts

GOOD, DUE, HELD = AccountState.GOOD_STANDING, AccountState.DUE, AccountState.CREDIT_HOLD


def lane(
    *segments: tuple[AccountState, date, date], marks: tuple[LaneMark, ...] = ()
) -> AccountLane:
    return AccountLane(
        account="alder",
        name="Alder Ltd",
        state=segments[-1][0],
        balance=Money(amount=Decimal("120.00"), currency="USD"),
        segments=tuple(
            LaneSegment(state=state, from_on=first, until_on=last, why="Because.")
            for state, first, last in segments
        ),
        marks=marks,
    )


def test_states_and_marks_stand_where_their_days_are() -> None:
    # From 1 September to 10 December are 100 days: a day is 10 units of 1000.
    mark = LaneMark(on=date(2026, 9, 11), kind=MarkKind.PAYMENT, what="Payment: $20.00")
    view = lanes_view(
        [
            lane(
                (GOOD, date(2026, 9, 1), date(2026, 10, 1)),
                (DUE, date(2026, 10, 1), date(2026, 12, 10)),
                marks=(mark,),
            )
        ]
    )
    (row,) = view.rows
    assert [(part.kind, part.x, part.width) for part in row.states] == [
        ("good_standing", 0.0, 300.0),
        ("due", 300.0, 700.0),
    ]
    assert [part.height for part in row.states] == [8, 12], "harsher states are broader"
    assert [(placed.x, placed.kind) for placed in row.marks] == [(100.0, "payment")]
    assert [(line.x, line.label) for line in view.months] == [
        (0.0, "Sep"),
        (300.0, "Oct"),
        (610.0, "Nov"),
        (910.0, "Dec"),
    ]
    assert row.in_words == "good standing from 1 September 2026; due from 1 October 2026"


def test_marks_of_a_kind_on_a_day_are_one() -> None:
    day = date(2026, 9, 11)
    marks = tuple(
        LaneMark(on=day, kind=kind, what=what)
        for kind, what in (
            (MarkKind.NOTE, "Letter 1 went out."),
            (MarkKind.PAYMENT, "Payment: $20.00"),
            (MarkKind.NOTE, "It arrived."),
        )
    )
    (row,) = lanes_view([lane((GOOD, date(2026, 9, 1), date(2026, 12, 10)), marks=marks)]).rows
    assert [(placed.kind, placed.title) for placed in row.marks] == [
        ("note", "11 September 2026: Letter 1 went out.\nIt arrived."),
        ("payment", "11 September 2026: Payment: $20.00"),
    ]


def test_a_state_of_no_day_can_still_be_seen() -> None:
    day = date(2026, 9, 1)
    view = lanes_view([lane((DUE, day, day), (GOOD, day, date(2026, 12, 1)))])
    assert view.rows[0].states[0].width == 2.0


def test_without_lanes_there_is_nothing_to_place() -> None:
    assert lanes_view([]).rows == ()


def test_a_lane_tells_the_history_of_an_account() -> None:
    provider = birch()
    ports = FakePorts(provider.policy, *provider.accounts, now=datetime(2026, 9, 20, tzinfo=UTC))
    ledger = LedgerId(provider="birch", account="alder", currency="USD")
    amount = Decimal("120.00")
    invoice = EntryDraft(
        kind=EntryKind.INVOICE,
        document="BI-1",
        on=date(2026, 9, 2),
        due_on=date(2026, 9, 17),
        title="Invoice BI-1",
        recorded_by="billing cycle",
        postings=(
            Posting(on=LedgerAccount.RECEIVABLE, reference="BI-1", amount=amount),
            Posting(on=LedgerAccount.BILLED, reference="BI-1", amount=-amount),
        ),
    )
    ports.ledgers.append(ports.ledgers.position(ledger), [invoice], ports.clock.now())
    told = [
        HistoryEntry(
            sequence=1,
            at=datetime(2026, 9, 18, 14, tzinfo=UTC),
            what="BI-1 is overdue.",
            by="dunning",
            before=GOOD,
            after=DUE,
        ),
        HistoryEntry(
            sequence=1,
            at=datetime(2026, 9, 18, 15, tzinfo=UTC),
            what="Letter 'past due' went to books@alder.example",
            by="dunning",
        ),
    ]
    new = Standing(provider="birch", account="alder", version=1, state=DUE)
    assert ports.standings.change(ports.standings.find("birch", "alder"), new, told)
    names = {entry.account: entry.name for entry in provider.accounts}
    (found,) = account_lanes(ports, provider.policy, names, ports.clock.now())
    assert (found.name, found.state, found.balance.amount) == ("Alder Ltd", DUE, amount)
    assert [(s.state, s.from_on, s.until_on) for s in found.segments] == [
        (GOOD, date(2026, 9, 2), date(2026, 9, 18)),
        (DUE, date(2026, 9, 18), date(2026, 9, 19)),  # the 20th, 00:00 UTC, is the 19th in Chicago
    ]
    assert [(mark.kind, mark.what) for mark in found.marks] == [
        (MarkKind.INVOICE, "Invoice BI-1: $120.00"),
        (MarkKind.NOTE, "Letter 'past due' went to books@alder.example (dunning)"),
    ]
    assert found.trouble == DUE.harshness
    assert "due from" in in_words(found)
