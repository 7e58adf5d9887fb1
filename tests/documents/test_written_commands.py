"""Every command in the documents is one that exists, written as it has to be."""

from __future__ import annotations

from functools import cache
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name
from typer.exceptions import TyperException

from mspbill.main import app
from tests.documents.written_commands import (
    Written,
    documents,
    mentioned_commands,
    written_commands,
)

COMMANDS = [command for path in documents() for command in written_commands(path)]
MENTIONED = [command for path in documents() for command in mentioned_commands(path)]
AWS_WITHOUT_A_MODEL = {
    "s3": {"sync", "cp", "ls", "rm", "rb"},
    "configure": {"sso", "list", "sso-session"},
}
AWS_OF_THE_CLI_ITSELF = {("logs", "tail")}
AWS_GLOBAL = {
    *("profile", "region", "output", "query", "no-cli-pager", "endpoint-url", "cli-input-json"),
    *("max-items", "cli-binary-format", "starting-token", "page-size", "generate-cli-skeleton"),
}


def of(program: str) -> list[Written]:
    return [command for command in COMMANDS if command.program == program]


def test_there_are_commands_to_look_at() -> None:
    assert len(of("mspbill")) > 30
    assert len(of("make")) > 5


@pytest.mark.parametrize("command", of("mspbill"), ids=str)
def test_mspbill_knows_the_command_and_its_options(command: Written) -> None:
    problem = mistake(command.words[1:])
    assert problem is None, problem


@pytest.mark.parametrize("command", MENTIONED, ids=str)
def test_a_command_that_a_sentence_mentions_exists(command: Written) -> None:
    problem = mistake(command.words[1:], complete=False)
    assert problem is None, problem


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["acount", "x"], "No such command"),
        (["account"], "Missing argument"),
        (["account", "x", "--stak", "s"], "No such option"),
        (["release", "aprove", "x"], "No such command"),
        (["pay", "x", "10"], "Missing option"),
    ],
)
def test_a_mistake_is_found(words: list[str], told: str) -> None:
    assert told in str(mistake(words))
    assert mistake(["account", "x", "--stack", "s"]) is None


@pytest.mark.parametrize("command", of("aws"), ids=str)
def test_aws_knows_the_operation_and_its_options(command: Written) -> None:
    problem = aws_mistake(command.words[1:])
    assert problem is None, problem


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dynamdb", "scan"], "no service"),
        (["sqs", "recieve-message"], "no operation"),
        (["sqs", "receive-message", "--que-url", "u"], "no option --que-url"),
        (["sqs", "receive-message"], "needs --queue-url"),
        (["s3", "synch", "a", "b"], "no operation"),
    ],
)
def test_a_mistake_in_an_aws_command_is_found(words: list[str], told: str) -> None:
    assert told in str(aws_mistake(words))
    assert aws_mistake(["sqs", "receive-message", "--queue-url", "u", "--region", "r"]) is None


def mistake(words: list[str], *, complete: bool = True) -> str | None:
    """What is wrong with the words after ``mspbill``.

    Args:
        complete: whether everything that is needed has to be there. ``...`` among the words stands
            for what was said before.
    """
    command = _program()
    context: Any = None
    rest = [word for at, word in enumerate(words) if word != "..." or is_value(words, at)]
    name = "mspbill"
    try:
        while hasattr(command, "resolve_command") and (rest or complete):
            context = command.make_context(name, rest, parent=context)
            name, command, rest = command.resolve_command(context, _left_over(context))
        if complete or rest:
            command.make_context(name, rest, parent=context)
    except TyperException as error:
        if type(error).__name__ in {"MissingParameter", "NoArgsIsHelpError"} and (
            not complete or "..." in words
        ):
            return None
        told = str(getattr(error, "format_message", error.__str__)())
        if told.endswith("does not exist."):  # it is the reader's own file
            return None
        return None if not complete and "requires an argument" in told else told
    return None


def is_value(words: list[str], at: int) -> bool:
    """Whether the word there is the value of the option before it."""
    return at > 0 and words[at - 1].startswith("--")


@cache
def _program() -> Any:
    return typer.main.get_command(app)


@cache
def _aws() -> botocore.session.Session:
    return botocore.session.get_session()


def _left_over(context: Any) -> list[str]:
    return [*getattr(context, "_protected_args", []), *context.args]


def aws_mistake(words: list[str]) -> str | None:
    """What is wrong with the words after ``aws``, by the models that the AWS CLI itself reads."""
    service, operation, *rest = words
    if service in AWS_WITHOUT_A_MODEL:
        known = operation in AWS_WITHOUT_A_MODEL[service]
        return None if known else f"{service} has no operation {operation}"
    session = _aws()
    if service not in session.get_available_services():
        return f"no service {service}"
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation == "wait" or (service, operation) in AWS_OF_THE_CLI_ITSELF:
        return None
    if operation not in names:
        return f"{service} has no operation {operation}"
    shape = model.operation_model(names[operation]).input_shape
    options = {xform_name(name, "-"): name for name in (shape.members if shape else {})}
    given = {word[2:].split("=")[0] for word in rest if word.startswith("--")}
    unknown = [
        name
        for name in given
        if name not in options
        and name.removeprefix("no-") not in options
        and name not in AWS_GLOBAL
    ]
    if unknown:
        return f"{service} {operation} has no option --{unknown[0]}"
    needed = {xform_name(name, "-") for name in (shape.required_members if shape else ())}
    missing = sorted(needed - given)
    return (
        f"{service} {operation} needs --{missing[0]}" if missing and rest[-1:] != ["..."] else None
    )
