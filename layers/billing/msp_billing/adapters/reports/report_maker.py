"""The port ``Reports``: each kind of report as documents, and the words of its mail."""

from __future__ import annotations

from pathlib import Path

from msp_billing.adapters.reports.device_workbook import device_documents
from msp_billing.domain.reports.content import ReportContent, ReportFrame
from msp_billing.domain.reports.device_changes import DeviceReport
from msp_billing.domain.reports.notices import MadeReport
from msp_billing.domain.reports.report_policy import ReportPolicy


class ReportMaker:
    """The same content made at the same instant is the same bytes.

    Args:
        assets: the folder with templates and fonts; ``/opt`` on AWS.
    """

    def __init__(self, assets: Path) -> None:
        self._assets = assets

    def make(self, content: ReportContent, report: ReportPolicy, frame: ReportFrame) -> MadeReport:
        """The report of one account."""
        match content:
            case DeviceReport():
                return device_documents(content, report, frame)
