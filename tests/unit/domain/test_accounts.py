"""Accounts: what does not fit together is refused, and when something is provided."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.accounts import Account, feed_key
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    PROPERTY,
    account,
    account_data,
    agreement_data,
    line_data,
)


def refusal(*agreements: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        account(*agreements, **changes)
    return str(refused.value)


def line(**changes: Any) -> AgreementLine:
    return AgreementLine.model_validate(line_data("PC", **changes))


def agreement(**changes: Any) -> Agreement:
    return Agreement.model_validate(agreement_data(**changes))


SITE = {"subscriber": "dock", "name": "The Dock"}


@pytest.mark.parametrize(
    ("agreements", "changes", "message"),
    [
        ([], {"subscribers": [SITE | {"subscriber": "each"}]}, "cannot be called 'each'"),
        (
            [],
            {"subscribers": [SITE, SITE | {"subscriber": "pier"}]},
            "two subscribers are both known as 'the dock'",
        ),
        (
            [],
            {"subscribers": [SITE, {"subscriber": "pier", "name": "P", "known_as": ["DOCK"]}]},
            "two subscribers are both known as 'dock'",
        ),
        # Listed twice, a site would get every 'each' line twice.
        ([], {"subscribers": [SITE, SITE]}, "the subscriber 'dock' is listed twice"),
        ([agreement_data(), agreement_data()], {}, "two agreements have the same name"),
        # A charge that falls into a month without the agreement would never be billed.
        (
            [agreement_data(line_data("PC", bill_once_in="2024-12"))],
            {},
            "line pc is billed once in 2024-12, when the agreement is not in force",
        ),
        (
            [agreement_data(line_data("PC", bill_once_in="2026-03"), ends_on="2026-02-28")],
            {},
            "line pc is billed once in 2026-03, when the agreement is not in force",
        ),
        (
            [agreement_data(line_data("PC", subscriber="mole"))],
            {},
            "line pc of main is for the unknown subscriber 'mole'",
        ),
        (
            [agreement_data(line_data("PC"), line_data("PC"))],
            {},
            "agreement lines are listed twice: pc",
        ),
        (
            [agreement_data(line_data("PC", quantity=1, count_rule="pcs"))],
            {},
            "either a fixed 'quantity' or a 'count_rule'",
        ),
        (
            [agreement_data(line_data("PC", starts_on="2026-02-02", ends_on="2026-02-01"))],
            {},
            "the line ends before it starts",
        ),
        ([agreement_data(ends_on="2024-12-31")], {}, "the agreement ends before it starts"),
        ([agreement_data(starts_on="2026-02-29")], {}, "starts_on"),
        ([agreement_data(line_data("PC", quantity=-1))], {}, "greater than or equal to 0"),
        ([agreement_data(line_data("PC", quantity="2.5"))], {}, "quantity"),
        ([agreement_data(line_data("PC", price={"each": "1", "flat": "1"}))], {}, "one meaning"),
        ([], {"agreements": []}, "at least 1 item"),
        ([], {"billing_contacts": []}, "at least 1 item"),
        ([], {"billing_contacts": ["a@b.example\r\nBcc: c@d.example"]}, "match pattern"),
        ([], {"currency": "usd"}, "match pattern"),
    ],
)
def test_each_inconsistency_is_found_and_named(
    agreements: list[dict[str, Any]], changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(*agreements, **changes)


def test_several_inconsistencies_are_told_at_once() -> None:
    told = refusal(
        agreement_data(line_data("PC", subscriber="mole")),
        agreement_data(line_data("SERVER", subscriber="quay")),
        subscribers=[SITE, SITE | {"subscriber": "pier"}, SITE | {"subscriber": "each"}],
    )
    for message in (
        "a subscriber cannot be called 'each'",
        "both known as 'the dock'",
        "two agreements have the same name",
        "unknown subscriber 'mole'",
        "unknown subscriber 'quay'",
    ):
        assert message in told


@pytest.mark.parametrize(
    ("starts", "ends", "months"),
    [
        ("2026-03-01", None, [3, 4]),
        ("2026-03-31", None, [3, 4]),  # one day of it bills the whole month
        ("2026-04-01", None, [4]),
        ("2025-01-01", "2026-03-01", [2, 3]),
        ("2025-01-01", "2026-02-28", [2]),
        ("2026-03-10", "2026-03-10", [3]),
        ("2026-05-01", None, []),
        ("2025-01-01", "2026-01-31", []),
    ],
)
def test_an_agreement_is_active_in_every_month_that_it_touches(
    starts: str, ends: str | None, months: list[int]
) -> None:
    periods = [Period(year=2026, month=month) for month in (2, 3, 4)]
    contract = agreement(starts_on=starts, ends_on=ends)
    assert [period.month for period in periods if contract.active_in(period)] == months
    provided = line(starts_on=starts, ends_on=ends)
    assert [period.month for period in periods if provided.provided_in(period)] == months


def test_a_line_without_dates_is_provided_always() -> None:
    assert all(line().provided_in(Period(year=year, month=1)) for year in (1980, 2026, 2100))


def test_a_one_time_charge_is_provided_in_its_month_only() -> None:
    setup = line(bill_once_in="2026-03")
    months = [month for month in range(1, 13) if setup.provided_in(Period(year=2026, month=month))]
    assert months == [3]
    assert not setup.provided_in(Period(year=2027, month=3))


def test_mails_go_to_the_billing_contacts_unless_a_kind_has_its_own() -> None:
    known = account(contacts_by_kind={"comparison": ["cfo@tern.example"]})
    assert known.recipients("invoice") == ("ap@tern.example",)
    assert known.recipients("comparison") == ("cfo@tern.example",)
    assert account(contacts_by_kind={"invoice": []}).recipients("invoice") == ("ap@tern.example",)


def test_only_known_kinds_of_mail_have_recipients() -> None:
    assert "contacts_by_kind" in refusal(contacts_by_kind={"dunning": ["a@b.example"]})


@pytest.mark.parametrize(
    "name", ["dock", "The Dock", "THE DOCK", "  the   dock ", "D-1", "d-1\t", "Straße", "STRASSE"]
)
def test_feeds_find_a_subscriber_by_any_of_its_names(name: str) -> None:
    known = account(subscribers=[SITE | {"known_as": ["D-1", "Straße"]}])
    assert known.find_subscriber(name) == "dock"


@pytest.mark.parametrize("name", ["", "docks", "The Dock Inc", "Tern Harbor"])
def test_any_other_name_is_nobody(name: str) -> None:
    assert account(subscribers=[SITE]).find_subscriber(name) is None


@PROPERTY
@given(name=st.text(max_size=30))
def test_names_are_matched_without_case_and_outer_space(name: str) -> None:
    assert feed_key(f"  {name}\t") == feed_key(name)
    assert feed_key(feed_key(name)) == feed_key(name)


@PROPERTY
@given(
    sites=st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), unique=True, max_size=5),
    quantity=st.none() | st.integers(0, 10_000),
    each=st.none() | st.decimals(0, 9999, places=4).map(str),
    month=st.none() | st.just("2026-03"),
    ends=st.none() | st.dates().map(str),
)
def test_every_account_comes_back_from_json(
    sites: list[str], quantity: int | None, each: str | None, month: str | None, ends: str | None
) -> None:
    price = None if each is None else {"each": each}
    details = {"quantity": quantity, "price": price, "bill_once_in": month}
    lines = [line_data("PC", subscriber="each", **details), line_data("SITE", ends_on=ends)]
    known = Account.model_validate(
        account_data(
            agreement_data(*lines, starts_on="0001-01-01"),
            subscribers=[{"subscriber": f"s-{site}", "name": site} for site in sites],
        )
    )
    again = Account.model_validate_json(known.model_dump_json())
    assert again == known
    assert again.model_dump_json() == known.model_dump_json()
