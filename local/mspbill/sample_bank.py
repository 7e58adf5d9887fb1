"""A sample bank: what customers of a demo pay, as the files that the provider's policy expects.

The files go the same way as on AWS: into the feeds bucket, whose event makes a function read them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.payments.payment_policy import PaymentFile, PaymentPolicy

_BAI2_CODES = {PaymentMethod.ACH: "142", PaymentMethod.WIRE: "195"}
_CSV_WORDS = {PaymentMethod.ACH: "ACH CREDIT", PaymentMethod.WIRE: "WIRE IN"}
_ISO_CODES = {PaymentMethod.ACH: "ATXN", PaymentMethod.WIRE: "DMCT"}
_ROUTING = "00000000"
"""Of a bank that does not exist."""


@dataclass(frozen=True)
class BankedPayment:
    """Money that the bank booked on a day."""

    number: int
    payer: str
    amount: Decimal
    method: PaymentMethod
    text: str

    @property
    def cents(self) -> int:
        """The amount in the smallest unit."""
        return int(self.amount * 100)

    @property
    def reference(self) -> str:
        """What the bank calls it; an ACH payment by its trace number, which a return names."""
        if self.method is PaymentMethod.ACH:
            return f"{_ROUTING}{self.number:07d}"
        return f"BK{self.number:08d}"


@dataclass(frozen=True)
class BankFile:
    """A file to put below ``<provider>/payments/``."""

    key: str
    content: bytes


def statement(
    policy: PaymentPolicy, payments: Sequence[BankedPayment], on: date
) -> BankFile | None:
    """The bank's statement of a day; None when the policy expects none, or nothing came in."""
    writers = {"bai2": (_bai2, "bai"), "csv": (_csv, "csv"), "camt053": (_camt, "xml")}
    for definition in policy.files:
        if definition.format in writers and payments:
            write, suffix = writers[definition.format]
            key = f"{definition.file}/{on}.{suffix}"
            return BankFile(key, write(definition, payments, on))
    return None


def returned(policy: PaymentPolicy, payments: Sequence[BankedPayment], on: date) -> BankFile | None:
    """The file of ACH payments that came back on a day."""
    for definition in policy.files:
        if definition.format == "nacha-returns" and payments:
            return BankFile(f"{definition.file}/{on}.ach", _nacha(payments, on))
    return None


def _bai2(_file: PaymentFile, payments: Sequence[BankedPayment], on: date) -> bytes:
    rows = [
        f"16,{_BAI2_CODES.get(entry.method, '301')},{entry.cents},,{entry.reference},,"
        f"{entry.payer.upper()} {entry.text}/"
        for entry in payments
    ]
    total, lines = sum(entry.cents for entry in payments), len(rows) + 2
    day = f"{on:%y%m%d}"
    return _lines(
        f"01,{_ROUTING},MSP,{day},0600,{on:%j},,,2/",
        f"02,MSP,{_ROUTING},1,{day},2359,USD,2/",
        "03,000000,USD,015,0,,/",
        *rows,
        f"49,{total},{lines}/",
        f"98,{total},1,{lines + 2}/",
        f"99,{total},1,{lines + 4}/",
    )


def _csv(_file: PaymentFile, payments: Sequence[BankedPayment], on: date) -> bytes:
    return _lines(
        "Posting Date,Transaction ID,Type,Payer,Description,Reference,Amount",
        *(
            f"{on:%m/%d/%Y},{entry.reference},{_CSV_WORDS.get(entry.method, 'OTHER')},"
            f'"{entry.payer}",DEPOSIT,"{entry.text}",{entry.amount}'
            for entry in payments
        ),
    )


def _camt(_file: PaymentFile, payments: Sequence[BankedPayment], on: date) -> bytes:
    entries = "\n".join(
        f'<Ntry><Amt Ccy="USD">{entry.amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{entry.reference}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>"
        f"{_ISO_CODES.get(entry.method, 'OTHR')}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>{escape(entry.payer)}</Nm></Pty></Dbtr></RltdPties><RmtInf>"
        f"<Ustrd>{escape(entry.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for entry in payments
    )
    space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    return _lines(
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<Document xmlns="{space}"><BkToCstmrStmt><GrpHdr><MsgId>SAMPLE-{on}</MsgId>'
        f"<CreDtTm>{on}T06:00:00-06:00</CreDtTm></GrpHdr><Stmt><Id>SAMPLE-{on}</Id><Acct><Id>"
        "<Othr><Id>000000</Id></Othr></Id><Ccy>USD</Ccy></Acct>",
        entries,
        "</Stmt></BkToCstmrStmt></Document>",
    )


def _nacha(payments: Sequence[BankedPayment], on: date) -> bytes:
    """Records of 94 characters: headers of file and batch, an entry with its addenda, controls."""
    day, julian = f"{on:%y%m%d}", f"{on:%j}"
    records = [
        f"101 {_ROUTING}0 {_ROUTING}0{day}0600A094101{'SAMPLE BANK':<23}{'SAMPLE MSP':<23}{'':8}",
        f"5200{'SAMPLE MSP':<16}{'':20}{'1000000000'}CCD{'PAYMENT':<10}{'':6}{day}{julian}1"
        f"{_ROUTING}{1:07d}",
    ]
    for entry in payments:
        trace = entry.reference
        records.append(
            f"626{_ROUTING}0{'0':<17}{entry.cents:010d}{entry.text[:15]:<15}"
            f"{entry.payer.upper()[:22]:<22}  1{trace}"
        )
        records.append(f"799R01{trace}{'':6}{_ROUTING}{'':44}{trace}")
    total, count = sum(entry.cents for entry in payments), 2 * len(payments)
    entry_hash = int(_ROUTING) * len(payments) % 10**10
    records += [
        f"8200{count:06d}{entry_hash:010d}{total:012d}{0:012d}{'1000000000'}{'':25}"
        f"{_ROUTING}{1:07d}",
        f"9{1:06d}{1:06d}{count:08d}{entry_hash:010d}{total:012d}{0:012d}{'':39}",
    ]
    return _lines(*records)


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
