"""A contact whose mailbox is gone: the next one gets the invoice, and every later one."""

from __future__ import annotations

from dataclasses import replace

from msp_billing.domain.contacts import FlagReason
from msp_billing.domain.outbox import MailState
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id

GONE, NEXT = "ap@cedar.example", "books@cedar.example"


def pdf_of(stage: Stage, recipient: str, period: str) -> list[bytes]:
    """The attachments of the invoice mails of a month to somebody."""
    return [
        part.get_content()
        for mail in stage.sent()
        if mail.destinations == (recipient,) and mail.tags["period"] == period
        for part in mail.message.iter_attachments()
        if part.get_content_type() == "application/pdf"
    ]


def test_the_next_contact_gets_the_invoice_and_next_month_gets_it_at_once(stage: Stage) -> None:
    """docs/faults.md 12: flagged, the provider told once, the very same document, no loop."""
    provider = birch().only("cedar", "elm")
    cedar, elm = provider.accounts
    cedar = cedar.model_copy(update={"contacts_by_kind": {"invoice": (GONE,)}})
    provider = replace(provider, accounts=(cedar, elm))
    stage.cloud.mail_behaviour = lambda address: "bounce" if address == GONE else "deliver"
    stage.set_up(provider, SEPTEMBER, OCTOBER)
    stage.run_until("2026-09-03T00:00:00")
    september, october = cycle_id(), cycle_id(period=OCTOBER)
    mails = {
        m.id.part: m
        for m in stage.ports.outbox.all_of(september)
        if m.id.kind == "invoice" and m.id.account == "cedar"
    }
    assert {part: mail.state for part, mail in mails.items()} == {
        "all": MailState.BOUNCED,
        "all-copy-2": MailState.DELIVERED,
    }
    assert "smtp; 550 5.1.1 user unknown" in str(mails["all"].outcomes[0].bounce)
    (first,), (second,) = pdf_of(stage, GONE, "2026-09"), pdf_of(stage, NEXT, "2026-09")
    assert first == second
    (contact,) = stage.ports.contacts.all_of("birch")
    assert (contact.address, contact.flags[0].reason) == (GONE, FlagReason.BOUNCED)
    (alert,) = stage.sent("contact-alert")
    assert alert.destinations == ("clerk@birch.example",)
    assert GONE in str(alert.headers["Subject"])
    told = [detail for kind, detail in stage.events if kind == "MailBounced"]
    assert [entry["account"] for entry in told] == ["cedar"]
    stage.run_until("2026-10-03T00:00:00")
    to = [mail.destinations for mail in stage.sent() if mail.tags["account"] == "cedar"]
    assert to == [(GONE,), (NEXT,), (NEXT,)]
    assert len(stage.sent("contact-alert")) == 1
    assert stage.cycle(october).summary["mails_rejected"] == 0
    assert not list(stage.ports.outbox.queued("birch"))
    assert not stage.cloud.failed_deliveries
    stage.assert_promises(september, october)
