"""How two versions of a document differ, field by field, in words that are in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msp_billing.usecases.applying.changes import FieldChange

if TYPE_CHECKING:
    from msp_billing.domain.base import Frozen

_MAX_VALUE = 72
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_Document = Mapping[str, Any]


def document_of(value: Frozen) -> dict[str, Any]:
    """A document as a file would say it: without what goes without saying."""
    return value.model_dump(mode="json", exclude_defaults=True)


def differences(was: _Document, becomes: _Document, path: str = "") -> Iterator[FieldChange]:
    """Every field that differs, in the order of the files.

    Entries of a list are told apart by the first field that names them (``run``, ``clause``,
    ``from_on``), so that one that moved does not look like others that changed. What has no names,
    such as the tiers of a price, is told apart by its place, from 1.
    """
    for name in dict.fromkeys((*was, *becomes)):
        yield from _field(was.get(name), becomes.get(name), f"{path}{name}")


def moved(was: _Document, becomes: _Document, path: str) -> Iterator[FieldChange]:
    """That entries of a list stand in another order, which invoices may follow."""
    before = [name for name in was if name in becomes]
    after = [name for name in becomes if name in was]
    if before != after:
        yield FieldChange(field=f"{path} / order", was=said(before), becomes=said(after))


def named_entries(was: Any, becomes: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Two lists of entries by their names; None when no field names the entries of both."""
    both = [*(was or ()), *(becomes or ())]
    if not both or not all(isinstance(entry, Mapping) for entry in both):
        return None
    for key in both[0]:
        before, after = _by(key, was or ()), _by(key, becomes or ())
        if before is not None and after is not None:
            return before, after
    return None


def said(value: Any) -> str:
    """A value in a line: ``each 85.10``; a long text as its beginning and its length."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name} {_inner(entry)}" for name, entry in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        text = ", ".join(_inner(entry) for entry in value) or "none"
    else:
        text = " ".join(str(value).split())
    if len(text) <= _MAX_VALUE:
        return text
    return f"{text[: _MAX_VALUE - 24].rstrip()}... ({len(text):,} characters)"


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name} {_inner(entry)}' for name, entry in value.items())})"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_inner(entry) for entry in value)}]"
    if value is None:
        return "none"
    return "yes" if value is True else "no" if value is False else str(value)


def _field(was: Any, becomes: Any, path: str) -> Iterator[FieldChange]:
    if was == becomes:
        return
    if isinstance(was, Mapping) and isinstance(becomes, Mapping):
        yield from differences(was, becomes, f"{path} / ")
        return
    if isinstance(was, list) and isinstance(becomes, list):
        named = named_entries(was, becomes)
        if named is not None:
            yield from differences(*named, f"{path} / ")
            yield from moved(*named, path)
            return
        if len(was) == len(becomes) and all(isinstance(e, Mapping) for e in (*was, *becomes)):
            for place, pair in enumerate(zip(was, becomes, strict=True), start=1):
                yield from differences(*pair, f"{path} / {place} / ")
            return
    # Beginning and end of both may be the same where they are shortened.
    before, after = (None if value is None else said(value) for value in (was, becomes))
    if before == after:
        after = f"{after}, changed further on"
    yield FieldChange(field=path, was=before, becomes=after)


def _by(key: str, entries: Sequence[_Document]) -> dict[str, Any] | None:
    """The entries by this field; None when it does not name each of them, as no amount does."""
    names = [entry.get(key) for entry in entries]
    if not all(isinstance(name, str) and not _AMOUNT.fullmatch(name) for name in names):
        return None
    if len(set(names)) != len(names):
        return None
    return {
        str(name): {field: value for field, value in entry.items() if field != key}
        for name, entry in zip(names, entries, strict=True)
    }
