"""Where something stands in a file, in words, and where the thing is that a sentence names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.accounts import feed_key

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, Plain, YamlDocument

# The keys by which people know an entry of a list, the most telling one first.
_NAMING_KEYS = (
    "order",
    "item",
    "fee",
    "run",
    "rule",
    "line",
    "agreement",
    "subscriber",
    "code",
    "feed",
    "moment",
    "category",
    "kind",
    "shipping",
    "product",
    "clause",
    "from_on",
    "up_to",
)
_QUOTED = re.compile(r"'([^']+)'")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TWICE = re.compile(r"\b(twice|two|both)\b")


def place(data: Plain, path: Path) -> str | None:
    """A path in words: ``runs[agreement].issue.day``; None for the file as a whole."""
    words = ""
    for step in path:
        if isinstance(step, str):
            words += f".{step}" if words else step
            data = data.get(step) if isinstance(data, dict) else None
        else:
            data = data[step] if isinstance(data, list) and step < len(data) else None
            words += f"[{_entry_name(data) or step + 1}]"
    return words or None


def _entry_name(entry: Plain) -> str | None:
    if not isinstance(entry, dict):
        return None
    named = (entry.get(key) for key in _NAMING_KEYS)
    return next((name for name in named if isinstance(name, str)), None)


def path_of_names(document: YamlDocument, path: Path, sentence: str, advice: str) -> Path:
    """The path, at or below the given one, of what a sentence names.

    A quoted name is a key of the group, or a text inside it; failing that, a word of the sentence
    may be one. Of things that are there twice it is the second: the first was fine alone.

    Args:
        document: the file.
        path: the group that the sentence is about.
        sentence: what is wrong.
        advice: what to do about it, which often names the key.
    """
    within = value_at(document.data, path)
    texts = list(_texts(within, path))
    words = _WORD.findall(sentence)
    keys = [*_QUOTED.findall(f"{sentence} {advice}"), *(word for word in words if "_" in word)]
    for name in keys:
        if isinstance(within, dict) and name in within:
            return (*path, name)
    for name in (*_QUOTED.findall(sentence), *words):
        found = [inner for inner, text in texts if feed_key(text) == feed_key(name)]
        if found:
            return found[-1] if _TWICE.search(sentence) else found[0]
    return path


def value_at(data: Plain, path: Path) -> Plain:
    """What stands at a path; what is around it, where a step does not fit."""
    for step in path:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int):
            data = data[step]
    return data


def _texts(data: Plain, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, list):
        for index, entry in enumerate(data):
            yield from _texts(entry, (*path, index))
    elif isinstance(data, dict):
        for key, entry in data.items():
            yield from _texts(entry, (*path, key))
