"""A restore to an earlier time: kept like the table it is of, and honest about what it lacks."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import boto3
import pytest

from msp_billing.adapters.dynamodb.cycles import lock_item
from msp_billing.domain.cycles import CycleState, counts_anew
from msp_billing.domain.periods import Period
from msp_billing.usecases.restoring.holding import HELD
from msp_billing.usecases.start_cycle import start_missed_cycles
from mspbill import stack_executions, use_table_command
from mspbill.command_values import Source
from mspbill.stored_table import stored_table
from tests.mspbill.conftest import call
from tests.recovery.whole_table import OCTOBER_CYCLE, RESTORED, SEPTEMBER_CYCLE, Kept

AT = "2026-09-30T00:00:00Z"
BY = ("--stack", "trial", "--by", "pat", "--why", "a drill")


def restored(*more: str, name: str = RESTORED, at: str = AT, code: int = 0) -> Any:
    answer = call("restore", "--stack", "trial", "--at", at, "--as", name, *more, "--json")
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def told(kept: Kept) -> Any:
    """A restore to the end of September, looked at on 4 October; it was begun before."""
    source = boto3.client("dynamodb").describe_table(TableName=kept.table)["Table"]["TableArn"]
    tags = [{"Key": "cost-centre", "Value": "billing"}]
    boto3.client("dynamodb").tag_resource(ResourceArn=source, Tags=tags)
    return restored()


def of(told: Any, kind: str) -> list[str]:
    return [entry["what"] for entry in told["happened_since"] if entry["kind"] == kind]


def test_a_restored_table_is_whole_and_protected_like_the_one_it_is_of(
    kept: Kept, told: Any
) -> None:
    assert (told["whole"], told["findings"], told["restored_from"]) == (True, [], kept.table)
    assert told["looked_at"]["cycles"] == 1 + 1, "October's is held"
    client = boto3.client("dynamodb")
    described = client.describe_table(TableName=RESTORED)["Table"]
    assert described["DeletionProtectionEnabled"] is True
    backups = client.describe_continuous_backups(TableName=RESTORED)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    tags = client.list_tags_of_resource(ResourceArn=described["TableArn"])["Tags"]
    assert {tag["Key"] for tag in tags} == {"cost-centre", "msp-billing:restored-from"}
    assert use_table_command.unfit(RESTORED) is None


def test_it_says_what_time_a_table_is_of_that_was_there_already(told: Any) -> None:
    """Called again with another time, it must not say that the table is of that one."""
    described = boto3.client("dynamodb").describe_table(TableName=RESTORED)["Table"]
    of_it = described["RestoreSummary"]["RestoreDateTime"].astimezone(UTC).isoformat()
    assert told["restored_to"] == of_it
    again = restored("--no-documents", at="2026-09-12T00:00:00Z")
    assert again["restored_to"] == of_it


def test_it_says_what_happened_since(told: Any) -> None:
    numbers = of(told, "number")
    assert "BI-000006 over 120.00 USD was issued to Alder Ltd" in numbers
    assert len([text for text in numbers if "was issued" in text]) == 5
    assert "the cycle is closed, and was not opened" in of(told, "cycle")
    mails = of(told, "mail")
    assert [text for text in mails if "books@beech.example is delivered" in text]
    assert any("the restored table says nothing of it" in text for text in mails)
    assert [text for text in of(told, "money") if "Invoice BI-000008" in text]
    assert "elm is on credit_hold, and was on due" in of(told, "state")
    # What the ledgers lost is behind the anchors in the locked bucket, and is no damage.
    assert told["ledgers_behind_their_anchor"] == 5


def test_numbers_that_customers_have_are_never_given_out_again(kept: Kept, told: Any) -> None:
    assert told["numbers_passed_over"] == ["birch INVOICE 6 to 10"]
    items = kept.items(RESTORED)
    assert items["PROVIDER#birch", "COUNTER#INVOICE"]["last_number"] == 10
    lost = items["PROVIDER#birch", "LOST_NUMBERS#INVOICE#00000006"]
    assert (lost["first"], lost["last"]) == (6, 10)
    again = restored()
    assert (again["whole"], again["numbers_passed_over"]) == (True, [])
    assert again["looked_at"]["numbers lost by a restore"] == 5


def test_a_month_that_was_billed_since_is_not_billed_again_by_itself(kept: Kept, told: Any) -> None:
    """The daily sweep starts what has no lock; what was closed since must not be among it."""
    assert told["cycles_held"] == ["birch/managed/2026-10"]
    with stored_table(Source("trial"), table=RESTORED) as found:
        ports = found.ports
        cycle = ports.cycles.find(OCTOBER_CYCLE)
        assert cycle is not None
        assert (cycle.state, cycle.error) == (CycleState.FAILED, HELD)
        assert "when this cycle was not open; it was closed" in (cycle.failure or "")
        assert not counts_anew(cycle), "it would go on with what was sealed for it"
        swept = start_missed_cycles(ports, "birch")
        assert [entry for entry in swept.started if entry.outcome == "started"] == []
        september = ports.cycles.find(SEPTEMBER_CYCLE)
        assert september == kept.stage.cycle(SEPTEMBER_CYCLE), "it was over before"
    assert restored()["cycles_held"] == []


def test_a_restore_to_now_knows_everything(kept: Kept) -> None:
    backups = boto3.client("dynamodb").describe_continuous_backups(TableName=kept.table)
    recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    now = recovery["LatestRestorableDateTime"].isoformat()
    told = restored(name="as-of-now", at=now)
    assert (told["happened_since"], told["numbers_passed_over"]) == ([], [])
    assert (told["whole"], told["ledgers_behind_their_anchor"]) == (True, 0)


def test_what_cannot_be_restored_is_refused(kept: Kept) -> None:
    early = call("restore", "--stack", "trial", "--at", "2001-01-01T00:00:00Z", "--as", "early")
    assert early.exit_code == 2
    assert "can be restored to a time from" in early.output
    other = call("restore", "--stack", "trial", "--at", AT, "--as", kept.table)
    assert other.exit_code == 2
    assert "which is no restore of" in other.output
    unclear = call("restore", "--stack", "trial", "--at", "2026-09-30T00:00", "--as", "x")
    assert unclear.exit_code == 2
    assert "Say in which zone" in unclear.output


def test_a_table_that_is_not_protected_is_not_billed_with(kept: Kept) -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="bare",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    answer = call("use-table", "bare", *BY, "--type", "bare")
    assert answer.exit_code == 2
    for lack in ("not protected from deletion", "no point-in-time recovery", "no index gsi1"):
        assert lack in answer.output
    gone = call("use-table", "nowhere", *BY, "--type", "nowhere")
    assert "There is no table nowhere." in gone.output
    assert kept.names().of("BillingTable") == kept.table


def test_a_name_that_is_not_typed_changes_nothing(kept: Kept, told: Any) -> None:
    answer = call("use-table", RESTORED, *BY, "--type", "yes")
    assert answer.exit_code == 2
    assert "was not typed. Nothing was changed." in answer.output
    assert told["table"] == RESTORED
    assert kept.items()


def test_what_is_billed_between_the_restore_and_the_change_of_tables_is_not_billed_again(
    kept: Kept, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stack goes on with its own table meanwhile: for an hour, or for days."""
    assert told["numbers_passed_over"] == ["birch INVOICE 6 to 10"]
    november = Period(year=2026, month=11)
    updated: list[str] = []

    def update(_stack: str, table: str) -> bool:
        updated.append(table)
        return True

    monkeypatch.setattr(use_table_command, "update_parameter", update)
    with kept.mended():
        kept.change("PROVIDER#birch", "COUNTER#INVOICE", last_number=13)
        october = kept.stage.cycle(OCTOBER_CYCLE)
        later = OCTOBER_CYCLE.model_copy(update={"period": november})
        kept.put(lock_item(october.model_copy(update={"id": later})))
        answer = call("use-table", RESTORED, *BY, "--type", RESTORED, "--json")
        assert answer.exit_code == 0, answer.output
        switched = json.loads(answer.stdout)
    assert updated == [RESTORED]
    assert switched["numbers_passed_over"] == ["birch INVOICE 11 to 13"]
    assert switched["cycles_held"] == ["birch/managed/2026-11"]
    items = kept.items(RESTORED)
    assert items["PROVIDER#birch", "COUNTER#INVOICE"]["last_number"] == 13
    assert items["CYCLE#birch#managed#2026-11", "LOCK"]["cycle_state"] == "failed"


