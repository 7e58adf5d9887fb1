"""What one transaction of a camt.053 entry says: references, parties, remittance.

Version 02 and version 08 differ in places that matter here: ``Dbtr/Nm`` became ``Dbtr/Pty/Nm``,
and ``Sts`` got a code inside. Both are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.payments.bank_rows import MAX_TEXT_CHARACTERS, ReturnReason, clean_text
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import RemittancePart

if TYPE_CHECKING:
    from msp_billing.adapters.payments.xml_tree import Element

_DECIMAL = re.compile(r"\d{1,13}(?:\.\d{1,5})?", re.ASCII)
_NO_REFERENCE = frozenset(
    {"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NOTAVAIL", "UKWN"}
)
_CREDIT_NOTE = "CREN"
_MAX_PARTS = 200
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


def money_of(element: Element | None) -> Money | None:
    """The amount in an element with a currency; None when it is none, or has too many decimals."""
    if element is None or not _DECIMAL.fullmatch(element.text):
        return None
    currency = element.attributes.get("Ccy", "")
    if len(currency) != 3 or not currency.isascii() or not currency.isupper():
        return None
    amount = Decimal(element.text)
    rounded = Money(amount=amount, currency=currency).rounded()
    if rounded.amount != amount:
        return None
    return rounded


def transaction_amount(details: Element, currency: str) -> Money | None:
    """How much of the entry a transaction is, in the account's currency; None when it is unsaid."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"):
        found = money_of(details.find(path))
        if found is not None and found.currency == currency:
            return found
    return None


def reference(details: Element | None, *paths: str) -> str:
    """The first reference that names something; banks write NOTPROVIDED for none."""
    for path in paths:
        found = "" if details is None else details.text_at(path)
        if found.upper() not in _NO_REFERENCE:
            return found
    return ""


def end_to_end(details: Element | None) -> str:
    """What the payer called the payment; a return of it carries the same."""
    return reference(details, "Refs/EndToEndId")


def references(details: Element | None) -> tuple[str, ...]:
    """Everything that names a transaction."""
    names = ("AcctSvcrRef", "TxId", "EndToEndId", "InstrId", "MndtId", "ChqNb", "ClrSysRef")
    return tuple(reference(details, f"Refs/{name}") for name in names)


def payer(details: Element | None) -> str:
    """Who paid."""
    if details is None:
        return ""
    return details.text_at("RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm", "RltdPties/UltmtDbtr/Nm")


def texts(details: Element | None) -> Iterator[str]:
    """Every text in which a payer may have written an invoice number."""
    if details is None:
        return
    free = [entry.text for entry in details.all("RmtInf/Ustrd")]
    yield from free
    if len(free) > 1:
        # Banks cut a long text into lines, sometimes in the middle of a number.
        yield "".join(free)[:MAX_TEXT_CHARACTERS]
    for structured in details.all("RmtInf/Strd"):
        yield structured.text_at("CdtrRefInf/Ref")
        yield from (entry.text for entry in structured.all("RfrdDocInf/Nb"))
        yield from (entry.text for entry in structured.all("AddtlRmtInf"))
    yield end_to_end(details)
    yield details.text_at("RltdPties/UltmtDbtr/Nm", "RltdPties/UltmtDbtr/Pty/Nm")
    yield details.text_at("AddtlTxInf")


def remittance(details: Element | None, paid: Money) -> tuple[RemittancePart, ...]:
    """The invoices that the payer names in structured form, with amounts when these fit.

    Amounts are left out when a credit note is among the documents or they are more than was paid:
    they are then what the payer looked at, and not how the money is meant to be shared out.
    """
    amounts: dict[str, Money | None] = {}
    has_credit_note = False
    for structured in () if details is None else details.all("RmtInf/Strd"):
        documents = list(structured.all("RfrdDocInf"))
        kinds = {entry.text_at("Tp/CdOrPrtry/Cd") for entry in documents}
        has_credit_note = has_credit_note or _CREDIT_NOTE in kinds
        told = money_of(structured.find("RfrdDocAmt/RmtdAmt"))
        for document in documents:
            number = clean_text(document.text_at("Nb"))
            if number and document.text_at("Tp/CdOrPrtry/Cd") != _CREDIT_NOTE:
                amounts[number] = told if len(documents) == 1 and number not in amounts else None
    known = [entry for entry in amounts.values() if entry is not None and entry.amount > 0]
    in_currency = all(entry.currency == paid.currency for entry in known)
    fits = in_currency and sum(entry.amount for entry in known) <= paid.amount
    usable = fits and not has_credit_note
    return tuple(
        RemittancePart(
            invoice=number[:MAX_TEXT_CHARACTERS],
            amount=told.amount if usable and told is not None and told.amount > 0 else None,
        )
        for number, told in list(amounts.items())[:_MAX_PARTS]
    )


def return_reason(details: Element | None) -> ReturnReason | None:
    """Why the bank took it back; None when the transaction says nothing of a return."""
    found = None if details is None else details.find("RtrInf")
    if found is None:
        return None
    told = found.text_at("Rsn/Cd", "Rsn/Prtry")
    words = found.text_at("AddtlInf")
    code = told if _CODE.fullmatch(told) else "RETURNED"
    said = words or (f"Returned by the bank, reason {told}" if told else "Returned by the bank")
    return ReturnReason(code, clean_text(said)[:MAX_TEXT_CHARACTERS])
