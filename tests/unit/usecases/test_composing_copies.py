"""A copy says what its original said: the document is found again, however late."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from msp_billing.domain.cycles import CycleId
from msp_billing.domain.invoices import InvoiceId
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.mailing.composing_mails import AccountMails
from tests.unit.usecases.mail_desk import INVOICE, PDF, MailDesk

CYCLE = CycleId(provider="birch", run="managed", period=INVOICE.period)


class Told:
    """A composer that says what it was given."""

    def invoice_mail(self, invoice: Any, _policy: Any, to: Any, *_: Any, **more: Any) -> bytes:
        return f"{invoice.number} to {to[0]}, {more['at_issue']}".encode()

    def credit_note_mail(self, note: Any, _policy: Any, to: Any, *_: Any, **_use: Any) -> bytes:
        return f"{note.number} to {to[0]}".encode()


@pytest.fixture
def ports() -> Any:
    """Nothing is recorded of the cycle any more but an older invoice, and two credit notes."""
    desk = MailDesk()
    invoice = InvoiceId(
        provider="birch", run="managed", period=INVOICE.period, account="cedar", part="all"
    )
    notes = tuple(
        SimpleNamespace(invoice=invoice, number=f"BC-00000{n}", currency="USD") for n in (1, 2)
    )
    old = SimpleNamespace(id=invoice, number="BI-000001")
    made: dict[str, Any] = desk.ports.__dict__
    made |= {
        "composer": Told(),
        "credit_notes": SimpleNamespace(of_accounts=lambda *_: {invoice: notes}),
        "invoices": SimpleNamespace(
            records=lambda *_: {},
            invoices=lambda _: {},
            find_by_number=lambda _, number: old if number == "BI-000001" else None,
        ),
        "at_issue": SimpleNamespace(find_many=lambda ids: dict.fromkeys(ids, "as it was")),
        "records": SimpleNamespace(get=lambda *_: b"pdf"),
    }
    return desk.ports


def composed(ports: Any, **changes: Any) -> bytes:
    copy = OutboxMail(
        id=INVOICE.model_copy(update=changes),
        state=MailState.READY,
        recipients=("next@cedar.example",),
        attachments=(PDF,),
        copy_of=changes["part"].removesuffix("-copy-2"),
    )
    context: Any = SimpleNamespace(policy=None, cycle=SimpleNamespace(id=CYCLE))
    return AccountMails(ports, context, ["cedar"]).compose(copy)


def test_an_invoice_that_was_billed_again_since_is_found_by_its_number(ports: Any) -> None:
    """The account's record names the one that stands now; this copy is of the one before."""
    told = composed(ports, part="all-copy-2")
    assert told == b"BI-000001 to next@cedar.example, as it was"


@pytest.mark.parametrize(("part", "revision"), [("all", 1), ("all-r2", 2)])
def test_an_earlier_invoice_is_found_while_the_index_does_not_know_it(
    ports: Any, part: str, revision: int
) -> None:
    """docs/faults.md, 42: a mail that cannot be made is given up for good."""
    invoice = InvoiceId(
        provider="birch",
        run="managed",
        period=INVOICE.period,
        account="cedar",
        part="all",
        revision=revision,
    )
    stored = {invoice: SimpleNamespace(id=invoice, number="BI-000001")}
    ports.invoices.find_by_number = lambda *_: None
    ports.invoices.invoices = lambda ids: {entry: stored[entry] for entry in ids if entry in stored}
    told = composed(ports, part=f"{part}-copy-2")
    assert told == b"BI-000001 to next@cedar.example, as it was"


def test_the_credit_note_of_a_copy_is_told_from_the_invoices_other_notes(ports: Any) -> None:
    told = composed(ports, part="bc-000002-copy-2", kind="credit-note")
    assert told == b"BC-000002 to next@cedar.example"


def test_a_document_that_is_gone_is_a_defect_of_this_mail_alone(ports: Any) -> None:
    gone = PDF.model_copy(update={"file_name": "BI-000099.pdf"})
    mail = OutboxMail(
        id=INVOICE, state=MailState.READY, recipients=("next@cedar.example",), attachments=(gone,)
    )
    context: Any = SimpleNamespace(policy=None, cycle=SimpleNamespace(id=CYCLE))
    with pytest.raises(LookupError, match="BI-000099"):
        AccountMails(ports, context, ["cedar"]).compose(mail)
