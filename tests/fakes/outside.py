"""The world outside in memory: time, mail, executions, events, sealed objects."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from msp_billing.domain.contacts import Contact, contact_key
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.document_links import DocumentLink
from msp_billing.domain.outbox import (
    TROUBLED,
    Attachment,
    MailId,
    MailState,
    OutboxMail,
    may_become,
)
from msp_billing.domain.sending import SendingAllowance
from msp_billing.usecases.errors import ApprovalGoneError, SealBrokenError
from msp_billing.usecases.records import StoredObject


@dataclass
class FakeClock:
    """A clock that a test moves."""

    time: datetime

    def now(self) -> datetime:
        return self.time

    def move_to(self, time: datetime) -> None:
        assert time >= self.time, "a clock never goes back"
        self.time = time

    def pass_days(self, days: int) -> None:
        self.time += timedelta(days=days)


@dataclass
class FakeOutbox:
    """Mails, moved by the rules of the outbox."""

    mails: dict[MailId, OutboxMail] = field(default_factory=dict)
    queue: set[MailId] = field(default_factory=set)

    def put(self, mail: OutboxMail) -> None:
        self.mails.setdefault(mail.id, mail)

    def find_many(self, ids: Sequence[MailId]) -> dict[MailId, OutboxMail]:
        return {entry: self.mails[entry] for entry in ids if entry in self.mails}

    def all_of(self, cycle: CycleId) -> Iterator[OutboxMail]:
        for mail in list(self.mails.values()):
            found = CycleId(provider=mail.id.provider, run=mail.id.run, period=mail.id.period)
            if found == cycle:
                yield mail

    def move(
        self,
        mail: MailId,
        expected: MailState,
        following: MailState,
        *,
        at: datetime,
        message_id: str | None = None,
        note: str | None = None,
        attachments: tuple[Attachment, ...] | None = None,
    ) -> bool:
        if not may_become(expected, following):
            raise ValueError(f"a mail cannot go from {expected} to {following}")
        standing = self.mails.get(mail)
        if standing is None or standing.state is not expected:
            return False
        changes: dict[str, Any] = {"state": following, "moved_at": at}
        changes |= {"message_id": message_id} if message_id is not None else {}
        changes |= {"note": note} if note is not None else {}
        changes |= {"attachments": attachments} if attachments is not None else {}
        self.mails[mail] = standing.model_copy(update=changes)
        return True

    def enqueue(self, mail: OutboxMail) -> bool:
        if mail.id in self.mails:
            return False
        self.mails[mail.id] = mail
        self.queue.add(mail.id)
        return True

    def queued(self, provider: str) -> Iterator[MailId]:
        yield from sorted((m for m in self.queue if m.provider == provider), key=str)

    def leave_queue(self, mail: MailId) -> None:
        self.queue.discard(mail)

    def troubled(self, provider: str, since: datetime, limit: int) -> tuple[OutboxMail, ...]:
        found = [
            (mail.moved_at, mail)
            for mail in self.mails.values()
            if mail.id.provider == provider
            and mail.state in TROUBLED
            and mail.moved_at is not None
            and mail.moved_at >= since
        ]
        newest = sorted(found, key=lambda entry: entry[0], reverse=True)
        return tuple(mail for _, mail in newest[:limit])

    def change(self, before: OutboxMail, after: OutboxMail) -> bool:
        if before.state is not after.state and not may_become(before.state, after.state):
            raise ValueError(f"a mail cannot go from {before.state} to {after.state}")
        standing = self.mails.get(before.id)
        if standing is None or (standing.state, standing.recipients, standing.outcomes) != (
            before.state,
            before.recipients,
            before.outcomes,
        ):
            return False
        names = ("state", "recipients", "outcomes", "note", "message_id", "moved_at")
        changes = {name: getattr(after, name) for name in names}
        kept = {name: value for name, value in changes.items() if value is not None}
        self.mails[before.id] = standing.model_copy(update=kept)
        return True

    def settle(self, mail: MailId, state: MailState, at: datetime, note: str = "") -> None:
        """What SES's event says about a mail that was sent."""
        assert self.move(mail, self.mails[mail].state, state, at=at, note=note)


@dataclass
class FakeMailer:
    """SES: takes every mail, or refuses the next ones with the errors it was given."""

    sent: list[OutboxMail] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    allowed: SendingAllowance | Exception = field(
        default_factory=lambda: SendingAllowance(per_second=Fraction(14))
    )
    asked: int = 0
    suppressed: set[str] = field(default_factory=set)

    def allowance(self) -> SendingAllowance:
        self.asked += 1
        if isinstance(self.allowed, Exception):
            raise self.allowed
        return self.allowed

    def allow_again(self, address: str) -> bool:
        was_on_it = address in self.suppressed
        self.suppressed.discard(address)
        return was_on_it

    def send(self, _raw: bytes, _sender: str, mail: OutboxMail) -> str:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(mail)
        return f"message-{len(self.sent)}"


