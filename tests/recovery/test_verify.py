"""``mspbill verify`` names everything that is wrong, and nothing else (docs/faults.md, 46)."""

from __future__ import annotations

import json
from typing import Any

from tests.mspbill.conftest import call
from tests.recovery.damages import DAMAGES
from tests.recovery.whole_table import Kept


def verified(*more: str, code: int = 0) -> Any:
    answer = call("verify", "--stack", "trial", "--json", *more)
    assert answer.exit_code == code, answer.output
    return json.loads(answer.stdout)


def test_a_table_after_two_months_is_whole(kept: Kept) -> None:
    told = verified()
    assert (told["whole"], told["findings"], told["table"]) == (True, [], kept.table)
    looked_at = told["looked_at"]
    cycles = {"cycles": 2, "invoices": 10, "outcomes": 12, "ledger entries": 13}
    money = {"credit notes": 1, "payments and returns": 2, "standings": 4}
    assert {**looked_at, **cycles, **money} == looked_at
    # Ten invoices and a credit note; of each cycle a batch and the two parts that it names.
    assert (looked_at["manifests"], looked_at["sealed objects"]) == (2, 11 + 2 + 2)
    assert (looked_at["ledgers proven"], looked_at["ledgers met by an anchor"]) == (6, 5)
    assert sum(number for name, number in looked_at.items() if name == "unknown items") == 0


def test_the_clock_of_a_trial_is_nothing_wrong(kept: Kept) -> None:
    with kept.mended():
        kept.put({"pk": "trial", "sk": "clock", "now": "2025-06-05T16:00:00+00:00"})
        told = verified()
    assert (told["findings"], told["looked_at"]["clocks of a trial"]) == ([], 1)


def test_documents_can_be_left_out(kept: Kept) -> None:
    assert "sealed objects" not in verified("--no-documents")["looked_at"]
    assert kept.items(), "nothing is changed by looking"


def test_everything_that_is_wrong_is_named_in_one_go(kept: Kept) -> None:
    with kept.mended():
        for damage in DAMAGES.values():
            damage.do(kept)
        told = verified(code=1)
    found = [f"{one['kind']}: {one['where']}: {one['what']}" for one in told["findings"]]
    expected = [finding for damage in DAMAGES.values() for finding in damage.findings]
    missing = [entry for entry in expected if not any(one.startswith(entry) for one in found)]
    surplus = [one for one in found if not any(one.startswith(entry) for entry in expected)]
    assert (missing, surplus) == ([], [])
    assert told["findings_in_all"] == len(expected)
    assert verified()["whole"], "everything was put back"


def test_it_prints_what_is_wrong_and_what_was_looked_at(kept: Kept) -> None:
    with kept.mended():
        kept.delete("CYCLE#birch#managed#2026-09", "MAIL#cedar#all#invoice")
        answer = call("verify", "--table", kept.table, "--records", kept.bucket)
    assert answer.exit_code == 1
    assert "wrong missing-mail: CYCLE#birch#managed#2026-09 INVOICE#cedar#all: BI-000003" in (
        answer.stdout
    )
    assert "1 thing is wrong." in answer.stdout
    assert "10  invoices" in answer.stdout


def test_it_has_to_be_said_which_table(kept: Kept, monkeypatch: Any) -> None:
    monkeypatch.delenv("RECORDS_BUCKET")
    answer = call("verify", "--table", kept.table)
    assert answer.exit_code == 2
    assert "Give --table and --records together" in answer.output
