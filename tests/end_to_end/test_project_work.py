"""Project work through two runs: shown in mid-month with numbers of its own, billed once after.

Birch bills September on 1 October here. Its project-work run shows on 16 September the work up to
the 14th, which the September invoices of 2 October bill. An hour is 80.00.

    alder   2.00 hours, approved                  = 160.00; with devices and care 280.00
    cedar   1.00 hour, approved on 20 September     held in September, 80.00 on October's
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from msp_billing.domain.cycles import CycleState
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.bill_again import BillAgainRequest, bill_again
from tests.end_to_end.small_provider import MANAGED, Provider, birch, csv
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id, open_stage

SHOWN = cycle_id(run="project-work")
BILLED = cycle_id()
HEADERS = "Entry,Company,Member,Role,Type,Start,End,Billing,By,On"
ALDER = (
    "W-1,alder,Tech 1,Engineer,Project,2026-09-08 09:00,2026-09-08 11:00,Billable,Boss,2026-09-07"
)
CEDAR = "W-2,cedar,Tech 2,Engineer,Project,2026-09-09 09:00,2026-09-09 10:00,Billable"


def moment(month: int, day: int, hour: str) -> dict[str, Any]:
    return {"moment": "work", "at": {"month": month, "day": day, "at": hour}}


def working_birch() -> Provider:
    """Birch, billing in arrears, with work by the hour."""
    provider = birch().only("alder", "cedar")
    policy = provider.policy.model_dump(mode="json")
    (managed,) = policy["runs"]
    until = {"rules": "work", "moment": "work", "until": {"day": 14}}
    managed |= {
        "opens": {"month": 1, "day": 1, "at": "05:00"},
        "moments": [
            {"moment": "first", "at": {"month": 1, "day": 1, "at": "00:00"}},
            moment(1, 1, "00:00"),
        ],
        "compare": {"month": 1, "day": 1, "at": "09:00"},
        "issue": {"month": 1, "day": 2, "at": "09:00"},
        "work": until,
    }
    shown = {
        "run": "project-work",
        "title": "Project work",
        "label": "Project work",
        "informational": True,
        "number_prefix": "PW-",
        "opens": {"day": 15, "at": "05:00"},
        "moments": [moment(0, 15, "06:00")],
        "work": until,
        "compare": {"day": 16, "at": "09:00"},
        "approval": {"by": "automatic"},
        "issue": {"day": 16, "at": "10:00"},
        "clause": "counts",
    }
    attributes = {
        "engineer": "Member",
        "role": "Role",
        "work": "Type",
        "starts": "Start",
        "ends": "End",
        "billing": "Billing",
        "approved-by": "By",
        "approved-on": "On",
    }
    feed = {
        "feed": "time-entries",
        "title": "Time entries",
        "scope": "provider",
        "columns": {"item_id": "Entry", "account": "Company", "attributes": attributes},
        "lost_share_limit": "1",
    }
    rate = {"role": "Engineer", "product": "PROJECT", "per_hour": "80"}
    weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"]
    rules = {
        "rules": "work",
        "title": "Work",
        "feed": "time-entries",
        "rate_card": "rates",
        "billing": {"billable": ["Billable"], "covered": ["Covered"]},
        "business_hours": [{"days": weekdays, "opens": "08:00", "closes": "17:00"}],
        "approval": {"clause": "counts"},
        "clause": "counts",
        "after_hours_clause": "counts",
    }
    policy |= {
        "runs": [managed | {"categories": ["managed", "projects"]}, shown],
        "feeds": [*policy["feeds"], feed],
        "rate_cards": [{"card": "rates", "title": "Rates", "rates": [rate]}],
        "work_rules": [rules],
    }
    return replace(provider, policy=ProviderPolicy.model_validate(policy))


@pytest.fixture
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        provider = working_birch()
        opened.apply(provider)
        for period in (SEPTEMBER, OCTOBER):
            following = period.shifted(1)
            opened.put_feeds(provider, following)
            approval = ",," if period is SEPTEMBER else ",Boss,2026-09-20"
            rows = csv([HEADERS, ALDER, f"{CEDAR}{approval}"])
            opened.put_feed(f"birch/time-entries/{period.day(15)}T0600.csv", rows)
            opened.put_feed(f"birch/time-entries/{following.first_day}.csv", rows)
        opened.settle()
        yield opened


@pytest.mark.rule("COL-24", "COL-25")
def test_work_goes_its_way_from_the_document_to_the_invoice(stage: Stage) -> None:
    # --- 16 September: shown, with numbers of its own, and claimed by nobody
    stage.run_until("2026-09-17T00:00:00")
    assert stage.cycle(SHOWN).state is CycleState.CLOSED
    documents = stage.invoices(SHOWN)
    assert {name: str(entry.total.amount) for name, entry in documents.items()} == {
        "alder": "160.00"
    }
    alder = documents["alder"]
    assert (alder.number, alder.informational, alder.due_on) == ("PW-000001", True, None)
    assert stage.ports.invoices.claims("birch", ["alder", "cedar"]) == {"alder": {}, "cedar": {}}
    (finding,) = stage.records(SHOWN)["cedar"].findings
    assert (finding.code, [item.item_id for item in finding.items]) == (
        "held-for-approval",
        ["W-2"],
    )
    (mail,) = stage.sent()
    assert "PW-000001" in mail.message["Subject"]
    assert "no payment due" in mail.message["Subject"]

    # --- 2 October: billed, the invoices' own numbers begin at one
    stage.run_until("2026-10-03T00:00:00")
    assert stage.cycle(BILLED).state is CycleState.CLOSED
    invoices = stage.invoices(BILLED)
    assert stage.numbers(BILLED) == ["BI-000001", "BI-000002"]
    assert {name: str(entry.total.amount) for name, entry in invoices.items()} == {
        "alder": "280.00",
        "cedar": "20.00",
    }
    claims = stage.ports.invoices.claims("birch", ["alder", "cedar"])
    assert claims == {"alder": {"time:W-1": f"{MANAGED}/2026-09"}, "cedar": {}}

    # --- October: what was approved late is shown and billed, what was billed is not again
    stage.run_until("2026-11-03T00:00:00")
    later = stage.invoices(cycle_id(run="project-work", period=OCTOBER))
    assert {name: (entry.number, str(entry.total.amount)) for name, entry in later.items()} == {
        "cedar": ("PW-000002", "80.00")
    }
    last = stage.invoices(cycle_id(period=OCTOBER))
    assert {name: str(entry.total.amount) for name, entry in last.items()} == {
        "alder": "120.00",
        "cedar": "100.00",
    }
    assert stage.numbers(BILLED, cycle_id(period=OCTOBER)) == [
        f"BI-{number:06d}" for number in range(1, 5)
    ]
    stage.assert_promises(BILLED, cycle_id(period=OCTOBER))


@pytest.mark.rule("COL-24")
def test_a_parked_document_gets_its_number_from_the_row_of_documents_when_it_is_made_later() -> (
    None
):
    """Cedar's hour is a Wizard's, whom no rate card knows, until the export says Engineer."""
    mended = f"{CEDAR},Boss,2026-09-10"
    with open_stage() as stage:
        provider = working_birch()
        stage.apply(provider)
        stage.put_feeds(provider, OCTOBER)
        key = f"birch/time-entries/{SEPTEMBER.day(15)}T0600.csv"
        stage.put_feed(key, csv([HEADERS, ALDER, mended.replace("Engineer", "Wizard")]))
        stage.run_until("2026-09-17T00:00:00")
        assert [entry.number for entry in stage.invoices(SHOWN).values()] == ["PW-000001"]
        assert stage.records(SHOWN)["cedar"].problems
        stage.put_feed(key, csv([HEADERS, ALDER, mended]))
        asked = BillAgainRequest(
            **SHOWN.model_dump(), account="cedar", requested_by="clerk", reason="role mended"
        )
        result = bill_again(stage.ports, asked)
        assert (result.numbers, result.totals) == (("PW-000002",), ("80.00 USD",))
        stage.put_feed(f"birch/time-entries/{OCTOBER.first_day}.csv", csv([HEADERS, ALDER, mended]))
        stage.run_until("2026-10-03T00:00:00")
        assert stage.numbers(BILLED) == ["BI-000001", "BI-000002"]
