"""What a trial has left in a stack, read through the ports, in a form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from msp_billing.domain.cycles import CycleId
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.mailing.listing_mails import MailsQuestion, list_mails
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.stored_invoices import invoices_of

Findings = dict[str, dict[str, Any]]
"""By section, such as ``invoices``; in it by name, such as the number, whatever JSON can hold."""

_OF_ONE_STACK = frozenset(
    {
        "hash",  # of a ledger's entry, and of the one before: the instant of the entry is in it
        "last_hash",
        "message_id",
        "owner",
        "previous_hash",
        "secret_sha256",
        "task_token",
    }
)
"""What differs between two stacks that bill the same: names that AWS gives, secrets, and what an
instant goes into."""

_LOOKS: Any = {"version": True, "case": {"looks_at"}}
"""Of a standing: how often and when a case is looked at again. By a trial's clock it is looked at
every few seconds, and each time what is kept of it has a version (a history's ``sequence``)."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


def observe(ports: Ports, cycle: CycleId) -> Findings:
    """Everything that a cycle, its payments and what followed have left."""
    current = ports.policies.current(cycle.provider)
    policy = ports.policies.policy(cycle.provider, current.policy_version)
    found: Findings = {
        "cycles": {str(cycle): _cycle(ports, cycle)},
        "outcomes": {entry.account: entry for entry in ports.invoices.all_records(cycle)},
        "invoices": _invoices(ports, cycle),
        "documents": _documents(ports, cycle.provider),
        "mails": _mails(ports, cycle.provider),
        "ledgers": _ledgers(ports, policy),
        "payments": _by_document(ports.payments.of_provider(cycle.provider)),
        "standings": {
            entry.account: entry.model_dump(mode="json", exclude=_LOOKS)
            for entry in ports.standings.all_of(cycle.provider)
        },
        "histories": {
            entry.account.account: [
                change.model_dump(mode="json", exclude={"sequence"})
                for change in ports.standings.history(cycle.provider, entry.account.account)
            ]
            for entry in ports.book.entries(cycle.provider)
        },
    }
    return {name: comparable(section, policy.zone) for name, section in found.items()}


def comparable(value: Any, zone: ZoneInfo) -> Any:
    """As JSON, without what is of one stack only; of instants the day in the provider's zone.

    Two stacks do the same at times that differ by seconds or minutes.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {
            str(name): comparable(part, zone)
            for name, part in value.items()
            if name not in _OF_ONE_STACK
        }
    if isinstance(value, list | tuple):
        return [comparable(part, zone) for part in value]
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return str(datetime.fromisoformat(value).astimezone(zone).date())
    return value


def _cycle(ports: Ports, cycle: CycleId) -> Any:
    """Without ``code``: the function's name and version, as AWS gives them."""
    found = ports.cycles.find(cycle)
    return None if found is None else found.model_dump(mode="json", exclude={"code"})


def _invoices(ports: Ports, cycle: CycleId) -> dict[str, Any]:
    records = {entry.account: entry for entry in ports.invoices.all_records(cycle)}
    return {
        invoice.number or str(invoice.id): invoice
        for invoices in invoices_of(ports, cycle, records).values()
        for invoice in invoices
    }


def _mails(ports: Ports, provider: str) -> dict[str, Any]:
    return {
        str(mail.id): mail for mail in list_mails(ports, MailsQuestion(provider=provider, months=6))
    }


def _documents(ports: Ports, provider: str) -> dict[str, Any]:
    """Name and hash of every document that went with a mail: equal hashes are equal bytes."""
    return {
        attachment.key: {"file_name": attachment.file_name, "sha256": attachment.sha256}
        for mail in list_mails(ports, MailsQuestion(provider=provider, months=6))
        for attachment in mail.attachments
    }


def _ledgers(ports: Ports, policy: ProviderPolicy) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in ports.book.entries(policy.provider):
        ledger = LedgerId(
            provider=policy.provider,
            account=entry.account.account,
            currency=entry.account.currency,
        )
        position = ports.ledgers.position(ledger)
        found[entry.account.account] = {
            "balance": str(position.balance),
            "position": position,
            "entries": list(ports.ledgers.entries(ledger)),
        }
    return found


def _by_document(records: Iterable[Any]) -> dict[str, Any]:
    return {str(record.key.document): record for record in records}
