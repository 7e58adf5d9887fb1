"""The outbox: mails by cycle, moved from state to state by compare-and-set."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.adapters.dynamodb.table import (
    Item,
    Key,
    Table,
    UnprocessedError,
    encode_key,
    pause,
    put_new,
)
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import (
    TROUBLED,
    Attachment,
    MailId,
    MailState,
    OutboxMail,
    RecipientOutcome,
    may_become,
)

_DEFERRED = ConfigDict(defer_build=True)
_ATTACHMENTS = TypeAdapter(tuple[Attachment, ...], config=_DEFERRED)
_OUTCOMES = TypeAdapter(tuple[RecipientOutcome, ...], config=_DEFERRED)
_MAX_TRIES = 6


class DynamoOutbox:
    """Mails to send and sent, in the partition of their cycle."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, mail: OutboxMail) -> None:
        """Add a mail, unless it is there already."""
        self._table.put(mail_item(mail), "attribute_not_exists(pk)")

    def enqueue(self, mail: OutboxMail) -> bool:
        """Add a mail that no cycle sends, with its place in the queue. False when it is there.

        Both in one transaction: a mail without a place would never be sent. One that is cancelled
        because the table is busy is tried again: who is told False believes that the mail is there.

        Raises:
            UnprocessedError: when the table stays busy.
        """
        pk, sk = _queue_key(mail.id)
        place = {"pk": pk, "sk": sk, "mail_id": mail.id.model_dump_json()}
        for round_number in range(_MAX_TRIES):
            if self._table.transact([put_new(mail_item(mail)), put_new(place)], _token()):
                return True
            if self.find_many([mail.id]):
                return False
            pause(round_number)
        raise UnprocessedError(f"{mail.id} got no place in the queue")

    def queued(self, provider: str) -> Iterator[MailId]:
        """The mails that have a place in the queue, in order of their names."""
        for item in self._table.query(_queue_pk(provider)):
            yield MailId.model_validate_json(item["mail_id"])

    def leave_queue(self, mail: MailId) -> None:
        """Take a mail's place in the queue away; nothing happens when it has none."""
        place = {"Delete": {"Key": encode_key(_queue_key(mail))}}
        for round_number in range(_MAX_TRIES):
            if self._table.transact([place], _token()):
                return
            pause(round_number)
        raise UnprocessedError(f"{mail} kept its place in the queue")

    def change(self, before: OutboxMail, after: OutboxMail) -> bool:
        """Compare-and-set of state, recipients, outcomes, note and message id.

        Raises:
            ValueError: for a move that the outbox's states do not allow.
        """
        if before.state is not after.state and not may_become(before.state, after.state):
            raise ValueError(f"a mail cannot go from {before.state} to {after.state}")
        token = secrets.token_hex(8)
        item = mail_item(after)
        names = ("mail_state", "recipients", "outcomes", "note", "message_id", "moved_at")
        sets = {name: item[name] for name in names if item[name] is not None}
        conditions = ["mail_state = :state_before", "recipients = :recipients_before"]
        values: dict[str, Any] = {
            "token": token,
            "state_before": before.state.value,
            "recipients_before": list(before.recipients),
            **sets,
        }
        if before.outcomes:
            conditions.append("outcomes = :outcomes_before")
            values["outcomes_before"] = _OUTCOMES.dump_json(before.outcomes).decode()
        else:
            conditions.append("attribute_not_exists(outcomes)")
        assignments = ["move_token = :token", *(f"{name} = :{name}" for name in sets)]
        expression, indexed = _with_index(assignments, after.id, after.state, after.moved_at)
        standing = self._table.update(
            mail_key(before.id), expression, " AND ".join(conditions), **values, **indexed
        )
        return standing is None or standing.get("move_token") == token

    def find_many(self, ids: Sequence[MailId]) -> dict[MailId, OutboxMail]:
        """Those of the mails that exist, read consistently, in the order asked for."""
        found = self._table.get_many(mail_key(entry) for entry in ids)
        return {entry: read_mail(found[key]) for entry in ids if (key := mail_key(entry)) in found}

    def all_of(self, cycle: CycleId) -> Iterator[OutboxMail]:
        """Every mail of the cycle."""
        for item in self._table.query(cycle_pk(cycle), "MAIL#"):
            yield read_mail(item)

    def troubled(self, provider: str, since: datetime, limit: int) -> tuple[OutboxMail, ...]:
        """The mails that are unknown, rejected, bounced or complained about; the newest first."""
        keys = self._table.query_index_down(_troubled_pk(provider), since.isoformat(), limit)
        found = self._table.get_many(keys)
        mails = (read_mail(found[key]) for key in keys if key in found)
        return tuple(mail for mail in mails if mail.state in TROUBLED)

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
        """Compare-and-set of the state. False when it is not in the expected state.

        An update whose answer was lost fails its condition when botocore repeats it. The token
        tells it from somebody else's: a claim that is ours must not pass for a claim of another,
        or the mail would never be sent.

        Raises:
            ValueError: for a move that the outbox's states do not allow.
        """
        if not may_become(expected, following):
            raise ValueError(f"a mail cannot go from {expected} to {following}")
        sets = ["mail_state = :following", "moved_at = :at", "move_token = :token"]
        token = secrets.token_hex(8)
        values: dict[str, Any] = {
            "token": token,
            "following": following.value,
            "expected": expected.value,
            "at": at.isoformat(),
        }
        if message_id is not None:
            sets.append("message_id = :message_id")
            values["message_id"] = message_id
        if note is not None:
            sets.append("note = :note")
            values["note"] = note[:1000]
        if attachments is not None:
            sets.append("attachments = :attachments")
            values["attachments"] = _ATTACHMENTS.dump_json(attachments).decode()
        expression, indexed = _with_index(sets, mail, following, at)
        standing = self._table.update(
            mail_key(mail), expression, "mail_state = :expected", **values, **indexed
        )
        return standing is None or standing.get("move_token") == token