@dataclass
class FakeExecutions:
    """A state machine's executions, which run until a test ends them; names are used up."""

    started: dict[str, dict[str, str]] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    answers: dict[str, tuple[str, Any]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def start(self, name: str, payload: dict[str, str]) -> bool:
        assert len(name) <= 80, "an execution's name has at most 80 characters"
        if name in self.started:
            return False
        self.started[name] = dict(payload)
        self.running.add(name)
        return True

    def is_running(self, execution: str) -> bool:
        return self.how_it_ended(execution) is None

    def how_it_ended(self, execution: str) -> str | None:
        return None if execution.rsplit(":", 1)[-1] in self.running else "ABORTED"

    def approve(self, task_token: str, output: dict[str, str]) -> None:
        self._answer(task_token, ("approved", output))

    def reject(self, task_token: str, error: str, cause: str) -> None:
        self._answer(task_token, ("rejected", f"{error}: {cause}"))

    def _answer(self, task_token: str, answer: tuple[str, Any]) -> None:
        if task_token in self.gone or task_token in self.answers:
            raise ApprovalGoneError("nobody waits any more")
        self.answers[task_token] = answer


@dataclass
class FakeBus:
    """The bus: keeps events, or loses the next ones with the errors it was given."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def publish(self, detail_type: str, detail: Any) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.events.append((detail_type, dict(detail)))

    def of_type(self, detail_type: str) -> list[dict[str, Any]]:
        return [detail for kind, detail in self.events if kind == detail_type]


@dataclass
class FakePauses:
    """Pauses that move the clock, as they do outside of tests."""

    clock: FakeClock
    waited: list[timedelta] = field(default_factory=list)

    def wait(self, pause: timedelta) -> None:
        self.waited.append(pause)
        self.clock.move_to(self.clock.now() + pause)

    def wake_at(self, instant: datetime) -> datetime:
        return instant


@dataclass
class FakeContacts:
    """How addresses stand, by compare-and-set."""

    kept: dict[tuple[str, str], Contact] = field(default_factory=dict)

    def find_many(self, provider: str, addresses: Iterable[str]) -> dict[str, Contact]:
        keys = [contact_key(address) for address in addresses]
        return {key: self.kept[provider, key] for key in keys if (provider, key) in self.kept}

    def put(self, contact: Contact) -> bool:
        key = (contact.provider, contact_key(contact.address))
        standing = self.kept.get(key)
        if contact.version != (1 if standing is None else standing.version + 1):
            return False
        self.kept[key] = contact
        return True

    def all_of(self, provider: str) -> Iterator[Contact]:
        yield from (self.kept[key] for key in sorted(self.kept) if key[0] == provider)


@dataclass
class FakeDocumentLinks:
    """Links by provider, document and the hash of their secret."""

    kept: dict[tuple[str, str, str], DocumentLink] = field(default_factory=dict)

    def put(self, link: DocumentLink) -> None:
        self.kept[link.provider, link.document, link.secret_sha256] = link

    def find(self, provider: str, document: str, secret_sha256: str) -> DocumentLink | None:
        return self.kept.get((provider, document, secret_sha256))


@dataclass
class FakeRecords:
    """Sealed objects."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put_once(self, key: str, content: bytes, _media_type: str) -> StoredObject:
        if self.objects.setdefault(key, content) != content:
            raise SealBrokenError(f"{key} has other bytes")
        digest = hashlib.sha256(content).hexdigest()
        return StoredObject(key=key, sha256=digest, size_bytes=len(content))

    def put_by_hash(self, prefix: str, content: bytes) -> StoredObject:
        digest = hashlib.sha256(content).hexdigest()
        return self.put_once(f"{prefix}/{digest}", content, "application/octet-stream")

    def get(self, key: str, sha256: str | None = None) -> bytes:
        content = self.objects[key]
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise SealBrokenError(f"{key} does not have the hash {sha256}")
        return content

    def address(self, attachment: Attachment, life: timedelta) -> str:
        seconds = int(life.total_seconds())
        return f"https://records.example/{attachment.key}?expires={seconds}"

    def find(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def keys(self, prefix: str, after: str) -> Iterator[str]:
        return (key for key in sorted(self.objects) if key.startswith(prefix) and key > after)
