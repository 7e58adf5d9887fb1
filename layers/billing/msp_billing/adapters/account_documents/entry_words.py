"""Entries of a ledger in the language that is being written.

Entries keep the title that they were made with, in English. What a statement prints is worked out
of their kind, number and method instead; only the provider's own words are taken from the title.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dunning_letters.letter_sentences import method_word
from msp_billing.adapters.language import _
from msp_billing.domain.ledger.entries import EntryKind

if TYPE_CHECKING:
    from msp_billing.domain.ledger.account_statement import StatementItem
    from msp_billing.domain.ledger.statements import StatementLine

_METHODS = ("ach", "wire", "check", "card")


def entry_title(line: StatementLine) -> str:
    """What happened, with the number of the document."""
    if line.kind is EntryKind.PAYMENT:
        if line.method in _METHODS:
            return _("Payment by {method}").format(method=method_word(line.method))
        return _("Payment")
    if line.lowers and line.kind is EntryKind.WRITE_OFF:
        return _("Written off of {document}").format(document=line.lowers)
    if line.lowers and line.kind is EntryKind.CREDIT_NOTE:
        return _("Credit note {number} for {invoice}").format(
            number=line.document, invoice=line.lowers
        )
    if line.kind is EntryKind.OPENING and line.amount < 0:
        return _("Credit brought forward, {number}").format(number=line.document)
    titles = {
        EntryKind.PAYMENT_RETURNED: _("Payment returned by the bank"),
        EntryKind.REFUND: _("Refund"),
    }
    return titles.get(line.kind) or document_title(line.kind, line.document)


def document_title(kind: EntryKind, document: str) -> str:
    """A document that is owed or credited, by its number."""
    match kind:
        case EntryKind.INVOICE | EntryKind.OPENING:
            return _("Invoice {number}").format(number=document)
        case EntryKind.CREDIT_NOTE:
            return _("Credit note {number}").format(number=document)
        case EntryKind.LATE_FEE:
            return _("Late fee {number}").format(number=document)
        case EntryKind.REFUND:
            return _("Refund that is owed again, {number}").format(number=document)
        case _:
            return document


def item_title(item: StatementItem) -> str:
    """A document that is open."""
    return document_title(item.kind, item.document)


def entry_notes(line: StatementLine) -> Iterator[str]:
    """The provider's label of an invoice, the bank's reason of a return, a payment's reference."""
    title = line.title
    if line.kind is EntryKind.INVOICE:
        label = title.removeprefix(f"Invoice {line.document}").lstrip(", ")
        if label and label != title:
            yield label
    elif line.kind is EntryKind.PAYMENT_RETURNED:
        yield title.partition(": ")[2] or title
    elif line.kind in {EntryKind.PAYMENT, EntryKind.REFUND}:
        yield line.document.partition(":")[2] or line.document


def kind_sum_title(kind: EntryKind) -> str:
    """What the entries of a kind come to."""
    return {
        EntryKind.INVOICE: _("Invoices"),
        EntryKind.LATE_FEE: _("Late fees"),
        EntryKind.CREDIT_NOTE: _("Credit notes"),
        EntryKind.PAYMENT: _("Payments"),
        EntryKind.PAYMENT_RETURNED: _("Returned payments"),
        EntryKind.REFUND: _("Refunds"),
        EntryKind.WRITE_OFF: _("Written off"),
        EntryKind.OPENING: _("Brought forward"),
    }[kind]
