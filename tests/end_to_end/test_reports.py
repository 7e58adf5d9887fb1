"""Reports through the whole frame: made in their stage, sealed, and mailed once each."""

from __future__ import annotations

import io
import json
from datetime import date, time
from typing import Any

import openpyxl
import pytest

from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.feeds.definitions import FeedColumns
from msp_billing.domain.reports.report_policy import ReportPolicy
from tests.end_to_end.small_provider import Provider, account, birch, csv, line
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, at, cycle_id

CYCLE = cycle_id()
DEVICE_REPORT = ReportPolicy(
    report="device-report",
    kind="device_report",
    title="Device report",
    after_moment="first",
    count_rules=("devices",),
    clause="counts",
)
USER_CHANGES = ReportPolicy(
    report="user-changes",
    kind="user_changes",
    title="User changes",
    at=DateRule(day=1, at=time(8, 0)),
    count_rules=("users",),
    clause="counts",
)
CONTACTS = ReportPolicy(
    report="billed-contacts",
    kind="billed_contacts",
    title="Billed contacts",
    goes_with="comparison",
    count_rules=("users",),
    clause="counts",
)
REVIEW = ReportPolicy(
    report="review",
    kind="quarterly_review",
    title="Quarterly review",
    goes_with="invoices",
    months=(9,),
    clause="counts",
)
ALL = (DEVICE_REPORT, USER_CHANGES, CONTACTS, REVIEW)


def reporting(*reports: ReportPolicy, **more: Any) -> Provider:
    return birch(**more).with_run(reports=reports or ALL)


def sent_to(stage: Stage, kind: str) -> dict[str, tuple[str, ...]]:
    return {mail.tags["account"]: mail.destinations for mail in stage.sent(kind)}


def workbook(stage: Stage, kind: str, account: str, attachment: int = 0) -> Any:
    (mail,) = (entry for entry in stage.sent(kind) if entry.tags["account"] == account)
    document = list(mail.message.iter_attachments())[attachment]
    return openpyxl.load_workbook(io.BytesIO(document.get_content()), data_only=True)


@pytest.mark.rule("COL-03", "COL-19", "KR-17")
def test_each_report_is_made_at_its_time_for_the_accounts_that_it_is_about(stage: Stage) -> None:
    """00:00 and six hours for the exports is 06:00 in Chicago, 11:00 UTC; then 08:00, 09:00."""
    stage.set_up(reporting())
    stage.run_until("2026-09-03T00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    taken_at = {
        kind: {mail.tags["account"]: mail.accepted_at for mail in stage.sent(kind)}
        for kind in ("device_report", "user_changes", "billed_contacts", "quarterly_review")
    }
    assert taken_at == {
        "device_report": dict.fromkeys(("alder", "elm"), at("2026-09-01T11:00")),
        "user_changes": {"beech": at("2026-09-01T13:00")},
        "billed_contacts": {"beech": at("2026-09-01T14:00")},
        "quarterly_review": dict.fromkeys(
            ("alder", "beech", "cedar", "elm"), at("2026-09-02T14:00")
        ),
    }
    stage.assert_promises(CYCLE)


@pytest.mark.rule("COL-07")
def test_an_account_says_for_each_kind_of_document_who_gets_it(stage: Stage) -> None:
    """One address for invoices, two for the device report, another one for the sheet."""
    alder = account(
        "alder",
        line("DEVICE"),
        contacts=("books@alder.example",),
        contacts_by_kind={
            "device_report": ("tech@alder.example", "desk@alder.example"),
            "comparison": ("audit@alder.example",),
        },
    )
    stage.set_up(reporting(DEVICE_REPORT, REVIEW, sheets=True).with_accounts(alder))
    stage.run_until("2026-09-03T00:00")
    assert sent_to(stage, "device_report") == {
        "alder": ("tech@alder.example", "desk@alder.example"),
        "elm": ("books@elm.example",),
    }
    assert sent_to(stage, "comparison")["alder"] == ("audit@alder.example",)
    assert sent_to(stage, "invoice")["alder"] == ("books@alder.example",)
    assert sent_to(stage, "quarterly_review")["alder"] == ("books@alder.example",)


