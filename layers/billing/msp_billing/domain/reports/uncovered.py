"""Findings for the account's own eyes: devices that nothing covers (INT-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.findings import Finding
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.reports.report_policy import ReportPolicy


class UncoveredDevices(Frozen):
    """What an account is told of the findings that a report is about."""

    account: Identifier
    account_name: str
    period: Period
    findings: tuple[Finding, ...]
    places: dict[Identifier, str]

    @property
    def devices(self) -> int:
        """How many items the findings name."""
        return sum(len(finding.items) for finding in self.findings)


def uncovered_devices(
    account: str,
    account_name: str,
    period: Period,
    places: dict[str, str],
    findings: tuple[Finding, ...],
    report: ReportPolicy,
) -> UncoveredDevices | None:
    """The findings of the report's codes; None when there is none, and then nobody is written to.

    Args:
        places: names of the account's subscribers or sites.
    """
    told = tuple(finding for finding in findings if finding.code in report.findings)
    if not told:
        return None
    return UncoveredDevices(
        account=account, account_name=account_name, period=period, findings=told, places=places
    )
