"""Mails of the gallery, as a browser shows their HTML."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from mspbill.preview import PreviewOrder, write_preview
from tools.gallery import images
from tools.gallery.samples import ROOT
from tools.gallery.shown import Page, Shown

_MAILS = "Mails"
_DESK = images.Screen()
_DARK = images.Screen(dark=True)
_PHONE = images.Screen(width=390)
_SCREENS = (
    ("invoice", "en-US", _DESK, "light", "The mail with an invoice."),
    ("invoice", "en-US", _DARK, "dark", "The mail with an invoice, in the dark."),
    ("invoice", "en-US", _PHONE, "phone", "The mail with an invoice, on a phone."),
    (
        "invoice",
        "en-US",
        images.Screen(pictures=False),
        "no-pictures",
        "The mail with an invoice where pictures are not loaded: nothing is missing.",
    ),
    ("invoice", "es-MX", _PHONE, "phone-es", "The mail with an invoice in Spanish, on a phone."),
    ("invoice", "fr", _DESK, "fr", "The mail with an invoice in French."),
    ("invoice", "de", _DESK, "de", "The mail with an invoice in German."),
    ("dunning", "en-US", _DESK, "light", "A notice about an unpaid invoice."),
    ("dunning", "de", _DARK, "dark-de", "A notice in German, in the dark."),
    ("credit-note", "en-US", _DESK, "light", "The mail with a credit note."),
    ("comparison", "en-US", _DESK, "light", "The mail with a comparison before the invoice."),
    ("report", "en-US", _PHONE, "phone", "The mail with a report, on a phone."),
    ("approval", "en-US", _DESK, "light", "To the provider: a billing run waits for approval."),
    ("summary", "en-US", _DESK, "light", "To the provider: how a billing run went."),
)


def mails() -> Iterator[Shown]:
    """Every screen that is shown."""
    for kind, locale, screen, name, shows in _SCREENS:
        yield Shown(
            f"mail-{kind}-{name}", _MAILS, "screen", _shot(kind, locale, screen), (Page(1, shows),)
        )


def _shot(kind: str, locale: str, screen: images.Screen) -> Callable[[], bytes]:
    return lambda: images.mail(_html(kind, locale, screen), screen)


def _html(kind: str, locale: str, screen: images.Screen) -> str:
    html = _previewed(locale)[kind]
    return html if screen.pictures else re.sub(r'src="data:[^"]*"', 'src="not-loaded"', html)


@cache
def _previewed(locale: str) -> dict[str, str]:
    """What ``mspbill preview`` writes for a sample provider, by the kind of mail."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "preview")
        write_preview(PreviewOrder.of(ROOT / "providers" / "integris", "all", locale), out)
        return {path.stem: path.read_text("utf-8") for path in out.glob("*.html")}
