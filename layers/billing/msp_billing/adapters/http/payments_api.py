"""The payments API: every route, and which error of a use case is which answer."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, License, Tag

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

VERSION = "1.0.0"
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
_DESCRIPTION = """\
Payments, what accounts owe, and what they may do.

Every request is signed by an IAM principal (AWS Signature Version 4), which is kept as who did it.
Amounts are text ("125.00"), never JSON numbers. Whatever is refused answers with every problem that
was found, and nothing is done then. A request may be sent again without harm: what it names stands
once."""


@cache
def payments_api() -> APIGatewayHttpResolver:
    """The resolver of the API's function; the handler gives it ``ports`` with each request."""
    api = make_resolver(_REFUSED)
    api.include_router(payment_routes.router)
    api.include_router(account_routes.router)
    signed = APIKey(
        name="Authorization", description="AWS Signature Version 4", in_=APIKeyIn.header
    )
    api.configure_openapi(
        title="Payments API",
        version=VERSION,
        description=_DESCRIPTION,
        license_info=License(name="MIT", identifier="MIT"),
        tags=[
            Tag(name="Payments", description="Money that came in, went back, or waits."),
            Tag(name="Accounts", description="What accounts owe, and what puts steps off."),
            Tag(name="Entitlements", description="What accounts may do."),
        ],
        security_schemes={"sigv4": signed},
        security=[{"sigv4": []}],
    )
    return api
