"""XML as text that is escaped by its type: what is no markup yet cannot get in as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NewType
from xml.sax.saxutils import escape, quoteattr

from msp_billing.adapters.invoice_pdf.printable_text import printable

Markup = NewType("Markup", str)
"""A finished element."""

NOTHING = Markup("")
_NO_LIMIT = 1_000_000


def element(tag: str, *children: Markup) -> Markup:
    """An element of elements; empty ones among them are left out."""
    return Markup(f"<{tag}>\n{''.join(children)}</{tag}>\n")


def code(tag: str, value: str, **attributes: str) -> Markup:
    """An element with a value that the program made: a code, a number, a day."""
    named = _named(tuple(attributes.items())) if attributes else ""
    return Markup(f"<{tag}{named}>{escape(value)}</{tag}>\n")


def text(tag: str, value: str | None, **attributes: str) -> Markup:
    """An element with text that anybody may have written; nothing for None.

    As on paper, it is one line without control characters, some of which XML has no way to say,
    and without invisible ones, which could turn an amount around. Nothing is cut off.
    """
    if value is None:
        return NOTHING
    return code(tag, _one_line(value), **attributes)


def amount(tag: str, value: Decimal, **attributes: str) -> Markup:
    """An element with an amount, a price or a quantity."""
    return code(tag, number(value), **attributes)


def number(value: Decimal) -> str:
    """Digits and a point, with as many decimals as the value has; zero has no sign."""
    return format(value if value else abs(value), "f")


@lru_cache(maxsize=1024)
def day(tag: str, on: date) -> Markup:
    """An element with a day."""
    said = code("udt:DateTimeString", f"{on:%Y%m%d}", format="102")
    return element(tag, said)


@lru_cache(maxsize=256)
def _named(attributes: tuple[tuple[str, str], ...]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes)


@lru_cache(maxsize=1024)
def _one_line(value: str) -> str:
    """Lines of an invoice say the same again and again; cleaning them is the dearest part."""
    return printable(value, _NO_LIMIT, unbroken=_NO_LIMIT)
