"""The language that is being written, and its words.

Documents and mails are made of many small texts, deep inside of what makes them. As in other
systems of translation, the language is therefore not handed from function to function but set
around the whole: ``with in_language("fr-CA"): ...``. Only what makes a whole document or mail opens
it; everything below asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

CATALOGUES = Path(__file__).parent / "catalogues"
SOURCE_LANGUAGE = "en"
"""The language of the texts in the program; it needs no catalogue."""

LANGUAGES = (SOURCE_LANGUAGE, "es", "fr", "de")

_DEFAULT = Locale("en", "US")
_locale: ContextVar[Locale] = ContextVar("locale", default=_DEFAULT)


@contextmanager
def in_language(tag: str) -> Iterator[None]:
    """Write everything inside of it in this language, with the formats of its country.

    Args:
        tag: a ``LocaleTag``: ``en-US``, ``fr-CA``, ``de``. Formats are the language's own where
            the country has none in it.
    """
    token = _locale.set(_parsed(tag))
    try:
        yield
    finally:
        _locale.reset(token)


def current_locale() -> Locale:
    """What is being written in."""
    return _locale.get()


def language_tag() -> str:
    """What is being written in, as PDF, HTML and mail headers name it: ``fr-CA``."""
    return str(_locale.get()).replace("_", "-")


def gettext(message: str) -> str:
    """The text in the language that is being written; the text itself where nobody translated it.

    Values are put in afterwards, ``gettext("Due {day}").format(day=...)``, because the text is what
    the catalogues know.
    """
    return _translations(_locale.get().language).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """The text for a number of things, by the language's own rules of plural."""
    return _translations(_locale.get().language).ngettext(singular, plural, number)


def pgettext(context: str, message: str) -> str:
    """The text where the same English word means several things: ``pgettext("verb", "Order")``."""
    return _translations(_locale.get().language).pgettext(context, message)


@lru_cache(maxsize=64)
def _parsed(tag: str) -> Locale:
    try:
        return Locale.parse(tag, sep="-")
    except UnknownLocaleError:
        return Locale(tag.partition("-")[0])


@lru_cache(maxsize=len(LANGUAGES))
def _translations(language: str) -> NullTranslations:
    """The words of a language, read from its catalogue once per process."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
