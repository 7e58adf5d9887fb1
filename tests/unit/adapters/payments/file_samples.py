"""Sample payment files. Every name, number and amount in them is made up.

The control totals are worked out by hand beside each file.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.payments.payment_policy import CsvColumns, PaymentFile
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting

SETTING = ReadingSetting(provider="birch", currency="USD", time_zone="America/Chicago")

CSV_FILE = PaymentFile(
    file="bank-csv",
    title="Sample bank's download",
    format="csv",
    columns=CsvColumns(
        date="Date", amount="Amount", texts=("Description", "Memo"), payer="Payer", method="Type"
    ),
    method=PaymentMethod.OTHER,
    methods={"ACH": PaymentMethod.ACH, "WIRE": PaymentMethod.WIRE},
)
BAI2_FILE = PaymentFile(file="bank-bai2", title="Sample bank's report", format="bai2")
CAMT_FILE = PaymentFile(
    file="bank-camt", title="Sample bank's statement", format="camt053", method=PaymentMethod.WIRE
)
NACHA_FILE = PaymentFile(file="ach-returns", title="Returned debits", format="nacha-returns")

CSV = b"""Date,Description,Memo,Payer,Type,Amount
2026-09-01,ACH CREDIT,INV BIR-000001,Alder Dental,ACH,"1,250.00"
2026-09-01,WIRE IN,,Beech Legal,WIRE,80.25
2026-09-02,MONTHLY FEE,,,FEE,-15.00
2026-09-02,DEPOSIT,two alike,Cedar Foods,,40.00
2026-09-02,DEPOSIT,two alike,Cedar Foods,,40.00
"""

# Account: 015 1,250,000 + 100 462,550 + 250,000 + 120,050 + 92,500 + 15,000 = 2,190,100 cents, in
# the 8 lines from 03 to 49. Group: 8 + 02 and 98. File: 10 + 01 and 99.
BAI2 = b"""01,122099999,123456789,261201,0200,1,80,,2/
02,123456789,122099999,1,261130,2359,USD,2/
03,0975312468,USD,015,1250000,,,100,462550,3,/
16,165,250000,V,261130,,FT2633400017,KRG-000012,SAMPLE DENTAL LLC INVOICE KRG-000012/
16,195,120050,S,120050,0,0,WR88102/
88,,SAMPLE FOUNDATION
88,WIRE REF KRG-000014, PARTIAL
16,175,92500,D,2,0,50000,1,42500,DEP0091,4711,/
16,455,15000,,DB11,,BANK FEE/
49,2190100,8/
98,2190100,1,10/
99,2190100,1,12/
"""

_CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
  <BkToCstmrStmt>
    <GrpHdr><MsgId>SAMPLE-1</MsgId><CreDtTm>2026-09-03T05:00:00+02:00</CreDtTm></GrpHdr>
    <Stmt>
      <Id>2026-171</Id>
      <Acct><Id><IBAN>DE00123456780000000001</IBAN></Id><Ccy>EUR</Ccy></Acct>
      <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-02</Dt></Dt></Bal>
      <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1650.50</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-09-02</Dt></Dt></Bal>
      <Ntry>
        <Amt Ccy="EUR">500.50</Amt><CdtDbtInd>CRDT</CdtDbtInd>{booked}
        <BookgDt><Dt>2026-09-02</Dt></BookgDt><ValDt><Dt>2026-09-03</Dt></ValDt>
        <AcctSvcrRef>2026090200001</AcctSvcrRef>
        <NtryDtls><TxDtls>
          <Refs><EndToEndId>E2E-77</EndToEndId></Refs>
          <RltdPties><Dbtr>{alder}</Dbtr></RltdPties>
          <RmtInf>
            <Ustrd>Rechnung BIR-00</Ustrd><Ustrd>0001, danke</Ustrd>
            <Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>BIR-000001</Nb>
              </RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="EUR">300.50</RmtdAmt></RfrdDocAmt></Strd>
            <Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>BIR-000002</Nb>
              </RfrdDocInf></Strd>
          </RmtInf>
        </TxDtls></NtryDtls>
      </Ntry>
      <Ntry>
        <Amt Ccy="EUR">250.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{booked}
        <BookgDt><Dt>2026-09-02</Dt></BookgDt>
        <AcctSvcrRef>2026090200002</AcctSvcrRef>
        <NtryDtls>
          <Btch><NbOfTxs>2</NbOfTxs></Btch>
          <TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>T1</TxId></Refs>
            {amount_100}<RltdPties><Dbtr>{beech}</Dbtr></RltdPties>
            <RmtInf><Ustrd>BIR-000003</Ustrd></RmtInf></TxDtls>
          <TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>T2</TxId></Refs>
            {amount_150}<RltdPties><Dbtr>{cedar}</Dbtr></RltdPties>
            <RmtInf><Ustrd>BIR-000004</Ustrd></RmtInf></TxDtls>
        </NtryDtls>
      </Ntry>
      <Ntry>
        <Amt Ccy="EUR">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{booked}
        <BookgDt><Dt>2026-09-02</Dt></BookgDt><AddtlNtryInf>Gebühren</AddtlNtryInf>
      </Ntry>
      <Ntry>
        <Amt Ccy="EUR">80.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{booked}
        <BookgDt><Dt>2026-09-02</Dt></BookgDt>
        <AcctSvcrRef>2026090200003</AcctSvcrRef>
        <NtryDtls><TxDtls><Refs><EndToEndId>E2E-50</EndToEndId></Refs>
          <RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Konto aufgelöst</AddtlInf></RtrInf>
        </TxDtls></NtryDtls>
      </Ntry>
      <Ntry>
        <Amt Ccy="EUR">999.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{pending}
        <BookgDt><Dt>2026-09-02</Dt></BookgDt>
      </Ntry>
    </Stmt>
  </BkToCstmrStmt>
</Document>
"""


