"""Collecting everything that is wrong with a payment file, each with its line."""

from __future__ import annotations

from msp_billing.domain.problems import Problem

MAX_PROBLEMS = 200
"""After so many, more would not help anybody: the file is refused anyway."""

SEND_AGAIN = "Fetch the whole file from the bank again; nothing of this one was booked."


class Faults:
    """The problems of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._left_out = 0

    def add(self, code: str, line: int | None, what: str, fix: str = SEND_AGAIN) -> None:
        """Note a problem. ``code`` gets the prefix of all problems of payment files."""
        if len(self._problems) >= MAX_PROBLEMS:
            self._left_out += 1
            return
        self._problems.append(
            Problem(code=f"payment-file-{code}", what=what, fix=fix, file=self._file, line=line)
        )

    def add_problem(self, problem: Problem) -> None:
        """Note a problem that somebody else worded."""
        self._problems.append(problem)

    def all(self) -> tuple[Problem, ...]:
        """Every problem; the last one says how many more there were."""
        if not self._left_out:
            return tuple(self._problems)
        more = Problem(
            code="payment-file-more",
            what=f"There are {self._left_out} more problems.",
            fix="Mend the ones above first.",
            file=self._file,
        )
        return (*self._problems, more)
