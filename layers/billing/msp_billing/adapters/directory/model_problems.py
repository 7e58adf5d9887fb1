"""Reading a YAML document as a model, and saying in plain words why it is not one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from msp_billing.adapters.directory.declared_types import misreadings, model_at, path_of_error
from msp_billing.adapters.directory.model_sentences import (
    explain_comma,
    explain_pattern,
    explain_sentence,
)
from msp_billing.adapters.directory.places import path_of_names, place, value_at
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, YamlDocument

ModelType = TypeVar("ModelType", bound=BaseModel)

_LIMITS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}
_LISTS = frozenset({"tuple_type", "list_type", "set_type", "frozen_set_type"})
_GROUPS = frozenset({"model_type", "model_attributes_type", "dict_type"})
_DESCRIBED = "docs/provider-directory.md describes every key."


def read_model(
    document: YamlDocument, model: type[ModelType]
) -> tuple[ModelType | None, tuple[Problem, ...]]:
    """The document as a model, or None with everything that is wrong with it.

    Problems of the document's form (a key that stands twice) are not repeated here.
    """
    if document.root is None:
        return None, ()
    problems = {
        entry.path: _problem(document, entry.path, entry.code, entry.what, entry.fix)
        for entry in misreadings(model, document.data)
    }
    read: ModelType | None = None
    translated: list[Problem] = []
    try:
        read = model.model_validate(document.data)
    except ValidationError as error:
        faults = [
            fault
            for fault in _faults(error, model, document)
            if fault.path not in problems and not fault.counts_what_is_wrong_inside
        ]
        translated = list(_Translator(document, model, faults).problems())
    return (read if not problems else None), (*problems.values(), *translated)


@dataclass(frozen=True)
class _Fault:
    """One error of pydantic's, with its place in the file."""

    path: Path
    kind: str
    value: object
    limits: Mapping[str, Any]
    message: str

    @property
    def counts_what_is_wrong_inside(self) -> bool:
        """Whether a list is called too short only because entries of it are wrong."""
        return (
            self.kind == "too_short"
            and isinstance(self.value, list)
            and len(self.value) >= int(self.limits["min_length"])
        )


def _faults(
    error: ValidationError, model: type[BaseModel], document: YamlDocument
) -> Iterator[_Fault]:
    for entry in error.errors():
        path = path_of_error(model, document.data, entry["loc"])
        if path is not None:
            limits = entry.get("ctx", {})
            yield _Fault(path, entry["type"], entry["input"], limits, entry["msg"])


