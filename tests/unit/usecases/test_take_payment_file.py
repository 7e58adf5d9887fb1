"""Payment files are taken whole or not at all, once however often they come, and recorded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.usecases.errors import UnknownProviderError
from msp_billing.usecases.receivables.payment_file_records import FileRecord, FileResult
from msp_billing.usecases.receivables.payment_files import (
    MAX_ROWS,
    ArrivedFile,
    take_arrived_file,
    take_payment_file,
)
from tests.unit.adapters.payments.file_samples import Returned, nacha
from tests.unit.domain.builders import PROPERTY, policy
from tests.unit.usecases.payment_desk import Desk, open_desk

HEADER = b"Date,Amount,Reference,Payer\n"
FIRST = b"2026-11-25,120.00,LP-000001,Alder Group\n"
SECOND = b"2026-11-26,30.00,no idea,Somebody\n"
ALIKE = b"2026-11-26,15.00,LP-000002,Beech\n"
FILES: list[dict[str, Any]] = [
    {
        "file": "bank",
        "title": "Sample bank",
        "format": "csv",
        "columns": {
            "date": "Date",
            "amount": "Amount",
            "texts": ["Reference"],
            "payer": "Payer",
        },
        "method": "ach",
    },
    {"file": "returns", "title": "Returned debits", "format": "nacha-returns"},
]


class BucketInMemory:
    """The feeds bucket, with the real readers."""

    read = staticmethod(read_payment_file)

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def content(self, key: str, version_id: str | None = None) -> bytes:
        del version_id
        return self.objects[key]


def with_files(desk: Desk, **changes: Any) -> None:
    files = [{**FILES[0], **changes}, FILES[1]]
    desk.ports.policies.put(policy(version=f"v-{len(changes)}", payments={"files": files}))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = open_desk(monkeypatch)
    made.ports.payment_files = BucketInMemory()
    with_files(made)
    made.bill("LP-000001", "120.00")
    made.bill("LP-000002", "100.00", of="beech")
    return made


def take(desk: Desk, content: bytes, name: str = "today.csv", file: str = "bank") -> FileResult:
    return take_payment_file(desk.ports, "lantern", file, name, content)


def record(desk: Desk, result: FileResult) -> FileRecord:
    return FileRecord.model_validate_json(desk.ports.records.objects[result.record])


def counts(result: FileResult) -> tuple[int, int, int, int]:
    return (result.taken, result.booked, result.queued, result.duplicates)


@pytest.mark.rule("KR-13")
def test_what_matches_is_booked_what_does_not_waits_and_the_rest_is_counted(desk: Desk) -> None:
    result = take(desk, HEADER + FIRST + SECOND + b"2026-11-26,-9.00,FEE,Bank\n")
    assert counts(result) == (2, 1, 1, 0)
    assert (result.skipped, result.skipped_because) == (1, {"money that went out": 1})
    assert [str(amount) for amount in result.payments] == ["150.00 USD"]
    assert desk.open() == {}
    assert len(desk.waiting()) == 1
    assert desk.reactions == ["alder"]


def test_the_record_says_what_became_of_every_line(desk: Desk) -> None:
    result = take(desk, HEADER + FIRST + SECOND)
    kept = record(desk, result)
    assert result.record == f"lantern/payments/bank/{result.sha256}.json"
    assert kept.result == result
    assert [(row.line, row.fate, row.account) for row in kept.rows] == [
        (2, "booked", "alder"),
        (3, "queued", None),
    ]
    assert kept.rows[1].problems, "why it waits is kept"
    assert kept.policy_version == "v-0"
    (told,) = desk.ports.bus.of_type("PaymentFileTaken")
    assert {name: told[name] for name in ("file", "booked", "queued", "record")} == {
        "file": "bank",
        "booked": 1,
        "queued": 1,
        "record": result.record,
    }


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    """docs/faults.md 35: by the hash of its content, whatever it is called."""
    first = take(desk, HEADER + FIRST + SECOND)
    before = (desk.everything(), dict(desk.ports.records.objects), list(desk.ports.bus.events))
    again = take(desk, HEADER + FIRST + SECOND, name="copy.csv")
    assert again == first.model_copy(update={"repeated": True})
    assert (desk.everything(), desk.ports.records.objects, desk.ports.bus.events) == before


def test_a_day_in_two_files_is_booked_once_and_two_equal_rows_are_two(desk: Desk) -> None:
    """docs/faults.md 35."""
    take(desk, HEADER + FIRST + ALIKE + ALIKE)
    overlapping = take(desk, HEADER + ALIKE + ALIKE + b"2026-11-27,70.00,LP-000002,Beech\n")
    assert counts(overlapping) == (3, 1, 0, 2)
    assert desk.open("beech") == {}  # 15 + 15 + 70
    third = take(desk, HEADER + ALIKE + ALIKE + ALIKE)
    assert counts(third) == (3, 1, 0, 2)
    assert desk.held("beech") == "15.00"


def test_a_malformed_file_books_nothing_and_says_everything(desk: Desk) -> None:
    before = desk.everything()
    result = take(desk, HEADER + FIRST + b"yesterday,1.00,x,y\n" + b"2026-11-26,one,x,y\n")
    assert result.refused
    assert [problem.line for problem in result.problems] == [3, 4]
    assert counts(result) == (0, 0, 0, 0)
    assert desk.everything() == before
    assert record(desk, result).result.problems == result.problems
    (told,) = desk.ports.bus.of_type("PaymentFileRefused")
    assert told["problems"] == 2
    assert desk.ports.bus.of_type("PaymentFileTaken") == []


def test_a_refused_file_is_taken_when_the_policy_is_mended(desk: Desk) -> None:
    content = HEADER + FIRST.replace(b"2026-11-25", b"11/25/2026")
    assert take(desk, content).refused
    assert take(desk, content).refused, "twice the same refusal is one record"
    assert len(desk.ports.records.objects) == 1
    with_files(desk, date_format="%m/%d/%Y")
    assert counts(take(desk, content)) == (1, 1, 0, 0)
    assert desk.open() == {}


def test_a_folder_that_the_policy_does_not_know_is_refused(desk: Desk) -> None:
    for file in ("unknown", "Not/../a name"):
        result = take(desk, HEADER + FIRST, file=file)
        assert result.refused
        assert [problem.code for problem in result.problems] == ["payment-file-unknown"]
        assert "'bank', 'returns'" in result.problems[0].what
        assert "/.." not in result.record


def test_a_provider_that_was_never_applied_is_an_error(desk: Desk) -> None:
    with pytest.raises(UnknownProviderError):
        take_payment_file(desk.ports, "nobody", "bank", "today.csv", HEADER + FIRST)


def test_a_file_with_more_rows_than_one_call_can_book_is_refused(desk: Desk) -> None:
    rows = b"".join(b"2026-11-25,1.00,%d,x\n" % number for number in range(MAX_ROWS + 1))
    result = take(desk, HEADER + rows)
    assert [problem.code for problem in result.problems] == ["payment-file-too-many"]
    assert desk.waiting() == []


def test_a_call_that_stopped_in_the_middle_is_gone_on_with(desk: Desk) -> None:
    """docs/faults.md 32: the answer to the second booking is lost, and the call is repeated."""
    content = HEADER + FIRST + ALIKE + SECOND
    with desk.answers_lost(), pytest.raises(TimeoutError):
        take(desk, content)
    assert desk.ports.records.objects == {}
    result = take(desk, content)
    assert counts(result) == (3, 2, 1, 0), "what this file booked before is no duplicate"
    assert (desk.open(), desk.open("beech")) == ({}, {"LP-000002": "85.00"})
    assert str(desk.cash()) == "135.00"


def test_an_event_that_the_bus_did_not_take_is_told_by_the_repeated_call(desk: Desk) -> None:
    desk.ports.bus.errors.append(RuntimeError("throttled"))
    with pytest.raises(RuntimeError):
        take(desk, HEADER + FIRST)
    assert counts(take(desk, HEADER + FIRST)) == (1, 1, 0, 0)
    assert len(desk.ports.bus.of_type("PaymentFileTaken")) == 1
    assert str(desk.cash()) == "120.00"


def test_two_calls_at_once_seal_one_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    content = HEADER + FIRST
    find = desk.ports.records.find
    calls: list[str] = []

    def find_later(key: str) -> bytes | None:
        if not calls:
            calls.append(key)
            take(desk, content, name="faster.csv")
            return None
        found: bytes | None = find(key)
        return found

    monkeypatch.setattr(desk.ports.records, "find", find_later)
    result = take(desk, content, name="slower.csv")
    assert result.repeated
    assert result.name == "faster.csv"
    assert str(desk.cash()) == "120.00"


def test_a_payment_under_a_known_id_with_another_amount_waits_for_a_person(desk: Desk) -> None:
    """docs/faults.md 33, where it is money: it is kept, and booked by nobody's guess."""
    columns = {**FILES[0]["columns"], "external_id": "Payer"}
    with_files(desk, columns=columns)
    take(desk, HEADER + FIRST)
    result = take(desk, HEADER + FIRST.replace(b"120.00", b"125.00"))
    assert counts(result) == (1, 0, 1, 0)
    (row,) = record(desk, result).rows
    assert {problem.code for problem in row.problems} == {"reference-used"}
    assert str(desk.cash()) == "120.00"


