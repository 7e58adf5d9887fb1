"""The comparison of a trial: it says "equal" of equals, and names whatever is not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from msp_billing.domain.dunning.standing import AccountState, Standing
from trial_stack.comparing import Comparison, compare, print_comparison
from trial_stack.findings import Findings, comparable

DETROIT = ZoneInfo("America/Detroit")
FOUND: Findings = {
    "invoices": {
        "TR-000001": {
            "account": "alder-clinic",
            "total": {"amount": "398.50", "currency": "USD"},
            "lines": [{"product": "DEVICE", "quantity": "3"}, {"product": "CARE", "quantity": "1"}],
        },
        "TR-000002": {"account": "birch-bakery", "total": {"amount": "99.00", "currency": "USD"}},
    },
    "mails": {"dunning": {"recipients": ["a@b.example"], "state": "delivered"}},
    "standings": {"birch-bakery": {"state": "good_standing"}},
}


def told(comparison: Comparison) -> str:
    console = Console(file=StringIO(), width=200)
    print_comparison(comparison, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_equals_are_equal_and_counted() -> None:
    compared = compare(FOUND, copy.deepcopy(FOUND))
    assert compared.equal
    assert [(entry.section, entry.compared) for entry in compared.sections] == [
        ("invoices", 2),
        ("mails", 1),
        ("standings", 1),
    ]
    assert "Equal." in told(compared)


def _total(found: Findings) -> None:
    found["invoices"]["TR-000001"]["total"]["amount"] = "398.51"


def _number(found: Findings) -> None:
    found["invoices"]["TR-000003"] = found["invoices"].pop("TR-000002")


def _line(found: Findings) -> None:
    found["invoices"]["TR-000001"]["lines"].pop()


def _mail(found: Findings) -> None:
    del found["mails"]["dunning"]


def _recipient(found: Findings) -> None:
    found["mails"]["dunning"]["recipients"].append("c@d.example")


def _state(found: Findings) -> None:
    found["standings"]["birch-bakery"]["state"] = "credit_hold"


def _section(found: Findings) -> None:
    del found["standings"]


@pytest.mark.parametrize(
    ("change", "where", "values"),
    [
        (_total, "invoices: TR-000001 > total > amount", ("398.50", "398.51")),
        (_number, "invoices: TR-000003", ("None", "birch-bakery")),
        (_line, "invoices: TR-000001 > lines[2]", ("CARE", "None")),
        (_mail, "mails: dunning", ("delivered", "None")),
        (_recipient, "mails: dunning > recipients[2]", ("None", "c@d.example")),
        (_state, "standings: birch-bakery > state", ("good_standing", "credit_hold")),
        (_section, "standings: birch-bakery", ("good_standing", "None")),
    ],
)
def test_what_is_not_the_same_is_named_with_both_values(
    change: Callable[[Findings], None], where: str, values: tuple[str, str]
) -> None:
    changed = copy.deepcopy(FOUND)
    change(changed)
    for sides in ((FOUND, changed), (changed, FOUND)):
        compared = compare(*sides)
        assert not compared.equal
        text = told(compared)
        assert where in text
        assert all(value in text for value in values)
        assert "Equal." not in text


def test_a_section_with_nothing_in_it_proves_nothing() -> None:
    compared = compare({**FOUND, "payments": {}}, {**FOUND, "payments": {}})
    assert not compared.equal
    assert "Nothing to compare in: payments." in told(compared)
    assert not compare({}, {}).equal


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 4, 18, 13, tzinfo=UTC), "2025-04-18"),
        (datetime(2025, 4, 18, 2, tzinfo=UTC), "2025-04-17"),
    ],
)
def test_of_an_instant_the_day_in_the_providers_zone_is_compared(
    instant: datetime, day: str
) -> None:
    standing = Standing(
        provider="trial-msp",
        account="birch-bakery",
        state=AccountState.CREDIT_HOLD,
        since=instant,
    )
    found = comparable(standing, DETROIT)
    assert (found["since"], found["state"]) == (day, "credit_hold")


def test_what_aws_names_is_left_out_and_nothing_else() -> None:
    told: dict[str, Any] = {
        "message_id": "0100-1",
        "owner": "arn:aws:states:1",
        "task_token": "token",
        "sha256": "ab",
        "note": "2025-04-18 is a day, and 2025-04-18T02:00:00Z no instant of its own",
        "total": str(Decimal("1.10")),
    }
    kept = {name: told[name] for name in ("sha256", "note", "total")}
    assert comparable(told, DETROIT) == kept
