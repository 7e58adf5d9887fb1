from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.mspbill.conftest import Billed

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Checks that elements nest, and keeps links, ids and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"href", "src"}:
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def source(billed: Billed) -> str:
    return (billed.out / "index.html").read_text("utf-8")


@pytest.fixture
def page(source: str) -> Page:
    return Page(source)


def test_every_account_and_amount_is_on_the_page(page: Page) -> None:
    for told in (
        "Harbor <b>& Co</b>",
        "Birch Dental",
        "Quiet Library",
        "nothing to bill",
        "$255.30",
        "$835.30",
    ):
        assert told in page.text


def test_names_are_never_markup(source: str, page: Page) -> None:
    assert "<b>& Co" not in source
    assert "<b>Lee" not in source
    assert "Approved by Pat <b>Lee</b>" in page.text


def test_it_asks_the_network_for_nothing(source: str) -> None:
    assert "http:" not in source
    assert "https:" not in source
    assert not re.search(r"@import|url\(|\bfetch\(|XMLHttpRequest", source)


def test_every_link_leads_to_a_file_of_the_run(page: Page, billed: Billed) -> None:
    within = [link[1:] for link in page.links if link.startswith("#")]
    assert set(within) <= set(page.ids)
    files = [unquote(link) for link in page.links if not link.startswith("#")]
    assert len(files) > 8
    assert [name for name in files if not (billed.out / name).is_file()] == []


def test_ids_are_there_once(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))


def test_the_timeline_tells_the_cycle_in_order(page: Page) -> None:
    steps = (
        "Cycle opened by its monthly schedule",
        "Snapshot 'first' taken: 4 rows",
        "devices/2026-12-01.csv: 4 rows",
        "Snapshot sealed: 3 accounts",
        "Invoices built: 2 accounts to bill, 1 with nothing to bill, 0 parked",
        "Reconciled",
        "Approval asked of books@pinewood.example",
        "Approved by Pat",
        "2 invoices numbered: PW-000001 to PW-000002",
        "2 PDFs made and sealed",
        "SES took 2 invoice mails",
        "Cycle closed",
        "2 invoice mails delivered",
    )
    told = page.text[page.text.index("What happened when") :]
    places = [told.index(step) for step in steps]
    assert places == sorted(places)


def test_the_calendar_is_in_words(page: Page) -> None:
    assert "the 2nd of the service month, or the next business day, 08:00" in page.text
    assert "15 days after the invoice date" in page.text


def test_the_page_is_one_file(billed: Billed) -> None:
    assert not list(Path(billed.out).rglob("*.css"))
    assert not list(Path(billed.out).rglob("*.js"))