def test_an_id_that_was_told_twice_in_a_file_counts_once(desk: Desk) -> None:
    columns = {**FILES[0]["columns"], "external_id": "Payer"}
    with_files(desk, columns=columns)
    assert counts(take(desk, HEADER + FIRST + FIRST)) == (2, 1, 0, 1)
    assert str(desk.cash()) == "120.00"


def test_a_returned_debit_is_booked_by_the_trace_of_its_payment(desk: Desk) -> None:
    """The id of the bank is the trace by which a return names its payment."""
    columns = {**FILES[0]["columns"], "external_id": "Payer"}
    with_files(desk, columns=columns)
    trace = "091000017654321"
    take(desk, HEADER + FIRST.replace(b"Alder Group", trace.encode()))
    assert desk.open() == {}
    returns = nacha(Returned(trace=trace, cents=12_000), settled="330", created="261127")
    result = take(desk, returns, name="today.ach", file="returns")
    assert counts(result) == (1, 1, 0, 0)
    assert [str(amount) for amount in result.returns] == ["120.00 USD"]
    assert result.payments == ()
    assert desk.open() == {"LP-000001": "120.00"}
    assert counts(take(desk, returns + b"\n", file="returns")) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        ("lantern/payments/bank/today.csv", True),
        ("lantern/payments/bank/2026/11/today.csv", True),
        ("lantern/payments/bank/today.csv.sha256", False),
        ("lantern/payments/bank/2026/", False),
        ("lantern/payments/today.csv", False),
        ("lantern/reports/payments/bank/today.csv", False),
        ("payments/bank/today.csv", False),
    ],
)
def test_only_files_in_a_folder_of_payments_are_taken(desk: Desk, key: str, taken: bool) -> None:
    desk.ports.payment_files.objects[key] = HEADER + FIRST
    result = take_arrived_file(desk.ports, ArrivedFile(key=key))
    assert (result is not None) is taken
    assert str(desk.cash()) == ("120.00" if taken else "0")


@PROPERTY
@given(
    files=st.lists(
        st.lists(st.sampled_from([FIRST, SECOND, ALIKE, b"2026-11-27,70.00,LP-000002,B\n"])),
        max_size=6,
    )
)
def test_however_files_overlap_each_row_is_money_once(files: list[list[bytes]]) -> None:
    """docs/faults.md 35: of equal rows as many are booked as the file that has most of them."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        desk = open_desk(monkeypatch)
        desk.ports.payment_files = BucketInMemory()
        with_files(desk)
        results = [take(desk, HEADER + b"".join(rows)) for rows in files]
        kinds = {row for rows in files for row in rows}
        expected = sum(max(rows.count(row) for rows in files) for row in kinds)
        assert len(desk.ports.payments.records) == expected
        assert sum(entry.booked + entry.queued for entry in results if not entry.repeated) == (
            expected
        )
        assert not any(entry.refused for entry in results)
