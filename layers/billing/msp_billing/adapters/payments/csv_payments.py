"""A bank's CSV file: its rows by the mapping that the policy gives (``PaymentFile.columns``)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.feed_text import FeedTextError, lines_of, text_blocks
from msp_billing.adapters.payments.bank_rows import BankRow, clean_text, with_keys
from msp_billing.adapters.payments.csv_amounts import AmountError, read_amount
from msp_billing.adapters.payments.file_faults import SEND_AGAIN, Faults
from msp_billing.domain.payments.checks import EARLIEST
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting

if TYPE_CHECKING:
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.payment_policy import CsvColumns, PaymentFile

MAX_LINES_BEFORE_HEADER = 30
"""Banks write the account's name and balance above the table; further down it is no header."""

MONEY_OUT = "money that went out"
_YEARS = range(EARLIEST.year, 2200)


def read_csv_payments(
    definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
) -> FileReading:
    """Read a file. Rows with negative amounts are skipped; everything unclear is a problem.

    The file has no control totals, so that a file that was cut exactly between two rows cannot be
    told from a whole one: it gives the payments of its whole rows, and the whole file, when it
    comes, the others. One that was cut inside its last row is refused.
    """
    faults = Faults(file)
    if definition.columns is None:
        faults.add(
            "mapping", None, "The policy maps no columns.", "Add 'columns' to the file's policy."
        )
        return FileReading(problems=faults.all())
    text = _text(definition, content, file, faults)
    skipped: Counter[str] = Counter()
    rows = () if text is None else tuple(_Table(definition, setting, faults, skipped).rows(text))
    keyed = with_keys(setting.provider, definition.file, rows, faults)
    return FileReading(
        rows=keyed.rows, skipped=dict(skipped), repeated=keyed.repeated, problems=faults.all()
    )


def _text(definition: PaymentFile, content: bytes, file: str, faults: Faults) -> str | None:
    try:
        text = "".join(text_blocks(io.BytesIO(content), definition.encoding, file))
    except FeedTextError as error:
        wanted = "Save the file in one encoding, and name it as 'encoding' of the payment file."
        code = error.problem.code.replace("feed-", "payment-file-")
        faults.add_problem(error.problem.model_copy(update={"code": code, "fix": wanted}))
        return None
    if not text.strip():
        faults.add("empty", 1, "The file is empty.")
        return None
    if not text.endswith(("\n", "\r")):
        faults.add(
            "cut",
            text.count("\n") + 1,
            "The last line does not end in a line end: the file was probably cut.",
            "Fetch the whole file again; if it is whole, add a line end.",
        )
    return text


@dataclass(frozen=True, slots=True)
class _Header:
    line: int
    columns: dict[str, int]
    cells: int


class _Table:
    def __init__(
        self,
        definition: PaymentFile,
        setting: ReadingSetting,
        faults: Faults,
        skipped: Counter[str],
    ) -> None:
        assert definition.columns is not None, "the caller has refused such a mapping"
        self._definition = definition
        self._columns: CsvColumns = definition.columns
        self._currency = setting.currency
        self._faults = faults
        self._skipped = skipped

    def rows(self, text: str) -> Iterator[BankRow]:
        header: _Header | None = None
        for line, cells in self._cells(text):
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = self._header(line, cells)
                if header is None and line >= MAX_LINES_BEFORE_HEADER:
                    break
            elif len(cells) != header.cells:
                self._faults.add(
                    "cells", line, f"The row has {len(cells)} cells, its header {header.cells}."
                )
            else:
                yield from self._row(line, header, cells)
        if header is None:
            self._no_header(text)

    def _cells(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows with the line on which each begins."""
        reader = csv.reader(lines_of(text), delimiter=self._definition.delimiter, strict=True)
        line = 1
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._faults.add("quotes", line, f"The row cannot be read: {error}.")
                return
            yield line, cells
            line = reader.line_num + 1

    def _wanted(self) -> list[str]:
        columns = self._columns
        single = (columns.external_id, columns.payer, columns.method, columns.account)
        names = [columns.date, columns.amount, *columns.texts, *(n for n in single if n)]
        return list(dict.fromkeys(names))

    def _header(self, line: int, cells: list[str]) -> _Header | None:
        names = [clean_text(cell) for cell in cells]
        if not set(self._wanted()) <= set(names):
            return None
        for name in self._wanted():
            if names.count(name) > 1:
                self._faults.add(
                    "column-twice",
                    line,
                    f"The column '{name}' is there {names.count(name)} times.",
                    "Rename one of them in the file, or map another column.",
                )
        return _Header(line, {name: names.index(name) for name in names}, len(names))

    def _no_header(self, text: str) -> None:
        wanted = ", ".join(f"'{name}'" for name in self._wanted())
        first = clean_text(text.lstrip().splitlines()[0])[:200]
        self._faults.add(
            "header",
            1,
            f"No line has the columns {wanted}; the first line is '{first}'.",
            "Map the columns that the file has, and its delimiter, under the payment file's "
            "'columns' and 'delimiter'.",
        )

    def _row(self, line: int, header: _Header, cells: list[str]) -> Iterator[BankRow]:
        def cell(name: str | None) -> str:
            return "" if name is None else clean_text(cells[header.columns[name]])

        columns = self._columns
        booked_on = self._day(line, cell(columns.date))
        amount = self._amount(line, cell(columns.amount))
        external_id = cell(columns.external_id)
        if columns.external_id and not external_id:
            self._faults.add(
                "id-empty",
                line,
                f"The column '{columns.external_id}' is empty: the payment has no id.",
                "Map no 'external_id' if the bank does not give every row one.",
            )
        if booked_on is None or amount is None:
            return
        if amount.amount < 0:
            self._skipped[MONEY_OUT] += 1
            return
        texts = tuple(cell(name) for name in columns.texts)
        payer, account = cell(columns.payer), cell(columns.account)
        word = cell(columns.method)
        yield BankRow(
            line=line,
            on=booked_on,
            amount=amount,
            method=self._definition.methods.get(word, self._definition.method),
            external_id=external_id or None,
            identity=(*texts, payer, account, word),
            texts=texts,
            payer=payer or None,
            account=account or None,
            trace=external_id or None,
        )

    def _day(self, line: int, text: str) -> date | None:
        form = self._definition.date_format
        try:
            found = datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            found = None
        if found is None or found.year not in _YEARS:
            self._faults.add(
                "date",
                line,
                f"'{text}' is no date of the form {form}.",
                "Correct it, or name the right form as 'date_format' of the payment file.",
            )
            return None
        return found

    def _amount(self, line: int, text: str) -> Money | None:
        try:
            found = read_amount(text, self._currency, self._definition.decimal_comma)
        except AmountError as error:
            fix = "Correct it, or set 'decimal_comma' of the payment file as the bank writes."
            self._faults.add("amount", line, str(error), fix)
            return None
        if not found.amount:
            self._faults.add("amount", line, "The amount is zero: that is no payment.", SEND_AGAIN)
            return None
        return found
