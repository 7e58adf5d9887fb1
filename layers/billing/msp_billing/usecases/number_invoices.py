"""Numbering: gapless per provider and series, a page of drafts at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.usecases.context import CycleContext, CycleRequest, load_context

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import Numbering

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
    done = number_drafts(ports, context, INVOICES_PER_CALL, request.after or None)
    return NumberResult(
        numbered=done.numbered,
        more=done.contended or done.numbered == INVOICES_PER_CALL,
        contended=done.contended,
        after=done.after or "",
    )


def number_drafts(
    ports: Ports, context: CycleContext, limit: int, after: str | None = None
) -> Numbering:
    """Number drafts of a cycle in the row of its run: documents for information have their own.

    Whoever numbers does it by this, so that no document takes a number of the invoices (COL-24).
    """
    return ports.invoices.number_next(
        context.cycle.id,
        context.run.number_prefix or context.policy.invoice_number_prefix,
        limit,
        after,
        series="information" if context.run.informational else "invoice",
    )
