"""BAI2, the American banks' report of balances and movements: its credits are payments.

Every control total and count is checked (account, group, file): a file that was cut, or from which
a line is missing, is refused as a whole. Amounts have no decimal point; the currency says where it
is. Groups that a bank marks as interim, as a correction, a deletion or a test are refused, because
their movements come again, perhaps in other words, and would count twice.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from msp_billing.adapters.feeds.feed_text import FeedTextError, text_blocks
from msp_billing.adapters.payments.bai2_codes import (
    RETURNED_DEPOSITS,
    is_known,
    method_of,
    why_no_payment,
)
from msp_billing.adapters.payments.bai2_records import (
    Record,
    after_funds,
    read_records,
    summary_amounts,
    whole_amount,
    whole_count,
)
from msp_billing.adapters.payments.bank_rows import BankRow, ReturnReason, with_keys
from msp_billing.adapters.payments.file_faults import Faults
from msp_billing.domain.money import Money, minor_unit_digits
from msp_billing.domain.payments.payment_policy import PaymentFile
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting

NO_MONEY = "moves no money"
_STATES = {"2": "a deletion", "3": "a correction", "4": "a test"}
_INTERIM = frozenset({"1", "3"})


def read_bai2(
    definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
) -> FileReading:
    """Read a file; with any problem, its rows are not to be used."""
    faults = Faults(file)
    try:
        text = "".join(text_blocks(io.BytesIO(content), definition.encoding, file))
    except FeedTextError as error:
        code = error.problem.code.replace("feed-", "payment-file-")
        faults.add_problem(error.problem.model_copy(update={"code": code}))
        return FileReading(problems=faults.all())
    reader = _Reader(definition, setting, faults)
    reader.read(read_records(text, faults))
    keyed = with_keys(setting.provider, definition.file, reader.rows, faults)
    return FileReading(rows=keyed.rows, skipped=dict(reader.skipped), problems=faults.all())


@dataclass(slots=True)
class _Level:
    """What was added up so far in the file, a group or an account."""

    total: int = 0
    parts: int = 0
    lines: int = 0


@dataclass(slots=True)
class _Open:
    """A group or an account that has begun."""

    line: int
    currency: str
    on: date | None
    name: str = ""
    sums: _Level = field(default_factory=_Level)


class _Reader:
    def __init__(self, definition: PaymentFile, setting: ReadingSetting, faults: Faults) -> None:
        self._definition = definition
        self._setting = setting
        self._faults = faults
        self._file: _Level | None = None
        self._group: _Open | None = None
        self._account: _Open | None = None
        self._ended = False
        self.rows: list[BankRow] = []
        self.skipped: Counter[str] = Counter()

    def read(self, records: list[Record]) -> None:
        steps = {
            "01": self._file_header,
            "02": self._group_header,
            "03": self._account_header,
            "16": self._detail,
            "49": self._account_trailer,
            "98": self._group_trailer,
            "99": self._file_trailer,
        }
        if not records:
            self._faults.add("empty", 1, "The file has no BAI2 records.")
            return
        for record in records:
            if self._ended:
                self._faults.add("order", record.line, "There is something behind the end (99).")
                return
            # Every level counts the lines in it, its own header and trailer among them.
            for level in (self._file, self._group, self._account):
                if level is not None:
                    (
                        level if isinstance(level, _Level) else level.sums
                    ).lines += record.physical_lines
            steps[record.code](record, record.fields())
        if not self._ended:
            self._faults.add("cut", records[-1].line, "The file ends before its trailer (99).")

    # --- Headers -------------------------------------------------------------------------------

    def _file_header(self, record: Record, fields: list[str]) -> None:
        if self._file is not None:
            self._faults.add("order", record.line, "A second file header (01).")
            return
        self._file = _Level(lines=record.physical_lines)
        version = fields[7] if len(fields) > 7 else ""
        if version != "2":
            self._faults.add(
                "version", record.line, f"BAI version '{version}' is not read, only version 2."
            )

    def _group_header(self, record: Record, fields: list[str]) -> None:
        if self._file is None or self._group is not None:
            self._faults.add("order", record.line, "A group (02) begins where none may.")
        padded = [*fields, *[""] * 7]
        state, modifier = padded[2], padded[6]
        if state in _STATES:
            self._faults.add(
                "group-status",
                record.line,
                f"The bank marks the group as {_STATES[state]} (status {state}).",
                "Ask the bank for the final report; enter a correction by hand.",
            )
        elif state != "1":
            self._faults.add("group-status", record.line, f"There is no group status '{state}'.")
        if modifier in _INTERIM:
            self._faults.add(
                "interim",
                record.line,
                "The report is an interim one: its movements come again in the final report.",
                "Have the bank put only final reports (modifier 2 or 4) here.",
            )
        on = self._day(record, padded[3])
        self._group = _Open(record.line, padded[5] or self._setting.currency, on)
        self._group.sums.lines = record.physical_lines

    def _account_header(self, record: Record, fields: list[str]) -> None:
        if self._group is None or self._account is not None:
            self._faults.add("order", record.line, "An account (03) begins where none may.")
        group = self._group or _Open(record.line, self._setting.currency, None)
        currency = fields[1] if len(fields) > 1 and fields[1] else group.currency
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            self._faults.add("currency", record.line, f"'{currency}' is no currency.")
            currency = self._setting.currency
        self._account = _Open(record.line, currency.upper(), group.on, fields[0])
        self._account.sums.lines = record.physical_lines
        amounts = summary_amounts(fields[2:])
        if amounts is None:
            self._faults.add("summary", record.line, "The balances of the account cannot be read.")
        else:
            self._account.sums.total = sum(amounts)

    # --- Details -------------------------------------------------------------------------------

    def _detail(self, record: Record, fields: list[str]) -> None:
        account = self._account
        if account is None:
            self._faults.add("order", record.line, "A movement (16) stands outside any account.")
            return
        code = fields[0]
        units = whole_amount(fields[1]) if len(fields) > 1 else None
        if not is_known(code):
            self._faults.add("type-code", record.line, f"'{code}' is no type code of a movement.")
            return
        if units is None or units < 0:
            found = fields[1] if len(fields) > 1 else ""
            self._faults.add("amount", record.line, f"'{found}' is no amount of a movement.")
            return
        account.sums.total += units
        rest = after_funds(fields[2:])
        if rest is None:
            self._faults.add("funds", record.line, f"The funds type '{fields[2]}' cannot be read.")
            return
        why = why_no_payment(code, self._definition.methods)
        returned = RETURNED_DEPOSITS.get(code)
        if not units:
            self.skipped[NO_MONEY] += 1
        elif why is not None and returned is None:
            self.skipped[why] += 1
        elif account.on is not None:
            reason = None if returned is None else ReturnReason(f"BAI-{code}", returned)
            self.rows.append(self._row(record, account, account.on, code, units, rest, reason))

    def _row(
        self,
        record: Record,
        account: _Open,
        on: date,
        code: str,
        units: int,
        rest: list[str],
        returned: ReturnReason | None,
    ) -> BankRow:
        bank, customer = [*rest, "", ""][:2]
        text = ", ".join(part for part in rest[2:] if part).rstrip("/ ")
        amount = Decimal(units).scaleb(-minor_unit_digits(account.currency))
        # The bank's reference need not be of one movement only, so it is part of the key and not
        # the key. Where there is none, the text has to tell movements apart.
        told_apart = (bank, customer) if bank else (customer, text)
        return BankRow(
            line=record.line,
            on=on,
            amount=Money(amount=amount, currency=account.currency),
            method=method_of(code, self._definition.methods, self._definition.method),
            identity=(account.name, code, *told_apart),
            hint=bank or customer,
            texts=(customer, text, bank),
            trace=(customer or bank if returned else bank or customer) or None,
            returned=returned,
        )

    # --- Trailers ------------------------------------------------------------------------------

    def _account_trailer(self, record: Record, fields: list[str]) -> None:
        account, group = self._account, self._group
        if account is None or group is None:
            self._faults.add("order", record.line, "An account ends (49) that never began.")
            return
        self._check(record, fields, "account", account.sums, parts=None)
        group.sums.total += account.sums.total
        group.sums.parts += 1
        self._account = None

    def _group_trailer(self, record: Record, fields: list[str]) -> None:
        group, whole = self._group, self._file
        if self._account is not None:
            self._faults.add("order", record.line, "The group ends (98) inside an account.")
        if group is None or whole is None:
            self._faults.add("order", record.line, "A group ends (98) that never began.")
            return
        self._check(record, fields, "group", group.sums, parts="accounts")
        whole.total += group.sums.total
        whole.parts += 1
        self._group = self._account = None

    def _file_trailer(self, record: Record, fields: list[str]) -> None:
        self._ended = True
        if self._file is None or self._group is not None:
            self._faults.add("order", record.line, "The file ends (99) inside a group.")
            return
        self._check(record, fields, "file", self._file, parts="groups")

    def _check(
        self, record: Record, fields: list[str], what: str, sums: _Level, parts: str | None
    ) -> None:
        """Compare a trailer with what was added up.

        Nothing may stand behind the last count, and a slash ends it: a trailer that was cut inside
        a number would otherwise be another trailer.
        """
        expected = 2 if parts is None else 3
        if len(fields) < expected or not record.pieces[-1].rstrip().endswith("/"):
            self._faults.add("cut", record.line, f"The trailer of the {what} is not whole.")
            return
        if not fields[0] or whole_amount(fields[0]) != sums.total:
            self._faults.add(
                "total",
                record.line,
                f"The amounts of the {what} add up to {sums.total}, its control total is "
                f"'{fields[0]}'.",
            )
        if parts is not None and whole_count(fields[1]) != sums.parts:
            self._faults.add(
                "count", record.line, f"The {what} has {sums.parts} {parts}, not '{fields[1]}'."
            )
        if whole_count(fields[expected - 1]) != sums.lines:
            self._faults.add(
                "count",
                record.line,
                f"The {what} has {sums.lines} records, not '{fields[expected - 1]}'.",
            )

    def _day(self, record: Record, text: str) -> date | None:
        try:
            return datetime.strptime(text, "%y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            self._faults.add("date", record.line, f"'{text}' is no date of the form YYMMDD.")
            return None
