"""Every line explains itself: rule, count, price, period."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.clauses import Clause
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.counting.previous_counts import PreviousCounts
from msp_billing.domain.explaining import Explanation, NoSuchLineError, SourceOfCount, explain_line
from msp_billing.domain.invoices import Invoice
from tests.unit.domain.builders import (
    FEBRUARY,
    account,
    agreement_data,
    build,
    device,
    line_data,
    only_invoice,
    policy,
)


def item(name: str, since: date | None = None) -> CountedItem:
    return CountedItem(item_id=f"id-{name}", name=name, since_on=since)


def invoice() -> Invoice:
    """Two PCs at the dock (b joined, z left) and a flat fee for the account."""
    known = account(
        agreement_data(line_data("PC", subscriber="dock"), line_data("SITE", note="2 halls")),
        sites=["dock"],
    )
    rows = [device("a", site="Dock"), device("b", site="Dock", online="2026-02-07")]
    before = PreviousCounts(period=FEBRUARY, items={"pcs:dock": (item("a"), item("z"))})
    return only_invoice(build(known, rows, previous=before))


def test_a_counted_line_is_explained_in_every_field() -> None:
    assert explain_line(invoice(), 2, policy()) == Explanation(
        invoice="draft lantern/monthly/2026-03/tern-harbor/all",
        line=2,
        description="Pc",
        section="Dock",
        amount="91.00 USD",
        arithmetic="2 x 45.50 = 91.00",
        quantity_from="counted: PCs",
        price_from="price book 2026-01, from 2026-01-01",
        service_period="2026-03-01 to 2026-03-31",
        agreement="main",
        clause=Clause(clause="inventory", title="Inventory", text="Counted on the first."),
        policy_version="2026-01",
        price_book_version="2026-01",
        source=SourceOfCount(
            file="feeds/devices/2026-03-01.csv",
            sha256="a" * 64,
            as_of="2026-03-01T04:00:00+00:00",  # two hours before midnight in Chicago
            age_hours=2,
            rows=2,
        ),
        items=(item("a"), item("b", date(2026, 2, 7))),
        joined=(item("b", date(2026, 2, 7)),),
        left=(item("z"),),
        compared_with="2026-02",
    )


def test_a_line_that_was_not_counted_has_no_source() -> None:
    shown = explain_line(invoice(), 1, policy())
    assert (shown.section, shown.description) == ("Tern Harbor", "Site, 2 halls")
    assert (shown.amount, shown.arithmetic) == ("250.00 USD", "flat 250.00")
    assert shown.quantity_from == "fixed in the agreement"
    assert shown.clause.clause == "calendar"
    assert (shown.source, shown.items, shown.joined, shown.left) == (None, (), (), ())
    assert shown.compared_with is None


def test_a_numbered_invoice_is_named_by_its_number() -> None:
    assert explain_line(invoice().numbered("LP-000001"), 1, policy()).invoice == "LP-000001"


def test_a_line_is_explained_by_the_policy_that_it_was_billed_by() -> None:
    with pytest.raises(ValueError, match="billed by policy"):
        explain_line(invoice(), 1, policy().model_copy(update={"version": "later"}))


@pytest.mark.parametrize("line", [0, 3, -1])
def test_a_line_that_does_not_exist_is_refused_with_those_that_do(line: int) -> None:
    with pytest.raises(NoSuchLineError, match=f"has lines 1 to 2, not {line}$"):
        explain_line(invoice(), line, policy())


def test_an_explanation_comes_back_from_json() -> None:
    shown = explain_line(invoice(), 2, policy())
    assert Explanation.model_validate_json(shown.model_dump_json()) == shown
