"""What a mail says that brings a report: words only, made together with its documents."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen, LocaleTag
from msp_billing.domain.documents import NamedDocument


class ReportFact(Frozen):
    """A label and what it says."""

    label: str
    value: str


class ReportEntry(Frozen):
    """One line of a list in the mail."""

    what: str
    detail: str = ""
    amount: str = ""


class ReportList(Frozen):
    """A list with its heading; the first few entries, and how many more the document has."""

    heading: str
    entries: tuple[ReportEntry, ...]
    more: int = Field(default=0, ge=0)
    if_empty: str = Field(default="", description="What is said when there is no entry.")


class ReportNotice(Frozen):
    """The mail of one account's report."""

    locale: LocaleTag = Field(default="en-US", description="The language of its words.")
    title: str
    about: str = Field(description="The month or the days it is about: 'October 2026'.")
    account_name: str
    lead: str = Field(description="What this is, in a sentence.")
    headline_label: str
    headline: str = Field(description="The one number that matters.")
    headline_note: str = ""
    facts: tuple[ReportFact, ...] = ()
    lists: tuple[ReportList, ...] = ()
    closing: tuple[str, ...] = Field(default=(), description="What to do, a sentence each.")


class MadeReport(Frozen):
    """A report as it goes out: its mail's words and its documents."""

    notice: ReportNotice
    documents: tuple[NamedDocument, ...] = Field(min_length=1, max_length=20)
