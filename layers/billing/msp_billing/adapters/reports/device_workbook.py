"""The device report as a spreadsheet and a mail (COL-03)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import (
    format_day,
    format_moment,
    format_month,
    format_quantity,
)
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.reports.words import day_or_not, document_name, made_by
from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.domain.documents import XLSX, NamedDocument
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)

if TYPE_CHECKING:
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.device_changes import DeviceChange, DeviceReport
    from msp_billing.domain.reports.report_policy import ReportPolicy


def device_documents(told: DeviceReport, report: ReportPolicy, frame: ReportFrame) -> MadeReport:
    """The workbook with sheets Summary, Changes and Devices, and the mail's words."""
    content = _workbook(told, report, frame)
    name = document_name(told.account, told.period, report.report, "xlsx")
    return MadeReport(
        notice=_notice(told, report, frame),
        documents=(NamedDocument(file_name=name, media_type=XLSX, content=content),),
    )


def _workbook(told: DeviceReport, report: ReportPolicy, frame: ReportFrame) -> bytes:
    policy = frame.policy
    month = format_month(told.period)
    file = WorkbookFile(
        policy, policy.currency, f"{report.title} {month}, {told.account_name}", frame.made_at
    )
    counted_at = _("Counted on {moment}, billed for {month}").format(
        moment=format_moment(told.counted_at, policy.zone), month=month
    )
    notes = (counted_at, *([report.note] if report.note else []), made_by(frame))
    summary = file.sheet(_("Summary"), f"{report.title}: {told.account_name}", notes)
    columns = (
        Column(_("Subscriber or site"), "text", 24),
        Column(_("Product"), "code", 10),
        Column(_("Description"), "text", 28),
        Column(_("Counted as"), "text", 24),
        Column(_("Will bill"), "quantity", 10),
    )
    table = summary.table(
        columns,
        (
            (row.subscriber_name, row.product, row.description, row.counted_as, row.quantity)
            for row in told.counts
        ),
    )
    total = sum(row.quantity for row in told.counts)
    summary.totals(table, {0: _("Total"), 4: table.sum_of(4, total)})
    summary.browse(table)
    summary.finish()

    days = _("From {first} to {last}, both included").format(
        first=format_day(told.from_on), last=format_day(told.to_on)
    )
    title = _("Added and removed: {account}").format(account=told.account_name)
    changes = file.sheet(_("Changes"), title, (days,))
    changes.browse(changes.table(_change_columns(), _change_rows(told)))
    changes.finish()

    title = _("What will bill, by name: {account}").format(account=told.account_name)
    devices = file.sheet(_("Devices"), title, (counted_at,))
    devices.browse(devices.table((*columns[:4], Column(_("Device"), "text", 28)), _devices(told)))
    devices.finish()
    return file.content()


def _change_columns() -> tuple[Column, ...]:
    return (
        Column(_("Change"), "code", 10),
        Column(_("Device"), "text", 28),
        Column(_("Subscriber or site"), "text", 24),
        Column(_("Counted as"), "text", 24),
        Column(_("On"), "day", 18),
    )


def _change_rows(told: DeviceReport) -> Iterator[tuple[Cell, ...]]:
    for change, devices in ((_("Added"), told.added), (_("Removed"), told.removed)):
        for device in devices:
            yield (
                change,
                device.name,
                device.place,
                device.counted_as,
                device.changed_on or day_or_not(None),
            )
    if not (told.added or told.removed):
        yield ("–", _("No device was added or removed"), None, None, None)


def _devices(told: DeviceReport) -> Iterator[tuple[Cell, ...]]:
    for row in told.counts:
        for item in row.items:
            yield (row.subscriber_name, row.product, row.description, row.counted_as, item.name)


def _notice(told: DeviceReport, report: ReportPolicy, frame: ReportFrame) -> ReportNotice:
    month = format_month(told.period)
    days = _("{first} to {last}").format(
        first=format_day(told.from_on), last=format_day(told.to_on)
    )
    devices = ngettext("{number} device", "{number} devices", told.devices)
    counted_at = format_moment(told.counted_at, frame.policy.zone)
    return ReportNotice(
        title=report.title,
        about=month,
        account_name=told.account_name,
        lead=report.note
        or _(
            "These devices will be on your invoice. Please look through what changed, and tell us "
            "before we invoice what is not right."
        ),
        headline_label=_("Devices that will bill"),
        headline=devices.format(number=format_quantity(told.devices)),
        headline_note=_("counted on {moment}").format(moment=counted_at),
        facts=(
            ReportFact(label=_("Account"), value=told.account_name),
            ReportFact(label=_("Changes looked at"), value=days),
        ),
        lists=(
            ReportList(
                heading=_("Added"),
                entries=tuple(_entry(device) for device in told.added),
                if_empty=_("No device was added."),
            ),
            ReportList(
                heading=_("Removed"),
                entries=tuple(_entry(device) for device in told.removed),
                if_empty=_("No device was removed."),
            ),
            ReportList(
                heading=_("Quantities that will bill"),
                entries=tuple(
                    ReportEntry(
                        what=f"{row.description}, {row.subscriber_name}",
                        detail=row.counted_as,
                        amount=format_quantity(row.quantity),
                    )
                    for row in told.counts
                ),
                if_empty=_("No device will bill."),
            ),
        ),
        closing=(_("The attached workbook has every device that will bill, by name."),),
    )


def _entry(device: DeviceChange) -> ReportEntry:
    return ReportEntry(
        what=f"{device.name}, {device.place}",
        detail=device.counted_as,
        amount=day_or_not(device.changed_on),
    )
