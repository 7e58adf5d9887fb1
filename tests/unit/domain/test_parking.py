"""What keeps an account from being billed: each reason by name, all of them at once."""

from __future__ import annotations

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from msp_billing.domain.problems import Problem
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    MARCH,
    MUST_BE_PRICED,
    account,
    agreement_data,
    build,
    context,
    device,
    line_data,
    only_invoice,
    policy,
    run_data,
    snapshot,
)

PRICED = context(MARCH, policy(runs=[run_data(must_be_priced=[MUST_BE_PRICED])]))
UNPRICED = agreement_data(line_data("OWN"))


def told(outcome: AccountOutcome) -> list[tuple[str, str]]:
    assert outcome.parked
    assert outcome.invoices == ()
    return [(problem.code, problem.what) for problem in outcome.problems]


@pytest.mark.rule("INT-02")
def test_a_quantity_without_a_price_parks_the_account_and_never_bills_zero() -> None:
    outcome = build(account(UNPRICED), [device("a"), device("b")])
    assert told(outcome) == [("no-price", "2 unit of OWN have no price on 2026-03-01.")]
    assert "Give line own of agreement main a price" in outcome.problems[0].fix
    assert outcome.problems[0].where == "tern-harbor"


@pytest.mark.rule("INT-02")
def test_without_a_quantity_no_price_is_needed() -> None:
    outcome = build(account(UNPRICED), [])
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.NOTHING_TO_BILL]


@pytest.mark.rule("INT-02")
def test_a_kind_of_device_without_a_price_parks_the_account_with_its_devices_by_name() -> None:
    known = account(agreement_data(line_data("PC")))
    rows = [device("a"), device("s2", "Server"), device("s1", "Server"), device("t", "Tablet")]
    assert told(build(known, rows, where=PRICED)) == [
        (
            "unpriced-items",
            "2 items of kind 'Server' without a price in the account's agreements: s1, s2.",
        ),
        (
            "unpriced-items",
            "1 item of kind 'Tablet' without a price in the account's agreements: t.",
        ),
    ]


@pytest.mark.rule("INT-02", "INT-06")
def test_what_is_free_in_the_month_of_onboarding_has_its_price() -> None:
    known = policy(
        runs=[run_data(must_be_priced=[MUST_BE_PRICED])],
        contract_terms=[
            {
                "terms": "first-month-free",
                "title": "First month free",
                "free_start": {"months": 1, "clause": "calendar"},
            }
        ],
    )
    where = context(MARCH, known)

    def onboarded(starts_on: str, **line: str) -> Account:
        agreement = agreement_data(
            line_data("PC", **line), starts_on=starts_on, terms="first-month-free"
        )
        return account(agreement, sites=["north", "south"])

    north, south = device("a", site="North"), device("b", site="South")
    # On the very 1st, the agent was installed before: it is there, and it is free.
    outcome = build(onboarded("2026-03-01"), [north, south], where=where)
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.NOTHING_TO_BILL]
    # A kind that no line counts has no price, this month or later.
    tablet = device("t", "Tablet", site="North")
    assert told(build(onboarded("2026-03-01"), [north, tablet], where=where)) == [
        (
            "unpriced-items",
            "1 item of kind 'Tablet' without a price in the account's agreements: t.",
        ),
    ]
    # Nor has a device of a section that the agreement does not reach.
    only_north = onboarded("2026-03-01", subscriber="north")
    (problem,) = build(only_north, [north, south], where=where).problems
    assert problem.what.endswith("agreements: b.")
    # The month after is billed.
    invoice = only_invoice(build(onboarded("2026-02-28"), [north, south], where=where))
    assert [line.quantity for line in invoice.lines] == [2]


