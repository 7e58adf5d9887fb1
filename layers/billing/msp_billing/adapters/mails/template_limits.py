"""Bounds on what a template does while it is filled, so that none can loop without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from jinja2 import TemplateRuntimeError, Undefined, pass_eval_context
from jinja2.filters import do_join
from jinja2.nodes import EvalContext

MAX_STEPS = 5_000
"""Rounds of all loops of one part of a mail together."""


MAX_PART_LENGTH = 300_000
"""Letters of a filled template; Gmail shows a third of that before it cuts a mail off."""


class TemplateFailedError(TemplateRuntimeError):
    """A template fails on the values of a mail."""


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


@pass_eval_context
def limit_join(context: EvalContext, values: Iterable[object], between: str = "") -> str:
    """The filter ``join`` of a provider's template: lists only, and never more than a mail holds.

    Raises:
        TemplateLimitError: for something else, or for too much.
    """
    entries = [str(entry) for entry in limit_loops(values)]
    if sum(map(len, entries)) + len(str(between)) * len(entries) > MAX_PART_LENGTH:
        raise TemplateLimitError(f"it joins more than {MAX_PART_LENGTH:,} letters")
    joined: str = do_join(context, entries, between)
    return joined
