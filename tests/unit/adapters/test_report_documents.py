"""Reports as documents and mails, opened again by other libraries."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader

from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.mail_message import MAX_BYTES
from msp_billing.adapters.reports import pre_invoice_documents
from msp_billing.adapters.reports.plot_scale import round_steps, share
from msp_billing.adapters.reports.report_maker import ReportMaker
from msp_billing.adapters.workbooks.xlsx_workbooks import XlsxWorkbooks
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.findings import Finding, FindingItem
from msp_billing.domain.outbox import MailId
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.reports.billed_contacts import BilledContact, BilledContacts
from msp_billing.domain.reports.content import ReportContent, ReportFrame
from msp_billing.domain.reports.device_changes import DeviceChange, DeviceReport
from msp_billing.domain.reports.exceptions import AccountFindings
from msp_billing.domain.reports.notices import MadeReport
from msp_billing.domain.reports.pre_invoices import PreInvoice, PreInvoiceLine, PreInvoices
from msp_billing.domain.reports.quarterly_review import (
    CountSeries,
    QuarterlyReview,
    ReviewedAgreement,
    ReviewHold,
    ReviewMonth,
    ReviewPayment,
    months_until,
    quarter_of,
)
from msp_billing.domain.reports.report_counts import ReportedCount
from msp_billing.domain.reports.report_policy import ReportPolicy
from msp_billing.domain.reports.resale import Resale
from msp_billing.domain.reports.uncovered import UncoveredDevices
from msp_billing.domain.reports.user_changes import UserChange, UserChanges
from tests.unit import document_samples as samples
from tests.unit.document_samples import usd

ASSETS = Path(__file__).resolve().parents[3] / "layers" / "rendering"
MAKER = ReportMaker(ASSETS)
MARCH = Period(year=2026, month=3)
MADE_AT = datetime(2026, 3, 24, 11, 0, tzinfo=UTC)
FRAME = ReportFrame(policy=samples.policy(), period=MARCH, made_at=MADE_AT)
HOSTILE = '=HYPERLINK("https://example.net") <b>\r\nBcc: thief@example.net'


def policy_of(kind: Any, **changes: Any) -> ReportPolicy:
    return ReportPolicy.model_validate(
        {
            "report": str(kind).replace("_", "-"),
            "kind": kind,
            "title": str(kind).replace("_", " ").capitalize(),
            "goes_with": "invoices",
            "clause": "c1",
        }
        | changes
    )


COUNTED = {"count_rules": ["servers"]}
REPORTS = {
    "device_report": policy_of("device_report", **COUNTED),
    "user_changes": policy_of("user_changes", **COUNTED),
    "billed_contacts": policy_of("billed_contacts", **COUNTED),
    "uncovered_devices": policy_of("uncovered_devices", findings=["uncovered"]),
    "pre_invoices": policy_of("pre_invoices"),
    "quarterly_review": policy_of("quarterly_review"),
}


def devices(name: str = "SRV-1") -> DeviceReport:
    def change(device: str, day: date | None) -> DeviceChange:
        return DeviceChange(
            item_id=device, name=device, place="Oakdale", counted_as="Servers", changed_on=day
        )

    return DeviceReport(
        account="tern-harbor",
        account_name="Tern Harbor",
        period=MARCH,
        counted_at=datetime(2026, 3, 23, 23, 0, tzinfo=UTC),
        from_on=date(2026, 2, 21),
        to_on=date(2026, 3, 23),
        added=(change(name, date(2026, 3, 23)),),
        removed=(change("SRV-9", None),),
        counts=(
            ReportedCount(
                subscriber="oakdale",
                subscriber_name="Oakdale",
                product="SERVER",
                description="Server support",
                counted_as="Servers",
                quantity=Decimal(2),
                items=(CountedItem(item_id="1", name=name), CountedItem(item_id="2", name="B")),
            ),
        ),
    )


def changes(name: str = "Ann") -> UserChanges:
    return UserChanges(
        account="tern-harbor",
        account_name="Tern Harbor",
        period=MARCH,
        users=4,
        changes=(
            UserChange(
                item_id="ann",
                name=name,
                place="Oakdale",
                change="changed",
                counted_as="Mobile users",
                was="Full users",
                changed_on=date(2026, 3, 12),
                received_on=date(2026, 3, 11),
            ),
        ),
    )


def contacts(name: str = "Ann") -> BilledContacts:
    def contact(item: str, product: str) -> BilledContact:
        return BilledContact(
            item_id=item,
            name=name,
            place="Oakdale",
            product=product,
            description=product.title(),
            counted_as="Full users",
            since_on=None,
        )

    return BilledContacts(
        account="tern-harbor",
        account_name="Tern Harbor",
        period=MARCH,
        invoice_on=date(2026, 4, 10),
        contacts=(contact("ann", "USER"), contact("ann", "TRAINING"), contact("bob", "USER")),
    )


def uncovered(name: str = "kiosk") -> UncoveredDevices:
    item = FindingItem(item_id="k1", name=name, where="Pier Road", since_on=date(2026, 2, 3))
    return UncoveredDevices(
        account="tern-harbor",
        account_name="Tern Harbor",
        period=MARCH,
        places={"oakdale": "Oakdale"},
        findings=(finding("uncovered", "Devices without our agent", (item,)),),
    )


def finding(
    code: str, title: str, items: tuple[FindingItem, ...], others: tuple[FindingItem, ...] = ()
) -> Finding:
    return Finding(
        code=code, clause="c1", title=title, what=f"{len(items)} found.", items=items, others=others
    )


RESALE = Resale(
    name="Tern Harbor IT",
    address=("1 Pier Road",),
    payment=("Checks to Tern Harbor IT",),
    terms="net 30",
    primary="#123456",
)


def resold(name: str = "Oakdale Vets") -> PreInvoices:
    line = PreInvoiceLine(
        product="COM4003",
        description=name,
        category="cloud",
        quantity=Decimal(11),
        unit="mailbox",
        unit_price=usd("9.45"),
        amount=usd("103.95"),
        service_period=ServicePeriod.of_month(MARCH),
    )
    made = PreInvoice(
        subscriber="oakdale",
        bill_to=(name, "9 Barn Lane"),
        invoice_on=date(2026, 4, 20),
        due_on=date(2026, 5, 20),
        terms="net 30",
        currency="USD",
        service_period=ServicePeriod.of_month(MARCH),
        lines=(line,),
        total=usd("103.95"),
    )
    return PreInvoices(
        account="tern-harbor",
        account_name="Tern Harbor",
        period=MARCH,
        resale=RESALE,
        invoices=(made,),
        cost=usd("74.25"),
        total=usd("103.95"),
    )


def review(name: str = "Managed services", **given: Any) -> QuarterlyReview:
    quarter, quarter_months = quarter_of(MARCH)
    known = {"Agreement": usd("1200.00"), "Recurring charges": usd("310.50")}
    return QuarterlyReview(
        account="tern-harbor",
        account_name="Tern Harbor",
        quarter=quarter,
        quarter_months=quarter_months,
        currency="USD",
        months=tuple(
            ReviewMonth(period=month, invoiced=known if index > 9 else None)
            for index, month in enumerate(months_until(MARCH))
        ),
        counts=(CountSeries(title="Full-time users", quantities=(None,) * 10 + (31, 34)),),
        payments=given.get("payments"),
        holds=given.get("holds", ()),
        agreements=(
            ReviewedAgreement(
                title=name,
                starts_on=date(2024, 3, 1),
                term="the term of 3 years",
                ends_on=date(2027, 2, 28),
                notice_by=date(2026, 12, 30),
            ),
        ),
    )


CONTENTS: dict[str, ReportContent] = {
    "device_report": devices(),
    "user_changes": changes(),
    "billed_contacts": contacts(),
    "uncovered_devices": uncovered(),
    "pre_invoices": resold(),
    "quarterly_review": review(),
}


def made(content: ReportContent, kind: str) -> MadeReport:
    return MAKER.make(content, REPORTS[kind], FRAME)


def sheet_rows(content: bytes, sheet: str) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def pdf_text(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("kind", CONTENTS)
def test_the_same_report_is_the_same_bytes(kind: str) -> None:
    again = ReportMaker(ASSETS).make(CONTENTS[kind], REPORTS[kind], FRAME)
    assert made(CONTENTS[kind], kind) == again


@pytest.mark.rule("COL-03")
def test_the_device_report_has_changes_by_name_and_date_and_quantities() -> None:
    (document,) = made(devices(), "device_report").documents
    assert document.file_name == "tern-harbor-2026-03-device-report.xlsx"
    summary = sheet_rows(document.content, "Summary")
    assert ["Oakdale", "SERVER", "Server support", "Servers", 2] in summary
    assert summary[-1] == ["Total", None, None, None, 2]
    added, removed = sheet_rows(document.content, "Changes")[-2:]
    assert added == ["Added", "SRV-1", "Oakdale", "Servers", datetime(2026, 3, 23)]
    assert removed == ["Removed", "SRV-9", "Oakdale", "Servers", "since the last count"]
    assert [row[4] for row in sheet_rows(document.content, "Devices")[-2:]] == ["SRV-1", "B"]


@pytest.mark.rule("COL-03")
def test_the_device_report_s_mail_says_the_same() -> None:
    text = mail(made(devices(), "device_report")).get_body(("plain",)).get_content()
    assert "Devices that will bill: 2 devices" in text
    assert "- SRV-1, Oakdale (Servers): 23 March 2026" in text
    assert "- SRV-9, Oakdale (Servers): since the last count" in text
    assert "- Server support, Oakdale (Servers): 2" in text


@pytest.mark.rule("COL-19")
def test_user_changes_stand_in_the_sheet_by_subscriber() -> None:
    (document,) = made(changes(), "user_changes").documents
    assert sheet_rows(document.content, "User changes")[-1] == [
        *("Oakdale", "Changed", "Ann", "Mobile users", "Full users"),
        datetime(2026, 3, 12),
        datetime(2026, 3, 11),
    ]


@pytest.mark.rule("COL-19")
def test_the_billed_contact_list_has_everybody_and_counts_them_once() -> None:
    report = made(contacts(), "billed_contacts")
    rows = sheet_rows(report.documents[0].content, "Billed contacts")
    assert [row[2:5:2] for row in rows[-3:]] == [
        ["ann", "USER"],
        ["ann", "TRAINING"],
        ["bob", "USER"],
    ]
    assert report.notice.headline == "2 contacts"


@pytest.mark.rule("INT-09")
def test_uncovered_devices_are_listed_with_where_and_since_when() -> None:
    (document,) = made(uncovered(), "uncovered_devices").documents
    assert sheet_rows(document.content, "Uncovered devices")[-1] == [
        *("kiosk", "k1", "Pier Road"),
        datetime(2026, 2, 3),
        "Devices without our agent",
    ]


@pytest.mark.rule("INT-09")
def test_the_exceptions_workbook_has_a_sheet_for_each_kind_and_both_lists() -> None:
    item = FindingItem(item_id="a", name="A", where="Oakdale", since_on=date(2026, 3, 1))
    other = FindingItem(item_id="b", name="B")
    long_title = "Two sources that do not agree with each other"  # Excel takes 31 characters
    entries = [
        AccountFindings(
            account="tern-harbor",
            account_name="Tern Harbor",
            findings=(
                finding("uncovered", "Not covered", (item,)),
                finding("disagree", long_title, (item,), (other,)),
                finding("disagree-too", f"{long_title}!", (item,)),
            ),
        ),
        AccountFindings(
            account="quay", account_name="Quay", findings=(finding("uncovered", "Not covered", ()),)
        ),
    ]
    cycle = CycleId(provider="lantern", run="monthly", period=MARCH)
    content = XlsxWorkbooks().exceptions_workbook(cycle, entries, samples.policy(), MADE_AT)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "Summary",
        "Two sources that do not agree w",
        "Two sources that do not agree 2",
        "Not covered",
    ]
    assert [row[3] for row in sheet_rows(content, book.sheetnames[1])[-2:]] == ["First", "Second"]
    covered = sheet_rows(content, "Not covered")
    assert covered[-2][0:2] + covered[-2][3:] == [
        *("tern-harbor", "Tern Harbor", "A", "a", "Oakdale"),
        datetime(2026, 3, 1),
    ]
    assert covered[-1][0] == "quay"
    assert sheet_rows(content, "Summary")[-1] == [
        *("Not covered", "Counts", "Not covered"),
        *(2, 2, 1),
    ]


@pytest.mark.parametrize(
    ("title", "sheet"),
    [("History", "History 2"), ("a\x0bb: [c]\r\n/d", "a b   c   d"), ("?", "odd")],
)
def test_a_finding_may_be_called_what_excel_calls_no_sheet(title: str, sheet: str) -> None:
    entry = AccountFindings(
        account="quay", account_name="Quay", findings=(finding("odd", title, ()),)
    )
    cycle = CycleId(provider="lantern", run="monthly", period=MARCH)
    content = XlsxWorkbooks().exceptions_workbook(cycle, (entry,), samples.policy(), MADE_AT)
    assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames == ["Summary", sheet]


@pytest.mark.rule("COL-27")
def test_pre_invoices_come_as_pdf_and_csv_in_the_service_provider_s_own_name() -> None:
    table, folder = made(resold(), "pre_invoices").documents
    (row,) = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
    assert (row["unit_price"], row["amount"]) == ("9.45", "103.95")
    assert (row["customer"], row["due_date"], row["terms"]) == (
        "Oakdale Vets",
        "2026-05-20",
        "net 30",
    )
    with zipfile.ZipFile(io.BytesIO(folder.content)) as archive:
        assert archive.namelist() == ["oakdale-2026-03.pdf", "oakdale-2026-03.csv"]
        pdf = archive.read("oakdale-2026-03.pdf")
    text = pdf_text(pdf)
    for told in ("Tern Harbor IT", "Oakdale Vets", "9 Barn Lane", "$103.95", "20 May 2026"):
        assert told in text
    # Nothing of the provider behind it, and no number of its: neither on paper nor in the file.
    assert "Lantern" not in text
    assert "LP-" not in text
    metadata = PdfReader(io.BytesIO(pdf)).metadata
    assert metadata is not None
    assert metadata.author == "Tern Harbor IT"
    assert "payable to Tern Harbor IT" in text


def test_pdfs_that_are_too_large_for_a_mail_stay_away_and_the_mail_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pre_invoice_documents, "MAX_ATTACHED_BYTES", 1_000)
    report = made(resold(), "pre_invoices")
    with zipfile.ZipFile(io.BytesIO(report.documents[1].content)) as archive:
        assert archive.namelist() == ["oakdale-2026-03.csv"]
    assert "too large for a mail" in report.notice.closing[0]


def test_the_limit_of_attachments_fits_into_a_mail_of_ses() -> None:
    """Base64 makes four bytes of three, and a line end of two bytes after 76 of them."""
    encoded = pre_invoice_documents.MAX_ATTACHED_BYTES * 4 / 3 * 78 / 76
    assert encoded + 1_000_000 < MAX_BYTES


@pytest.mark.rule("KR-17")
def test_a_review_shows_amounts_counts_plots_holds_and_contract_dates() -> None:
    (document,) = made(review(), "quarterly_review").documents
    text = " ".join(pdf_text(document.content).split())
    for told in (
        "Quarterly review Q1 2026",
        "$3,021.00",  # February and March: 2 x (1,200.00 + 310.50)
        "2 of 3 months",
        "Payments are not recorded here yet.",
        "Invoiced by month",
        "Users and devices over time",
        "No hold is known.",
        "28 February 2027",
        "30 December 2026",
    ):
        assert told in text, told
    root: Any = PdfReader(io.BytesIO(document.content)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]


@pytest.mark.rule("KR-17")
def test_a_review_shows_payments_and_holds_where_they_are_given() -> None:
    paid = ReviewPayment(received_on=date(2026, 3, 5), amount=usd("1510.50"), reference="ACH 9")
    hold = ReviewHold(state="Credit hold", since_on=date(2026, 3, 20), reason="LP-000007 unpaid")
    told = review(payments=(paid,), holds=(hold,))
    months = tuple(
        month.model_copy(update={"paid": usd("1510.50" if month.period == MARCH else "0.00")})
        for month in told.months
    )
    (document,) = made(told.model_copy(update={"months": months}), "quarterly_review").documents
    text = " ".join(pdf_text(document.content).split())
    assert "not recorded" not in text
    assert "Credit hold 20 March 2026 LP-000007 unpaid" in text


@pytest.mark.parametrize(
    ("highest", "steps"),
    [
        ("0", ["0", "1"]),
        ("3", ["0", "1", "2", "3"]),
        ("39", ["0", "10", "20", "30", "40"]),
        ("41", ["0", "20", "40", "60"]),
        ("4378", ["0", "2000", "4000", "6000"]),
        ("10000", ["0", "2500", "5000", "7500", "10000"]),
    ],
)
def test_scales_end_at_or_above_the_highest_value_in_round_steps(
    highest: str, steps: list[str]
) -> None:
    made_steps = round_steps(Decimal(highest), whole=True)
    assert made_steps == tuple(Decimal(step) for step in steps)
    highest_share = share(Decimal(highest), made_steps)
    assert highest_share is not None
    assert highest_share <= 1
    assert share(None, made_steps) is None


def mail(report: MadeReport) -> Any:
    raw = MailComposer(ASSETS).report_mail(
        report.notice,
        samples.policy(),
        ("ap@tern.example", "desk@tern.example"),
        report.documents,
        MailId(
            provider="lantern",
            run="monthly",
            period=MARCH,
            account="tern-harbor",
            part="all",
            kind="device_report",
        ),
        MADE_AT,
    )
    return email.message_from_bytes(raw, policy=email.policy.default)


@pytest.mark.rule("COL-07")
@pytest.mark.parametrize("kind", CONTENTS)
def test_every_report_goes_to_each_address_with_all_its_documents(kind: str) -> None:
    report = made(CONTENTS[kind], kind)
    message = mail(report)
    assert message["To"] == "ap@tern.example, desk@tern.example"
    names = [part.get_filename() for part in message.iter_attachments()]
    assert names == [document.file_name for document in report.documents]
    assert report.notice.headline in message["Subject"]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("device_report", devices(HOSTILE)),
        ("user_changes", changes(HOSTILE)),
        ("billed_contacts", contacts(HOSTILE)),
        ("uncovered_devices", uncovered(HOSTILE)),
        ("pre_invoices", resold(HOSTILE)),
        ("quarterly_review", review(HOSTILE)),
    ],
)
def test_names_are_text_everywhere(kind: str, content: ReportContent) -> None:
    report = made(content, kind)
    message = mail(report)
    assert message["Bcc"] is None
    assert "<b>" not in message.get_body(("html",)).get_content()
    for document in report.documents:
        if document.file_name.endswith(".csv"):
            (row,) = csv.DictReader(io.StringIO(document.content.decode("utf-8-sig")))
            assert row["description"].startswith("'=")
        if document.file_name.endswith(".xlsx"):
            book = openpyxl.load_workbook(io.BytesIO(document.content))
            cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
            assert not [
                cell.value for cell in cells if cell.data_type == "f" and "HYPER" in str(cell.value)
            ]
