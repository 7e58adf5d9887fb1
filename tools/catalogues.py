"""The catalogues of translations: every text that documents and mails say, in every language.

    python -m tools.catalogues            # take new texts in, drop those that nobody says any more
    python -m tools.catalogues --missing  # print what has no translation yet

Texts are found where they are said: `_("...")`, `ngettext(...)` and `pgettext(...)` in the package,
and the same and `{% trans %}` in the templates. A text that is chosen from a table is marked there
by `N_("...")`. A translation is never guessed from a similar text: a text whose words change needs
its translations anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "layers/billing/msp_billing/adapters/language/catalogues"
LANGUAGES = ("de", "es", "fr")
_SOURCES = {
    ROOT / "layers/billing/msp_billing": [("**.py", "python")],
    ROOT / "layers/rendering/templates": [("**.j2", "jinja2")],
}
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_PLACEHOLDER = re.compile(r"\{\w*\}|%\(\w+\)s")
_WIDTH = 100


@lru_cache(maxsize=1)
def said() -> Catalog:
    """Every text that the program says."""
    catalogue = Catalog(charset="utf-8")
    for folder, methods in _SOURCES.items():
        found = extract_from_dir(folder, methods, {"**.j2": {"silent": "false"}}, _KEYWORDS)
        for name, _, message, _, context in found:
            catalogue.add(message, locations=[((folder / name).as_posix(), 0)], context=context)
    return catalogue


def translated(language: str) -> Catalog:
    """The catalogue of a language as it is in the repository."""
    with _file(language).open("rb") as source:
        return read_po(source, locale=language)


def updated(language: str) -> Catalog:
    """The catalogue of a language with exactly the texts that are said."""
    known = {_name(entry): entry for entry in translated(language) if entry.id}
    catalogue = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for message in sorted(_texts(said()), key=_name):
        kept = known.get(_name(message))
        string = kept.string if kept is not None and kept.id == message.id else None
        catalogue.add(message.id, string, message.locations, context=message.context)
    return catalogue


def written(catalogue: Catalog) -> bytes:
    """A catalogue as a file: without places and times, which would change with everything."""
    content = BytesIO()
    write_po(
        content, catalogue, width=_WIDTH, omit_header=True, no_location=True, sort_output=False
    )
    plural = catalogue.plural_forms
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale}\\n"\n'
        f'"Plural-Forms: {plural}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    return b"# Words of documents and mails.\n" + header.encode() + content.getvalue()


def faults(language: str) -> Iterator[str]:
    """What is wrong with a catalogue: untranslated, obsolete, doubtful, other placeholders."""
    wanted = {_name(entry): entry for entry in _texts(said())}
    catalogue = translated(language)
    kept = {_name(entry): entry for entry in catalogue if entry.id}
    yield from (f"{name!r} is not in the catalogue" for name in wanted.keys() - kept.keys())
    yield from (f"nobody says {name!r}" for name in kept.keys() - wanted.keys())
    yield from (f"{name!r} is kept as obsolete" for name in catalogue.obsolete)
    for name, entry in kept.items():
        if entry.fuzzy:
            yield f"{name!r} is marked as fuzzy"
        for string in _strings(entry):
            if not string:
                yield f"{name!r} has no translation"
            elif all(_placeholders(string) != _placeholders(text) for text in _ids(entry)):
                yield f"{name!r} has other placeholders: {string!r}"


def strings(language: str) -> list[str]:
    """Every translation into a language."""
    return [text for entry in _texts(translated(language)) for text in _strings(entry)]


def pairs(language: str) -> list[tuple[str, str]]:
    """Every text with its translation, in the singular where it has two."""
    return [(_ids(entry)[0], _strings(entry)[0]) for entry in _texts(translated(language))]


def _file(language: str) -> Path:
    return CATALOGUES / f"{language}.po"


def _texts(catalogue: Catalog) -> Iterator[Message]:
    return (entry for entry in catalogue if entry.id)


def _name(message: Message) -> tuple[str, str]:
    return _ids(message)[0], message.context or ""


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    if not message.string:
        return ("",)
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def main() -> None:
    """Bring the catalogues up to date, or print what is missing."""
    for language in LANGUAGES:
        if "--missing" in sys.argv:
            for fault in faults(language):
                print(f"{language}: {fault}")
            continue
        catalogue = updated(language)
        _file(language).write_bytes(written(catalogue))
        missing = sum(not all(_strings(entry)) for entry in _texts(catalogue))
        print(f"{language}: {len(catalogue)} texts, {missing} without a translation")


if __name__ == "__main__":
    main()