def _with_index(
    assignments: Sequence[str], mail: MailId, state: MailState, at: datetime | None
) -> tuple[str, dict[str, str]]:
    """An update that puts a mail into the index of those in trouble, or takes it out of it."""
    if state not in TROUBLED or at is None:
        return f"SET {', '.join(assignments)} REMOVE gsi1pk, gsi1sk", {}
    placed = [*assignments, "gsi1pk = :gsi1pk", "gsi1sk = :gsi1sk"]
    entry = {"gsi1pk": _troubled_pk(mail.provider), "gsi1sk": f"{at.isoformat()}#{mail}"}
    return f"SET {', '.join(placed)}", entry


def _troubled_pk(provider: str) -> str:
    return f"TROUBLED_MAILS#{provider}"


def _token() -> str:
    """A ClientRequestToken of its own for each try: only botocore's repetitions share one."""
    return secrets.token_hex(16)


def _queue_pk(provider: str) -> str:
    return f"MAIL_QUEUE#{provider}"


def _queue_key(mail: MailId) -> Key:
    return (_queue_pk(mail.provider), str(mail))


def mail_key(mail: MailId) -> Key:
    """Where a mail is stored: in its cycle's partition."""
    cycle = CycleId(provider=mail.provider, run=mail.run, period=mail.period)
    return (cycle_pk(cycle), f"MAIL#{mail.account}#{mail.part}#{mail.kind}")


def mail_item(mail: OutboxMail) -> Item:
    """A mail as it is stored."""
    pk, sk = mail_key(mail.id)
    return {
        "pk": pk,
        "sk": sk,
        "mail_id": mail.id.model_dump_json(),
        "mail_state": mail.state.value,
        "recipients": list(mail.recipients),
        "attachments": _ATTACHMENTS.dump_json(mail.attachments).decode(),
        "message_id": mail.message_id,
        "moved_at": mail.moved_at.isoformat() if mail.moved_at else None,
        "note": mail.note,
        "outcomes": _OUTCOMES.dump_json(mail.outcomes).decode() if mail.outcomes else None,
        "copy_of": mail.copy_of,
        "requested_by": mail.requested_by,
        "about": mail.about,
    }


def read_mail(item: Item) -> OutboxMail:
    """A mail as it was stored."""
    moved_at = item.get("moved_at")
    return OutboxMail(
        id=MailId.model_validate_json(item["mail_id"]),
        state=MailState(item["mail_state"]),
        recipients=tuple(item["recipients"]),
        attachments=_ATTACHMENTS.validate_json(item["attachments"]),
        message_id=item.get("message_id"),
        moved_at=datetime.fromisoformat(moved_at) if moved_at else None,
        note=item.get("note"),
        outcomes=_OUTCOMES.validate_json(item["outcomes"]) if item.get("outcomes") else (),
        copy_of=item.get("copy_of"),
        requested_by=item.get("requested_by"),
        about=item.get("about"),
    )
