"""Work in the sample books, worked out by hand from the entries in tools/sample_data/*_work.py.

The KR Group: an engineer 140.00 an hour, 125.00 for setting up a user, a senior 175.00; after hours
one and a half times as much. Collabrance: Service Activation 150.00 and 225.00, Service Desk 85.00
and 127.50. Time is rounded up to quarters of an hour, per entry.
"""

from __future__ import annotations

import pytest

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import MONTHS, billed, plan_of, sample_book
from tools.sample_data import collabrance_work, kr_group_work

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = MONTHS
Worked = list[tuple[str, str, str, str]]


def work(invoice: Invoice) -> Worked:
    """Entry, product, hours and amount of every line of work, in order."""
    return [
        (detail.entry, line.product, str(line.quantity), str(line.amount.amount))
        for line, detail in invoice.time_details
    ]


def worked(provider: str, run: str, period: Period) -> dict[str, Worked]:
    """By account, what its invoice has of work."""
    outcomes = billed(provider, run, period)
    found = {
        account: [entry for invoice in outcome.invoices for entry in work(invoice)]
        for account, outcome in outcomes.items()
    }
    return {account: lines for account, lines in found.items() if lines}


def only(provider: str, run: str, period: Period, account: str) -> Invoice:
    (invoice,) = billed(provider, run, period)[account].invoices
    return invoice


@pytest.mark.rule("KR-05", "KR-12")
def test_a_service_invoice_has_what_the_contract_does_not_cover_and_nothing_else() -> None:
    assert worked("kr-group", "service", SEPTEMBER) == {
        "lakeshore-orthopedics": [
            ("KRT-4101", "SVC-USER", "1.50", "187.50"),  # 80 minutes: 1.50 x 125.00
            ("KRT-4104", "SVC-AFTER", "0.75", "157.50"),  # Labor Day: 0.75 x 210.00
            ("KRT-4103", "SVC-AFTER", "1.25", "262.50"),  # 17:00 to 18:10: 1.25 x 210.00
        ]
    }
    invoice = only("kr-group", "service", SEPTEMBER, "lakeshore-orthopedics")
    assert str(invoice.total.amount) == "607.50"
    assert (invoice.label, invoice.informational) == ("Service", False)
    assert [str(day) for day in (invoice.invoice_on, invoice.due_on)] == [
        "2026-10-13",  # the 12th is Columbus Day
        "2026-11-12",
    ]
    line, detail = invoice.time_details[0]
    assert line.description == "User set-up, New user for the billing office"
    assert detail.note.startswith("Account, mailbox and profile made;")
    assert (detail.engineer, detail.ticket) == ("Field Engineer 03", "KR-70112")


@pytest.mark.rule("KR-12", "MSA-02")
def test_a_project_across_five_o_clock_is_billed_at_two_rates() -> None:
    october = worked("kr-group", "service", OCTOBER)
    assert october["grand-river-brewing"] == [
        ("KRT-4201", "SVC-WORK", "4.00", "700.00"),  # 13:00 to 17:00: 4.00 x 175.00
        ("KRT-4201", "SVC-AFTER", "2.00", "525.00"),  # 17:00 to 19:00: 2.00 x 262.50
    ]


@pytest.mark.rule("KR-12")
def test_the_long_night_and_late_entries_are_billed_in_november() -> None:
    assert worked("kr-group", "service", NOVEMBER) == {
        "iron-range-machining": [("KRT-4203", "SVC-USER", "1.00", "125.00")],  # mended
        "lakeshore-orthopedics": [
            ("KRT-4302", "SVC-USER", "1.00", "125.00"),  # of 30 October, entered on 4 November
            ("KRT-4202", "SVC-AFTER", "9.00", "1890.00"),  # 22:00 to 06:00, 9.00 x 210.00
        ],
    }


def test_an_entry_that_ends_before_it_starts_parks_its_account_until_it_is_mended() -> None:
    outcomes = billed("kr-group", "service", OCTOBER)
    parked = {account for account, outcome in outcomes.items() if outcome.parked}
    assert parked == {"iron-range-machining"}
    (problem,) = outcomes["iron-range-machining"].problems
    assert problem.code == "time-entry-order"
    assert "KRT-4203" in problem.what


@pytest.mark.rule("KR-05")
def test_most_accounts_get_no_service_invoice() -> None:
    assert set(worked("kr-group", "service", DECEMBER)) == {"lakeshore-orthopedics"}
    outcomes = billed("kr-group", "service", DECEMBER)
    assert sum(len(outcome.invoices) for outcome in outcomes.values()) == 1


