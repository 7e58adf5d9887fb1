"""A copy of every letter to an account, sealed as it was handed to SES: proof of what it said."""

from __future__ import annotations

from collections.abc import Callable

from msp_billing.domain.outbox import MailId
from msp_billing.usecases.ports import Ports

_MESSAGE = "message/rfc822"


def kept_letter_key(mail: MailId) -> str:
    """Where the copy lies in the records bucket. A mail is attempted once, so there is one."""
    name = f"{mail.period}-{mail.part}-{mail.kind}.eml"
    return f"{mail.provider}/{mail.run}/letters/{mail.account}/{name}"


def keep_letter(ports: Ports, mail: MailId) -> Callable[[bytes], object]:
    """Seals what was sent; for letters only: questions to approvers have links in them."""
    return lambda content: ports.records.put_once(kept_letter_key(mail), content, _MESSAGE)
