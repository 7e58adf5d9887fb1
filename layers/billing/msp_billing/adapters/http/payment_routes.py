"""Routes about money that came in, went back, or waits for a person."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import Field

from msp_billing.adapters.http.answering import NotThereError, promised
from msp_billing.adapters.http.bodies import (
    AssignmentBody,
    DismissalBody,
    PaymentBody,
    ReturnBody,
)
from msp_billing.adapters.http.requests import caller_of, new_router, ports_of
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.payments.incoming import PaymentKey
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.receivables.booking import book_payment, take_return
from msp_billing.usecases.receivables.entry_checks import check_source
from msp_billing.usecases.receivables.queue import (
    AssignRequest,
    DismissRequest,
    assign_payment,
    dismiss_payment,
    waiting,
)

router = new_router()
Provider = Annotated[Identifier, Path(description="Short name of the provider.")]
_TAGS = ["Payments"]

MAX_WAITING = 1000
"""Payments in one answer: a Lambda function answers with six megabytes at most."""


class Queue(Frozen):
    """What waits for a person, oldest first."""

    waiting: tuple[PaymentRecord, ...]
    total: int = Field(description="How many wait in all; decide about these, and ask again.")


@router.post(
    "/providers/<provider>/payments",
    summary="Book a payment",
    description="The same payment again changes nothing and returns what became of it. One whose "
    "account is not certain is kept in the queue, with state 'queued'.",
    tags=_TAGS,
    operation_id="bookPayment",
    responses=promised("What became of the payment.", 404, 409),
)
def post_payment(provider: Provider, body: Annotated[PaymentBody, Body()]) -> PaymentRecord:
    """See :func:`msp_billing.usecases.receivables.booking.book_payment`."""
    who = caller_of(router, body.by)
    return book_payment(ports_of(router), body.payment(provider), str(who))


@router.post(
    "/providers/<provider>/returns",
    summary="Report that the bank took a payment back",
    description="The payment is found by its key, its number of the bank, or the account and "
    "amount; what is not certain is kept in the queue. The same return again changes nothing.",
    tags=_TAGS,
    operation_id="reportReturn",
    responses=promised("What became of the return.", 404, 409),
)
def post_return(provider: Provider, body: Annotated[ReturnBody, Body()]) -> PaymentRecord:
    """See :func:`msp_billing.usecases.receivables.booking.take_return`."""
    who = caller_of(router, body.by)
    returned = body.returned(provider)
    check_source(ports_of(router), returned.key)
    return take_return(ports_of(router), returned, str(who))


@router.get(
    "/providers/<provider>/payments/queue",
    summary="What waits for a person",
    tags=_TAGS,
    operation_id="listQueue",
    responses=promised("Payments and returns that wait, oldest first.", 404),
)
def get_queue(
    provider: Provider,
    limit: Annotated[int, Query(ge=1, le=MAX_WAITING, description="At most so many.")] = 100,
) -> Queue:
    """See :func:`msp_billing.usecases.receivables.queue.waiting`."""
    caller_of(router)
    ports = ports_of(router)
    ports.policies.current(provider)  # refuses a provider that nobody knows
    found = waiting(ports, provider)
    return Queue(waiting=found[:limit], total=len(found))


@router.post(
    "/providers/<provider>/payments/queue/assignment",
    summary="Say whose payment it is, or which one went back",
    description="The same decision again changes nothing.",
    tags=_TAGS,
    operation_id="assignPayment",
    responses=promised("The booked payment or return.", 404, 409),
)
def post_assignment(provider: Provider, body: Annotated[AssignmentBody, Body()]) -> PaymentRecord:
    """See :func:`msp_billing.usecases.receivables.queue.assign_payment`."""
    who = caller_of(router, body.by)
    key = body.of(provider)
    _check_known(key)
    return assign_payment(
        ports_of(router),
        AssignRequest(
            key=key,
            account=body.account,
            payment=body.payment.of(provider) if body.payment else None,
            remittance=tuple(entry.part() for entry in body.remittance),
            assigned_by=str(who),
            why=body.why,
        ),
    )


@router.post(
    "/providers/<provider>/payments/queue/dismissal",
    summary="Say that it is no payment of an account",
    description="It is kept for ever, but waits no more. The same decision again changes nothing.",
    tags=_TAGS,
    operation_id="dismissPayment",
    responses=promised("The dismissed payment or return.", 404, 409),
)
def post_dismissal(provider: Provider, body: Annotated[DismissalBody, Body()]) -> PaymentRecord:
    """See :func:`msp_billing.usecases.receivables.queue.dismiss_payment`."""
    who = caller_of(router, body.by)
    key = body.of(provider)
    _check_known(key)
    return dismiss_payment(
        ports_of(router), DismissRequest(key=key, dismissed_by=str(who), why=body.why)
    )


def _check_known(key: PaymentKey) -> None:
    """Raises NotThereError when nothing was ever reported under the key."""
    if ports_of(router).payments.find(key) is None:
        raise NotThereError(f"Nothing was reported as {key.document} of {key.provider}.")
