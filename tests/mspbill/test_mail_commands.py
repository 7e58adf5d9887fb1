"""Commands about mails and contacts, as a clerk calls them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from msp_billing.domain.mail_events import MailEvent, ToldRecipient
from msp_billing.domain.outbox import Attachment, MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.mailing import listing_mails
from msp_billing.usecases.mailing.record_mail_event import record_mail_event
from tests.mspbill.account_desk import Desk
from tests.mspbill.followed_account import held

ACCOUNT = "white-pine-credit-union"
BY = ("--by", "pat@krgroup.example")
WHY = ("--why", "told by phone")
MAIL = MailId(
    provider="kr-group",
    run="agreement",
    period=Period(year=2026, month=12),
    account=ACCOUNT,
    part="all",
    kind="invoice",
)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Its December invoice was mailed; it is 24 November."""
    desk = Desk(held(), monkeypatch)
    contact = desk.followed.ports.book.find("kr-group", ACCOUNT).account.billing_contacts[0]
    pdf = Attachment(
        key="k",
        sha256="ab" * 32,
        file_name="KRG-000014.pdf",
        media_type="application/pdf",
        size_bytes=9,
    )
    desk.followed.ports.outbox.put(
        OutboxMail(
            id=MAIL,
            state=MailState.SENT,
            recipients=(contact,),
            attachments=(pdf,),
            moved_at=desk.followed.ports.clock.now() - timedelta(hours=1),
        )
    )
    return desk


def bounce(desk: Desk) -> str:
    """The invoice's mail comes back for good; from whom."""
    ports = desk.followed.ports
    contact: str = ports.outbox.mails[MAIL].recipients[0]
    record_mail_event(
        ports,
        MailEvent(
            mail=MAIL,
            kind="bounced",
            message_id="m",
            recipients=(ToldRecipient(address=contact, diagnostic="550 5.1.1 unknown"),),
            note="Permanent General",
            is_permanent=True,
        ),
    )
    return contact


def test_what_became_of_mails_is_told_recipient_by_recipient(desk: Desk) -> None:
    invoice = f"Invoice KRG-000014 to {ACCOUNT}, 2026-12"
    told = desk.words("mails", ACCOUNT)
    assert f"{invoice}: sent since 24 November 2026, 12:00 EST {MAIL}" in told  # 17:00 UTC
    contact = bounce(desk)
    told = desk.words("mails", "--failed")
    assert f"{invoice}: bounced" in told
    assert "mspbill outbox resend MAIL --to ADDRESS --by NAME --why WHY" in told
    assert f"{contact}: bounced (Permanent General: 550 5.1.1 unknown)" in told
    (listed,) = desk.json("mails", ACCOUNT, "--failed")
    assert (listed["mail"], listed["state"]) == (str(MAIL), "bounced")
    assert desk.words("mails", "--unknown") == "There are no such mails in the last 3 months."
    told = desk.words("outbox", "list")
    assert "1 bounced" in told
    assert "mspbill outbox list --failed" in told
    assert not any(desk.asked_to_change)


def test_a_contact_is_listed_and_cleared_with_a_reason(desk: Desk) -> None:
    assert desk.words("contact", "list") == "Nobody is flagged."
    contact = bounce(desk)
    desk.followed.ports.mailer.suppressed.add(contact)
    told = desk.words("contact", "list")
    assert f"{contact}: a mail came back for good, since 24 November 2026, 13:00 EST" in told
    assert f"by the invoice to {ACCOUNT}, 2026-12" in told
    told = desk.words("contact", "clear", contact, *BY, *WHY)
    assert told == (
        f"Mails go to {contact} again. It was on SES's suppression list, and is not any more."
    )
    assert "is not flagged" in desk.words("contact", "clear", contact, *BY, *WHY, code=2)
    assert desk.words("contact", "list") == "Nobody is flagged."
    (cleared,) = desk.json("contact", "list", "--all")
    assert cleared["history"][-1]["by"] == BY[1]
    assert desk.asked_to_change == [False, False, True, True, False, False]


def test_a_mail_is_settled_and_sent_again(desk: Desk) -> None:
    outbox = desk.followed.ports.outbox
    outbox.mails[MAIL] = outbox.mails[MAIL].model_copy(update={"state": MailState.UNKNOWN})
    told = desk.words("outbox", "list", "--unknown")
    assert "mspbill outbox settle MAIL --as not-sent --by NAME --why WHY" in told
    refused = desk.words("resend", MAIL, "--to", "new@whitepine.example", *BY, *WHY, code=2)
    assert "Nobody knows whether" in refused
    assert f"mspbill outbox settle {MAIL}" in refused
    assert "rejected" in desk.words("settle", MAIL, "--as", "not-sent", *BY, *WHY)
    told = desk.words("resend", MAIL, "--to", "new@whitepine.example", *BY, *WHY)
    assert f"Invoice KRG-000014 to {ACCOUNT}, 2026-12: ready" in told
    assert "all-copy-2/invoice wanted by pat@krgroup.example" in told
    assert "new@whitepine.example: not sent yet" in told
    assert "There is no mail 'KRG-000099'" in desk.words("resend", "KRG-000099", *BY, *WHY, code=2)


@pytest.mark.parametrize(
    ("run", "account", "kind", "named"),
    [
        ("statements", ACCOUNT, "statement", f"Statement to {ACCOUNT}, 2026-11"),
        ("digest", "kr-group", "digest", "Digest to your own people, 2026-11"),
    ],
)
def test_mails_of_no_run_are_listed_too(
    desk: Desk, run: str, account: str, kind: str, named: str
) -> None:
    words = {"run": run, "account": account, "kind": kind, "part": "day-24"}
    mail = MAIL.model_copy(update={**words, "period": Period(year=2026, month=11)})
    desk.followed.ports.outbox.put(
        OutboxMail(id=mail, state=MailState.UNKNOWN, recipients=("a@b.example",))
    )
    told = desk.words("outbox", "list", "--unknown")
    assert f"{named}: unknown {mail}" in told


def test_a_run_that_an_older_release_let_be_called_digest_lists_no_mail_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = desk.followed.policy
    run = policy.runs[0].model_copy(update={"run": "digest"})
    stored = policy.model_copy(update={"runs": (run,)})
    monkeypatch.setattr(listing_mails, "policy_in_force", lambda *_: stored)
    words = {"run": "digest", "account": "kr-group", "kind": "digest", "part": "day-24"}
    mail = MAIL.model_copy(update={**words, "period": Period(year=2026, month=11)})
    ports = desk.followed.ports
    ports.outbox.put(OutboxMail(id=mail, state=MailState.SENT, recipients=("a@b.example",)))
    question = listing_mails.MailsQuestion(provider="kr-group", account="kr-group")
    assert [found.id for found in listing_mails.list_mails(ports, question)] == [mail]
