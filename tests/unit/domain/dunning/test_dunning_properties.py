"""What holds for every account, whatever it owes, pays, disputes and promises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.dunning.coverage import counting
from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.dunning.forecast import forecast
from msp_billing.domain.dunning.moves import PlaceHold
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.dunning.timing import find_taken
from msp_billing.domain.outbox import MailState
from tests.unit.domain.builders import PROPERTY
from tests.unit.domain.dunning.play import OAK, Play, dunning_policy, owed, pause, position, step
from tests.unit.domain.dunning.play import two_holds as plain_steps

FIRST = date(2026, 12, 1)
CALENDAR = BusinessCalendar(holidays=frozenset({date(2026, 12, 25), date(2027, 1, 1)}))
NEVER = date.max

_cents = st.integers(min_value=1, max_value=30_000).map(lambda cents: str(Decimal(cents) / 100))
_offsets = st.integers(min_value=0, max_value=70)
_documents = st.sampled_from(["A", "B", "C", None])


def suspension() -> list[dict[str, Any]]:
    return [
        step("notice", "notice", 1, when_closed="next_business_day"),
        step("warning", "notice", 10),
        step("suspension", "service_hold", 20, day_of_month=1),
    ]


_policies = st.builds(
    dunning_policy,
    st.sampled_from([plain_steps(), suspension()]),
    minimum_amount=st.sampled_from(["0", "25.00"]),
    minimum_share=st.sampled_from(["0", "0.05", "0.6"]),
)


@dataclass(frozen=True)
class Event:
    """Something that happens to an account so many days after the one before."""

    after_days: int
    what: str
    amount: str
    document: str | None


_events = st.builds(
    Event,
    after_days=st.integers(min_value=0, max_value=20),
    what=st.sampled_from(["pay", "pay", "dispute", "promise", "withdraw", "bounce", "arrive"]),
    amount=_cents,
    document=_documents,
)
_amounts = st.lists(st.tuples(_offsets, _cents), min_size=1, max_size=3)


def account(policy: DunningPolicy, amounts: list[tuple[int, str]]) -> Play:
    owes = [
        owed("ABC"[index], (FIRST + timedelta(days=offset)).isoformat(), amount)
        for index, (offset, amount) in enumerate(amounts)
    ]
    return Play(policy, position(*owes), FIRST.isoformat(), calendar=CALENDAR)


def happen(played: Play, event: Event) -> None:
    played.until((played.today + timedelta(days=event.after_days)).isoformat())
    if event.what == "pay":
        played.pay(event.amount, event.document)
    elif event.what in {"dispute", "promise"}:
        until = (played.today + timedelta(days=event.after_days)).isoformat()
        name = f"p{len(played.standing.pauses)}"
        covering = pause(event.amount, until, kind=event.what, document=event.document, name=name)
        played.put_off(*played.standing.pauses, covering)
    elif event.what == "withdraw":
        played.put_off()
    elif event.what == "bounce":
        played.arrive = dict.fromkeys(OAK.contacts, MailState.BOUNCED)
    else:
        for contact in OAK.contacts:
            played.news(contact, MailState.DELIVERED)
        played.arrive = {}


def first_days(played: Play) -> dict[AccountState, date]:
    """By state, the first day on which the account would be there or in a harsher one."""
    steps = forecast(
        played.policy,
        OAK,
        played.standing,
        played.position,
        played.mails,
        played.now,
        played.zone,
        played.calendar,
    )
    found: dict[AccountState, date] = {}
    for state in (AccountState.CREDIT_HOLD, AccountState.SERVICE_HOLD):
        days = [
            entry.on
            for entry in steps
            if entry.on is not None
            and entry.after is not None
            and entry.after.harshness >= state.harshness
        ]
        already = played.state.harshness >= state.harshness
        found[state] = date.min if already else min(days, default=NEVER)
    return found


def next_step(played: Play) -> dict[str, date]:
    """The days of the steps of the open case that were not taken yet."""
    steps = forecast(
        played.policy,
        OAK,
        played.standing,
        played.position,
        played.mails,
        played.now,
        played.zone,
        played.calendar,
    )
    return {entry.step: entry.on for entry in steps if entry.on is not None}


@pytest.mark.rule("DUN-04")
@PROPERTY
@given(
    policy=_policies,
    amounts=_amounts,
    events=st.lists(_events, max_size=5),
    payment=_cents,
    document=_documents,
)
def test_no_payment_ever_makes_anything_harsher_or_earlier(
    policy: DunningPolicy,
    amounts: list[tuple[int, str]],
    events: list[Event],
    payment: str,
    document: str | None,
) -> None:
    played = account(policy, amounts)
    for event in events:
        happen(played, event)
    state, case = played.state, played.standing.open_case
    holds, steps = first_days(played), next_step(played)

    played.pay(payment, document)

    assert played.state is state
    later = first_days(played)
    assert all(later[hold] >= holds[hold] for hold in holds)
    if case is not None and played.counted.above:
        after = next_step(played)
        assert all(after[name] >= steps[name] for name in after.keys() & steps.keys())
        assert after.keys() <= steps.keys()


@pytest.mark.rule("DUN-01", "DUN-04")
@PROPERTY
@given(
    policy=_policies,
    amounts=_amounts,
    pauses=st.lists(st.tuples(_cents, _documents), max_size=3),
    payment=_cents,
    document=_documents,
    day=_offsets,
)
def test_what_counts_only_shrinks_with_a_payment_and_its_due_date_never_moves_back(
    policy: DunningPolicy,
    amounts: list[tuple[int, str]],
    pauses: list[tuple[str, str | None]],
    payment: str,
    document: str | None,
    day: int,
) -> None:
    played = account(policy, amounts)
    played.put_off(
        *(
            pause(amount, "2027-06-30", document=only, name=f"p{index}")
            for index, (amount, only) in enumerate(pauses)
        )
    )
    today = FIRST + timedelta(days=day)
    before = counting(played.position, played.standing.pauses, policy, today)
    played.pay(payment, document)
    after = counting(played.position, played.standing.pauses, policy, today)
    assert after.amount <= before.amount
    assert before.above or not after.above
    assert (after.anchor_on or NEVER) >= (before.anchor_on or NEVER)


@pytest.mark.rule("DUN-04", "DUN-09")
@PROPERTY
@given(policy=_policies, amounts=_amounts, events=st.lists(_events, max_size=8))
def test_steps_come_in_their_order_each_once_and_no_hold_without_a_notice_that_was_received(
    policy: DunningPolicy, amounts: list[tuple[int, str]], events: list[Event]
) -> None:
    played = _Watched(account(policy, amounts))
    for event in events:
        happen(played, event)
    played.until((played.today + timedelta(days=200)).isoformat())
    order = [entry.step for entry in policy.case_steps]
    for taken in played.taken.values():
        assert taken == order[: len(taken)]


class _Watched(Play):
    """An account of which every hold is looked at in the moment in which it is placed."""

    def __init__(self, played: Play) -> None:
        self.__dict__.update(played.__dict__)
        self.taken: dict[int, list[str]] = {}

    def carry_out(self, move: Any) -> None:
        if isinstance(move, PlaceHold):
            self._check(move)
        super().carry_out(move)
        case = self.standing.case
        if case is not None:
            self.taken[case.case] = [entry.step for entry in case.steps]

    def _check(self, move: PlaceHold) -> None:
        case = self.standing.open_case
        assert case is not None
        steps = self.policy.case_steps
        before = steps[[entry.step for entry in steps].index(move.step) - 1]
        told = find_taken(case, before.step)
        assert told is not None
        assert told.delivered_at is not None, "a hold needs a notice that was received"
        assert told.delivered_at < self.now
        assert self.counted.above, "nothing that counts is overdue"
        assert move.after.harshness > self.state.harshness
