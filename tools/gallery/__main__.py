"""Makes the gallery anew: ``python -m tools.gallery [--out FOLDER] [--dpi N] [--only TEXT]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from mspbill.repository import repository_root
from tools.gallery import images
from tools.gallery.account_documents import account_documents
from tools.gallery.index import index_page
from tools.gallery.invoices import invoices
from tools.gallery.mails import mails
from tools.gallery.reports import reports
from tools.gallery.shown import Picture, Shown

_DPI = 78
_LARGEST_BYTES = 4_000_000


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures and their index; exit code 1 says which program is missing."""
    asked = _parser().parse_args(arguments)
    try:
        images.program("pdftoppm", "poppler-utils")
    except images.MissingToolError as error:
        print(error, file=sys.stderr)
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    if not asked.only:
        for old in asked.out.glob("*.png"):
            old.unlink()
    pictures: list[Picture] = []
    for shown in (*invoices(), *account_documents(), *reports(), *mails()):
        if asked.only not in shown.name:
            continue
        try:
            pictures += _drawn(shown, asked.out, asked.dpi)
        except images.MissingToolError as error:
            print(f"left out {shown.name}: {error}")
    if not asked.only:
        (asked.out / "README.md").write_text(index_page(pictures), "utf-8")
    size = sum(picture.size_bytes for picture in pictures)
    print(f"{len(pictures)} pictures, {size:,} bytes, in {asked.out}")
    return 1 if size > _LARGEST_BYTES and asked.dpi == _DPI else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.gallery", description=__doc__)
    parser.add_argument("--out", type=Path, default=repository_root() / "docs" / "gallery")
    parser.add_argument("--dpi", type=int, default=_DPI, help="of pages; a screen has its own")
    parser.add_argument("--only", default="", help="what the names of documents contain")
    return parser


def _drawn(shown: Shown, out: Path, dpi: int) -> Iterator[Picture]:
    content = shown.make()
    count = images.page_count(content) if shown.kind == "pdf" else 1
    done = set()
    for page in shown.pages:
        number = page.number if page.number > 0 else count + 1 + page.number
        if not 0 < number <= count or number in done:
            continue
        done.add(number)
        file, png = f"{shown.name}.png", content
        if shown.kind == "pdf":
            file = f"{shown.name}-{number}.png"
            png = images.page(content, number, dpi, grey=shown.grey)
        made = images.small(png)
        (out / file).write_bytes(made)
        print(f"{file}: page {number} of {count}, {len(made):,} bytes")
        yield Picture(file, shown.group, page.shows, len(made))


if __name__ == "__main__":
    raise SystemExit(main())
