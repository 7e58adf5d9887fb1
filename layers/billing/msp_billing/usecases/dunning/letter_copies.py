"""Letters that no case sees through, for the next contact: reminders, and that a hold is back.

A case asks one contact after the other for its own letters (DUN-09). These are copied as other
mails are: what the next contact gets is the letter that was sealed, with another address on it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msp_billing.usecases.dunning.kept_letters import kept_letter_key

if TYPE_CHECKING:
    from msp_billing.domain.outbox import MailId, OutboxMail
    from msp_billing.usecases.dunning.context import DunningContext
    from msp_billing.usecases.ports import Ports

_END_OF_HEADERS = b"\r\n\r\n"
_RETURNED = re.compile(r"c\d+-returned-\d{20}(?:-copy-\d+)?")
"""A case and the instant, to the microsecond; letters of steps end in the number of an attempt."""


def goes_to_the_next(letter: MailId) -> bool:
    """Whether a letter is copied for the next contact when it comes back."""
    return letter.part.startswith("reminder-") or bool(_RETURNED.fullmatch(letter.part))


def why_withdrawn(context: DunningContext, letter: MailId) -> str | None:
    """Why a letter should not go out any more; None while what it says is true."""
    if letter.part.startswith("reminder-"):
        return None if context.position.owed > 0 else "there is nothing left to remind of"
    return None if context.standing.state.on_hold else "the hold has ended"


def readdressed_letter(ports: Ports, copy: OutboxMail) -> bytes:
    """The sealed letter of a copy's original, to the recipients of the copy."""
    raw = ports.records.get(kept_letter_key(copy.original))
    head, separator, body = raw.partition(_END_OF_HEADERS)
    # A line that begins with a space or a tab goes on with the header before it.
    headers = re.split(rb"\r\n(?![ \t])", head)
    to = f"To: {', '.join(copy.recipients)}".encode("ascii")
    kept = [to if header.lower().startswith(b"to:") else header for header in headers]
    return b"\r\n".join(kept) + separator + body
