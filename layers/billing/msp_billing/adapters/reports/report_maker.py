"""The port ``Reports``: each kind of report as documents, and the words of its mail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msp_billing.adapters.account_documents.statement_mail import statement_report
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.language import in_language
from msp_billing.adapters.reports.device_workbook import device_documents
from msp_billing.adapters.reports.finding_workbooks import uncovered_documents
from msp_billing.adapters.reports.pre_invoice_documents import pre_invoice_documents
from msp_billing.adapters.reports.review_document import review_documents
from msp_billing.adapters.reports.user_workbooks import (
    billed_contact_documents,
    user_change_documents,
)
from msp_billing.domain.reports.billed_contacts import BilledContacts
from msp_billing.domain.reports.device_changes import DeviceReport
from msp_billing.domain.reports.pre_invoices import PreInvoices
from msp_billing.domain.reports.quarterly_review import QuarterlyReview
from msp_billing.domain.reports.uncovered import UncoveredDevices
from msp_billing.domain.reports.user_changes import UserChanges

if TYPE_CHECKING:
    from msp_billing.domain.ledger.account_statement import AccountStatement
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.reports.content import ReportContent, ReportFrame
    from msp_billing.domain.reports.notices import MadeReport
    from msp_billing.domain.reports.report_policy import ReportPolicy


class ReportMaker:
    """The same content made at the same instant is the same bytes.

    Args:
        assets: the folder with templates and fonts; ``/opt`` on AWS.
    """

    def __init__(self, assets: Path) -> None:
        self._typst = TypstRenderer(assets)

    def make(self, content: ReportContent, report: ReportPolicy, frame: ReportFrame) -> MadeReport:
        """The report of one account, in its language."""
        with in_language(frame.locale):
            made = self._made(content, report, frame)
        notice = made.notice.model_copy(update={"locale": frame.locale})
        return made.model_copy(update={"notice": notice})

    def make_statement(self, told: AccountStatement, policy: ProviderPolicy) -> MadeReport:
        """A statement of account, in the account's language, with the words of its mail."""
        content = self._typst.render_statement(told, policy)
        with in_language(told.addressee.locale):
            return statement_report(told, policy, content)

    def _made(self, content: ReportContent, report: ReportPolicy, frame: ReportFrame) -> MadeReport:
        match content:
            case DeviceReport():
                return device_documents(content, report, frame)
            case UserChanges():
                return user_change_documents(content, report, frame)
            case BilledContacts():
                return billed_contact_documents(content, report, frame)
            case UncoveredDevices():
                return uncovered_documents(content, report, frame)
            case PreInvoices():
                return pre_invoice_documents(content, report, frame, self._typst)
            case QuarterlyReview():
                return review_documents(content, report, frame, self._typst)
