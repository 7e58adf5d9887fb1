"""Where a command reads and changes: a deployed stack, or what a demo left.

``--stack NAME`` takes the names of the resources from CloudFormation and the caller's own AWS
credentials. ``--state FOLDER`` opens what a demo left, which can be looked at and not changed.
Without either, the variables that the functions have are used if they are set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from msp_billing import wiring
from msp_billing.domain.accounts import Account
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.migrating.schema import check_readable
from msp_billing.usecases.ports import Clock, Ports
from mspbill import environment
from mspbill.command_values import Source
from mspbill.saved_state import open_state
from mspbill.stack_names import SourceError, StackNames, stack_names, variables_of

__all__ = ["Opened", "OpenedStack", "SourceError", "opened", "opened_stack", "stack_names"]


@dataclass(frozen=True)
class OpenedStack:
    """A stack, or what a demo left; it may have any number of providers, or none yet."""

    ports: Ports
    as_json: bool = False
    names: StackNames | None = None
    """Of a deployed stack's resources; None where the variables say where to read, and for what a
    demo left."""
    only_provider: str | None = None
    """Whose state it is, for what a demo left."""

    @property
    def is_saved(self) -> bool:
        """Whether it is what a demo left: nothing happens there, and nobody can be asked."""
        return self.only_provider is not None

    def provider(self, name: str | None) -> Opened:
        """The provider that was named, or the only one that there is. Raises SourceError."""
        return _provider(self, name)


@dataclass(frozen=True)
class Opened:
    """A provider whose accounts can be asked about."""

    ports: Ports
    provider: str
    policy: ProviderPolicy
    as_json: bool = False
    names: StackNames | None = None
    is_saved: bool = False
    """Whether it is what a demo left: nothing happens there, and nobody can be asked."""

    def account(self, name: str) -> Account:
        """An account by its short name.

        Raises:
            SourceError: when the book does not have it, with what is spelt like it.
        """
        found = self.ports.book.find(self.provider, name)
        if found is not None:
            return found.account
        known = [entry.account.account for entry in self.ports.book.entries(self.provider)]
        close = get_close_matches(name, known, n=3)
        meant = f" Did you mean {' or '.join(close)}?" if close else ""
        raise SourceError(f"{self.provider} has no account '{name}'.{meant}")


@contextmanager
def opened(source: Source, *, changes: bool) -> Iterator[Opened]:
    """The provider, for the time of one command.

    Args:
        changes: whether the command changes anything.

    Raises:
        SourceError: when nothing can be opened, or what can be opened cannot be changed.
        SavedStateError: when the folder holds no state.
    """
    with opened_stack(source, changes=changes) as stack:
        yield stack.provider(source.provider)


@contextmanager
def opened_stack(source: Source, *, changes: bool) -> Iterator[OpenedStack]:
    """The stack itself, whatever providers it has, for the time of one command.

    Args:
        changes: whether the command changes anything.

    Raises:
        SourceError: when nothing can be opened, or what can be opened cannot be changed.
        SavedStateError: when the folder holds no state.
        SchemaTooNewError: when newer code has migrated the table, and the command changes it.
    """
    if source.stack is not None and source.state is not None:
        raise SourceError("Give either --stack or --state.")
    if source.state is not None:
        if changes:
            raise SourceError(
                f"{source.state} is what a demo left: it can be looked at, not changed. "
                "Commands that change something need --stack."
            )
        with open_state(_state_folder(source.state)) as saved:
            yield OpenedStack(saved.ports, only_provider=saved.provider)
        return
    if source.stack is None:
        if "TABLE_NAME" not in os.environ:
            raise SourceError(
                "Say where to read: --stack NAME for a deployed stack, or --state FOLDER for what "
                "a demo left (demo-output/providers/PROVIDER)."
            )
        yield OpenedStack(wiring.ports())
        return
    names = stack_names(source.stack)
    values = variables_of(names)
    with ExitStack() as stack:
        stack.enter_context(environment.variables(values))
        stack.callback(wiring.use_clock, None)
        wiring.use_clock(clock_of_stack(values))
        if changes:
            check_readable(wiring.ports().schemas)
        yield OpenedStack(wiring.ports(), names=names)


def clock_of_stack(_variables: Mapping[str, str]) -> Clock | None:
    """The clock that a deployed stack goes by; None for what the variables themselves ask for."""
    return None


def _state_folder(given: Path) -> Path:
    """The folder itself, or the state in the folder of a provider."""
    inner = given / "state"
    return inner if (inner / "state.json").is_file() else given


def _provider(stack: OpenedStack, name: str | None) -> Opened:
    """The provider that was named, or the only one that there is."""
    name, ports = name or stack.only_provider, stack.ports
    if name is None:
        known = list(ports.policies.providers())
        if len(known) != 1:
            listed = ", ".join(known) or "none yet"
            raise SourceError(f"Say whose account it is, with --provider. There are: {listed}.")
        (name,) = known
    current = ports.policies.find_current(name)
    if current is None:
        listed = ", ".join(ports.policies.providers()) or "none"
        raise SourceError(f"There is no provider '{name}' here, but {listed}.")
    policy = ports.policies.policy(name, current.policy_version)
    return Opened(ports, name, policy, stack.as_json, stack.names, stack.is_saved)
