"""From what a bank says about one movement to a payment or a return with a key for ever.

The key is what makes a file that comes twice, and a day that is in two files, count once
(docs/faults.md, 35). Where the bank gives an id, that is the key. Where it gives none, the key is
made of everything that tells the movement from others, and of its ordinal among equal ones: two
equal rows of one file are two payments, and the same two rows in the next file are the same two.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
    RemittancePart,
)
from msp_billing.usecases.receivables.payment_readings import ReadRow

if TYPE_CHECKING:
    from msp_billing.adapters.payments.file_faults import Faults
    from msp_billing.domain.base import Identifier
    from msp_billing.domain.money import Money

MAX_TEXTS = 40
MAX_TEXT_CHARACTERS = 500
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,79}", re.ASCII)
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9._+-]+", re.ASCII)
_SHORT_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f]+")
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")  # JSON can hold one alone; text cannot


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """Why the bank took money back."""

    code: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRow:
    """One movement on our account, as its bank tells it.

    ``external_id`` is the bank's own id, where it is known to name one movement only; without one,
    ``identity`` has what tells the movement from others, and ``day_told`` what stands for the day
    in the key, where ``on`` is the file's and not the bank's own. ``returned`` makes it a return.
    """

    line: int
    on: date
    amount: Money
    method: PaymentMethod
    identity: tuple[str, ...] = ()
    external_id: str | None = None
    day_told: str = ""
    hint: str = ""
    texts: tuple[str, ...] = ()
    payer: str | None = None
    account: str | None = None
    remittance: tuple[RemittancePart, ...] = ()
    trace: str | None = None
    returned: ReturnReason | None = None


@dataclass(frozen=True, slots=True)
class KeyedRows:
    """The rows of a file with their keys, and how many were repeats of an id."""

    rows: tuple[ReadRow, ...]
    repeated: int


def with_keys(provider: str, source: str, rows: Iterable[BankRow], faults: Faults) -> KeyedRows:
    """Name every row for ever.

    An id of the bank that stands in the file twice with the same amount and day is the same
    movement, told twice; with another amount or day it is no id, and the file is refused.
    """
    ordinals: Counter[str] = Counter()
    first: dict[str, BankRow] = {}
    keyed: list[ReadRow] = []
    repeated = 0
    for row in rows:
        if row.external_id is None:
            content = _fingerprint(row)
            ordinals[content] += 1
            external_id = f"{_readable(row)}{content}-{ordinals[content]}"
        else:
            external_id = external_id_of(row.external_id)
            earlier = first.setdefault(external_id, row)
            if earlier is not row:
                if (earlier.amount, earlier.on) == (row.amount, row.on):
                    repeated += 1
                else:
                    faults.add(
                        "id-twice",
                        row.line,
                        f"The id '{row.external_id}' stands on line {earlier.line} already, with "
                        f"{earlier.amount} of {earlier.on}; here it is {row.amount} of {row.on}.",
                        "Map a column that names one payment only as 'external_id', or none.",
                    )
                continue
        key = PaymentKey(provider=provider, source=source, external_id=external_id)
        keyed.append(_read_row(key, row))
    return KeyedRows(tuple(keyed), repeated)


def external_id_of(text: str) -> str:
    """The bank's id as a key: unchanged where it is plain, else made plain and told apart."""
    cleaned = " ".join(text.split())
    if _PLAIN_ID.fullmatch(cleaned):
        return cleaned
    plain = _NOT_IN_IDS.sub("-", cleaned).strip("-._+")[:60]
    digest = hashlib.sha256(cleaned.encode()).hexdigest()[:16]
    return f"{plain}-{digest}" if plain else f"id-{digest}"


def clean_texts(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Texts on one line each, without repeats, in pieces that a record can hold."""
    found: dict[str, None] = {}
    for text in texts:
        line = clean_text(text)
        for start in range(0, len(line), MAX_TEXT_CHARACTERS):
            piece = line[start : start + MAX_TEXT_CHARACTERS].strip()
            if piece:
                found.setdefault(piece)
    return tuple(found)[:MAX_TEXTS]


def clean_text(text: str | None) -> str:
    """Text on one line, without control characters and halves of others; empty for None."""
    whole = _HALF_CHARACTERS.sub("\ufffd", text or "")
    return " ".join(_CONTROL.sub(" ", whole).split())


def as_account(text: str | None) -> Identifier | None:
    """The short name of an account; None for what cannot be one, which is then only a text."""
    cleaned = clean_text(text).lower()
    return cleaned if _SHORT_NAME.fullmatch(cleaned) else None


def _read_row(key: PaymentKey, row: BankRow) -> ReadRow:
    account = as_account(row.account)
    texts = row.texts if account or row.account is None else (*row.texts, row.account)
    short = clean_text(row.payer)[:MAX_TEXT_CHARACTERS] or None
    trace = clean_text(row.trace)[:MAX_TEXT_CHARACTERS] or None
    if row.returned is not None:
        taken_back = IncomingReturn(
            key=key,
            amount=row.amount,
            returned_on=row.on,
            code=row.returned.code,
            reason=row.returned.words,
            trace=trace,
            account=account,
            texts=clean_texts((short, *texts)),
        )
        return ReadRow(line=row.line, returned=taken_back)
    payment = IncomingPayment(
        key=key,
        amount=row.amount,
        method=row.method,
        received_on=row.on,
        account=account,
        remittance=row.remittance,
        payer=short,
        texts=clean_texts(texts),
        trace=trace,
    )
    return ReadRow(line=row.line, payment=payment)


def _fingerprint(row: BankRow) -> str:
    told = [
        row.day_told or row.on.isoformat(),
        format(row.amount.rounded().amount, "f"),
        row.amount.currency,
        "return" if row.returned else "payment",
        *(clean_text(part) for part in row.identity),
    ]
    # The lengths keep ("ab", "c") from being ("a", "bc").
    content = "|".join(f"{len(part)}:{part}" for part in told)
    return hashlib.sha256(content.encode()).hexdigest()[:24]


def _readable(row: BankRow) -> str:
    """The beginning of a derived key, for people: the day, and a reference where there is one."""
    parts = (row.day_told or row.on.isoformat(), row.hint)
    plain = (_NOT_IN_IDS.sub("-", clean_text(part)).strip("-._+")[:40] for part in parts)
    return "".join(f"{part}/" for part in plain if part)
