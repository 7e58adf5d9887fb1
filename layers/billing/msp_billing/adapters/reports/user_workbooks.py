"""The user-change report and the billed contact list as spreadsheets and mails (COL-19)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import format_day, format_month, format_quantity
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.reports.one_sheet import one_sheet
from msp_billing.adapters.reports.words import day_or_not
from msp_billing.adapters.workbooks.xlsx_cells import Cell, Column
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)

if TYPE_CHECKING:
    from msp_billing.domain.reports.billed_contacts import BilledContacts
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.reports.user_changes import UserChange, UserChangeKind, UserChanges


def _change_words() -> dict[UserChangeKind, str]:
    return {"added": _("Added"), "removed": _("Removed"), "changed": _("Changed")}


def user_change_documents(
    told: UserChanges, report: ReportPolicy, frame: ReportFrame
) -> MadeReport:
    """The workbook, by subscriber, and the mail's words."""
    month = format_month(told.period)
    columns = (
        Column(_("Subscriber or site"), "text", 24),
        Column(_("Change"), "code", 10),
        Column(_("User"), "text", 28),
        Column(_("Counted as"), "text", 24),
        Column(_("Counted before as"), "text", 24),
        Column(_("On"), "day", 18),
        Column(_("Request received"), "day", 18),
    )
    note = _("User changes that were completed in {month}, by subscriber").format(month=month)
    document = one_sheet(
        told, report, frame, _("User changes"), note, columns, _change_rows(told, month)
    )
    return MadeReport(notice=_change_notice(told, report), documents=(document,))


def _change_rows(told: UserChanges, month: str) -> Iterator[tuple[Cell, ...]]:
    for change in told.changes:
        yield (
            change.place,
            _change_words()[change.change],
            change.name,
            change.counted_as,
            change.was,
            change.changed_on or day_or_not(None),
            change.received_on,
        )
    if not told.changes:
        nobody = _("No user was added, removed or changed in {month}").format(month=month)
        yield (nobody, *([None] * 6))


def _change_notice(told: UserChanges, report: ReportPolicy) -> ReportNotice:
    kinds = [change.change for change in told.changes]
    month = format_month(told.period)
    return ReportNotice(
        title=report.title,
        about=month,
        account_name=told.account_name,
        lead=report.note
        or _(
            "This recaps the user changes that were completed in the month, so that you can "
            "reconcile what you will see on the invoice comparison."
        ),
        headline_label=_("Completed user changes"),
        headline=ngettext("{number} change", "{number} changes", len(kinds)).format(
            number=format_quantity(len(kinds))
        ),
        headline_note=ngettext(
            "{number} user counted at the end of the month",
            "{number} users counted at the end of the month",
            told.users,
        ).format(number=format_quantity(told.users)),
        facts=(
            ReportFact(label=_("Account"), value=told.account_name),
            *(
                ReportFact(label=word, value=format_quantity(kinds.count(kind)))
                for kind, word in _change_words().items()
            ),
        ),
        lists=tuple(
            ReportList(heading=place, entries=tuple(_change_entry(change) for change in changes))
            for place, changes in list(told.by_place().items())[:20]
        )
        or (ReportList(heading=_("Changes"), entries=(), if_empty=_("No user changed.")),),
        closing=(_("The attached workbook has every change, by subscriber."),),
    )


def _change_entry(change: UserChange) -> ReportEntry:
    kind = f"{change.was} → {change.counted_as}" if change.was else change.counted_as
    return ReportEntry(
        what=_("{change}: {who}").format(change=_change_words()[change.change], who=change.name),
        detail=kind,
        amount=day_or_not(change.changed_on),
    )


def billed_contact_documents(
    told: BilledContacts, report: ReportPolicy, frame: ReportFrame
) -> MadeReport:
    """The workbook with everybody who is billed, and the mail's words."""
    month = format_month(told.period)
    columns = (
        Column(_("Subscriber or site"), "text", 24),
        Column(_("Name"), "text", 28),
        Column(_("Identity"), "text", 30),
        Column(_("Counted as"), "text", 24),
        Column(_("Product"), "code", 10),
        Column(_("Description"), "text", 28),
        Column(_("Since"), "day", 18),
    )
    rows = [
        (
            contact.place,
            contact.name,
            contact.item_id,
            contact.counted_as,
            contact.product,
            contact.description,
            contact.since_on,
        )
        for contact in told.contacts
    ]
    note = _("Everybody whom the invoice of {day} bills, for {month}").format(
        day=format_day(told.invoice_on), month=month
    )
    document = one_sheet(told, report, frame, _("Billed contacts"), note, columns, rows)
    return MadeReport(notice=_contact_notice(told, report), documents=(document,))


def _contact_notice(told: BilledContacts, report: ReportPolicy) -> ReportNotice:
    places: dict[str, set[str]] = {}
    for contact in told.contacts:
        places.setdefault(contact.place, set()).add(contact.item_id)
    return ReportNotice(
        title=report.title,
        about=format_month(told.period),
        account_name=told.account_name,
        lead=report.note
        or _(
            "These are the contacts that your invoice bills. Use the list to reconcile the "
            "contacts for the next month."
        ),
        headline_label=_("Billed contacts"),
        headline=ngettext("{number} contact", "{number} contacts", told.people).format(
            number=format_quantity(told.people)
        ),
        facts=(
            ReportFact(label=_("Account"), value=told.account_name),
            ReportFact(label=_("To be invoiced on"), value=format_day(told.invoice_on)),
        ),
        lists=(
            ReportList(
                heading=_("By subscriber"),
                entries=tuple(
                    ReportEntry(what=place, amount=format_quantity(len(people)))
                    for place, people in places.items()
                ),
            ),
        ),
        closing=(_("The attached workbook has every contact, by name."),),
    )