def test_what_the_stack_bills_while_its_tables_are_changed_is_not_billed_again(
    kept: Kept, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CloudFormation takes minutes; until its end the functions have the table of before."""
    assert told["table"] == RESTORED
    december = OCTOBER_CYCLE.model_copy(update={"period": Period(year=2026, month=12)})

    def update(_stack: str, _table: str) -> bool:
        kept.change("PROVIDER#birch", "COUNTER#INVOICE", last_number=21)
        october = kept.stage.cycle(OCTOBER_CYCLE)
        kept.put(lock_item(october.model_copy(update={"id": december})))
        return True

    monkeypatch.setattr(use_table_command, "update_parameter", update)
    with kept.mended():
        answer = call("use-table", RESTORED, *BY, "--type", RESTORED, "--json")
        assert answer.exit_code == 0, answer.output
        switched = json.loads(answer.stdout)
    assert [row.rpartition(" ")[2] for row in switched["numbers_passed_over"]][-1] == "21"
    assert "birch/managed/2026-12" in switched["cycles_held"]
    items = kept.items(RESTORED)
    assert items["PROVIDER#birch", "COUNTER#INVOICE"]["last_number"] == 21
    assert items["CYCLE#birch#managed#2026-12", "LOCK"]["cycle_state"] == "failed"


def test_the_table_in_use_is_not_changed_to(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called again, perhaps because nobody saw its end, it stops nothing that works by now."""
    stopped: list[Any] = []
    monkeypatch.setattr(stack_executions, "stop", lambda *told: stopped.append(told))
    monkeypatch.setattr(stack_executions, "under_way", lambda *_of: iter(["a cycle"]))
    monkeypatch.setattr(use_table_command, "update_parameter", lambda *_of: False)
    client = boto3.client("dynamodb")
    client.update_table(TableName=kept.table, DeletionProtectionEnabled=True)
    answer = call("use-table", kept.table, *BY, "--type", kept.table)
    assert answer.exit_code == 0, answer.output
    assert "did so before; nothing was changed" in answer.output
    assert stopped == []


def test_a_lock_that_nobody_can_read_ends_no_restore(kept: Kept) -> None:
    """October was billed, somebody changed its lock, and it is restored to before October."""
    pk = "CYCLE#birch#managed#2026-10"
    with kept.mended():
        kept.change(pk, "LOCK", body=b"scribble")
        shown = call("cycle", "show", "managed", "2026-10", "--stack", "trial")
        assert shown.exit_code == 1, "no wrong word on the command line, which would be 2"
        assert "how birch_managed_2026-10 stands cannot be read" in shown.output
        kept.keep_as("of-damage")
        assert restored(name="of-damage", code=1)["cycles_held"] == [], "it was damaged before"
        place = {"pk": {"S": pk}, "sk": {"S": "LOCK"}}
        boto3.client("dynamodb").delete_item(TableName="of-damage", Key=place)
        told = restored(name="of-damage")
        assert told["cycles_held"] == ["birch/managed/2026-10 (no table says how it stands)"]
        assert restored(name="of-damage")["cycles_held"] == []
    with stored_table(Source("trial"), table="of-damage") as found:
        cycle = found.ports.cycles.find(OCTOBER_CYCLE)
        assert cycle is not None
        assert (cycle.state, cycle.error) == (CycleState.FAILED, HELD)


def test_two_tables_can_be_open_beside_each_other(kept: Kept, told: Any) -> None:
    """Ports are made when they are first used, by the variables of that moment."""
    assert told["table"] == RESTORED
    with (
        stored_table(Source("trial")) as live,
        stored_table(Source("trial"), table=RESTORED) as other,
    ):
        assert live.ports.cycles.find(OCTOBER_CYCLE) == kept.stage.cycle(OCTOBER_CYCLE)
        assert other.ports.cycles.find(OCTOBER_CYCLE) != kept.stage.cycle(OCTOBER_CYCLE)


def test_charges_of_a_provider_that_was_applied_since_stay_billed(kept: Kept) -> None:
    """Applied again to the restored table, its next month would bill them again."""
    kept.keep_as("before-birch")
    client = boto3.client("dynamodb")
    for pk, sk in (("PROVIDERS", "birch"), ("CHARGES#birch", "fir#order:router:box")):
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        client.delete_item(TableName="before-birch", Key=key)
    answer = call("restore", "--stack", "trial", "--at", AT, "--as", "before-birch", "--json")
    assert json.loads(answer.stdout)["charges_kept"] == ["birch: fir order:router:box"]
    assert ("CHARGES#birch", "fir#order:router:box") in kept.items("before-birch")
