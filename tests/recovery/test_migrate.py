"""``mspbill migrate``: what an older version stored, in today's shape, while billing goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_cloud import FunctionError
from msp_billing.adapters.dynamodb.table import pack, unpack
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.migrating import running
from msp_billing.usecases.migrating.registry import MIGRATIONS
from msp_billing.usecases.migrating.schema import (
    NEWEST_SCHEMA,
    SchemaTooNewError,
    check_readable,
)
from msp_billing.usecases.ports.stored import Item, Page
from mspbill.command_values import Source
from mspbill.stored_table import stored_table
from tests.mspbill.conftest import call
from tests.recovery.whole_table import SEPTEMBER_CYCLE, SEPTEMBER_PK, Kept

LOCK = (SEPTEMBER_PK, "LOCK")
MAIL = (SEPTEMBER_PK, "MAIL#elm#all#invoice")
ELM = ("ACCOUNTS#birch", "elm")
ISSUED = (SEPTEMBER_PK, "INVOICE#elm#all")
ENTRY = ("LEDGER#birch#elm", "ENTRY#00000001")


def migrate(*more: str, code: int = 0) -> Any:
    answer = call("migrate", "--stack", "trial", "--by", "pat", *more, "--json")
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout)


def without(item: Item, *fields: str) -> Item:
    """The item as a version stored it that did not have these fields, and wrote JSON otherwise."""
    document = json.loads(unpack(item["body"]))
    for name in fields:
        del document[name]
    return {**item, "body": pack(json.dumps(document, indent=1))}


def grow_old(kept: Kept) -> None:
    """Items of several kinds as an earlier version left them, which said nothing of a schema."""
    kept.delete("schema", "schema")
    kept.put(without(kept.item(*LOCK), "count_attempt", "error", "unknown_customers"))
    kept.put(without(kept.item(*ELM), "dunning"))
    kept.put(without(kept.item(*ISSUED), "country", "locale"))
    kept.put(without(kept.item(*ENTRY)))
    mail = kept.item(*MAIL)
    del mail["outcomes"]
    kept.put(mail)


def document(item: Item) -> Any:
    return json.loads(unpack(item["body"]))


def test_a_new_table_begins_with_the_newest_schema(kept: Kept) -> None:
    assert kept.item("schema", "schema")["schema_version"] == NEWEST_SCHEMA
    told = migrate("--dry-run")
    assert (told["migrations"], told["cycles_open"]) == ([], [])


def test_a_dry_run_counts_and_shows_and_writes_nothing(kept: Kept) -> None:
    with kept.mended():
        grow_old(kept)
        before = kept.items()
        told = migrate("--dry-run")
        assert kept.items() == before
        printed = call("migrate", "--stack", "trial", "--dry-run").stdout
    fields, outcomes = told["migrations"]
    assert (fields["number"], fields["name"]) == (1, "todays-fields")
    assert fields["would_change"] == {"ACCOUNTS": 1, "CYCLE/LOCK": 1}
    lines = [line for sample in fields["samples"] for line in sample["differences"]]
    assert "document count_attempt: nothing -> 1" in lines
    assert "document dunning.contacts: nothing -> []" in lines
    assert outcomes["would_change"] == {"CYCLE/MAIL": 1}
    assert told["cycles_open"] == []
    assert "2 of " in printed
    assert f"for example {' '.join(LOCK)}" in printed


def test_old_items_say_the_same_in_todays_shape(kept: Kept) -> None:
    whole = kept.items()
    with kept.mended():
        grow_old(kept)
        told = migrate()
        assert (told["schema"], [entry["changed"] for entry in told["done"]]) == (2, [2, 1])
        now = kept.items()
        assert kept.stage.cycle(SEPTEMBER_CYCLE).count_attempt == 1
        assert call("verify", "--stack", "trial").exit_code == 0, "and the table is whole"
        assert migrate() == {"table": kept.table, "schema": 2, "done": []}, "there is nothing left"
    # What the current version writes itself is what comes out, with the hash that goes with it.
    assert document(now[LOCK]) == document(whole[LOCK])
    assert (now[ELM]["content_sha256"], now[ELM]["body"]) == (
        whole[ELM]["content_sha256"],
        whole[ELM]["body"],
    )
    said, known = (json.loads(item[MAIL]["outcomes"])[0] for item in (now, whole))
    assert (said["recipient"], said["delivered_at"][:19]) == (
        known["recipient"],
        known["delivered_at"][:19],
    )
    # What was issued and entered is left as it was written, old shape or not.
    assert "country" not in document(now[ISSUED])
    assert now[ENTRY]["body"] == without(whole[ENTRY])["body"] != whole[ENTRY]["body"]


def test_what_becomes_of_a_migrated_mail_later_is_kept(kept: Kept) -> None:
    """SES tells of a complaint days after the delivery: it is stored by compare-and-set."""
    with kept.mended():
        grow_old(kept)
        migrate()
        with stored_table(Source("trial")) as found:
            (before,) = (
                mail
                for mail in found.ports.outbox.all_of(SEPTEMBER_CYCLE)
                if (mail.id.account, mail.id.kind) == ("elm", "invoice")
            )
            (outcome,) = before.outcomes
            complained = outcome.model_copy(update={"complained_at": kept.stage.cloud.clock.now()})
            after = before.model_copy(
                update={"state": MailState.COMPLAINED, "outcomes": (complained,)}
            )
            assert found.ports.outbox.change(before, after)
            assert found.ports.outbox.find_many([before.id])[before.id] == after


def test_a_migration_waits_for_open_cycles(kept: Kept) -> None:
    with kept.mended():
        kept.delete("schema", "schema")
        kept.change(*LOCK, cycle_state="open")
        answer = call("migrate", "--stack", "trial")
        assert answer.exit_code == 2
        assert "1 cycles are open: birch/managed/2026-09" in answer.output
        assert ("schema", "schema") not in kept.items()
        assert migrate("--dry-run")["cycles_open"] == ["birch/managed/2026-09"]


def test_it_goes_on_where_it_broke_off_and_overwrites_nobody(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are small here; a function changes an item while it is migrated."""
    with kept.mended(), stored_table(Source("trial")) as found:
        grow_old(kept)
        stored = found.items
        small: Any = _SmallPages(stored, 20)
        seen: list[int] = []

        def broken_off(_migration: object, state: Any) -> None:
            seen.append(state.looked_at)
            if len(seen) == 3:
                raise KeyboardInterrupt

        # From the start: which page the lock is on is for the table to say.
        def paid_meanwhile(before: Item, after: Item) -> bool:
            if (before["pk"], before["sk"]) == LOCK and "note" not in before:
                kept.change(*LOCK, body=pack(json.dumps(document(before) | {"attempt": 7})), note=1)
            return type(stored).replace(stored, before, after)

        monkeypatch.setattr(small, "replace", paid_meanwhile)

        clock = kept.stage.cloud.clock
        run: Any = {"by": "pat", "now": clock.now}
        with pytest.raises(KeyboardInterrupt):
            running.migrate(small, found.schemas, MIGRATIONS[:1], progress=broken_off, **run)
        under_way = found.schemas.find()
        assert under_way is not None
        assert under_way.under_way is not None
        assert under_way.under_way.looked_at == 60
        pending = running.pending(found.schemas)
        assert [entry.number for entry in pending] == [1, 2]
        schema = running.migrate(small, found.schemas, pending, **run)
        assert schema.version == NEWEST_SCHEMA
        assert schema.done[0].looked_at == len(kept.items()), "each was looked at once"
        migrated = document(kept.item(*LOCK))
        assert (migrated["attempt"], migrated["count_attempt"]) == (7, 1)