def camt(version: str) -> bytes:
    """The same statement in version 02 or 08: 1000 + 500.50 + 250 - 20 - 80 = 1650.50."""
    later = version == "08"

    def party(name: str) -> str:
        return f"<Pty><Nm>{name}</Nm></Pty>" if later else f"<Nm>{name}</Nm>"

    def part(amount: str) -> str:
        told = f'<Amt Ccy="EUR">{amount}</Amt>'
        if later:
            return f"{told}<CdtDbtInd>CRDT</CdtDbtInd>"
        return f"<AmtDtls><TxAmt>{told}</TxAmt></AmtDtls>"

    def status(code: str) -> str:
        return f"<Sts><Cd>{code}</Cd></Sts>" if later else f"<Sts>{code}</Sts>"

    return _CAMT.format(
        version=version,
        booked=status("BOOK"),
        pending=status("PDNG"),
        alder=party("Alder Dental"),
        beech=party("Beech Legal"),
        cedar=party("Cedar Foods"),
        amount_100=part("100.00"),
        amount_150=part("150.00"),
    ).encode()


@dataclass(frozen=True)
class Returned:
    """A returned debit of the sample."""

    code: str = "R01"
    trace: str = "091000017654321"
    cents: int = 12_500
    individual: str = "ALDER"
    name: str = "Alder Dental"
    transaction: str = "26"
    bank: str = "06200001"
    own_trace: str = "062000010000007"


def nacha(
    *entries: Returned, settled: str = "245", created: str = "260903", addenda: str = "99"
) -> bytes:
    """A return file with one batch; the sums are those of the entries."""
    lines = [
        f"101 091000019 062000019{created}0500A094101"
        f"{'SAMPLE BANK':<23}{'SAMPLE BANK 2':<23}{'':<8}"
    ]
    batch = (
        f"5225{'BIRCH MANAGED':<16}{'':<20}{'1234567890':<10}CCD{'INVOICE':<10}{'':<6}260901"
        f"{settled:>3}1062000010000001"
    )
    lines.append(batch)
    debited = credited = 0
    for entry in entries:
        lines.append(
            f"6{entry.transaction}{entry.bank}9{'123456789':<17}{entry.cents:010}"
            f"{entry.individual:<15}{entry.name:<22}  1{entry.own_trace}"
        )
        lines.append(f"7{addenda}{entry.code}{entry.trace}{'':<6}09100001{'':<44}{entry.own_trace}")
        if entry.transaction[-1] in "56789":
            debited += entry.cents
        else:
            credited += entry.cents
    count, hashed = 2 * len(entries), sum(int(entry.bank) for entry in entries) % 10**10
    sums = f"{hashed:010}{debited:012}{credited:012}"
    lines.append(f"8225{count:06}{sums}{'1234567890':<10}{'':<25}062000010000001")
    lines.append(f"9{1:06}{1:06}{count:08}{sums}{'':<39}")
    lines += ["9" * 94] * (-len(lines) % 10)
    assert {len(line) for line in lines} == {94}
    return ("\n".join(lines) + "\n").encode()


NACHA = nacha(
    Returned(),
    Returned(code="R10", trace="091000017654322", cents=8_000, own_trace="062000010000008"),
)


def euros(text: str) -> Money:
    return Money(amount=Decimal(text), currency="EUR")


def dollars(text: str) -> Money:
    return Money(amount=Decimal(text), currency="USD")


def told(reading: FileReading) -> list[tuple[str, str]]:
    """Kind and amount of every row, in order; fails when there are problems."""
    assert not reading.problems, "\n".join(map(str, reading.problems))
    return [
        ("payment" if row.payment is not None else "return", str(row.amount))
        for row in reading.rows
    ]


def codes(reading: FileReading) -> set[str]:
    """The codes of the problems, without what they have in common."""
    return {problem.code.removeprefix("payment-file-") for problem in reading.problems}
