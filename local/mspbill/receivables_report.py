"""What became of invoices after they were sent: lanes, letters, and the proof of every ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.dunning.mails import RUN
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.receivables.verifying import verify_provider
from mspbill.billing_run import LocalBilling
from mspbill.lanes import account_lanes
from mspbill.reports import EventKind, MailReport, ProviderReport, TimelineEvent
from mspbill.shelf import Shelf

_LETTERS = "letters"


class LedgersDoNotFitError(RuntimeError):
    """A ledger is not what its entries and anchors say."""


def with_receivables(
    report: ProviderReport,
    billing: LocalBilling,
    policy: ProviderPolicy,
    names: dict[str, str],
    shelf: Shelf,
) -> ProviderReport:
    """The report with what happened after the invoices; the letters are written to the shelf.

    Args:
        names: of accounts, by their short names.

    Raises:
        LedgersDoNotFitError: when a ledger cannot be proven. Nothing of the demo changes ledgers
            behind the system's back, so this would be a defect.
    """
    ports = billing.ports
    letters = tuple(_letters(billing, policy, shelf))
    return report.model_copy(
        update={
            "lanes": account_lanes(ports, policy, names, billing.cloud.clock.now()),
            "letters": tuple(mail for _, mail in letters),
            "events": (*_turns(ports, policy, names), *_letter_events(policy, letters)),
            "ledgers_proven": _prove(ports, policy),
        }
    )


def _prove(ports: Ports, policy: ProviderPolicy) -> int:
    """How many ledgers there are; each fits its entries, its hashes and its anchors."""
    proven = [found for found in verify_provider(ports, policy.provider) if found.entries]
    wrong = [found for found in proven if not found.fits]
    if wrong:
        told = "; ".join(f"{found.ledger.account}: {found.misfit}" for found in wrong)
        raise LedgersDoNotFitError(f"{policy.provider}: {told}")
    return len(proven)


# --- Letters -------------------------------------------------------------------------------------


def _letters(
    billing: LocalBilling, policy: ProviderPolicy, shelf: Shelf
) -> Iterator[tuple[datetime, MailReport]]:
    """Every mail about unpaid invoices and holds, in the order in which SES took them."""
    sent = [mail for mail in billing.mails().values() if mail.tags.get("run") == RUN]
    months = sorted({mail.tags["period"] for mail in sent})
    cycles = (
        CycleId(provider=policy.provider, run=RUN, period=Period.parse(month)) for month in months
    )
    outbox = [mail for cycle in cycles for mail in billing.ports.outbox.all_of(cycle)]
    kept = {mail.message_id: mail for mail in outbox if mail.message_id is not None}
    for mail in sorted(sent, key=lambda entry: entry.accepted_at):
        known: OutboxMail | None = kept.get(mail.message_id)
        day = mail.accepted_at.astimezone(policy.zone).date()
        told = (str(day), mail.tags["account"], mail.tags["kind"], mail.tags.get("part", ""))
        name = "-".join(part for part in told if part)
        yield (
            mail.accepted_at,
            MailReport(
                kind=known.id.kind if known is not None else "dunning",
                account=mail.tags["account"],
                subject=str(mail.headers["Subject"]),
                recipients=mail.destinations,
                state=MailState.SENT if known is None else known.state,
                file=shelf.put(_LETTERS, f"{name}.eml", mail.raw),
            ),
        )


def _letter_events(
    policy: ProviderPolicy, letters: Iterable[tuple[datetime, MailReport]]
) -> Iterator[TimelineEvent]:
    """One event for the letters of a moment, each in its details."""
    for at, group in groupby(letters, key=lambda entry: entry[0].astimezone(policy.zone)):
        mails = [mail for _, mail in group]
        details = tuple(
            f"{mail.subject}: to {', '.join(mail.recipients)}, {mail.state}" for mail in mails
        )
        what = f"SES took {counted(len(mails), 'letter')} about payments and holds"
        yield TimelineEvent(at=at, kind=EventKind.MAIL, what=what, details=details)


# --- Turns ---------------------------------------------------------------------------------------


def _turns(ports: Ports, policy: ProviderPolicy, names: dict[str, str]) -> Iterator[TimelineEvent]:
    """Every change of an account's state."""
    for standing in ports.standings.all_of(policy.provider):
        name = names.get(standing.account, standing.account)
        for entry in ports.standings.history(policy.provider, standing.account):
            if entry.after is not None and entry.after is not entry.before:
                yield _turn(name, entry, entry.after)


def _turn(name: str, entry: HistoryEntry, after: AccountState) -> TimelineEvent:
    state = after.value.replace("_", " ")
    kind = EventKind.HELD if after.on_hold else EventKind.ACCOUNT
    return TimelineEvent(at=entry.at, kind=kind, what=f"{name}: {state}", details=(entry.what,))
