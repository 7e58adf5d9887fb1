"""Every kind of report that an account may get."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from msp_billing.domain.base import Frozen, LocaleTag
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.reports.billed_contacts import BilledContacts
from msp_billing.domain.reports.device_changes import DeviceReport
from msp_billing.domain.reports.pre_invoices import PreInvoices
from msp_billing.domain.reports.quarterly_review import QuarterlyReview
from msp_billing.domain.reports.uncovered import UncoveredDevices
from msp_billing.domain.reports.user_changes import UserChanges

ReportContent = (
    DeviceReport | UserChanges | BilledContacts | UncoveredDevices | PreInvoices | QuarterlyReview
)
"""What a report tells, before it is a document."""


class ReportFrame(Frozen):
    """What a report is made with beside its content."""

    policy: ProviderPolicy
    period: Period
    made_at: datetime
    locale: LocaleTag = Field(default="en-US", description="The language of the account.")
