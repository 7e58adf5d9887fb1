"""What delivering mails needs beside the outbox: how contacts stand, pauses, links to documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from msp_billing.domain.contacts import Contact
    from msp_billing.domain.document_links import DocumentLink


class ContactStore(Protocol):
    """How mail addresses stand, per provider."""

    def find_many(self, provider: str, addresses: Iterable[str]) -> dict[str, Contact]:
        """By key (see ``contact_key``), those of the addresses that were ever flagged."""

    def put(self, contact: Contact) -> bool:
        """Store the version after what is stored. False when another one came first."""

    def all_of(self, provider: str) -> Iterator[Contact]:
        """Every address that was ever flagged, in order."""


class Pauses(Protocol):
    """Waiting: for a moment inside a step, and for long in an execution."""

    def wait(self, pause: timedelta) -> None:
        """Let so much time pass."""

    def wake_at(self, instant: datetime) -> datetime:
        """When an execution is to go on that waits for an instant of our clock.

        It is the same instant, unless our clock is not the one that Step Functions goes by.
        """


class DocumentLinkStore(Protocol):
    """Links to documents that are too large for their mails."""

    def put(self, link: DocumentLink) -> None:
        """Add a link. What it holds of its secret is the hash."""

    def find(self, provider: str, document: str, secret_sha256: str) -> DocumentLink | None:
        """The link with this secret, or None."""
