"""What is counted of the results of use cases. Every name is explained in docs/operating.md.

A step may run twice, so what is counted here is of two kinds. A *figure* is what is so now: a
repetition tells the same again, and it is read as the largest of its time, never added up. A
*count* is of something that the table lets happen once, and is told only by the call in which it
happened (:mod:`msp_billing.adapters.counted_stores`).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.observing.metrics import Measure

if TYPE_CHECKING:
    from msp_billing.usecases.attention.digest import DigestResult
    from msp_billing.usecases.close_cycle import CloseResult
    from msp_billing.usecases.dunning.sweep_result import SweepResult
    from msp_billing.usecases.receivables.payment_file_records import FileResult
    from msp_billing.usecases.receivables.verifying import ProofResult
    from msp_billing.usecases.reconcile_cycle import ReconcileResult
    from msp_billing.usecases.start_cycle import SweepResult as MissedCycles

_ERRORS = {"CompletenessGapError": "CompletenessGaps", "TooManyParkedError": "TooManyParked"}

_SUMMARY = {
    "billed": "AccountsBilled",
    "nothing_to_bill": "AccountsNothingToBill",
    "skipped": "AccountsSkipped",
    "parked": "AccountsParked",
    "invoices": "InvoicesIssued",
    "mails_unknown": "MailsLeftUnknown",
    "mails_rejected": "MailsLeftFailed",
}


def of_error(error: Exception) -> Iterator[Measure]:
    """A handler that failed; what proves a cycle incomplete by a name of its own."""
    yield Measure("HandlersFailed")
    name = _ERRORS.get(type(error).__name__)
    if name is not None:
        yield Measure(name)


def of_outcomes(result: ReconcileResult) -> Iterator[Measure]:
    """How the agreements of a cycle ended, before anything has a number: figures."""
    yield Measure("AgreementsBilled", result.billed, run=True)
    yield Measure("AgreementsNothingToBill", result.nothing_to_bill, run=True)
    yield Measure("AgreementsSkipped", result.skipped, run=True)
    yield Measure("AgreementsParked", result.parked, run=True)
    yield Measure("CompletenessGaps", 0)


def of_closing(result: CloseResult) -> Iterator[Measure]:
    """What a cycle came to: figures, by currency where they are amounts."""
    for name, metric in _SUMMARY.items():
        yield Measure(metric, int(result.summary[name]), run=True)
    for amount in str(result.summary["total"]).split(", "):
        value, currency = amount.split(" ")
        yield Measure(
            "AmountBilled", Decimal(value), unit="None", of=(("currency", currency),), run=True
        )


def of_proof(result: ProofResult) -> Iterator[Measure]:
    """Ledgers that were proved, and those that do not fit: figures."""
    yield Measure("LedgersVerified", result.ledgers)
    yield Measure("LedgersNotFitting", len(result.misfits))


def of_sweep(result: SweepResult) -> Iterator[Measure]:
    """That the daily sweep of accounts came to its end, and what it could not look at.

    A call that others go on from does not tell zero: alarms go by whether anything is told.
    """
    if result.is_done:
        yield Measure("SweepsDone", of=(("sweep", "accounts"),))
    yield Measure("AccountsSwept", result.accounts)
    yield Measure("AccountsNotSwept", len(result.failed))
    yield Measure("CasesOpened", result.opened)


def of_missed_cycles(result: MissedCycles) -> Iterator[Measure]:
    """That the daily look for cycles came to its end, and what no schedule had started."""
    if not result.handed_on:
        yield Measure("SweepsDone", of=(("sweep", "cycles"),))
    yield Measure("CyclesStartedLate", len(result.started))
    yield Measure("CyclesHealed", len(result.healed))
    if not result.handed_on:
        yield Measure("OpenCycles", len(result.open_hours))
        yield Measure("OldestOpenCycleHours", max(result.open_hours, default=0))


def of_payment_file(result: FileResult) -> Iterator[Measure]:
    """Whether a bank file was refused; what is booked of it is counted where it is booked."""
    if not result.repeated:
        yield Measure("PaymentFilesRefused", int(result.refused), provider=result.provider)


def of_attention(result: DigestResult) -> Iterator[Measure]:
    """What needs a person, by kind, and where accounts stand: figures. None is told, too.

    An alarm that hangs on a kind ends when there is none of it any more.
    """
    from msp_billing.domain.attention import AttentionKind  # noqa: PLC0415 - for one function only
    from msp_billing.domain.dunning.standing import AccountState  # noqa: PLC0415 - as above

    for kind in AttentionKind:
        yield Measure("NeedsPerson", result.by_kind.get(kind, 0), of=(("kind", kind.value),))
    for state in AccountState:
        number = result.by_state.get(state.value, 0)
        yield Measure("AccountsInState", number, of=(("state", state.value),))
