"""Numbering: gapless per provider and series, a page of drafts at a time."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.usecases.context import CycleRequest, load_context
from msp_billing.usecases.ports import Ports

INVOICES_PER_CALL = 490
"""Ten transactions of 49 invoices: a call stays well within a Lambda's time."""


class NumberRequest(CycleRequest):
    """Where to go on, as the call before said."""

    after: str = Field(default="", max_length=1024, description="Empty for the first call.")


class NumberResult(Frozen):
    """Whether the state machine has to come again, and where to go on then."""

    numbered: int
    more: bool
    contended: bool
    after: str


def number_invoices(ports: Ports, request: NumberRequest) -> NumberResult:
    """Give the next numbers to the next drafts.

    Idempotent: an invoice that has its number is no draft any more, so that a call whose answer
    was lost is simply made again. When another run of the provider keeps taking the numbers, the
    result says so, and the state machine comes again a little later.
    """
    context = load_context(ports, request)
    if context.cycle.numbered_at is None:
        # Kept before the first number: from here on a new attempt goes on from this count.
        now = ports.clock.now()
        ports.cycles.update(context.cycle.model_copy(update={"numbered_at": now}))
    done = ports.invoices.number_next(
        request.cycle_id,
        context.run.number_prefix or context.policy.invoice_number_prefix,
        INVOICES_PER_CALL,
        request.after or None,
        series="information" if context.run.informational else "invoice",
    )
    return NumberResult(
        numbered=done.numbered,
        more=done.contended or done.numbered == INVOICES_PER_CALL,
        contended=done.contended,
        after=done.after or "",
    )
