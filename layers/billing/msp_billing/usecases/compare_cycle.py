"""Comparing a run as a whole: what the provider's clerk looks at before it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.money import in_words
from msp_billing.usecases.comparisons import run_totals, store_run_workbook
from msp_billing.usecases.context import CycleRequest, load_context
from msp_billing.usecases.exceptions_report import store_exceptions

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


class CompareCycleResult(Frozen):
    """What the approver sees in short."""

    workbook_key: str
    billed: int
    parked: int
    total: str
    previous_total: str


def compare_cycle(ports: Ports, request: CycleRequest) -> CompareCycleResult:
    """Write the run's comparison workbook for the provider's clerk, and the exceptions."""
    context = load_context(ports, request)
    workbook = store_run_workbook(ports, context)
    store_exceptions(ports, context)
    totals = run_totals(ports, context)
    return CompareCycleResult(
        workbook_key=workbook.key,
        billed=totals.billed,
        parked=totals.parked,
        total=in_words(totals.current_totals),
        previous_total=in_words(totals.previous_totals),
    )
