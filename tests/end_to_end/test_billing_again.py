"""One parked account of a closed cycle, billed when its export was mended."""

from __future__ import annotations

from msp_billing.usecases.bill_again import BillAgainRequest, BillAgainResult, bill_again
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import SEPTEMBER, Stage, cycle_id, open_stage

CYCLE = cycle_id()


def again(stage: Stage) -> BillAgainResult:
    asked = BillAgainRequest(
        provider="birch",
        run=CYCLE.run,
        period=CYCLE.period,
        account="beech",
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
