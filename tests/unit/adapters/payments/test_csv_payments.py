"""Banks' CSV files: mapped, read without guessing, and keyed so that overlaps count once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.payments.csv_amounts import AmountError, read_amount
from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.usecases.receivables.payment_readings import FileReading
from tests.unit.adapters.payments.file_samples import CSV, CSV_FILE, SETTING, codes, told

HEADER = b"Date,Description,Memo,Payer,Type,Amount\n"


def read(content: bytes, **policy: Any) -> FileReading:
    definition = CSV_FILE.model_copy(update=policy)
    return read_payment_file(definition, SETTING, content, "payments/bank-csv/today.csv")


def with_columns(**columns: Any) -> Any:
    assert CSV_FILE.columns is not None
    return CSV_FILE.columns.model_copy(update=columns)


def keys(reading: FileReading) -> list[str]:
    return [row.key.external_id for row in reading.rows]


def test_rows_become_payments_and_money_that_went_out_is_counted() -> None:
    reading = read(CSV)
    assert told(reading) == [
        ("payment", "1250.00 USD"),
        ("payment", "80.25 USD"),
        ("payment", "40.00 USD"),
        ("payment", "40.00 USD"),
    ]
    assert reading.skipped == {"money that went out": 1}
    first = reading.rows[0].payment
    assert first is not None
    assert (first.method, first.payer) == (PaymentMethod.ACH, "Alder Dental")
    assert first.texts == ("ACH CREDIT", "INV BIR-000001")
    assert str(first.received_on) == "2026-09-01"
    assert reading.rows[0].line == 2


def test_two_equal_rows_are_two_payments_with_keys_that_stay() -> None:
    """docs/faults.md 35: the ordinal among equal rows is part of the key."""
    found = keys(read(CSV))
    assert len(set(found)) == 4
    assert found[2].endswith("-1")
    assert found[3] == found[2][:-1] + "2"
    assert keys(read(CSV)) == found


def test_a_day_that_is_in_two_files_has_the_same_keys_in_both() -> None:
    """docs/faults.md 35: overlapping files."""
    lines = CSV.splitlines(keepends=True)
    later = b"".join([lines[0], *lines[3:], b"2026-09-03,DEPOSIT,,Elm,,5.00\n"])
    assert keys(read(later))[:2] == keys(read(CSV))[2:]
    assert not set(keys(read(later))[2:]) & set(keys(read(CSV)))


def test_the_order_of_columns_and_of_other_rows_changes_no_key() -> None:
    turned = (
        b"Amount,Type,Payer,Memo,Description,Date\n80.25,WIRE,Beech Legal,,WIRE IN,2026-09-01\n"
    )
    assert keys(read(turned)) == [keys(read(CSV))[1]]


def test_an_id_of_the_bank_is_the_key_and_told_twice_it_counts_once() -> None:
    columns = with_columns(external_id="Memo")
    content = HEADER + b"2026-09-01,D,X-1,A,,10.00\n2026-09-01,D again,X-1,A,,10.00\n"
    reading = read(content, columns=columns)
    assert keys(reading) == ["X-1"]
    assert reading.repeated == 1


def test_an_id_that_names_two_amounts_refuses_the_file_with_both_lines() -> None:
    columns = with_columns(external_id="Memo")
    content = HEADER + b"2026-09-01,D,X-1,A,,10.00\n2026-09-01,D,X-1,A,,11.00\n"
    reading = read(content, columns=columns)
    (problem,) = reading.problems
    assert (problem.code, problem.line) == ("payment-file-id-twice", 3)
    assert "line 2" in problem.what
    assert reading.rows == ()


def test_an_id_with_other_characters_becomes_a_key_that_is_still_its_own() -> None:
    columns = with_columns(external_id="Memo")
    content = HEADER + "2026-09-01,D,A#1,A,,10.00\n2026-09-01,D,Ä1,A,,10.00\n".encode()
    first, second = keys(read(content, columns=columns))
    assert first.startswith("A-1-")
    assert first != second


def test_every_problem_is_told_at_once_with_its_line_and_no_row_is_given_out() -> None:
    content = HEADER + (
        b"2026-09-01,D,,A,,10.00\n"
        b"01.09.2026,D,,A,,10.00\n"
        b"2026-09-31,D,,A,,10.00\n"
        b"2026-09-01,D,,A,,ten\n"
        b"2026-09-01,D,,A,,0.00\n"
        b"2026-09-01,D,,A,,12.345\n"
        b"2026-09-01,D,A,10.00\n"
    )
    reading = read(content)
    assert reading.rows == ()
    assert [(problem.code, problem.line) for problem in reading.problems] == [
        ("payment-file-date", 3),
        ("payment-file-date", 4),
        ("payment-file-amount", 5),
        ("payment-file-amount", 6),
        ("payment-file-amount", 7),
        ("payment-file-cells", 8),
    ]
    assert {problem.file for problem in reading.problems} == {"payments/bank-csv/today.csv"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (CSV[:-1], "cut"),
        (CSV.replace(b"Payer", b"Player", 1), "header"),
        (HEADER.replace(b"Memo", b"Amount") + b"", "header"),
        (CSV.replace(b"Type", b"Date", 1), "header"),
        (CSV.replace(b",Type", b",Type,Type", 1).replace(b",ACH,", b",ACH,,"), "column-twice"),
        (CSV.replace(b"two alike", b'"two alike', 1), "quotes"),
        (CSV.replace(b"Cedar", b"C\xe9dar"), "encoding"),
        (CSV.replace(b"Cedar", b"C\0dar"), "encoding"),
        (b"\xff\xfe" + CSV.decode().encode("utf-16-le"), "encoding"),
    ],
)
def test_a_file_that_is_none_of_the_mapped_kind_is_refused(content: bytes, code: str) -> None:
    reading = read(content)
    assert code in codes(reading)
    assert reading.rows == ()


def test_a_file_without_a_mapping_is_refused() -> None:
    assert codes(read(CSV, columns=None)) == {"mapping"}


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", b"\xef\xbb\xbf" + CSV),
        ("utf-8", CSV.replace(b"\n", b"\r\n")),
        ("utf-16", b"\xff\xfe" + CSV.decode().encode("utf-16-le")),
        ("windows-1252", CSV),
    ],
)
def test_encodings_and_line_ends_change_nothing(encoding: str, content: bytes) -> None:
    assert keys(read(content, encoding=encoding)) == keys(read(CSV))


def test_lines_before_the_header_are_passed_over() -> None:
    assert keys(read(b"Sample Bank\nBalance;1.000,00\n\n" + CSV)) == keys(read(CSV))


def test_a_german_bank_is_read_with_decimal_commas_semicolons_and_its_dates() -> None:
    content = "Buchung;Betrag;Zweck\n02.09.2026;1.250,50;Rechnung\n03.09.2026;-4,90;Gebühr\n"
    reading = read(
        content.encode("cp1252"),
        encoding="windows-1252",
        delimiter=";",
        decimal_comma=True,
        date_format="%d.%m.%Y",
        columns=with_columns(
            date="Buchung", amount="Betrag", texts=("Zweck",), payer=None, method=None
        ),
    )
    assert told(reading) == [("payment", "1250.50 USD")]
    assert reading.skipped == {"money that went out": 1}


def test_what_can_be_no_short_name_of_an_account_is_a_text() -> None:
    content = HEADER + b"2026-09-01,D,Alder & Co.,A,,1.00\n2026-09-01,D,alder,A,,1.00\n"
    reading = read(content, columns=with_columns(account="Memo", texts=("Description",)))
    first, second = (row.payment for row in reading.rows)
    assert first is not None
    assert second is not None
    assert (first.account, first.texts) == (None, ("D", "Alder & Co."))
    assert (second.account, second.texts) == ("alder", ("D",))


@pytest.mark.parametrize(
    ("text", "comma", "amount"),
    [
        ("12", False, "12.00"),
        ("1,234.50", False, "1234.50"),
        ("1234567.5", False, "1234567.50"),
        ("-12.50", False, "-12.50"),
        ("12.50-", False, "-12.50"),
        ("(12.50)", False, "-12.50"),
        ("\u221212.50", False, "-12.50"),
        ("$12.50", False, "12.50"),
        ("-$12.50", False, "-12.50"),
        ("($12.50)", False, "-12.50"),
        ("12.50 USD", False, "12.50"),
        ("+ 1.00", False, "1.00"),
        ("1.234,50", True, "1234.50"),
        ("1'234,5", True, "1234.50"),
        ("1 234,50", True, "1234.50"),
        ("1\u202f234\u202f567,50", True, "1234567.50"),
        ("5.000,00", True, "5000.00"),
        ("1'234.50", False, "1234.50"),
        ("1\u2019234.50", False, "1234.50"),
        ("1 234.50", False, "1234.50"),
        ("-.50", False, "-0.50"),
        (",50", True, "0.50"),
        ("12.3400", False, "12.34"),
        ("0.500", False, "0.50"),
        ("1500.000", False, "1500.00"),
    ],
)
def test_amounts_are_read_as_banks_write_them(text: str, comma: bool, amount: str) -> None:
    assert read_amount(text, "USD", comma).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "comma"),
    [
        ("", False),
        ("12,50", False),
        ("12.50", True),
        ("1,23,456.00", False),
        ("1.2.3", False),
        ("12.345", False),
        ("1.500", False),
        ("-12.000", False),
        ("1,500", True),
        ("--5", False),
        ("5 EUR", False),
        ("€5", False),
        ("1e5", False),
        ("NaN", False),
        (".", False),
        ("1 23.00", False),
        ("12'34.50", False),
        ("١٢", False),
        ("12.50 CR", False),
    ],
)
def test_amounts_that_could_be_two_things_or_none_are_refused(text: str, comma: bool) -> None:
    with pytest.raises(AmountError):
        read_amount(text, "USD", comma)


def test_a_currency_without_decimals_has_none() -> None:
    assert read_amount("1,500", "JPY", decimal_comma=False).amount == 1500
    for text in ("1500.50", "1.000"):
        with pytest.raises(AmountError):
            read_amount(text, "JPY", decimal_comma=False)


def test_a_currency_with_three_decimals_has_them() -> None:
    assert read_amount("1.500", "KWD", decimal_comma=False).amount == Decimal("1.500")
    assert read_amount("1,500", "KWD", decimal_comma=False).amount == Decimal(1500)
