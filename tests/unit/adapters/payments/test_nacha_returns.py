"""NACHA return files: field positions, control totals, and which entries are returns."""

from __future__ import annotations

import pytest

from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.usecases.receivables.payment_readings import FileReading
from tests.unit.adapters.payments.file_samples import (
    NACHA,
    NACHA_FILE,
    SETTING,
    Returned,
    codes,
    nacha,
    told,
)

# Written out with a ruler, position by position, so that the reader is not proven by the
# builder alone: 1 debit of 125.00 returned R01, settled on day 245 of 2026 (2 September).
BY_HAND = b"""\
101 091000019 0620000192609030500A094101SAMPLE BANK            SAMPLE BANK 2                  \x20
5225BIRCH MANAGED                       1234567890CCDINVOICE         2609012451062000010000001
626062000019123456789        0000012500ALDER          Alder Dental            1062000010000007
799R01091000017654321      09100001                                            062000010000007
822500000200062000010000000125000000000000001234567890                         062000010000001
9000001000001000000020006200001000000012500000000000000                                      \x20
"""


def read(content: bytes) -> FileReading:
    return read_payment_file(NACHA_FILE, SETTING, content, "payments/ach-returns/today.ach")


def test_a_file_by_hand_gives_the_return_with_its_trace_reason_and_day() -> None:
    reading = read(BY_HAND)
    assert told(reading) == [("return", "125.00 USD")]
    returned = reading.rows[0].returned
    assert returned is not None
    assert (returned.code, returned.reason) == ("R01", "Insufficient funds")
    assert returned.trace == "091000017654321"
    assert str(returned.returned_on) == "2026-09-02"
    assert returned.texts == ("Alder Dental", "ALDER", "INVOICE")
    assert reading.rows[0].line == 3
    assert [row.key for row in read(nacha(Returned())).rows] == [reading.rows[0].key]


def test_every_return_of_a_batch_is_taken() -> None:
    assert told(read(NACHA)) == [("return", "125.00 USD"), ("return", "80.00 USD")]


def test_trimmed_lines_missing_fillers_and_files_without_line_ends_are_read() -> None:
    trimmed = b"\n".join(line.rstrip() for line in BY_HAND.splitlines())
    whole = NACHA.replace(b"\n", b"")
    assert told(read(trimmed)) == told(read(BY_HAND))
    assert told(read(whole)) == told(read(NACHA))
    assert told(read(NACHA.replace(b"\n", b"\r\n"))) == told(read(NACHA))


@pytest.mark.parametrize(
    ("settled", "created", "day"),
    [
        ("245", "260903", "2026-09-02"),
        ("365", "270102", "2026-12-31"),
        ("002", "261231", "2027-01-02"),
        ("   ", "260903", "2026-09-03"),
        ("000", "260903", "2026-09-03"),
    ],
)
def test_the_day_of_the_year_finds_its_year(settled: str, created: str, day: str) -> None:
    (row,) = read(nacha(Returned(), settled=settled, created=created)).rows
    assert row.returned is not None
    assert str(row.returned.returned_on) == day


def test_a_return_that_is_in_two_files_has_one_key() -> None:
    """docs/faults.md 35, also where the bank gives no settlement day."""
    for settled in ("245", "   "):
        first = read(nacha(Returned(), settled=settled, created="260903")).rows
        again = read(
            nacha(Returned(), Returned(code="R02"), settled=settled, created="260904")
        ).rows
        assert first[0].key == again[0].key
        assert len({row.key for row in again}) == 2


def test_two_equal_returns_of_one_file_are_two() -> None:
    """docs/faults.md 35."""
    assert len({row.key for row in read(nacha(Returned(), Returned())).rows}) == 2


def test_what_is_no_return_of_a_debit_is_counted_and_skipped() -> None:
    reading = read(nacha(Returned(transaction="21"), Returned(cents=0), Returned()))
    assert told(reading) == [("return", "125.00 USD")]
    assert reading.skipped == {"a payment of ours that came back": 1, "moves no money": 1}
    changed = read(nacha(Returned(code="C01"), addenda="98"))
    assert (changed.rows, changed.skipped) == ((), {"notification of change": 1})
    forward = read(nacha(Returned(), addenda="05"))
    assert (forward.rows, forward.skipped) == ((), {"no return": 1})


def test_an_unknown_reason_code_is_told_as_it_is() -> None:
    (row,) = read(nacha(Returned(code="R98"))).rows
    assert row.returned is not None
    assert row.returned.reason == "Returned by the bank with reason code R98"


def changed(line: int, first: int, text: str) -> bytes:
    """The file with other characters from a position of a line on, both from 1."""
    lines = NACHA.decode().splitlines()
    row = lines[line - 1]
    lines[line - 1] = row[: first - 1] + text + row[first - 1 + len(text) :]
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (changed(7, 21, "000000020501"), "total", 7),
        (changed(7, 33, "000000000001"), "total", 7),
        (changed(7, 11, "0012400003"), "total", 7),
        (changed(7, 5, "000005"), "total", 7),
        (changed(7, 88, "0000002"), "total", 7),
        (changed(8, 2, "000002"), "total", 8),
        (changed(8, 14, "00000005"), "total", 8),
        (changed(8, 32, "000000020501"), "total", 8),
        (changed(3, 30, "0000012501"), "total", 7),
        (changed(3, 30, "00000125.0"), "entry", 3),
        (changed(3, 4, "0620000X"), "entry", 3),
        (changed(4, 4, "X01"), "return", 4),
        (changed(4, 7, "09100001765432X"), "return", 4),
        (changed(1, 24, "263103"), "date", 1),
        (changed(2, 1, "4"), "record", 2),
        (changed(1, 1, "5"), "order", 1),
        (b"".join(NACHA.splitlines(keepends=True)[:7]), "cut", 7),
        (b"".join(NACHA.splitlines(keepends=True)[1:]), "order", 1),
        (NACHA.replace(b"\n5225", b"\n5225" + b" " * 9, 1), "record", 2),
        (b"", "empty", 1),
        (b"Date,Amount\n2026-09-01,5.00\n", "record", 1),
        (NACHA.replace(b"Alder Dental", b"Alder D\xe9ntal", 1), "encoding", 3),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_line(
    content: bytes, code: str, line: int
) -> None:
    reading = read(content)
    assert (f"payment-file-{code}", line) in [
        (problem.code, problem.line) for problem in reading.problems
    ]
    assert reading.rows == ()


def test_a_second_batch_and_records_out_of_order_are_found() -> None:
    lines = NACHA.splitlines(keepends=True)
    nested = b"".join([*lines[:2], lines[1], *lines[2:]])
    assert "order" in codes(read(nested))
    orphan = b"".join([lines[0], lines[2], *lines[1:]])
    assert "order" in codes(read(orphan))
    behind = b"".join([*lines[:8], lines[2]])
    assert "order" in codes(read(behind))
