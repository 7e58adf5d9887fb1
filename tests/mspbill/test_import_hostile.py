"""Files as they really come: wrong encodings, totals, duplicates, cut and ambiguous ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mspbill.old_files import OldSystem, rows

HEADER = "Name,Email,Street Address,City,State,Zip,Country,Currency,Active Status\n"
ACME = "Acme,ap@acme.example,1 Way,Troy,IL,00000,US,USD,Active\n"
AGREEMENTS = (
    "customer,agreement,starts_on,ends_on,product,description,quantity,unit_price,"
    "line_starts_on,line_ends_on,subscriber,note\n"
)
ONE_AGREEMENT = "{name},Managed,2025-01-15,,MAILBOX,,2,4.00,,,,\n"
OPEN = "customer,number,date,due_date,open_amount,currency,kind,note\n"


@pytest.fixture
def old(tmp_path: Path) -> OldSystem:
    return OldSystem(tmp_path)


def agreements(old: OldSystem, *names: str) -> Path:
    lines = "".join(ONE_AGREEMENT.format(name=name) for name in names)
    return old.file("agreements.csv", AGREEMENTS + lines)


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        ("", "utf-8", "The file is empty: the export failed or found nothing"),
        ("\n\n", "utf-8", "The file is empty"),
        (HEADER + ACME.replace("Acme", "Café"), "windows-1252", "--encoding windows-1252"),
        (HEADER + ACME[:-30], "utf-8", "The row has"),
        ((HEADER + ACME)[:-1], "utf-8", "it was not written to its end"),
        (HEADER + ACME.replace("1 Way", '"1 Way'), "utf-8", "the file was cut, or a quotation"),
        (HEADER + ACME.replace("ap@acme", "ap at acme"), "utf-8", "'at' is no mail address"),
        ("Name;Phone\nAcme;1\n", "utf-8", "It is most like QuickBooks customers, and lacks"),
        ("PK\x03\x04xyz", "latin-1", "This is an Excel workbook"),
        ("just text\n", "utf-8", "No row of it looks like the header"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_is_written(
    old: OldSystem, text: str, encoding: str, said: str
) -> None:
    before = old.state
    told = old.words("quickbooks", old.file("customers.csv", text, encoding), code=2)
    assert said in told
    assert "customers.csv" in told
    assert old.state == before


@pytest.mark.parametrize(
    ("encoding", "more"),
    [
        ("utf-8-sig", ()),
        ("utf-16", ()),
        ("windows-1252", ("--encoding", "windows-1252")),
    ],
)
def test_encodings_that_are_marked_or_named_are_read(
    old: OldSystem, encoding: str, more: tuple[str, ...]
) -> None:
    text = (HEADER + ACME).replace("Acme", "Müller & Söhne").replace(",", ";")
    customers = old.file("customers.csv", text, encoding)
    lines = AGREEMENTS + ONE_AGREEMENT.format(name="Müller & Söhne")
    old.take("quickbooks", customers, old.file("agreements.csv", lines, encoding), more=more)
    path = old.into / "accounts" / "muller-and-sohne.yaml"
    assert "name: Müller & Söhne" in path.read_text("utf-8")


def dates(old: OldSystem, day: str) -> Path:
    return old.file("open.csv", f"{OPEN}Acme,17,{day},{day},10.00,USD,,\n")


def test_a_date_of_two_meanings_is_refused_until_its_order_is_named(old: OldSystem) -> None:
    customers = old.file("customers.csv", HEADER + ACME)
    files = (customers, agreements(old, "Acme"), dates(old, "03/04/2026"))
    told = old.words("quickbooks", *files, code=2)
    assert "open.csv:2 (column date): '03/04/2026' may be in month 3 or in month 4" in told
    for order, day in (("mdy", "2026-03-04"), ("dmy", "2026-04-03")):
        old.take("quickbooks", *files, more=("--dates", order, "--replace"))
        assert day in (old.into / "opening-balances.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("day", "order", "said"),
    [
        ("13/04/2026", "mdy", "is no date of the order mdy"),
        ("31/02/2026", None, "is no day of any month"),
        ("Apr 4", None, "is no date that can be read"),
    ],
)
def test_dates_that_are_none_are_refused(
    old: OldSystem, day: str, order: str | None, said: str
) -> None:
    files = (old.file("customers.csv", HEADER + ACME), dates(old, day))
    more = ("--dates", order) if order else ()
    assert said in old.words("quickbooks", *files, code=2, more=more)


@pytest.mark.parametrize(
    ("amount", "more", "expected"),
    [
        ('"$1,234.50"', (), "invoice,2026-11-20,2026-11-20,1234.50"),
        ('"(1,234.50)"', (), "credit,2026-11-20,,1234.50"),
        ("-12.00", (), "credit,2026-11-20,,12.00"),
        ('"1.234,50"', ("--decimal-comma",), "invoice,2026-11-20,2026-11-20,1234.50"),
    ],
)
def test_amounts_as_they_are_written(
    old: OldSystem, amount: str, more: tuple[str, ...], expected: str
) -> None:
    opened = old.file("open.csv", f"{OPEN}Acme,17,2026-11-20,2026-11-20,{amount},USD,,\n")
    customers = old.file("customers.csv", HEADER + ACME)
    lines = agreements(old, "Acme")
    if more:
        lines = old.file("agreements.csv", lines.read_text().replace("4.00", '"4,00"'))
    old.take("quickbooks", customers, lines, opened, more=more)
    assert expected in (old.into / "opening-balances.csv").read_text("utf-8-sig")


@pytest.mark.parametrize("amount", ['"12,50"', "€12.00", "12.345", "1.500", "-1.000"])
def test_amounts_that_could_be_something_else_are_refused(old: OldSystem, amount: str) -> None:
    opened = old.file("open.csv", f"{OPEN}Acme,17,2026-11-20,2026-11-20,{amount},USD,,\n")
    told = old.words("quickbooks", old.file("customers.csv", HEADER + ACME), opened, code=2)
    assert "open.csv:2 (column open_amount)" in told


def test_a_customer_in_another_currency_keeps_it(old: OldSystem) -> None:
    customers = old.file("customers.csv", HEADER + ACME.replace("USD", "CAD"))
    opened = old.file("open.csv", f"{OPEN}Acme,17,2026-11-20,2026-11-20,10.00,,,\n")
    old.take("quickbooks", customers, agreements(old, "Acme"), opened)
    assert "10.00,CAD" in (old.into / "opening-balances.csv").read_text("utf-8-sig")
    assert "currency: CAD" in (old.into / "accounts" / "acme.yaml").read_text()


def test_an_amount_in_no_currency_is_refused(old: OldSystem) -> None:
    opened = old.file("open.csv", f"{OPEN}Acme,17,2026-11-20,2026-11-20,10.00,DOLLARS,,\n")
    told = old.words("quickbooks", old.file("customers.csv", HEADER + ACME), opened, code=2)
    assert "open.csv:2 (column open_amount): 'DOLLARS' is no currency" in told


def test_the_same_row_again_is_passed_over_and_another_one_is_not_guessed(old: OldSystem) -> None:
    same = old.file("customers.csv", HEADER + ACME + ACME)
    answer = old.take("quickbooks", same, agreements(old, "Acme"))
    assert rows(answer, "passed over") == ["customers.csv:3 Acme: the same row again"]
    other = old.file("other.csv", HEADER + ACME + ACME.replace("1 Way", "2 Way"))
    told = rows(old.take("quickbooks", other, code=4))
    assert "other.csv:2 Acme: it is listed twice, and not the same" in told
    assert "other.csv:3 Acme: it is listed twice, also on line 2, and not the same" in told


def test_two_names_that_are_one_short_name_are_told_apart_in_any_order(old: OldSystem) -> None:
    two = [ACME.replace("Acme", "Acme Inc"), ACME.replace("Acme", '"Acme, Inc."')]
    lines = old.file(
        "agreements.csv",
        AGREEMENTS
        + ONE_AGREEMENT.format(name="Acme Inc")
        + ONE_AGREEMENT.format(name='"Acme, Inc."'),
    )
    old.take("quickbooks", old.file("customers.csv", HEADER + "".join(two)), lines)
    before = old.state
    assert {"accounts/acme-inc.yaml", "accounts/acme-inc-2.yaml"} <= before.keys()
    old.take("quickbooks", old.file("customers.csv", HEADER + "".join(reversed(two))), lines)
    assert old.state == before


def test_inactive_customers_and_total_rows_are_passed_over(old: OldSystem) -> None:
    gone = ACME.replace("Acme", "Gone").replace("Active\n", "Not-active\n")
    total = "TOTAL,,,,,,,,\n"
    customers = old.file("customers.csv", HEADER + ACME + gone + total)
    answer = old.take("quickbooks", customers, agreements(old, "Acme"))
    assert rows(answer, "passed over") == [
        "customers.csv:3 Gone: it is inactive there",
        "customers.csv:4 TOTAL: a total",
    ]


def test_a_customer_is_not_dropped_by_a_word_that_nobody_knows(old: OldSystem) -> None:
    """It would be passed over as inactive, rightly as it seems, and never billed."""
    text = ACME.replace("Active\n", "Aktiv\n")
    told = old.words("quickbooks", old.file("customers.csv", HEADER + text), code=2)
    assert "customers.csv:2 (column Active Status): 'Aktiv' says neither yes nor no" in told


def test_customers_that_a_feed_cannot_tell_apart_are_not_taken(old: OldSystem) -> None:
    text = "Company Name,Company ID,Email,Address Line 1\n"
    text += "Acme,AC,a@acme.example,1 Way\nActor,AC,b@actor.example,2 Way\n"
    told = rows(old.take("connectwise", old.file("companies.csv", text), code=4))
    assert told == [
        "companies.csv:2 Acme: another customer is known as 'ac' too",
        "companies.csv:3 Actor: another customer is known as 'ac' too",
    ]
