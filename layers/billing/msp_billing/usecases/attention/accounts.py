"""Accounts that need a person: notices, cases, releases, promises, and holds that nobody did.

The accounts of which something is stored are read once, page by page: those that were ever late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from msp_billing.domain.attention import Attention, AttentionKind
from msp_billing.domain.dunning.standing import AccountState, DunningCase, Pause, Release, Standing
from msp_billing.domain.dunning.words import written_day
from msp_billing.usecases.attention import commands
from msp_billing.usecases.attention.look import (
    MOST_OF_A_KIND,
    Look,
    at_most,
    clipped,
    looked_at,
    not_looked_at,
)
from msp_billing.usecases.dunning.context import is_running
from msp_billing.usecases.dunning.entitlements import done_by_consumers

_LATE_AFTER = timedelta(hours=26)
"""The daily sweep starts an execution again that has ended: what is late for longer stays so."""

_TOLD_AFTER = timedelta(days=1)
_PAUSE_IS_NEWS = timedelta(days=7)


def accounts(look: Look) -> Iterator[Attention]:
    """Every account that a person has to do something about; the kinds one after the other."""
    done = done_by_consumers(look.ports, look.provider)
    parts: tuple[Callable[[Look, Standing], Iterator[Attention]], ...] = (
        _notices,
        _case,
        _release,
        _pauses,
        lambda look, standing: _hold(look, standing, done),
    )
    found: list[list[Attention]] = [[] for _ in parts]
    damaged: list[Attention] = []

    def unreadable(account: str, error: Exception) -> None:
        if len(damaged) <= MOST_OF_A_KIND:
            damaged.append(not_looked_at(look, f"account {account}", error, account=account))

    for standing in look.ports.standings.all_of(look.provider, unreadable=unreadable):
        for entries, part in zip(found, parts, strict=True):
            if len(entries) <= MOST_OF_A_KIND:  # one above, which says that there are more
                account = standing.account
                find = partial(part, look, standing)
                entries.extend(looked_at(look, f"account {account}", find, account=account))
    for entries in (*found, damaged):
        yield from at_most(entries)


def _notices(look: Look, standing: Standing) -> Iterator[Attention]:
    """A notice that reached nobody: the hold after it waits for a person's word (DUN-09)."""
    case = standing.open_case
    for step in () if case is None else case.steps:
        if step.told_at is not None and step.delivered_at is None:
            tried = ", ".join(a.recipient for a in step.attempts) or "nobody: it has no contacts"
            yield _entry(
                look,
                standing,
                AttentionKind.NOTICE_UNDELIVERED,
                f"The letter of the step '{step.step}' reached nobody; tried: {tried}. The step "
                "after it is not taken.",
                "Reach the account another way, mend its contacts, then say that it knows.",
                commands.override_notice(look.provider, standing.account, step.step),
            ).model_copy(update={"since_at": step.told_at})


def _case(look: Look, standing: Standing) -> Iterator[Attention]:
    """A case whose execution should have looked again by now, and has not."""
    case = standing.open_case
    if case is None:
        return
    due = case.looks_at or standing.since or case.opened_at
    if look.now - due <= _LATE_AFTER or _has_every_step(look, case):
        return
    running = is_running(look.ports, standing, case)
    what = "is under way and is late" if running else "has ended, and the case goes on without it"
    yield _entry(
        look,
        standing,
        AttentionKind.CASE_LATE,
        f"The execution of case {case.case} {what}: it should have looked again on "
        f"{look.moment(due)}.",
        "The daily sweep starts it again. Should it not: look at why it failed, in the console of "
        "Step Functions.",
        commands.show_account(look.provider, standing.account),
    ).model_copy(update={"since_at": due})


def _has_every_step(look: Look, case: DunningCase) -> bool:
    """Whether nothing is left to be done in a case: it needs no execution then."""
    dunning = look.policy_of(case.policy_version).dunning
    taken = {step.step for step in case.steps}
    return dunning is None or {step.step for step in dunning.case_steps} <= taken


