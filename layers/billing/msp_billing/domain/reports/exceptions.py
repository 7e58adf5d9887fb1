"""The exceptions of a run: what was found in each account, for the clerk."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.findings import Finding


class AccountFindings(Frozen):
    """What was found in one account."""

    account: Identifier
    account_name: str
    findings: tuple[Finding, ...] = Field(min_length=1)
