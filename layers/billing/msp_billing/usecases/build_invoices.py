"""Building a batch: every account of it ends with an outcome, and perhaps with drafts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.contracts.billed_before import billed_before
from msp_billing.domain.counting.previous_counts import (
    NO_PREVIOUS_COUNTS,
    PreviousCounts,
    previous_counts_of,
)
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.problems import Problem
from msp_billing.usecases.context import (
    BatchRequest,
    CycleContext,
    calendar_around,
    failure_noted,
    load_context,
)
from msp_billing.usecases.moments import load_sealed
from msp_billing.usecases.standing import active_or_all
from msp_billing.usecases.stored_invoices import previous_invoices

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.snapshots import AccountSnapshot, SnapshotBatch
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)

_MONTHS_LOOKED_BACK = 24
"""As far as a last invoice may lie back; beyond it, what it billed is not known."""


class BuildResult(Frozen):
    """How the accounts of the batch ended."""

    batch: int
    invoices: int
    parked: int


def build_invoices(ports: Ports, request: BatchRequest) -> BuildResult:
    """Build every account of a batch from its sealed snapshot and record the outcomes.

    Doing it again gives the same drafts byte for byte, and never touches a numbered invoice.
    """
    with failure_noted(ports, request):
        return _build_invoices(ports, request)


def _build_invoices(ports: Ports, request: BatchRequest) -> BuildResult:
    context = load_context(ports, request)
    batch = load_batch(ports, request)
    plan = context.cycle.plan
    build = build_context(ports, context, request, invoice_on=plan.invoice_on, due_on=plan.due_on)
    previous = last_counts(ports, request, build, [snapshot.account for snapshot in batch.accounts])
    outcomes = [
        build_or_park(build, snapshot, previous.get(snapshot.account.account, NO_PREVIOUS_COUNTS))
        for snapshot in batch.accounts
    ]
    ports.invoices.put_outcomes(request.cycle_id, outcomes)
    return BuildResult(
        batch=request.batch,
        invoices=sum(len(outcome.invoices) for outcome in outcomes),
        parked=sum(1 for outcome in outcomes if outcome.parked),
    )


def build_context(
    ports: Ports,
    context: CycleContext,
    request: BatchRequest,
    *,
    invoice_on: date,
    due_on: date | None,
    revision: int = 1,
) -> BuildContext:
    """What a batch is built with: what its cycle pinned, and the seal of what was counted."""
    return BuildContext(
        policy=context.policy,
        run=context.run,
        price_book=context.price_book,
        period=request.period,
        invoice_on=invoice_on,
        due_on=due_on,
        charges_until=context.cycle.plan.charges_until,
        charges_from=context.cycle.charges_from,
        first_period=context.cycle.first_period,
        snapshot_sha256=request.sha256,
        revision=revision,
        planned_on=context.cycle.plan.invoice_on,
        calendar=calendar_around(ports, context.policy, request.period.year),
    )


def load_batch(ports: Ports, request: BatchRequest) -> SnapshotBatch:
    """The sealed batch. Raises SealBrokenError when it is not what was sealed."""
    return load_sealed(ports, request.key, request.sha256)


def build_or_park(
    build: BuildContext, snapshot: AccountSnapshot, previous: PreviousCounts
) -> AccountOutcome:
    """Build one account; one that cannot be built is parked by name and the others go on.

    It is parked under the agreements in force, or under the last one where all have ended.
    """
    try:
        return build_account(build, snapshot, previous)
    except Exception as error:  # one poison account must not stop the others
        _LOGGER.exception("building %s failed", snapshot.account.account)
        account = snapshot.account
        active = active_or_all(
            account, build.policy, build.price_book, build.calendar, build.period
        )
        return AccountOutcome(
            account=account.account,
            account_name=account.name,
            agreements=tuple(
                AgreementOutcome(
                    agreement=entry.agreement, kind=OutcomeKind.PARKED, reason="could not be built"
                )
                for entry in active or account.agreements[-1:]
            ),
            revision=build.revision,
            problems=(
                Problem(
                    code="internal",
                    what=f"Building the invoice failed: {type(error).__name__}: {error}.",
                    fix="This is a defect of the program: report it with this message.",
                    where=account.account,
                ),
            ),
        )


def build_account(
    build: BuildContext, snapshot: AccountSnapshot, previous: PreviousCounts
) -> AccountOutcome:
    """See :mod:`msp_billing.domain.building.building`, which is loaded with the first account."""
    from msp_billing.domain.building import building  # noqa: PLC0415 - see above

    return building.build_account(build, snapshot, previous)


def previous_counts(ports: Ports, request: BatchRequest) -> dict[str, PreviousCounts]:
    """What the cycle of the month before counted, by account; unknown where it was parked."""
    invoices = previous_invoices(ports, request.cycle_id, request.accounts)
    period = request.period.shifted(-1)
    return {account: previous_counts_of(entries, period) for account, entries in invoices.items()}


def last_counts(
    ports: Ports, request: BatchRequest, build: BuildContext, accounts: Sequence[Account]
) -> dict[str, PreviousCounts]:
    """What an account is built on: the month before, or its last invoice where a contract asks."""
    found = previous_counts(ports, request)
    unknown = [entry for entry in accounts if entry.account not in found]
    return found | earlier_counts(ports, request.cycle_id, build, unknown)


def earlier_counts(
    ports: Ports, cycle: CycleId, build: BuildContext, accounts: Iterable[Account]
) -> dict[str, PreviousCounts]:
    """What accounts without a last month were billed before it, where their contracts ask.

    A contracted count (KR-06) and the amount of a pay-out (KR-10) come from the last invoice,
    which is an earlier one for an account that was parked. The counts of items stay unknown: they
    compare with the last month alone.

    Args:
        accounts: those of which the last month is not known.
    """
    waiting = {entry.account for entry in accounts if _goes_by_last_invoice(build, entry)}
    found: dict[str, PreviousCounts] = {}
    for invoices in _months_before(ports, cycle, waiting):
        for account, entries in invoices.items():
            if entries:
                billed = billed_before(entries)
                found[account] = PreviousCounts(period=None, items={}, billed=billed)
        waiting -= found.keys()
    return found


def _months_before(
    ports: Ports, cycle: CycleId, waiting: set[str]
) -> Iterator[dict[str, tuple[Invoice, ...]]]:
    """The invoices of one month after the other, back from the last one, while any is missing."""
    for _ in range(_MONTHS_LOOKED_BACK):
        if not waiting:
            return
        cycle = cycle.model_copy(update={"period": cycle.period.shifted(-1)})
        yield previous_invoices(ports, cycle, tuple(sorted(waiting)))


def _goes_by_last_invoice(build: BuildContext, account: Account) -> bool:
    return any(_needs(build, agreement) for agreement in account.agreements)


def _needs(build: BuildContext, agreement: Agreement) -> bool:
    terms = build.policy.find_terms(agreement.terms)
    return terms is not None and (terms.change_window is not None or agreement.ending is not None)
