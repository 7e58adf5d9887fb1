"""More accounts than one transaction holds, and two people who apply at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.policies import DynamoBook, DynamoPolicyStore
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.domain.accounts import Account
from msp_billing.usecases.errors import InterferedWithError
from msp_billing.usecases.records import MAX_ACCOUNTS_AT_ONCE, CurrentVersions
from tests.end_to_end.small_provider import account, line
from tests.fakes.outside import FakeRecords
from tests.unit.adapters.bare_tables import bare_tables
from tests.unit.usecases.attention.desk import SEPTEMBER

NOW = datetime(2026, 10, 4, tzinfo=UTC)
MANY = 2 * MAX_ACCOUNTS_AT_ONCE + 1


class Desk:
    """Birch with many accounts, and somebody else who may write behind any transaction."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._transact = table.transact
        self.policies = DynamoPolicyStore(table, Bodies(FakeRecords()))
        self.book = DynamoBook(table, Bodies(FakeRecords()))
        self.committed = 0

    @property
    def in_force(self) -> CurrentVersions | None:
        return self.policies.find_current("birch")

    def versions(self, policy: str, minutes: int) -> CurrentVersions:
        return CurrentVersions(
            provider="birch",
            policy_version=policy,
            price_book_version="1",
            first_period=SEPTEMBER,
            applied_at=NOW + timedelta(minutes=minutes),
        )

    def names(self) -> set[str]:
        return {entry.account.name for entry in self.book.entries("birch")}

    def behind_commit(self, number: int, happens: Callable[[], None]) -> None:
        """Let something happen right behind the transaction of this number."""
        self.committed = 0

        def noted(actions: Any, token: str) -> bool:
            done = self._transact(actions, token)
            self.committed += 1
            if self.committed == number:
                happens()
            return done

        self._table.transact = noted  # type: ignore[method-assign]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("msp_billing.adapters.dynamodb.putting_in_force.pause", lambda _: None)
    with bare_tables("billing") as client:
        yield Desk(Table(client, "billing"))


def accounts(name: str) -> list[Account]:
    template = account("elm", line("SEAT", quantity=1))
    return [
        template.model_copy(update={"account": f"a-{number:03d}", "name": name})
        for number in range(MANY)
    ]


def test_a_new_provider_begins_all_at_once(desk: Desk) -> None:
    seen: list[CurrentVersions | None] = []
    for number in (1, 2):
        desk.behind_commit(number, lambda: seen.append(desk.in_force))
        desk.policies.put_in_force(desk.versions("1", 0), accounts("First"), desk.in_force)
    assert seen[0] is None
    assert desk.in_force == desk.versions("1", 0)
    assert desk.names() == {"First"}


def test_whoever_planned_before_is_refused_while_many_accounts_are_put_in_force(
    desk: Desk,
) -> None:
    """Both have seen version 1. Without a word from the first, the second would mix with it."""
    first = desk.versions("1", 0)
    assert desk.policies.put_in_force(first, accounts("First"), None)
    answers: list[bool] = []

    def somebody_else() -> None:
        answers.append(desk.policies.put_in_force(desk.versions("3", 2), accounts("Third"), first))

    desk.behind_commit(1, somebody_else)
    assert desk.policies.put_in_force(desk.versions("2", 1), accounts("Second"), first)
    assert answers == [False]
    assert (desk.in_force, desk.names()) == (desk.versions("2", 1), {"Second"})


def test_whoever_is_overtaken_in_the_middle_is_told_that_some_are_in_force(desk: Desk) -> None:
    first = desk.versions("1", 0)
    assert desk.policies.put_in_force(first, accounts("First"), None)

    def somebody_else() -> None:
        """Plans behind the first transaction, and applies one account."""
        assert desk.policies.put_in_force(
            desk.versions("3", 2), accounts("Third")[-1:], desk.in_force
        )

    desk.behind_commit(1, somebody_else)
    with pytest.raises(InterferedWithError, match="some of them are"):
        desk.policies.put_in_force(desk.versions("2", 1), accounts("Second"), first)
    assert desk.in_force == desk.versions("3", 2), "whoever came last stands"
    assert desk.names() == {"First", "Second", "Third"}


def test_one_that_broke_off_in_the_middle_goes_on_when_it_is_planned_again(desk: Desk) -> None:
    first = desk.versions("1", 0)
    assert desk.policies.put_in_force(first, accounts("First"), None)

    def ends() -> None:
        raise KeyboardInterrupt

    desk.behind_commit(2, ends)
    with pytest.raises(KeyboardInterrupt):
        desk.policies.put_in_force(desk.versions("2", 1), accounts("Second"), first)
    half = desk.in_force
    assert half is not None
    assert (half.policy_version, half.applied_at) == ("1", NOW + timedelta(minutes=1))
    assert desk.policies.put_in_force(desk.versions("2", 5), accounts("Second"), half)
    assert (desk.in_force, desk.names()) == (desk.versions("2", 5), {"Second"})


def test_a_lost_answer_in_the_middle_is_no_failure(desk: Desk) -> None:
    """What is there is compared with what was wanted."""
    first = desk.versions("1", 0)
    assert desk.policies.put_in_force(first, accounts("First"), None)
    told = desk._transact

    def lost(actions: Any, token: str) -> bool:
        told(actions, token)
        return False

    desk._table.transact = lost  # type: ignore[method-assign]
    assert desk.policies.put_in_force(desk.versions("2", 1), accounts("Second"), first)
    assert (desk.in_force, desk.names()) == (desk.versions("2", 1), {"Second"})
