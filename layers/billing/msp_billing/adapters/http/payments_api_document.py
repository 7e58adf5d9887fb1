"""The OpenAPI document of the payments API: what it says beside routes and models."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, License, Tag

from msp_billing.adapters.http.payments_api import payments_api

VERSION = "1.0.0"
_DESCRIPTION = """\
Payments, what accounts owe, and what they may do.

Every request is signed by an IAM principal (AWS Signature Version 4), which is kept as who did it.
Amounts are text ("125.00"), never JSON numbers. Whatever is refused answers with every problem that
was found, and nothing is done then. A request may be sent again without harm: what it names stands
once."""


def payments_api_document() -> str:
    """The document as JSON text."""
    api = payments_api()
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
    return str(api.get_openapi_json_schema())
