"""The words of the mail that brings a statement, and the statement's file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.account_documents.entry_words import item_title
from msp_billing.adapters.formatting import format_day, format_money, format_quantity
from msp_billing.adapters.language import _
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)

if TYPE_CHECKING:
    from msp_billing.domain.ledger.account_statement import AccountStatement, StatementItem
    from msp_billing.domain.policy import ProviderPolicy

_MOST_ITEMS = 10


def statement_report(told: AccountStatement, policy: ProviderPolicy, content: bytes) -> MadeReport:
    """The statement with its mail, in the language that is being written.

    Args:
        content: the statement as PDF.
    """
    of = told.statement
    document = NamedDocument(
        file_name=f"{of.account}-statement-{of.from_on}-{of.to_on}.pdf",
        media_type=PDF,
        content=content,
    )
    return MadeReport(notice=_notice(told, policy), documents=(document,))


def _notice(told: AccountStatement, policy: ProviderPolicy) -> ReportNotice:
    of = told.statement
    rest = len(told.items) - _MOST_ITEMS
    items = tuple(_item(told, item) for item in told.items[:_MOST_ITEMS])
    return ReportNotice(
        title=_("Final statement") if told.final else _("Statement of account"),
        about=_("{first} to {last}").format(
            first=format_day(of.from_on), last=format_day(of.to_on)
        ),
        account_name=told.addressee.name,
        lead=_("Here is everything that was billed and paid, and what is open."),
        headline_label=_("Balance on {day}").format(day=format_day(of.to_on)),
        headline=_money(told, of.closing_balance),
        headline_note=_standing(told),
        facts=tuple(_facts(told)),
        lists=(
            ReportList(
                heading=_("What is open"),
                entries=items,
                more=max(rest, 0),
                if_empty=_("Nothing is open."),
            ),
        ),
        closing=tuple(_closing(told, policy)),
        locale=told.addressee.locale,
    )


def _standing(told: AccountStatement) -> str:
    if told.statement.closing_balance < 0:
        return _("in your favour")
    if not told.statement.closing_balance:
        return _("everything is settled")
    if overdue := min(told.aging.overdue, told.statement.closing_balance):
        return _("{amount} overdue").format(amount=_money(told, overdue))
    return _("nothing overdue")


def _facts(told: AccountStatement) -> Iterator[ReportFact]:
    of = told.statement
    before = _("Balance before {day}").format(day=format_day(of.from_on))
    yield ReportFact(label=before, value=_money(told, of.opening_balance))
    yield ReportFact(label=_("Entries"), value=format_quantity(len(of.lines)))
    if told.aging.credit:
        yield ReportFact(label=_("Your credit with us"), value=_money(told, told.aging.credit))


def _item(told: AccountStatement, item: StatementItem) -> ReportEntry:
    return ReportEntry(
        what=item_title(item),
        detail=_("due {due}").format(due=format_day(item.due_on)),
        amount=_money(told, item.open),
    )


def _closing(told: AccountStatement, policy: ProviderPolicy) -> Iterator[str]:
    yield _("The attached statement has every entry with the balance after it.")
    if told.to_pay:
        yield _("Please give the numbers that you pay with your payment.")
        yield from policy.remittance
    yield _("If something is not as you have it, answer this mail.")


def _money(told: AccountStatement, amount: Decimal) -> str:
    return format_money(amount, told.statement.currency)
