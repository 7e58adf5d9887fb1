"""Which lines bill in a month, for whom, and how many."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.account_build import AccountBuild
from msp_billing.domain.building.billable_lines import billable_lines, expand_lines
from msp_billing.domain.counting.counter import Counter
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.periods import Period
from msp_billing.domain.run_policy import MustBePriced
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    account,
    agreement_data,
    context,
    device,
    line_data,
    policy,
    reading,
    snapshot,
)

EACH = line_data("PC", subscriber="each")
MIDNIGHT = datetime(2026, 3, 1, 6, tzinfo=UTC)


def building(
    of: Account,
    *rows: FeedRow,
    previous: PreviousCounts = NO_PREVIOUS_COUNTS,
    period: Period = MARCH,
) -> AccountBuild:
    here = context(period)
    return AccountBuild(here, snapshot(of, here, rows), previous)


def counter(of: Account, *rows: FeedRow, previous: PreviousCounts = NO_PREVIOUS_COUNTS) -> Counter:
    return building(of, *rows, previous=previous).counter


def billed(
    of: Account, *rows: FeedRow, period: Period = MARCH
) -> list[tuple[str, str | None, int, str]]:
    """Line, section, quantity and where the quantity came from, of all agreements."""
    made = building(of, *rows, period=period)
    lines = [line for agreement in of.agreements for line in billable_lines(made, agreement)]
    assert not made.problems
    return [(e.line.line, e.subscriber, int(e.quantity), e.quantity_from) for e in lines]


# --- Lines for each subscriber --------------------------------------------------------------------


def expanded(*lines: dict[str, Any]) -> list[tuple[str, str | None]]:
    known = account(agreement_data(*lines), sites=["dock", "pier", "quay"])
    (agreement,) = known.agreements
    pairs = expand_lines(agreement, known)
    return [(line.line, subscriber) for line, subscriber in pairs]


def test_a_line_for_each_subscriber_becomes_one_per_subscriber() -> None:
    assert expanded(EACH) == [("pc", "dock"), ("pc", "pier"), ("pc", "quay")]


def test_a_line_for_the_account_or_one_subscriber_stays_one() -> None:
    assert expanded(line_data("PC"), line_data("SERVER", subscriber="pier")) == [
        ("pc", None),
        ("server", "pier"),
    ]


def test_a_subscribers_own_line_stands_in_for_the_line_of_each() -> None:
    own = line_data("PC", line="pc-at-pier", subscriber="pier")
    assert expanded(EACH, own) == [("pc", "dock"), ("pc", "quay"), ("pc-at-pier", "pier")]


def test_an_own_line_of_another_product_stands_in_for_nothing() -> None:
    own = line_data("SERVER", subscriber="pier")
    assert expanded(EACH, own) == [
        ("pc", "dock"),
        ("pc", "pier"),
        ("pc", "quay"),
        ("server", "pier"),
    ]


def test_a_line_for_the_account_as_a_whole_stands_in_for_nothing() -> None:
    assert ("pc", "pier") in expanded(EACH, line_data("PC", line="all"))


@pytest.mark.parametrize(
    ("own", "stands_in"),
    [
        ({"starts_on": "2026-03-31"}, True),
        ({"ends_on": "2026-03-01"}, True),
        ({"quantity": 0}, True),  # how a site is left out
        # Outside its days it provides nothing, and the site would be billed nothing at all.
        ({"starts_on": "2026-04-01"}, False),
        ({"ends_on": "2026-02-28"}, False),
        # A one-time charge of the product is no replacement of the monthly one.
        ({"bill_once_in": "2026-03", "quantity": 2}, False),
        ({"bill_once_in": "2026-04", "quantity": 2}, False),
    ],
)
def test_an_own_line_stands_in_while_it_is_provided(own: dict[str, Any], stands_in: bool) -> None:
    own_line = line_data("PC", line="own", subscriber="pier", **own)
    known = account(agreement_data(EACH, own_line), sites=["dock", "pier"])
    found = billed(known, device("a", site="Dock"), device("b", site="Pier"))
    assert (("pc", "pier", 1, "counted: PCs") not in found) is stands_in
    assert ("pc", "dock", 1, "counted: PCs") in found


def test_an_account_without_subscribers_has_no_lines_for_each() -> None:
    known = account(agreement_data(EACH))
    assert list(expand_lines(known.agreements[0], known)) == []


# --- Quantities -----------------------------------------------------------------------------------


def test_a_quantity_is_counted_or_fixed_or_one() -> None:
    lines = [
        line_data("PC"),
        line_data("PC", line="fixed", quantity=7),
        line_data("BACKUP", count_rule="servers"),
        line_data("SITE"),
    ]
    rows = [device("a"), device("b"), device("s", "Server")]
    assert billed(account(agreement_data(*lines)), *rows) == [
        ("pc", None, 2, "counted: PCs"),
        ("fixed", None, 7, "fixed in the agreement"),
        ("backup", None, 1, "counted: Servers"),  # the line's rule, not the product's
        ("site", None, 1, "fixed in the agreement"),
    ]


def test_lines_of_quantity_zero_are_left_out() -> None:
    lines = [line_data("PC"), line_data("SERVER"), line_data("SITE", quantity=0)]
    assert billed(account(agreement_data(*lines)), device("a")) == [("pc", None, 1, "counted: PCs")]


def test_each_subscriber_is_counted_by_itself() -> None:
    known = account(agreement_data(EACH), sites=["dock", "pier", "quay"])
    rows = [
        device("a", site="Dock"),
        device("b", site=" DOCK "),
        device("c", site="quay"),
        device("s", "Server", site="Pier"),
    ]
    assert billed(known, *rows) == [
        ("pc", "dock", 2, "counted: PCs"),
        ("pc", "quay", 1, "counted: PCs"),
    ]


def test_a_line_for_the_account_counts_all_its_sites() -> None:
    known = account(sites=["dock", "pier"])
    rows = [device("a", site="Dock"), device("b", site="Pier"), device("c")]
    assert billed(known, *rows) == [("pc", None, 3, "counted: PCs")]


def test_one_item_may_be_billed_by_two_products() -> None:
    lines = [line_data("SERVER"), line_data("BACKUP")]
    rows = [device("s", "Server", backup="yes")]
    assert billed(account(agreement_data(*lines)), *rows) == [
        ("server", None, 1, "counted: Servers"),
        ("backup", None, 1, "counted: Devices with backup"),
    ]


def test_two_agreements_share_one_count() -> None:
    first = agreement_data(line_data("PC"))
    second = agreement_data(line_data("BACKUP", count_rule="pcs"), agreement="second")
    known = account(first, second)
    made = building(known, device("a"))
    for agreement in known.agreements:
        assert [line.count_key for line in billable_lines(made, agreement)] == ["pcs:-"]
    assert list(made.counter.evidence) == ["pcs:-"]


def test_lines_of_other_runs_and_other_months_are_left_out() -> None:
    lines = [
        line_data("SITE", line="past", ends_on="2026-02-28"),
        line_data("SITE", line="last-day", ends_on="2026-03-01"),
        line_data("SITE", line="first-day", starts_on="2026-03-31"),
        line_data("SITE", line="future", starts_on="2026-04-01"),
        line_data("SETUP", line="in-march", bill_once_in="2026-03"),
        line_data("SETUP", line="in-april", bill_once_in="2026-04"),
    ]
    found = [entry[0] for entry in billed(account(agreement_data(*lines)))]
    assert found == ["last-day", "first-day", "in-march"]


# --- What is not known ----------------------------------------------------------------------------


def problems_of(taken: AccountSnapshot) -> list[tuple[str, str]]:
    made = AccountBuild(context(MARCH), taken, NO_PREVIOUS_COUNTS)
    for agreement in taken.account.agreements:
        assert list(billable_lines(made, agreement)) == []
    return [(problem.code, problem.what) for problem in made.problems]


def test_a_feed_that_was_not_read_is_a_problem_and_no_zero() -> None:
    known = account(agreement_data(line_data("PC")))
    ((code, what),) = problems_of(AccountSnapshot(account=known, readings=()))
    assert code == "reading-missing"
    assert "'devices' was not read at the moment 'inventory'" in what


def test_a_reading_at_another_moment_is_no_reading() -> None:
    known = account(agreement_data(line_data("PC")))
    other = reading(MIDNIGHT, [device("a")], moment="later")
    taken = AccountSnapshot(account=known, readings=(other,))
    assert [code for code, _ in problems_of(taken)] == ["reading-missing"]


def test_items_of_an_unknown_or_of_no_subscriber_are_named_with_their_line() -> None:
    known = account(agreement_data(EACH), sites=["dock"])
    rows = [device("a", site="Dock"), device("b", site="Mole", row=7), device("c", row=8)]
    made = building(known, *rows)
    assert [line.quantity for line in billable_lines(made, known.agreements[0])] == [1]
    none, unknown = made.problems
    assert unknown.code == none.code == "unknown-subscriber"
    assert "names 'Mole' for b (line 7)" in unknown.what
    assert "names no site or subscriber for c (line 8)" in none.what


def test_items_that_no_line_counts_may_be_anywhere() -> None:
    known = account(agreement_data(EACH), sites=["dock"])
    rows = [device("a", site="Dock"), device("t", "Tablet", site="Mole"), device("u", "Tablet")]
    assert billed(known, *rows) == [("pc", "dock", 1, "counted: PCs")]


def test_an_account_that_is_billed_as_a_whole_may_have_items_anywhere() -> None:
    known = account(agreement_data(line_data("PC")), sites=["dock"])
    rows = [device("a", site="Dock"), device("b", site="Mole"), device("c")]
    assert billed(known, *rows) == [("pc", None, 3, "counted: PCs")]


def test_sites_do_not_matter_to_an_account_that_has_none() -> None:
    known = account(agreement_data(line_data("PC")))
    assert billed(known, device("a", site="Anywhere")) == [("pc", None, 1, "counted: PCs")]


# --- What the count says of last month ------------------------------------------------------------


def previous(*names: str) -> PreviousCounts:
    items = tuple(CountedItem(item_id=f"id-{name}", name=name) for name in names)
    return PreviousCounts(period=FEBRUARY, items={"pcs:-": items})


def test_a_count_is_compared_with_the_last_one() -> None:
    known = account()
    counts = counter(known, device("b"), device("c"), previous=previous("a", "b"))
    found = counts.count(policy().count_rule("pcs"), None)
    assert found is not None
    key, count = found
    assert ([i.name for i in count.joined], [i.name for i in count.left]) == (["c"], ["a"])
    assert counts.evidence[key].compared_with == FEBRUARY


def test_a_count_without_a_last_one_reports_no_changes() -> None:
    counts = counter(account(), device("b"))
    found = counts.count(policy().count_rule("pcs"), None)
    assert found is not None
    assert (found[1].joined, found[1].left) == ((), ())
    assert counts.evidence[found[0]].compared_with is None


def test_last_months_counts_are_unknown_or_empty_or_known() -> None:
    assert NO_PREVIOUS_COUNTS.of("pcs:-") is None
    known = previous("a")
    assert known.of("servers:-") == ()
    assert [item.name for item in known.of("pcs:-") or ()] == ["a"]


@pytest.mark.rule("INT-01")
def test_a_count_says_which_file_it_was_taken_from_and_how_old_that_was() -> None:
    counts = counter(account(), device("b"))
    found = counts.count(policy().count_rule("pcs"), None)
    assert found is not None
    evidence = counts.evidence[found[0]]
    assert evidence.moment_at == MIDNIGHT
    assert evidence.source.key == "feeds/devices/2026-03-01.csv"
    assert (evidence.source.sha256, evidence.source.age_hours) == ("a" * 64, 2)
    assert (evidence.rule, evidence.clause, evidence.title) == ("pcs", "inventory", "PCs")


def test_items_that_nobody_counted_are_left_over() -> None:
    known = account(agreement_data(line_data("PC")))
    rows = [device("a"), device("s", "Server"), device("t", "Tablet", online="2026-03-01")]
    counts = counter(known, *rows)
    counts.count(policy().count_rule("pcs"), None)
    # The tablet is not there yet at 00:00 on the 1st.
    here = MustBePriced(feed="devices", moment="inventory", attribute="kind", clause="inventory")
    assert [row.name for row in counts.items_left_over(here)] == ["s"]
    elsewhere = here.model_copy(update={"moment": "another-moment"})
    assert counts.items_left_over(elsewhere) == []


@pytest.mark.rule("INT-02")
def test_only_the_rules_that_price_an_item_take_it_off_the_list() -> None:
    known = account(agreement_data(line_data("PC")))
    counts = counter(known, device("a"))
    counts.count(policy().count_rule("pcs"), None)
    demand = MustBePriced(
        feed="devices",
        moment="inventory",
        attribute="kind",
        priced_by=("servers",),
        clause="inventory",
    )
    assert [row.name for row in counts.items_left_over(demand)] == ["a"]


def test_many_items_of_an_unknown_site_are_one_problem() -> None:
    known = account(agreement_data(EACH), sites=["dock"])
    made = building(known, *(device(f"d{number:02}", site="Mole") for number in range(25)))
    list(billable_lines(made, known.agreements[0]))
    (problem,) = made.problems
    assert "and 15 more" in problem.what
