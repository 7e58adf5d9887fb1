"""The page that shows the pictures, with a sentence for each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from tools.gallery.shown import Picture

_HEAD = """# Gallery

What customers get, as it looks. Every account, address, amount and bank detail in these pictures
is invented. Letters and mails are of the sample providers in `providers/`, which are modelled on
what companies publish about their billing, with invented logos, and are not affiliated with them;
no other provider here exists.

`make gallery` makes the pictures anew from the sample data of the tests and of `providers/`. No
other command needs them, and no test looks at them: they are for eyes. It uses programs of the
machine that are no dependencies of the project: `pdftoppm` (Debian: poppler-utils) for pages,
`chromium` for mails and `soffice` (libreoffice-calc) for workbooks; without one of the last two,
its pictures are left out. `python -m tools.gallery --out FOLDER --dpi 120 --only invoice-de` makes
some of them larger, elsewhere.
"""


def index_page(pictures: Iterable[Picture]) -> str:
    """The page as Markdown: the sentence is also the text for who does not see the picture."""
    parts = [_HEAD]
    for group, shown in groupby(pictures, key=lambda picture: picture.group):
        parts.append(f"\n## {group}\n")
        parts += [_entry(picture) for picture in shown]
    return "".join(parts)


def _entry(picture: Picture) -> str:
    return f"\n{picture.shows}\n\n![{picture.shows}]({picture.file})\n"
