"""A report to an account that is one table on one sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from msp_billing.adapters.formatting import format_month
from msp_billing.adapters.reports.words import document_name, made_by
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.domain.documents import XLSX, NamedDocument

if TYPE_CHECKING:
    from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column
    from msp_billing.domain.periods import Period
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.report_policy import ReportPolicy


class Told(Protocol):
    """To whom and of which month a report tells."""

    @property
    def account(self) -> str:
        """The account."""

    @property
    def account_name(self) -> str:
        """Its name, for people."""

    @property
    def period(self) -> Period:
        """The service month."""


def one_sheet(
    told: Told,
    report: ReportPolicy,
    frame: ReportFrame,
    name: str,
    note: str,
    columns: Sequence[Column],
    rows: Iterable[tuple[Cell, ...]],
) -> NamedDocument:
    """The workbook, ready to attach.

    Args:
        name: of the sheet.
        note: the first line below its title; the policy's own note comes after it.
    """
    month = format_month(told.period)
    title = f"{report.title} {month}, {told.account_name}"
    file = WorkbookFile(frame.policy, frame.policy.currency, title, frame.made_at)
    notes = (note, *([report.note] if report.note else []), made_by(frame))
    sheet = file.sheet(name, f"{report.title}: {told.account_name}", notes)
    sheet.browse(sheet.table(tuple(columns), rows))
    sheet.finish()
    file_name = document_name(told.account, told.period, report.report, "xlsx")
    return NamedDocument(file_name=file_name, media_type=XLSX, content=file.content())
