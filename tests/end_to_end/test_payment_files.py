"""Bank files in the local cloud: from the bucket's event to the ledger, with a record of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.usecases.receivables.payment_file_records import FileRecord
from msp_billing.usecases.receivables.posting_documents import post_invoice
from tests.end_to_end.small_provider import account, birch, line
from tests.end_to_end.stage import ROOT, Stage, cycle_id, open_stage
from tests.unit.adapters.payments.file_samples import Returned, nacha

CYCLE = cycle_id()
SPARE = tuple(f"spare-{n}" for n in range(5))
"""Each owes 20.00 for September: four seats at 5.00. Every test pays for others of them."""
TRACE = "091000017654321"
POLICY: dict[str, Any] = {
    "files": [
        {
            "file": "bank",
            "title": "Sample bank's download",
            "format": "csv",
            "columns": {
                "date": "Date",
                "amount": "Amount",
                "texts": ["Reference"],
                "external_id": "Id",
            },
            "method": "ach",
        },
        {"file": "report", "title": "Sample bank's report", "format": "bai2"},
        {"file": "statement", "title": "Sample bank's statement", "format": "camt053"},
        {"file": "returns", "title": "Returned debits", "format": "nacha-returns"},
    ]
}
HEADER = b"Date,Amount,Reference,Id\n"


def report(first: str, second: str) -> bytes:
    """2000 + 1500 = 3500 cents in 4 lines, 6 with the group's, 8 with the file's."""
    return f"""01,122099999,123456789,260910,0200,1,,,2/
02,123456789,122099999,1,260909,2359,USD,2/
03,0975312468,USD,/
16,165,2000,,FT1,,INVOICE {first}/
16,195,1500,,WR2,,INVOICE {second}/
49,3500,4/
98,3500,1,6/
99,3500,1,8/
""".encode()


@pytest.fixture(scope="module")
def billed() -> Iterator[Stage]:
    """Birch on 10 September: the month's invoices are issued and in the ledgers."""
    accounts = (account(name, line("SEAT", quantity=4)) for name in SPARE)
    policy = PaymentPolicy.model_validate(POLICY)
    with open_stage() as stage:
        stage.set_up(birch().with_accounts(*accounts).with_policy(payments=policy))
        stage.run_until("2026-09-10T18:00:00")
        for invoice in stage.invoices(CYCLE).values():
            post_invoice(stage.ports, invoice)
        yield stage


def number(stage: Stage, of: str) -> str:
    found = stage.invoices(CYCLE)[of].number
    assert found is not None
    return found


def arrive(stage: Stage, name: str, content: bytes) -> None:
    """Put a file where the bank's connection puts it, and let everything happen that follows."""
    stage.put_feed(f"birch/payments/{name}", content)
    stage.settle()


def owed(stage: Stage, of: str) -> str:
    ledger = LedgerId(provider="birch", account=of, currency="USD")
    return str(stage.ports.ledgers.position(ledger).owed)


def file_records(stage: Stage) -> dict[str, FileRecord]:
    """By the name of the file; of several records of a name, any."""
    found = [
        FileRecord.model_validate_json(content)
        for key, content in stage.objects().items()
        if key.startswith("birch/payments/")
    ]
    return {record.result.name: record for record in found}


def events(stage: Stage, kind: str, file: str | None = None) -> list[dict[str, Any]]:
    found = [detail for name, detail in stage.events if name == kind]
    return [detail for detail in found if file in {None, detail["file"]}]


def receivables(stage: Stage) -> list[Any]:
    """Every item about ledgers and payments."""
    kinds = ("LEDGER", "PAYMENT")
    return [item for item in stage.items() if item["pk"]["S"].startswith(kinds)]


@pytest.mark.rule("KR-13")
def test_a_file_in_the_bucket_is_booked_recorded_and_told(billed: Stage) -> None:
    content = report(number(billed, "spare-0"), number(billed, "spare-1"))
    arrive(billed, "report/2026-09-09.bai", content)
    assert (owed(billed, "spare-0"), owed(billed, "spare-1")) == ("0.00", "5.00")
    record = file_records(billed)["2026-09-09.bai"]
    assert (record.result.taken, record.result.booked) == (2, 2)
    assert [row.account for row in record.rows] == ["spare-0", "spare-1"]
    (told,) = events(billed, "PaymentFileTaken", "report")
    assert (told["booked"], told["record"]) == (2, record.result.record)


