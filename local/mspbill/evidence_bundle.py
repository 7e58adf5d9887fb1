"""The bundle of evidence about one account: a zip that tells the story, with everything behind it.

Start with ``index.html``. The same evidence gives the same bytes; ``SHA256SUMS`` names the hash of
every other file, as ``sha256sum --check`` reads it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msp_billing.domain.base import Frozen
from msp_billing.domain.dunning.standing import NoticeAttempt, StepTaken
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.statements import balance_effect
from msp_billing.domain.money import minor_unit_digits
from msp_billing.domain.payments.incoming import IncomingPayment
from msp_billing.usecases.receivables.evidence import Evidence
from mspbill.evidence_story import evidence_page, letter_file

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold: the clock's day is no content
_FOLDERS = {EntryKind.INVOICE: "invoices", EntryKind.CREDIT_NOTE: "credit-notes"}

README = """\
Evidence about the account {account} of {provider}

Open index.html in a browser: it tells what happened, in order, and what the policy says.

index.html            the story: what was owed, told, paid, and done about it
invoices/             every invoice as it was sent
credit-notes/         every credit note as it was sent
ledger/entries.jsonl  every entry of the ledger, each with the hash of the one before
ledger/entries.csv    the same as a table, with the balance after each
ledger/verified.json  what came of working every balance out anew
notices/              every letter: to whom, when, what became of it, and the mail itself (.eml)
payments/             every payment and return, as it was reported and booked
transitions/          every change of the account's standing: who, when and why
approvals/            who approved the end of the last hold, when and why
standing.json         how the account stands
policy.json           the policy that its case goes by, with its sentences
SHA256SUMS            the hash of every file above; check them with: sha256sum --check SHA256SUMS

