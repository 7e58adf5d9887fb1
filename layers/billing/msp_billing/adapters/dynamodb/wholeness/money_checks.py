"""Ledgers, payments, write-offs and standings, and what must go with each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.ledgers import entry_key, head_key
from msp_billing.adapters.dynamodb.outbox import mail_key
from msp_billing.adapters.dynamodb.wholeness.looking import (
    Looking,
    Outcome,
    UnreadableError,
    Wanted,
    differing,
    wrong,
)
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry, Standing
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.write_offs import WriteOff
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.wholeness.findings import FindingKind

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.wholeness.numbers import NumberRows
    from msp_billing.usecases.ports.stored import Item

_REPORTED = {EntryKind.PAYMENT, EntryKind.PAYMENT_RETURNED}


def entered(
    owner: tuple[str, str],
    kind: EntryKind,
    document: str,
    item: Item,
    then: Callable[[Item], Iterator[Outcome]],
) -> Outcome:
    """That a document is in the ledger of its account, and what its entry must be."""
    provider, account = owner
    what = f"{document} is not in the ledger of {provider}/{account}"
    missing = wrong(FindingKind.NOT_IN_LEDGER, item, what)
    pk = f"LEDGER#{provider}#{account}"

    def found(claim: Item) -> Iterator[Outcome]:
        ledger = LedgerId(provider=provider, account=account, currency="USD")
        yield Wanted(entry_key(ledger, int(claim["entry"])), missing, then)

    return Wanted((pk, f"DOCUMENT#{kind.value}#{document}"), missing, found)


def check_head(look: Looking, item: Item) -> Iterator[Outcome]:
    """A position is what its attributes say, and of an account that the book has."""
    position = look.model(LedgerPosition, item)
    yield from differing(
        item,
        ledger_version=position.version,
        balance=format(position.balance, "f"),
        currency=position.ledger.currency,
    )
    yield _in_book(item, position.ledger.provider, position.ledger.account)


def _in_book(item: Item, provider: str, account: str) -> Outcome:
    missing = wrong(FindingKind.MISSING_ACCOUNT, item, f"the book does not have {account}")
    return Wanted((f"ACCOUNTS#{provider}", account), missing)


def check_entry(look: Looking, item: Item) -> Iterator[Outcome]:
    """An entry is found by its document, and a payment was reported. Its chain is proven later."""
    entry = _entry(look, item)
    if entry is None:
        return
    provider = str(item["pk"]).split("#")[1]
    if entry.kind is not EntryKind.ALLOCATION:
        what = f"entry {entry.sequence} is not found by its document {entry.document}"
        missing = wrong(FindingKind.NOT_IN_LEDGER, item, what)

        def same(claim: Item) -> Iterator[Outcome]:
            if int(claim["entry"]) != entry.sequence:
                yield missing

        yield Wanted((str(item["pk"]), f"DOCUMENT#{entry.kind.value}#{entry.document}"), None, same)
    if entry.kind in _REPORTED:
        place = entry.document.replace(":", "#", 1)
        what = f"{entry.document} was entered, and never reported"
        unreported = wrong(FindingKind.MISSING_PAYMENT, item, what)

        def booked(record: Item) -> Iterator[Outcome]:
            if record.get("payment_state") != "booked":
                what = f"{entry.document} was entered, and is {record.get('payment_state')}"
                yield wrong(FindingKind.MISSING_PAYMENT, item, what)

        yield Wanted((f"PAYMENTS#{provider}", place), unreported, booked)


def note_entered(look: Looking, item: Item, rows: NumberRows) -> None:
    """Keep the number of an invoice that a ledger has."""
    entry = _entry(look, item)
    if entry is not None and entry.kind is EntryKind.INVOICE and entry.cycle is not None:
        rows.note_entered((str(item["pk"]).split("#")[1], "INVOICE"), entry.document)


def _entry(look: Looking, item: Item) -> LedgerEntry | None:
    """The entry; None for one that cannot be read: the proof of its ledger names it."""
    try:
        return look.model(LedgerEntry, item)
    except UnreadableError:
        return None


def check_document(_look: Looking, item: Item) -> Iterator[Outcome]:
    """What is kept as entered has its entry."""
    _, provider, account = str(item["pk"]).split("#")
    ledger = LedgerId(provider=provider, account=account, currency="USD")
    what = f"entry {item['entry']} is not there"
    missing = wrong(FindingKind.NOT_IN_LEDGER, item, what)
    yield Wanted(entry_key(ledger, int(item["entry"])), missing)


def check_payment(look: Looking, item: Item) -> Iterator[Outcome]:
    """A booked payment is in its account's ledger; one that waits is in the queue."""
    record = look.model(PaymentRecord, item)
    yield from differing(item, payment_version=record.version, payment_state=record.state)
    provider = record.key.provider
    if record.state == "booked" and record.account is not None:
        kind = EntryKind.PAYMENT if record.payment is not None else EntryKind.PAYMENT_RETURNED
        owner = (provider, record.account)
        yield entered(owner, kind, record.key.document, item, lambda _entry: iter(()))
    if record.state == "queued":
        missing = wrong(FindingKind.QUEUE, item, "it waits for a person, and is not in the queue")
        place = f"{record.reported_at.isoformat()}#{item['sk']}"
        yield Wanted((f"PAYMENT_QUEUE#{provider}", place), missing)