SHOWN = {
    SEPTEMBER: {
        "mill-town-technology": [
            ("TE-2001", "HAP5002", "3.50", "525.00"),  # 3.50 x 150.00
            ("TE-2002", "MSC9201", "1.00", "127.50"),  # 19:00 to 19:50: 1.00 x 127.50
        ],
        "cornerstone-networks": [("TE-2004", "MSC9201", "1.00", "127.50")],  # Labor Day
    },
    OCTOBER: {
        "mill-town-technology": [
            ("TE-2003", "HAP5002", "2.25", "337.50"),  # approved on 18 September
            ("TE-2101", "HAP5002", "3.00", "450.00"),  # until 19:00: 3.00 x 150.00
            ("TE-2101", "HAP5002", "1.00", "225.00"),  # until 20:00: 1.00 x 225.00
        ],
        "cornerstone-networks": [("TE-2102", "MSC9201", "0.50", "63.75")],  # 20 minutes
    },
    NOVEMBER: {
        "loess-hills-it": [
            ("TE-2201", "HAP5002", "2.00", "300.00"),
            ("TE-2202", "MSC9201", "1.00", "127.50"),  # Veterans Day
        ]
    },
    DECEMBER: {"loess-hills-it": [("TE-2203", "HAP5002", "1.00", "150.00")]},  # of 16 November
}


@pytest.mark.rule("COL-24", "COL-25", "COL-26")
@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_work_is_shown_in_mid_month_and_billed_by_the_next_regular_invoice(period: Period) -> None:
    def in_order(found: dict[str, Worked]) -> dict[str, Worked]:
        return {account: sorted(lines) for account, lines in found.items()}

    expected = in_order(SHOWN[period])
    assert in_order(worked("collabrance", "project-work", period)) == expected
    assert in_order(worked("collabrance", "monthly", period)) == expected


@pytest.mark.rule("COL-24")
def test_a_project_work_document_is_not_payable_and_claims_nothing() -> None:
    document = only("collabrance", "project-work", SEPTEMBER, "mill-town-technology")
    assert (document.informational, document.due_on) == (True, None)
    assert str(document.total.amount) == "652.50"  # 525.00 + 127.50
    assert str(document.invoice_on) == "2026-09-16"
    assert billed("collabrance", "project-work", SEPTEMBER)["mill-town-technology"].charges == set()
    regular = billed("collabrance", "monthly", SEPTEMBER)["mill-town-technology"]
    assert regular.charges == {"time:TE-2001", "time:TE-2002"}
    (invoice,) = regular.invoices
    assert str(invoice.invoice_on) == "2026-10-13"  # 10 October is a Saturday, the 12th a holiday
    assert {line.subscriber for line, _ in invoice.time_details} == {
        "millbrook-transit",
        "northfield-home-care",
    }


@pytest.mark.rule("COL-25")
def test_work_over_the_limit_is_held_by_name_until_it_is_approved() -> None:
    for run in ("project-work", "monthly"):
        (finding,) = [
            entry
            for entry in billed("collabrance", run, SEPTEMBER)["mill-town-technology"].findings
            if entry.code == "held-for-approval"
        ]
        assert finding.subscriber == "millbrook-transit"
        assert [(item.item_id, item.where) for item in finding.items] == [("TE-2003", "SR-88140")]


@pytest.mark.rule("COL-24")
@pytest.mark.parametrize("month", range(1, 13))
def test_the_calendar_of_project_work_lies_in_mid_month(month: int) -> None:
    plan = plan_of("collabrance", "project-work", Period(year=2026, month=month))
    assert plan.due_on is None
    assert 16 <= plan.invoice_on.day <= 19
    assert plan.invoice_on.weekday() < 5


@pytest.mark.parametrize("provider", ["kr-group", "collabrance"])
def test_every_company_and_site_in_the_time_entries_is_known(provider: str) -> None:
    worklog = {"kr-group": kr_group_work.WORK, "collabrance": collabrance_work.WORK}[provider]
    accounts = sample_book(provider).accounts
    names = {
        feed_key(name): entry
        for entry in accounts
        for name in (entry.account, entry.name, *entry.known_as)
    }
    for one in worklog:
        account = names[feed_key(one.company)]
        assert not one.site or account.find_subscriber(one.site) is not None
