"""Number formats of cells, by the language and the currencies of a workbook.

Excel writes separators as the reader's own computer does; a format says where the symbol stands,
how many decimals there are, and in which language a month is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import currency_symbol
from msp_billing.adapters.language import current_locale
from msp_billing.domain.money import minor_unit_digits

if TYPE_CHECKING:
    from msp_billing.adapters.workbooks.xlsx_cells import Kind

UP, DOWN = "▲", "▼"
"""Say by their shape what colours say too, for print in black and white."""

_DAYS = {
    "de": "[$-407]d. mmmm yyyy",
    "en": "[$-409]d mmmm yyyy",
    "es": '[$-C0A]d "de" mmmm "de" yyyy',
    "fr": "[$-40C]d mmmm yyyy",
}
"""The number names the language of the month, as Windows counts languages."""


def number_formats(currencies: Sequence[str]) -> dict[Kind, str]:
    """The format of each kind of cell that holds a number or a day.

    Args:
        currencies: of the workbook's amounts. With several, amounts show no symbol.
    """
    money = money_format(currencies)
    language = current_locale().language
    percent = "0.0%" if language == "en" else "0.0\u00a0%"
    return {
        "quantity": "#,##0",
        "quantity_change": change_format("#,##0"),
        "money": f"{money};-{money}",
        "money_change": change_format(money),
        "percent": f'+{percent};-{percent};"–"',
        "day": _DAYS[language],
    }


def change_format(number: str) -> str:
    """A difference: an arrow and a sign say which way, a dash says that nothing changed."""
    return f'"{UP} "+{number};"{DOWN} "-{number};"–"'


def money_format(currencies: Sequence[str]) -> str:
    """An amount with the symbol where the language has it: ``"$"#,##0.00``, ``#,##0.00 "€"``."""
    digits = max(minor_unit_digits(currency) for currency in currencies)
    number = f"#,##0.{'0' * digits}" if digits else "#,##0"
    if len(currencies) > 1:
        return number
    symbol = currency_symbol(currencies[0])
    pattern = str(current_locale().currency_formats["standard"].pattern)
    if pattern.index("¤") > pattern.index("#"):
        return f'{number}"\u00a0{symbol}"'
    space = "\u00a0" if symbol[-1].isalpha() else ""
    return f'"{symbol}{space}"{number}'
