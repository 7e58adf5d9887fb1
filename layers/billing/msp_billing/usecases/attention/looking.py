"""What needs a person, of one provider: the list behind the digest, the command and the metrics.

Everything is read by key or by an index, and each part of the list has a limit. A part that strikes
a defect is named in the list and hides none of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, by_urgency
from msp_billing.usecases.attention.accounts import accounts
from msp_billing.usecases.attention.cycles import cycles
from msp_billing.usecases.attention.exports import exports
from msp_billing.usecases.attention.look import Look, look_at, looked_at
from msp_billing.usecases.attention.mails import contacts, mails, sending
from msp_billing.usecases.attention.money import incidents, payments, sweeps, write_offs

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_PARTS: dict[str, Callable[[Look], Iterator[Attention]]] = {
    "cycles": cycles,
    "exports": exports,
    "mails": mails,
    "contacts": contacts,
    "sending": sending,
    "payments": payments,
    "write-offs": write_offs,
    "accounts": accounts,
    "sweeps": sweeps,
    "incidents": incidents,
}


def needs_a_person(ports: Ports, provider: str) -> tuple[Attention, ...]:
    """Everything of a provider that needs a person now, the most urgent first.

    Raises:
        UnknownProviderError: for a provider that was never applied.
    """
    look = look_at(ports, provider)
    parts = (looked_at(look, name, partial(find, look)) for name, find in _PARTS.items())
    return by_urgency(chain.from_iterable(parts))
