"""Proving ledgers, and anchoring them where nobody can change what is written (docs/faults.md, 46).

The chain of hashes shows that an entry was changed; who can write the table could make all hashes
anew, or put an old state back. So the newest hash of every ledger is written once a day into the
records bucket, under Object Lock, and every proof compares with it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.ledger.entries import LedgerEntry, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.verifying import (
    DatedAnchor,
    Misfit,
    MisfitKind,
    Verification,
    unreadable,
    verify,
)
from msp_billing.domain.seals import seal
from msp_billing.usecases.attention.incidents import report_incident, settle_incidents
from msp_billing.usecases.errors import LedgerUnreadableError
from msp_billing.usecases.receivables.accounts import ledger_of, today_of
from msp_billing.usecases.receivables.anchors import (
    anchor_key,
    anchor_of,
    newest_anchors,
    packed,
    read_anchors,
)

if TYPE_CHECKING:
    from datetime import date

    from msp_billing.domain.ledger.verifying import Anchor
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.receivables.anchors import Anchors

_TRIES = 3
_MOST_MISFITS_NAMED = 100


class AnchorResult(Frozen):
    """Where a day's anchors are."""

    provider: Identifier
    key: str
    sha256: str
    accounts: int
    gone_back: tuple[Identifier, ...] = Field(
        default=(), description="Ledgers that had come further on the day of the anchor before."
    )


def anchor_ledgers(ports: Ports, provider: str) -> AnchorResult:
    """Write down, once a day, how far every ledger of a provider has come.

    Called by the daily sweep. Safe to repeat: a day's anchors are written once and stay. A ledger
    that is not as far as it was before keeps its old anchor, and the bus is told
    ``LedgerDoesNotFit``: somebody put an old state back.
    """
    today = today_of(ports, provider)
    key = anchor_key(provider, today)
    standing = ports.records.find(key)
    if standing is not None:
        count = len(read_anchors(standing))
        return AnchorResult(provider=provider, key=key, sha256=seal(standing), accounts=count)
    _, before = newest_anchors(ports, provider, today)
    anchors = dict(before)
    gone_back = set(before)
    # One that cannot be read keeps its old anchor, and is told of below.
    for position in ports.ledgers.positions(provider, unreadable=lambda _account, _error: None):
        account = position.ledger.account
        if account not in before or not _went_back(position, before[account]):
            anchors[account] = anchor_of(position)
            gone_back.discard(account)
    stored = ports.records.put_once(key, packed(anchors), "application/gzip")
    for account in sorted(gone_back):
        what = "the ledger is not as far as it was when it was anchored: an old state was put back"
        _tell(ports, provider, account, what)
    return AnchorResult(
        provider=provider,
        key=key,
        sha256=stored.sha256,
        accounts=len(anchors),
        gone_back=tuple(sorted(gone_back)),
    )


def verify_account(ports: Ports, provider: str, account: str) -> Verification:
    """Prove one ledger against its entries, its head and its anchors.

    Raises:
        UnknownAccountError: when neither the book nor the anchors have the account.
    """
    today = today_of(ports, provider)
    on, anchors = newest_anchors(ports, provider, today)
    return _verify(ports, _ledger(ports, provider, account, anchors), on, anchors)


def verify_provider(ports: Ports, provider: str, parts: int = 1) -> Iterator[Verification]:
    """Prove every ledger of a provider, also one that the table does not have any more.

    Args:
        parts: see ``ProofRequest``.

    The bus is told ``LedgerDoesNotFit`` of each that does not fit.
    """
    fitting: set[str] = set()
    for found in prove_provider(ports, provider, parts):
        account = found.ledger.account
        if found.misfit is None:
            fitting.add(account)
        else:
            _tell(ports, provider, account, found.misfit.what)
        yield found
    settle_incidents(ports, AttentionKind.LEDGER_DOES_NOT_FIT, provider, fitting)


def prove_provider(ports: Ports, provider: str, parts: int = 1) -> Iterator[Verification]:
    """The same, and nobody is told: for somebody who looks at what comes of it."""
    today = today_of(ports, provider)
    on, anchors = newest_anchors(ports, provider, today)
    names = {entry.account.account for entry in ports.book.entries(provider)} | anchors.keys()
    for account in sorted(names):
        if _turn_of(account, parts) != today.toordinal() % parts:
            continue
        yield _verify(ports, _ledger(ports, provider, account, anchors), on, anchors)


class ProofRequest(Frozen):
    """Whose ledgers to prove."""

    provider: Identifier | None = Field(default=None, description="Everybody's, if left out.")
    parts: int = Field(
        default=1,
        ge=1,
        le=366,
        description="Of so many parts, prove only the one whose day it is: a call has 15 minutes.",
    )


