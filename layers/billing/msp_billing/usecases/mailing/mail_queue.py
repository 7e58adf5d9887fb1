"""The queue of mails that no cycle sends: copies, and what is told to the provider about contacts.

A mail has its place in the queue from the same transaction on that puts it into the outbox. An
event on the bus has it sent at once; should the event be lost, the daily sweep sends it.
"""

from __future__ import annotations

from msp_billing.usecases.ports import Ports

QUEUED = "MailQueued"


def tell_of_queue(ports: Ports, provider: str) -> None:
    """Have the queue sent now. Raises BusError."""
    ports.bus.publish(QUEUED, {"provider": provider})
