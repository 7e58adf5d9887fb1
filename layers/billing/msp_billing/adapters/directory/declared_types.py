"""What a model declares for a place in a file: which keys, and what a text there means."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, Plain

_INTEGER = re.compile(r"^-?\d{1,9}$")
_SEPARATED = re.compile(r"^-?\d[\d.,' _]*$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
_WORDS = re.compile(r"\w+")
_SWITCHES = frozenset({"true", "false"})


@dataclass(frozen=True)
class Misreading:
    """A text that does not say, or not in one way only, what its place asks for."""

    path: Path
    code: str
    what: str
    fix: str


def misreadings(model: type[BaseModel], data: Plain) -> Iterator[Misreading]:
    """Every text that is no number, date, time or switch where the model wants one.

    A model alone would be too kind: it takes 20261101 for a moment in August 1970, 1_000 for a
    thousand and "on" for true. Here there is one way to write each.
    """
    for path, kind, text in _texts(model, data, ()):
        if (wrong := _READERS[kind](text)) is not None:
            yield Misreading(path, *wrong)


def model_at(model: type[BaseModel], data: Plain, path: Path) -> type[BaseModel] | None:
    """The model of the group at a path; None when what is there is no group of known keys."""
    declared: Any = model
    for step in path:
        declared = _inner(_bare(declared, data), step)
        data = _entry(data, step)
    found = _bare(declared, data)
    return found if _is_model(found) else None


def path_of_error(model: type[BaseModel], data: Plain, location: Path) -> Path | None:
    """Where in the file pydantic's location is.

    Where one of several groups may stand, pydantic reports what is wrong with it as each of them,
    and puts their names into the location. Only what is wrong with the group that is meant is
    worth saying; for the others the answer is None.
    """
    declared: Any = model
    path: Path = ()
    steps = list(location)
    while steps:
        if len(_members(declared)) > 1:
            # The name comes alone or wrapped: "function-after[_check(), DateRule]".
            declared = _bare(declared, data)
            if _WORDS.findall(str(steps.pop(0)))[-1:] != [declared.__name__]:
                return None
            continue
        step = steps.pop(0)
        declared, data = _inner(_bare(declared, data), step), _entry(data, step)
        path = (*path, step)
    return path


def _texts(declared: Any, data: Plain, path: Path) -> Iterator[tuple[Path, type, str]]:
    kind = _bare(declared, data)
    if isinstance(data, str):
        if kind in _READERS:
            yield path, kind, data
    elif isinstance(data, list):
        for index, entry in enumerate(data):
            yield from _texts(_inner(kind, index), entry, (*path, index))
    elif isinstance(data, dict):
        for key, entry in data.items():
            yield from _texts(_inner(kind, key), entry, (*path, key))


def _members(declared: Any) -> list[Any]:
    """What may stand here, without constraints and without "or nothing"."""
    while get_origin(declared) is Annotated:
        declared = get_args(declared)[0]
    if get_origin(declared) not in {Union, types.UnionType}:
        return [declared]
    return [
        member
        for entry in get_args(declared)
        if entry is not types.NoneType
        for member in _members(entry)
    ]


def _bare(declared: Any, data: Plain) -> Any:
    """The declaration that is meant: of several groups the one whose keys are most alike."""
    members = _members(declared)
    if len(members) == 1 or not isinstance(data, dict):
        return members[0]
    return max(members, key=lambda entry: _likeness(entry, list(data)))


def _likeness(member: Any, keys: list[str]) -> tuple[int, int]:
    known = list(member.model_fields) if _is_model(member) else []
    alike = [key for key in keys if get_close_matches(key, known, n=1)]
    return len(set(keys) & set(known)), len(alike)


def _is_model(declared: Any) -> bool:
    return isinstance(declared, type) and issubclass(declared, BaseModel)


def _entry(data: Plain, step: str | int) -> Plain:
    if isinstance(data, dict) and isinstance(step, str):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _inner(kind: Any, step: str | int) -> Any:
    """What is declared one step further in; None when nothing is."""
    if _is_model(kind):
        declared = kind.model_fields.get(str(step))
        return None if declared is None else declared.annotation
    arguments = get_args(kind)
    if get_origin(kind) in {tuple, frozenset} and isinstance(step, int):
        return arguments[0]
    if get_origin(kind) is dict and isinstance(step, str):
        return arguments[1]
    return None


def _read_integer(text: str) -> tuple[str, str, str] | None:
    if _INTEGER.match(text):
        return None
    if _SEPARATED.match(text):
        what = f"'{text}' can be read in more than one way."
    else:
        what = f"'{text}' is no whole number."
    return "number", what, "Write a whole number without separators, such as 1250."


def _read_day(text: str) -> tuple[str, str, str] | None:
    if not _DAY.match(text):
        what = f"'{text}' is no date, or can be read in more than one way."
        return "date", what, "Write it as YYYY-MM-DD, such as 2026-11-30."
    try:
        date.fromisoformat(text)
    except ValueError:
        return "date", f"The date {text} does not exist.", "Write a day that exists."
    return None


def _read_time(text: str) -> tuple[str, str, str] | None:
    if _TIME.match(text):
        return None
    fix = 'Write it as HH:MM, from "00:00" to "23:59", in the provider\'s local time.'
    return "time", f"'{text}' is no time of day.", fix


def _read_switch(text: str) -> tuple[str, str, str] | None:
    if text.lower() in _SWITCHES:
        return None
    return "switch", f"'{text}' is neither true nor false.", "Write true or false."


_READERS: dict[Any, Callable[[str], tuple[str, str, str] | None]] = {
    int: _read_integer,
    date: _read_day,
    time: _read_time,
    bool: _read_switch,
}
