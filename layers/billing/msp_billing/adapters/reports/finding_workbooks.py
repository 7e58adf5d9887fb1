"""Findings as spreadsheets: to the account (INT-09), and of a whole run to the clerk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import (
    format_day,
    format_moment,
    format_month,
    format_quantity,
)
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.adapters.reports.one_sheet import one_sheet
from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column, one_line
from msp_billing.adapters.workbooks.xlsx_sheets import WorkbookFile
from msp_billing.domain.findings import Finding, FindingItem
from msp_billing.domain.reports.exceptions import AccountFindings
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)

if TYPE_CHECKING:
    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.reports.uncovered import UncoveredDevices

_MAX_SHEET_NAME_LENGTH = 31  # Excel's
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")


def uncovered_documents(
    told: UncoveredDevices, report: ReportPolicy, frame: ReportFrame
) -> MadeReport:
    """The workbook with every device, where and since when, and the mail's words."""
    month = format_month(told.period)
    columns = (
        Column(_("Device"), "text", 28),
        Column(_("Identity"), "text", 24),
        Column(_("Where"), "text", 24),
        Column(_("Since"), "day", 18),
        Column(_("Why it is listed"), "text", 40),
    )
    rows = [
        (item.name, item.item_id, _place(told, finding, item), item.since_on, finding.title)
        for finding in told.findings
        for item in finding.items
    ]
    note = _("As of the count for {month}; nothing of this is billed by itself").format(month=month)
    document = one_sheet(told, report, frame, _("Uncovered devices"), note, columns, rows)
    return MadeReport(notice=_uncovered_notice(told, report), documents=(document,))


def _place(told: UncoveredDevices, finding: Finding, item: FindingItem) -> str:
    return item.where or told.places.get(finding.subscriber or "", told.account_name)


def _uncovered_notice(told: UncoveredDevices, report: ReportPolicy) -> ReportNotice:
    items = [(finding, item) for finding in told.findings for item in finding.items]
    return ReportNotice(
        title=report.title,
        about=format_month(told.period),
        account_name=told.account_name,
        lead=report.note
        or _("These devices are on your network, but nothing covers them. They are not billed."),
        headline_label=_("Not covered"),
        headline=ngettext("{number} device", "{number} devices", len(items)).format(
            number=format_quantity(len(items))
        ),
        facts=(ReportFact(label=_("Account"), value=told.account_name),),
        lists=(
            ReportList(
                heading=_("Devices"),
                entries=tuple(
                    ReportEntry(
                        what=item.name,
                        detail=_place(told, finding, item),
                        amount=_("since {day}").format(day=format_day(item.since_on))
                        if item.since_on
                        else "",
                    )
                    for finding, item in items
                ),
            ),
        ),
        closing=(
            _("The attached workbook has every device, where it is and since when."),
            _("Please tell us which of them are to be covered, and which are gone."),
        ),
    )


def exceptions_workbook(
    cycle: CycleId,
    entries: Iterable[AccountFindings],
    policy: ProviderPolicy,
    made_at: datetime,
) -> bytes:
    """Every finding of a run, a sheet for each kind, with both lists where there are two."""
    known = tuple(entries)
    run = policy.run_policy(cycle.run)
    month = format_month(cycle.period)
    file = WorkbookFile(policy, policy.currency, f"Exceptions, {run.title}, {month}", made_at)
    by_code = _by_code(known)
    notes = (
        f"{run.title}, {month}: what a person should look at; none of it stops an invoice",
        f"Made on {format_moment(made_at, policy.zone)} · cycle {cycle}",
    )
    names = dict(zip(by_code, _sheet_names(by_code), strict=True))
    summary = file.sheet("Summary", f"{policy.name}: exceptions", notes)
    columns = (
        Column("Kind", "text", 34),
        Column("Clause", "text", 28),
        Column("Sheet", "text", 24),
        Column("Accounts", "quantity", 10),
        Column("Findings", "quantity", 10),
        Column("Items", "quantity", 10),
    )
    titles = {entry.clause: entry.title for entry in policy.clauses}
    table = summary.table(
        columns,
        (
            (
                found[0][1].title,
                titles.get(found[0][1].clause, found[0][1].clause),
                names[code],
                len({account.account for account, _ in found}),
                len(found),
                sum(len(finding.items) + len(finding.others) for _, finding in found),
            )
            for code, found in by_code.items()
        ),
    )
    summary.browse(table)
    summary.finish()
    for code, found in by_code.items():
        _write_kind(file, names[code], found)
    return file.content()


_Found = list[tuple[AccountFindings, Finding]]


def _by_code(entries: Sequence[AccountFindings]) -> dict[str, _Found]:
    by_code: dict[str, _Found] = {}
    for entry in entries:
        for finding in entry.findings:
            by_code.setdefault(finding.code, []).append((entry, finding))
    return dict(sorted(by_code.items()))


def _sheet_names(by_code: dict[str, _Found]) -> list[str]:
    """A name for each kind's sheet as Excel admits it, each once whatever the case."""
    names: list[str] = []
    taken = {"summary", "history"}  # the second is Excel's own
    for code, found in by_code.items():
        wanted = _NOT_IN_SHEET_NAMES.sub(" ", one_line(found[0][1].title)).strip() or code
        name, number = wanted[:_MAX_SHEET_NAME_LENGTH].strip(), 2
        while name.casefold() in taken:
            ending = f" {number}"
            name = wanted[: _MAX_SHEET_NAME_LENGTH - len(ending)].strip() + ending
            number += 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _write_kind(file: WorkbookFile, name: str, found: _Found) -> None:
    title = found[0][1].title
    accounts = counted(len({account.account for account, _ in found}), "account")
    sheet = file.sheet(name, title, (f"{counted(len(found), 'finding')} in {accounts}",))
    two_lists = any(finding.others for _, finding in found)
    columns = [
        Column("Account", "code", 14),
        Column("Name", "text", 24),
        Column("What", "text", 44),
        *([Column("List", "code", 8)] if two_lists else []),
        Column("Item", "text", 28),
        Column("Identity", "text", 24),
        Column("Where", "text", 22),
        Column("Since", "day", 18),
    ]
    sheet.browse(sheet.table(columns, _finding_rows(found, two_lists)))
    sheet.finish()


def _finding_rows(found: _Found, two_lists: bool) -> Iterator[tuple[Cell, ...]]:
    for account, finding in found:
        head = (account.account, account.account_name, finding.what)
        items = [("First", item) for item in finding.items]
        items += [("Second", item) for item in finding.others]
        for which, item in items:
            place = item.where or finding.subscriber
            yield (
                *head,
                *([which] if two_lists else []),
                item.name,
                item.item_id,
                place,
                item.since_on,
            )
        if not items:
            yield (*head, *([None] if two_lists else []), None, None, finding.subscriber, None)
