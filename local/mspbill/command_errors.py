"""What commands themselves refuse or fail at."""

from __future__ import annotations


class CycleRefusedError(ValueError):
    """A cycle does not stand so that this could be done; the message says what to do instead."""


class FunctionFailedError(RuntimeError):
    """A function of the stack was called and ended with an error; its log says more."""


class StackFailedError(RuntimeError):
    """CloudFormation could not change a stack; the message says what stands, and what to do."""