@pytest.mark.rule("COL-03")
def test_the_report_before_the_seal_says_what_the_invoice_will_bill(stage: Stage) -> None:
    stage.set_up(reporting(DEVICE_REPORT))
    stage.run_until("2026-09-03T00:00")
    rows = list(workbook(stage, "device_report", "alder")["Devices"].iter_rows(values_only=True))
    assert [row[4] for row in rows[-2:]] == ["alder-1", "alder-2"]
    (evidence,) = stage.invoices(CYCLE)["alder"].counts
    assert [item.name for item in evidence.count.items] == ["alder-1", "alder-2"]


def test_a_report_is_made_once_whatever_the_exports_and_the_book_say_later(stage: Stage) -> None:
    provider = reporting(DEVICE_REPORT)
    stage.set_up(provider)
    stage.run_until("2026-09-01T12:00")
    before = stage.objects()
    reports = [key for key in before if "/reports/" in key]
    assert len(reports) == 6  # manifest, one batch, and words and sheet of two accounts
    stage.apply(provider.with_accounts(account("fir", line("DEVICE"))))
    report = stage.step(
        "PrepareReportFunction", CYCLE, report="device-report", at="2026-09-01T11:00:00Z"
    )
    assert report["batches"] == 1
    (batch,) = before[report["manifest_key"]].splitlines()
    for _ in range(2):
        result = stage.cloud.invoke(
            "MakeReportsFunction",
            {
                **CYCLE.model_dump(mode="json"),
                "owner": stage.cycle(CYCLE).owner,
                **json.loads(batch),
                "report": "device-report",
                "at": "2026-09-01T11:00:00Z",
            },
        )
        assert result["made"] == 2
    assert stage.objects() == before
    assert len(stage.sent("device_report")) == 2


def test_a_report_that_cannot_be_made_is_left_to_a_person_and_the_run_goes_on(
    stage: Stage,
) -> None:
    provider = reporting(DEVICE_REPORT, USER_CHANGES)
    stage.apply(provider)
    for key, content in provider.feeds(SEPTEMBER).items():
        if not key.startswith("users/"):
            stage.put_feed(f"birch/{key}", content)
    stage.settle()
    stage.run_until("2026-09-03T00:00")
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    assert stage.mail_states(CYCLE, "user_changes") == {"beech": "rejected"}
    assert stage.mail_states(CYCLE, "device_report") == dict.fromkeys(("alder", "elm"), "delivered")
    (summary,) = stage.sent("summary")
    body = summary.message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "beech, user_changes (rejected) The report 'User changes' was not made" in text


def test_a_mail_that_ses_refuses_for_now_is_tried_again(stage: Stage) -> None:
    stage.set_up(reporting(DEVICE_REPORT))
    stage.cloud.fail_with("sesv2", "SendEmail", "TooManyRequestsException", status=429)
    stage.run_until("2026-09-03T00:00")
    assert sent_to(stage, "device_report").keys() == {"alder", "elm"}
    stage.assert_promises(CYCLE)


@pytest.mark.rule("INT-09")
def test_what_a_person_should_look_at_comes_with_the_question_and_with_the_summary(
    stage: Stage,
) -> None:
    """alder-1 was to be offboarded on 20 August, and was last seen on the 10th."""
    provider = birch(approval="person")
    feeds = tuple(
        entry.model_copy(
            update={
                "columns": FeedColumns(
                    item_id="Device",
                    account="Customer",
                    offboard_requested_on="Asked",
                    last_seen_on="Seen",
                )
            }
        )
        if entry.feed == "devices"
        else entry
        for entry in provider.policy.feeds
    )
    rules: tuple[CountRule, ...] = tuple(
        entry.model_copy(update={"offboarding_when_seen": True})
        if entry.rule == "devices"
        else entry
        for entry in provider.policy.count_rules
    )
    stage.set_up(provider.with_policy(feeds=feeds, count_rules=rules))
    rows = ["Customer,Device,Asked,Seen", "alder,alder-1,2026-08-20,2026-08-10", "elm,elm-1,,"]
    stage.put_feed("birch/devices/2026-09-01.csv", csv(rows))
    stage.run_until("2026-09-01T18:00")
    stage.decide(CYCLE, "approved")
    stage.run_until("2026-09-03T00:00")
    for kind, attachment in (("approval", 1), ("summary", 0)):
        book = workbook(stage, kind, "birch", attachment)
        last = list(book["Offboarding pending"].iter_rows(values_only=True))[-1]
        assert (last[0], last[3]) == ("alder", "alder-1")