def test_a_file_twice_and_a_day_in_two_files_are_booked_once(billed: Stage) -> None:
    """docs/faults.md 35, on the table itself."""
    first = HEADER + f"2026-09-08,7.00,{number(billed, 'spare-2')},T-1\n".encode()
    first += b"2026-09-08,9.00,what,T-2\n"
    arrive(billed, "bank/2026-09-08.csv", first)
    arrive(billed, "bank/2026-09-08.csv", first)
    arrive(billed, "bank/2026-09-08-again.csv", first)
    later = first + f"2026-09-09,13.00,{number(billed, 'spare-2')},T-3\n".encode()
    arrive(billed, "bank/2026-09-09.csv", later)
    assert owed(billed, "spare-2") == "0.00"
    waiting = [record.key.external_id for record in billed.ports.payments.queue("birch")]
    assert waiting == ["T-2"]
    records = file_records(billed)
    assert "2026-09-08-again.csv" not in records
    overlapping = records["2026-09-09.csv"].result
    assert (overlapping.taken, overlapping.booked, overlapping.duplicates) == (3, 1, 2)
    names = [event["name"] for event in events(billed, "PaymentFileTaken", "bank")]
    assert names == ["2026-09-08.csv", "2026-09-09.csv"]


def test_a_malformed_file_books_nothing_stays_and_is_told(billed: Stage) -> None:
    before = receivables(billed)
    content = report(number(billed, "spare-3"), number(billed, "spare-3"))
    arrive(billed, "report/broken.bai", content.replace(b"49,3500,4/", b"49,3501,5/"))
    arrive(billed, "bank/broken.csv", HEADER + b"2026-09-08,7.00,x,X-1\n08.09.2026,many,x,X-2\n")
    assert receivables(billed) == before
    records = file_records(billed)
    assert [problem.line for problem in records["broken.csv"].result.problems] == [3, 3]
    assert [problem.line for problem in records["broken.bai"].result.problems] == [6, 6]
    refused = [event["name"] for event in events(billed, "PaymentFileRefused")]
    assert refused == ["broken.bai", "broken.csv"]
    kept = billed.cloud.client("s3").get_object(
        Bucket=billed.environment["FEEDS_BUCKET"], Key="birch/payments/bank/broken.csv"
    )
    assert kept["Body"].read().startswith(HEADER)


@pytest.mark.rule("DUN-06")
def test_a_returned_debit_opens_its_invoice_again_and_once(billed: Stage) -> None:
    paid = HEADER + f"2026-09-08,20.00,{number(billed, 'spare-4')},{TRACE}\n".encode()
    arrive(billed, "bank/debits.csv", paid)
    assert owed(billed, "spare-4") == "0.00"
    returns = nacha(Returned(trace=TRACE, cents=2_000), settled="253", created="260910")
    arrive(billed, "returns/2026-09-10.ach", returns)
    assert owed(billed, "spare-4") == "20.00"
    arrive(billed, "returns/2026-09-11.ach", returns.replace(b"260910", b"260911", 1))
    assert owed(billed, "spare-4") == "20.00", "the same return in the next day's file"
    assert file_records(billed)["2026-09-11.ach"].result.duplicates == 1


def test_objects_that_are_no_payment_files_do_no_harm(billed: Stage) -> None:
    """Feeds tell the same bus, and so do checksums beside a file."""
    before = (receivables(billed), file_records(billed))
    arrive(billed, "bank/2026-09-08.csv.sha256", b"0" * 64)
    billed.put_feed("birch/reports/payments/x/today.csv", HEADER)
    billed.settle()
    assert (receivables(billed), file_records(billed)) == before
    told = json.loads((ROOT / "events" / "take_payment_file.json").read_text("utf-8"))
    told["detail"]["object"] = {"key": "birch/payments/today.csv"}
    assert billed.cloud.invoke("TakePaymentFileFunction", told) == {"taken": False}
