"""What was stored before mails had contacts and copies, and invoices languages, is read today.

The samples are what a table and a bucket held after whole cycles of an earlier state of this code,
the largest of each kind. A field that is added later needs a default, or nobody could read what is
sealed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel, TypeAdapter

from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.outbox import DynamoOutbox
from msp_billing.adapters.dynamodb.policies import DynamoPolicyStore
from msp_billing.adapters.dynamodb.table import Table, pack
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.accounts import Account
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.cycles import Cycle
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.dunning.standing import HistoryEntry, Standing
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.ledger.entries import LedgerEntry
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.mail_events import MailEvent, after_event
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.reports.notices import ReportNotice
from msp_billing.domain.run_summary import RunRow
from msp_billing.domain.snapshots import SnapshotBatch
from msp_billing.usecases.errors import VersionConflictError
from msp_billing.usecases.manifest import ManifestLine
from msp_billing.usecases.moments import MomentRecord
from msp_billing.usecases.records import AccountRecord, Approval, CurrentVersions
from tests.fakes.outside import FakeRecords
from tests.unit.adapters.bare_tables import bare_tables

SAMPLES = Path(__file__).parent / "fixtures" / "stored-before.json"
ASSETS = Path(__file__).parents[3] / "layers" / "rendering"
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
MODELS: dict[str, Any] = {
    model.__name__: model
    for model in (
        *(Account, AccountRecord, Approval, CreditNote, CurrentVersions, Cycle, HistoryEntry),
        *(Invoice, LedgerEntry, LedgerPosition, ManifestLine, MomentRecord, PaymentRecord),
        *(PriceBook, ProviderPolicy, ReportNotice, SnapshotBatch, Standing),
    )
} | {"RunRows": tuple[RunRow, ...]}
Model = TypeVar("Model", bound=BaseModel)
PDF = NamedDocument(file_name="x.pdf", media_type="application/pdf", content=b"%PDF-")


@cache
def samples() -> Mapping[str, Any]:
    loaded: dict[str, Any] = json.loads(SAMPLES.read_text("utf-8"))
    return loaded


def read(model: type[Model]) -> list[Model]:
    return [model.model_validate(entry) for entry in samples()[model.__name__]]


def lost(before: Any, now: Any, place: str = "") -> list[str]:
    """Where what was stored is not what is read; what is new beside it does not matter."""
    if isinstance(before, dict) and isinstance(now, dict):
        return [
            found
            for name, value in before.items()
            for found in lost(value, now.get(name, "nothing"), f"{place}.{name}")
        ]
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        return [found for number, (a, b) in pairs for found in lost(a, b, f"{place}[{number}]")]
    return [] if before == now else [f"{place}: {before!r} is {now!r}"]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_what_was_stored_is_read_and_says_the_same(name: str) -> None:
    adapter = TypeAdapter(MODELS[name])
    for entry in samples()[name]:
        text = json.dumps(entry)
        assert lost(entry, adapter.dump_python(adapter.validate_json(text), mode="json")) == []


@pytest.fixture
def table() -> Iterator[Table]:
    with bare_tables("billing") as client:
        yield Table(client, "billing")


def test_mails_of_every_kind_and_state_are_read_and_hear_of_events(table: Table) -> None:
    outbox = DynamoOutbox(table)
    for item in samples()["mails"]:
        table.put(item)
        mail_id = MailId.model_validate_json(item["mail_id"])
        (mail,) = outbox.find_many([mail_id]).values()
        assert (mail.state, list(mail.recipients)) == (item["mail_state"], item["recipients"])
        assert (mail.outcomes, mail.copy_of, mail.original) == ((), None, mail_id)
        told = MailEvent(mail=mail_id, kind="bounced", message_id="m", is_permanent=True)
        after = after_event(mail, told, NOW)
        if mail.state in {MailState.READY, MailState.WAITING}:
            assert after == mail
        else:
            assert outbox.change(mail, after)
            assert outbox.find_many([mail_id])[mail_id].outcomes[0].bounced_at == NOW


def test_documents_and_mails_are_made_of_what_was_stored() -> None:
    policy, book = read(ProviderPolicy)[0], read(PriceBook)[0]
    renderer, composer = TypstRenderer(ASSETS), MailComposer(ASSETS)
    invoice = read(Invoice)[0].numbered("BI-000001")
    mail = MailId(
        provider=policy.provider,
        run=invoice.id.run,
        period=invoice.id.period,
        account=invoice.id.account,
        part=invoice.id.mail_part,
        kind="invoice",
    )
    to = ("books@cedar.example",)
    assert renderer.render_invoice(invoice, policy, book, None).startswith(b"%PDF")
    raw = composer.invoice_mail(invoice, policy, to, PDF, mail, NOW, previous_total=None)
    assert b"BI-000001" in raw
    for note in read(CreditNote):
        assert renderer.render_credit_note(note, policy).startswith(b"%PDF")
        assert composer.credit_note_mail(note, policy, to, PDF, mail, NOW)
    for notice in read(ReportNotice):
        assert composer.report_mail(notice, policy, to, (PDF,), mail, NOW)


def test_an_unchanged_directory_is_applied_again_after_models_have_grown(table: Table) -> None:
    """A field with a default, added since, is no other content; a changed one is."""
    stored = json.dumps(samples()["ProviderPolicy"][0])
    policy, book = ProviderPolicy.model_validate_json(stored), read(PriceBook)[0]
    table.put(
        {
            "pk": f"PROVIDER#{policy.provider}",
            "sk": f"POLICY#{policy.version}",
            "content_sha256": hashlib.sha256(stored.encode()).hexdigest(),
            "body": pack(stored),
        }
    )
    store = DynamoPolicyStore(table, Bodies(FakeRecords()))
    store.put_versions(policy, book)
    assert store.policy(policy.provider, policy.version) == policy
    other = policy.model_copy(update={"name": "Somebody else"})
    with pytest.raises(VersionConflictError, match="other content"):
        store.put_versions(other, book)


def test_the_samples_hold_mails_of_every_state_that_may_stand_for_long() -> None:
    states = {item["mail_state"] for item in samples()["mails"]}
    assert {"sent", "delivered", "bounced", "unknown", "rejected"} <= states
    assert set(OutboxMail.model_fields) >= {"outcomes", "copy_of", "about"}
