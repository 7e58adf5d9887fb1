"""Whose name a bank gives for a payment: names as banks write them, cut off and in capitals."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account

_LEGAL_FORMS = frozenset(
    re.findall(
        "[a-z]+",
        "inc incorporated corp corporation co company llc llp lp pllc pc pa ltd limited plc gmbh",
    )
)
_MIN_CUT_LETTERS = 10
_MIN_REFERENCE_LETTERS = 4

Words = tuple[str, ...]


class NamedAccounts(NamedTuple):
    """Accounts whose name is given: in full, or in a way that may mean somebody else too."""

    surely: tuple[str, ...]
    perhaps: tuple[str, ...]


class _Name(NamedTuple):
    account: str
    words: Words
    core: Words


class AccountNames:
    """The names of a book's accounts, to be found in what a bank writes.

    Surely meant is an account whose name of two words or more is in the text, or is all of it. One
    word alone inside a text ('Elm' in '14 Elm Street'), a name that the bank cut off, and a
    purchase order speak for an account, but not alone.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_first_word: defaultdict[str, list[_Name]] = defaultdict(list)
        self._short_names: dict[str, str] = {}
        self._references: defaultdict[str, list[_Name]] = defaultdict(list)
        for account in accounts:
            self._short_names[account.account] = account.account
            for text in {account.name, *account.known_as, account.account}:
                self._add(account.account, words_of(text))
            reference = words_of(account.purchase_order or "")
            letters = "".join(reference)
            if len(letters) >= _MIN_REFERENCE_LETTERS and re.search("[0-9]", letters):
                name = _Name(account.account, reference, reference)
                self._references[reference[0]].append(name)

    def _add(self, account: str, words: Words) -> None:
        core = core_of(words)
        if core:
            self._by_first_word[core[0]].append(_Name(account, words, core))

    def named_in(self, texts: Sequence[str], payer: str | None) -> NamedAccounts:
        """The accounts that the texts and the payer's name speak of."""
        surely: dict[str, set[Words]] = defaultdict(set)
        perhaps: dict[str, None] = {}
        for text in (*([payer] if payer else []), *texts):
            words = words_of(text)
            for short_name in _short_names_in(text):
                if short_name in self._short_names:
                    surely[short_name].add(tuple(short_name.split("-")))
            for name, certain in self._names_in(words):
                if certain:
                    surely[name.account].add(name.core)
                else:
                    perhaps[name.account] = None
        cut_off = list(self._cut_off(payer))
        certain_ones = tuple(_without_parts_of_others(surely, cut_off))
        perhaps |= dict.fromkeys((*(name.account for name in cut_off), *surely))
        return NamedAccounts(certain_ones, tuple(a for a in perhaps if a not in certain_ones))

    def _names_in(self, words: Words) -> Iterator[tuple[_Name, bool]]:
        whole = core_of(words)
        for start, word in enumerate(words):
            for name in self._by_first_word.get(word, ()):
                if words[start : start + len(name.core)] != name.core:
                    continue
                in_full = len(name.core) > 1 or (
                    len(name.words) > 1 and words[start : start + len(name.words)] == name.words
                )
                short_name = "-".join(name.words) == name.account and name.core != whole
                yield name, name.core == whole or (in_full and not short_name)
            for name in self._references.get(word, ()):
                if words[start : start + len(name.words)] == name.words:
                    yield name, False

    def _cut_off(self, payer: str | None) -> Iterator[_Name]:
        """Names that the payer's begins like: banks keep 16 or 22 letters of a name."""
        words = words_of(payer or "")
        told = " ".join(words)
        if len(told) >= _MIN_CUT_LETTERS:
            for name in self._by_first_word.get(words[0], ()):
                if " ".join(name.words).startswith(told) and name.core != core_of(words):
                    yield name


def words_of(text: str) -> Words:
    """The words of a name without case, accents and punctuation; '&' is 'and'."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and "))
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'\u2019.")
    return tuple(re.findall(r"[^\W_]+", letters.casefold()))


def core_of(words: Words) -> Words:
    """A name without 'the' before it and its legal form behind it."""
    core = words[1:] if words[:1] == ("the",) and len(words) > 1 else words
    while len(core) > 1 and core[-1] in _LEGAL_FORMS:
        core = core[:-1]
    return core


def _short_names_in(text: str) -> Iterator[str]:
    """Words with a hyphen in them, as short names of accounts often have."""
    for match in re.finditer(r"(?<![\w-])[a-z0-9]+(?:-[a-z0-9]+)+(?![\w-])", text.casefold()):
        yield match[0]


def _without_parts_of_others(
    found: dict[str, set[Words]], cut_off: Iterable[_Name]
) -> Iterator[str]:
    """Who is named, without those whose name is only a part of another's: the longer is meant."""
    longer = [(name.account, name.words) for name in cut_off]
    longer += [(account, words) for account, names in found.items() for words in names]
    for account, names in found.items():
        others = [words for other, words in longer if other != account]
        if not all(any(_is_part(name, other) for other in others) for name in names):
            yield account


def _is_part(name: Words, other: Words) -> bool:
    places = range(len(other) - len(name) + 1)
    return len(name) < len(other) and any(other[i : i + len(name)] == name for i in places)
