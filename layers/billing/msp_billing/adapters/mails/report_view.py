"""A report's words, made harmless for a mail: nothing in a name can add a line or a header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Entry, Fact

if TYPE_CHECKING:
    from msp_billing.domain.reports.notices import ReportList, ReportNotice

MAX_ENTRIES = 12
"""Entries of a list that the mail shows; the document has them all."""


@dataclass(frozen=True)
class ListView:
    """A list of the mail."""

    heading: str
    entries: tuple[Entry, ...]
    more: int
    if_empty: str


@dataclass(frozen=True)
class ReportView:
    """What the templates print of a report."""

    title: str
    about: str
    account: str
    lead: str
    headline_label: str
    headline: str
    headline_note: str
    facts: tuple[Fact, ...]
    lists: tuple[ListView, ...]
    closing: tuple[str, ...]


def report_view(notice: ReportNotice) -> ReportView:
    """The notice as plain, single lines."""
    return ReportView(
        title=one_line(notice.title, 60),
        about=one_line(notice.about, 60),
        account=one_line(notice.account_name),
        lead=one_line(notice.lead, 400),
        headline_label=one_line(notice.headline_label, 80),
        headline=one_line(notice.headline, 60),
        headline_note=one_line(notice.headline_note, 200) if notice.headline_note else "",
        facts=tuple(
            Fact(one_line(fact.label, 60), one_line(fact.value, 300)) for fact in notice.facts
        ),
        lists=tuple(_list(entry) for entry in notice.lists),
        closing=tuple(one_line(line, 500) for line in notice.closing),
    )


def _list(given: ReportList) -> ListView:
    shown = given.entries[:MAX_ENTRIES]
    return ListView(
        heading=one_line(given.heading, 80),
        entries=tuple(
            Entry(
                what=one_line(entry.what),
                amount=one_line(entry.amount, 60) if entry.amount else "",
                detail=one_line(entry.detail, 200) if entry.detail else "",
            )
            for entry in shown
        ),
        more=given.more + len(given.entries) - len(shown),
        if_empty=one_line(given.if_empty, 200) if given.if_empty else "",
    )
