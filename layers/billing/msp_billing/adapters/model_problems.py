"""Reading a YAML document as a model, and saying in plain words why it is not one."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from msp_billing.adapters.declared_types import misreadings, model_at, path_of_error
from msp_billing.adapters.model_sentences import explain_pattern, explain_sentence
from msp_billing.adapters.places import path_of_names, place
from msp_billing.adapters.yaml_documents import Path, YamlDocument
from msp_billing.domain.problems import Problem

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
        details = [
            (path, entry)
            for entry in error.errors()
            if (path := path_of_error(model, document.data, entry["loc"])) is not None
            and path not in problems
            and not _counts_what_is_wrong_inside(entry)
        ]
        translated = list(_Translator(document, model, details).problems())
    return (read if not problems else None), (*problems.values(), *translated)


class _Translator:
    def __init__(
        self,
        document: YamlDocument,
        model: type[BaseModel],
        errors: list[tuple[Path, ErrorDetails]],
    ) -> None:
        self._document = document
        self._model = model
        self._errors = errors
        self._misspelt = {
            (*path[:-1], near)
            for path, entry in errors
            if entry["type"] == "extra_forbidden" and (near := self._nearest(path))
        }

    def problems(self) -> Iterator[Problem]:
        for path, entry in self._errors:
            if entry["type"] == "missing" and path in self._misspelt:
                continue
            if entry["type"] == "value_error":
                yield from self._sentences(entry, path)
            else:
                yield self._translate(entry, path)

    def _translate(self, entry: ErrorDetails, path: Path) -> Problem:
        kind = entry["type"]
        if path[-1:] == ("[key]",):
            return self._wrong_key(entry, path[:-1])
        if kind == "extra_forbidden":
            return self._unknown_key(path)
        if kind == "missing":
            return self._missing_key(path)
        code, what, fix = self._value(entry, path)
        return _problem(self._document, path, code, what, fix)

    def _value(self, entry: ErrorDetails, path: Path) -> tuple[str, str, str]:
        """Code, what is wrong, and what to do about a value that is there and not right."""
        value, limits, name = entry["input"], entry.get("ctx", {}), _name(path)
        match entry["type"]:
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
                what = f"{name} cannot be used: {entry['msg']}."
                result = ("value", what, f"Correct it; {_DESCRIBED}")
        return result

    def _unknown_key(self, path: Path) -> Problem:
        near = self._nearest(path)
        hint = f"Did you mean '{near}'? " if near else ""
        what = f"'{path[-1]}' is no key that is known here."
        return _problem(
            self._document, path, "unknown-key", what, f"{hint}{self._keys_of(path[:-1])}"
        )

    def _wrong_key(self, entry: ErrorDetails, path: Path) -> Problem:
        """A key that is a name or a choice of its own, as in 'labels_by_coverage'."""
        if entry["type"] == "literal_error":
            what = f"'{path[-1]}' is no key that is known here."
            fix = _one_of(str(path[-1]), str(entry["ctx"]["expected"]))
            return _problem(self._document, path, "unknown-key", what, fix)
        code, what, fix = self._value(entry, path)
        return _problem(self._document, path, code, what, fix)

    def _missing_key(self, path: Path) -> Problem:
        group = model_at(self._model, self._document.data, path[:-1])
        field = None if group is None else group.model_fields.get(str(path[-1]))
        told = f" {field.description}" if field is not None and field.description else ""
        what = f"The key '{path[-1]}' is missing."
        return _problem(self._document, path, "missing-key", what, f"Add '{path[-1]}'.{told}")

    def _sentences(self, entry: ErrorDetails, path: Path) -> Iterator[Problem]:
        """What the models themselves found: sentences, several of them joined by semicolons."""
        message = str(entry["ctx"]["error"])
        for sentence in message.split("; "):
            code, what, fix = explain_sentence(sentence)
            named = path_of_names(self._document, path, sentence, fix)
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


def _counts_what_is_wrong_inside(entry: ErrorDetails) -> bool:
    """Whether a list is called too short only because entries of it are wrong."""
    if entry["type"] != "too_short":
        return False
    value = entry["input"]
    return isinstance(value, list) and len(value) >= int(entry["ctx"]["min_length"])


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
