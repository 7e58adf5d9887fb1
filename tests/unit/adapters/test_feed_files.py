from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.feeds.feed_files import (
    ChecksumError,
    ExportKeyError,
    age_hours,
    choose_export,
    parse_checksum,
    parse_export_key,
)
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedExport

CHICAGO = ZoneInfo("America/Chicago")
DEVICES = FeedDefinition(
    feed="rmm-devices",
    title="RMM devices",
    scope="provider",
    columns=FeedColumns(item_id="id", account="client"),
    max_age_hours=24,
)
USERS = FeedDefinition(
    feed="ad-users", title="AD users", scope="account", columns=FeedColumns(item_id="login")
)
MOMENT = datetime(2026, 12, 1, 6, tzinfo=UTC)


def export(as_of_at: datetime, key: str = "a", account: str | None = None) -> FeedExport:
    feed = "rmm-devices" if account is None else "ad-users"
    return FeedExport(
        feed=feed, key=key, as_of_at=as_of_at, time_zone="America/Chicago", account=account
    )


@pytest.mark.parametrize(
    ("key", "definition", "as_of_at", "account"),
    [
        ("rmm-devices/2026-11-23.csv", DEVICES, datetime(2026, 11, 23, 6, tzinfo=UTC), None),
        ("rmm-devices/2026-07-01.csv", DEVICES, datetime(2026, 7, 1, 5, tzinfo=UTC), None),
        (
            "ad-users/acme/2026-11-23T1800.csv",
            USERS,
            datetime(2026, 11, 24, 0, tzinfo=UTC),
            "acme",
        ),
        # 02:30 is skipped on this night, 01:30 happens twice on the other: fold=0 for both.
        ("rmm-devices/2026-03-08T0230.csv", DEVICES, datetime(2026, 3, 8, 8, 30, tzinfo=UTC), None),
        (
            "rmm-devices/2026-11-01T0130.csv",
            DEVICES,
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
            None,
        ),
    ],
)
def test_a_key_says_whose_export_it_is_and_as_of_when(key, definition, as_of_at, account):
    found = parse_export_key(key, definition, CHICAGO, sha256="ab")
    assert found == FeedExport(
        feed=definition.feed,
        key=key,
        as_of_at=as_of_at,
        time_zone="America/Chicago",
        account=account,
        sha256="ab",
    )


@pytest.mark.parametrize(
    ("key", "definition", "says"),
    [
        ("rmm-devices/latest.csv", DEVICES, "does not say as of when"),
        ("rmm-devices/2026-11-23.CSV", DEVICES, "does not say as of when"),
        ("rmm-devices/2026-02-30.csv", DEVICES, "does not exist"),
        ("rmm-devices/2026-11-23T2460.csv", DEVICES, "does not exist"),
        ("rmm-devices/acme/2026-11-23.csv", DEVICES, "Move it up"),
        ("ad-users/2026-11-23.csv", USERS, "not in the folder of an account"),
        ("ad-users/Acme Corp/2026-11-23.csv", USERS, "not in the folder of an account"),
        ("ad-users/a/b/2026-11-23.csv", USERS, "not in the folder of an account"),
        ("other/2026-11-23.csv", DEVICES, "no export of the feed"),
    ],
)
def test_a_key_of_another_form_is_refused_with_what_to_do(key, definition, says):
    with pytest.raises(ExportKeyError, match=says):
        parse_export_key(key, definition, CHICAGO)


@pytest.mark.parametrize(
    "text",
    [
        f"{'AB' * 32}  2026-11-23.csv\n",
        f"{'ab' * 32} *2026-11-23.csv\r\n",
        f"\\{'ab' * 32}  odd\\nname.csv\n",
        "ab" * 32,
    ],
)
def test_a_checksum_is_read_as_sha256sum_writes_it(text):
    assert parse_checksum(text) == "ab" * 32


@pytest.mark.parametrize("text", ["", "abc", f"{'ab' * 32}  x\n{'cd' * 32}  y\n", f"{'zz' * 32}\n"])
def test_anything_else_is_no_checksum(text):
    with pytest.raises(ChecksumError, match="sha256sum"):
        parse_checksum(text)


@pytest.mark.rule("INT-01")
def test_the_newest_export_up_to_the_moment_is_taken():
    before = export(MOMENT - timedelta(hours=3), "a")
    at = export(MOMENT, "b")
    after = export(MOMENT + timedelta(minutes=1), "c")
    assert choose_export([after, before, at], MOMENT, DEVICES) == at
    assert choose_export([after, before], MOMENT, DEVICES) == before
    assert choose_export([after], MOMENT, DEVICES) is None


def test_an_export_that_is_too_old_is_not_taken():
    just = export(MOMENT - timedelta(hours=24, minutes=59))
    over = export(MOMENT - timedelta(hours=25))
    assert age_hours(just.as_of_at, MOMENT) == 24
    assert choose_export([just], MOMENT, DEVICES) == just
    assert choose_export([over], MOMENT, DEVICES) is None


def test_an_export_of_another_feed_or_account_is_not_taken():
    mine, other = export(MOMENT, "x", "acme"), export(MOMENT, "y", "birch")
    assert choose_export([other, mine, export(MOMENT)], MOMENT, USERS, "acme") == mine
    assert choose_export([mine], MOMENT, USERS, "cedar") is None
    assert choose_export([mine], MOMENT, DEVICES) is None


@given(
    st.lists(
        st.builds(
            lambda minutes, key: export(MOMENT + timedelta(minutes=minutes), key),
            st.integers(-3_000, 200),
            st.sampled_from("abc"),
        )
    ),
    st.randoms(use_true_random=False),
)
def test_the_choice_does_not_depend_on_the_order(exports, random):
    chosen = choose_export(exports, MOMENT, DEVICES)
    shuffled = list(exports)
    random.shuffle(shuffled)
    assert choose_export(shuffled, MOMENT, DEVICES) == chosen
    if chosen is not None:
        assert MOMENT - timedelta(hours=25) < chosen.as_of_at <= MOMENT
