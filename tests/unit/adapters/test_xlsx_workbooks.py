"""The spreadsheets, opened again by another library."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, NamedTuple
from xml.etree import ElementTree

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from msp_billing.adapters.workbooks.xlsx_workbooks import XlsxWorkbooks
from msp_billing.domain.comparison import Comparison, compare
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.run_summary import RunRow, summarise_account
from tests.unit import document_samples as samples
from tests.unit.document_samples import DECEMBER, MADE_AT, NOVEMBER, InvoiceMaker, counted

_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"


def comparison() -> Comparison:
    """November: 2 mailboxes at 6.75 and a backup at 20.00. December: 3 mailboxes, protection."""
    november = (
        InvoiceMaker(NOVEMBER)
        .line("COM4003", "2", "6.75", counted=counted(("anna", "bob")))
        .line("COM9000", "1", "20.00", description="Backup")
        .make()
    )
    december = (
        InvoiceMaker(DECEMBER)
        .line("COM4003", "3", "6.75", counted=counted(("anna", "carl", "dora")))
        .line("SEC1153", "1.5", "31.50", description="Endpoint protection", category="security")
        .make()
    )
    return compare("tern-harbor", "Tern Harbor", DECEMBER, "USD", (december,), (november,))


def account_workbook(compared: Comparison) -> bytes:
    return XlsxWorkbooks().account_workbook(
        compared, samples.policy(), samples.price_book(), MADE_AT
    )


def opened(content: bytes, *, values: bool = True) -> Any:
    return openpyxl.load_workbook(BytesIO(content), data_only=values)


def rows_of(sheet: Any, header: str) -> list[list[Any]]:
    """The cells of a sheet from the header row on."""
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    return rows[next(index for index, row in enumerate(rows) if row[0] == header) :]


@pytest.mark.rule("COL-05")
def test_the_sheet_shows_previous_current_and_difference_and_ties_out_to_the_cent() -> None:
    header, mailboxes, protection, backup, totals, *_ = rows_of(
        opened(account_workbook(comparison()))["Comparison"], "Subscriber or site"
    )
    assert header[5:] == [
        "Quantity previous",
        "Quantity current",
        "Quantity difference",
        "Amount previous",
        "Amount current",
        "Amount difference",
    ]
    assert mailboxes == [
        *("Tern Harbor", "COM4003", "Hosted mailbox", "Cloud services", "More"),
        *(2, 3, 1, 13.5, 20.25, 6.75),
    ]
    assert protection[3:] == ["Security", "New", 0, 1.5, 1.5, 0, 47.25, 47.25]
    assert backup[3:] == ["Cloud services", "Ended", 1, 0, -1, 20, 0, -20]
    # 13.50 + 20.00 = 33.50 and 20.25 + 47.25 = 67.50, as on the two invoices.
    assert totals[0] == "Total"
    assert totals[8:] == [33.5, 67.5, 34]


@pytest.mark.rule("COL-05")
def test_totals_are_formulas_over_every_row_with_the_comparison_totals_as_values() -> None:
    compared = comparison()
    content = account_workbook(compared)
    *_, totals, shown = rows_of(opened(content, values=False)["Comparison"], "Subscriber or site")
    assert totals[8:] == ["=SUM(I5:I7)", "=SUM(J5:J7)", "=SUM(K5:K7)"]
    assert shown[0] == "Shown by the filter"
    assert shown[8:] == [f"=SUBTOTAL(109,{column}5:{column}7)" for column in "IJK"]
    *rows, totals, shown = rows_of(opened(content)["Comparison"], "Subscriber or site")[1:]
    for column, invoiced in ((8, compared.previous_total), (9, compared.current_total)):
        cells = [Decimal(str(row[column])) for row in rows]
        assert sum(cells) == Decimal(str(totals[column])) == invoiced.amount
        assert shown[column] == totals[column]


@pytest.mark.rule("COL-05")
def test_added_and_removed_items_stand_there_by_name() -> None:
    _, *changes = rows_of(opened(account_workbook(comparison()))["Changes"], "Change")
    since = datetime(2026, 11, 20)
    assert [row[:4] + row[5:] for row in changes] == [
        ["Joined", "carl", "Tern Harbor", "COM4003", since],
        ["Joined", "dora", "Tern Harbor", "COM4003", since],
        ["Left", "bob", "Tern Harbor", "COM4003", since],
    ]


def test_the_summary_adds_up_by_category_and_checks_itself() -> None:
    content = account_workbook(comparison())
    _, cloud, security, totals, _, check = rows_of(opened(content)["Summary"], "Category")[:6]
    assert cloud[:4] == ["Cloud services", 33.5, 20.25, -13.25]
    assert cloud[4] == pytest.approx(-13.25 / 33.5)
    assert security == ["Security", 0, 47.25, 47.25, None]
    assert totals[:4] == ["Total", 33.5, 67.5, 34]
    assert check[1:3] == [0, 0]
    formulas = rows_of(opened(content, values=False)["Summary"], "Category")
    assert formulas[5][1] == "=ROUND(B10-Comparison!$I$8,4)"
    assert opened(content)["Comparison"]["A8"].value == "Total"


@pytest.mark.rule("COL-05")
def test_the_summary_says_in_a_sentence_what_is_billed_and_why_it_differs() -> None:
    # 2 to 3 mailboxes are 13.50 to 20.25; backup of 20.00 ended; protection of 47.25 is new.
    content = account_workbook(comparison())
    sheet = opened(content)["Summary"]
    assert sheet["A5"].value == (
        "$67.50 will be billed for December 2026, $34.00 more than the month before."
    )
    _, new, ended, more, totals, _, joined = rows_of(sheet, "Why the amount differs")[:7]
    assert new[:4] == ["New: not billed the month before", 0, 47.25, 47.25]
    assert ended[:4] == ["Ended: not billed any more", 20, 0, -20]
    assert more[:4] == ["More of it than the month before", 13.5, 20.25, 6.75]
    assert totals[:4] == ["Total", 33.5, 67.5, 34]
    assert joined[0] == "2 items joined and 1 left, by name in the sheet Changes"
    _, new, *_ = rows_of(opened(content, values=False)["Summary"], "Why the amount differs")
    assert new[2] == '=SUMIF(Comparison!E5:E7,"New",Comparison!J5:J7)'


def test_a_new_discount_does_not_hide_among_new_products() -> None:
    """178.00 is new and 228.95 is taken off: not "new: -50.95"."""
    november = InvoiceMaker(NOVEMBER).line("COM4003", "1", "10").make()
    december = InvoiceMaker(DECEMBER).line("COM4003", "1", "10")
    december.line("SEC1153", "1", "178.00", description="Endpoint protection")
    december.line("TERM-3Y", "1", "-228.95", description="Term discount").make()
    told = compare("tern", "Tern Harbor", DECEMBER, "USD", (december.make(),), (november,))
    _, new, off, *_ = rows_of(opened(account_workbook(told))["Summary"], "Why the amount differs")
    assert new[:4] == ["New: not billed the month before", 0, 178, 178]
    assert off[:4] == ["Taken off: discounts and credits", 0, -228.95, -228.95]


def test_totals_have_names_and_the_file_says_what_it_is() -> None:
    content = account_workbook(comparison())
    workbook = opened(content)
    names = {name: entry.attr_text for name, entry in workbook.defined_names.items()}
    assert names == {"Total_previous": "Summary!$B$10", "Total_current": "Summary!$C$10"}
    assert workbook["Summary"]["C10"].value == 67.5
    properties = workbook.properties
    assert properties.title == "Comparison December 2026, Tern Harbor"
    assert properties.subject == "December 2026 compared with November 2026"
    assert properties.creator == "Lantern & Pike Managed IT"


def test_the_charts_have_titles_axes_and_words_for_who_cannot_see_them() -> None:
    change, amounts = charts(account_workbook(comparison()))
    assert (change.title, change.axes) == ("Change by category", ["Category", "Difference"])
    assert change.values == ["Summary!$D$8:$D$9"]
    assert change.words == "Change by category: Cloud services -$13.25; Security +$47.25"
    assert (amounts.title, amounts.axes) == ("Amounts by category", ["Category", "Amount"])
    assert amounts.values == ["Summary!$B$8:$B$9", "Summary!$C$8:$C$9"]
    assert amounts.words.endswith("Security: $0.00 before, $47.25 now")


@pytest.mark.parametrize(
    ("locale", "currency", "money", "day"),
    [
        ("en-US", "USD", '"$"#,##0.00', "[$-409]d mmmm yyyy"),
        ("es-MX", "MXN", '"$"#,##0.00', '[$-C0A]d "de" mmmm "de" yyyy'),
        ("fr", "EUR", '#,##0.00"\u00a0€"', "[$-40C]d mmmm yyyy"),
        ("de-CH", "CHF", '"CHF\u00a0"#,##0.00', "[$-407]d. mmmm yyyy"),
    ],
)
def test_formats_and_references_fit_every_language(
    locale: str, currency: str, money: str, day: str
) -> None:
    maker = InvoiceMaker(DECEMBER, currency=currency).line(
        "COM4003", "3", "6.75", counted=counted(("anna", "bob"))
    )
    before = InvoiceMaker(NOVEMBER, currency=currency).line(
        "COM4003", "2", "6.75", counted=counted(("anna",))
    )
    made = [entry.make().model_copy(update={"locale": locale}) for entry in (maker, before)]
    compared = compare("tern", "Tern", DECEMBER, currency, (made[0],), (made[1],))
    content = account_workbook(compared)
    workbook = opened(content)
    summary, details, changes = workbook.worksheets
    assert details["J5"].number_format == f"{money};-{money}"
    assert (changes["F5"].number_format, changes["F5"].is_date) == (day, True)
    # What refers to another sheet names one that there is, whatever its name in the language.
    for _, formula in formulas(content):
        for name in re.findall(r"'([^']+)'!|([^\s'=(,-]+)!", formula):
            assert "".join(name) in workbook.sheetnames
    where = workbook.defined_names["Total_current"].attr_text
    assert where.replace("'", "") == f"{summary.title}!$C$9"
    assert summary["C9"].value == 20.25


def test_a_long_text_has_as_many_lines_as_it_takes() -> None:
    december = InvoiceMaker(DECEMBER).line("COM4003", "1", "6.75", description="word " * 30)
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (december.make(),), ())
    sheet = opened(account_workbook(compared))["Comparison"]
    # 149 characters, 44 to a line
    assert sheet.row_dimensions[5].height == 60


def test_the_change_is_left_out_where_there_is_none_to_tell() -> None:
    december = InvoiceMaker(DECEMBER).line("COM4003", "1", "6.75").make()
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (december,), ())
    content = account_workbook(compared)
    assert [chart.title for chart in charts(content)] == ["Amounts by category"]
    assert opened(content)["Summary"]["A5"].value == "$6.75 will be billed for December 2026."


class Chart(NamedTuple):
    title: str
    axes: list[str]
    values: list[str]
    words: str


def charts(content: bytes) -> list[Chart]:
    archive = zipfile.ZipFile(BytesIO(content))
    drawing = ElementTree.fromstring(archive.read("xl/drawings/drawing1.xml"))
    words = [entry.get("descr") or "" for entry in drawing.iter(f"{{{_DRAWING}}}cNvPr")]
    found = []
    for number, described in enumerate(words, start=1):
        root = ElementTree.fromstring(archive.read(f"xl/charts/chart{number}.xml"))
        title, *axes = ("".join(entry.itertext()) for entry in root.iter(f"{{{_CHART}}}title"))
        values = [entry.findtext(f".//{{{_CHART}}}f") for entry in root.iter(f"{{{_CHART}}}val")]
        found.append(Chart(title, axes, [str(value) for value in values], described))
    return found


def test_without_a_last_invoice_nothing_is_said_to_have_joined() -> None:
    december = InvoiceMaker(DECEMBER).line("COM4003", "1", "6.75", counted=counted(("anna",)))
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (december.make(),), ())
    workbook = opened(account_workbook(compared))
    assert rows_of(workbook["Changes"], "Change")[1][:2] == ["–", "No previous invoice to compare"]
    assert workbook["Summary"]["A2"].value == "December 2026; there was no invoice in November 2026"


def test_an_account_that_is_billed_nothing_in_both_months_gets_a_sheet_that_adds_up_to_zero() -> (
    None
):
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (), ())
    totals = rows_of(opened(account_workbook(compared))["Comparison"], "Subscriber or site")[-1]
    assert totals[8:] == [0, 0, 0]


def test_the_header_stays_in_view_and_on_every_printed_page_and_rows_can_be_filtered() -> None:
    sheet = opened(account_workbook(comparison()))["Comparison"]
    assert sheet.freeze_panes == "A5"
    assert sheet.auto_filter.ref == "A4:K7"
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet["J5"].number_format == '"$"#,##0.00;-"$"#,##0.00'
    assert sheet["G6"].number_format == "#,##0.0###"
    # An arrow and a sign say which way, for who sees no colours.
    assert sheet["K5"].number_format == '"▲ "+"$"#,##0.00;"▼ "-"$"#,##0.00;"–"'
    assert sheet.oddFooter.right.text == "Page &P of &N"
    assert sheet.oddHeader.right.text == "Comparison December 2026, Tern Harbor"
    coloured = {str(entry.sqref) for entry in sheet.conditional_formatting}
    assert coloured == {"H5:H7", "K5:K7"}


def test_amounts_have_the_decimals_of_their_currency() -> None:
    yen = compare("tern-harbor", "Tern", DECEMBER, "JPY", (), ())
    sheet = opened(account_workbook(yen))["Comparison"]
    assert sheet["J6"].number_format == '"¥"#,##0;-"¥"#,##0'


def compared_by_name(name: str) -> Comparison:
    november = InvoiceMaker(NOVEMBER).line("COM4003", "1", "6.75", counted=counted(("anna",)))
    december = InvoiceMaker(DECEMBER, account_name=name[:500]).line(
        "COM4003", "1", "6.75", section=name[:500], description="x", counted=counted((name,))
    )
    return compare(
        "tern-harbor", name[:500], DECEMBER, "USD", (december.make(),), (november.make(),)
    )


def formulas(content: bytes) -> list[tuple[str, str]]:
    return [
        (f"{sheet.title}!{cell.coordinate}", cell.value)
        for sheet in opened(content, values=False)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]


@pytest.mark.parametrize("name", samples.HOSTILE_NAMES, ids=range(len(samples.HOSTILE_NAMES)))
def test_a_hostile_name_is_text_and_changes_nothing_else(name: str) -> None:
    content = account_workbook(compared_by_name(name))
    archive = zipfile.ZipFile(BytesIO(content))
    for part in archive.namelist():
        ElementTree.fromstring(archive.read(part))
    sheet = opened(content, values=False)["Changes"]
    assert sheet["B5"].data_type == "s"
    assert unescape(sheet["B5"].value).removesuffix("\u200b") == name
    assert [row[0] for row in rows_of(sheet, "Change")] == ["Change", "Joined", "Left"]
    assert formulas(content) == formulas(account_workbook(compared_by_name("harmless")))


def test_text_that_looks_like_a_formula_stays_text_when_it_is_edited() -> None:
    december = InvoiceMaker(DECEMBER).line("COM4003", "1", "1.00", description="=1+1")
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (december.make(),), ())
    cell = opened(account_workbook(compared), values=False)["Comparison"]["C5"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


def test_three_thousand_rows_tie_out() -> None:
    def invoice(maker: InvoiceMaker, price: str) -> InvoiceMaker:
        for number in range(3_000):
            maker.line(f"P{number}", "3", price, description=f"Product {number}")
        return maker

    now = invoice(InvoiceMaker(DECEMBER), "0.35").make()
    before = invoice(InvoiceMaker(NOVEMBER), "0.33").make()
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (now,), (before,))
    totals = rows_of(opened(account_workbook(compared))["Comparison"], "Subscriber or site")[-1]
    assert totals[8:] == [2970, 3150, 180]


def test_the_same_workbook_is_the_same_bytes() -> None:
    assert account_workbook(comparison()) == account_workbook(comparison())
    assert run_workbook() == run_workbook()


def test_the_only_date_in_the_file_is_the_one_given() -> None:
    properties = opened(account_workbook(comparison())).properties
    assert properties.created == MADE_AT.replace(tzinfo=None)
    assert properties.modified == MADE_AT.replace(tzinfo=None)
    assert properties.creator == "Lantern & Pike Managed IT"


def test_an_agreement_per_invoice_is_named_in_its_own_column() -> None:
    december = InvoiceMaker(DECEMBER, part="hybrid").line("COM4003", "1", "6.75").make()
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (december,), ())
    _, row, totals, _ = rows_of(opened(account_workbook(compared))["Comparison"], "Invoice")
    assert row[:3] == ["hybrid", "Tern Harbor", "COM4003"]
    assert totals[9:] == [0, 6.75, 6.75]


# --- A run ---------------------------------------------------------------------------------------


def run_rows() -> tuple[RunRow, ...]:
    november = InvoiceMaker(NOVEMBER).line("COM4003", "2", "10.00").make()
    december = InvoiceMaker(DECEMBER).line("COM4003", "3", "10.00").make()
    billed = samples.outcome("tern-harbor", OutcomeKind.BILLED, invoices=(december,))
    parked = samples.outcome("gull-point", OutcomeKind.PARKED, reason="1 problem to mend")
    nothing = samples.outcome("quiet-cove", OutcomeKind.NOTHING_TO_BILL, reason="no quantity")
    return (
        summarise_account(billed, (november,), "USD"),
        summarise_account(parked, (november,), "USD"),
        summarise_account(nothing, (), "USD"),
    )


def run_workbook() -> bytes:
    return XlsxWorkbooks().run_workbook(
        samples.cycle().id, iter(run_rows()), samples.policy(), MADE_AT
    )


def test_the_clerk_sees_a_row_per_account_with_its_outcome_and_totals() -> None:
    header, tern, gull, quiet, totals = rows_of(opened(run_workbook())["Accounts"], "Account")
    assert header[2:7] == [
        "Outcome",
        "Previous total",
        "Current total",
        "Difference",
        "Percent",
    ]
    assert tern == ["tern-harbor", "Tern Harbor", "Billed", 20, 30, 10, 0.5, 1, 1, 0, 0, None]
    assert gull[2:7] == ["Parked", 20, 0, -20, -1]
    assert gull[11] == "The export of RMM devices for 1 December 2026 is missing."
    assert quiet[2:7] == ["Nothing to bill", 0, 0, 0, None]
    assert quiet[11] == "main: no quantity"
    assert totals[3:7] == [40, 30, -10, -0.25]
    assert totals[7:11] == [1, 1, 0, 0]


def test_a_run_in_two_currencies_has_a_sum_of_each_and_never_one_across() -> None:
    yen = InvoiceMaker(DECEMBER, currency="JPY").line("COM4003", "3", "1500").make()
    moved = samples.outcome("osaka", OutcomeKind.BILLED, invoices=(yen,))
    before = InvoiceMaker(NOVEMBER).line("COM4003", "2", "10.00").make()
    rows = [*run_rows(), summarise_account(moved, (before,), "USD")]
    content = XlsxWorkbooks().run_workbook(samples.cycle().id, rows, samples.policy(), MADE_AT)
    header, *accounts, dollars, yens = rows_of(opened(content)["Accounts"], "Account")
    assert header[2:6] == ["Outcome", "Currency", "Previous total", "Current total"]
    # The account that changed its currency stands in both.
    assert [row[0:1] + row[3:7] for row in accounts[-2:]] == [
        ["osaka", "JPY", 0, 4500, 4500],
        ["osaka", "USD", 20, 0, -20],
    ]
    assert dollars[:1] + dollars[3:7] == ["Total", "USD", 60, 30, -30]
    assert yens[:1] + yens[3:7] == ["Total", "JPY", 0, 4500, 4500]
    formulas_of_sums = rows_of(opened(content, values=False)["Accounts"], "Account")[-2:]
    assert [row[4] for row in formulas_of_sums] == [
        '=SUMIF(D5:D9,"USD",E5:E9)',
        '=SUMIF(D5:D9,"JPY",E5:E9)',
    ]
    _, in_dollars, in_yen, *parked = rows_of(opened(content)["Summary"], "Amounts")
    assert in_dollars[:4] == ["All invoices in USD", 60, 30, -30]
    assert in_yen[:4] == ["All invoices in JPY", 0, 4500, 4500]
    assert parked[0][:2] == ["of which of accounts that are parked now, in USD", 20]


def test_a_sheet_of_an_account_that_changed_its_currency_says_so() -> None:
    before = InvoiceMaker(NOVEMBER).line("COM4003", "2", "10.00").make()
    yen = InvoiceMaker(DECEMBER, currency="JPY").line("COM4003", "3", "1500").make()
    compared = compare("tern-harbor", "Tern", DECEMBER, "USD", (yen,), (before,))
    workbook = opened(account_workbook(compared))
    assert workbook["Summary"]["A2"].value.endswith("; billed in JPY, in USD the month before")
    totals = rows_of(workbook["Comparison"], "Subscriber or site")[-1]
    assert totals[8:] == [20, 4500, None]
    assert workbook["Comparison"]["J5"].number_format == "#,##0.00;-#,##0.00"
    _, cloud, total_row, *_ = rows_of(workbook["Summary"], "Category")
    assert cloud[1:4] == [20, 4500, None]
    assert total_row[1:4] == [20, 4500, None]


def test_the_clerk_sees_every_problem_with_what_to_do() -> None:
    _, problem = rows_of(opened(run_workbook())["Parked"], "Account")
    assert problem == [
        "gull-point",
        "Gull Point",
        "The export of RMM devices for 1 December 2026 is missing.",
        "Put the file into the feed's folder and run the account again.",
        "feeds/rmm/2026-12-01.csv",
        17,
        "gull-point",
        "feed-missing",
    ]


def test_the_run_summary_counts_accounts_by_outcome() -> None:
    sheet = opened(run_workbook())["Summary"]
    assert rows_of(sheet, "Outcome")[1:6] == [
        ["Billed", 1, None, None, None],
        ["Nothing to bill", 1, None, None, None],
        ["Skipped", 0, None, None, None],
        ["Parked, see the sheet Parked", 1, None, None, None],
        ["All active accounts", 3, None, None, None],
    ]
    amounts, parked = rows_of(sheet, "Amounts")[1:3]
    assert amounts == ["All invoices", 40, 30, -10, -0.25]
    assert parked[:2] == ["of which of accounts that are parked now", 20]


def test_a_run_without_accounts_makes_a_workbook_too() -> None:
    content = XlsxWorkbooks().run_workbook(samples.cycle().id, (), samples.policy(), MADE_AT)
    assert rows_of(opened(content)["Accounts"], "Account")[-1][0] == "Total"
    assert rows_of(opened(content)["Parked"], "Account")[1][:2] == ["–", "No account is parked"]


def test_dates_are_dates() -> None:
    cell = opened(account_workbook(comparison()))["Changes"]["F5"]
    assert cell.is_date
    assert cell.value.date() == date(2026, 11, 20)
