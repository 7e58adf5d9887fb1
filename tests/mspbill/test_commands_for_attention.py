"""Each command that the list of what needs a person names exists, with the options it names."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import MailId
from msp_billing.domain.payments.incoming import PaymentKey
from msp_billing.domain.periods import Period
from msp_billing.usecases.attention import commands
from mspbill.main import app

_PERIOD = Period(year=2026, month=9)
_SAMPLES = {
    "cycle": CycleId(provider="birch", run="managed", period=_PERIOD),
    "mail": MailId(
        provider="birch",
        run="managed",
        period=_PERIOD,
        account="cedar",
        part="all",
        kind="invoice",
    ),
    "key": PaymentKey(provider="birch", source="bank", external_id="A-1"),
    "provider": "birch",
    "account": "cedar",
    "named": "BI-000001",
    "feed": "devices",
    "address": "ap@cedar.example",
    "suggestion": "cedar",
    "is_return": False,
    "step": "final",
}


def named() -> Iterator[str]:
    """Every command that the module can make."""
    for name, make in inspect.getmembers(commands, inspect.isfunction):
        if name.startswith("_") or make.__module__ != commands.__name__:
            continue
        yield make(**{part: _SAMPLES[part] for part in inspect.signature(make).parameters})


@pytest.mark.parametrize("line", list(named()))
def test_a_command_that_somebody_is_given_can_be_given(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "mspbill"
    command: Any = typer.main.get_command(app)
    context: Any = command.context_class(command, info_name="mspbill")
    while hasattr(command, "get_command"):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found
        context = command.context_class(command, info_name=command.name, parent=context)
    assert not command.hidden, "an earlier name"
    options = {
        name: entry.is_flag
        for entry in command.params
        if entry.param_type_name == "option"
        for name in entry.opts
    }
    told = [word for word in words if word.startswith("--")]
    assert set(told) <= set(options)
    places = [entry for entry in command.params if entry.param_type_name == "argument"]
    given = len(words) - len(told) - sum(not options[word] for word in told)
    assert sum(entry.required for entry in places) <= given <= len(places)