def check_payment_queue(_look: Looking, item: Item) -> Iterator[Outcome]:
    """What is in the queue waits for a person."""
    provider = str(item["pk"]).partition("#")[2]
    missing = wrong(FindingKind.QUEUE, item, "it queues a payment that is not there")

    def waits(record: Item) -> Iterator[Outcome]:
        if record.get("payment_state") != "queued":
            what = f"it queues a payment that is {record.get('payment_state')}"
            yield wrong(FindingKind.QUEUE, item, what)

    yield Wanted((f"PAYMENTS#{provider}", str(item.get("place"))), missing, waits)


def check_write_off(look: Looking, item: Item) -> Iterator[Outcome]:
    """A write-off can be read."""
    look.model(WriteOff, item)
    return iter(())


def check_standing(look: Looking, item: Item) -> Iterator[Outcome]:
    """How an account stands follows from a ledger that is at least as far, with its letters."""
    standing = look.model(Standing, item)
    yield from differing(
        item, standing_version=standing.version, account_state=standing.state.value
    )
    yield _in_book(item, standing.provider, standing.account)
    case = standing.case
    if case is None:
        return
    for step in case.steps:
        for attempt in step.attempts:
            what = f"the letter of step {step.step} is not in the outbox"
            missing = wrong(FindingKind.MISSING_MAIL, item, what)
            yield Wanted(mail_key(attempt.mail), missing)
    what = "it has a case, and its account has no ledger"
    missing = wrong(FindingKind.STANDING, item, what)

    def follows(head: Item) -> Iterator[Outcome]:
        yield from _follows(item, standing, look.model(LedgerPosition, head))

    yield Wanted(head_key(standing.provider, standing.account), missing, follows)


def _follows(item: Item, standing: Standing, position: LedgerPosition) -> Iterator[Outcome]:
    case, release = standing.case, standing.release
    seen = [0 if case is None else case.opened_version]
    seen += [case.closed_version] if case is not None and case.closed_version is not None else []
    seen += [release.balance_version] if release is not None else []
    if max(seen) > position.version:
        what = f"it goes by entry {max(seen)} of a ledger that has {position.version}"
        yield wrong(FindingKind.STANDING, item, what)
    on_its_way = release is not None and release.under_way
    if standing.state.on_hold and not position.owed and not on_its_way:
        what = f"it is on {standing.state.value}, owes nothing, and no release is under way"
        yield wrong(FindingKind.STANDING, item, what)
    if standing.state is AccountState.DUE and standing.open_case and not position.owed:
        yield wrong(FindingKind.STANDING, item, "its case is open, and it owes nothing")


def check_history(look: Looking, item: Item) -> Iterator[Outcome]:
    """What happened to an account came of a version that its standing has reached."""
    entry = look.model(HistoryEntry, item)
    _, provider, account = str(item["pk"]).split("#")
    what = f"it came of version {entry.sequence}, which the standing never reached"
    missing = wrong(FindingKind.STANDING, item, what)

    def reached(standing: Item) -> Iterator[Outcome]:
        if int(standing["standing_version"]) < entry.sequence:
            yield missing

    yield Wanted((f"STANDINGS#{provider}", account), missing, reached)
