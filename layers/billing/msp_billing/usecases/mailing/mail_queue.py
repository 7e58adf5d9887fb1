"""The queue of mails that no cycle sends: copies, and what is told to the provider about contacts.

A mail has its place in the queue from the same transaction on that puts it into the outbox. An
event on the bus has it sent at once; should the event be lost, the daily sweep sends it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msp_billing.usecases.errors import BusError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)

QUEUED = "MailQueued"


def tell_of_queue(ports: Ports, provider: str) -> None:
    """Have the queue sent now. Raises BusError."""
    ports.bus.publish(QUEUED, {"provider": provider})


def tell_of_queue_if_possible(ports: Ports, provider: str) -> None:
    """The same, by whoever has more to do than to tell of it: the daily look makes it good."""
    try:
        tell_of_queue(ports, provider)
    except BusError:
        _LOGGER.warning("the queue of %s waits for the daily look", provider, exc_info=True)
