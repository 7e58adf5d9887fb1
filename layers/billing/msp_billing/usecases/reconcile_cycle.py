"""Reconciling: prove that nobody was forgotten before anything gets a number."""

from __future__ import annotations

import gzip
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.outcomes import AgreementOutcome, OutcomeKind, find_gaps
from msp_billing.domain.snapshots import SnapshotBatch
from msp_billing.usecases.context import (
    CycleContext,
    CycleRequest,
    calendar_around,
    load_context,
)
from msp_billing.usecases.errors import CompletenessGapError, TooManyParkedError
from msp_billing.usecases.manifest import manifest_lines
from msp_billing.usecases.records import AccountRecord
from msp_billing.usecases.standing import active_or_all

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.cycles import Cycle
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
    be missing from the check as well. An account that was applied after the snapshot was sealed
    owes an outcome for what its sealed state had; what came into the book since is recorded as
    skipped, by name.

    Raises:
        CompletenessGapError: when an agreement has no outcome, or one that nobody expects.
        TooManyParkedError: when the parked share is over the policy's limit.
    """
    context = load_context(ports, request)
    standing = _Standing(ports, context)
    sealed_at = context.cycle.sealed_at
    sealed = _SealedBook(ports, context.cycle)
    records = {record.account: record for record in ports.invoices.all_records(request.cycle_id)}
    expected: list[tuple[str, str]] = []
    for entry in ports.book.entries(request.provider):
        account = entry.account
        active = standing.active(account)
        if sealed_at is not None and entry.applied_at >= sealed_at:
            before = sealed.account(account.account)
            owed = standing.active(before) if before else []
            record = _with_skipped(records.get(account.account), account, set(active) - set(owed))
            if record is not None and record != records.get(account.account):
                ports.invoices.put_record(request.cycle_id, record)
                records[account.account] = record
            active = list(dict.fromkeys([*owed, *active]))
        expected += [(account.account, agreement) for agreement in active]
        standing.note_closing(records.get(account.account), account, active)
    outcomes = [
        (record.account, entry) for record in records.values() for entry in record.agreements
    ]
    recorded = [(account, entry.agreement) for account, entry in outcomes]
    gaps = find_gaps([*expected, *standing.closing], recorded)
    if gaps:
        named = "; ".join(
            f"{gap.account}/{gap.agreement} {gap.what}" for gap in gaps[:_MAX_GAPS_NAMED]
        )
        raise CompletenessGapError(f"{len(gaps)} gaps: {named}")
    _check_parked_share(context, outcomes)
    kinds = Counter(entry.kind for _, entry in outcomes)
    return ReconcileResult(
        accounts=len(records),
        billed=kinds[OutcomeKind.BILLED],
        nothing_to_bill=kinds[OutcomeKind.NOTHING_TO_BILL],
        skipped=kinds[OutcomeKind.SKIPPED],
        parked=kinds[OutcomeKind.PARKED],
    )


class _SealedBook:
    """The accounts as they were sealed; a batch is loaded when one of its accounts is asked for."""

    def __init__(self, ports: Ports, cycle: Cycle) -> None:
        self._ports = ports
        self._lines = {
            account: line for line in manifest_lines(ports, cycle) for account in line.accounts
        }
        self._batches: dict[int, dict[str, Account]] = {}

    def account(self, account: str) -> Account | None:
        """The sealed account, or None when the snapshot does not have it."""
        line = self._lines.get(account)
        if line is None:
            return None
        if line.batch not in self._batches:
            content = gzip.decompress(self._ports.records.get(line.key, line.sha256))
            batch = SnapshotBatch.model_validate_json(content)
            self._batches[line.batch] = {
                entry.account.account: entry.account for entry in batch.accounts
            }
        return self._batches[line.batch][account]


class _Standing:
    """Which agreements owe an outcome in the cycle's period, by the policy that it pinned."""

    def __init__(self, ports: Ports, context: CycleContext) -> None:
        self._policy = context.policy
        self._book = context.price_book
        self._period = context.cycle.id.period
        self._calendar = calendar_around(ports, context.policy, self._period.year)
        self.closing: list[tuple[str, str]] = []

    def active(self, account: Account) -> list[str]:
        """The agreements that are in force."""
        found = active_or_all(account, self._policy, self._book, self._calendar, self._period)
        return [entry.agreement for entry in found]

    def note_closing(
        self, record: AccountRecord | None, account: Account, active: list[str]
    ) -> None:
        """Agreements that have ended may still have a last charge: no gap, and not owed either."""
        known = {entry.agreement for entry in account.agreements} - set(active)
        for entry in record.agreements if record else ():
            if entry.agreement in known and entry.kind in {OutcomeKind.BILLED, OutcomeKind.PARKED}:
                self.closing.append((account.account, entry.agreement))


def _with_skipped(
    record: AccountRecord | None, account: Account, late: set[str]
) -> AccountRecord | None:
    """The record with the agreements that came too late, each as skipped."""
    if record is None and not late:
        return None
    standing = record or AccountRecord(
        account=account.account, account_name=account.name, agreements=(), parts=()
    )
    recorded = {entry.agreement for entry in standing.agreements}
    skipped = tuple(
        AgreementOutcome(
            agreement=agreement,
            kind=OutcomeKind.SKIPPED,
            reason="came into the book after the snapshot was sealed",
        )
        for agreement in sorted(late - recorded)
    )
    return standing.model_copy(update={"agreements": (*standing.agreements, *skipped)})


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
