"""Why is this account here, and what happens when: everything about one account, read at once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import covered_parts, is_open
from msp_billing.domain.dunning.entitlements import entitlement_of
from msp_billing.domain.dunning.forecast import Clearing, ForecastStep, forecast, what_clears
from msp_billing.domain.dunning.move_kinds import Wait
from msp_billing.domain.dunning.moves import dunning_of
from msp_billing.domain.ledger.aging import aging
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.statements import balance_effect
from msp_billing.usecases.dunning.context import DunningContext, load_account
from msp_billing.usecases.dunning.deciding import decide
from msp_billing.usecases.dunning.release_letters import keys_to_turn
from msp_billing.usecases.receivables.account_facts import (
    AccountView,
    BookedLine,
    OpenDocument,
    PauseView,
    ReleaseView,
    TakenStep,
    Unsettled,
    Waiting,
)

if TYPE_CHECKING:
    from msp_billing.domain.clauses import Clause
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy
    from msp_billing.domain.ledger.position import OwedItem
    from msp_billing.domain.outbox import MailId, OutboxMail
    from msp_billing.usecases.ports import Ports

_NOTHING = Decimal(0)


def view_account(ports: Ports, provider: str, account: str) -> AccountView:
    """Everything about one account, as of now.

    Raises:
        UnknownAccountError: when the book does not have it.
        UnknownProviderError: for a provider that was never applied.
    """
    found = load_account(ports, provider, account)
    standing, position = found.standing, found.position
    booked = tuple(_booked(found))
    history = tuple(ports.standings.history(provider, account))
    return AccountView(
        provider=provider,
        account=account,
        account_name=found.account.name,
        currency=position.ledger.currency,
        at=found.now,
        today=found.today,
        balance=position.balance,
        aging=aging(position, found.today),
        documents=_documents(found),
        unsettled=tuple(
            Unsettled(payment=entry.payment, amount=entry.kept, settles_on=entry.settles_on)
            for entry in position.unsettled_on(found.today)
        ),
        state=standing.state,
        since=standing.since,
        why=standing.why,
        clause=_clause(found, standing.clause),
        entitlement=entitlement_of(standing, found.dunning, found.account.dunning, found.today),
        case=None if standing.open_case is None else standing.open_case.case,
        policy_version=None if standing.open_case is None else standing.open_case.policy_version,
        steps=_steps(found),
        coming=_coming(found),
        waiting=_waiting(found),
        clearing=_clearing(found),
        pauses=tuple(
            PauseView(pause=pause, open=is_open(pause, found.today)) for pause in standing.pauses
        ),
        exemptions=tuple(
            entry for entry in found.account.dunning.exemptions if entry.until >= found.today
        ),
        release=_release(found),
        booked=tuple(reversed(booked)),
        history=tuple(reversed(history)),
    )


# --- Money ---------------------------------------------------------------------------------------


def _documents(found: DunningContext) -> tuple[OpenDocument, ...]:
    items = found.position.open_items
    parts = covered_parts(items, found.standing.pauses, found.today)
    covered = {(part.document, part.pause.kind): _NOTHING for part in parts}
    for part in parts:
        covered[part.document, part.pause.kind] += part.amount

    def document(item: OwedItem) -> OpenDocument:
        return OpenDocument(
            document=item.document,
            title=item.title,
            due_on=item.due_on,
            days_overdue=(found.today - item.due_on).days,
            amount=item.amount,
            open=item.open,
            disputed=covered.get((item.document, "dispute"), _NOTHING),
            promised=covered.get((item.document, "promise"), _NOTHING),
        )

    return tuple(document(item) for item in items)


def _booked(found: DunningContext) -> Iterator[BookedLine]:
    """Every entry but allocations: what a payment is used for does not move the balance."""
    for entry in found.ports.ledgers.entries(found.position.ledger):
        if entry.kind is not EntryKind.ALLOCATION:
            yield BookedLine(
                sequence=entry.sequence,
                at=entry.recorded_at,
                on=entry.on,
                kind=entry.kind,
                document=entry.document,
                title=entry.title,
                amount=balance_effect(entry),
                by=entry.recorded_by,
                why=entry.why,
            )


# --- Steps ---------------------------------------------------------------------------------------


def _steps(found: DunningContext) -> tuple[TakenStep, ...]:
    case, dunning = found.standing.case, found.dunning
    if case is None or dunning is None:
        return ()
    steps = {step.step: step for step in dunning.steps}
    return tuple(
        TakenStep(title=step.title, kind=step.kind, clause=step.clause, taken=taken)
        for taken in case.steps
        if (step := steps.get(taken.step)) is not None
    )


def _followed(found: DunningContext) -> DunningPolicy | None:
    """By what the account is followed: its open case's policy, else the one in force."""
    return found.policy.dunning if found.standing.open_case is None else found.dunning


def _coming(found: DunningContext) -> tuple[ForecastStep, ...]:
    dunning = _followed(found)
    if dunning is None:
        return ()
    return forecast(
        dunning,
        dunning_of(found.account),
        found.standing,
        found.position,
        _mails(found),
        found.now,
        found.policy.zone,
        found.calendar,
    )


def _clearing(found: DunningContext) -> Clearing | None:
    dunning = _followed(found)
    if dunning is None:
        return None
    return what_clears(dunning, found.standing, found.position, found.today)


def _mails(found: DunningContext) -> dict[MailId, OutboxMail]:
    """The letters of the open case, by what the outbox says now."""
    case = found.standing.open_case
    steps = () if case is None else case.steps
    return found.ports.outbox.find_many([a.mail for taken in steps for a in taken.attempts])


def _waiting(found: DunningContext) -> Waiting | None:
    move = decide(found)
    if not isinstance(move, Wait):
        return None
    return Waiting(why=move.why, until=None if move.waiting_for == "override" else move.until)


def _release(found: DunningContext) -> ReleaseView | None:
    """The last release that was asked for, with the roles of the policy in force."""
    release = found.standing.release
    if release is None or found.dunning is None:
        return None
    return ReleaseView(
        release=release.release,
        state=release.state,
        asked_at=release.asked_at,
        ended_at=release.ended_at,
        why=release.why,
        keys=keys_to_turn(found, release),
    )


def _clause(found: DunningContext, clause: str | None) -> Clause | None:
    known = {entry.clause: entry for entry in (*found.policy.clauses, *found.pinned.clauses)}
    return None if clause is None else known.get(clause)