Made at {made_at:%Y-%m-%d %H:%M:%S} UTC.
"""


def evidence_bundle(evidence: Evidence) -> bytes:
    """The zip, as bytes."""
    files: dict[str, bytes] = {
        "README.txt": README.format(
            account=evidence.view.account_name,
            provider=evidence.provider_name,
            made_at=evidence.made_at,
        ).encode(),
        **_documents(evidence),
        **_ledger(evidence),
        **_notices(evidence),
        **{letter_file(letter.mail): letter.content for letter in evidence.letters},
        **_payments(evidence),
        **_standing(evidence),
    }
    files["index.html"] = evidence_page(evidence, frozenset(files)).encode()
    sums = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    files["SHA256SUMS"] = "".join(sums).encode()
    return _zipped(files)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Files in the order of their names, without the machine's clock or permissions."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as bundle:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            bundle.writestr(entry, files[name], compresslevel=6)
    return target.getvalue()


# --- What is in it -------------------------------------------------------------------------------


def _documents(evidence: Evidence) -> dict[str, bytes]:
    return {
        f"{_FOLDERS[entry.kind]}/{entry.number}.pdf": entry.content
        for entry in evidence.documents
        if entry.content is not None
    }


def _ledger(evidence: Evidence) -> dict[str, bytes]:
    rows = []
    balance = evidence.view.balance * 0
    for entry in evidence.entries:
        effect = balance_effect(entry)
        balance += effect
        postings = "; ".join(f"{p.on} {p.reference} {p.amount}" for p in entry.postings)
        rows.append(
            {
                **entry.model_dump(mode="json", exclude={"postings", "schema_version"}),
                "amount": _plain(effect, evidence),
                "balance": _plain(balance, evidence),
                "postings": postings,
            }
        )
    names = ("sequence", "on", "kind", "document", "title", "due_on", "amount", "balance")
    more = ("recorded_at", "recorded_by", "why", "settles_on", "cycle", "postings")
    lines = (f"{entry.model_dump_json()}\n" for entry in evidence.entries)
    return {
        "ledger/entries.jsonl": "".join(lines).encode(),
        "ledger/entries.csv": _csv((*names, *more, "previous_hash", "hash"), rows),
        "ledger/verified.json": _json(evidence.verification.model_dump(mode="json")),
    }


def _plain(amount: Decimal, evidence: Evidence) -> str:
    """An amount as a spreadsheet reads it, with its decimals."""
    return f"{amount:.{minor_unit_digits(evidence.view.currency)}f}"


def _notices(evidence: Evidence) -> dict[str, bytes]:
    case = evidence.standing.case
    attempts = [
        _attempt(taken, attempt)
        for taken in (() if case is None else case.steps)
        for attempt in taken.attempts
    ]
    mails = [
        {
            "mail": str(mail.id),
            "kind": mail.id.kind,
            "to": ", ".join(mail.recipients),
            "state": mail.state,
            "at": None if mail.moved_at is None else mail.moved_at.isoformat(),
            "message_id": mail.message_id,
            "note": mail.note,
        }
        for mail in evidence.mails
    ]
    return {
        "notices/attempts.csv": _csv(
            ("step", "attempt", "recipient", "sent_at", "delivered_at", "failed", "mail"), attempts
        ),
        "notices/steps.json": _json(_dumped(() if case is None else case.steps)),
        "notices/mails.csv": _csv(
            ("mail", "kind", "to", "state", "at", "message_id", "note"), mails
        ),
        "notices/mails.json": _json(_dumped(evidence.mails)),
    }


def _attempt(taken: StepTaken, attempt: NoticeAttempt) -> dict[str, Any]:
    told = attempt.model_dump(mode="json", exclude={"mail"})
    return {"step": taken.step, **told, "mail": str(attempt.mail)}


def _payments(evidence: Evidence) -> dict[str, bytes]:
    rows = []
    for record in evidence.payments:
        told = record.payment or record.returned
        assert told is not None, "the model admits no record of nothing"
        day = told.received_on if isinstance(told, IncomingPayment) else told.returned_on
        rows.append(
            {
                "payment": record.key.document,
                "kind": "payment" if record.payment else "return",
                "on": day.isoformat(),
                "amount": _plain(told.amount.amount, evidence),
                "currency": told.amount.currency,
                "method": record.payment.method if record.payment else None,
                "state": record.state,
                "matched_by": record.matched_by,
                "reported_at": record.reported_at.isoformat(),
                "reported_by": record.reported_by,
                "why": record.why,
            }
        )
    names = ("payment", "kind", "on", "amount", "currency", "method", "state", "matched_by")
    return {
        "payments/payments.csv": _csv((*names, "reported_at", "reported_by", "why"), rows),
        "payments/payments.json": _json(_dumped(evidence.payments)),
    }


def _standing(evidence: Evidence) -> dict[str, bytes]:
    history = _dumped(evidence.history)
    names = ("sequence", "at", "what", "by", "before", "after", "case", "step", "clause")
    approvals = _dumped(evidence.approvals)
    policy = {
        "version": evidence.policy_version,
        "clauses": _dumped(evidence.clauses),
        "dunning": None if evidence.dunning is None else evidence.dunning.model_dump(mode="json"),
    }
    return {
        "transitions/history.csv": _csv((*names, "balance", "balance_version"), history),
        "transitions/history.json": _json(history),
        "approvals/approvals.csv": _csv(("role", "by", "at", "why"), approvals),
        "standing.json": _json(evidence.standing.model_dump(mode="json")),
        "policy.json": _json(policy),
    }


# --- Writing it ----------------------------------------------------------------------------------


def _dumped(values: Iterable[Frozen]) -> list[dict[str, Any]]:
    return [value.model_dump(mode="json") for value in values]


def _json(value: Any) -> bytes:
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """A table for a spreadsheet. A text that looks like a formula stays a text."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(column, row.get(column)) for column in columns])
    return target.getvalue().encode("utf-8-sig")


_NUMBERS = frozenset({"amount", "balance", "sequence", "balance_version", "attempt", "case"})


def _cell(column: str, value: Any) -> str:
    text = "" if value is None else str(value)
    if column not in _NUMBERS and text[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{text}"
    return text
