"""An export that lost more than the policy's share of its rows is not believed unseen."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition
from msp_billing.domain.feeds.lost_rows import AcceptedLoss, KnownRows, LossGuard
from msp_billing.domain.periods import Period

OCTOBER, NOVEMBER = Period(year=2026, month=10), Period(year=2026, month=11)
DECEMBER = Period(year=2026, month=12)
EXPORT = "devices/2026-12-01.csv"
HALF = Decimal("0.5")


def known(file: int | None = None, /, **accounts: int) -> KnownRows:
    return KnownRows(
        file={} if file is None else {NOVEMBER: file}, accounts={NOVEMBER: dict(accounts)}
    )


def guard(before: KnownRows, *accepted: AcceptedLoss, limit: Decimal = HALF) -> LossGuard:
    return LossGuard("RMM devices", limit, accepted, before, DECEMBER)


def accepted(*accounts: str, export: str = EXPORT) -> AcceptedLoss:
    return AcceptedLoss(export=export, accounts=accounts, accepted_by="clerk", reason="site sold")


@pytest.mark.parametrize(
    ("before", "now", "is_lost"),
    [
        # A limit of a half: of 10 rows 5 may go, and the sixth may not.
        (10, 10, False),
        (10, 5, False),
        (10, 4, True),
        (10, 30, False),
        # Of 3 rows one may go (a third), two may not (two thirds); the last one may not either.
        (3, 2, False),
        (3, 1, True),
        (2, 1, False),
        (1, 0, True),
        (0, 0, False),
    ],
)
def test_more_than_the_share_is_a_problem_and_the_share_itself_is_none(before, now, is_lost):
    problem = guard(known(acme=before)).check_account("acme", EXPORT, now)
    assert (problem is not None) == is_lost
    whole = guard(known(before)).check_file(EXPORT, now, now, [])
    assert (whole is not None) == is_lost


def test_the_problem_names_both_counts_the_month_and_what_to_do():
    problem = guard(known(acme=40)).check_account("acme", EXPORT, 10)
    assert problem is not None
    assert (problem.code, problem.file, problem.where) == (
        "feed-lost-rows",
        "feeds/devices/2026-12-01.csv",
        "acme",
    )
    assert problem.what == (
        "'RMM devices' has 10 rows of acme; in 2026-11 it had 40. It lost 75 %, and more than "
        "50 % is not believed unseen."
    )
    assert "name 'devices/2026-12-01.csv' under the feed's 'accept_lost_rows'" in problem.fix


def test_a_first_month_and_a_new_account_have_nothing_to_lose():
    first = guard(KnownRows())
    assert first.check_file(EXPORT, 3, 3, []) is None
    assert first.check_account("acme", EXPORT, 3) is None
    assert first.known == KnownRows(file={DECEMBER: 3}, accounts={DECEMBER: {"acme": 3}})


def test_a_person_can_accept_a_whole_export_or_some_accounts_of_it():
    whole = guard(known(100, acme=40, birch=40), accepted())
    assert whole.check_file(EXPORT, 8, 8, []) is None
    assert whole.check_account("acme", EXPORT, 4) is None

    some = guard(known(100, acme=40, birch=40), accepted("acme"))
    assert some.check_account("acme", EXPORT, 4) is None
    assert some.check_account("birch", EXPORT, 4) is not None
    assert some.check_file(EXPORT, 8, 8, []) is not None, "one account is not the whole"

    other = guard(known(acme=40), accepted(export="devices/2026-11-01.csv"))
    assert other.check_account("acme", EXPORT, 4) is not None, "last month's acceptance is spent"


def test_what_was_accepted_is_what_the_next_month_is_compared_with():
    here = guard(known(acme=40), accepted())
    here.check_account("acme", EXPORT, 4)
    assert here.known.accounts == {DECEMBER: {"acme": 4}}


def test_what_was_not_accepted_is_not_what_the_next_month_is_compared_with():
    """Or a feed that stays broken would be believed in its second month."""
    here = guard(known(100, acme=40, birch=40))
    here.check_file(EXPORT, 44, 44, [])
    here.check_account("acme", EXPORT, 4)
    here.check_account("birch", EXPORT, 40)
    assert here.known == KnownRows(
        file={NOVEMBER: 100},
        accounts={NOVEMBER: {"acme": 40}, DECEMBER: {"birch": 40}},
    )


def test_an_unknown_month_does_not_disable_the_guard():
    """A month in which the account or the file cannot be read keeps the numbers of before."""
    november = LossGuard(
        "RMM devices",
        HALF,
        (),
        KnownRows(file={OCTOBER: 100}, accounts={OCTOBER: {"acme": 40}}),
        NOVEMBER,
    )
    november.keep_account("acme")
    assert november.known == KnownRows(file={OCTOBER: 100}, accounts={OCTOBER: {"acme": 40}})
    problem = guard(november.known).check_account("acme", EXPORT, 10)
    assert problem is not None
    assert "in 2026-10 it had 40" in problem.what


def test_accounts_that_cannot_be_read_are_left_out_of_both_sides_of_the_files_comparison():
    # 100 rows before, 70 of them acme's. Now acme's 70 are faulty, and of the 30 others 20 are
    # there: the others have lost a third, which is believed, and acme is parked on its own account.
    here = guard(known(100, acme=70, birch=30))
    assert here.check_file(EXPORT, 20, 20, ["acme"]) is None
    # With 14 of 30 the others have lost more than half.
    problem = guard(known(100, acme=70, birch=30)).check_file(EXPORT, 14, 14, ["acme"])
    assert problem is not None
    assert "has 14 rows; in 2026-11 it had 30" in problem.what


def test_a_limit_of_one_accepts_every_loss_and_of_zero_none():
    assert guard(known(acme=40), limit=Decimal(1)).check_account("acme", EXPORT, 0) is None
    assert guard(known(acme=40), limit=Decimal(0)).check_account("acme", EXPORT, 39) is not None


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.decimals(0, 1, places=2))
def test_a_loss_is_told_exactly_when_its_share_is_above_the_limit(before, now, limit):
    problem = guard(known(acme=before), limit=limit).check_account("acme", EXPORT, now)
    share = Decimal(before - now) / before if before else Decimal(0)
    assert (problem is not None) == (share > limit)


def definition(**changes: object) -> FeedDefinition:
    fields: dict[str, object] = {
        "feed": "devices",
        "title": "RMM devices",
        "scope": "provider",
        "columns": FeedColumns(item_id="id", account="customer"),
    }
    return FeedDefinition.model_validate({**fields, **changes})


def test_half_of_the_rows_is_the_share_where_the_policy_says_nothing():
    assert definition().lost_share_limit == HALF


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"accept_lost_rows": [accepted(export="users/2026-12-01.csv")]}, "beginning with 'devic"),
        ({"accept_lost_rows": [accepted(), accepted("acme")]}, "twice: keep one"),
        (
            {
                "scope": "account",
                "columns": FeedColumns(item_id="id"),
                "accept_lost_rows": [accepted("acme")],
            },
            "leave 'accounts' out",
        ),
        ({"lost_share_limit": "1.5"}, "less than or equal to 1"),
    ],
)
def test_an_acceptance_that_can_mean_nothing_is_refused(changes, says):
    with pytest.raises(ValidationError, match=says):
        definition(**changes)
