"""Bounds on what a template does while it is filled, so that none can loop without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from jinja2 import TemplateRuntimeError, Undefined

MAX_STEPS = 5_000
"""Rounds of all loops of one part of a mail together."""


class TemplateLimitError(TemplateRuntimeError):
    """A template wants more than a mail can need."""


_steps: ContextVar[list[int] | None] = ContextVar("steps", default=None)


@contextmanager
def limited() -> Iterator[None]:
    """Count the rounds of loops within."""
    token = _steps.set([MAX_STEPS])
    try:
        yield
    finally:
        _steps.reset(token)


def limit_loops(values: Iterable[object]) -> tuple[object, ...]:
    """What a loop of a provider's template goes through: lists that the mail has, never letters.

    Raises:
        TemplateLimitError: for something else, or when the loops together go on for too long.
    """
    if isinstance(values, Undefined):  # it says itself what it lacks
        return tuple(values)
    if not isinstance(values, (list, tuple)):
        raise TemplateLimitError("a loop goes through a list, and this is none")
    left = _steps.get()
    if left is not None:
        left[0] -= len(values)
        if left[0] < 0:
            raise TemplateLimitError(f"its loops go on for more than {MAX_STEPS:,} rounds")
    return tuple(values)
