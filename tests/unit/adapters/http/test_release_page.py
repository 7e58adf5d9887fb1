"""The page behind an approver's link: opening decides nothing, and nothing else can run on it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from msp_billing.adapters.http.release_page import release_page
from msp_billing.adapters.http.release_pages import ReleasePages
from msp_billing.adapters.http.requests import WHY_LIMIT
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import OutboxMail
from tests.fakes.outside import FakeMailer
from tests.unit.adapters.http.http_calls import Answered, call
from tests.unit.usecases.release_samples import ANN, BOB, CYD, World, cedar, world

API = release_page()
PAGES = ReleasePages(Path(__file__).parents[4] / "layers" / "rendering")
PATH = "/releases/birch/cedar/1"


@dataclass
class KeepingMailer(FakeMailer):
    """Keeps the mails themselves: an approver's secret is nowhere else."""

    raw: list[bytes] = field(default_factory=list)

    def send(self, raw: bytes, sender: str, mail: OutboxMail) -> str:
        self.raw.append(raw)
        return super().send(raw, sender, mail)


def asked(name: str = "Cedar Ltd") -> World:
    """Cedar has paid, and everybody was asked."""
    made = world()
    made.ports.book.put("birch", [cedar().model_copy(update={"name": name})])
    made.ports.mailer = KeepingMailer()
    made.pay("100.00")
    made.start()
    made.ask()
    return made


@pytest.fixture
def held() -> World:
    return asked()


def key_of(held: World, approver: str, role: str) -> str:
    """The secret of an approver's link, out of the mail, as nobody else knows it."""
    for mail, raw in zip(held.ports.mailer.sent, held.ports.mailer.raw, strict=True):
        if mail.recipients == (approver,) and role in mail.id.part:
            body = message_from_bytes(raw, policy=default).get_body(("plain",))
            assert body is not None
            link = "".join(body.get_content().split())
            (key,) = re.findall(r"/releases/birch/cedar/1\?key=([\w-]{43})", link)
            return str(key)
    raise AssertionError(f"{approver} was not mailed as {role}")


def look(held: World, key: str, path: str = PATH) -> Answered:
    return call(API, "GET", path, principal=None, query={"key": key}, ports=held.ports, pages=PAGES)


