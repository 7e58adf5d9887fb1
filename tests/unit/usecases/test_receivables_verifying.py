"""Ledgers that are proved and anchored, and what is found when somebody changes them by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.ledger.verifying import Verification
from msp_billing.usecases.dunning.context import UnknownAccountError
from msp_billing.usecases.errors import LedgerUnreadableError
from msp_billing.usecases.receivables.anchors import newest_anchors
from msp_billing.usecases.receivables.verifying import (
    ProofRequest,
    anchor_ledgers,
    prove_ledgers,
    verify_account,
    verify_provider,
)
from msp_billing.usecases.restoring.anchoring import anchor_restored, ledgers_behind
from tests.unit.domain.builders import account
from tests.unit.domain.ledger.ledger_samples import LEDGER, day
from tests.unit.domain.ledger.test_verifying import changed, rehashed
from tests.unit.usecases.ledger_office import Office

WHO = (LEDGER.provider, LEDGER.account)


def kept() -> Office:
    """Three entries, anchored on the 28th; three more on the 29th."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "100.00")
    anchor_ledgers(office.ports, "lantern")
    office.ports.clock.pass_days(1)
    office.bill("LP-2", "60.00")
    office.pay("A-2", "60.00")
    return office


def proved(office: Office) -> Verification:
    return verify_account(office.ports, *WHO)


def told(found: Verification) -> tuple[str, int]:
    assert found.misfit is not None
    return found.misfit.kind.value, found.misfit.sequence


def test_a_ledger_that_nobody_touched_fits() -> None:
    office = kept()
    found = proved(office)
    assert (found.fits, found.entries, found.balance) == (True, 6, Decimal(0))
    assert found.anchored_on == day("2026-11-28")
    with pytest.raises(UnknownAccountError):
        verify_account(office.ports, "lantern", "nobody")


def test_anchors_are_written_once_a_day_and_stay() -> None:
    office = kept()
    first = anchor_ledgers(office.ports, "lantern")
    assert (first.key, first.accounts) == ("lantern/ledger/anchors/2026-11-29.jsonl.gz", 1)
    on, anchors = newest_anchors(office.ports, "lantern", day("2026-11-30"))
    assert on == day("2026-11-29")
    assert (anchors["tern-harbor"].sequence, anchors["tern-harbor"].hash) == (
        6,
        office.position.last_hash,
    )
    office.bill("LP-3", "5.00")
    assert anchor_ledgers(office.ports, "lantern") == first
    assert newest_anchors(office.ports, "birch", day("2026-11-30")) == (None, {})


def test_a_provider_without_ledgers_has_empty_anchors() -> None:
    office = Office()
    made = anchor_ledgers(office.ports, "lantern")
    assert (made.accounts, made.gone_back) == (0, ())
    assert [found.fits for found in verify_provider(office.ports, "lantern")] == [True]


def test_an_item_that_was_changed_is_named_and_the_bus_is_told() -> None:
    """docs/faults.md 46."""
    office = kept()
    entries = office.ports.ledgers.kept[WHO]
    entries[3] = changed(entries[3], "6.00")
    (found,) = verify_provider(office.ports, "lantern")
    assert told(found) == ("hash", 4)
    (event,) = office.ports.bus.of_type("LedgerDoesNotFit")
    assert (event["account"], "entry 4 (LP-2) was changed" in event["what"]) == (
        "tern-harbor",
        True,
    )


def test_the_weekly_proof_names_what_does_not_fit_and_counts_the_rest() -> None:
    office = kept()
    assert prove_ledgers(office.ports, ProofRequest()).model_dump() == {
        "ledgers": 1,
        "entries": 6,
        "misfits": (),
    }
    entries = office.ports.ledgers.kept[WHO]
    entries[1] = entries[1].model_copy(update={"title": "Nothing"})
    found = prove_ledgers(office.ports, ProofRequest(provider="lantern"))
    assert found.entries == 1
    (misfit,) = found.misfits
    assert misfit.startswith(f"{LEDGER}: ")


