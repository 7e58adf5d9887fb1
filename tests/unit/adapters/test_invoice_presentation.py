from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

import pytest

from msp_billing.adapters.invoice_pdf.brand_colours import readable_on_white
from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.printable_text import printable
from tests.unit.adapters.invoice_samples import (
    InvoiceMaker,
    many_sections,
    one_line,
    policy,
    price_book,
    users_by_kind,
)

ALL_PARTS = frozenset({"items", "summary_by_product", "summary_by_category"})


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for entry in value.values() for text in texts(entry)]
    if isinstance(value, list | tuple):
        return [text for entry in value for text in texts(entry)]
    return []


def test_numbers_dates_and_money_are_ready_to_print():
    shown = present_invoice(users_by_kind(), policy(), price_book())

    line = shown["blocks"][0]["sections"][0]["lines"][0]
    assert (line["quantity"], line["unit_price"], line["amount"]) == ("17", "$95.00", "$1,615.00")
    assert shown["facts"][:4] == [
        ["Invoice number", "NW-000123"],
        ["Invoice date", "15 November 2026"],
        ["Service period", "1 to 31 December 2026"],
        ["Due date", "30 November 2026"],
    ]
    assert shown["due"]["amount"] == "$2,060.55"
    assert json.loads(json.dumps(shown)) == shown, "plain JSON"


@pytest.mark.rule("KR-03")
def test_the_label_is_the_heading():
    invoice = users_by_kind().model_copy(update={"label": "Agreement Inclusive IT"})
    shown = present_invoice(invoice, policy(), price_book())

    assert shown["heading"] == "Agreement Inclusive IT"
    assert shown["title"] == "Agreement Inclusive IT, Invoice NW-000123"


@pytest.mark.rule("KR-02", "INT-10")
def test_every_counted_item_is_named_under_its_count_with_its_source():
    shown = present_invoice(users_by_kind(), policy(), price_book())["counts"]

    (section,) = shown["sections"]
    named = {
        count["title"]: (count["quantity"], len(count["names"])) for count in section["counts"]
    }
    assert named == {"Full-time users": ("17", 17), "Part-time users": ("3", 3)}
    assert section["counts"][1]["names"] == ["Noah Peterson", "Olga Ivanova", "Priya Raman"]
    (source,) = shown["sources"]
    assert source["title"] == "Full-time users, Part-time users"
    assert source["file"] == "northwind/rmm/harbor-dental/2026-12-01.csv"
    assert source["as_of"] == "1 December 2026, 00:00 CST", "on the provider's clock"


def test_what_joined_and_left_is_named_with_the_month_it_is_compared_with():
    shown = present_invoice(users_by_kind(), policy(), price_book())["changes"]

    assert shown["title"] == "What changed since November 2026"
    assert shown["summary"] == "Compared with November 2026: 2 joined, 2 left"
    first = shown["rows"][0]
    assert (first["before"], first["now"]) == ("16", "17")
    assert first["joined"][0] == {"name": "Grace Kim", "since": "19 November 2026"}
    assert first["left"] == ["Magnus Holt"]


def test_without_an_earlier_count_nothing_is_said_to_have_changed():
    maker = InvoiceMaker().section("Harbor Dental Group")
    key = maker.count("Full-time users", ["Anna"], compared=False)
    shown = present_invoice(maker.line("FULLTIME", 1, key).make(), policy(), price_book())

    assert shown["changes"] is None


@pytest.mark.rule("KR-09")
def test_a_discount_is_a_line_of_its_own_and_in_the_totals():
    shown = present_invoice(users_by_kind(), policy(), price_book())

    line = shown["blocks"][0]["sections"][0]["lines"][-1]
    assert (line["discount"], line["amount"], line["unit_price"]) == (True, "-$228.95", "")
    assert [(row["label"], row["amount"]) for row in shown["totals"]] == [
        ("Charges", "$2,289.50"),
        ("Discounts", "-$228.95"),
        ("Total due 30 November 2026", "$2,060.55"),
    ]


def test_every_line_names_a_clause_that_is_printed():
    shown = present_invoice(users_by_kind(), policy(), price_book())

    lines = shown["blocks"][0]["sections"][0]["lines"]
    printed = {row["number"]: row["title"] for row in shown["clauses"]["rows"]}
    assert [line["clause"] for line in lines] == ["§1", "§1", "§2", "§2", "§3"]
    assert printed["§1"] == "Per user, per month"
    assert printed["§3"] == "Longer terms cost less"


