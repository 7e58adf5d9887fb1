"""Reconciling: prove that nobody was forgotten before anything gets a number."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from msp_billing.domain.base import Frozen
from msp_billing.domain.outcomes import (
    AccountOutcome,
    AgreementOutcome,
    OutcomeKind,
    find_gaps,
)
from msp_billing.usecases.context import CycleContext, CycleRequest, load_context
from msp_billing.usecases.errors import CompletenessGapError, TooManyParkedError
from msp_billing.usecases.ports import Ports

_MAX_GAPS_NAMED = 20


class ReconcileResult(Frozen):
    """How many agreements ended how."""

    accounts: int
    billed: int
    nothing_to_bill: int
    skipped: int
    parked: int


def reconcile_cycle(ports: Ports, request: CycleRequest) -> ReconcileResult:
    """Compare the outcomes with the book itself.

    The book is read again here, not the cycle's own list of work: what that list forgot must not
    be missing from the check as well. An agreement that came into the book after the snapshot was
    sealed is recorded as skipped, by name.

    Raises:
        CompletenessGapError: when an agreement has no outcome, or one that nobody expects.
        TooManyParkedError: when the parked share is over the policy's limit.
    """
    context = load_context(ports, request)
    records = {record.account: record for record in ports.invoices.all_records(request.cycle_id)}
    expected: list[tuple[str, str]] = []
    late: list[AccountOutcome] = []
    for entry in ports.book.entries(request.provider):
        account = entry.account
        active = [a.agreement for a in account.agreements if a.active_in(request.period)]
        known = records.get(account.account)
        recorded = {a.agreement for a in known.agreements} if known else set()
        missing = [agreement for agreement in active if agreement not in recorded]
        sealed_at = context.cycle.sealed_at
        if missing and known is None and sealed_at is not None and entry.applied_at > sealed_at:
            late.append(_added_too_late(account.account, account.name, missing))
        expected += [(account.account, agreement) for agreement in active]
    ports.invoices.put_outcomes(request.cycle_id, late)
    outcomes = [
        (account, entry)
        for account, entries in [
            *((record.account, record.agreements) for record in records.values()),
            *((outcome.account, outcome.agreements) for outcome in late),
        ]
        for entry in entries
    ]
    gaps = find_gaps(expected, [(account, entry.agreement) for account, entry in outcomes])
    if gaps:
        named = "; ".join(
            f"{gap.account}/{gap.agreement} {gap.what}" for gap in gaps[:_MAX_GAPS_NAMED]
        )
        raise CompletenessGapError(f"{len(gaps)} gaps: {named}")
    _check_parked_share(context, outcomes)
    kinds = Counter(entry.kind for _, entry in outcomes)
    return ReconcileResult(
        accounts=len(records) + len(late),
        billed=kinds[OutcomeKind.BILLED],
        nothing_to_bill=kinds[OutcomeKind.NOTHING_TO_BILL],
        skipped=kinds[OutcomeKind.SKIPPED],
        parked=kinds[OutcomeKind.PARKED],
    )


def _added_too_late(account: str, name: str, agreements: list[str]) -> AccountOutcome:
    return AccountOutcome(
        account=account,
        account_name=name,
        agreements=tuple(
            AgreementOutcome(
                agreement=agreement,
                kind=OutcomeKind.SKIPPED,
                reason="came into the book after the snapshot was sealed",
            )
            for agreement in agreements
        ),
    )


def _check_parked_share(
    context: CycleContext, outcomes: list[tuple[str, AgreementOutcome]]
) -> None:
    accounts = {account for account, _ in outcomes}
    parked = {account for account, entry in outcomes if entry.kind is OutcomeKind.PARKED}
    if not accounts:
        return
    share = Decimal(len(parked)) / Decimal(len(accounts))
    if share > context.policy.parked_share_limit:
        raise TooManyParkedError(
            f"{len(parked)} of {len(accounts)} accounts are parked, over the policy's limit of "
            f"{context.policy.parked_share_limit}"
        )
