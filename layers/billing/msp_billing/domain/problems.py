"""What is wrong with an input, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from msp_billing.domain.base import Frozen


class Problem(Frozen):
    """One thing that is wrong: where, what, and what to do about it."""

    code: str = Field(description="Stable name of the kind of problem, for programs.")
    what: str = Field(description="What is wrong, in one sentence.")
    fix: str = Field(description="What to do about it, in one sentence.")
    file: str | None = Field(default=None, description="File, relative to the directory given.")
    line: int | None = Field(default=None, description="Line in the file, from 1.")
    where: str | None = Field(default=None, description="Path inside the file, or the account.")

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        inside = f" ({self.where})" if self.where else ""
        prefix = f"{place}{inside}: " if place or inside else ""
        return f"{prefix}{self.what} {self.fix}".lstrip()


MAX_ITEMS_NAMED = 10


def name_some(names: Sequence[str]) -> str:
    """The first few of many names, and how many more there are."""
    named = ", ".join(names[:MAX_ITEMS_NAMED])
    more = len(names) - MAX_ITEMS_NAMED
    return f"{named} and {more} more" if more > 0 else named


class ProblemsError(Exception):
    """An input was refused; it carries every problem that was found, not the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
