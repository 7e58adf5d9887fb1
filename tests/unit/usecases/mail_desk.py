"""Cedar of Birch with one invoice mail that SES has, on ports in memory, and SES as a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msp_billing.domain.dunning.dunning_policy import AccountDunning
from msp_billing.domain.mail_events import MailEvent, MailEventKind, ToldRecipient
from msp_billing.domain.outbox import Attachment, MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.mailing.record_mail_event import MailEventResult, record_mail_event
from tests.end_to_end.small_provider import birch
from tests.fakes.ports import FakePorts

BOOKS, BOSS, IT, OWNER = (f"{name}@cedar.example" for name in ("books", "boss", "it", "owner"))
NOW = datetime(2026, 9, 2, 14, tzinfo=UTC)
INVOICE = MailId(
    provider="birch",
    run="managed",
    period=Period(year=2026, month=9),
    account="cedar",
    part="all",
    kind="invoice",
)
PDF = Attachment(
    key="birch/managed/2026-09/invoices/BI-000001.pdf",
    sha256="ab" * 32,
    file_name="BI-000001.pdf",
    media_type="application/pdf",
    size_bytes=20_000,
)
HARD = "Permanent General"


def event(
    kind: MailEventKind, *addresses: str, mail: MailId = INVOICE, note: str = HARD
) -> MailEvent:
    """An event of SES; a bounce is hard unless its note says otherwise."""
    return MailEvent(
        mail=mail,
        kind=kind,
        message_id="m-1",
        recipients=tuple(ToldRecipient(address=a, diagnostic="550 5.1.1") for a in addresses),
        note=note if kind == "bounced" else "",
        is_permanent=kind == "bounced" and note.startswith("Permanent"),
        is_suppressed=kind == "bounced" and "Suppress" in note,
    )


@dataclass
class MailDesk:
    """One account with four contacts, and its invoice mail to the first."""

    state: MailState = MailState.SENT
    recipients: tuple[str, ...] = (BOOKS,)
    ports: Any = field(init=False)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    """Whom SES took which mail for: the part, and the recipient."""

    def __post_init__(self) -> None:
        provider = birch().only("cedar")
        contacts = {
            "billing_contacts": (BOOKS, BOSS),
            "contacts_by_kind": {"invoice": (BOOKS,), "comparison": (IT,)},
            "dunning": AccountDunning(escalation_contacts=(OWNER,)),
        }
        cedar = provider.accounts[0].model_copy(update=contacts)
        self.ports = FakePorts(provider.policy, cedar, now=NOW)
        self.ports.outbox.put(
            OutboxMail(id=INVOICE, state=self.state, recipients=self.recipients, attachments=(PDF,))
        )
        self.accepted += [(INVOICE.part, address) for address in self.recipients]

    @property
    def mail(self) -> OutboxMail:
        return self.of(INVOICE.part)

    def of(self, part: str) -> OutboxMail:
        """The invoice mail, or a copy of it."""
        found: OutboxMail = self.ports.outbox.mails[INVOICE.model_copy(update={"part": part})]
        return found

    def hear(self, told: MailEvent) -> MailEventResult:
        self.ports.clock.time += timedelta(seconds=1)
        return record_mail_event(self.ports, told)

    def send_queue(self) -> None:
        """What the queue's function does, without making the mails."""
        for mail_id in list(self.ports.outbox.queued("birch")):
            mail = self.ports.outbox.mails[mail_id]
            for before, after in (("ready", "sending"), ("sending", "sent")):
                moved = self.ports.outbox.move(
                    mail_id, MailState(before), MailState(after), at=self.ports.clock.now()
                )
                assert moved, "a mail in the queue is sent once"
            if mail_id.kind == "invoice":
                self.accepted += [(mail_id.part, address) for address in mail.recipients]
            self.ports.outbox.leave_queue(mail_id)

    def copies(self) -> list[str]:
        """The parts of the copies there are."""
        return [m.part for m in self.ports.outbox.mails if "-copy-" in m.part]

    def alerts(self) -> list[OutboxMail]:
        mails = self.ports.outbox.mails.values()
        return [mail for mail in mails if mail.id.kind == "contact-alert"]
