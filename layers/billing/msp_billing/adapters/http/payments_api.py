"""The payments API: every route, and which error of a use case is which answer.

Its OpenAPI document is described in :mod:`msp_billing.adapters.http.payments_api_document`: what
that takes is not loaded to answer requests.
"""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from msp_billing.adapters.http import account_routes, payment_routes
from msp_billing.adapters.http.answering import make_resolver
from msp_billing.domain.dunning.entitlements import EntitlementQuestionError
from msp_billing.usecases.dunning.context import UnknownAccountError
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.errors import (
    ConcurrentLedgerError,
    LedgerCurrencyError,
    PaymentConflictError,
    PaymentDecidedError,
    RefundConflictError,
)

_REFUSED: dict[type[Exception], tuple[int, str]] = {
    UnknownAccountError: (404, "unknown-account"),
    PaymentConflictError: (409, "payment-conflict"),
    PaymentDecidedError: (409, "payment-decided"),
    RefundConflictError: (409, "refund-conflict"),
    LedgerCurrencyError: (422, "other-currency"),
    EntitlementQuestionError: (422, "which-service"),
    ConcurrentLedgerError: (503, "busy"),
    ConcurrentStandingError: (503, "busy"),
}


@cache
def payments_api() -> APIGatewayHttpResolver:
    """The resolver of the API's function; the handler gives it ``ports`` with each request."""
    api = make_resolver(_REFUSED)
    api.include_router(payment_routes.router)
    api.include_router(account_routes.router)
    return api
