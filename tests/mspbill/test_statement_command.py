"""A statement as the account gets it: written as PDF, or mailed by a person."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from msp_billing.adapters.reports.report_maker import ReportMaker
from msp_billing.domain.outbox import MailState
from msp_billing.domain.periods import Period
from msp_billing.usecases.mailing.send_queued import QueueRequest, send_queued
from msp_billing.usecases.receivables import statement_documents
from tests.mspbill.account_desk import Desk
from tests.mspbill.followed_account import held

ACCOUNT = "white-pine-credit-union"
ASSETS = Path(__file__).resolve().parents[2] / "layers" / "rendering"
MAILED = ("--mail", "--by", "clerk@krgroup.example")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """$3,150.00 due 30 October and $480.50 due 30 November; it is 24 November, credit hold."""
    found = Desk(held(), monkeypatch)
    found.followed.ports.reports = ReportMaker(ASSETS)
    return found


def test_it_is_written_whole_and_never_over_another_file(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "statement.pdf"
    told = desk.words("statement", ACCOUNT, "--pdf", out)
    assert "White Pine Community Credit Union, 1 September 2026 to 24 November 2026" in told
    assert "balance $3,630.50" in told
    assert out.read_bytes().startswith(b"%PDF")
    assert desk.asked_to_change == [False]
    assert "is there already" in desk.words("statement", ACCOUNT, "--pdf", out, code=2)


@pytest.mark.rule("MSA-05")
def test_a_final_statement_with_something_left_to_do_is_a_draft_and_not_mailed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_to_do = SimpleNamespace(settled=False)
    monkeypatch.setattr(statement_documents, "final_account", lambda *_: left_to_do)
    out = tmp_path / "final.pdf"
    desk("statement", ACCOUNT, "--final", "--pdf", out, code=4)
    assert b'"unfinished":true' in out.read_bytes()
    assert "left to do" in desk("statement", ACCOUNT, "--final", *MAILED, code=2)
    assert not desk.followed.ports.outbox.queue


def test_a_person_has_to_say_who_sends_it(desk: Desk) -> None:
    assert "--by NAME" in desk("statement", ACCOUNT, "--mail", code=2)


def test_it_is_mailed_once_with_the_bytes_that_were_sealed(desk: Desk) -> None:
    ports: Any = desk.followed.ports
    told = desk.json("statement", ACCOUNT, *MAILED)
    assert desk.asked_to_change == [True]
    assert desk.json("statement", ACCOUNT, *MAILED) == told  # the same statement: the same mail
    (mail_id,) = ports.outbox.queue
    assert str(mail_id) == told["mail"]
    assert (mail_id.kind, mail_id.run, mail_id.period) == (
        "statement",
        "statements",
        Period(year=2026, month=11),
    )
    given: list[bytes] = []
    send = ports.mailer.send

    def keeping(raw: bytes, sender: str, mail: Any) -> str:
        given.append(raw)
        return str(send(raw, sender, mail))

    ports.mailer.send = keeping
    result = send_queued(ports, QueueRequest(provider="kr-group"))
    assert (result.sent, result.left) == (1, 0)
    sent = ports.outbox.mails[mail_id]
    assert sent.state is MailState.SENT
    message: Any = message_from_bytes(given[0], policy=policy.default)
    (pdf,) = message.iter_attachments()
    assert pdf.get_content() == ports.records.get(sent.attachments[0].key)
    assert "$3,630.50" in message["Subject"]
    assert "KRG-000012" in message.get_body(("plain",)).get_content()