def _release(look: Look, standing: Standing) -> Iterator[Attention]:
    """The end of a hold that waits for keys, or was left to a person."""
    release = standing.release
    if release is None or not release.under_way or not standing.state.on_hold:
        return
    if release.state == "left_to_person":
        what = "Nobody has answered, and nobody is asked again"
        command = commands.ask_release_again(look.provider, standing.account)
    elif release.state == "asking":
        what = f"It waits for {_missing(look, standing, release)}"
        command = commands.show_release(look.provider, standing.account)
    else:
        return
    yield _entry(
        look,
        standing,
        AttentionKind.RELEASE_WAITING,
        f"Everything is settled, but the account is still on {_words(standing.state)}. {what}.",
        "Ask those who hold the keys. The last approval ends the hold.",
        command,
    ).model_copy(update={"since_at": release.asked_at})


def _missing(look: Look, standing: Standing, release: Release) -> str:
    case = standing.case
    policy = look.policy if case is None else look.policy_of(case.policy_version)
    roles = () if policy.dunning is None else policy.dunning.release.roles
    turned = {approval.role for approval in release.approvals}
    return ", ".join(role.title for role in roles if role.role not in turned) or "an approval"


def _pauses(look: Look, standing: Standing) -> Iterator[Attention]:
    """Promises and disputes of which the last day has passed, while something is still owed."""
    if standing.state is AccountState.GOOD_STANDING and standing.open_case is None:
        return
    for pause in standing.pauses:
        if not _ran_out(look, pause):
            continue
        of = pause.document or "what is owed"
        amount = look.amount(standing.account, pause.amount)
        kept = (
            "What was promised is not paid; the case goes on by itself"
            if pause.kind == "promise"
            else "Nobody has decided it; the disputed amount counts again"
        )
        yield _entry(
            look,
            standing,
            AttentionKind.PAUSE_RAN_OUT,
            f"The {pause.kind} '{pause.pause}' about {amount} of {of} ran out on "
            f"{written_day(pause.until)}. {kept}.",
            "Speak with the account. A new promise or dispute covers it again.",
            commands.show_account(look.provider, standing.account),
        ).model_copy(update={"since_at": pause.ended_at})


def _ran_out(look: Look, pause: Pause) -> bool:
    """Whether nobody ended it before its last day had passed, and that is not long ago."""
    if pause.until >= look.today or look.today - pause.until > _PAUSE_IS_NEWS:
        return False
    return pause.ended_at is None or pause.ended_by == "dunning"


def _hold(look: Look, standing: Standing, done: dict[str, dict[str, int]]) -> Iterator[Attention]:
    """What an account may do, which others do not know, or have not brought about (DUN-07)."""
    version = standing.entitlement_version
    if version == 0 or standing.since is None or look.now - standing.since <= _TOLD_AFTER:
        return
    behind = [
        name for name, versions in done.items() if versions.get(standing.account, 0) < version
    ]
    if standing.told_version < version:
        what = "The bus has not taken what the account may do now"
    elif behind:
        what = f"{', '.join(behind)} has not done what the account's state asks for"
    else:
        return
    yield _entry(
        look,
        standing,
        AttentionKind.HOLD_NOT_DONE,
        f"{what}: {_words(standing.state)}, since {look.moment(standing.since)}.",
        "It is told again every day. Look at the system that should do it, and at what it answers.",
        commands.show_account(look.provider, standing.account),
    ).model_copy(update={"since_at": standing.since})


def _words(state: AccountState) -> str:
    return state.value.replace("_", " ")


def _entry(
    look: Look, standing: Standing, kind: AttentionKind, what: str, do: str, command: str
) -> Attention:
    return Attention(
        kind=kind,
        provider=look.provider,
        account=standing.account,
        what=clipped(what),
        do=do,
        command=command,
    )
