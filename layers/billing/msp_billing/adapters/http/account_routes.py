"""Routes about one account: what it owes, what it may do, and what puts that off."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from msp_billing.adapters.http.answering import NotThereError, promised
from msp_billing.adapters.http.bodies import (
    AcknowledgementBody,
    PauseBody,
    PauseEndBody,
    RefundBody,
)
from msp_billing.adapters.http.requests import caller_of, new_router, ports_of
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.entitlements import Answer, What
from msp_billing.domain.dunning.standing import Pause
from msp_billing.domain.ledger.statements import Statement
from msp_billing.usecases.dunning.entitlements import (
    EntitlementRecord,
    acknowledge,
    desired_state,
    may,
)
from msp_billing.usecases.dunning.pauses import (
    EndPauseRequest,
    end_pause,
    make_promise,
    raise_dispute,
)
from msp_billing.usecases.receivables.account_facts import AccountView
from msp_billing.usecases.receivables.account_statement import state_account
from msp_billing.usecases.receivables.account_view import view_account
from msp_billing.usecases.receivables.refunds import RefundRequest, RefundResult, refund_credit

router = new_router()
Provider = Annotated[Identifier, Path(description="Short name of the provider.")]
Account = Annotated[Identifier, Path(description="Short name of the account.")]
_ACCOUNT = "/providers/<provider>/accounts/<account>"
_MONEY, _ENTITLEMENTS = ["Accounts"], ["Entitlements"]


class Acknowledged(Frozen):
    """The version that the consumer has done now."""

    consumer: Identifier
    entitlement_version: int


@router.get(
    _ACCOUNT,
    summary="Why the account is where it is, and what happens when",
    description="Balance, aging, state with its clause, the steps that follow if nothing is paid "
    "with their days, what payment clears it, and its history.",
    tags=_MONEY,
    operation_id="viewAccount",
    responses=promised("The account as it stands now.", 404),
)
def get_account(provider: Provider, account: Account) -> AccountView:
    """See :func:`msp_billing.usecases.receivables.account_view.view_account`."""
    caller_of(router)
    return view_account(ports_of(router), provider, account)


@router.get(
    f"{_ACCOUNT}/statement",
    summary="What the account was billed and paid, with running balance",
    tags=_MONEY,
    operation_id="stateAccount",
    responses=promised("The statement, out of the ledger's entries alone.", 404),
)
def get_statement(
    provider: Provider,
    account: Account,
    from_on: Annotated[
        date | None,
        Query(alias="from", description="First day; of the month before last, if left out."),
    ] = None,
    to_on: Annotated[
        date | None, Query(alias="to", description="Last day; today, if left out.")
    ] = None,
) -> Statement:
    """See :func:`msp_billing.usecases.receivables.account_statement.state_account`."""
    caller_of(router)
    return state_account(ports_of(router), provider, account, from_on, to_on)


@router.post(
    f"{_ACCOUNT}/refunds",
    summary="Enter that credit is paid back",
    description="Never more than is held, the oldest credit first. The same refund again changes "
    "nothing.",
    tags=_MONEY,
    operation_id="refundCredit",
    responses=promised("The refund that stands.", 404, 409),
)
def post_refund(
    provider: Provider, account: Account, body: Annotated[RefundBody, Body()]
) -> RefundResult:
    """See :func:`msp_billing.usecases.receivables.refunds.refund_credit`."""
    who = caller_of(router, body.by)
    return refund_credit(
        ports_of(router),
        RefundRequest(
            provider=provider,
            account=account,
            refund=body.refund,
            amount=body.amount,
            method=body.method,
            requested_by=str(who),
            why=body.why,
        ),
    )


@router.post(
    f"{_ACCOUNT}/promises",
    summary="Keep that the account promised to pay",
    description="It pauses what it covers, until its last day; then the case goes on at the step "
    "where it stood. The same promise again changes nothing.",
    tags=_MONEY,
    operation_id="makePromise",
    responses=promised("The promise as it is kept.", 404),
)
def post_promise(provider: Provider, account: Account, body: Annotated[PauseBody, Body()]) -> Pause:
    """See :func:`msp_billing.usecases.dunning.pauses.make_promise`."""
    who = caller_of(router, body.by)
    return make_promise(ports_of(router), body.request(provider, account, str(who)))


@router.post(
    f"{_ACCOUNT}/disputes",
    summary="Keep that the account disputes an amount",
    description="It pauses what it covers, until it is ended or its last day has passed. The same "
    "dispute again changes nothing.",
    tags=_MONEY,
    operation_id="raiseDispute",
    responses=promised("The dispute as it is kept.", 404),
)
def post_dispute(provider: Provider, account: Account, body: Annotated[PauseBody, Body()]) -> Pause:
    """See :func:`msp_billing.usecases.dunning.pauses.raise_dispute`."""
    who = caller_of(router, body.by)
    return raise_dispute(ports_of(router), body.request(provider, account, str(who)))


@router.post(
    f"{_ACCOUNT}/pauses/<pause>/end",
    summary="End a promise or dispute before its last day",
    description="What it covered is followed again at once.",
    tags=_MONEY,
    operation_id="endPause",
    responses=promised("The promise or dispute, ended.", 404),
)
def post_pause_end(
    provider: Provider,
    account: Account,
    pause: Annotated[Identifier, Path(description="Name of the promise or dispute.")],
    body: Annotated[PauseEndBody, Body()],
) -> Pause:
    """See :func:`msp_billing.usecases.dunning.pauses.end_pause`."""
    who = caller_of(router, body.by)
    return end_pause(
        ports_of(router),
        EndPauseRequest(
            provider=provider,
            account=account,
            pause=pause,
            how=body.how,
            by=str(who),
            why=body.why,
        ),
    )


@router.get(
    f"{_ACCOUNT}/entitlement",
    summary="What the account may do: the state that others should bring about",
    tags=_ENTITLEMENTS,
    operation_id="getEntitlement",
    responses=promised("The desired state, with its version.", 404),
)
def get_entitlement(provider: Provider, account: Account) -> EntitlementRecord:
    """See :func:`msp_billing.usecases.dunning.entitlements.desired_state`."""
    caller_of(router)
    (record,) = desired_state(ports_of(router), provider, account)
    return record


@router.get(
    f"{_ACCOUNT}/may",
    summary="Whether the account may buy, get support, or have a service on",
    description="Answered by one consistent read, with the reason.",
    tags=_ENTITLEMENTS,
    operation_id="may",
    responses=promised("Yes or no, and why.", 404),
)
def get_may(
    provider: Provider,
    account: Account,
    what: Annotated[What, Query(description="What it wants.")],
    service: Annotated[
        Identifier | None, Query(description="The service's name, with what=service.")
    ] = None,
) -> Answer:
    """See :func:`msp_billing.usecases.dunning.entitlements.may`."""
    caller_of(router)
    return may(ports_of(router), provider, account, what, service)


@router.post(
    f"{_ACCOUNT}/entitlement/acknowledgement",
    summary="Say that a version of the desired state is brought about",
    description="From its first acknowledgement on a consumer is known: what it has not done is "
    "published again every day.",
    tags=_ENTITLEMENTS,
    operation_id="acknowledgeEntitlement",
    responses=promised("What is kept.", 404),
)
def post_acknowledgement(
    provider: Provider, account: Account, body: Annotated[AcknowledgementBody, Body()]
) -> Acknowledged:
    """See :func:`msp_billing.usecases.dunning.entitlements.acknowledge`."""
    caller_of(router)
    ports = ports_of(router)
    if ports.book.find(provider, account) is None:
        raise NotThereError(f"{provider} has no account '{account}'.")
    acknowledge(ports, provider, account, body.consumer, body.entitlement_version)
    done = ports.standings.acknowledged(provider, body.consumer)
    return Acknowledged(consumer=body.consumer, entitlement_version=done[account])