def answer(
    held: World, key: str, why: str = "Paid by wire.", decision: str = "approve"
) -> Answered:
    form = urlencode({"key": key, "why": why, "decision": decision}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return call(
        API, "POST", PATH, form, principal=None, headers=headers, ports=held.ports, pages=PAGES
    )


class Seen(HTMLParser):
    """Elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_it_shows_what_was_owed_and_paid_and_who_has_approved(held: World) -> None:
    held.approve("engineer", ANN)
    shown = look(held, key_of(held, CYD, "billing"))
    assert shown.status == 200
    text = Seen(shown.text).text
    for expected in ("End the hold of", "on credit hold", "B-1", "$100.00", ANN, "Billing team"):
        assert expected in text, expected
    assert CYD in text, "whose name is kept with the answer"


def test_opening_a_link_decides_nothing(held: World) -> None:
    before = held.standing
    for _ in range(3):
        assert look(held, key_of(held, ANN, "engineer")).status == 200
    assert held.standing == before


@pytest.mark.rule("DUN-06", "KR-16")
def test_the_last_approval_ends_the_hold(held: World) -> None:
    first = answer(held, key_of(held, ANN, "engineer"), "Agents  are\nchecked.")
    assert first.status == 200
    assert "stays on hold until Billing team has approved too" in Seen(first.text).text
    assert held.release.approvals[0].model_dump(include={"by", "why", "role"}) == {
        "by": ANN,
        "why": "Agents are checked.",
        "role": "engineer",
    }
    last = answer(held, key_of(held, CYD, "billing"))
    assert "Every role has approved" in Seen(last.text).text
    assert held.restore().outcome == "restored"
    assert held.standing.state is AccountState.GOOD_STANDING


@pytest.mark.rule("DUN-06")
def test_one_person_cannot_turn_two_keys(held: World) -> None:
    assert answer(held, key_of(held, BOB, "engineer")).status == 200
    refused = answer(held, key_of(held, BOB, "billing"))
    assert refused.status == 409
    assert "one person turns one key" in Seen(refused.text).text
    assert len(held.release.approvals) == 1


def test_a_link_that_was_used_says_so(held: World) -> None:
    key = key_of(held, ANN, "engineer")
    answer(held, key)
    again = answer(held, key, "Once more.")
    assert again.status == 409
    assert "You have approved as this role" in Seen(again.text).text
    assert "You have approved as this role" in Seen(look(held, key).text).text
    colleague = look(held, key_of(held, BOB, "engineer"))
    assert f"{ANN} has approved as this role" in Seen(colleague.text).text
    assert [entry.why for entry in held.release.approvals] == ["Paid by wire."]


def test_after_the_hold_ended_the_link_says_so(held: World) -> None:
    key = key_of(held, ANN, "engineer")
    answer(held, key)
    answer(held, key_of(held, CYD, "billing"))
    held.restore()
    assert "The hold of" in Seen(look(held, key).text).text
    assert "has ended" in Seen(look(held, key).text).text


def test_an_approver_can_keep_the_hold(held: World) -> None:
    kept = answer(held, key_of(held, ANN, "engineer"), "Not before the call.", "keep")
    assert kept.status == 200
    assert "The hold stays" in Seen(kept.text).text
    assert held.release.state == "turned_down"
    late = answer(held, key_of(held, CYD, "billing"))
    assert late.status == 409
    assert "Not before the call." in Seen(late.text).text


@pytest.mark.parametrize("why", ["", "   ", "x" * (WHY_LIMIT + 1)])
def test_an_answer_needs_a_reason(held: World, why: str) -> None:
    shown = answer(held, key_of(held, ANN, "engineer"), why)
    assert shown.status == 422
    seen = Seen(shown.text)
    (field,) = seen.all("textarea")
    assert field["aria-invalid"] == "true"
    assert "Please say why" in seen.text
    assert not held.release.approvals


@pytest.mark.parametrize(
    "path",
    [
        PATH,
        "/releases/birch/cedar/2",
        "/releases/birch/cedar/0",
        "/releases/birch/cedar/first",
        "/releases/birch/nobody/1",
        "/releases/nobody/cedar/1",
        "/releases/birch/CEDAR/1",
        "/releases/birch",
    ],
)
def test_a_wrong_link_opens_nothing_and_tells_nothing(held: World, path: str) -> None:
    shown = [look(held, key, path) for key in ("wrong", "", "x" * 5000)]
    if path != PATH:
        shown.append(look(held, key_of(held, ANN, "engineer"), path))
    assert {entry.status for entry in shown} == {404}
    assert len({entry.text for entry in shown}) == 1, "whatever is wrong, the page is the same"
    text = Seen(shown[0].text).text
    assert "This link opens nothing" in text
    assert not any(name in text.lower() for name in ("cedar", "birch", "hold"))


def test_a_form_that_is_too_large_is_refused(held: World) -> None:
    assert answer(held, key_of(held, ANN, "engineer"), "x" * 10_000).status == 413
    assert not held.release.approvals


def every_page(held: World) -> list[Answered]:
    key = key_of(held, ANN, "engineer")
    asked = [look(held, key), look(held, "wrong"), answer(held, key, "")]
    return [*asked, answer(held, key), look(held, key)]


def test_no_page_can_be_kept_framed_or_made_to_run_anything(held: World) -> None:
    for shown in every_page(held):
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["x-content-type-options"] == "nosniff"
        policy = shown.headers["content-security-policy"]
        (style,) = re.findall(r"<style>(.*?)</style>", shown.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert policy == (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )


def test_no_page_has_a_script_or_anything_from_elsewhere(held: World) -> None:
    for shown in every_page(held):
        seen = Seen(shown.text)
        names = {tag for tag, _ in seen.elements}
        assert not names & {"script", "img", "link", "iframe", "object", "embed", "base", "a"}
        for _, attributes in seen.elements:
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert "url(" not in shown.text
        assert "://" not in shown.text


def test_every_page_can_be_read_aloud(held: World) -> None:
    for shown in every_page(held):
        seen = Seen(shown.text)
        assert seen.all("html") == [{"lang": "en"}]
        assert len(seen.all("title")) == len(seen.all("h1")) == len(seen.all("main")) == 1
        identifiers = [a["id"] for _, a in seen.elements if "id" in a]
        assert len(set(identifiers)) == len(identifiers)
        for label in seen.all("label"):
            assert label["for"] in identifiers
        for box in seen.all("textarea"):
            assert set((box["aria-describedby"] or "").split()) <= set(identifiers)
        assert all(table["aria-label"] for table in seen.all("table"))


def test_names_cannot_add_anything_to_the_page() -> None:
    made = asked("Cedar <script>alert(1)</script>\"&' Ltd")
    key = key_of(made, ANN, "engineer")
    sneaky = '"><script>alert(2)</script>'
    for shown in (look(made, key), answer(made, key, sneaky * 20), answer(made, key, sneaky)):
        assert not Seen(shown.text).all("script")
        assert "<script>alert(1)</script>" in Seen(shown.text).text


def test_the_secret_goes_in_the_body_of_the_form_and_not_in_its_address(held: World) -> None:
    key = key_of(held, ANN, "engineer")
    (form,) = Seen(look(held, key).text).all("form")
    assert form == {"method": "post", "action": PATH}
