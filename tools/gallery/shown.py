"""What the gallery shows: documents and screens, and which of their pages become pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page of a document; negative numbers count from its end, as -1 for the last one."""

    number: int
    shows: str


@dataclass(frozen=True)
class Shown:
    """A document, made when it is needed, and the pages of it that become pictures.

    Args:
        name: of the pictures' files, without the page.
        kind: which tool makes pictures of it.
        grey: as a black-and-white printer prints it.
    """

    name: str
    group: str
    kind: str
    make: Callable[[], bytes]
    pages: tuple[Page, ...]
    grey: bool = False


@dataclass(frozen=True)
class Picture:
    """One picture of the gallery, as its index names it."""

    file: str
    group: str
    shows: str
    size_bytes: int


def pdf(name: str, group: str, make: Callable[[], bytes], *pages: tuple[int, str]) -> Shown:
    """A PDF with the pages to show and a sentence for each."""
    return Shown(name, group, "pdf", make, tuple(Page(*page) for page in pages))
