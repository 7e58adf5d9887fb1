"""Links between documents lead somewhere, down to the heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents.written_commands import documents
from tests.frame import repository

_LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]+)?\)")


@pytest.mark.parametrize("document", documents(), ids=repository.relative)
def test_every_link_leads_somewhere(document: Path) -> None:
    assert broken_links(document) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# One heading, two `words`\n", "utf-8")
    links = "[a](there.md#one-heading-two-words) [b](#none) [c](gone.md) [d](there.md#two)"
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{links}\n", "utf-8")
    assert broken_links(page) == ["#none", "gone.md", "there.md#two"]


def broken_links(document: Path) -> list[str]:
    """Links of a document to files or headings that are not there, as they are written."""
    found = []
    for file, heading in _LINK.findall(document.read_text("utf-8")):
        if file.startswith(("http://", "https://", "mailto:")):
            continue
        target = document.parent / file if file else document
        if not target.exists() or (
            heading and target.suffix == ".md" and heading[1:] not in _headings(target)
        ):
            found.append(file + heading)
    return found


def _headings(document: Path) -> set[str]:
    """The names by which headings are linked to, as GitHub makes them."""
    named = re.findall(r"^#+ +(.*?) *$", document.read_text("utf-8"), re.MULTILINE)
    anchors = re.findall(r'<a (?:id|name)="([^"]+)"', document.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in named} | {*anchors}
