"""NACHA return files: which ACH debits came back, why, and the trace number of the payment.

A return is an entry detail (6) with an addenda record of type 99 behind it. Every control record is
checked. Notifications of change (98) and entries that are no returns move no money and are skipped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.payments.bank_rows import BankRow, ReturnReason, with_keys
from msp_billing.adapters.payments.file_faults import Faults
from msp_billing.adapters.payments.nacha_reasons import reason_of
from msp_billing.adapters.payments.nacha_records import (
    Record,
    Sums,
    check_batch,
    check_file,
    is_debit,
    read_records,
)
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting

if TYPE_CHECKING:
    from msp_billing.domain.payments.payment_policy import PaymentFile

CHANGE_NOTICE = "notification of change"
NO_RETURN = "no return"
NO_MONEY = "moves no money"
OWN_PAYMENT_BACK = "a payment of ours that came back"
_RETURN, _CHANGE = "99", "98"
_HALF_A_YEAR = timedelta(days=183)
_CURRENCY = "USD"  # ACH settles in dollars; an IAT entry carries the dollar amount too


def read_nacha_returns(
    definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
) -> FileReading:
    """Read a file; with any problem, its rows are not to be used."""
    faults = Faults(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.add("encoding", line, "The file has bytes that ACH does not know.")
        return FileReading(problems=faults.all())
    reader = _Reader(faults)
    reader.read(read_records(text, faults))
    keyed = with_keys(setting.provider, definition.file, reader.rows, faults)
    return FileReading(rows=keyed.rows, skipped=dict(reader.skipped), problems=faults.all())


@dataclass(slots=True)
class _Entry:
    record: Record
    addenda: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    header: Record
    sums: Sums = field(default_factory=Sums)
    entries: list[_Entry] = field(default_factory=list)


class _Reader:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._created_on: date | None = None
        self._begun = self._ended = False
        self._sums = Sums()
        self._batch: _Batch | None = None
        self.rows: list[BankRow] = []
        self.skipped: Counter[str] = Counter()

    def read(self, records: list[Record]) -> None:
        steps = {
            "1": self._file_header,
            "5": self._batch_header,
            "6": self._entry,
            "7": self._addenda,
            "8": self._batch_control,
            "9": self._file_control,
        }
        if not records:
            self._faults.add("empty", 1, "The file has no NACHA records.")
            return
        for record in records:
            if self._ended or (not self._begun and record.kind != "1"):
                where = "behind the file control" if self._ended else "before the file header"
                self._faults.add("order", record.line, f"A record stands {where}.")
                return
            steps[record.kind](record)
        if not self._ended:
            self._faults.add("cut", records[-1].line, "The file ends before its control record.")

    def _file_header(self, record: Record) -> None:
        if self._begun:
            self._faults.add("order", record.line, "A second file header.")
        self._begun = True
        text = record.at(24, 29)
        try:
            self._created_on = datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            self._faults.add("date", record.line, f"'{text}' is no creation date (YYMMDD).")

    def _batch_header(self, record: Record) -> None:
        if self._batch is not None:
            self._faults.add("order", record.line, "A batch begins before the last one has ended.")
        self._batch = _Batch(record)

    def _entry(self, record: Record) -> None:
        if self._batch is None:
            self._faults.add("order", record.line, "An entry stands outside any batch.")
            return
        amount, bank = record.number(30, 39), record.number(4, 11)
        if amount is None or bank is None or record.number(2, 3) is None:
            self._faults.add(
                "entry", record.line, "The entry's code, bank or amount are no digits."
            )
            return
        sums = self._batch.sums
        sums.records += 1
        sums.entry_hash += bank
        if is_debit(record.at(2, 3)):
            sums.debits += amount
        else:
            sums.credits += amount
        self._batch.entries.append(_Entry(record))

    def _addenda(self, record: Record) -> None:
        if self._batch is None or not self._batch.entries:
            self._faults.add("order", record.line, "An addenda record has no entry before it.")
            return
        self._batch.sums.records += 1
        self._batch.entries[-1].addenda.append(record)

    def _batch_control(self, record: Record) -> None:
        if self._batch is None:
            self._faults.add("order", record.line, "A batch ends that never began.")
            return
        batch, self._batch = self._batch, None
        check_batch(record, batch.sums, batch.header.number(88, 94), self._faults)
        self._sums.add(batch.sums)
        settled_on = self._settled_on(batch.header)
        for entry in batch.entries:
            self._take(batch.header, entry, settled_on)

    def _file_control(self, record: Record) -> None:
        self._ended = True
        if self._batch is not None:
            self._faults.add("cut", record.line, "The file ends inside a batch.")
        check_file(record, self._sums, self._faults)

    # --- From an entry to a return -------------------------------------------------------------

    def _take(self, header: Record, entry: _Entry, settled_on: date | None) -> None:
        kinds = {addenda.at(2, 3): addenda for addenda in entry.addenda}
        returned = kinds.get(_RETURN)
        if returned is None:
            self.skipped[CHANGE_NOTICE if _CHANGE in kinds else NO_RETURN] += 1
            return
        code, trace = returned.at(4, 6), returned.at(7, 21)
        if not code.startswith("R") or not code[1:].isdigit() or len(code) != 3:
            self._faults.add("return", returned.line, f"'{code}' is no return reason code.")
            return
        if len(trace) != 15 or not trace.isdigit():
            self._faults.add(
                "return", returned.line, f"'{trace}' is no trace number of the returned entry."
            )
            return
        cents = entry.record.number(30, 39) or 0
        if not cents:
            self.skipped[NO_MONEY] += 1
        elif not is_debit(entry.record.at(2, 3)):
            self.skipped[OWN_PAYMENT_BACK] += 1
        elif settled_on is not None:
            self.rows.append(_row(header, entry.record, returned, cents, settled_on))

    def _settled_on(self, header: Record) -> date | None:
        """The day on which the return settled; the day of the file where the operator gave none.

        The header has the day of the year alone; its year is the one nearest to the file's day.
        """
        created_on, day = self._created_on, header.number(76, 78)
        if created_on is None or not day or day > 366:
            return created_on
        years = (created_on.year - 1, created_on.year, created_on.year + 1)
        days = [date(year, 1, 1) + timedelta(days=day - 1) for year in years]
        near = min(days, key=lambda one: abs(one - created_on))
        return near if abs(near - created_on) <= _HALF_A_YEAR else created_on


def _row(header: Record, entry: Record, returned: Record, cents: int, on: date) -> BankRow:
    kind = header.at(51, 53)
    # IAT names the receiver in addenda; CTX has a number of addenda before the name.
    name = "" if kind == "IAT" else entry.at(59, 76) if kind == "CTX" else entry.at(55, 76)
    individual = "" if kind == "IAT" else entry.at(40, 54)
    code, trace = returned.at(4, 6), returned.at(7, 21)
    information = returned.at(36, 79)
    own_trace = returned.at(80, 94) or entry.at(80, 94)
    reason = reason_of(code)
    return BankRow(
        line=entry.line,
        on=on,
        amount=Money(amount=Decimal(cents).scaleb(-2), currency=_CURRENCY),
        method=PaymentMethod.ACH,
        identity=(trace, own_trace, code, entry.at(4, 12), entry.at(13, 29), individual),
        # Without a settlement day the file's own stands in; the key must not know the file.
        day_told="" if header.number(76, 78) else header.at(70, 75) or "undated",
        hint=f"{code}-{trace}",
        texts=(individual, information, header.at(54, 63)),
        payer=name or None,
        trace=trace,
        returned=ReturnReason(code, f"{reason} ({information})" if information else reason),
    )
