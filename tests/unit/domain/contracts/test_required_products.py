"""Licenses of the account's own environment, and the one that every account has (COL-22)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.invoices import LineKind
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import account, agreement_data, line_data, policy
from tests.unit.domain.contracts.order_samples import (
    BOOK,
    FEBRUARY,
    JANUARY,
    MARCH,
    bill,
    item_data,
    order_data,
    order_policy_data,
)

REQUIRED = [{"product": "STREAMLINE", "minimum": 1, "clause": "own-licenses"}]
OFFICE = {"subscriber": "office", "name": "Own office", "internal": True}
MAPLE = {"subscriber": "maple", "name": "Maple"}
GLUE = line_data("GLUE", subscriber="office", quantity=3)
STREAMLINE = line_data("STREAMLINE", subscriber="office", quantity=1)


def billed(
    period: Period,
    *lines: Any,
    minimum: int = 1,
    issued_late_on: date | None = None,
    **changes: Any,
) -> AccountOutcome:
    required = [{**REQUIRED[0], "minimum": minimum}]
    of = account(agreement_data(*lines), **({"subscribers": [MAPLE, OFFICE]} | changes))
    requiring = policy(**order_policy_data(required_products=required))
    return bill(of, period, in_policy=requiring, issued_late_on=issued_late_on)


def sums(outcome: AccountOutcome) -> list[tuple[str, str | None, int, str]]:
    assert not outcome.parked, outcome.problems
    return [
        (line.product, line.subscriber, int(line.quantity), str(line.amount.amount))
        for invoice in outcome.invoices
        for line in invoice.lines
    ]


@pytest.mark.rule("COL-22")
def test_streamlineit_is_47_25_and_it_glue_30_00_per_license_in_the_own_section() -> None:
    two = line_data("STREAMLINE", subscriber="office", quantity=2)
    outcome = billed(JANUARY, two, GLUE)
    assert sums(outcome) == [
        ("STREAMLINE", "office", 2, "94.50"),  # 2 x 47.25
        ("GLUE", "office", 3, "90.00"),  # 3 x 30.00
    ]
    (invoice,) = outcome.invoices
    assert [(entry.subscriber, entry.internal) for entry in invoice.sections] == [("office", True)]
    assert outcome.findings == ()


@pytest.mark.rule("COL-22")
@pytest.mark.parametrize("provisioned_on", ["2026-02-01", "2026-02-14", "2026-02-28"])
def test_a_license_is_billed_in_full_in_the_month_in_which_it_is_provisioned(
    provisioned_on: str,
) -> None:
    first = line_data("STREAMLINE", subscriber="office", quantity=1, starts_on=provisioned_on)
    assert [sums(billed(period, first)) for period in (JANUARY, FEBRUARY, MARCH)] == [
        [],  # still to be provisioned: nothing lacks yet
        [("STREAMLINE", "office", 1, "47.25")],
        [("STREAMLINE", "office", 1, "47.25")],
    ]
    assert billed(JANUARY, first).findings == ()


@pytest.mark.rule("COL-22")
def test_an_account_without_streamlineit_is_billed_for_one_and_reported_by_name() -> None:
    outcome = billed(JANUARY, GLUE)
    assert sums(outcome) == [
        ("STREAMLINE", "office", 1, "47.25"),
        ("GLUE", "office", 3, "90.00"),
    ]
    (invoice,) = outcome.invoices
    line = invoice.lines[0]
    assert (line.kind, line.reason.clause) == (LineKind.RECURRING, "own-licenses")
    assert line.reason.quantity_from == "at least 1 for every account, 0 in the agreements"
    (finding,) = outcome.findings
    assert finding.code == "required-product-missing"
    assert finding.what.startswith("Tern Harbor has 0 Streamline in its agreements")


@pytest.mark.rule("COL-22")
def test_an_account_whose_last_license_ended_is_billed_for_one_again() -> None:
    ended = line_data("STREAMLINE", subscriber="office", quantity=1, ends_on="2026-01-31")
    assert [len(billed(period, ended, GLUE).findings) for period in (JANUARY, FEBRUARY)] == [0, 1]
    assert ("STREAMLINE", "office", 1, "47.25") in sums(billed(FEBRUARY, ended, GLUE))


@pytest.mark.rule("COL-22")
@pytest.mark.parametrize(("minimum", "lacking"), [(1, 0), (2, 1), (4, 3)])
def test_only_what_is_lacking_to_the_least_number_is_added(minimum: int, lacking: int) -> None:
    outcome = billed(JANUARY, STREAMLINE, minimum=minimum)
    quantities = [quantity for *_, quantity, _ in sums(outcome)]
    assert quantities == [1, lacking][: 1 + bool(lacking)]
    assert len(outcome.findings) == bool(lacking)


def test_without_an_own_environment_the_license_is_the_accounts() -> None:
    users = line_data("GLUE", subscriber="maple", quantity=1)
    outcome = billed(JANUARY, users, subscribers=[MAPLE])
    assert ("STREAMLINE", None, 1, "47.25") in sums(outcome)


def test_an_account_that_is_not_active_lacks_nothing() -> None:
    of = account(agreement_data(GLUE, starts_on="2026-02-01"), subscribers=[OFFICE])
    requiring = policy(**order_policy_data(required_products=REQUIRED))
    outcome = bill(of, JANUARY, in_policy=requiring)
    assert (outcome.agreements, outcome.invoices, outcome.findings) == ((), (), ())


def test_a_license_that_is_ordered_lacks_nothing_until_its_first_invoice() -> None:
    order = order_data(
        item_data("license", line="streamline"), ordered_on="2026-02-03", subscriber="office"
    )
    found = [billed(period, STREAMLINE, GLUE, orders=[order]) for period in (JANUARY, FEBRUARY)]
    assert [sums(outcome)[0][0] for outcome in found] == ["GLUE", "STREAMLINE"]
    assert [outcome.findings for outcome in found] == [(), ()]


def test_a_license_that_is_ordered_lacks_nothing_where_the_invoice_is_issued_late() -> None:
    """Ordered on 3 February: January's invoice of 10 February has none, though dated 5 March."""
    order = order_data(
        item_data("license", line="streamline"), ordered_on="2026-02-03", subscriber="office"
    )
    outcome = billed(JANUARY, STREAMLINE, GLUE, orders=[order], issued_late_on=date(2026, 3, 5))
    assert [product for product, *_ in sums(outcome)] == ["GLUE"]
    assert outcome.findings == ()


def test_a_required_product_that_the_book_lacks_parks_the_account() -> None:
    lacking = BOOK.model_copy(
        update={"products": tuple(e for e in BOOK.products if e.code != "STREAMLINE")}
    )
    of = account(agreement_data(GLUE), subscribers=[OFFICE])
    requiring = policy(**order_policy_data(required_products=REQUIRED))
    (problem,) = bill(of, JANUARY, in_policy=requiring, book=lacking).problems
    assert problem.code == "unknown-product"
    assert "Every account has 'STREAMLINE'" in problem.what
