"""What a restored table must be told before a stack goes on with it: numbers, cycles, versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from msp_billing.adapters.dynamodb import restored_cycles
from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.charges import check_free, claims
from msp_billing.adapters.dynamodb.cycles import DynamoCycleStore, lock_item
from msp_billing.adapters.dynamodb.policies import DynamoPolicyStore
from msp_billing.adapters.dynamodb.restored_charges import keep_charges
from msp_billing.adapters.dynamodb.restored_mails import keep_mails
from msp_billing.adapters.dynamodb.restored_numbers import pass_over, pass_over_all
from msp_billing.adapters.dynamodb.stored_items import DynamoStoredItems
from msp_billing.adapters.dynamodb.table import pack
from msp_billing.adapters.dynamodb.whole_table import WholeTable
from msp_billing.adapters.dynamodb.wholeness.checking import DynamoItemChecks
from msp_billing.domain.cycles import Cycle, CycleState, counts_anew
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.errors import ChargeClaimedError, CycleUnreadableError
from msp_billing.usecases.records import CurrentVersions
from msp_billing.usecases.restoring.holding import HELD, hold_by_seals
from msp_billing.usecases.restoring.since import since
from msp_billing.usecases.start_cycle import start_missed_cycles
from tests.end_to_end.small_provider import birch
from tests.fakes.outside import FakeRecords
from tests.unit.adapters.bare_tables import bare_tables
from tests.unit.usecases.attention.desk import SEPTEMBER, open_cycle, ports_at

NOW = datetime(2026, 10, 4, tzinfo=UTC)
OPEN, CLOSED, FAILED = CycleState.OPEN, CycleState.CLOSED, CycleState.FAILED


@dataclass
class Side:
    """A table with everything that reads it."""

    table: WholeTable
    records: FakeRecords

    @property
    def items(self) -> DynamoStoredItems:
        return DynamoStoredItems(self.table, Bodies(self.records))

    @property
    def policies(self) -> DynamoPolicyStore:
        return DynamoPolicyStore(self.table, Bodies(self.records))

    def apply(self, policy: ProviderPolicy) -> None:
        current = CurrentVersions(
            provider=policy.provider,
            policy_version=policy.version,
            price_book_version=birch().price_book.version,
            first_period=SEPTEMBER,
            applied_at=NOW,
        )
        self.policies.put_versions(policy, birch().price_book)
        known = self.policies.find_current(policy.provider)
        assert self.policies.put_in_force(current, (), known)

    def counter(self, provider: str, series: str, last: int) -> None:
        self.table.put(
            {"pk": f"PROVIDER#{provider}", "sk": f"COUNTER#{series}", "last_number": last}
        )

    def last_number(self, provider: str, series: str = "INVOICE") -> int | None:
        found = self.table.get((f"PROVIDER#{provider}", f"COUNTER#{series}"))
        return None if found is None else int(found["last_number"])

    def keep(self, cycle: Cycle) -> None:
        self.table.put(lock_item(cycle))

    def cycle(self) -> Cycle | None:
        return DynamoCycleStore(self.table).find(cycle_at(OPEN).id)


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    """The table in use, and the restored one; they share the bucket."""
    records = FakeRecords()
    with bare_tables("in-use", "restored") as client:
        yield (
            Side(WholeTable(client, "in-use"), records),
            Side(WholeTable(client, "restored"), records),
        )


def policy(**changes: Any) -> ProviderPolicy:
    return birch().policy.model_copy(update=changes)


def cycle_at(state: CycleState, **changes: Any) -> Cycle:
    cycle = open_cycle(ports_at("2026-09-01T11:00:00"), running=False)
    return cycle.model_copy(update={"state": state, **changes})


def hold(live: Side, restored: Side) -> list[str]:
    why = "The table was restored"
    left: list[dict[str, Any]] = []
    held = restored_cycles.hold_cycles(
        live.items, restored.items, restored.table, why, unreadable=left.append
    )
    return [*held, *restored_cycles.keep_out(restored.table, left)]


def catch_up(live: Side, restored: Side) -> list[str]:
    policies = (live.policies, restored.policies)
    lost = pass_over_all(restored.table, live.items, policies, live.records, NOW, "a drill")
    return [f"{row.provider} {row.series} {row.first} to {row.last}" for row in lost]


# --- Cycles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, cycle_at(CLOSED)),
        (cycle_at(OPEN), cycle_at(OPEN)),
        (cycle_at(OPEN), cycle_at(CLOSED)),
        (cycle_at(FAILED), cycle_at(CLOSED)),
        # Started again since, it has sent its invoices and failed behind them.
        (cycle_at(FAILED, attempt=1), cycle_at(FAILED, attempt=2, numbered_at=NOW)),
    ],
)
def test_a_cycle_that_went_on_since_is_held(
    sides: tuple[Side, Side], before: Cycle | None, now: Cycle
) -> None:
    live, restored = sides
    live.keep(now)
    if before is not None:
        restored.keep(before)
    assert hold(live, restored) == [f"birch/managed/{SEPTEMBER}"]
    found = restored.cycle()
    assert found is not None
    assert (found.state, found.error, found.attempt) == (FAILED, HELD, now.attempt)
    assert hold(live, restored) == [], "it can be called again"


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (cycle_at(CLOSED), cycle_at(CLOSED)),
        (cycle_at(FAILED), cycle_at(FAILED)),
        # Back to the table that knows what it failed for: nothing happened while it was held.
        (cycle_at(FAILED, error="RunRejectedError"), cycle_at(FAILED, error=HELD)),
        # Back to a table that knows more than the one in use: what was billed stays billed.
        (cycle_at(CLOSED), cycle_at(FAILED, error=HELD)),
        (cycle_at(CLOSED), cycle_at(OPEN, attempt=3)),
    ],
)
def test_a_cycle_that_is_over_and_the_same_is_left_alone(
    sides: tuple[Side, Side], before: Cycle, now: Cycle
) -> None:
    live, restored = sides
    live.keep(now)
    restored.keep(before)
    assert hold(live, restored) == []
    assert restored.cycle() == before


def test_what_a_held_cycle_pinned_comes_with_it(sides: tuple[Side, Side]) -> None:
    """The policy was applied after the time that was restored: the cycle must be readable still."""
    live, restored = sides
    restored.apply(policy(version="1"))
    live.apply(policy(version="1"))
    live.apply(policy(version="2"))
    live.keep(cycle_at(FAILED, policy_version="2"))
    hold(live, restored)
    assert restored.policies.policy("birch", "2") == policy(version="2")
    assert restored.policies.current("birch").policy_version == "1", "it is not in force by that"


@pytest.mark.parametrize("before", [None, cycle_at(OPEN), cycle_at(FAILED)])
def test_a_cycle_whose_lock_is_damaged_is_not_billed_again(
    sides: tuple[Side, Side], before: Cycle | None
) -> None:
    """The damage may be why the table is restored: it must not end the restore either."""
    live, restored = sides
    damaged = {**lock_item(cycle_at(CLOSED)), "body": b"no document"}
    live.table.put(damaged)
    if before is not None:
        restored.keep(before)
    assert hold(live, restored) == [f"birch/managed/{SEPTEMBER} (its lock cannot be read)"]
    assert hold(live, restored) == [], "it can be called again"
    if before is None:
        assert restored.items.get_many([(damaged["pk"], "LOCK")])
        return
    found = restored.cycle()
    assert found is not None
    assert (found.state, found.error) == (FAILED, HELD)


@pytest.mark.parametrize("attributes", [{"cycle_state": "open"}, {"cycle_state": "failed"}, {}])
def test_a_lock_that_the_restored_table_has_damaged_ends_nothing(
    sides: tuple[Side, Side], attributes: dict[str, str]
) -> None:
    """It was damaged before the time restored to, or it was kept out by the call before."""
    live, restored = sides
    key = {"pk": lock_item(cycle_at(OPEN))["pk"], "sk": "LOCK"}
    restored.table.put({**key, **attributes, "body": b"no document"})
    live.table.put({**key, "cycle_state": "open", "body": b"nor this"})
    assert hold(live, restored) == []
    live.keep(cycle_at(CLOSED))
    assert hold(live, restored) == [f"birch/managed/{SEPTEMBER}"]
    found = restored.cycle()
    assert found is not None
    assert (found.state, found.error) == (FAILED, HELD)


def test_what_cannot_be_read_in_the_live_table_is_named(sides: tuple[Side, Side]) -> None:
    live, restored = sides
    pk = "LEDGER#birch#elm"
    live.table.put({"pk": pk, "sk": "ENTRY#00000001", "body": b"no document"})
    live.table.put({"pk": pk, "sk": "ENTRY#00000002", "body": pack("{}")})
    told = [str(entry) for entry in since(live.items, restored.items)]
    assert len(told) == 2
    assert all("it cannot be read in the live table" in entry for entry in told)


def test_a_month_whose_lock_both_tables_lost_is_held_by_what_is_sealed() -> None:
    """The lock was deleted in the table in use, which is why it was restored to before it."""
    ports = ports_at("2026-10-02T12:00:00")
    for name in ("managed/2026-09/invoices/BI-000001", "managed/2026-08/reports/x", "gone/2026-09"):
        ports.records.put_once(f"birch/{name}.pdf", b"%PDF", "application/pdf")
    assert [str(cycle) for cycle in hold_by_seals(ports, "birch", "It was restored")] == [
        "birch_managed_2026-09"
    ]
    held = ports.cycles.find(cycle_at(OPEN).id)
    assert (held.state, held.error) == (FAILED, HELD)
    assert "of which invoices are sealed" in held.failure
    assert not counts_anew(held)
    assert held.first_period == SEPTEMBER
    assert f"{held.charges_from:%Y-%m-%d}" == "2026-08-02", "or it would bill every old order"
    swept = start_missed_cycles(ports, "birch")
    assert [str(entry.period) for entry in swept.started] == ["2026-10"]
    assert list(hold_by_seals(ports, "birch", "It was restored")) == []


def test_a_sealed_month_whose_lock_cannot_be_read_ends_no_restore() -> None:
    ports = ports_at("2026-10-02T12:00:00")
    ports.records.put_once("birch/managed/2026-09/invoices/BI-1.pdf", b"%PDF", "application/pdf")
    cycle = cycle_at(OPEN).id
    ports.cycles.damaged[cycle] = CycleUnreadableError(str(cycle), "changed by hand")
    assert list(hold_by_seals(ports, "birch", "It was restored")) == []


# --- Charges -------------------------------------------------------------------------------------


def claim(charge: str, by: str) -> dict[str, str]:
    return {"pk": "CHARGES#birch", "sk": f"fir#{charge}", "claimed_by": by}


def test_a_one_time_charge_that_was_billed_since_is_not_billed_by_the_next_month(
    sides: tuple[Side, Side],
) -> None:
    """October is held; November takes every charge that nobody has claimed, however old it is."""
    live, restored = sides
    restored.table.put(claim("order-1", "managed/2026-09"))
    restored.table.put(claim("order-2", "managed/2026-08"))
    live.table.put(claim("order-1", "managed/2026-09"))
    live.table.put(claim("order-2", "managed/2026-10"))
    live.table.put(claim("order-3", "managed/2026-10"))
    kept = list(keep_charges(live.table, restored.table, "birch", "a drill"))
    assert kept == ["fir#order-2", "fir#order-3"]
    found = claims(restored.table, "birch", ["fir"])["fir"]
    assert found == {
        "order-1": "managed/2026-09",
        "order-2": "managed/2026-10",
        "order-3": "managed/2026-10",
    }
    november = cycle_at(OPEN).id.model_copy(update={"period": Period(year=2026, month=11)})
    with pytest.raises(ChargeClaimedError, match="fir: order-3 is billed by managed/2026-10"):
        check_free(restored.table, november, {"fir": frozenset({"order-3"})})
    assert list(keep_charges(live.table, restored.table, "birch", "a drill")) == []
    restored.table.put(claim("order-4", "managed/2026-10"))
    checks = DynamoItemChecks(restored.items, restored.records, restored.policies)
    assert {finding.where for finding in checks.findings()} == {
        "CHARGES#birch fir#order-1",
        "CHARGES#birch fir#order-4",
    }, "a claim that came by itself is proven as ever"


# --- Mails ---------------------------------------------------------------------------------------


def mail(state: str, **more: Any) -> dict[str, Any]:
    return {"pk": "CYCLE#birch#managed#2026-09", "sk": "MAIL#elm#all#invoice",
            "mail_state": state, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "stands"),
    [
        ("ready", "sent", "sent"),  # the queue would send it again
        ("ready", "delivered", "delivered"),
        ("ready", "unknown", "unknown"),
        ("sending", "bounced", "bounced"),
        ("unknown", "rejected", "rejected"),
        ("sent", "complained", "complained"),
        ("waiting", "sent", "waiting"),  # it goes on with its cycle, which is held
        ("sending", "ready", "sending"),
        ("delivered", "sent", "delivered"),  # on the way back to a table that knows more
        ("rejected", "delivered", "rejected"),
    ],
)
def test_a_mail_that_was_sent_since_is_not_sent_again(
    sides: tuple[Side, Side], before: str, now: str, stands: str
) -> None:
    live, restored = sides
    live.table.put(mail(now, message_id="m-1"))
    restored.table.put(mail(before))
    kept = list(keep_mails(live.items, restored.items, restored.table))
    found = restored.table.get((mail("")["pk"], mail("")["sk"]))
    assert found is not None
    assert found["mail_state"] == stands
    assert (len(kept), found.get("message_id")) == ((1, "m-1") if stands == now else (0, None))
    assert list(keep_mails(live.items, restored.items, restored.table)) == []


def test_a_mail_that_the_restored_table_never_had_is_left_out(sides: tuple[Side, Side]) -> None:
    """Its invoice is not there either: going on with the held cycle makes both anew."""
    live, restored = sides
    live.table.put(mail("sent"))
    assert list(keep_mails(live.items, restored.items, restored.table)) == []
    assert restored.table.get((mail("")["pk"], mail("")["sk"])) is None


# --- Numbers -------------------------------------------------------------------------------------


def test_numbers_of_a_provider_that_was_applied_since_are_passed_over(
    sides: tuple[Side, Side],
) -> None:
    """Applied again to the restored table, it would begin at one, with sealed documents there."""
    live, restored = sides
    live.apply(policy())
    live.counter("birch", "INVOICE", 12)
    assert catch_up(live, restored) == ["birch INVOICE 1 to 12"]
    assert restored.last_number("birch") == 12
    checks = DynamoItemChecks(restored.items, restored.records, restored.policies)
    assert list(checks.findings()) == []


def test_sealed_documents_count_by_the_prefixes_of_both_policies(
    sides: tuple[Side, Side],
) -> None:
    """The counter of the table in use was damaged: what was sealed cannot be."""
    live, restored = sides
    restored.apply(policy(version="1"))
    live.apply(policy(version="2", invoice_number_prefix="BX-"))
    for name in ("invoices/BI-000003", "invoices/BX-000005", "credit-notes/CN-000002"):
        key = f"birch/managed/2026-09/{name}.pdf"
        live.records.put_once(key, b"%PDF", "application/pdf")
    live.table.put({"pk": "PROVIDER#birch", "sk": "COUNTER#INVOICE", "last_number": "no number"})
    assert catch_up(live, restored) == ["birch INVOICE 1 to 5", "birch CREDIT_NOTE 1 to 2"]
    assert catch_up(live, restored) == [], "it can be called again"


@pytest.mark.parametrize("stands", ["no number", None])
def test_a_counter_that_is_damaged_in_both_tables_ends_no_restore(
    sides: tuple[Side, Side], stands: str | None
) -> None:
    """It was damaged before the time restored to: nothing gets a number by it, nor any instead."""
    live, restored = sides
    live.apply(policy())
    live.counter("birch", "CREDIT_NOTE", 2)
    counter = {"pk": "PROVIDER#birch", "sk": "COUNTER#INVOICE", "last_number": stands}
    for side in sides:
        side.table.put(counter)
    live.records.put_once("birch/managed/2026-09/invoices/BI-000003.pdf", b"%PDF", "a/b")
    assert catch_up(live, restored) == ["birch CREDIT_NOTE 1 to 2"]
    checks = DynamoItemChecks(restored.items, restored.records, restored.policies)
    assert [finding.where for finding in checks.findings()] == ["PROVIDER#birch COUNTER#INVOICE"]


def test_two_providers_may_lose_the_same_numbers(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB refuses a token that came with something else within ten minutes; moto does not."""
    _, restored = sides
    tokens: list[str] = []
    first = restored.table.transact

    def noted(actions: Any, token: str) -> bool:
        tokens.append(token)
        return first(actions, token)

    monkeypatch.setattr(restored.table, "transact", noted)
    for provider in ("birch", "oak"):
        list(pass_over(restored.table, provider, {"CREDIT_NOTE": 1}, NOW, "a drill"))
    assert len(set(tokens)) == 2
    assert all(len(token) <= 36 for token in tokens)
    assert [restored.last_number(name, "CREDIT_NOTE") for name in ("birch", "oak")] == [1, 1]