@pytest.mark.rule("COL-05")
def test_the_sheet_ties_out_to_the_invoices_of_both_months_to_the_cent(stage: Stage) -> None:
    """alder: 2 devices and the flat fee in September, 3 devices in October: 120.00 and 130.00."""
    provider = birch(sheets=True)
    stage.set_up(provider)
    stage.run_until("2026-09-03T00:00")
    october = Provider(
        provider.policy,
        provider.price_book,
        provider.accounts,
        devices={"alder": ("alder-2", "alder-3", "alder-4"), "elm": ("elm-1",)},
    )
    stage.put_feeds(october, OCTOBER)
    stage.run_until("2026-10-03T00:00")
    following = cycle_id(period=OCTOBER)
    (mail,) = (
        entry
        for entry in stage.sent("comparison")
        if entry.tags["account"] == "alder" and entry.tags["period"] == "2026-10"
    )
    (sheet,) = mail.message.iter_attachments()
    book = openpyxl.load_workbook(io.BytesIO(sheet.get_content()), data_only=True)
    totals = next(
        row for row in book["Comparison"].iter_rows(values_only=True) if row[0] == "Total"
    )
    invoices = [stage.invoices(cycle)["alder"].total.amount for cycle in (CYCLE, following)]
    assert [f"{value:.2f}" for value in totals[-3:]] == [
        *(str(amount) for amount in invoices),
        "10.00",
    ]
    changed = [row[:2] for row in book["Changes"].iter_rows(values_only=True) if row[0] != "Change"]
    assert changed[-3:] == [("Joined", "alder-3"), ("Joined", "alder-4"), ("Left", "alder-1")]


@pytest.mark.rule("COL-05")
def test_who_is_billed_nothing_any_more_gets_a_sheet_of_what_is_gone(stage: Stage) -> None:
    """Cedar's four seats at 5.00 end with September; what Beech would be billed is unknown."""
    seats = account("cedar", line("SEAT", quantity=4, ends_on=date(2026, 9, 30)))
    provider = birch(sheets=True).with_accounts(seats).only("beech", "cedar", "dogwood")
    stage.set_up(provider)
    stage.run_until("2026-09-03T00:00")
    stage.put_feed(
        "birch/devices/2026-10-01.csv", provider.feeds(OCTOBER)["devices/2026-10-01.csv"]
    )
    stage.run_until("2026-10-03T00:00")

    records = stage.records(cycle_id(period=OCTOBER))
    assert [account for account, record in records.items() if record.problems] == ["beech"]
    (mail,) = (entry for entry in stage.sent("comparison") if entry.tags["period"] == "2026-10")
    assert mail.tags["account"] == "cedar"
    subject = "Before we invoice: October 2026 · nothing to invoice · Cedar Ltd"
    assert mail.message["Subject"] == subject
    text = mail.message.get_body(("plain",))
    assert text is not None
    assert "To be invoiced on" not in text.get_content()
    (sheet,) = mail.message.iter_attachments()
    book = openpyxl.load_workbook(io.BytesIO(sheet.get_content()), data_only=True)
    rows = list(book["Comparison"].iter_rows(values_only=True))
    (seat,) = (row for row in rows if row[1] == "SEAT")
    assert seat[4:] == ("Ended", 4, 0, -4, 20, 0, -20)
    totals = next(row for row in rows if row[0] == "Total")
    assert totals[-3:] == (20, 0, -20)
