"""What the domain says in English about a line, said in the reader's language.

An invoice keeps why each line is what it is, in English: that is what is sealed and audited, and it
stays as it was written. The domain makes these texts of few sentences with values in them. Here
each of those sentences is known again, and said in the language that is being written with its
values in it; so are those inside of others. It works for invoices of any age. What is not known
stays as it was written, as does what a person wrote.

`tests/frame/test_composed_texts.py` fails when the domain says something that is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_decimal_symbol, get_group_symbol

from msp_billing.adapters.composed_sentences import DESCRIPTIONS, REASONS, TITLES, UNITS
from msp_billing.adapters.formatting import format_day, format_money, format_month
from msp_billing.adapters.language import current_locale, gettext
from msp_billing.adapters.language.languages import SOURCE_LANGUAGE
from msp_billing.domain.invoices import InvoiceLine, LineKind
from msp_billing.domain.periods import Period

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_CALCULATION = re.compile(r"[-\d,. x+=()]*\d[-\d,. x+=()]*")
_OWN_UNITS = {LineKind.DISCOUNT, LineKind.TAX, LineKind.PAY_OUT, LineKind.ADJUSTMENT}
_OWN_UNITS |= {LineKind.SHORTFALL}
_LONGEST = 600


def reason_in_words(text: str) -> str:
    """Where a quantity or a price comes from, or how an amount was worked out."""
    return _in_words(text, "reasons")


def description_in_words(text: str) -> str:
    """What a line is: names as the provider wrote them, and what the domain says beside them."""
    return _in_words(text, "descriptions")


def title_in_words(text: str) -> str:
    """What a document or a letter is called, where the domain calls it so by itself."""
    return _in_words(text, "titles")


def unit_in_words(line: InvoiceLine) -> str:
    """What is counted: the provider's own word, but for lines that the domain makes by itself."""
    own = line.kind in _OWN_UNITS and line.unit in UNITS
    return gettext(line.unit) if own else line.unit


def _in_words(text: str, kind: str) -> str:
    locale = current_locale()
    if locale.language == SOURCE_LANGUAGE or len(text) > _LONGEST:
        return text
    return _said(text, kind, str(locale))


@lru_cache(maxsize=4096)
def _said(text: str, kind: str, _locale: str) -> str:
    """The text in the current language; ``_locale`` tells the texts of languages apart."""
    for sentence in _sentences(kind):
        found = sentence.pattern.fullmatch(text)
        if found is None:
            continue
        try:
            values = {name: _value(name, value, kind) for name, value in found.groupdict().items()}
        except ValueError:  # what looks like a day is none: a person wrote it
            continue
        return gettext(sentence.text).format(**values)
    if kind == "reasons" and _CALCULATION.fullmatch(text):
        return _numbers(text.replace(" x ", " × "))
    return text


def _value(name: str, value: str, kind: str) -> str:
    return _FIELDS[name.rstrip("0123456789")].write(value, kind)


def _numbers(text: str) -> str:
    """Every number with the signs of the language; no digit is added or taken away."""
    locale = current_locale()
    signs = {",": get_group_symbol(locale), ".": get_decimal_symbol(locale)}
    return _NUMBER.sub(
        lambda found: "".join(signs.get(letter, letter) for letter in found[0]), text
    )


def _money(value: str) -> str:
    amount, _, currency = value.rpartition(" ")
    return format_money(Decimal(amount.replace(",", "")), currency)


@dataclass(frozen=True)
class _Field:
    """A value in a sentence: what it looks like, and how it is written."""

    looks: str
    write: Callable[[str, str], str]


def _named(*names: str, field: _Field) -> Iterable[tuple[str, _Field]]:
    return ((name, field) for name in names)


_TEXT = _Field(r".+?", lambda value, _: value)
_SAID = _Field(r".+", _in_words)
_DAY = _Field(r"\d{4}-\d\d-\d\d", lambda value, _: format_day(date.fromisoformat(value)))
_MONTH = _Field(r"\d{4}-\d\d", lambda value, _: format_month(Period.parse(value)))
_MONEY = _Field(r"-?\d[\d,]*(?:\.\d+)? [A-Z]{3}", lambda value, _: _money(value))
_FIGURE = _Field(r"-?\d[\d,]*(?:\.\d+)?", lambda value, _: _numbers(value))
_SUM = _Field(r"[-\d,. x+=()/]*\d.*", _in_words)

_FIELDS: dict[str, _Field] = dict(
    [
        *_named("said", "asked", "per", field=_SAID),
        *_named("sum", field=_SUM),
        *_named("day", "until", field=_DAY),
        *_named("month", field=_MONTH),
        *_named("money", field=_MONEY),
        *_named(
            *("amount", "base", "billed", "contracted", "counted", "each", "hours", "included"),
            *("least", "minutes", "number", "ordered", "percent", "quantity", "step", "times"),
            *("years",),
            field=_FIGURE,
        ),
        *_named(
            *("approver", "card", "certificate", "engineer", "entry", "minimum", "name", "order"),
            *("person", "place", "rate", "reason", "title", "unit", "version", "words"),
            field=_TEXT,
        ),
    ]
)


@dataclass(frozen=True)
class _Sentence:
    """One sentence of the domain, and how it is recognized."""

    text: str
    pattern: re.Pattern[str]


@lru_cache(maxsize=3)
def _sentences(kind: str) -> tuple[_Sentence, ...]:
    return tuple(_Sentence(text, _pattern(text)) for text in _TEXTS[kind])


_TEXTS = {"reasons": REASONS, "descriptions": DESCRIPTIONS, "titles": TITLES}


def _pattern(text: str) -> re.Pattern[str]:
    """Names of values are words of _FIELDS, with a number behind where there are two of a kind."""
    parts = re.split(r"\{(\w+)\}", text)
    return re.compile(
        "".join(
            f"(?P<{part}>{_FIELDS[part.rstrip('0123456789')].looks})" if odd else re.escape(part)
            for part, odd in zip(parts, (number % 2 for number in range(len(parts))), strict=True)
        )
    )
