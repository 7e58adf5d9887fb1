"""What can be wrong with a table: one thing of each kind, done by hand to a whole one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import boto3

from msp_billing.adapters.dynamodb.table import pack, unpack
from tests.recovery.whole_table import SEPTEMBER_PK as SEPTEMBER
from tests.recovery.whole_table import Kept

OCTOBER = "CYCLE#birch#managed#2026-10"
COUNTER = "PROVIDER#birch COUNTER#INVOICE"
INVOICES = "birch/managed/2026-09/invoices"


@dataclass(frozen=True)
class Damage:
    """Something that is done to a table, and the beginning of every finding that it leads to."""

    do: Callable[[Kept], None]
    findings: tuple[str, ...]


def _draft(kept: Kept) -> None:
    item = kept.item(OCTOBER, "INVOICE#elm#all")
    for name in ("number", "gsi1pk", "gsi1sk"):
        del item[name]
    kept.put({**item, "invoice_state": "DRAFT"})


def _dearer(kept: Kept) -> None:
    """Every amount of fir's invoice that was 15.00 is 16.00, so that it adds up all the same."""
    item = kept.item(SEPTEMBER, "INVOICE#fir#all")
    text = unpack(item["body"]).decode()
    assert '"15.00"' in text
    changed = text.replace('"15.00"', '"16.00"').replace('"115.00"', '"116.00"')
    kept.put({**item, "body": pack(changed)})


def _overwritten(kept: Kept) -> None:
    key = f"{INVOICES}/BI-000002.pdf"
    boto3.client("s3").put_object(Bucket=kept.bucket, Key=key, Body=b"%PDF other")


def _gone(kept: Kept) -> None:
    boto3.client("s3").delete_object(Bucket=kept.bucket, Key=f"{INVOICES}/BI-000001.pdf")


def _queued_mail_of_nobody(kept: Kept) -> None:
    mail = str(kept.item(SEPTEMBER, "MAIL#fir#all#invoice")["mail_id"]).replace("fir", "oak")
    kept.put({"pk": "MAIL_QUEUE#birch", "sk": "x", "mail_id": mail})


