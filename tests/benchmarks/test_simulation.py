"""The simulated schedule: buckets by hand, and runs whose times can be worked out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.cost.bill import Model
from benchmarks.simulation import Setting, Simulation, Step
from benchmarks.waiting import DAY, Bucket, in_words


def steps(**changes: float) -> dict[str, Step]:
    """A run's steps by name."""
    setting = Setting(**{"accounts": 20_000, **changes})  # type: ignore[arg-type]
    return {step.name: step for step in Simulation(Model.read(), setting).run()}


def test_a_bucket_gives_what_it_has_and_then_what_comes() -> None:
    bucket = Bucket(size=10, rate=2)
    assert bucket.take(10, 0) == 0
    assert bucket.take(4, 0) == 2  # four tokens at two a second
    assert bucket.take(1, 1) == 2.5  # behind those that were promised
    assert bucket.take(1, 100) == 100  # full again, and no fuller
    assert bucket.take(10, 100) == 100.5


def test_mail_goes_at_the_rate_of_ses_where_workers_are_enough() -> None:
    mails = steps(ses_rate=10, ses_daily=1e9, mail_workers=20)["DeliverInvoices"]
    assert mails.took == pytest.approx(20_000 / 10, rel=0.01)
    assert mails.bound_by == "SES's rate"


def test_mail_waits_for_the_next_day_when_the_quota_is_used_up() -> None:
    mails = steps(ses_rate=100, ses_daily=5_000, mail_workers=50)["DeliverInvoices"]
    assert 3 * DAY < mails.took < 3.2 * DAY  # four days' quotas, the first one at once
    assert mails.bound_by == "SES's quota for a day"


def test_more_workers_do_not_help_where_a_partition_binds() -> None:
    few, many = steps(batch_workers=200), steps(batch_workers=400)
    for name in ("BuildInvoices", "NumberInvoices"):
        assert few[name].took == pytest.approx(many[name].took, rel=0.1)
    assert many["BuildInvoices"].bound_by == "the cycle's partition"


def test_steps_follow_one_another_and_say_whether_a_call_fits() -> None:
    made = list(steps().values())
    assert all(before.ended == after.begun for before, after in pairwise(made))
    assert all(step.fits for step in made)
    assert not Step("TakeSnapshot", 0, 901, "one function", 901, {}).fits


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(45, "45 s"), (600, "10 min"), (9000, "2.5 h"), (3 * DAY, "3.0 days")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