@pytest.mark.rule("COL-06")
def test_internal_charges_come_first_then_products_then_customers_then_codes():
    shown = present_invoice(many_sections(9), policy(show=ALL_PARTS), price_book())

    internal, products, detail = shown["blocks"]
    assert internal["title"] == "Your internal environment"
    mailboxes = internal["sections"][0]["lines"][1]
    assert (mailboxes["code"], mailboxes["quantity"]) == ("COM4003", "11")
    assert (mailboxes["unit_price"], mailboxes["amount"]) == ("$6.75", "$74.25")
    assert products["title"] == "Summary by product, all customers"
    assert [row["code"] for row in products["rows"]] == ["WORKSTATION", "SERVER", "SEC1153"]
    assert products["rows"][0]["quantity"] == "36"
    assert len(detail["sections"]) == 9
    categories = shown["codes"]["categories"]
    assert [entry["title"] for entry in categories][:2] == ["Managed services", "Security"]
    security = categories[1]
    assert (security["amount"], security["rows"][0]["quantity"]) == ("$378.00", "36")


def cents(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", ""))


@pytest.mark.parametrize("customers", [1, 9, 40])
def test_summaries_and_sub_totals_add_up_to_the_total(customers: int):
    invoice = many_sections(customers, 5)
    shown = present_invoice(invoice, policy(show=ALL_PARTS), price_book())

    amount = invoice.total.amount
    sections = [entry for block in shown["blocks"] for entry in block.get("sections", [])]
    internal, products = shown["blocks"][:2]
    assert sum(cents(row["amount"]) for row in shown["overview"]["rows"]) == amount
    assert sum(cents(entry["amount"]) for entry in sections) == amount
    assert cents(internal["sections"][0]["amount"]) + cents(products["amount"]) == amount
    assert sum(cents(entry["amount"]) for entry in shown["codes"]["categories"]) == amount
    for entry in sections:
        assert sum(cents(line["amount"]) for line in entry["lines"]) == cents(entry["amount"])


def test_many_sections_get_a_table_of_contents_and_no_small_print():
    shown = present_invoice(many_sections(40, 5), policy(), price_book())

    contents = next(block for block in shown["blocks"] if block["kind"] == "contents")
    detail = shown["blocks"][-1]
    assert [row["section"] for row in contents["rows"]] == [s["id"] for s in detail["sections"]]
    assert shown["compact"] is True
    assert all(line["note"] is None for s in detail["sections"] for line in s["lines"])
    assert shown["origins"]["rows"][0]["lines"] == "122"


def test_one_section_needs_no_overview_and_no_name_of_its_own():
    shown = present_invoice(one_line(), policy(), price_book())

    assert shown["overview"] is None
    assert shown["blocks"][0]["sections"][0]["title"] is None
    assert shown["counts"] is None


def test_a_draft_says_so_wherever_it_would_be_taken_for_an_invoice():
    shown = present_invoice(users_by_kind(number=None), policy(), price_book())

    assert shown["draft"] is True
    assert shown["reference"] == "Draft invoice"
    assert "please do not pay" in shown["due"]["by"]


@pytest.mark.parametrize(("currency", "paper"), [("USD", "us-letter"), ("EUR", "a4")])
def test_paper_follows_the_currency(currency: str, paper: str):
    invoice = InvoiceMaker(currency).section("Harbor Dental Group").line("SERVER", 1).make()

    assert present_invoice(invoice, policy(), price_book())["paper"] == paper


@dataclass(frozen=True)
class Cleaned:
    what: str
    raw: str
    printed: str


@pytest.mark.parametrize(
    "case",
    [
        Cleaned("plain text stays", "Zoë & Söhne (NY)", "Zoë & Söhne (NY)"),
        Cleaned("markup stays as it is", "#set *a* $x$ <b> @c \\", "#set *a* $x$ <b> @c \\"),
        Cleaned("line breaks", "Anna\r\nBcc: x", "Anna Bcc: x"),
        Cleaned("direction overrides", "a\u202eb\u2067c", "abc"),
        Cleaned("control characters", "\x00a\x07", "a"),
        Cleaned("piled-up accents", "x" + "\u0335" * 50, "x" + "\u0335" * 3),
        Cleaned("nothing left", "\u200e \t", "–"),
    ],
    ids=lambda case: case.what,
)
def test_text_is_cleaned(case: Cleaned):
    assert printable(case.raw) == case.printed


def test_long_words_can_break_and_end():
    shown = printable("W" * 10_000)

    assert len(shown.replace("\u200b", "")) == 160
    assert shown.endswith("…")
    assert max(map(len, shown.split("\u200b"))) <= 12
    assert "\u200b" not in printable("accounts@northwind-services.example"[:34])


@pytest.mark.parametrize("colour", ["#ffffff", "#f2c200", "#1f3a5f", "#000000"])
def test_brand_colours_become_readable(colour: str):
    shown = readable_on_white(colour)

    assert readable_on_white(shown) == shown
    if colour in {"#1f3a5f", "#000000"}:
        assert shown == colour
    else:
        assert shown < colour


def test_nothing_but_text_and_places_reaches_the_templates():
    shown = present_invoice(many_sections(40, 5), policy(show=ALL_PARTS), price_book())

    assert all("\n" not in text and "Decimal" not in text for text in texts(shown))
