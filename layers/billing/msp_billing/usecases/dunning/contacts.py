"""Whom letters about unpaid invoices may go to now: flagged contacts are passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.contacts import contacts_in_turn
from msp_billing.domain.dunning.moves import dunning_of
from msp_billing.usecases.mailing.mail_copies import reachable

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import AccountDunning
    from msp_billing.usecases.dunning.context import DunningContext


def reachable_contacts(context: DunningContext) -> AccountDunning:
    """What was agreed with the account, without contacts that mails do not reach.

    A case goes by it: it asks the next contact at once, where it would have waited for a bounce.
    """
    agreed = dunning_of(context.account)
    wanted = (*agreed.contacts, *agreed.escalation_contacts)
    free = set(reachable(context.ports, context.policy.provider, wanted))
    return agreed.model_copy(
        update={
            "contacts": tuple(entry for entry in agreed.contacts if entry in free),
            "escalation_contacts": tuple(e for e in agreed.escalation_contacts if e in free),
        }
    )


def letter_recipients(context: DunningContext) -> tuple[str, ...]:
    """Whom a letter goes to that no case sees through: its contacts, or whoever else is left.

    Where nobody is left, the contacts themselves: the provider's people know of each of them.
    """
    agreed = reachable_contacts(context)
    anybody = contacts_in_turn(context.account, "dunning")
    return (
        agreed.contacts
        or reachable(context.ports, context.policy.provider, anybody)[:1]
        or dunning_of(context.account).contacts
    )
