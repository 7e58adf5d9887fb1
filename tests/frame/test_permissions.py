"""A function may do what its code may come to: the local cloud asks for no permission, AWS does.

What a function reaches is what its handler imports, and what that imports; the wiring is left out,
because it makes an adapter only when something asks for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.frame import repository
from tests.frame.test_functions import template_functions

REACT = "msp_billing.usecases.dunning.react"
BOOK_PAYMENTS = "msp_billing.usecases.receivables.payment_entries"
FREEZE = {"BillAgainFunction", "PostInvoicesFunction"}
"""Who enters whole batches of invoices, and stores what is frozen with them."""
FUNCTIONS = template_functions()


def code_of(node: ast.AST) -> Iterator[ast.AST]:
    """Everything in a file but what only a type checker reads."""
    for inner in ast.iter_child_nodes(node):
        if not (isinstance(inner, ast.If) and ast.unparse(inner.test) == "TYPE_CHECKING"):
            yield inner
            yield from code_of(inner)


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules of the package that a file imports, at once or when they are needed."""
    found = set()
    for node in code_of(repository.parse(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("msp_billing"):
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found - {"msp_billing.wiring"})


def file_of(module: str) -> Path | None:
    place = repository.PACKAGE.parent / module.replace(".", "/")
    found = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in found if path.is_file()), None)


@cache
def reached(function: str) -> frozenset[str]:
    """Every module of the package that a function's handler leads to."""
    handler = repository.ROOT / FUNCTIONS[function]["CodeUri"] / "app.py"
    seen: set[str] = set()
    waiting = set(imported(handler))
    while waiting:
        module = waiting.pop()
        path = file_of(module)
        if module not in seen and path is not None:
            seen.add(module)
            waiting |= imported(path) - seen
    return frozenset(seen)


def leading_to(module: str) -> list[str]:
    return sorted(name for name in FUNCTIONS if module in reached(name))


def allowed(function: str) -> set[str]:
    """The actions that the function's own statements allow."""

    def actions(value: Any) -> Iterator[str]:
        for policy in value:
            for statement in policy.get("Statement", []):
                listed = statement["Action"]
                yield from [listed] if isinstance(listed, str) else listed

    return set(actions(FUNCTIONS[function]["Policies"]))


@pytest.mark.parametrize("function", leading_to(REACT))
def test_who_changes_a_ledger_may_do_what_follows_from_it(function: str) -> None:
    """A case is closed or goes on, a release is asked for or cancelled, and it is told."""
    wanted = {
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:PutItem",
        "dynamodb:ConditionCheckItem",
        "s3:GetObject",
        "s3:PutObject",
        "events:PutEvents",
        "states:StartExecution",
        "states:DescribeExecution",
        "states:SendTaskSuccess",
    }
    assert wanted - allowed(function) == set()
    variables = FUNCTIONS[function].get("Environment", {}).get("Variables", {})
    assert {"DUNNING_STATE_MACHINE_ARN", "RELEASE_STATE_MACHINE_ARN"} - set(variables) == set()


@pytest.mark.parametrize("function", leading_to(BOOK_PAYMENTS))
def test_who_books_payments_may_take_them_out_of_the_queue(function: str) -> None:
    assert "dynamodb:DeleteItem" in allowed(function)


@pytest.mark.parametrize("function", sorted(FREEZE))
def test_who_enters_batches_of_invoices_may_store_what_is_frozen_with_them(function: str) -> None:
    assert "msp_billing.usecases.receivables.freezing" in reached(function)
    assert {"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"} <= allowed(function)


@pytest.mark.parametrize(
    ("module", "actions"),
    [
        ("mail_round", {"ses:GetAccount", "ses:SendEmail"}),
        ("mail_queue", {"events:PutEvents", "dynamodb:PutItem", "dynamodb:BatchGetItem"}),
        ("send_queued", {"dynamodb:DeleteItem", "dynamodb:Query", "s3:PutObject"}),
        ("opening_links", {"dynamodb:GetItem", "s3:GetObject"}),
    ],
)
def test_who_delivers_mails_may_do_what_that_takes(module: str, actions: set[str]) -> None:
    functions = leading_to(f"msp_billing.usecases.mailing.{module}")
    assert functions
    assert {name: actions - allowed(name) for name in functions if actions - allowed(name)} == {}


def test_who_attaches_documents_knows_where_links_lead() -> None:
    mailing = {
        name
        for name in leading_to("msp_billing.usecases.mailing.attaching")
        if "ses:SendEmail" in allowed(name)
    }
    assert {"DeliverMailFunction", "SendQueuedMailFunction", "CloseCycleFunction"} <= mailing
    for name in mailing:
        assert "PAYMENTS_API_URL" in FUNCTIONS[name]["Environment"]["Variables"], name


def test_there_is_something_to_ask() -> None:
    assert {"IssueCreditNoteFunction", "PostInvoicesFunction"} <= set(leading_to(REACT))
    assert {"PaymentsApiFunction", "PaymentWebhookFunction"} <= set(leading_to(BOOK_PAYMENTS))
