"""BAI2: credits of every funds type, continuations, and control totals that are believed."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.adapters.payments.bai2_codes import why_no_payment
from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.usecases.receivables.payment_readings import FileReading
from tests.unit.adapters.payments.file_samples import BAI2, BAI2_FILE, SETTING, codes, told

# The file of the specification's own third section: no continuation, no funds, one detail.
SPECIFICATION = b"""01,122099999,123456789,040621,0200,1,,,2/
02,031001234,122099999,1,040620,2359,,2/
03,0975312468,,010,500000,,,190,70000000,4,0/
16,165,1500000,1,DD1620,, DEALER PAYMENTS
49,72000000,3/
98,72000000,1,5/
99,72000000,1,7/
"""


def read(content: bytes, **policy: Any) -> FileReading:
    definition = BAI2_FILE.model_copy(update=policy)
    return read_payment_file(definition, SETTING, content, "payments/bank-bai2/today.bai")


def file_of(*lines: str, account_total: int, physical: int, head: str = "015,0,,") -> bytes:
    """A file with one account that has these lines."""
    return "\n".join(
        [
            "01,1,2,261201,0200,1,,,2/",
            "02,2,1,1,261130,2359,USD,2/",
            f"03,123,USD,{head}/",
            *lines,
            f"49,{account_total},{physical}/",
            f"98,{account_total},1,{physical + 2}/",
            f"99,{account_total},1,{physical + 4}/",
            "",
        ]
    ).encode()


def test_credits_become_payments_whatever_their_funds_type_and_continuations() -> None:
    reading = read(BAI2)
    assert told(reading) == [
        ("payment", "2500.00 USD"),
        ("payment", "1200.50 USD"),
        ("payment", "925.00 USD"),
    ]
    ach, wire, check = (row.payment for row in reading.rows)
    assert ach is not None
    assert wire is not None
    assert check is not None
    assert [one.method for one in (ach, wire, check)] == [
        PaymentMethod.ACH,
        PaymentMethod.WIRE,
        PaymentMethod.CHECK,
    ]
    assert ach.trace == "FT2633400017"
    assert "SAMPLE DENTAL LLC INVOICE KRG-000012" in ach.texts
    assert wire.texts[0] == "SAMPLE FOUNDATION WIRE REF KRG-000014, PARTIAL"
    assert check.texts == ("4711", "DEP0091")
    assert {str(one.received_on) for one in (ach, wire, check)} == {"2026-11-30"}
    assert [row.line for row in reading.rows] == [4, 5, 8]
    assert reading.skipped == {"money that went out": 1}


def test_the_specifications_example_is_read() -> None:
    reading = read(SPECIFICATION)
    assert told(reading) == [("payment", "15000.00 USD")]
    (row,) = reading.rows
    assert row.payment is not None
    assert row.payment.texts == ("DEALER PAYMENTS", "DD1620")
    assert str(row.payment.received_on) == "2004-06-20"


def test_a_summary_is_read_over_a_line_end_in_the_middle_of_it() -> None:
    # -500000 + 1000000 + 500000 + 16500 = 1016500
    content = file_of(
        "88,500000,,/", "16,142,16500,,R1,,T/", account_total=1_016_500, physical=4,
        head="010,-500000,,,100,1000000,,,190",
    )  # fmt: skip
    assert told(read(content)) == [("payment", "165.00 USD")]


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        ((b"49,2190100,8/", b"49,2190101,8/"), "total", 10),
        ((b"49,2190100,8/", b"49,2190100,9/"), "count", 10),
        ((b"98,2190100,1,10/", b"98,2190100,2,10/"), "count", 11),
        ((b"98,2190100,1,10/", b"98,1,1,10/"), "total", 11),
        ((b"99,2190100,1,12/", b"99,2190100,1,13/"), "count", 12),
        ((b"99,2190100,1,12/", b"99,2190100,3,12/"), "count", 12),
        ((b"99,2190100,1,12/", b"99,21901000,1,12/"), "total", 12),
        ((b"16,165,250000,", b"16,165,250001,"), "total", 10),
        ((b"16,165,250000,", b"16,165,-250000,"), "amount", 4),
        ((b"16,165,250000,", b"16,165,2500.00,"), "amount", 4),
        ((b"16,165,", b"16,16X,"), "type-code", 4),
        ((b"16,165,", b"16,100,"), "type-code", 4),
        ((b"16,165,250000,V,", b"16,165,250000,Q,"), "funds", 4),
        ((b",261130,2359", b",261131,2359"), "date", 2),
        ((b",1,261130", b",4,261130"), "group-status", 2),
        ((b",1,261130", b",3,261130"), "group-status", 2),
        ((b",1,261130", b",,261130"), "group-status", 2),
        ((b"2359,USD,2/", b"2359,USD,1/"), "interim", 2),
        ((b"2359,USD,2/", b"2359,USD,3/"), "interim", 2),
        ((b"1,80,,2/", b"1,80,,1/"), "version", 1),
        ((b"0975312468,USD,", b"0975312468,DOLLARS,"), "currency", 3),
        ((b"100,462550,3,/", b"100,46255O,3,/"), "summary", 3),
        ((b"\n16,455", b"\n17,455"), "record", 9),
        ((b"\n16,455", b"\n16;455"), "record", 9),
        ((b"\n49,2190100,8/", b""), "order", 10),
        ((b"\n03,", b"\n88,"), "order", 4),
        ((b"99,2190100,1,12/\n", b""), "cut", 11),
        ((b"99,2190100,1,12/\n", b"99,2190100,1,12/\n16,165,1,,X,,Y/\n"), "order", 13),
        ((b"01,122099999", b"88,122099999"), "record", 1),
    ],
)
def test_what_does_not_add_up_is_refused_with_its_line(
    change: tuple[bytes, bytes], code: str, line: int
) -> None:
    assert change[0] in BAI2
    reading = read(BAI2.replace(change[0], change[1], 1))
    assert (f"payment-file-{code}", line) in [
        (problem.code, problem.line) for problem in reading.problems
    ]
    assert reading.rows == ()


def test_two_equal_movements_are_two_payments_and_keep_their_keys() -> None:
    """docs/faults.md 35."""
    line = "16,301,5000,,,,COUNTER DEPOSIT/"
    reading = read(file_of(line, line, account_total=10_000, physical=4))
    first, second = (row.key.external_id for row in reading.rows)
    assert first.endswith("-1")
    assert second == first[:-1] + "2"
    once = read(file_of(line, account_total=5_000, physical=3))
    assert [row.key.external_id for row in once.rows] == [first]


def test_a_bank_reference_that_two_movements_share_makes_two_payments() -> None:
    lines = ("16,165,5000,,BATCH7,,A/", "16,165,6000,,BATCH7,,B/")
    reading = read(file_of(*lines, account_total=11_000, physical=4))
    assert len({row.key for row in reading.rows}) == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("165", None),
        ("108", None),
        ("115", None),
        ("142", None),
        ("169", None),
        ("175", None),
        ("195", None),
        ("399", None),
        ("925", None),
        ("116", "item of a deposit that is listed as a whole"),
        ("143", "item of a deposit that is listed as a whole"),
        ("275", "our own money: transfers, sweeps, investments, interest"),
        ("354", "our own money: transfers, sweeps, investments, interest"),
        ("257", "a payment of ours that came back"),
        ("455", "money that went out"),
        ("557", "returned ACH debit: taken from the NACHA return file"),
        ("965", "money that went out"),
        ("750", "loan account"),
    ],
)
def test_a_deposit_counts_once_and_our_own_money_not_at_all(code: str, reason: str | None) -> None:
    assert why_no_payment(code, {}) == reason
    reading = read(file_of(f"16,{code},700,,R,,T/", account_total=700, physical=3))
    assert len(reading.rows) == (0 if reason else 1)
    assert reading.skipped == ({reason: 1} if reason else {})


def test_the_policys_word_for_a_code_decides() -> None:
    content = file_of("16,116,700,,R,,T/", account_total=700, physical=3)
    (row,) = read(content, methods={"116": PaymentMethod.CHECK}).rows
    assert row.payment is not None
    assert row.payment.method is PaymentMethod.CHECK


def test_a_deposited_check_that_bounced_is_a_return() -> None:
    content = file_of("16,555,4200,,B77,1047,NSF CHECK/", account_total=4_200, physical=3)
    reading = read(content)
    assert told(reading) == [("return", "42.00 USD")]
    (row,) = reading.rows
    assert row.returned is not None
    assert (row.returned.code, row.returned.trace) == ("BAI-555", "1047")


def test_the_currency_says_where_the_decimal_point_is() -> None:
    content = file_of("16,195,7000,,R,,T/", account_total=7_000, physical=3)
    content = content.replace(b"03,123,USD", b"03,123,JPY")
    assert told(read(content)) == [("payment", "7000 JPY")]


@pytest.mark.parametrize("currency", ["\u00c4\u00d6\u00dc", "US1", "DOLLAR"])
def test_what_is_no_currency_is_a_problem_with_its_line(currency: str) -> None:
    content = file_of("16,195,7000,,R,,T/", account_total=7_000, physical=3)
    content = content.replace(b"03,123,USD", f"03,123,{currency}".encode())
    assert [(problem.code, problem.line) for problem in read(content).problems] == [
        ("payment-file-currency", 3)
    ]


def test_a_movement_of_nothing_is_counted_and_no_payment() -> None:
    reading = read(file_of("16,195,,,R,,T/", account_total=0, physical=3))
    assert reading.rows == ()
    assert reading.skipped == {"moves no money": 1}


def test_a_last_line_without_its_end_is_whole_when_its_slash_is_there() -> None:
    """Many banks write no line end behind the trailer; its slash says that it is all there."""
    assert told(read(BAI2[:-1])) == told(read(BAI2))
    assert "cut" in codes(read(BAI2[:-2]))


def test_an_empty_file_is_refused() -> None:
    assert codes(read(b"")) == {"empty"}
    assert codes(read(b"\xff\xfe\x00")) == {"encoding"}
