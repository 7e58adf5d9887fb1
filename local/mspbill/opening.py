"""Where a command about accounts reads and changes: a deployed stack, or what a demo left.

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
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from msp_billing import wiring
from msp_billing.adapters.clock import SystemClock
from msp_billing.domain.accounts import Account
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.ports import Ports
from mspbill import environment
from mspbill.command_values import Source
from mspbill.repository import repository_root
from mspbill.saved_state import open_state

RESOURCES: Mapping[str, str] = {
    "TABLE_NAME": "BillingTable",
    "FEEDS_BUCKET": "FeedsBucket",
    "RECORDS_BUCKET": "RecordsBucket",
    "BUS_NAME": "BillingBus",
    "MAIL_CONFIGURATION_SET": "MailConfigurationSet",
    "SCHEDULE_GROUP": "BillingScheduleGroup",
    "CYCLE_STATE_MACHINE_ARN": "BillingCycle",
    "DUNNING_STATE_MACHINE_ARN": "Dunning",
    "RELEASE_STATE_MACHINE_ARN": "HoldRelease",
}
"""Which resource of the template each variable is the name of."""

HTTP_API = "BillingApi"
"""The resource whose address is PAYMENTS_API_URL."""


class SourceError(LookupError):
    """It is not said where to read, or there is nothing there; the message says what to do."""


@dataclass(frozen=True)
class Opened:
    """A provider whose accounts can be asked about."""

    ports: Ports
    provider: str
    policy: ProviderPolicy

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
    if source.stack is not None and source.state is not None:
        raise SourceError("Give either --stack or --state.")
    if source.state is not None:
        if changes:
            raise SourceError(
                f"{source.state} is what a demo left: it can be looked at, not changed. "
                "Commands that change something need --stack."
            )
        with open_state(_state_folder(source.state)) as saved:
            yield _provider(saved.ports, source.provider or saved.provider)
        return
    with ExitStack() as stack:
        if source.stack is not None:
            stack.enter_context(environment.variables(stack_variables(source.stack)))
            stack.callback(wiring.use_clock, SystemClock())
            wiring.use_clock(SystemClock())
        elif "TABLE_NAME" not in os.environ:
            raise SourceError(
                "Say where to read: --stack NAME for a deployed stack, or --state FOLDER for what "
                "a demo left (demo-output/providers/PROVIDER)."
            )
        yield _provider(wiring.ports(), source.provider)


def _state_folder(given: Path) -> Path:
    """The folder itself, or the state in the folder of a provider."""
    inner = given / "state"
    return inner if (inner / "state.json").is_file() else given


def _provider(ports: Ports, name: str | None) -> Opened:
    """The provider that was named, or the only one that there is."""
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
    return Opened(ports, name, ports.policies.policy(name, current.policy_version))


def stack_variables(stack: str) -> dict[str, str]:
    """The variables of the functions of a deployed stack, from the names of its resources.

    Raises:
        SourceError: when there is no such stack, or no permission to look at it.
    """
    try:
        pages = boto3.client("cloudformation").get_paginator("list_stack_resources")
        found = {
            entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "")
            for page in pages.paginate(StackName=stack)
            for entry in page["StackResourceSummaries"]
        }
    except (BotoCoreError, ClientError) as error:
        raise SourceError(f"The stack {stack} cannot be looked at: {_said(error)}") from error
    if not found.get(RESOURCES["TABLE_NAME"]):
        raise SourceError(f"The stack {stack} is not one of msp-billing: it has no BillingTable.")
    values = {
        variable: found[resource] for variable, resource in RESOURCES.items() if found.get(resource)
    }
    if found.get(HTTP_API):
        region = boto3.session.Session().region_name
        values["PAYMENTS_API_URL"] = f"https://{found[HTTP_API]}.execute-api.{region}.amazonaws.com"
    values["ASSETS_DIRECTORY"] = str(repository_root() / "layers" / "rendering")
    return values


def _said(error: Any) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Message") or error)
    return str(error)
