"""The outbox moves forward only: every pair of states is listed."""

from __future__ import annotations

from itertools import product

import pytest
from pydantic import ValidationError

from msp_billing.domain.outbox import MailId, MailState, OutboxMail, may_become
from msp_billing.domain.periods import Period

# A row per state; under each other state whether it may follow. In the order of the columns:
# waiting ready sending sent unknown rejected delivered bounced complained.
TABLE = {
    "waiting": "-x---x---",
    "ready": "--x--x---",
    "sending": "-x-xxxxxx",
    "sent": "-----xxxx",
    "unknown": "---x-xxxx",
    "rejected": "---------",
    "delivered": "-------xx",
    "bounced": "--------x",
    "complained": "---------",
}


@pytest.mark.parametrize(
    ("state", "following"),
    list(product(MailState, MailState)),
    ids=str,
)
def test_a_mail_moves_as_the_table_says(state: MailState, following: MailState) -> None:
    allowed = TABLE[state.value][list(MailState).index(following)] == "x"
    assert may_become(state, following) is allowed


def test_the_table_knows_every_state() -> None:
    assert list(TABLE) == [state.value for state in MailState]
    assert {len(row) for row in TABLE.values()} == {len(MailState)}


def reachable(start: MailState) -> set[MailState]:
    found: set[MailState] = set()
    frontier = {start}
    while frontier:
        frontier = {b for a in frontier for b in MailState if may_become(a, b)} - found
        found |= frontier
    return found


@pytest.mark.parametrize(
    "taken", [MailState.SENT, MailState.UNKNOWN, MailState.DELIVERED, MailState.BOUNCED]
)
def test_what_the_service_may_have_taken_is_never_sent_again(taken: MailState) -> None:
    assert reachable(taken).isdisjoint({MailState.WAITING, MailState.READY, MailState.SENDING})


def test_every_mail_can_end_and_starts_waiting() -> None:
    assert reachable(MailState.WAITING) == set(MailState) - {MailState.WAITING}


def mail_id(**changes: str) -> MailId:
    parts = {
        "provider": "lantern",
        "run": "monthly",
        "account": "tern-harbor",
        "part": "all",
        "kind": "invoice",
    }
    return MailId.model_validate({**parts, **changes, "period": Period.parse("2026-03")})


def test_a_mail_is_named_by_what_it_is() -> None:
    assert str(mail_id()) == "lantern/monthly/2026-03/tern-harbor/all/invoice"
    assert str(mail_id(kind="comparison")) != str(mail_id())
    with pytest.raises(ValidationError):
        mail_id(kind="advertisement")


def test_a_mail_has_one_to_fifty_recipients() -> None:
    for count in (1, 50):
        mail = OutboxMail(
            id=mail_id(), state=MailState.READY, recipients=("ap@tern.example",) * count
        )
        assert OutboxMail.model_validate_json(mail.model_dump_json()) == mail
    for count in (0, 51):
        with pytest.raises(ValidationError):
            OutboxMail(id=mail_id(), state=MailState.READY, recipients=("a@b.example",) * count)
