"""camt.053: booked credits, batches, remittance, returns; and XML that is meant to do harm."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.domain.payments.incoming import PaymentMethod, RemittancePart
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadRow
from tests.unit.adapters.payments.file_samples import CAMT_FILE, SETTING, camt, codes, told

ENTRY = """<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}
<Sts>BOOK</Sts><BookgDt><DtTm>2026-09-02T23:30:00+02:00</DtTm></BookgDt>{details}</Ntry>"""


def read(content: bytes) -> FileReading:
    return read_payment_file(CAMT_FILE, SETTING, content, "payments/bank-camt/today.xml")


def one(amount: str = "10.00", side: str = "CRDT", more: str = "", details: str = "") -> str:
    return ENTRY.format(amount=amount, side=side, more=more, details=details)


def statement(*entries: str, account: str = "<IBAN>DE001</IBAN>") -> bytes:
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
        f"<Stmt><Acct><Id>{account}</Id></Acct>{''.join(entries)}</Stmt>"
        "</BkToCstmrStmt></Document>"
    ).encode()


def only(reading: FileReading) -> ReadRow:
    (row,) = reading.rows
    return row


@pytest.mark.parametrize("version", ["02", "08"])
def test_booked_credits_become_payments(version: str) -> None:
    reading = read(camt(version))
    assert told(reading) == [
        ("payment", "500.50 EUR"),
        ("payment", "100.00 EUR"),
        ("payment", "150.00 EUR"),
        ("return", "80.00 EUR"),
    ]
    assert reading.skipped == {"money that went out": 1, "not booked yet": 1}
    first = reading.rows[0].payment
    assert first is not None
    assert (first.payer, first.trace) == ("Alder Dental", "E2E-77")
    assert first.remittance == (
        RemittancePart(invoice="BIR-000001", amount=Decimal("300.50")),
        RemittancePart(invoice="BIR-000002"),
    )
    # A number that the bank cut in two is whole in the texts put together.
    assert "Rechnung BIR-000001, danke" in first.texts
    assert (str(first.received_on), first.method) == ("2026-09-02", PaymentMethod.WIRE)
    batch = [row.payment for row in reading.rows[1:3]]
    assert [entry.payer for entry in batch if entry] == ["Beech Legal", "Cedar Foods"]
    returned = reading.rows[3].returned
    assert returned is not None
    assert (returned.code, returned.reason, returned.trace) == (
        "AC04",
        "Konto aufgelöst",
        "E2E-50",
    )


def test_both_versions_of_a_statement_have_the_same_keys() -> None:
    """docs/faults.md 35: a bank that changes the version sends a day in both."""
    assert [row.key for row in read(camt("02")).rows] == [row.key for row in read(camt("08")).rows]


def test_a_batch_whose_parts_do_not_add_up_is_one_payment() -> None:
    content = camt("08").replace(b'<Amt Ccy="EUR">150.00</Amt>', b'<Amt Ccy="EUR">149.00</Amt>')
    reading = read(content)
    assert told(reading)[:2] == [("payment", "500.50 EUR"), ("payment", "250.00 EUR")]
    whole = reading.rows[1].payment
    assert whole is not None
    assert {"Beech Legal", "BIR-000003", "Cedar Foods", "BIR-000004"} <= set(whole.texts)


def test_a_batch_without_amounts_or_transactions_is_one_payment() -> None:
    parts = "<NtryDtls><TxDtls/><TxDtls/></NtryDtls>"
    alone = "<NtryDtls><Btch><NbOfTxs>9</NbOfTxs></Btch></NtryDtls>"
    for details in (parts, alone, ""):
        assert told(read(statement(one("30.00", details=details)))) == [("payment", "30.00 EUR")]


def test_equal_entries_without_references_are_two_payments_with_keys_that_stay() -> None:
    """docs/faults.md 35."""
    twice = read(statement(one(), one()))
    assert len({row.key for row in twice.rows}) == 2
    assert read(statement(one())).rows[0].key == twice.rows[0].key


def test_a_reversed_credit_is_a_return_and_a_reversed_debit_is_nothing() -> None:
    reversed_ = "<RvslInd>true</RvslInd>"
    taken_back = read(statement(one(side="DBIT", more=reversed_)))
    assert told(taken_back) == [("return", "10.00 EUR")]
    assert only(taken_back).returned is not None
    ours = read(statement(one(side="CRDT", more=reversed_)))
    assert (ours.rows, ours.skipped) == ((), {"a payment of ours that came back": 1})


def test_a_batch_of_returned_debits_that_cannot_be_split_is_one_return() -> None:
    part = "<TxDtls><RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf></TxDtls>"
    reading = read(statement(one("30.00", "DBIT", details=f"<NtryDtls>{part}{part}</NtryDtls>")))
    assert told(reading) == [("return", "30.00 EUR")]
    returned = only(reading).returned
    assert returned is not None
    assert (returned.code, returned.reason) == ("MD06", "Returned by the bank, reason MD06")


def test_our_own_transfer_that_came_back_is_no_payment() -> None:
    details = "<NtryDtls><TxDtls><RtrInf><Rsn><Cd>AC01</Cd></Rsn></RtrInf></TxDtls></NtryDtls>"
    reading = read(statement(one(details=details)))
    assert (reading.rows, reading.skipped) == ((), {"a payment of ours that came back": 1})


def test_amounts_of_a_remittance_with_a_credit_note_are_left_to_the_invoices() -> None:
    def document(kind: str, number: str, amount: str) -> str:
        return (
            f"<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Nb>{number}</Nb>"
            f'</RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="EUR">{amount}</RmtdAmt></RfrdDocAmt></Strd>'
        )

    def remittance(*documents: str) -> tuple[RemittancePart, ...]:
        details = f"<NtryDtls><TxDtls><RmtInf>{''.join(documents)}</RmtInf></TxDtls></NtryDtls>"
        payment = only(read(statement(one("80.00", details=details)))).payment
        assert payment is not None
        return payment.remittance

    invoice, credit = document("CINV", "B-1", "100.00"), document("CREN", "C-1", "20.00")
    assert remittance(invoice, credit) == (RemittancePart(invoice="B-1"),)
    assert remittance(invoice) == (RemittancePart(invoice="B-1"),)  # more than was paid
    fits = document("CINV", "B-1", "80.00")
    assert remittance(fits) == (RemittancePart(invoice="B-1", amount=Decimal("80.00")),)


def test_the_booking_day_is_the_banks_own_and_not_utc() -> None:
    payment = only(read(statement(one()))).payment
    assert payment is not None
    assert str(payment.received_on) == "2026-09-02"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (camt("02").replace(b"camt.053.001.02", b"camt.053.001.99"), "version"),
        (camt("02").replace(b"camt.053.001.02", b"camt.052.001.02"), "version"),
        (b"<a/>", "version"),
        (b"", "xml"),
        (b"Date,Amount\n", "xml"),
        (camt("02").replace(b"</Stmt>", b"", 1), "xml"),
        (camt("02").replace(b"1650.50", b"1650.51"), "total"),
        (camt("02").replace(b"500.50<", b"500.505<"), "amount"),
        (camt("02").replace(b"500.50<", b"5e2<"), "amount"),
        (camt("02").replace(b'<Amt Ccy="EUR">500.50', b"<Amt>500.50"), "amount"),
        (camt("02").replace(b"<CdtDbtInd>DBIT", b"<CdtDbtInd>DEBT"), "side"),
        (camt("02").replace(b"<BookgDt><Dt>2026-09-02", b"<BookgDt><Dt>02.09.2026"), "date"),
        (camt("02").replace(b"<BookgDt><Dt>2026-09-02", b"<BookgDt><Dt>1979-12-31"), "date"),
        (camt("02").replace(b"PDNG", b"WHAT"), "status"),
        (statement(one(), account=""), "account"),
        (statement().replace(b"<Stmt>", b"<S>").replace(b"</Stmt>", b"</S>"), "empty"),
        (b"<x>" * 60 + b"</x>" * 60, "xml"),
    ],
)
def test_what_is_no_whole_statement_is_refused_with_a_line(content: bytes, code: str) -> None:
    reading = read(content)
    assert code in codes(reading)
    assert all(problem.line for problem in reading.problems)
    assert reading.rows == ()


def test_a_statement_without_balances_is_read_and_one_without_entries_is_empty() -> None:
    assert told(read(statement())) == []


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">&e;</Document>"""
FETCHING = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>"""
DTD = b"""<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd"><x/>"""


@pytest.mark.parametrize("content", [BOMB, FETCHING, DTD], ids=["bomb", "file", "dtd"])
def test_xml_with_a_document_type_is_refused_at_once(content: bytes) -> None:
    begun = time.perf_counter()
    (problem,) = read(content).problems
    assert problem.code == "payment-file-xml"
    assert "DOCTYPE" in problem.what
    assert time.perf_counter() - begun < 1