def test_in_seven_parts_each_ledger_is_proved_once_in_seven_days() -> None:
    """A call has 15 minutes, and reads a ledger in hundredths of a second (docs/cost.md)."""
    office = kept()
    lodges = [account().model_copy(update={"account": f"lodge-{n}"}) for n in range(20)]
    office.ports.book.put("lantern", lodges)
    every = {found.ledger.account for found in verify_provider(office.ports, "lantern")}
    seen: list[str] = []
    days: list[int] = []
    for _ in range(7):
        found = [entry.ledger.account for entry in verify_provider(office.ports, "lantern", 7)]
        days.append(prove_ledgers(office.ports, ProofRequest(parts=7)).ledgers)
        assert days[-1] == len(found)
        seen += found
        office.ports.clock.pass_days(1)
    assert len(every) == 21
    assert sorted(seen) == sorted(every)
    assert max(days) < 10


def test_after_a_restore_ledgers_are_proved_by_the_anchors_that_were_sealed_for_it() -> None:
    """Who took the restored table over says so; the anchors of before stay where they are."""
    office = kept()
    anchor_ledgers(office.ports, "lantern")
    entries = office.ports.ledgers.kept[WHO]
    del entries[3:]
    office.ports.ledgers.heads[WHO] = position_of(LEDGER, entries)
    assert proved(office).misfit is not None
    assert ledgers_behind(office.ports, "lantern") == ("tern-harbor",)
    taken = anchor_restored(office.ports, "lantern", "billing-restored", "pat", "a bad import")
    assert taken is not None
    assert (taken.behind, taken.by) == (("tern-harbor",), "pat")
    assert proved(office).fits
    office.ports.clock.pass_days(1)
    office.bill("LP-3", "5.00")
    assert anchor_ledgers(office.ports, "lantern").gone_back == ()
    assert proved(office).fits
    # From then on they are as strict as before.
    office.ports.clock.pass_days(1)
    entries = office.ports.ledgers.kept[WHO]
    del entries[3:]
    office.ports.ledgers.heads[WHO] = position_of(LEDGER, entries)
    assert proved(office).misfit is not None
    assert anchor_restored(office.ports, "lantern", "again", "pat", "again") is not None


def test_a_second_restore_of_a_day_is_not_refused_until_tomorrow() -> None:
    """Whoever went back to the wrong hour goes back further, at once; what was sealed stays."""
    office = kept()
    anchor_ledgers(office.ports, "lantern")
    entries = office.ports.ledgers.kept[WHO]
    for number, left in ((1, 5), (2, 4), (3, 2)):
        del entries[left:]
        office.ports.ledgers.heads[WHO] = position_of(LEDGER, entries)
        name = f"restored-{number}"
        assert anchor_restored(office.ports, "lantern", name, "pat", "a wrong hour") is not None
        assert anchor_restored(office.ports, "lantern", name, "pat", "called again") is None
        assert proved(office).fits
        office.ports.clock.time += timedelta(minutes=10)
    sealed = [key for key in office.ports.records.objects if "-restored" in key]
    assert sorted(sealed) == [
        "lantern/ledger/anchors/2026-11-29-restored-2.jsonl.gz",
        "lantern/ledger/anchors/2026-11-29-restored-3.jsonl.gz",
        "lantern/ledger/anchors/2026-11-29-restored.jsonl.gz",
    ]
    office.ports.clock.pass_days(3)
    assert anchor_ledgers(office.ports, "lantern").gone_back == ()
    del entries[1:]
    office.ports.ledgers.heads[WHO] = position_of(LEDGER, entries)
    assert proved(office).misfit is not None


def test_a_table_that_is_not_behind_gets_no_new_anchors() -> None:
    office = kept()
    assert anchor_restored(office.ports, "lantern", "billing-restored", "pat", "a drill") is None


def test_a_dropped_tail_and_an_old_head_are_named() -> None:
    """docs/faults.md 46."""
    office = kept()
    entries = office.ports.ledgers.kept[WHO]
    office.ports.ledgers.heads[WHO] = position_of(LEDGER, entries[:3])
    assert told(proved(office)) == ("head", 3)
    office = kept()
    del office.ports.ledgers.kept[WHO][4:]
    assert told(proved(office)) == ("missing tail", 5)


