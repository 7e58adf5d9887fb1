"""Files that were cut or damaged never make money: properties over every reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.payments.payment_file_readers import MAX_FILE_BYTES, read_payment_file
from msp_billing.domain.payments.payment_policy import PaymentFile
from msp_billing.usecases.receivables.payment_readings import FileReading
from tests.unit.adapters.payments.file_samples import (
    BAI2,
    BAI2_FILE,
    CAMT_FILE,
    CSV,
    CSV_FILE,
    NACHA,
    NACHA_FILE,
    SETTING,
    camt,
    codes,
)
from tests.unit.domain.builders import PROPERTY

SAMPLES: dict[str, tuple[PaymentFile, bytes]] = {
    "csv": (CSV_FILE, CSV),
    "bai2": (BAI2_FILE, BAI2),
    "camt-02": (CAMT_FILE, camt("02")),
    "camt-08": (CAMT_FILE, camt("08")),
    "nacha": (NACHA_FILE, NACHA),
}


def read(name: str, content: bytes) -> FileReading:
    definition, _ = SAMPLES[name]
    return read_payment_file(definition, SETTING, content, "file")


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "csv"])
def test_a_file_with_control_totals_cut_at_any_byte_is_refused_or_whole(name: str) -> None:
    content = SAMPLES[name][1]
    whole = read(name, content)
    assert whole.rows
    for length in range(len(content)):
        reading = read(name, content[:length])
        assert reading.problems or reading == whole, f"cut at byte {length}"
        assert not (reading.problems and reading.rows)


def test_a_csv_file_cut_at_any_byte_is_refused_or_gives_exactly_its_whole_rows() -> None:
    whole = read("csv", CSV)
    given_out = set()
    for length in range(len(CSV)):
        reading = read("csv", CSV[:length])
        if reading.problems:
            assert reading.rows == ()
        else:
            complete = CSV[:length].count(b"\n")
            assert reading.rows == tuple(row for row in whole.rows if row.line <= complete)
            given_out.add(len(reading.rows))
    assert given_out == {0, 1, 2, 3}, "cuts between rows, and no others, are read"


@pytest.mark.parametrize(
    ("name", "amounts"),
    [("bai2", {"2500.00", "1200.50", "925.00", "150.00"}), ("nacha", {"125.00", "80.00"})],
)
def test_no_single_wrong_digit_makes_another_amount(name: str, amounts: set[str]) -> None:
    """Whatever digit a transfer turns: refused, or amounts that the file has.

    A turned type code can make a debit a credit; no sum of the format covers those.
    """
    content = SAMPLES[name][1]
    refused = 0
    for at, byte in enumerate(content):
        if chr(byte).isdigit():
            other = b"7" if byte != ord("7") else b"3"
            reading = read(name, content[:at] + other + content[at + 1 :])
            assert {str(row.amount.amount) for row in reading.rows} <= amounts
            refused += bool(reading.problems)
    assert refused > 50


@PROPERTY
@given(name=st.sampled_from(sorted(SAMPLES)), data=st.data())
def test_damage_anywhere_is_a_problem_and_never_an_error(name: str, data: st.DataObject) -> None:
    content = SAMPLES[name][1]
    begin = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(begin, min(len(content), begin + 40)))
    reading = read(name, content[:begin] + data.draw(st.binary(max_size=40)) + content[end:])
    assert all(row.amount.amount > 0 for row in reading.rows)
    assert not (reading.problems and reading.rows)


@PROPERTY
@given(name=st.sampled_from(sorted(SAMPLES)), content=st.binary(max_size=400))
def test_any_bytes_are_refused_or_read(name: str, content: bytes) -> None:
    reading = read(name, content)
    assert reading.problems or not reading.rows or name == "csv"


@PROPERTY
@given(
    order=st.permutations(range(5)),
    split=st.integers(0, 5),
)
def test_however_a_day_is_divided_into_files_each_row_has_its_key(
    order: list[int], split: int
) -> None:
    """docs/faults.md 35: the keys of a file are those of its rows, whatever stands beside them."""
    lines = CSV.splitlines(keepends=True)
    rows = [lines[1 + at] for at in order]
    whole = {row.key for row in read("csv", CSV).rows}
    overlapping = read("csv", b"".join([lines[0], *rows[split:]]))
    assert {row.key for row in overlapping.rows} <= whole
    everything = read("csv", b"".join([lines[0], *rows]))
    assert {row.key for row in everything.rows} == whole


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert codes(read("csv", b"x" * (MAX_FILE_BYTES + 1))) == {"too-large"}