def test_what_cannot_be_read_is_named_and_everything_else_migrated(kept: Kept) -> None:
    with kept.mended():
        grow_old(kept)
        kept.change("ACCOUNTS#birch", "beech", body=pack('{"account": 7}'))
        answer = call("migrate", "--stack", "trial", "--by", "pat")
        assert answer.exit_code == 1
        assert "migration 1 cannot read ACCOUNTS#birch beech" in answer.output
        assert document(kept.item(*LOCK))["count_attempt"] == 1
        with stored_table(Source("trial")) as found:
            schema = found.schemas.find()
        assert schema is not None
        assert (schema.version, schema.under_way is not None) == (0, True)


def test_a_table_of_newer_code_is_refused_by_commands_and_cycles(kept: Kept) -> None:
    with kept.mended():
        newer = json.dumps({"version": 99})
        kept.put({"pk": "schema", "sk": "schema", "schema_version": 99, "schema_text": newer})
        answer = call("migrate", "--stack", "trial", "--dry-run")
        assert answer.exit_code == 2
        assert "The table has schema 99" in answer.output
        with pytest.raises(SchemaTooNewError, match="knows schemas up to"):
            check_readable(kept.stage.ports.schemas)
        for arguments in (("promise", "elm", "--until", "2026-12-31", "--why", "x"),):
            changing = call(*arguments, "--by", "pat", "--stack", "trial")
            assert changing.exit_code == 2
            assert "The table has schema 99" in changing.output
        lost = kept.item(*LOCK)
        kept.delete(*LOCK)
        request = {"provider": "birch", "run": "managed", "period": "2026-09", "owner": "somebody"}
        with pytest.raises(FunctionError) as refused:
            kept.stage.cloud.invoke("OpenCycleFunction", request)
        assert refused.value.error_type == "SchemaTooNewError"
        assert LOCK not in kept.items(), "no lock was taken"
        kept.put(lost)


class _SmallPages:
    """The same items in pages of so many."""

    def __init__(self, stored: Any, size: int) -> None:
        self._stored = stored
        self._size = size
        self.get_many = stored.get_many
        self.document = stored.document
        self.with_document = stored.with_document
        self.replace = stored.replace

    def pages(self, after: Any = None) -> Any:
        items = [item for page in self._stored.pages(after) for item in page.items]
        for start in range(0, len(items), self._size):
            some = tuple(items[start : start + self._size])
            last = start + self._size >= len(items)
            yield Page(some, None if last else (some[-1]["pk"], some[-1]["sk"]))
