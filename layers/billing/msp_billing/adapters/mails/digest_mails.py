"""The daily mail to the provider's own people: what needs them, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import (
    amounts_in_words,
    format_day,
    format_moment,
    format_quantity,
)
from msp_billing.adapters.language import _, in_language, ngettext
from msp_billing.adapters.mails.mail_builder import MailFamily
from msp_billing.adapters.mails.mail_text import on_a_stack, one_line

if TYPE_CHECKING:
    from msp_billing.domain.attention import Attention, Digest
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy


@dataclass(frozen=True)
class DigestEntry:
    """One thing that needs a person."""

    about: str
    what: str
    do: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class DigestSection:
    """The things of one kind."""

    title: str
    entries: tuple[DigestEntry, ...]


class DigestMails(MailFamily):
    """The part of the port ``Composer`` that is about the daily digest."""

    def digest_mail(
        self,
        digest: Digest,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
    ) -> bytes:
        """The daily mail with everything that needs a person, or that nothing does."""
        with in_language(policy.locale):
            if digest.count:
                text = ngettext(
                    "{number} thing needs you", "{number} things need you", digest.count
                )
                title = text.format(number=format_quantity(digest.count))
            else:
                title = _("Nothing needs you")
            day = format_day(digest.on)
            sections = _sections(digest, policy, self._stack)
            all_of_it = f"mspbill exceptions --provider {digest.provider}"
            first = sections[0].title if sections else _("Billing goes its way.")
            return self._build(
                "digest",
                f"{title} · {day}",
                policy,
                recipients,
                mail_id,
                made_at,
                (),
                {
                    "preview": first,
                    "title": title,
                    "day": day,
                    "sections": sections,
                    "more": digest.more,
                    "commands": (on_a_stack(all_of_it, self._stack),),
                },
            )


def _sections(
    digest: Digest, policy: ProviderPolicy, stack: str | None
) -> tuple[DigestSection, ...]:
    return tuple(
        DigestSection(kind.heading, tuple(_entry(entry, policy, stack) for entry in entries))
        for kind, entries in groupby(digest.entries, key=lambda entry: entry.kind)
    )


def _entry(entry: Attention, policy: ProviderPolicy, stack: str | None) -> DigestEntry:
    run = next((e.title for e in policy.runs if e.run == entry.run), entry.run)
    since = entry.since_at and _("since {day}").format(
        day=format_moment(entry.since_at, policy.zone)
    )
    about = (run, str(entry.period) if entry.period else None, entry.account, since)
    return DigestEntry(
        about=" · ".join(one_line(part) for part in about if part),
        what=one_line(amounts_in_words(entry.what, policy.currency), 500),
        do=one_line(entry.do, 500),
        commands=(on_a_stack(entry.command, stack),) if entry.command else (),
    )
