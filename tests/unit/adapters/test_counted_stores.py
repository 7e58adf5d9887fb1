"""What is counted where it happens: once for what happens once, nothing for a repetition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from msp_billing.adapters.counted_stores import CountedLedgers, CountedOutbox, CountedPayments
from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.periods import Period
from msp_billing.observing import metrics
from tests.fakes.outside import FakeRecords
from tests.unit.adapters.bare_tables import bare_tables
from tests.unit.observing.lines import points

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
MAIL = MailId(
    provider="birch",
    run="managed",
    period=Period(year=2026, month=11),
    account="cedar",
    part="all",
    kind="invoice",
)
S = MailState


class Counter:
    """Runs something as a handler does, and says what was counted."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def of(self, *done: object) -> dict[str, float]:
        """What was counted since the last time; ``done`` is what has been done meanwhile."""
        assert all(entry is not None for entry in done)
        metrics.end(None)
        written = points(self._capsys.readouterr().out)
        metrics.begin("a-stack")
        wanted = frozenset({("service", "a-stack"), ("provider", "birch")})
        return {point.name: point.value for point in written if point.dimensions == wanted}


@pytest.fixture
def counted(capsys: pytest.CaptureFixture[str]) -> Iterator[Counter]:
    before = metrics.begin("a-stack")
    yield Counter(capsys)
    metrics.end(before)


@pytest.fixture
def table() -> Iterator[Table]:
    with bare_tables("billing") as client:
        yield Table(client, "billing")


def mail(state: MailState) -> OutboxMail:
    return OutboxMail(id=MAIL, state=state, recipients=("books@cedar.example",))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (S.READY, S.SENDING, {}),
        (S.SENDING, S.READY, {"MailsPutBack": 1}),
        (S.SENDING, S.SENT, {"MailsSent": 1}),
        (S.SENDING, S.UNKNOWN, {"MailsUnknown": 1}),
        (S.SENDING, S.REJECTED, {"MailsFailed": 1}),
        (S.READY, S.REJECTED, {"MailsFailed": 1}),
        # SES's event was faster than whoever sent.
        (S.SENDING, S.DELIVERED, {"MailsSent": 1, "MailsDelivered": 1}),
        (S.SENDING, S.BOUNCED, {"MailsSent": 1, "MailsBounced": 1}),
        # It settles what nobody knew.
        (S.UNKNOWN, S.DELIVERED, {"MailsSent": 1, "MailsDelivered": 1}),
        (S.SENT, S.DELIVERED, {"MailsDelivered": 1}),
        (S.SENT, S.BOUNCED, {"MailsBounced": 1}),
        (S.DELIVERED, S.COMPLAINED, {"MailsComplained": 1}),
    ],
)
def test_a_mail_is_counted_when_its_state_moves_and_not_again(
    table: Table, counted: Counter, before: MailState, after: MailState, told: dict[str, float]
) -> None:
    outbox = CountedOutbox(table)
    outbox.put(mail(before))
    assert counted.of(outbox.move(MAIL, before, after, at=NOW)) == told
    assert not outbox.move(MAIL, before, after, at=NOW)
    assert not outbox.change(mail(before), mail(after))
    assert counted.of() == {}


def test_an_event_that_changes_the_state_counts_like_a_move(table: Table, counted: Counter) -> None:
    outbox = CountedOutbox(table)
    outbox.put(mail(S.SENT))
    assert counted.of(outbox.change(mail(S.SENT), mail(S.BOUNCED))) == {"MailsBounced": 1}


def record(state: Literal["booked", "queued"], external_id: str = "1") -> PaymentRecord:
    key = PaymentKey(provider="birch", source="bank", external_id=external_id)
    payment = IncomingPayment(
        key=key,
        amount=Money(amount=Decimal("40.00"), currency="USD"),
        method=PaymentMethod.ACH,
        received_on=date(2026, 11, 2),
    )
    return PaymentRecord(
        version=1,
        payment=payment,
        state=state,
        account="cedar" if state == "booked" else None,
        reported_at=NOW,
        reported_by="bank file",
    )


def test_a_payment_is_counted_when_it_is_booked_and_not_again(
    table: Table, counted: Counter
) -> None:
    ledgers = CountedLedgers(table, Bodies(FakeRecords()))
    empty = ledgers.position(LedgerId(provider="birch", account="cedar", currency="USD"))
    draft = EntryDraft(
        kind=EntryKind.PAYMENT,
        document="bank/1",
        on=date(2026, 11, 2),
        title="Payment",
        recorded_by="bank file",
        postings=(
            Posting(on=LedgerAccount.CASH, reference="ach", amount=Decimal("40.00")),
            Posting(on=LedgerAccount.CREDIT, reference="bank/1", amount=Decimal("-40.00")),
        ),
    )
    booked: Any = record("booked")
    assert counted.of(ledgers.append(empty, [draft], NOW, booked)) == {"PaymentsBooked": 1}
    assert ledgers.append(empty, [draft], NOW, booked.model_copy(update={"version": 2})) is None
    assert counted.of() == {}


def test_a_payment_that_waits_is_counted_once(table: Table, counted: Counter) -> None:
    payments = CountedPayments(table)
    assert counted.of(payments.put(record("queued"))) == {"PaymentsQueued": 1}
    assert not payments.put(record("queued").model_copy(update={"reported_by": "webhook"}))
    assert counted.of() == {}
