"""A person says that mails may go to a flagged contact again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.contacts import Contact, cleared, contact_key
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_MAX_TRIES = 8


class ClearRequest(Frozen):
    """Whose flag to clear, why, and who says so."""

    provider: Identifier
    address: EmailAddress
    why: Text
    cleared_by: Text


class ClearResult(Frozen):
    """The contact without flags."""

    contact: Contact
    was_suppressed: bool = Field(description="Whether SES had it on its suppression list.")


def clear_contact(ports: Ports, request: ClearRequest) -> ClearResult:
    """Clear every flag of an address, and take it off SES's suppression list.

    The list comes first: an address that is cleared and still on it would bounce at once. SES's
    list is the AWS account's own; an address is on it for everybody who sends by this account.

    Raises:
        ProblemsError: when the address is not flagged.
    """
    key = contact_key(request.address)
    was_suppressed: bool | None = None
    for _ in range(_MAX_TRIES):
        contact = ports.contacts.find_many(request.provider, [key]).get(key)
        if contact is None or not contact.is_flagged:
            raise ProblemsError([_not_flagged(request)])
        if was_suppressed is None:
            was_suppressed = ports.mailer.allow_again(key)
        after = cleared(contact, request.why, request.cleared_by, ports.clock.now())
        if ports.contacts.put(after):
            return ClearResult(contact=after, was_suppressed=was_suppressed)
    raise RuntimeError(f"{key} changed {_MAX_TRIES} times while its flag was cleared")


def _not_flagged(request: ClearRequest) -> Problem:
    return Problem(
        code="not-flagged",
        what=f"{request.address} is not flagged: mails go to it.",
        fix="See 'mspbill contact list' for those that are.",
    )
