"""docs/faults.md 24: an export that shrank parks who needs it, until a person says it is right.

Birch's devices lie in one file of all accounts, its users in a file of each account's own. The
limit is a half unless a test says otherwise.
"""

from __future__ import annotations

from decimal import Decimal

from msp_billing.domain.feeds.lost_rows import AcceptedLoss
from tests.end_to_end.small_provider import Provider, account, birch, csv, line
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id

BEFORE, CYCLE = cycle_id(period=SEPTEMBER), cycle_id(period=OCTOBER)
DEVICES, USERS = "birch/devices/2026-10-01.csv", "birch/users/beech/2026-10-01.csv"


def provider() -> Provider:
    """Birch with a fir of 20 devices, which goes on however many accounts are parked."""
    made = birch().with_policy(parked_share_limit=Decimal(1))
    made = made.with_accounts(account("fir", line("DEVICE")))
    return Provider(
        made.policy,
        made.price_book,
        made.accounts,
        {**made.devices, "fir": tuple(f"fir-{number}" for number in range(20))},
        made.users,
    )


def devices(**kept: int) -> bytes:
    """The export with so many devices of each account; all of them where nothing is said."""
    rows = [
        f"{name},{item}"
        for name, items in provider().devices.items()
        for item in items[: kept.get(name, len(items))]
    ]
    return csv(["Customer,Device", *rows])


def bill(stage: Stage, *, september: bytes | None = None, **october: bytes) -> None:
    """September whole, or with another file of devices; then October as it is given."""
    stage.set_up(provider(), SEPTEMBER, OCTOBER)
    if september is not None:
        stage.put_feed("birch/devices/2026-09-01.csv", september)
    for key, content in october.items():
        stage.put_feed({"devices": DEVICES, "users": USERS}[key], content)
    stage.run_until("2026-10-01T23:00:00")


def parked(stage: Stage) -> dict[str, str]:
    """What is said of each account that was not billed."""
    return {
        name: " ".join(problem.what for problem in entry.problems)
        for name, entry in stage.records(CYCLE).items()
        if entry.problems
    }


def test_an_account_that_lost_most_of_its_rows_is_parked_with_both_counts(stage: Stage) -> None:
    # Of 23 devices 14 are there, so that the file is well; of fir's 20 there are 9, which is more
    # than half lost. alder and elm have what they had.
    bill(stage, devices=devices(fir=9))
    assert set(parked(stage)) == {"fir"}
    assert "has 9 rows of fir; in 2026-09 it had 20" in parked(stage)["fir"]
    assert set(stage.invoices(CYCLE)) == {"alder", "beech", "cedar", "elm"}


def test_a_file_that_lost_most_of_its_rows_parks_whoever_needs_it(stage: Stage) -> None:
    # 11 of 23 are there. alder has both of its devices, but nobody knows what else is missing.
    bill(stage, devices=devices(fir=8))
    assert set(parked(stage)) == {"alder", "elm", "fir"}
    assert "has 11 rows; in 2026-09 it had 23" in parked(stage)["alder"]
    assert set(stage.invoices(CYCLE)) == {"beech", "cedar"}


def test_a_file_of_one_account_that_lost_its_rows_parks_that_account(stage: Stage) -> None:
    bill(stage, users=csv(["User", "ann"]))
    assert set(parked(stage)) == {"beech"}
    assert "has 1 rows of beech; in 2026-09 it had 3" in parked(stage)["beech"]


def test_an_account_whose_rows_are_all_gone_is_not_billed_as_zero(stage: Stage) -> None:
    bill(stage, devices=devices(elm=0))
    assert set(parked(stage)) == {"elm"}
    assert "elm" not in stage.invoices(CYCLE)


def test_half_of_the_rows_may_go_unseen(stage: Stage) -> None:
    bill(stage, devices=devices(fir=10))
    assert parked(stage) == {}
    assert str(stage.invoices(CYCLE)["fir"].total.amount) == "100.00"


def test_a_month_in_which_an_account_is_unknown_does_not_disable_the_guard(stage: Stage) -> None:
    """In September elm is parked and the file is well: of the file the number is known."""
    twice = devices() + b"elm,elm-1\n"
    bill(stage, september=twice, devices=devices(fir=8))
    assert "elm" not in stage.invoices(BEFORE)
    assert set(parked(stage)) == {"alder", "elm", "fir"}


def test_a_first_month_has_nothing_to_be_compared_with(stage: Stage) -> None:
    bill(stage, september=devices(fir=1))
    assert not any(entry.problems for entry in stage.records(BEFORE).values())


def test_what_a_person_accepts_is_billed_when_the_run_is_counted_anew(stage: Stage) -> None:
    shrunken = provider().only("fir", "cedar").with_policy(parked_share_limit=Decimal(0))
    stage.set_up(shrunken, SEPTEMBER, OCTOBER)
    stage.put_feed("birch/devices/2026-09-01.csv", devices(alder=0, elm=0))
    stage.put_feed(DEVICES, devices(alder=0, elm=0, fir=3))
    stage.run_until("2026-10-01T23:00:00")
    assert stage.cycle(CYCLE).error == "TooManyParkedError"

    accepted = AcceptedLoss(
        export="devices/2026-10-01.csv", accepted_by="clerk", reason="fir has sold its mill"
    )
    feeds = tuple(
        feed.model_copy(update={"accept_lost_rows": (accepted,)})
        if feed.feed == "devices"
        else feed
        for feed in shrunken.policy.feeds
    )
    stage.apply(shrunken.with_policy(feeds=feeds, version="2"))
    stage.start(CYCLE)
    stage.run_until("2026-10-03T00:00:00")
    assert str(stage.invoices(CYCLE)["fir"].total.amount) == "30.00"
    stage.assert_promises(BEFORE, CYCLE)
