"""What every step of a cycle begins with: the cycle it belongs to and what that pinned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import Cycle, CycleId, CycleState
from msp_billing.domain.periods import Period
from msp_billing.usecases.errors import LockLostError

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.invoices import InvoiceId
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.usecases.ports import Ports


class CycleRequest(Frozen):
    """The cycle that a step works on, and the token of the execution that asks."""

    provider: Identifier
    run: Identifier
    period: Period
    owner: str = Field(min_length=1)

    @property
    def cycle_id(self) -> CycleId:
        """The cycle, without the owner."""
        return CycleId(provider=self.provider, run=self.run, period=self.period)


class BatchRequest(CycleRequest):
    """One batch of accounts of a cycle: a line of the manifest, with the cycle it is of."""

    batch: int
    key: str
    sha256: str
    accounts: tuple[Identifier, ...]


MAX_FAILURE_LENGTH = 2000


@dataclass(frozen=True)
class CycleContext:
    """A cycle with the policy, price book and run that it pinned."""

    cycle: Cycle
    policy: ProviderPolicy
    price_book: PriceBook
    run: RunPolicy


@contextmanager
def failure_noted(ports: Ports, request: CycleRequest) -> Iterator[None]:
    """Keep with the cycle what a batch fails for.

    Step Functions tells the cycle's execution of a map no more than that too many of its batches
    failed; the reason would be in one of many child executions.
    """
    try:
        yield
    except Exception as error:
        name = type(error).__name__
        cycle = ports.cycles.find(request.cycle_id)
        if cycle is not None and cycle.owner == request.owner and cycle.state is CycleState.OPEN:
            noted = {"error": name, "failure": f"{name}: {error}"[:MAX_FAILURE_LENGTH]}
            # The cycle may have failed or changed hands meanwhile; the batch's own error goes on.
            with suppress(LockLostError):
                ports.cycles.update(cycle.model_copy(update=noted))
        raise


def load_context(ports: Ports, request: CycleRequest) -> CycleContext:
    """Load the cycle and what it pinned.

    Raises:
        LockLostError: when the asking execution does not hold the period's lock (any more), as
            happens to a late retry after somebody else took a failed cycle over.
    """
    cycle = ports.cycles.find(request.cycle_id)
    if cycle is None or cycle.owner != request.owner:
        raise LockLostError(f"{request.cycle_id} is not held by {request.owner}")
    return pinned(ports, cycle)


def pinned(ports: Ports, cycle: Cycle) -> CycleContext:
    """A cycle with the policy, price book and run that it pinned."""
    provider = cycle.id.provider
    policy = ports.policies.policy(provider, cycle.policy_version)
    price_book = ports.policies.price_book(provider, cycle.price_book_version)
    return CycleContext(cycle, policy, price_book, policy.run_policy(cycle.id.run))


def calendar_around(ports: Ports, policy: ProviderPolicy, year: int) -> BusinessCalendar:
    """The business calendar of a year with its neighbours, where rules may reach into."""
    return ports.calendars.business_calendar(policy.holidays, range(year - 2, year + 3))


def count_prefix(cycle: Cycle) -> str:
    """Where what a cycle counted lies; sealed objects never change: each count has its place."""
    prefix = object_prefix(cycle.id)
    return prefix if cycle.count_attempt == 1 else f"{prefix}/attempt-{cycle.count_attempt}"


def object_prefix(part_of: CycleId | InvoiceId | MailId) -> str:
    """Where the objects of a cycle lie in the records bucket."""
    return f"{part_of.provider}/{part_of.run}/{part_of.period}"