DAMAGES: dict[str, Damage] = {
    "a document that is no document": Damage(
        lambda kept: kept.change(SEPTEMBER, "ACCOUNT#dogwood", body=b"scribble"),
        (f"unreadable: {SEPTEMBER} ACCOUNT#dogwood: ",),
    ),
    "an item that nobody knows": Damage(
        lambda kept: kept.put({"pk": "NOTES#birch", "sk": "x"}),
        ("unknown-item: NOTES#birch x: this version knows no such item",),
    ),
    "a balance beside the document": Damage(
        lambda kept: kept.change("LEDGERS#birch", "fir", balance="0"),
        ("attribute: LEDGERS#birch fir: balance is 0, the document says 130.00",),
    ),
    "an account that was changed by hand": Damage(
        lambda kept: kept.rewrite("ACCOUNTS#birch", "elm", "1 Sample Street", "2 Sample Street"),
        ("content-hash: ACCOUNTS#birch elm: its content is not what its hash was made of",),
    ),
    "a price book that is gone": Damage(
        lambda kept: kept.delete("PROVIDER#birch", "PRICE_BOOK#2026-09"),
        tuple(
            f"missing-version: {where}: price_book 2026-09 of birch is not there"
            for where in (f"{SEPTEMBER} LOCK", f"{OCTOBER} LOCK", "PROVIDER#birch CURRENT")
        ),
    ),
    "an outcome that is gone": Damage(
        lambda kept: kept.delete(OCTOBER, "ACCOUNT#dogwood"),
        (f"missing-outcome: {OCTOBER} LOCK: dogwood was counted, and has no outcome",),
    ),
    "an invoice that is gone": Damage(
        lambda kept: kept.delete(OCTOBER, "INVOICE#fir#all"),
        (
            f"missing-invoice: {OCTOBER} ACCOUNT#fir: it has an invoice 'all', which is not there",
            f"missing-invoice: {OCTOBER} AT_ISSUE#fir#all: its invoice is not there",
            f"missing-invoice: {OCTOBER} MAIL#fir#all#invoice: its invoice is not there",
            f"number-missing: {COUNTER}: BI-000010 was given out, and no document has it",
            f"not-issued: {COUNTER}: a ledger has BI-000010, and no document has this number",
        ),
    ),
    "an invoice that lost its number": Damage(
        _draft,
        (
            f"draft-in-closed-cycle: {OCTOBER} INVOICE#elm#all: the cycle is closed, and this "
            "invoice has no number",
            f"missing-invoice: {OCTOBER} MAIL#elm#all#invoice: its invoice has no number",
            f"number-missing: {COUNTER}: BI-000009 was given out, and no document has it",
            f"not-issued: {COUNTER}: a ledger has BI-000009, and no document has this number",
        ),
    ),
    "a number that two invoices have": Damage(
        lambda kept: kept.change(
            OCTOBER, "INVOICE#beech#all", number="BI-000006", gsi1sk="BI-000006"
        ),
        (
            f"number-twice: {OCTOBER} INVOICE#beech#all: BI-000006 was given to another document",
            f"not-in-ledger: {OCTOBER} INVOICE#beech#all: BI-000006 is not in the ledger of "
            "birch/beech",
            f"number-missing: {COUNTER}: BI-000007 was given out, and no document has it",
            f"not-issued: {COUNTER}: a ledger has BI-000007, and no document has this number",
        ),
    ),
    "a counter that was put back": Damage(
        lambda kept: kept.change("PROVIDER#birch", "COUNTER#CREDIT_NOTE", last_number=0),
        (
            "number-beyond-counter: PROVIDER#birch COUNTER#CREDIT_NOTE: number 1 was given out, "
            "the counter stands at 0",
        ),
    ),
    "a credit note too many": Damage(
        lambda kept: kept.change(SEPTEMBER, "CREDITED#alder#all#1", notes=2),
        (f"counter: {SEPTEMBER} CREDITED#alder#all#1: it counts 2 credit notes, there are 1",),
    ),
    "an invoice without a mail": Damage(
        lambda kept: kept.delete(SEPTEMBER, "MAIL#cedar#all#invoice"),
        (f"missing-mail: {SEPTEMBER} INVOICE#cedar#all: BI-000003 has no mail",),
    ),
    "a letter without a mail": Damage(
        lambda kept: kept.delete("CYCLE#birch#dunning#2026-09", "MAIL#cedar#c1-final-1#dunning"),
        ("missing-mail: STANDINGS#birch cedar: the letter of step final is not in the outbox",),
    ),
    "a mail that was never tried": Damage(
        lambda kept: kept.change(SEPTEMBER, "MAIL#elm#all#invoice", mail_state="ready"),
        (
            f"unfinished-mail: {SEPTEMBER} MAIL#elm#all#invoice: the cycle is closed, and this "
            "mail is ready",
        ),
    ),
    "a sealed document that is gone": Damage(
        _gone,
        (
            f"missing-object: {SEPTEMBER} MAIL#alder#all#invoice: {INVOICES}/BI-000001.pdf is not "
            "in the records bucket",
        ),
    ),
    "a sealed document that is another one": Damage(
        _overwritten,
        (
            f"broken-seal: {SEPTEMBER} MAIL#beech#all#invoice: {INVOICES}/BI-000002.pdf has the "
            "SHA-256 ",
        ),
    ),
    "an invoice that its ledger lost": Damage(
        lambda kept: kept.delete("LEDGER#birch#elm", "DOCUMENT#invoice#BI-000004"),
        (
            f"not-in-ledger: {SEPTEMBER} INVOICE#elm#all: BI-000004 is not in the ledger of "
            "birch/elm",
        ),
    ),
    "an invoice with another amount than its ledger": Damage(
        _dearer,
        (
            f"ledger-amount: {SEPTEMBER} INVOICE#fir#all: BI-000005 is 116.00, entry 1 of its "
            "ledger says 115.00",
        ),
    ),
    "a payment that nobody reported": Damage(
        lambda kept: kept.delete("PAYMENTS#birch", "bank#beech-1"),
        (
            "missing-payment: LEDGER#birch#beech ENTRY#00000002: bank:beech-1 was entered, and "
            "never reported",
        ),
    ),
    "a payment that nobody would look at": Damage(
        lambda kept: kept.delete("PAYMENT_QUEUE#birch", "2026-09-04T00:00:00+00:00#bank#nobody"),
        ("queue: PAYMENTS#birch bank#nobody: it waits for a person, and is not in the queue",),
    ),
    "a queued mail that is not there": Damage(
        _queued_mail_of_nobody,
        ("queue: MAIL_QUEUE#birch x: it queues a mail that is not there",),
    ),
    "a charge that another cycle has claimed": Damage(
        lambda kept: kept.change(
            "CHARGES#birch", "fir#order:router:box", claimed_by="projects/2026-09"
        ),
        (
            "charge: CHARGES#birch fir#order:router:box: it is claimed by projects/2026-09, which "
            "does not bill it",
            f"charge: {SEPTEMBER} ACCOUNT#fir: it bills order:router:box, which is claimed by "
            "projects/2026-09",
        ),
    ),
    "a standing ahead of its ledger": Damage(
        lambda kept: kept.rewrite(
            "STANDINGS#birch", "elm", '"opened_version":1', '"opened_version":9'
        ),
        ("standing: STANDINGS#birch elm: it goes by entry 9 of a ledger that has 2",),
    ),
    "a history ahead of its standing": Damage(
        lambda kept: kept.rewrite(
            "STANDING#birch#fir", "00000015#0", '"sequence":15', '"sequence":99'
        ),
        (
            "standing: STANDING#birch#fir 00000015#0: it came of version 99, which the standing "
            "never reached",
        ),
    ),
    "an account that is gone from the book": Damage(
        lambda kept: kept.delete("ACCOUNTS#birch", "cedar"),
        (
            "missing-account: LEDGERS#birch cedar: the book does not have cedar",
            "missing-account: STANDINGS#birch cedar: the book does not have cedar",
        ),
    ),
    "an entry that was changed": Damage(
        lambda kept: kept.rewrite(
            "LEDGER#birch#alder", "ENTRY#00000002", "A device was gone", "Because"
        ),
        ("ledger: birch/alder: hash: entry 2 (CN-000001) was changed",),
    ),
}
"""By what is wrong."""
