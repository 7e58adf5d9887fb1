"""``opening-balances.csv`` of a provider directory: what was open on the day of the take-over.

Import writes it, a clerk looks at it and may correct it, ``mspbill opening-balances`` enters it.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.adapters.formatting import format_money
from msp_billing.adapters.importing.old_records import WHOLE_BALANCE
from msp_billing.domain.ledger.openings import OpeningItem
from msp_billing.domain.money import Money
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_customers import Customers
    from msp_billing.adapters.importing.old_records import OldBook, OldOpenItem

OPENING_FILE = "opening-balances.csv"
COLUMNS = ("account", "number", "kind", "date", "due_date", "amount", "currency", "customer")


def opening_items(
    book: OldBook, customers: Customers, currency: str
) -> tuple[tuple[OpeningItem, ...], tuple[Money, ...]]:
    """What is open by account; the report says of everything else why it is not taken.

    Returns:
        The items by account and number, and what could not be taken comes to, by currency.
    """
    left: dict[str, Decimal] = {}
    owned: list[tuple[OldOpenItem, str, str]] = []
    for entry in book.open_items:
        found = customers.account_of(entry.customer)
        if found is None:
            of = entry.currency or currency
            left[of] = left.get(of, Decimal(0)) + entry.amount
            fix = (
                "It comes with its customer. One that stays in the old system pays it there; "
                "nothing is to be done then."
            )
            amount = format_money(entry.amount, of)
            told = f"{entry.customer}: {entry.number or entry.kind} of {amount}"
            reason = f"'{entry.customer}' is no account here"
            book.leave("open item", told, entry.place, reason, fix)
            continue
        account, of_customer = found
        owned.append((entry, account, entry.currency or of_customer or currency))
    items: list[OpeningItem] = []
    for (entry, account, of), number in zip(owned, _numbers(owned), strict=True):
        try:
            item = _item(entry, account, of, number)
        except ValidationError as error:
            left[of] = left.get(of, Decimal(0)) + entry.amount
            reason = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
            book.leave("open item", entry.number, entry.place, reason, "Correct the row.")
            continue
        made_up = "" if entry.number else f", under the number {item.document}"
        what = f"as {item.kind} of {account}{made_up}"
        book.take("open item", f"{entry.number or entry.kind}", entry.place, what)
        items.append(item)
    return tuple(sorted(items, key=lambda item: (item.account, item.document))), tuple(
        Money(amount=amount, currency=of) for of, amount in sorted(left.items()) if amount
    )


def _numbers(owned: Sequence[tuple[OldOpenItem, str, str]]) -> Iterator[str]:
    """The number of each item, with its account.

    What has none gets one of its kind and date. It says whose it is where another account would
    have the same one: a number that stands twice is refused when it is entered.
    """
    owners: dict[str, set[str]] = {}
    for entry, account, _ in owned:
        if not entry.number:
            owners.setdefault(_made_up(entry), set()).add(account)
    times: Counter[tuple[str, str]] = Counter()
    for entry, account, _ in owned:
        if entry.number:
            whole = entry.number.startswith(WHOLE_BALANCE)
            yield f"{entry.number}-{account}" if whole else entry.number
            continue
        number = _made_up(entry)
        if len(owners[number]) > 1:
            number = f"{number} {account}"
        times[account, number] += 1
        again = times[account, number]
        yield number if again == 1 else f"{number} ({again})"


def _made_up(entry: OldOpenItem) -> str:
    return f"{entry.kind or 'Balance'} {entry.on}"


def _item(entry: OldOpenItem, account: str, currency: str, number: str) -> OpeningItem:
    is_invoice = entry.amount > 0
    return OpeningItem(
        account=account,
        document=number,
        kind="invoice" if is_invoice else "credit",
        on=entry.on,
        due_on=(entry.due_on or entry.on) if is_invoice else None,
        amount=abs(entry.amount),
        currency=currency,
    )


def opening_csv(items: Iterable[OpeningItem], names: dict[str, str]) -> bytes:
    """The file.

    Args:
        names: of customers by account, for who reads it.
    """
    return csv_file(
        COLUMNS,
        (
            [
                item.account,
                inert(item.document),
                item.kind,
                item.on.isoformat(),
                item.due_on.isoformat() if item.due_on else "",
                format(item.amount, "f"),
                item.currency,
                inert(names.get(item.account, item.account)),
            ]
            for item in items
        ),
    )


def read_openings(path: Path) -> tuple[OpeningItem, ...]:
    """The items of the file.

    Raises:
        ProblemsError: with every row that cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        fix = "Write it with mspbill import, or by hand from the template (open-invoices.csv)."
        what = "The directory has no opening-balances.csv."
        raise ProblemsError(
            [Problem(code="file-missing", what=what, fix=fix, file=OPENING_FILE)]
        ) from None
    except UnicodeDecodeError as error:
        what = f"Byte {error.start} is not UTF-8."
        fix = "Save it as 'CSV UTF-8'."
        raise ProblemsError([_problem(1, what, fix)]) from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in COLUMNS[:-1] if name not in (reader.fieldnames or ())]
    if missing:
        what = f"It lacks the column '{missing[0]}'."
        raise ProblemsError([_problem(1, what, f"The columns are {', '.join(COLUMNS)}.")])
    items: list[OpeningItem] = []
    problems: list[Problem] = []
    for row in reader:
        cells = {key: (value or "").strip().lstrip("'") for key, value in row.items() if key}
        try:
            facts = {
                "account": cells["account"],
                "document": cells["number"],
                "kind": cells["kind"],
                "on": cells["date"],
                "due_on": cells["due_date"] or None,
                "amount": cells["amount"],
                "currency": cells["currency"],
            }
            items.append(OpeningItem.model_validate(facts))
        except ValidationError as error:
            problems += _of_row(reader.line_num, error)
    if problems:
        raise ProblemsError(problems)
    return tuple(items)


def _of_row(line: int, error: ValidationError) -> Sequence[Problem]:
    return [
        _problem(
            line,
            f"{entry['loc'][0] if entry['loc'] else 'the row'}: {entry['msg']}, not "
            f"'{entry['input']}'.",
            "Dates are written 2026-11-30, amounts 1234.50; kind is invoice or credit.",
        )
        for entry in error.errors()
    ]


def _problem(line: int, what: str, fix: str) -> Problem:
    return Problem(code="opening-file", what=what, fix=fix, file=OPENING_FILE, line=line)
