"""The files of a provider directory, read, and what they say even where they are not yet right.

Checks between files work on these texts rather than on the models, so that a mistake in one file
hides none in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.places import place
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, Plain, YamlDocument


@dataclass(frozen=True)
class Place:
    """A text in one of the files."""

    document: YamlDocument
    path: Path
    text: str

    @property
    def in_words(self) -> str:
        """File and line."""
        return f"{self.document.file}, line {self.document.line_of(self.path)}"


@dataclass(frozen=True)
class RunOutline:
    """What a run is about, as far as it can be read."""

    run: str
    categories: frozenset[str]
    moments: frozenset[str]
    labels: frozenset[str]


@dataclass(frozen=True)
class ProviderDocuments:
    """All files of one directory."""

    policy: YamlDocument
    price_book: YamlDocument
    accounts: tuple[YamlDocument, ...]

    @cached_property
    def product_categories(self) -> dict[str, str]:
        """Category by product code."""
        return self._products("category")

    @cached_property
    def product_rules(self) -> dict[str, str]:
        """Count rule by product code; products that are not counted are left out."""
        return self._products("count_rule")

    @cached_property
    def rule_moments(self) -> dict[str, str]:
        """Snapshot moment by count rule."""
        return {
            rule: moment
            for entry in _groups(self.policy, "count_rules")
            if isinstance(rule := entry.get("rule"), str)
            and isinstance(moment := entry.get("moment"), str)
        }

    @cached_property
    def runs(self) -> tuple[RunOutline, ...]:
        """The runs of the policy."""
        return tuple(
            RunOutline(
                run=str(entry.get("run")),
                categories=frozenset(_texts(entry.get("categories"))),
                moments=frozenset(
                    moment
                    for inner in _list(entry.get("moments"))
                    if isinstance(inner, dict) and isinstance(moment := inner.get("moment"), str)
                ),
                labels=frozenset(_keys(entry.get("labels_by_coverage"))),
            )
            for entry in _groups(self.policy, "runs")
        )

    def runs_billing(self, product: str) -> list[RunOutline]:
        """The runs that bill a product, by its category."""
        category = self.product_categories.get(product)
        return [run for run in self.runs if category in run.categories]

    def _products(self, key: str) -> dict[str, str]:
        return {
            code: value
            for entry in _groups(self.price_book, "products")
            if isinstance(code := entry.get("code"), str)
            and isinstance(value := entry.get(key), str)
        }


def problem_at(document: YamlDocument, path: Path, code: str, what: str, fix: str) -> Problem:
    """A problem with something that stands in a document."""
    return Problem(
        code=code,
        what=what,
        fix=fix,
        file=document.file,
        line=document.line_of(path),
        where=place(document.data, path),
    )


def _groups(document: YamlDocument, key: str) -> Iterator[dict[str, Plain]]:
    for _, value in document.values(key, "*"):
        if isinstance(value, dict):
            yield value


def _list(value: Plain) -> list[Plain]:
    return value if isinstance(value, list) else []


def _texts(value: Plain) -> list[str]:
    return [entry for entry in _list(value) if isinstance(entry, str)]


def _keys(value: Plain) -> list[str]:
    return list(value) if isinstance(value, dict) else []
