"""What needs a person, of one provider: the list behind the digest, the command and the metrics.

Everything is read by key or by an index, and each part of the list has a limit. A part that strikes
a defect is named in the list and hides none of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, AttentionKind, by_urgency
from msp_billing.usecases.attention.accounts import accounts
from msp_billing.usecases.attention.cycles import cycles
from msp_billing.usecases.attention.exports import exports
from msp_billing.usecases.attention.look import Look, clipped, look_at
from msp_billing.usecases.attention.mails import contacts, mails, sending
from msp_billing.usecases.attention.money import incidents, payments, sweeps, write_offs
from msp_billing.usecases.errors import DEFECTS, LedgerUnreadableError, SealBrokenError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)

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
    return by_urgency(entry for name in _PARTS for entry in _part(look, name))


def _part(look: Look, name: str) -> tuple[Attention, ...]:
    try:
        return tuple(_PARTS[name](look))
    except (*DEFECTS, LedgerUnreadableError, SealBrokenError) as error:
        _LOGGER.exception("looking at the %s of %s failed", name, look.provider)
        return (
            Attention(
                kind=AttentionKind.NOT_LOOKED_AT,
                provider=look.provider,
                what=clipped(f"The {name} could not be looked at: {type(error).__name__}: {error}"),
                do="This is a defect of the program or of the data: report it with this line.",
            ),
        )
