"""What the program's exit code means; scripts go by it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from mspbill.reports import CycleStatus, ProviderReport


class ExitCode(IntEnum):
    """0 is the only one with which there is nothing left to do."""

    DONE = 0
    FAILED = 1
    BAD_INPUT = 2
    WAITS_FOR_APPROVAL = 3
    PARKED = 4


EPILOG = (
    "Exit codes: 0 everything was billed; 1 a cycle failed, and its message says why; "
    "2 the input is wrong and nothing was written; 3 a run waits for a person's approval and "
    "nothing of it was numbered; 4 done, but there is something for a person to "
    "look at: parked accounts, or customers in the exports that the book does not know."
)


def exit_code_of(reports: Iterable[ProviderReport]) -> ExitCode:
    """The most serious thing that happened."""
    cycles = [cycle for report in reports for cycle in report.cycles]
    statuses = {cycle.status for cycle in cycles}
    if CycleStatus.FAILED in statuses:
        return ExitCode.FAILED
    if CycleStatus.WAITS_FOR_APPROVAL in statuses:
        return ExitCode.WAITS_FOR_APPROVAL
    to_look_at = any(cycle.parked or cycle.unknown_customers for cycle in cycles)
    return ExitCode.PARKED if to_look_at else ExitCode.DONE


ACCOUNTS_EPILOG = (
    "Exit codes: 0 done, or yes; 1 it failed, or a ledger does not fit, and the message says why; "
    "2 the input is wrong or was refused, and nothing was changed; 4 done, or answered, but there "
    "is something for a person to look at: a payment that waits in the queue, or a no."
)
