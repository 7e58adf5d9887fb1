"""What a model declares for a place in a file: which keys, and what a text there means."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from msp_billing.adapters.yaml_documents import Path, Plain

_INTEGER = re.compile(r"^-?\d{1,9}$")
_SEPARATED = re.compile(r"^-?\d[\d.,' _]*$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
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


def model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model of the group at a path; None when what is there is no group of known keys."""
    declared: Any = model
    for step in path:
        declared = _inner(_bare(declared), step)
    found = _bare(declared)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _texts(declared: Any, data: Plain, path: Path) -> Iterator[tuple[Path, type, str]]:
    kind = _bare(declared)
    if isinstance(data, str):
        if kind in _READERS:
            yield path, kind, data
    elif isinstance(data, list):
        for index, entry in enumerate(data):
            yield from _texts(_inner(kind, index), entry, (*path, index))
    elif isinstance(data, dict):
        for key, entry in data.items():
            yield from _texts(_inner(kind, key), entry, (*path, key))


def _bare(declared: Any) -> Any:
    """A declaration without its constraints and without "or nothing"."""
    while get_origin(declared) in {Annotated, Union, types.UnionType}:
        inner = [entry for entry in get_args(declared) if entry is not types.NoneType]
        declared = inner[0]
    return declared


def _inner(kind: Any, step: str | int) -> Any:
    """What is declared one step further in; None when nothing is."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
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
