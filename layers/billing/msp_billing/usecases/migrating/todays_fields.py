"""Migration 1: every field that models have got since an item was written, with its default.

Models grow by fields with defaults, so that what was stored before can be read. Each default is
code that can never go while one item needs it. This writes them out where items may change at all.

It leaves alone what must stay as it was written: entries of ledgers (each is chained to the one
before by its hash), histories, issued invoices, credit notes, what was frozen at issue, and
everything in the records bucket. Their models read old shapes for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from msp_billing.domain.accounts import Account
from msp_billing.domain.contacts import Contact
from msp_billing.domain.cycles import Cycle
from msp_billing.domain.dunning.standing import Standing
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.write_offs import WriteOff
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.usecases.migrating.migration import Migration, StoredItem
from msp_billing.usecases.records import AccountRecord, Approval, CurrentVersions

_Chosen = type[BaseModel] | None


def _of_cycle(item: StoredItem) -> _Chosen:
    if item.sk == "LOCK":
        return Cycle
    if item.sk == "APPROVAL":
        return Approval
    if item.sk.startswith("ACCOUNT#"):
        return AccountRecord
    if item.sk.startswith("INVOICE#") and item.attributes.get("invoice_state") == "DRAFT":
        return Invoice
    return None


def _of_provider(item: StoredItem) -> _Chosen:
    if item.sk == "CURRENT":
        return CurrentVersions
    if item.sk.startswith("POLICY#"):
        return ProviderPolicy
    return PriceBook if item.sk.startswith("PRICE_BOOK#") else None


def _always(model: type[BaseModel]) -> Callable[[StoredItem], _Chosen]:
    return lambda _item: model


_MODELS: dict[str, Callable[[StoredItem], _Chosen]] = {
    "PROVIDER": _of_provider,
    "CYCLE": _of_cycle,
    "ACCOUNTS": _always(Account),
    "CONTACTS": _always(Contact),
    "LEDGERS": _always(LedgerPosition),
    "PAYMENTS": _always(PaymentRecord),
    "STANDINGS": _always(Standing),
    "WRITE_OFFS": _always(WriteOff),
}
"""By the first part of the partition's name."""

_WITHOUT_NONE = frozenset({LedgerPosition})
"""What is stored without the fields that have no value, by those who store it today."""


def with_todays_fields(item: StoredItem) -> StoredItem:
    """The item with its document as today's model writes it.

    Raises:
        ValueError: when today's model cannot read it.
    """
    chosen = _MODELS.get(item.pk.partition("#")[0])
    model = chosen(item) if chosen is not None else None
    if model is None or item.document is None:
        return item
    read = model.model_validate_json(item.document)
    document = read.model_dump_json(exclude_none=model in _WITHOUT_NONE)
    if document == item.document:
        return item
    changed: dict[str, Any] = {}
    if "content_sha256" in item.attributes:  # by which an unchanged directory is known again
        changed["content_sha256"] = hashlib.sha256(document.encode()).hexdigest()
    return item.with_document(document, **changed)


TODAYS_FIELDS = Migration(
    number=1,
    name="todays-fields",
    changes="Writes out every field that policies, accounts, cycles, drafts, positions, payments, "
    "standings, contacts and write-offs have got since they were stored, with its default. What "
    "they say stays the same.",
    migrate=with_todays_fields,
    waits_for_cycles=True,
)
