"""Unknown never bills as zero: an account whose feed cannot be trusted is parked by name."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest

from msp_billing.domain.cycles import CycleState
from tests.end_to_end.small_provider import Provider, birch, csv
from tests.end_to_end.stage import Stage, cycle_id

CYCLE = cycle_id()
DEVICES, USERS = "birch/devices/2026-09-01.csv", "birch/users/beech/2026-09-01.csv"
GOOD = csv(["Customer,Device", "alder,alder-1", "alder,alder-2", "elm,elm-1"])
ON_DEVICES, ON_USERS = {"alder", "elm"}, {"beech"}


def provider() -> Provider:
    """Birch, which goes on however many accounts are parked."""
    return birch().with_policy(parked_share_limit=Decimal(1))


def build(stage: Stage, files: dict[str, bytes], billed: Provider | None = None) -> None:
    """Apply, put these files only, snapshot, seal and build."""
    stage.apply(billed or provider())
    for key, content in files.items():
        stage.put_feed(key, content)
    stage.start(CYCLE)
    stage.run_until("2026-09-01T12:00:00")
    stage.step("BuildInvoicesFunction", CYCLE, **stage.batch(CYCLE))


def parked(stage: Stage) -> dict[str, set[str]]:
    """The codes of the problems of each parked account."""
    return {
        name: {problem.code for problem in entry.problems}
        for name, entry in stage.records(CYCLE).items()
        if entry.problems
    }


def assert_never_zero(stage: Stage, accounts: set[str]) -> None:
    """These are parked, and everybody else is billed what is right."""
    totals = {name: str(entry.total.amount) for name, entry in stage.invoices(CYCLE).items()}
    all_totals = {"alder": "120.00", "beech": "21.00", "cedar": "20.00", "elm": "10.00"}
    assert totals == {name: total for name, total in all_totals.items() if name not in accounts}
    assert set(parked(stage)) == accounts


USERS_FILE = csv(["User", "ann", "bob", "cyd"])
BROKEN: dict[str, tuple[bytes | None, str]] = {
    "missing": (None, "feed-missing"),
    "empty": (b"", "feed-empty"),
    "half-written last line": (GOOD[:-3], "feed-half-written"),
    "missing column": (GOOD.replace(b"Device", b"Gadget", 1), "feed-column-missing"),
    "wrong encoding": (GOOD.replace(b"elm-1", b"\xe9lm-1"), "feed-encoding"),
    "two files in one": (GOOD + GOOD, "feed-header-twice"),
    "cells too many": (GOOD + b"elm,a,b\n", "feed-cells"),
    "header alone": (b"Customer,Device\n", "feed-without-rows"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_of_everybody_that_is_unusable_parks_whoever_needs_it(
    stage: Stage, case: str
) -> None:
    """docs/faults.md 23 and 24: accounts that count devices are parked, the others are billed."""
    content, code = BROKEN[case]
    files = {USERS: USERS_FILE} | ({} if content is None else {DEVICES: content})
    build(stage, files)
    assert_never_zero(stage, ON_DEVICES)
    for codes in parked(stage).values():
        assert any(found.startswith(code) for found in codes), codes


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "feed-missing"),
        (USERS_FILE[:-1], "feed-half-written"),
        (b"Usr\nann\n", "feed-column"),
    ],
)
def test_an_accounts_own_file_that_is_unusable_parks_that_account(
    stage: Stage, content: bytes | None, code: str
) -> None:
    """docs/faults.md 23 and 24."""
    build(stage, {DEVICES: GOOD} | ({} if content is None else {USERS: content}))
    assert_never_zero(stage, ON_USERS)
    (codes,) = parked(stage).values()
    assert any(found.startswith(code) for found in codes)


def test_a_stale_file_parks_and_its_age_is_told(stage: Stage) -> None:
    """docs/faults.md 25: 24 hours are the most that the policy allows."""
    build(stage, {"birch/devices/2026-08-30.csv": GOOD, USERS: USERS_FILE})
    assert_never_zero(stage, ON_DEVICES)
    (problem,) = stage.records(CYCLE)["elm"].problems
    assert problem.code == "feed-missing"
    assert "24 hours" in problem.what
    assert "2026-08-30.csv" in problem.what


def test_a_file_of_yesterday_at_midnight_is_just_fresh_enough(stage: Stage) -> None:
    """docs/faults.md 25."""
    build(stage, {"birch/devices/2026-08-31.csv": GOOD, USERS: USERS_FILE})
    assert_never_zero(stage, set())


def test_a_file_of_after_the_moment_is_not_taken(stage: Stage) -> None:
    build(stage, {"birch/devices/2026-09-01T0400.csv": GOOD, USERS: USERS_FILE})
    assert_never_zero(stage, ON_DEVICES)


def test_a_checksum_that_fits_is_proof_and_one_that_does_not_parks(stage: Stage) -> None:
    """docs/faults.md 24: a file that was cut between two rows is told by its checksum."""
    digest = hashlib.sha256(GOOD).hexdigest().encode()
    cut = b"".join(GOOD.splitlines(keepends=True)[:-1])
    build(stage, {DEVICES: cut, f"{DEVICES}.sha256": digest, USERS: USERS_FILE})
    assert_never_zero(stage, ON_DEVICES)
    assert parked(stage)["elm"] == {"feed-checksum"}


def test_an_item_that_is_listed_twice_parks_its_account_only(stage: Stage) -> None:
    """docs/faults.md 26."""
    build(stage, {DEVICES: GOOD + b"elm,elm-1\n", USERS: USERS_FILE})
    assert_never_zero(stage, {"elm"})


def test_a_file_cut_at_any_byte_never_bills_too_little(stage: Stage) -> None:
    """docs/faults.md 24: without a checksum only a cut between two rows can pass for whole."""
    stage.apply(provider())
    feed = provider().policy.feed("devices")
    whole_rows = [len(line) for line in GOOD.splitlines(keepends=True)]
    between_rows = {sum(whole_rows[:count]) for count in range(2, len(whole_rows) + 1)}
    for cut in range(len(GOOD)):
        stage.put_feed(DEVICES, GOOD[:cut])
        (export,) = stage.ports.feeds.exports("birch", feed, "America/Chicago")
        entries = list(stage.ports.feeds.read("birch", feed, export))
        unusable = [entry for entry in entries if hasattr(entry, "problem")]
        assert bool(unusable) == (cut not in between_rows), cut


def test_a_cycle_of_all_accounts_parked_stops_before_it_numbers(stage: Stage) -> None:
    """A provider-wide feed is gone, and nobody can be billed."""
    stage.set_up(birch().only("alder", "elm"))
    stage.put_feed(DEVICES, b"")
    stage.run_until("2026-09-03T00:00:00")
    assert stage.execution("birch_managed_2026-09").error == "TooManyParkedError"
    assert stage.cycle(CYCLE).state is CycleState.FAILED
    assert not stage.sent()


def test_a_feed_that_changes_after_the_snapshot_changes_nothing(stage: Stage) -> None:
    """docs/faults.md 18: a retry must not mix two states of the world."""
    build(stage, {DEVICES: GOOD, USERS: USERS_FILE})
    stage.put_feed(DEVICES, GOOD + b"elm,elm-2\n")
    taken = stage.step("TakeSnapshotFunction", CYCLE, moment="first")
    assert taken["already_taken"]
    stage.step("SealSnapshotFunction", CYCLE)
    stage.step("BuildInvoicesFunction", CYCLE, **stage.batch(CYCLE))
    assert_never_zero(stage, set())


def test_a_customer_that_the_book_does_not_know_is_told_by_name(stage: Stage) -> None:
    """A name that is misspelt at the source bills nobody: a person has to see it."""
    stage.set_up(birch())
    stage.put_feed(DEVICES, GOOD + b"Allder,allder-9\n")
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).unknown_customers == ("Allder",)
    assert stage.cycle(CYCLE).summary["customers_unknown"] == "Allder"
    (mail,) = stage.sent("summary")
    body = mail.message.get_body(("plain",))
    assert body is not None
    assert "Customers unknown: Allder" in body.get_content()


def test_a_customer_that_is_billed_elsewhere_is_no_news(stage: Stage) -> None:
    billed = birch()
    feeds = tuple(
        feed.model_copy(update={"not_billed_here": ("allder",)}) if feed.feed == "devices" else feed
        for feed in billed.policy.feeds
    )
    stage.set_up(billed.with_policy(feeds=feeds))
    stage.put_feed(DEVICES, GOOD + b"Allder,allder-9\n")
    stage.run_until("2026-09-03T00:00:00")
    assert stage.cycle(CYCLE).unknown_customers == ()
