"""A month billed by both systems: every line of one beside its line of the other, and why.

Lines of an account are paired by product (the mapping says which product an old one is) or by what
they are called. Each line is in exactly one row, so that the differences add up to the difference
of the totals; that is proved before anything is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from msp_billing.adapters.importing.invoice_lines import OldInvoiceLine

_ZERO = Decimal(0)


class DifferenceKind(StrEnum):
    """In what way two lines differ."""

    SAME = "same"
    DESCRIPTION = "description only"
    ONLY_OLD = "only in old"
    ONLY_NEW = "only in new"
    QUANTITY = "quantity"
    PRICE = "price"
    QUANTITY_AND_PRICE = "quantity and price"
    AMOUNT = "amount"  # the same quantity and price, and yet another amount
    ROUNDING = "rounding"
    TAX = "tax"


NO_MONEY = frozenset({DifferenceKind.SAME, DifferenceKind.DESCRIPTION})
"""Nothing that anybody pays differs."""


@dataclass(frozen=True)
class ShadowLine:
    """A line of either system, as it is compared.

    Attributes:
        account: the account's short name; the customer's name, where the directory has no account.
        product: as in the price book; empty where nobody said which product an old one is.
        why: the reasons of our line, or why we have none.
    """

    account: str
    product: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str
    site: str = ""
    is_tax: bool = False
    why: str = ""
    where: str = ""
    left_out: bool = False


@dataclass(frozen=True)
class ShadowRow:
    """What became of a line, or of two that belong together.

    Attributes:
        known: the reason that somebody wrote down for this difference.
    """

    account: str
    product: str
    kind: DifferenceKind
    old: ShadowLine | None
    new: ShadowLine | None
    currency: str
    known: str = ""

    @property
    def old_amount(self) -> Decimal:
        """What the old system billed."""
        return _ZERO if self.old is None else self.old.amount

    @property
    def new_amount(self) -> Decimal:
        """What we would bill."""
        return _ZERO if self.new is None else self.new.amount

    @property
    def difference(self) -> Decimal:
        """By how much we would bill more."""
        return self.new_amount - self.old_amount

    @property
    def is_open(self) -> bool:
        """Whether money differs and nobody said why."""
        return self.kind not in NO_MONEY and not self.known

    @property
    def why(self) -> str:
        """Our reason: of our line, else why we have none."""
        line = self.new or self.old
        return "" if line is None else line.why

    @property
    def title(self) -> str:
        """What it is about."""
        line = self.new or self.old
        assert line is not None, "a row has a line"
        return f"{line.description}, {line.site}" if line.site else line.description


@dataclass(frozen=True)
class ShadowTotal:
    """What both come to in a currency, and the differences between by their kind."""

    currency: str
    old: Decimal
    new: Decimal
    by_kind: dict[DifferenceKind, tuple[int, Decimal]]

    @property
    def difference(self) -> Decimal:
        """By how much we would bill more."""
        return self.new - self.old


def totals(rows: Iterable[ShadowRow]) -> tuple[ShadowTotal, ...]:
    """What both come to, by currency."""
    known = list(rows)
    found: list[ShadowTotal] = []
    for currency in sorted({row.currency for row in known}):
        of_it = [row for row in known if row.currency == currency]
        by_kind: dict[DifferenceKind, tuple[int, Decimal]] = {}
        for kind in DifferenceKind:
            alike = [row.difference for row in of_it if row.kind is kind]
            if alike:
                by_kind[kind] = (len(alike), sum(alike, _ZERO))
        found.append(
            ShadowTotal(
                currency=currency,
                old=sum((row.old_amount for row in of_it), _ZERO),
                new=sum((row.new_amount for row in of_it), _ZERO),
                by_kind=by_kind,
            )
        )
    return tuple(found)


def old_line(entry: OldInvoiceLine, account: str, product: str, site: str = "") -> ShadowLine:
    """A line of the old system as it is compared."""
    return ShadowLine(
        account=account,
        product=product,
        description=entry.description or entry.product,
        quantity=entry.quantity,
        unit_price=entry.unit_price,
        amount=entry.amount,
        currency=entry.currency,
        site=site,
        is_tax=entry.is_tax,
        where=f"{entry.place.file}:{entry.place.line}",
    )
