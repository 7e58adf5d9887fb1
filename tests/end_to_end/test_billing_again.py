"""One parked account of a closed cycle, billed when its export was mended."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.contracts.order_policy import OrderRule, OrderStart
from msp_billing.domain.contracts.orders import Order, OrderItem
from msp_billing.usecases.bill_again import BillAgainRequest, BillAgainResult, bill_again
from msp_billing.usecases.issue_credit_note import CreditNoteRequest, issue_credit_note
from tests.end_to_end.small_provider import Provider, account, birch, line
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id, open_stage

CYCLE = cycle_id()


def again(stage: Stage, of: str = "beech") -> BillAgainResult:
    asked = BillAgainRequest(
        provider="birch",
        run=CYCLE.run,
        period=CYCLE.period,
        account=of,
        requested_by="clerk",
        reason="mended",
    )
    return bill_again(stage.ports, asked)


def test_a_parked_account_is_billed_when_its_export_is_mended_without_the_others() -> None:
    with open_stage() as stage:
        provider = birch()
        stage.apply(provider)
        for key, content in provider.feeds(SEPTEMBER).items():
            if not key.startswith("users/beech"):
                stage.put_feed(f"{provider.name}/{key}", content)
        stage.run_until("2026-09-04T00:00:00")
        record = stage.records(CYCLE)["beech"]
        assert [problem.code for problem in record.problems] == ["feed-missing"]
        others = stage.invoices(CYCLE)
        assert again(stage).problems == record.problems, "nothing was mended yet"
        stage.put_feeds(provider)
        result = stage.cloud.invoke(
            "BillAgainFunction",
            {
                "provider": "birch",
                "run": CYCLE.run,
                "period": "2026-09",
                "account": "beech",
                "requested_by": "clerk",
                "reason": "the export was there late",
            },
        )
        assert result["problems"] == []
        made = stage.invoices(CYCLE)["beech"]
        assert made.number == result["numbers"][0]
        # Read on 4 September in Chicago (UTC-5 it is still the 3rd): 15 days to pay from then on.
        assert (str(made.invoice_on), str(made.due_on)) == ("2026-09-03", "2026-09-18")
        assert {of: e for of, e in stage.invoices(CYCLE).items() if of != "beech"} == others
        stage.settle()
        stage.assert_promises(CYCLE)


def ordering_birch() -> Provider:
    """Cedar ordered care (100.00) on 28 August, to bill on invoices from 7 September on."""
    rule = OrderRule(kind="new-service", starts=OrderStart(days_after_order=10), clause="counts")
    order = Order(
        order="o-1",
        kind="new-service",
        ordered_on=date(2026, 8, 28),
        agreement="main",
        items=(OrderItem(item="care", line="care", quantity=1),),
    )
    lines = (line("SEAT", quantity=4), line("CARE", quantity=1))
    cedar = account("cedar", *lines, orders=(order,))
    return birch().with_policy(order_rules=(rule,)).with_accounts(cedar)


@pytest.mark.rule("COL-10")
def test_an_invoice_that_is_issued_anew_after_an_order_began_bills_what_it_billed_before() -> None:
    """September, planned for the 2nd, is 20.00 on the 8th as well; October's 120.00 has the care.

    The order's day is the 7th, before the second issue and after the first.
    """
    provider = ordering_birch()
    with open_stage() as stage:
        stage.set_up(provider)
        stage.run_until("2026-09-08T15:00:00")
        first = stage.invoices(CYCLE)["cedar"]
        assert str(first.total.amount) == "20.00"  # 4 x 5.00
        voiding = CreditNoteRequest(
            provider="birch",
            invoice_number=first.number or "",
            request="void",
            reason="Wrong address",
            requested_by="clerk",
        )
        assert issue_credit_note(stage.ports, voiding).voids
        assert again(stage, "cedar").totals == ("20.00 USD",)
        assert stage.invoices(CYCLE)["cedar"].invoice_on == date(2026, 9, 8)
        stage.put_feeds(provider, OCTOBER)
        stage.run_until("2026-10-03T00:00:00")
        assert str(stage.invoices(cycle_id(period=OCTOBER))["cedar"].total.amount) == "120.00"
