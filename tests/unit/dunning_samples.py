"""Letters about unpaid invoices, small enough to check by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msp_billing.domain.dunning.dunning_policy import ProtectedService
from msp_billing.domain.dunning.letters import (
    AddedFee,
    ComingStep,
    DunningLetter,
    KeyToTurn,
    LetterDocument,
    ReleaseQuestion,
    SettledPayment,
)
from msp_billing.domain.dunning.standing import AccountState

LETTER_DAY = date(2027, 1, 4)


def documents() -> tuple[LetterDocument, ...]:
    """$1,200.00 of 30 November, $400.00 left of 30 December, $1,100.00 due 30 January."""
    return (
        LetterDocument(
            document="LP-000101",
            title="Agreement Hybrid IT, December 2026",
            due_on=date(2026, 11, 30),
            open=Decimal("1200.00"),
            amount=Decimal("1200.00"),
        ),
        LetterDocument(
            document="LP-000117",
            title="Agreement Hybrid IT, January 2027",
            due_on=date(2026, 12, 30),
            open=Decimal("400.00"),
            amount=Decimal("1100.00"),
        ),
        LetterDocument(
            document="LP-000131",
            title="Agreement Hybrid IT, February 2027",
            due_on=date(2027, 1, 30),
            open=Decimal("1100.00"),
            amount=Decimal("1100.00"),
        ),
    )


CREDIT_HOLD = ComingStep(
    step="credit-hold", kind="credit_hold", title="Credit hold", on=date(2027, 1, 12)
)
SERVICE_HOLD = ComingStep(
    step="service-hold", kind="service_hold", title="Service hold", on=date(2027, 2, 11)
)


def letter(**changes: Any) -> DunningLetter:
    """The final notice before a credit hold, on 4 January 2027."""
    told: dict[str, Any] = {
        "account": "tern-harbor",
        "account_name": "Tern Harbor",
        "kind": "notice",
        "on": LETTER_DAY,
        "state": AccountState.DUE,
        "step": "final-notice",
        "title": "Final notice before credit hold",
        "letter": "We have not received your payment yet. Please look at what is open below.",
        "clause_title": "Missed payments",
        "clause_text": "After a missed payment we write to you, then place a credit hold.",
        "currency": "USD",
        "documents": documents(),
        "overdue": Decimal("1600.00"),
        "outstanding": Decimal("2700.00"),
        "to_pay": Decimal("1600.00"),
        "coming": (CREDIT_HOLD, SERVICE_HOLD),
        "services": ("anti-virus", "anti-spam", "dns-filter"),
        "protected_services": (
            ProtectedService(service="backup", reason="your data is kept whatever happens"),
        ),
        "release_by": ("Engineer", "Billing team"),
    }
    return DunningLetter(**(told | changes))


def reminder(**changes: Any) -> DunningLetter:
    """Three days before 7 January, of one invoice."""
    due = documents()[2].model_copy(update={"due_on": date(2027, 1, 7)})
    told: dict[str, Any] = {
        "kind": "reminder",
        "state": AccountState.GOOD_STANDING,
        "step": "reminder",
        "title": "Payment due soon",
        "letter": "A short note, so that nothing is forgotten.",
        "documents": (due,),
        "overdue": Decimal(0),
        "outstanding": Decimal("1100.00"),
        "to_pay": Decimal("1100.00"),
        "coming": (),
    }
    return letter(**(told | changes))


def credit_hold(**changes: Any) -> DunningLetter:
    """Placed today, with a late fee."""
    told: dict[str, Any] = {
        "kind": "credit_hold",
        "state": AccountState.CREDIT_HOLD,
        "step": "credit-hold",
        "title": "Your account is on credit hold",
        "late_fee": AddedFee(document="LF-1-credit-hold", amount=Decimal("25.00")),
        "to_pay": Decimal("2725.00"),
        "outstanding": Decimal("2725.00"),
        "coming": (SERVICE_HOLD,),
    }
    return letter(**(told | changes))


def service_hold(**changes: Any) -> DunningLetter:
    """Placed today."""
    told: dict[str, Any] = {
        "kind": "service_hold",
        "state": AccountState.SERVICE_HOLD,
        "step": "service-hold",
        "title": "Your account is on service hold",
        "to_pay": Decimal("2700.00"),
        "coming": (),
    }
    return letter(**(told | changes))


def released(**changes: Any) -> DunningLetter:
    """Everything is paid and approved."""
    told: dict[str, Any] = {
        "kind": "released",
        "state": AccountState.GOOD_STANDING,
        "step": None,
        "title": "Your account is off hold",
        "letter": "Thank you for your payment. The hold has ended.",
        "documents": (),
        "overdue": Decimal(0),
        "outstanding": Decimal(0),
        "to_pay": Decimal(0),
        "coming": (),
    }
    return letter(**(told | changes))


def question(**changes: Any) -> ReleaseQuestion:
    """Paid by wire on 20 January; the engineer has approved, billing is asked."""
    told: dict[str, Any] = {
        "account": "tern-harbor",
        "account_name": "Tern Harbor",
        "release": 1,
        "state": AccountState.CREDIT_HOLD,
        "held_since": datetime(2027, 1, 12, 15, tzinfo=UTC),
        "why": "$1,600.00 was unpaid after the final notice of 4 January 2027.",
        "clause_title": "Off the hold",
        "clause_text": "Pay everything outstanding, and work with the engineer and billing.",
        "currency": "USD",
        "was_owed": documents()[:2],
        "paid": (
            SettledPayment(
                payment="bank:W-88121",
                method="wire",
                received_on=date(2027, 1, 20),
                amount=Decimal("2700.00"),
            ),
        ),
        "outstanding": Decimal(0),
        "asked_role": "billing",
        "roles": (
            KeyToTurn(
                role="engineer",
                title="Engineer",
                approved_by="erin@lantern.example",
                approved_at=datetime(2027, 1, 20, 17, 5, tzinfo=UTC),
                why="agents checked",
            ),
            KeyToTurn(role="billing", title="Billing team"),
        ),
        "link": "https://pay.lantern.example/releases/lantern/tern-harbor/1?key=abc_DEF-123",
        "answer_by": datetime(2027, 1, 21, 15, tzinfo=UTC),
        "command": "mspbill hold approve tern-harbor --role billing --by NAME --why REASON",
    }
    return ReleaseQuestion(**(told | changes))
