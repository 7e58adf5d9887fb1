"""Work on invoices: Collabrance's way, with an informational run in mid-month, worked by hand.

Engineers are 150.00 an hour, 225.00 after hours; business hours are 7:00 to 19:00 Central. The
project-work documents of February show work up to 15 February; the regular invoice of February,
dated 10 March, is the next one and bills it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import plan_cycle
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.findings import Finding
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import Problem
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    TERM_DISCOUNTS,
    account,
    agreement_data,
    context,
    feed_data,
    line_data,
    only_invoice,
    policy,
    policy_data,
    price_book,
    price_book_data,
    product_data,
    reading,
    run_data,
    usd,
)
from tests.unit.domain.work.work_samples import CALENDAR, card_data, entry_row, rules_data

Data = dict[str, Any]

TIME_FEED = feed_data(
    feed="time-entries",
    title="Time entries",
    columns={
        "item_id": "Entry",
        "name": "Summary",
        "account": "Customer",
        "subscriber": "Site",
        "attributes": {
            name: name.title()
            for name in (
                "engineer",
                "role",
                "work",
                "starts",
                "ends",
                "billing",
                "note",
                "ticket",
                "approved-by",
                "approved-on",
            )
        },
    },
)
CLAUSES = [
    *policy_data()["clauses"],
    {"clause": "work-outside", "title": "Outside", "text": "Work outside the contract is billed."},
    {"clause": "after-hours", "title": "After hours", "text": "After hours is billed apart."},
    {"clause": "approval", "title": "Approval", "text": "Billable work needs an approver."},
]
UNTIL_THE_15TH = {"rules": "outside-contract", "moment": "work", "until": {"day": 15}}
MONTHLY = run_data(
    opens={"day": 23, "at": "06:00"},
    moments=[{"moment": "work", "at": {"day": 23, "at": "18:00"}}],
    categories=["support", "flat", "backup", "one-time", "work"],
    compare={"month": 1, "business_day": 1, "at": "09:00"},
    issue={"month": 1, "day": 10, "at": "08:00"},
    due={"month": 2, "day": 5},
    work=UNTIL_THE_15TH,
)
PROJECT_WORK = {
    key: value
    for key, value in run_data(
        run="project-work",
        title="Project work",
        label="Project work",
        opens={"day": 15, "at": "06:00"},
        moments=[{"moment": "work", "at": {"day": 15, "at": "23:59"}, "wait_hours": 6}],
        compare={"day": 16, "at": "09:00"},
        issue={"day": 16, "at": "10:00"},
        informational=True,
        number_prefix="PW-",
        work=UNTIL_THE_15TH,
    ).items()
    if key not in {"due", "categories"}
}


def work_policy(**changes: Any) -> ProviderPolicy:
    data: Data = {
        "clauses": CLAUSES,
        "feeds": [TIME_FEED],
        "count_rules": [],
        "rate_cards": [card_data()],
        "work_rules": [central_rules()],
        "runs": [MONTHLY, PROJECT_WORK],
        "term_discounts": TERM_DISCOUNTS,
    }
    return policy(**data | changes)


def central_rules(**changes: Any) -> Data:
    hours = rules_data()["business_hours"][0] | {"opens": "07:00", "closes": "19:00"}
    return rules_data(business_hours=[hours], approval={"clause": "approval"}, **changes)


BOOK = price_book(
    categories=[*price_book_data()["categories"], {"category": "work", "title": "Work"}],
    products=[
        product_data("SITE", "flat", {"flat": "250"}),
        product_data("T1", "work", None, name="Engineer", unit="hour"),
        product_data("T2", "work", None, name="After-hours support", unit="hour"),
        product_data("T3", "work", None, name="Project work", unit="hour"),
    ],
)
FLAT = agreement_data(line_data("SITE"))
APPROVED = {"approved_by": "Ana Cole", "approved_on": "2026-02-12"}


def here(period: Period, run: str, in_policy: ProviderPolicy | None = None) -> BuildContext:
    return context(period, in_policy or work_policy(), BOOK, run, CALENDAR)


def bill(
    period: Period,
    run: str,
    *rows: FeedRow,
    of: Account | None = None,
    claims: dict[str, str] | None = None,
    in_policy: ProviderPolicy | None = None,
    problems: tuple[Problem, ...] = (),
) -> AccountOutcome:
    where = here(period, run, in_policy)
    plan = plan_cycle(where.policy, where.run, period, CALENDAR)
    taken = reading(
        plan.moments[0].moment_at, rows, feed="time-entries", moment="work", problems=problems
    )
    snapshot = AccountSnapshot(account=of or account(FLAT), readings=(taken,), claims=claims or {})
    return build_account(where, snapshot, NO_PREVIOUS_COUNTS)


def work_of(invoice: Invoice) -> list[tuple[str, str, str, str | None]]:
    return [
        (line.product, str(line.quantity), str(line.amount.amount), line.charge)
        for line in invoice.lines
        if line.kind is LineKind.TIME
    ]


def held(outcome: AccountOutcome) -> list[str]:
    return [
        item.item_id
        for finding in outcome.findings
        if finding.code == "held-for-approval"
        for item in finding.items
    ]


SERVER_BUILD = entry_row(
    "T-1",
    "2026-02-10 09:00",
    "2026-02-10 12:00",
    work="Project",
    ticket="PRJ-7",
    note="Built the server.",
    **APPROVED,
)
NIGHT_CALL = entry_row("T-2", "2026-02-11 18:30", "2026-02-11 20:00", billing="Covered", **APPROVED)


@pytest.mark.rule("COL-24", "COL-26")
def test_project_work_is_shown_in_mid_month_and_billed_on_the_next_regular_invoice_once() -> None:
    work = (SERVER_BUILD, NIGHT_CALL)
    # 3.00 x 180.00 = 540.00 for the project; of the covered call 19:00 to 20:00 is after hours:
    # 1.00 x 225.00. Together 765.00.
    shown = only_invoice(bill(FEBRUARY, "project-work", *work))
    assert work_of(shown) == [("T2", "1.00", "225.00", None), ("T3", "3.00", "540.00", None)]
    assert (shown.total, shown.informational, shown.due_on) == (usd("765.00"), True, None)
    assert shown.invoice_on == date(2026, 2, 16)
    assert [line.product for line in shown.lines] == ["T2", "T3"]  # nothing but work

    regular = bill(FEBRUARY, "monthly", *work)
    invoice = only_invoice(regular)
    assert (invoice.invoice_on, invoice.due_on) == (date(2026, 3, 10), date(2026, 4, 5))
    assert work_of(invoice) == [
        ("T2", "1.00", "225.00", "time:T-2"),
        ("T3", "3.00", "540.00", "time:T-1"),
    ]
    assert invoice.total == usd("1015.00")  # with the flat fee of 250.00
    assert regular.charges == {"time:T-1", "time:T-2"}

    # From then on they are billed, and neither shown nor billed again.
    claims = dict.fromkeys(regular.charges, "monthly/2026-02")
    assert work_of(only_invoice(bill(MARCH, "monthly", *work, claims=claims))) == []
    assert bill(MARCH, "project-work", *work, claims=claims).invoices == ()
    # The cycle that billed them finds them again when it is built again.
    again = only_invoice(bill(FEBRUARY, "monthly", *work, claims=claims))
    assert again == invoice


@pytest.mark.rule("COL-24")
def test_what_is_on_a_regular_invoice_was_shown_before() -> None:
    on_the_15th = entry_row("T-1", "2026-02-15 10:00", "2026-02-15 11:00", **APPROVED)
    on_the_16th = entry_row("T-2", "2026-02-16 10:00", "2026-02-16 11:00", **APPROVED)
    approved_late = entry_row(
        "T-3", "2026-02-09 10:00", "2026-02-09 11:00", approved_by="Ana", approved_on="2026-02-20"
    )
    rows = (on_the_15th, on_the_16th, approved_late)
    for run in ("project-work", "monthly"):
        february = only_invoice(bill(FEBRUARY, run, *rows))
        assert [work.entry for _, work in february.time_details] == ["T-1"]
        march = only_invoice(bill(MARCH, run, *rows, claims={"time:T-1": "monthly/2026-02"}))
        shown = [work.entry for _, work in march.time_details]
        assert shown == ["T-3", "T-2"]  # in the order of the work


@pytest.mark.rule("KR-05")
def test_a_line_shows_work_hours_rate_total_and_the_engineers_time() -> None:
    invoice = only_invoice(bill(FEBRUARY, "monthly", SERVER_BUILD))
    ((line, work),) = invoice.time_details
    assert line.description == "Project work, Ticket of T-1"
    assert (str(line.quantity), line.unit, str(line.unit_price)) == ("3.00", "hour", "180.00 USD")
    assert line.amount == usd("540.00")
    assert line.reason.arithmetic == "3.00 x 180.00 = 540.00"
    assert line.reason.price_from == "rate card standard: Engineer, Project"
    assert line.reason.quantity_from == (
        "time entry T-1 of Rosa Marin: 180 minutes charged as 3.00 hours (rounded up to 15 minutes)"
    )
    assert line.reason.clause == "work-outside"
    assert line.service_period.starts_on == line.service_period.ends_on == date(2026, 2, 10)
    assert (work.engineer, work.role, work.ticket) == ("Rosa Marin", "Engineer", "PRJ-7")
    assert work.note == "Built the server."
    assert work.approval == "approved by Ana Cole on 2026-02-12"
    (span,) = work.spans
    assert (span.starts_at.isoformat(), span.minutes) == ("2026-02-10T15:00:00+00:00", 180)


@pytest.mark.rule("KR-12", "COL-26")
def test_an_entry_with_two_rates_is_two_lines_of_one_charge() -> None:
    crossing = entry_row("T-9", "2026-02-10 18:00", "2026-02-10 19:30", **APPROVED)
    outcome = bill(FEBRUARY, "monthly", crossing)
    lines = only_invoice(outcome).lines
    assert work_of(only_invoice(outcome)) == [
        ("T1", "1.00", "150.00", "time:T-9"),
        ("T2", "0.50", "112.50", "time:T-9"),
    ]
    assert outcome.charges == {"time:T-9"}
    texts = [line.reason.quantity_from for line in lines if line.work]
    assert [text[-18:] for text in texts] == ["of which 1.00 here", "of which 0.50 here"]
    after = next(line for line in lines if line.product == "T2")
    assert after.description == "After-hours support, Ticket of T-9"
    assert after.reason.price_from.endswith("Engineer, after hours (150 x 1.5)")


@pytest.mark.rule("KR-12")
@pytest.mark.parametrize(
    ("agreement", "billed"),
    [
        ({}, ["225.00"]),
        ({"coverage": "remote"}, ["225.00"]),
        ({"coverage": "traditional"}, []),  # by the coverage
        ({"coverage": "traditional", "after_hours_support": False}, ["225.00"]),  # agreed otherwise
        ({"after_hours_support": True}, []),
        ({"after_hours_support": True, "ends_on": "2026-02-10"}, ["225.00"]),  # a day too early
        ({"after_hours_support": True, "ends_on": "2026-02-11"}, []),
        ({"after_hours_support": True, "starts_on": "2026-02-12"}, ["225.00"]),
    ],
)
def test_after_hours_is_charged_unless_a_contract_of_the_day_includes_it(
    agreement: Data, billed: list[str]
) -> None:
    covering = work_policy(work_rules=[central_rules(after_hours_included_with=["traditional"])])
    of = account(agreement_data(line_data("SITE"), **agreement))
    invoice = only_invoice(bill(FEBRUARY, "monthly", NIGHT_CALL, of=of, in_policy=covering))
    assert [amount for _, _, amount, _ in work_of(invoice)] == billed
    clauses = {line.reason.clause for line in invoice.lines if line.work}
    assert clauses == ({"after-hours"} if billed else set())


@pytest.mark.rule("COL-25")
def test_unapproved_work_is_held_back_listed_and_billed_when_approved() -> None:
    work = ("T-5", "2026-02-10 13:00", "2026-02-10 15:00")
    waiting = entry_row(*work, ticket="SR-3")
    outcome = bill(FEBRUARY, "monthly", waiting, SERVER_BUILD)
    assert work_of(only_invoice(outcome)) == [("T3", "3.00", "540.00", "time:T-1")]
    assert outcome.findings == (
        Finding.model_validate(
            {
                "code": "held-for-approval",
                "clause": "approval",
                "title": "Work held for approval",
                "what": "1 time entry of 300.00 USD will be billed when approved.",
                "items": [
                    {
                        "item_id": "T-5",
                        "name": "Ticket of T-5: 2.00 hours of Rosa Marin, 300.00; "
                        "nobody has approved it",
                        "where": "SR-3",
                        "since_on": "2026-02-10",
                    }
                ],
            }
        ),
    )
    approved = entry_row(*work, ticket="SR-3", approved_by="Ana Cole", approved_on="2026-03-02")
    claims = {"time:T-1": "monthly/2026-02"}
    march = bill(MARCH, "monthly", approved, SERVER_BUILD, claims=claims)
    assert work_of(only_invoice(march)) == [("T1", "2.00", "300.00", "time:T-5")]
    assert held(march) == []


@pytest.mark.rule("COL-25")
def test_an_account_with_nothing_but_held_work_has_no_invoice_and_its_finding() -> None:
    waiting = entry_row("T-5", "2026-02-10 09:00", "2026-02-10 11:00")
    outcome = bill(FEBRUARY, "project-work", waiting)
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.NOTHING_TO_BILL]
    assert held(outcome) == ["T-5"]


@pytest.mark.rule("COL-25")
def test_the_accounts_auto_approve_limit_lets_small_work_go() -> None:
    of = account(FLAT, work={"auto_approve": {"hours": "1", "per": "ticket"}})
    small = entry_row("T-6", "2026-02-10 09:00", "2026-02-10 10:00", ticket="SR-4")
    large = entry_row("T-7", "2026-02-10 13:00", "2026-02-10 14:15", ticket="SR-5")
    outcome = bill(FEBRUARY, "monthly", small, large, of=of)
    assert work_of(only_invoice(outcome)) == [("T1", "1.00", "150.00", "time:T-6")]
    assert held(outcome) == ["T-7"]


def test_work_of_a_customer_is_in_the_customers_section() -> None:
    of = account(FLAT, sites=["north", "south"])
    rows = [
        entry_row("T-1", "2026-02-10 09:00", "2026-02-10 10:00", site=" South", **APPROVED),
        entry_row("T-2", "2026-02-10 10:00", "2026-02-10 11:00", **APPROVED),
    ]
    invoice = only_invoice(bill(FEBRUARY, "monthly", *rows, of=of))
    sections = {line.work.entry: line.subscriber for line in invoice.lines if line.work}
    assert sections == {"T-1": "south", "T-2": None}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (entry_row("T-1", "2026-02-10 09:00", "2026-02-10 08:00"), "time-entry-order"),
        (entry_row("T-1", "2026-02-10 09:00", "2026-02-11 09:01"), "time-entry-too-long"),
        (entry_row("T-1", "2026-02-10 09:00", ""), "time-entry-incomplete"),
        (
            entry_row("T-1", "2026-02-10 09:00", "2026-02-10 10:00", role="Smith", **APPROVED),
            "no-rate",
        ),
        (
            entry_row("T-1", "2026-02-10 09:00", "2026-02-10 10:00", site="East", **APPROVED),
            "unknown-subscriber",
        ),
    ],
)
@pytest.mark.rule("MSA-02")
def test_work_that_cannot_be_billed_parks_the_account_by_name(row: FeedRow, code: str) -> None:
    outcome = bill(FEBRUARY, "monthly", row, of=account(FLAT, sites=["north"]))
    assert outcome.parked
    assert [problem.code for problem in outcome.problems] == [code]
    assert outcome.problems[0].where in {"tern-harbor", "acme"}
    assert "T-1" in outcome.problems[0].what


def test_a_rate_without_its_product_parks_the_account() -> None:
    card = card_data(rates=[{"role": "Engineer", "product": "T9", "per_hour": "150"}])
    outcome = bill(FEBRUARY, "monthly", SERVER_BUILD, in_policy=work_policy(rate_cards=[card]))
    assert [problem.code for problem in outcome.problems] == ["unknown-product"]


def test_an_export_that_is_missing_or_unreadable_parks_and_bills_nothing() -> None:
    broken = Problem(code="feed-cells", what="The row is cut.", fix="Export again.", file="t.csv")
    outcome = bill(FEBRUARY, "monthly", problems=(broken,))
    assert outcome.problems == (broken,)
    bare = AccountSnapshot(account=account(FLAT), readings=())
    missing = build_account(here(FEBRUARY, "monthly"), bare, NO_PREVIOUS_COUNTS)
    assert [problem.code for problem in missing.problems] == ["reading-missing"]


@pytest.mark.rule("KR-09")
def test_work_has_no_term_discount() -> None:
    of = account(agreement_data(line_data("SITE"), term_years=5))
    discounting = work_policy(
        term_discounts=[
            {"years": 5, "percent": "15", "categories": ["flat", "work"], "clause": "term"}
        ]
    )
    invoice = only_invoice(bill(FEBRUARY, "monthly", SERVER_BUILD, of=of, in_policy=discounting))
    # 15% of 250.00 is 37.50; the 540.00 of work are left alone.
    assert [str(line.amount.amount) for line in invoice.lines] == ["250.00", "540.00", "-37.50"]
    shown = only_invoice(bill(FEBRUARY, "project-work", SERVER_BUILD, of=of, in_policy=discounting))
    assert shown.total == usd("540.00")


@pytest.mark.rule("MSA-05")
def test_work_after_the_end_of_the_contract_is_billed_on_a_closing_invoice() -> None:
    ended = account(agreement_data(line_data("SITE"), ends_on="2026-01-31"))
    invoice = only_invoice(bill(FEBRUARY, "monthly", SERVER_BUILD, of=ended))
    assert work_of(invoice) == [("T3", "3.00", "540.00", "time:T-1")]
    assert invoice.total == usd("540.00")


@pytest.mark.rule("MSA-05", "MSA-02")
def test_work_after_the_end_of_the_contract_that_has_no_rate_is_told() -> None:
    first = agreement_data(line_data("SITE"), agreement="first", ends_on="2025-12-31")
    ended = account(first, agreement_data(line_data("SITE"), ends_on="2026-01-31"))
    row = entry_row("T-1", "2026-02-10 09:00", "2026-02-10 10:00", role="Smith", **APPROVED)
    outcome = bill(FEBRUARY, "monthly", row, of=ended)
    assert [problem.code for problem in outcome.problems] == ["no-rate"]
    assert [(entry.agreement, entry.kind) for entry in outcome.agreements] == [
        ("main", OutcomeKind.PARKED)
    ]
    nothing = bill(FEBRUARY, "monthly", of=ended)
    assert (nothing.agreements, nothing.problems) == ((), ())


@pytest.mark.rule("MSA-05")
@pytest.mark.parametrize(("scope", "told"), [("account", []), ("provider", ["feed-missing"])])
def test_an_account_that_has_left_has_no_export_of_its_own(scope: str, told: list[str]) -> None:
    """The export of all accounts may have late work of it; its own is made no more."""
    columns = {key: name for key, name in TIME_FEED["columns"].items() if key != "account"}
    feed = TIME_FEED if scope == "provider" else TIME_FEED | {"scope": scope, "columns": columns}
    where = here(FEBRUARY, "monthly", work_policy(feeds=[feed]))
    missing = Problem(code="feed-missing", what="There is none.", fix="Put one there.")
    taken = reading(
        plan_cycle(where.policy, where.run, FEBRUARY, CALENDAR).moments[0].moment_at,
        [],
        feed="time-entries",
        moment="work",
        problems=(missing,),
    ).model_copy(update={"seal": None})

    def codes(**dates: str) -> list[str]:
        of = account(agreement_data(line_data("SITE"), **dates))
        sealed = AccountSnapshot(account=of, readings=(taken,))
        outcome = build_account(where, sealed, NO_PREVIOUS_COUNTS)
        return [problem.code for problem in outcome.problems]

    assert codes(ends_on="2026-01-31") == told
    assert codes() == ["feed-missing"]


# --- What a policy may not say -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate_cards": []}, "the unknown rate card 'standard'"),
        ({"rate_cards": [card_data(), card_data()]}, "the rate card 'standard' is listed twice"),
        ({"feeds": [feed_data()]}, "read the unknown feed 'time-entries'"),
        ({"work_rules": []}, "bills by the unknown work rules 'outside-contract'"),
        ({"invoice_number_prefix": "PW-"}, "cannot share the invoices' number prefix"),
        (
            {"runs": [MONTHLY, MONTHLY | {"run": "other", "categories": ["x"]}]},
            "billed by monthly and other",
        ),
        (
            {"work_rules": [central_rules(clause="nowhere")]},
            "the clause 'nowhere' is referred to but not listed",
        ),
        ({"runs": [PROJECT_WORK | {"due": {"day": 20}}]}, "leave 'due' out"),
        ({"runs": [PROJECT_WORK | {"number_prefix": None}]}, "give its 'number_prefix'"),
        ({"runs": [PROJECT_WORK | {"work": None}]}, "shows work: say which"),
        ({"runs": [PROJECT_WORK | {"categories": ["work"]}]}, "leave 'categories' out"),
        (
            {"runs": [MONTHLY | {"work": UNTIL_THE_15TH | {"moment": "noon"}}]},
            "no snapshot moment of the run",
        ),
    ],
)
def test_a_policy_whose_work_does_not_fit_together_is_refused(changes: Data, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        work_policy(**changes)


def test_a_feed_of_time_entries_needs_its_columns() -> None:
    columns = TIME_FEED["columns"] | {"attributes": {"engineer": "Engineer", "starts": "Start"}}
    missing = "no attribute role, work, ends, billing, approved-by, approved-on"
    with pytest.raises(ValidationError, match=missing):
        work_policy(feeds=[TIME_FEED | {"columns": columns}])


def test_an_invoice_is_either_due_or_for_information() -> None:
    invoice = only_invoice(bill(FEBRUARY, "monthly", SERVER_BUILD))
    for changes in ({"informational": True}, {"due_on": None}):
        with pytest.raises(ValidationError, match="has no due date, anything else has one"):
            Invoice.model_validate(invoice.model_dump() | changes)
