"""Credit notes beside the invoices they are of, with a row of numbers of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.adapters.dynamodb.outbox import mail_item
from msp_billing.adapters.dynamodb.table import (
    Item,
    Key,
    Table,
    encode_key,
    encode_values,
    pack,
    put_new,
    unpack,
)
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.mailing.credit_mail import credit_mail_id

if TYPE_CHECKING:
    from msp_billing.domain.invoices import InvoiceId

_NUMBER_DIGITS = 6


class DynamoCreditNoteStore:
    """Credit notes; a counter on each invoice keeps two from taking the same rest."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of_invoice(self, invoice: InvoiceId) -> tuple[CreditNote, ...]:
        """Every credit note of an invoice, read consistently, in order of their numbers."""
        items = self._table.query(_pk(invoice), _prefix(invoice))
        return tuple(sorted((_note(item) for item in items), key=lambda note: note.number or ""))

    def of_accounts(
        self, cycle: CycleId, accounts: Collection[str]
    ) -> dict[InvoiceId, tuple[CreditNote, ...]]:
        """The credit notes of these accounts' invoices of a cycle, in one query."""
        if not accounts:
            return {}
        # '#' sorts before every character of an account's name and '~' after it.
        between = (f"CREDIT#{min(accounts)}#", f"CREDIT#{max(accounts)}#~")
        found: dict[InvoiceId, list[CreditNote]] = {}
        for item in self._table.query(cycle_pk(cycle), between=between):
            if item["sk"].split("#")[1] in accounts:
                note = _note(item)
                found.setdefault(note.invoice, []).append(note)
        return {invoice: tuple(notes) for invoice, notes in found.items()}

    def issue(self, draft: CreditNote, prefix: str, earlier: int) -> CreditNote | None:
        """Number a credit note and put it and its waiting mail beside the invoice, or nothing.

        Args:
            earlier: how many credit notes the invoice had when the draft was worked out.

        Returns:
            The numbered note; None when another came first, so that it must be worked out anew.
        """
        counter_key = (f"PROVIDER#{draft.invoice.provider}", "COUNTER#CREDIT_NOTE")
        counter = self._table.get(counter_key)
        last = int(counter["last_number"]) if counter else 0
        note = draft.numbered(f"{prefix}{last + 1:0{_NUMBER_DIGITS}d}")
        actions = [
            _count(counter_key, "last_number", last),
            _count((_pk(note.invoice), f"CREDITED#{_place(note.invoice)}"), "notes", earlier),
            put_new({**_body(note), "pk": _pk(note.invoice), "sk": _sort_key(note)}),
            put_new(
                mail_item(
                    OutboxMail(
                        id=credit_mail_id(note),
                        state=MailState.WAITING,
                        recipients=note.recipients,
                    )
                )
            ),
        ]
        token = hashlib.sha256(repr(actions).encode()).hexdigest()[:36]
        return note if self._table.transact(actions, token) else None


def _count(key: Key, attribute: str, before: int) -> dict[str, Any]:
    """Count up from what was read, or begin where nothing is counted yet."""
    values = {"new": before + 1, **({"before": before} if before else {})}
    condition = "#counted = :before" if before else "attribute_not_exists(pk)"
    return {
        "Update": {
            "Key": encode_key(key),
            "UpdateExpression": "SET #counted = :new",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#counted": attribute},
            "ExpressionAttributeValues": encode_values(values),
        }
    }


def _body(note: CreditNote) -> Item:
    return {"body": pack(note.model_dump_json())}


def _note(item: Item) -> CreditNote:
    return CreditNote.model_validate_json(unpack(item["body"]))


def _pk(invoice: InvoiceId) -> str:
    cycle = CycleId(provider=invoice.provider, run=invoice.run, period=invoice.period)
    return cycle_pk(cycle)


def _place(invoice: InvoiceId) -> str:
    return f"{invoice.account}#{invoice.part}#{invoice.revision}"


def _prefix(invoice: InvoiceId) -> str:
    return f"CREDIT#{_place(invoice)}#"


def _sort_key(note: CreditNote) -> str:
    return f"{_prefix(note.invoice)}{note.request}"
