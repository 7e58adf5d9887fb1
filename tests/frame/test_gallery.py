"""The gallery of documents is whole and small. What its pictures show is for eyes."""

from __future__ import annotations

import re

from tests.frame import repository

GALLERY = repository.ROOT / "docs" / "gallery"
INDEX = (GALLERY / "README.md").read_text("utf-8")
LARGEST_BYTES = 4_000_000


def test_the_index_shows_every_picture_and_says_what_each_shows() -> None:
    shown = re.findall(r"^!\[(.+)\]\((.+\.png)\)$", INDEX, re.MULTILINE)
    assert sorted(file for _, file in shown) == sorted(path.name for path in GALLERY.glob("*.png"))
    assert min(len(words) for words, _ in shown) > 20


def test_the_pictures_are_small_because_every_version_is_kept() -> None:
    sizes = {path.name: path.stat().st_size for path in GALLERY.glob("*.png")}
    assert sum(sizes.values()) < LARGEST_BYTES
    assert max(sizes.values()) < LARGEST_BYTES / 20


def test_the_gallery_says_that_nobody_in_it_exists() -> None:
    assert "invented" in INDEX
    assert "make gallery" in INDEX