@pytest.mark.rule("INT-02", "MSA-05")
def test_devices_that_outlast_the_agreement_do_not_hold_up_the_closing_invoice() -> None:
    visit = {
        "adjustment": "last-visit",
        "dated_on": "2026-02-20",
        "amount": "50.00",
        "category": "support",
        "description": "Last visit",
        "reason": "Ticket 1",
        "entered_by": "Clerk",
    }
    ended = agreement_data(line_data("PC"), ends_on="2026-02-28")
    # Switched off and not offboarded yet: the feed shows it, and nothing counts it any more.
    outcome = build(account(ended, adjustments=[visit]), [device("a")], where=PRICED)
    assert [str(line.amount) for line in only_invoice(outcome).lines] == ["50.00 USD"]
    # While another agreement runs, it is asked for.
    other = agreement_data(line_data("BACKUP", quantity=1), agreement="backup")
    still = account(ended, other, adjustments=[visit])
    assert "unpriced-items" in dict(told(build(still, [device("a")], where=PRICED)))


@pytest.mark.rule("MSA-05")
@pytest.mark.parametrize("device_left", [True, False])
def test_a_charge_after_the_end_that_has_no_price_is_told(device_left: bool) -> None:
    late = {
        "adjustment": "late",
        "dated_on": "2026-02-20",
        "product": "OWN",
        "quantity": 2,
        "description": "Two more",
        "reason": "Ticket 2",
        "entered_by": "Clerk",
    }
    first = agreement_data(line_data("PC"), agreement="first", ends_on="2025-12-31")
    ended = agreement_data(line_data("PC"), ends_on="2026-02-28")
    of = account(first, ended, adjustments=[late])
    outcome = build(of, [device("a")] if device_left else [], where=PRICED)
    assert [code for code, _ in told(outcome)] == ["adjustment-price"]
    assert [(entry.agreement, entry.kind) for entry in outcome.agreements] == [
        ("main", OutcomeKind.PARKED)
    ]
    # Without the charge there is nothing to mend, whatever the feed still shows.
    quiet = build(account(first, ended), [device("a")], where=PRICED)
    assert (quiet.agreements, quiet.problems) == ((), ())


@pytest.mark.rule("INT-02", "INT-04")
def test_a_device_that_is_not_there_yet_needs_no_price() -> None:
    known = account(agreement_data(line_data("PC")))
    rows = [device("a"), device("t", "Tablet", online="2026-03-01")]
    invoice = only_invoice(build(known, rows, where=PRICED))
    assert [line.quantity for line in invoice.lines] == [1]


@pytest.mark.parametrize(
    ("count", "ending"), [(10, "d09."), (11, "d09 and 1 more."), (13, "d09 and 3 more.")]
)
def test_ten_items_are_named_at_most(count: int, ending: str) -> None:
    rows = [device(f"d{index:02d}", "Tablet") for index in range(count)]
    ((_, what),) = told(build(account(), rows, where=PRICED))
    assert what.startswith(f"{count} items of kind 'Tablet'")
    assert what.endswith(ending)


def test_a_currency_without_prices_parks_the_account() -> None:
    outcome = build(account(currency="CAD"), [device("a")])
    assert told(outcome) == [("no-price", "1 PC of PC have no price in CAD on 2026-03-01.")]
    assert outcome.problems[0].fix == (
        "Give line pc of agreement main a price, or the product a list price in CAD."
    )


@pytest.mark.rule("INT-01")
def test_a_feed_with_a_problem_parks_the_account_even_if_some_rows_were_read() -> None:
    problem = Problem(code="feed-stale", what="The export is 40 hours old.", fix="Export again.")
    here = context(MARCH)
    known = snapshot(account(), here, [device("a")])
    readings = tuple(r.model_copy(update={"problems": (problem,)}) for r in known.readings)
    outcome = build_account(
        here, known.model_copy(update={"readings": readings}), NO_PREVIOUS_COUNTS
    )
    # Two lines count from the feed; its problem is told once.
    assert outcome.problems == (problem,)
    assert told(outcome) == [("feed-stale", "The export is 40 hours old.")]


def test_a_feed_that_was_not_read_parks_the_account() -> None:
    here = context(MARCH)
    outcome = build_account(
        here, AccountSnapshot(account=account(), readings=()), NO_PREVIOUS_COUNTS
    )
    assert [code for code, _ in told(outcome)] == ["reading-missing"]


