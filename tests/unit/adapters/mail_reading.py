"""Reading mails as their readers' programs do, with the standard library."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser


def parsed(raw: bytes) -> EmailMessage:
    """The mail, after what holds for every mail has been checked on its bytes."""
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = message_from_bytes(raw, policy=policy.default)
    for part in message.walk():
        assert part.defects == []
    return message


def text_of(message: EmailMessage) -> str:
    """The text part, its lines as they are."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def words_of(message: EmailMessage) -> str:
    """The text part without its line breaks."""
    return " ".join(text_of(message).split())


def html_of(message: EmailMessage) -> str:
    """The HTML part."""
    body = message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


class Seen(HTMLParser):
    """What a reader sees of an HTML mail: its words, elements, links and pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.root: dict[str, str | None] = {}
        self.hidden = ""
        self._words: list[str] = []
        self._stack: list[str] = []
        self._hidden_at: int | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        values = dict(attrs)
        self.elements.append(tag)
        if tag == "html":
            self.root = values
        if "href" in values:
            self.links.append(values["href"] or "")
        if tag == "img":
            self.pictures.append(values)
        if tag not in {"meta", "br", "img", "link"}:
            self._stack.append(tag)
            if "display: none" in (values.get("style") or ""):
                self._hidden_at = len(self._stack)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if self._hidden_at == len(self._stack):
            self._hidden_at = None
        if tag in self._stack:
            while self._stack.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Note words."""
        if self._hidden_at is not None:
            self.hidden += data
        elif not {"style", "title"} & set(self._stack):
            self._words.append(data)

    @property
    def text(self) -> str:
        """What is visible, with single spaces."""
        return " ".join(" ".join(self._words).split())