def test_an_old_state_put_back_whole_is_named_by_the_anchor() -> None:
    """docs/faults.md 46: head and entries agree, and are not as far as they were."""
    office = kept()
    ledgers = office.ports.ledgers
    del ledgers.kept[WHO][2:]
    ledgers.heads[WHO] = position_of(LEDGER, ledgers.kept[WHO])
    found = proved(office)
    assert told(found) == ("missing tail", 3)
    assert found.misfit is not None
    assert "the anchor of 2026-11-28 has them" in found.misfit.what
    del ledgers.kept[WHO], ledgers.heads[WHO]
    (gone,) = verify_provider(office.ports, "lantern")
    assert told(gone) == ("missing tail", 1)


def test_an_old_state_is_not_anchored_in_place_of_what_was() -> None:
    """docs/faults.md 46: the old anchor stays the newest truth, and the bus is told."""
    office = kept()
    ledgers = office.ports.ledgers
    del ledgers.kept[WHO][2:]
    ledgers.heads[WHO] = position_of(LEDGER, ledgers.kept[WHO])
    made = anchor_ledgers(office.ports, "lantern")
    assert (made.accounts, made.gone_back) == (1, ("tern-harbor",))
    assert len(office.ports.bus.of_type("LedgerDoesNotFit")) == 1
    _, anchors = newest_anchors(office.ports, "lantern", day("2026-11-29"))
    assert anchors["tern-harbor"].sequence == 3
    del ledgers.kept[WHO], ledgers.heads[WHO]
    office.ports.clock.pass_days(1)
    assert anchor_ledgers(office.ports, "lantern").gone_back == ("tern-harbor",)


def test_a_chain_made_anew_is_narrowed_down_by_earlier_anchors() -> None:
    """docs/faults.md 46: entries 1 to 3 are as on the 28th; 4 to 6 are not those of the 29th."""
    office = kept()
    anchor_ledgers(office.ports, "lantern")
    ledgers = office.ports.ledgers
    forged = list(ledgers.kept[WHO])
    forged[3:] = [changed(entry, "6.00") for entry in forged[3:]]
    ledgers.kept[WHO] = rehashed(forged)
    ledgers.heads[WHO] = position_of(LEDGER, ledgers.kept[WHO])
    found = proved(office)
    assert told(found) == ("anchor", 4)
    # and when it was changed before the first anchor, all that is known is that
    forged[0] = changed(forged[0], "90.00")
    ledgers.kept[WHO] = rehashed(forged)
    ledgers.heads[WHO] = position_of(LEDGER, ledgers.kept[WHO])
    assert told(proved(office)) == ("anchor", 1)


def test_what_is_entered_during_the_proof_is_no_misfit() -> None:
    office = kept()
    read = office.ports.ledgers.entries
    late = [lambda: office.bill("LP-3", "5.00")]

    def slow(ledger: object, after: int = 0) -> object:
        found = list(read(ledger, after))
        if late:
            late.pop()()
        return iter(found)

    office.ports.ledgers.entries = slow
    found = proved(office)
    assert (found.fits, found.entries) == (True, 7)


def test_entries_and_heads_that_cannot_be_read_are_named() -> None:
    office = kept()
    ledgers = office.ports.ledgers
    read = ledgers.entries

    def broken_entries(ledger: object, after: int = 0) -> object:
        yield from list(read(ledger, after))[:2]
        raise LedgerUnreadableError("lantern/tern-harbor", 3, "incorrect header check")

    ledgers.entries = broken_entries
    assert told(proved(office)) == ("unreadable", 3)
    ledgers.entries = read

    def broken_head(_ledger: object) -> LedgerPosition:
        raise LedgerUnreadableError("lantern/tern-harbor", None, "incorrect header check")

    ledgers.position = broken_head
    found = proved(office)
    assert told(found) == ("head", 6)
    assert found.misfit is not None
    assert found.misfit.what == "the head cannot be read: incorrect header check"
    del ledgers.kept[WHO][2:]
    assert told(proved(office)) == ("missing tail", 3)