class _Translator:
    def __init__(
        self, document: YamlDocument, model: type[BaseModel], faults: list[_Fault]
    ) -> None:
        self._document = document
        self._model = model
        self._faults = faults
        self._misspelt = {
            (*fault.path[:-1], near)
            for fault in faults
            if fault.kind == "extra_forbidden" and (near := self._nearest(fault.path))
        }

    def problems(self) -> Iterator[Problem]:
        for fault in self._faults:
            if fault.kind == "missing" and fault.path in self._misspelt:
                continue
            if fault.kind == "value_error":
                yield from self._sentences(fault)
            else:
                yield self._translate(fault)

    def _translate(self, fault: _Fault) -> Problem:
        path = fault.path
        if path[-1:] == ("[key]",):
            return self._wrong_key(fault, path[:-1])
        if fault.kind == "extra_forbidden":
            return self._unknown_key(path)
        if fault.kind == "missing":
            return self._missing_key(path)
        code, what, fix = self._value(fault, path)
        return _problem(self._document, path, code, what, fix)

    def _value(self, fault: _Fault, path: Path) -> tuple[str, str, str]:
        """Code, what is wrong, and what to do about a value that is there and not right."""
        value, limits, name = fault.value, fault.limits, _name(path)
        match fault.kind:
            case _ if value is None:
                what = f"{name} is empty."
                result = ("empty", what, "Write a value, or remove the key if it may be left out.")
            case "string_pattern_mismatch":
                result = ("form", *explain_pattern(str(limits["pattern"]), str(value)))
            case "literal_error":
                fix = _one_of(str(value), str(limits["expected"]))
                result = ("choice", f"{name} cannot be '{value}'.", fix)
            case kind if kind in _LIMITS:
                words, key = _LIMITS[kind]
                what = f"{name} is {value}, and must be {words} {limits[key]}."
                result = ("limit", what, f"Write a number that is {words} {limits[key]}.")
            case kind if kind in _LISTS:
                fix = "Write each entry on a line of its own, beginning with '- '."
                result = ("list", f"{name} must be a list.", fix)
            case kind if kind in _GROUPS:
                result = ("group", f"{name} must be a group of keys.", self._keys_of(path))
            case "too_short":
                what = f"{name} needs at least {limits['min_length']} in its list."
                result = ("empty", what, "Add what is missing.")
            case "too_long":
                what = f"{name} has more than {limits['max_length']} in its list."
                result = ("limit", what, "Remove what is too many.")
            case "string_too_short":
                result = ("empty", f"{name} is empty.", "Write a text.")
            case "string_too_long":
                most = f"{limits['max_length']} characters"
                result = ("limit", f"{name} is longer than {most}.", f"Shorten it to {most}.")
            case "string_type":
                fix = f"Write it on one line after '{_key(path)}: ', without brackets."
                result = ("text", f"{name} must be one text.", fix)
            case _:
                what = f"{name} cannot be used: {fault.message}."
                result = ("value", what, f"Correct it; {_DESCRIBED}")
        return result

    def _unknown_key(self, path: Path) -> Problem:
        group = value_at(self._document.data, path[:-1])
        comma = explain_comma(group, str(path[-1])) if isinstance(group, dict) else None
        if comma is not None:
            number, what, fix = comma
            return _problem(self._document, (*path[:-1], number), "number", what, fix)
        near = self._nearest(path)
        hint = f"Did you mean '{near}'? " if near else ""
        what = f"'{path[-1]}' is no key that is known here."
        return _problem(
            self._document, path, "unknown-key", what, f"{hint}{self._keys_of(path[:-1])}"
        )

    def _wrong_key(self, fault: _Fault, path: Path) -> Problem:
        """A key that is a name or a choice of its own, as in 'labels_by_coverage'."""
        if fault.kind == "literal_error":
            what = f"'{path[-1]}' is no key that is known here."
            fix = _one_of(str(path[-1]), str(fault.limits["expected"]))
            return _problem(self._document, path, "unknown-key", what, fix)
        code, what, fix = self._value(fault, path)
        return _problem(self._document, path, code, what, fix)

    def _missing_key(self, path: Path) -> Problem:
        group = model_at(self._model, self._document.data, path[:-1])
        field = None if group is None else group.model_fields.get(str(path[-1]))
        told = f" {field.description}" if field is not None and field.description else ""
        what = f"The key '{path[-1]}' is missing."
        return _problem(self._document, path, "missing-key", what, f"Add '{path[-1]}'.{told}")

    def _sentences(self, fault: _Fault) -> Iterator[Problem]:
        """What the models themselves found: sentences, several of them joined by semicolons."""
        for sentence in str(fault.limits["error"]).split("; "):
            code, what, fix = explain_sentence(sentence)
            named = path_of_names(self._document, fault.path, sentence, fix)
            yield _problem(self._document, named, code, what, fix)

    def _nearest(self, path: Path) -> str | None:
        near = get_close_matches(str(path[-1]).casefold(), self._fields(path[:-1]), n=1)
        return near[0] if near else None

    def _fields(self, path: Path) -> list[str]:
        group = model_at(self._model, self._document.data, path)
        return [] if group is None else list(group.model_fields)

    def _keys_of(self, path: Path) -> str:
        known = self._fields(path)
        return f"Known here: {', '.join(known)}." if known else f"Remove it; {_DESCRIBED}"


def _one_of(value: str, expected: str) -> str:
    """What can be written, the nearest first; pydantic lists it as "'a', 'b' or 'c'"."""
    choices = expected.replace(" or ", ", ").replace("'", "").split(", ")
    near = get_close_matches(value, choices, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return f"{hint}Write one of: {', '.join(choices)}."


def _name(path: Path) -> str:
    if path and isinstance(path[-1], int):
        return f"Entry {path[-1] + 1} of '{_key(path[:-1])}'"
    return f"'{_key(path)}'"


def _key(path: Path) -> str:
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "The file")


def _problem(document: YamlDocument, path: Path, code: str, what: str, fix: str) -> Problem:
    return Problem(
        code=code,
        what=what,
        fix=fix,
        file=document.file,
        line=document.line_of(path),
        where=place(document.data, path),
    )
