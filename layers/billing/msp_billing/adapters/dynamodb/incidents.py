"""Incidents: what functions came upon, one item per subject, all of a provider in one partition."""

from __future__ import annotations

from collections.abc import Iterator

from msp_billing.adapters.dynamodb.table import Item, Key, Table, pack, unpack
from msp_billing.domain.attention import AttentionKind, Incident


class DynamoIncidentStore:
    """Incidents, the open and the settled. There are few: the same subject is one item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def report(self, incident: Incident) -> None:
        """Store an incident; one that is open under its subject keeps when it was first found."""
        known = self._table.get(_key(incident.provider, incident.kind, incident.subject))
        before = None if known is None else _incident(known)
        if before is not None and before.settled_at is None:
            incident = incident.model_copy(update={"since_at": before.since_at})
        self._table.put(_item(incident))

    def settle(self, incident: Incident) -> None:
        """Store that an incident is over."""
        self._table.put(_item(incident))

    def open_of(self, provider: str, kind: AttentionKind | None = None) -> Iterator[Incident]:
        """What is not settled, of one kind or all, in order of kind and subject."""
        prefix = "" if kind is None else f"{kind.value}#"
        for item in self._table.query(_pk(provider), prefix):
            incident = _incident(item)
            if incident.settled_at is None:
                yield incident


def _pk(provider: str) -> str:
    return f"INCIDENTS#{provider}"


def _key(provider: str, kind: AttentionKind, subject: str) -> Key:
    return (_pk(provider), f"{kind.value}#{subject}")


def _item(incident: Incident) -> Item:
    pk, sk = _key(incident.provider, incident.kind, incident.subject)
    return {"pk": pk, "sk": sk, "body": pack(incident.model_dump_json())}


def _incident(item: Item) -> Incident:
    return Incident.model_validate_json(unpack(item["body"]))
