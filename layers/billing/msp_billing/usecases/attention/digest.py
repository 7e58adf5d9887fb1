"""The daily digest: what needs a person, mailed to the provider's people once a day at most."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.attention import MAX_IN_DIGEST, Attention, Digest
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.digest_policy import WEEKDAYS
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.attention.looking import needs_a_person
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.mailing.contact_alerts import provider_people
from msp_billing.usecases.mailing.sending_mails import send_to_provider

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

RUN = "digest"
"""In place of the name of a run in digests; the period is the month of the day."""


class DigestRequest(Frozen):
    """Whose digest, and for which day."""

    provider: Identifier
    scheduled_at: datetime | None = Field(
        default=None, description="When the schedule was to fire; now, if left out."
    )


class DigestResult(Frozen):
    """What became of it."""

    on: date
    entries: int = Field(description="How many things need a person.")
    by_kind: dict[str, int] = Field(description="How many of each kind.")
    by_state: dict[str, int] = Field(description="Accounts that were ever late, by their state.")
    sent: bool = Field(description="Whether a mail went out, by this call or by one before it.")


def send_digest(ports: Ports, request: DigestRequest) -> DigestResult:
    """Look at what needs a person, and tell the provider's people; once a day, however often asked.

    A mail goes out when something needs a person, and on the policy's day of the week also when
    nothing does. What it says is what is found when it is sent: a digest that SES did not take for
    now tells the state of the call that sends it.

    Raises:
        MailRefusedForNowError: when SES did not take it for now: the call is repeated.
        UnknownProviderError: for a provider that was never applied.
    """
    policy = policy_in_force(ports, request.provider)
    on = (request.scheduled_at or ports.clock.now()).astimezone(policy.zone).date()
    found = needs_a_person(ports, request.provider)
    mail_id = digest_mail_id(request.provider, on)
    wanted = policy.digest.enabled and (bool(found) or _is_all_clear_day(policy, on))
    known = ports.outbox.find_many([mail_id]).get(mail_id)
    if wanted and known is None:
        recipients = policy.digest.recipients or provider_people(policy)
        known = OutboxMail(id=mail_id, state=MailState.READY, recipients=recipients)
        ports.outbox.put(known)
    if known is not None:
        digest = digest_of(request.provider, on, found)
        send_to_provider(
            ports,
            policy,
            mail_id,
            lambda mail: ports.composer.digest_mail(
                digest, policy, mail.recipients, mail.id, ports.clock.now()
            ),
        )
    kinds = [entry.kind.value for entry in found]
    return DigestResult(
        on=on,
        entries=len(found),
        by_kind={kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        by_state=_by_state(ports, request.provider),
        sent=known is not None,
    )


def _by_state(ports: Ports, provider: str) -> Counter[str]:
    """How many accounts are in each state; one that cannot be read is in the list instead."""
    readable = ports.standings.all_of(provider, unreadable=lambda _account, _error: None)
    return Counter(standing.state.value for standing in readable)


def digest_of(provider: str, on: date, found: tuple[Attention, ...]) -> Digest:
    """The digest of a day, with as much as a mail bears."""
    more = max(0, len(found) - MAX_IN_DIGEST)
    return Digest(provider=provider, on=on, entries=found[:MAX_IN_DIGEST], more=more)


def digest_mail_id(provider: str, on: date) -> MailId:
    """One digest per provider and day, at most."""
    return MailId(
        provider=provider,
        run=RUN,
        period=Period.of(on),
        account=provider,
        part=f"day-{on:%d}",
        kind="digest",
    )


def _is_all_clear_day(policy: ProviderPolicy, on: date) -> bool:
    return policy.digest.all_clear_on == WEEKDAYS[on.weekday()]