class ProofResult(Frozen):
    """What came of proving ledgers."""

    ledgers: int
    entries: int = Field(description="How many fit, over all ledgers.")
    misfits: tuple[str, ...] = Field(
        default=(), description="'provider/account: what' of each that does not fit, at most 100."
    )


def prove_ledgers(ports: Ports, request: ProofRequest) -> ProofResult:
    """Prove ledgers, and say which do not fit: each once a week, and whenever somebody asks."""
    wanted = [request.provider] if request.provider else list(ports.policies.providers())
    ledgers = entries = 0
    misfits: list[str] = []
    for provider in wanted:
        for found in verify_provider(ports, provider, request.parts):
            ledgers += 1
            entries += found.entries
            if found.misfit is not None and len(misfits) < _MOST_MISFITS_NAMED:
                misfits.append(f"{found.ledger}: {found.misfit.what}"[:500])
    return ProofResult(ledgers=ledgers, entries=entries, misfits=tuple(misfits))


def _turn_of(account: str, parts: int) -> int:
    """Which of the parts an account is in: always the same one."""
    return zlib.crc32(account.encode()) % parts


def _verify(ports: Ports, ledger: LedgerId, on: date | None, anchors: Anchors) -> Verification:
    """Prove a ledger; where it is not the one that was anchored, look when it last was."""
    anchor = anchors.get(ledger.account)
    dated: tuple[DatedAnchor, ...] = ()
    if on is not None and anchor is not None:
        dated = (DatedAnchor(on=on, anchor=anchor),)
    found = _verify_with(ports, ledger, dated)
    while found.misfit is not None and found.misfit.kind is MisfitKind.ANCHOR:
        oldest = dated[-1].on - timedelta(days=1)
        on, earlier = newest_anchors(ports, ledger.provider, oldest)
        if on is None or ledger.account not in earlier:
            break
        dated = (*dated, DatedAnchor(on=on, anchor=earlier[ledger.account]))
        again = _verify_with(ports, ledger, dated)
        if again.entries >= dated[-1].anchor.sequence:  # this one is met: it lies behind it
            return again
    return found


def _verify_with(ports: Ports, ledger: LedgerId, anchors: tuple[DatedAnchor, ...]) -> Verification:
    """One proof. What is entered meanwhile is no misfit: it is read once more then."""
    found = _verify_once(ports, ledger, anchors)
    for _ in range(_TRIES - 1):
        if found.misfit is None or found.misfit.kind not in _MAY_PASS:
            break
        found = _verify_once(ports, ledger, anchors)
    return found


_MAY_PASS = frozenset({MisfitKind.HEAD, MisfitKind.MISSING_TAIL})


def _verify_once(ports: Ports, ledger: LedgerId, anchors: tuple[DatedAnchor, ...]) -> Verification:
    read: list[LedgerEntry] = []
    try:
        for entry in ports.ledgers.entries(ledger):
            read.append(entry)
    except LedgerUnreadableError as error:
        return unreadable(ledger, read, error.sequence or len(read) + 1, error.why)
    try:
        head = ports.ledgers.position(ledger)
    except LedgerUnreadableError as error:
        found = verify(ledger, read, LedgerPosition.empty(ledger), anchors)
        what = f"the head cannot be read: {error.why}"[:500]
        misfit = Misfit(kind=MisfitKind.HEAD, sequence=max(1, len(read)), what=what)
        keeps = found.misfit is not None and found.misfit.kind is not MisfitKind.HEAD
        return found if keeps else found.model_copy(update={"misfit": misfit})
    return verify(ledger, read, head, anchors)


def _ledger(ports: Ports, provider: str, account: str, anchors: Anchors) -> LedgerId:
    anchor = anchors.get(account)
    if anchor is not None:
        return LedgerId(provider=provider, account=account, currency=anchor.currency)
    ledger = ledger_of(ports, provider, account)
    with suppress(LedgerUnreadableError):  # the proof will say so
        currency = ports.ledgers.position(ledger).ledger.currency
        return ledger.model_copy(update={"currency": currency})
    return ledger


def _went_back(position: LedgerPosition, known: Anchor) -> bool:
    if position.version == known.sequence:
        return position.last_hash != known.hash
    return position.version < known.sequence


def _tell(ports: Ports, provider: str, account: str, what: str) -> None:
    words = f"The ledger of {account} does not fit: {what}"
    kind = AttentionKind.LEDGER_DOES_NOT_FIT
    report_incident(ports, kind, provider, account, words, account=account)
    ports.bus.publish("LedgerDoesNotFit", {"provider": provider, "account": account, "what": what})