def test_a_feed_that_no_line_needs_may_be_missing() -> None:
    here = context(MARCH)
    known = account(agreement_data(line_data("SITE")))
    outcome = build_account(here, AccountSnapshot(account=known, readings=()), NO_PREVIOUS_COUNTS)
    assert str(only_invoice(outcome).total) == "250.00 USD"


def test_every_reason_is_told_at_once() -> None:
    lines = [line_data("OWN", subscriber="each"), line_data("PC")]
    known = account(agreement_data(*lines), sites=["dock"], currency="CAD")
    rows = [device("a", site="Dock"), device("b", site="Mole"), device("t", "Tablet", site="Dock")]
    outcome = build(known, rows, where=PRICED)
    codes = [code for code, _ in told(outcome)]
    assert codes == ["unknown-subscriber", "no-price", "no-price", "unpriced-items"]
    assert outcome.agreements[0].reason == "4 problems to mend"


def test_an_account_is_parked_as_a_whole() -> None:
    sound = agreement_data(line_data("SITE"), agreement="sound")
    outcome = build(account(UNPRICED, sound), [device("a")])
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.PARKED] * 2
    assert outcome.invoices == ()


def support_only() -> BuildContext:
    """A run that bills support only, beside one for the rest."""
    runs = [
        run_data(categories=["support"]),
        run_data(run="rest", categories=["flat", "backup", "one-time"], moments=[]),
    ]
    return context(MARCH, policy(runs=runs), run="monthly")


def test_an_agreement_that_the_run_does_not_bill_is_not_held_up() -> None:
    beside = agreement_data(line_data("SITE"), agreement="beside")
    outcome = build(account(UNPRICED, beside), [device("a")], where=support_only())
    assert [(entry.agreement, entry.kind) for entry in outcome.agreements] == [
        ("main", OutcomeKind.PARKED),
        ("beside", OutcomeKind.NOTHING_TO_BILL),
    ]


@pytest.mark.parametrize(
    "done", [{"bill_once_in": "2026-02"}, {"ends_on": "2026-02-28"}, {"starts_on": "2026-04-01"}]
)
def test_an_agreement_that_bills_nothing_this_month_is_not_held_up(done: dict[str, str]) -> None:
    beside = agreement_data(line_data("SETUP", **done), agreement="beside")
    outcome = build(account(UNPRICED, beside), [device("a")])
    assert [(entry.agreement, entry.kind) for entry in outcome.agreements] == [
        ("main", OutcomeKind.PARKED),
        ("beside", OutcomeKind.NOTHING_TO_BILL),
    ]


@pytest.mark.parametrize("dates", [{"ends_on": "2026-02-28"}, {"starts_on": "2026-04-01"}])
def test_an_account_without_an_active_agreement_has_nothing_to_mend(dates: dict[str, str]) -> None:
    outcome = build(
        account(agreement_data(line_data("OWN"), **dates), currency="CAD"), [device("a")]
    )
    assert (outcome.agreements, outcome.problems, outcome.invoices) == ((), (), ())


@pytest.mark.parametrize(
    ("line", "code", "what"),
    [
        (
            line_data("TOASTER"),
            "unknown-product",
            "Line toaster of agreement main is for 'TOASTER', which the price book 2026-01 lacks.",
        ),
        (
            line_data("PC", count_rule="toasters"),
            "unknown-count-rule",
            "Line pc of agreement main is counted by 'toasters', which the policy 2026-01 lacks.",
        ),
    ],
)
def test_a_line_that_is_newer_than_the_pinned_versions_parks_its_account_by_name(
    line: dict[str, str], code: str, what: str
) -> None:
    """An agreement may be changed between the opening of a cycle and its snapshot."""
    beside = agreement_data(line_data("SITE"), agreement="beside")
    outcome = build(account(agreement_data(line), beside), [device("a")])
    assert told(outcome) == [(code, what)]


def test_a_line_of_an_unknown_product_that_is_not_provided_yet_parks_nobody() -> None:
    lines = [line_data("SITE"), line_data("TOASTER", starts_on="2026-04-01")]
    assert str(only_invoice(build(account(agreement_data(*lines)))).total) == "250.00 USD"
