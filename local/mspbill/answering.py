"""Answering one command: open where to read, and say what went wrong in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from traceback import walk_tb
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.domain.problems import ProblemsError
from mspbill.command_values import Source
from mspbill.refusing import fail_with, refuse, refuse_with

if TYPE_CHECKING:  # loaded when a command runs: the help of the others should not wait for it
    from mspbill.opening import Opened, OpenedStack


_STORED = "msp_billing.adapters.dynamodb"
_UNCHANGED = "nothing was changed"


@contextmanager
def answering(source: Source, *, as_json: bool, changes: bool = False) -> Iterator[Opened]:
    """The provider for the time of the command; what is refused ends with its reasons.

    Args:
        changes: whether the command changes anything; what a demo left cannot be changed.
    """
    from mspbill import opening

    with telling_what_went_wrong(as_json=as_json), opening.opened(source, changes=changes) as found:
        yield replace(found, as_json=as_json)


@contextmanager
def answering_stack(
    source: Source, *, as_json: bool, changes: bool = False
) -> Iterator[OpenedStack]:
    """The same for commands that are about no provider, or about one that is not there yet."""
    from mspbill import opening

    with (
        telling_what_went_wrong(as_json=as_json),
        opening.opened_stack(source, changes=changes) as found,
    ):
        yield replace(found, as_json=as_json)


@contextmanager
def telling_what_went_wrong(*, as_json: bool) -> Iterator[None]:
    """Errors that a person can do something about, in words and with the exit code they mean."""
    from mspbill.going_wrong import FAILED, REFUSED

    try:
        yield
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json, about="", so=_UNCHANGED)
    except ValidationError as error:
        if _is_of_what_is_stored(error):
            raise  # a defect of the data, and nothing that was written on the command line
        from mspbill.wrong_values import wrong_values

        refuse(tuple(wrong_values(error)), as_json=as_json, about="", so=_UNCHANGED)
    except REFUSED as error:
        refuse_with("refused", str(error), as_json=as_json)
    except FAILED as error:
        fail_with("failed", f"It could not be done: {error}", as_json=as_json)
    except LookupError as error:
        if _is_variable(error):
            message = f"This needs {error.args[0]}, which only a deployed stack has: give --stack."
            refuse_with("no-variable", message, as_json=as_json)
        if isinstance(error, KeyError | IndexError):
            raise  # a defect of ours, not a name that was spelt wrong
        refuse_with("not-found", str(error), as_json=as_json)


def _is_of_what_is_stored(error: ValidationError) -> bool:
    """Whether the values were read from the table."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__))
    return any(module.startswith(_STORED) for module in modules)


def _is_variable(error: LookupError) -> bool:
    """Whether it is a variable of the functions that nobody has set."""
    from mspbill.stack_names import VARIABLES

    return isinstance(error, KeyError) and error.args[0] in VARIABLES
