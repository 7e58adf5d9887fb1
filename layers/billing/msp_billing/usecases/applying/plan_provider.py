"""Planning: what applying a provider directory would change, warn of, and be refused for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msp_billing.domain.cycles import Cycle, CycleId, CycleState, due_periods
from msp_billing.domain.number_rows import moved_prefixes
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem, name_some
from msp_billing.usecases.applying.beginnings import later_runs, next_openings
from msp_billing.usecases.applying.changes import PlanWarning, ProviderPlan
from msp_billing.usecases.applying.comparing import (
    account_changes,
    policy_changes,
    price_changes,
    schedule_changes,
)
from msp_billing.usecases.errors import UnknownProviderError
from msp_billing.usecases.records import MAX_ACCOUNTS_AT_ONCE

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.usecases.ports import Ports

_Versioned = TypeVar("_Versioned", ProviderPolicy, PriceBook)

_MONTHS_LOOKED_AT = 25


def plan_provider(
    ports: Ports,
    policy: ProviderPolicy,
    price_book: PriceBook,
    accounts: Sequence[Account],
    first_period: Period | None = None,
) -> ProviderPlan:
    """Compare a valid provider directory with what is in force. Nothing is written.

    Args:
        first_period: the first service month of a new provider, or of the runs that are new to
            a provider; without it, the first one whose cycles open from now on.
    """
    provider = policy.provider
    current = ports.policies.find_current(provider)
    was_policy, was_prices = None, None
    if current is not None:
        was_policy = ports.policies.policy(provider, current.policy_version)
        was_prices = ports.policies.price_book(provider, current.price_book_version)
    known = {entry.account.account: entry.account for entry in ports.book.entries(provider)}
    begins = current.first_period if current else first_period or _first_month(ports, policy)
    later = later_runs(current, was_policy, policy, ports.clock.now(), first_period)
    changed = tuple(account_changes(known, accounts))
    changes = (
        *policy_changes(was_policy, policy),
        *price_changes(was_prices, price_book),
        *changed,
        *schedule_changes(ports.schedules.of_provider(provider), policy),
    )
    cycles = open_cycles(ports, was_policy, begins)
    given = {account.account: account for account in accounts}
    warnings = (
        *_about_open_cycles(cycles, policy, price_book, accounts_change=bool(changed)),
        *_about_removed_runs(was_policy, policy),
        *_about_left_out(known, given),
        *_about_agreements(known, given),
        *_about_size(was_policy, len(changed)),
        *_about_new_runs(was_policy, policy, later),
        *_about_months_that_passed(ports, policy, begins, later),
    )
    return ProviderPlan(
        provider=provider,
        name=policy.name,
        replaces=current,
        policy_version=policy.version,
        price_book_version=price_book.version,
        first_period=begins,
        later_runs=later,
        accounts=len(accounts),
        changes=changes,
        warnings=warnings,
        refused=tuple(_refused(ports, policy, price_book, was_policy)),
        next_openings=next_openings(policy, begins, ports.clock.now(), later),
    )


def open_cycles(
    ports: Ports, policy: ProviderPolicy | None, first_period: Period
) -> tuple[Cycle, ...]:
    """The cycles of a provider that are under way, of the last two years."""
    if policy is None:
        return ()
    newest = Period.of(ports.clock.now().date()).shifted(13)
    periods = (newest.shifted(-back) for back in range(_MONTHS_LOOKED_AT + 13))
    ids = [
        CycleId(provider=policy.provider, run=run.run, period=period)
        for period in periods
        if period >= first_period
        for run in policy.runs
    ]
    found = ports.cycles.find_many(ids).values()
    under_way = (cycle for cycle in found if cycle.state is CycleState.OPEN)
    return tuple(sorted(under_way, key=lambda cycle: str(cycle.id)))


def _first_month(ports: Ports, policy: ProviderPolicy) -> Period:
    now = ports.clock.now()
    openings = next_openings(policy, Period(year=1970, month=1), now)
    return max(opening.period for opening in openings)


# --- Warnings ------------------------------------------------------------------------------------


def _about_open_cycles(
    cycles: Sequence[Cycle],
    policy: ProviderPolicy,
    price_book: PriceBook,
    *,
    accounts_change: bool,
) -> Iterator[PlanWarning]:
    for cycle in cycles:
        named = f"{cycle.id.run} {cycle.id.period}"
        pinned = (cycle.policy_version, cycle.price_book_version)
        if pinned != (policy.version, price_book.version):
            yield PlanWarning(
                what=f"The cycle {named} is under way. It goes on with policy {pinned[0]} and "
                f"price book {pinned[1]}, with which it opened.",
                do="What changes in policy and prices counts from the next cycle on.",
            )
        if accounts_change and cycle.sealed_at is None:
            yield PlanWarning(
                what=f"The cycle {named} has not sealed its accounts yet: accounts and agreements "
                "that change now are billed in it as they are changed.",
                do="Apply after it has sealed them, if they are meant for the month after.",
            )
        elif accounts_change:
            yield PlanWarning(
                what=f"The cycle {named} has sealed its accounts: what changes in accounts and "
                "agreements counts from the next cycle on.",
            )


def _about_removed_runs(
    was: ProviderPolicy | None, becomes: ProviderPolicy
) -> Iterator[PlanWarning]:
    kept = {run.run for run in becomes.runs}
    for run in was.runs if was else ():
        if run.run not in kept:
            yield PlanWarning(
                what=f"The run {run.run} ({run.title}) is left out: nothing is billed by it any "
                "more.",
                do="Cycles of it that are under way go on to their end, with the policy that they "
                "opened with; one that stops stays in the list of what needs a person, and can be "
                "let go on.",
            )


def _about_left_out(known: dict[str, Account], given: dict[str, Account]) -> Iterator[PlanWarning]:
    left_out = sorted(known.keys() - given.keys())
    if left_out:
        yield PlanWarning(
            what=f"Accounts without a file in the directory: {name_some(left_out)}. They stay as "
            "they are, and are billed.",
            do="Give the agreements of an account that leaves an end date.",
        )


def _about_agreements(
    known: dict[str, Account], given: dict[str, Account]
) -> Iterator[PlanWarning]:
    for name in sorted(known.keys() & given.keys()):
        kept = {entry.agreement for entry in given[name].agreements}
        for entry in known[name].agreements:
            if entry.agreement not in kept:
                yield PlanWarning(
                    what=f"The agreement {entry.agreement} of {name} is left out: it is billed no "
                    "more, and nothing is paid out or closed.",
                    do="Give it an 'ends_on' instead, unless it never was in force.",
                )


def _about_size(was: ProviderPolicy | None, changed: int) -> Iterator[PlanWarning]:
    if was is not None and changed > MAX_ACCOUNTS_AT_ONCE:
        yield PlanWarning(
            what=f"{changed:,} accounts change. Up to {MAX_ACCOUNTS_AT_ONCE} are put in force in "
            "one instant; these follow each other within seconds, the policy comes last.",
            do="Apply while no cycle takes its counts; if it is interrupted, apply again.",
        )


def _about_new_runs(
    was: ProviderPolicy | None, becomes: ProviderPolicy, later: Mapping[str, Period]
) -> Iterator[PlanWarning]:
    there = {run.run for run in was.runs} if was else set()
    for run, period in later.items():
        if run not in there:
            yield PlanWarning(
                what=f"The run {run} is new: it bills from {period} on.",
                do="If it is an old one with another name, nothing is billed twice: months before "
                "were billed by the old one. Another month to begin with: --first-period.",
            )


def _about_months_that_passed(
    ports: Ports, policy: ProviderPolicy, first_period: Period, later: Mapping[str, Period]
) -> Iterator[PlanWarning]:
    """Cycles that a new provider, or a new run, should have opened already."""
    for run in policy.runs:
        begins = later.get(run.run, first_period)
        due = due_periods(policy, run, ports.clock.now(), begins)
        ids = [CycleId(provider=policy.provider, run=run.run, period=period) for period in due]
        known = ports.cycles.find_many(ids)
        missed = [str(cycle.period) for cycle in ids if cycle not in known]
        if missed:
            yield PlanWarning(
                what=f"The run {run.run} should have opened for {name_some(missed)} already: the "
                "daily sweep starts what was not started, and its invoices go out.",
                do="If another system has billed these months, begin later, with --first-period.",
            )


# --- Refusals ------------------------------------------------------------------------------------


def _refused(
    ports: Ports, policy: ProviderPolicy, price_book: PriceBook, was: ProviderPolicy | None
) -> Iterator[Problem]:
    for moved in moved_prefixes(was, policy) if was is not None else ():
        yield Problem(
            code="number-prefix-moved",
            what=moved,
            fix="Choose a prefix that no document has had.",
            file="provider.yaml",
        )
    stored_policy = _stored(lambda: ports.policies.policy(policy.provider, policy.version))
    if stored_policy is not None and stored_policy != policy:
        yield _conflict("provider.yaml", "policy", policy.version)
    stored_prices = _stored(lambda: ports.policies.price_book(policy.provider, price_book.version))
    if stored_prices is not None and stored_prices != price_book:
        yield _conflict("price-book.yaml", "price book", price_book.version)


def _stored(read: Callable[[], _Versioned]) -> _Versioned | None:
    try:
        return read()
    except UnknownProviderError:
        return None


def _conflict(file: str, what: str, version: str) -> Problem:
    return Problem(
        code="version-conflict",
        what=f"The {what} was applied as version {version} before, with other content.",
        fix="Give the changed file a new 'version'; months that were billed keep theirs.",
        file=file,
        where="version",
    )
