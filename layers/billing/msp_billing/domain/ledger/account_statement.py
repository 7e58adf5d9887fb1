"""A statement as an account gets it: every entry of some days, and what is open after them.

It is worked out of the ledger's entries and nothing else, and it refuses to be made when its parts
do not tie out: opening balance and entries give the closing balance, and so do what is open by age
and the credit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, LocaleTag, Text
from msp_billing.domain.ledger.aging import Aging, aging
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.ledger.position_on_day import position_on
from msp_billing.domain.ledger.statements import Statement, statement
from msp_billing.domain.money import ExactDecimal
from msp_billing.domain.parties import Paper

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import OwedItem


class StatementItem(Frozen):
    """A document that is open at the end of the statement's last day."""

    document: Text
    kind: EntryKind
    title: Text
    on: date
    due_on: date
    amount: ExactDecimal = Field(description="What it was at first.")
    open: ExactDecimal = Field(description="What is left to pay of it.")


class Addressee(Frozen):
    """Whom a statement goes to, and how it reads."""

    name: Text
    address: tuple[Text, ...] = ()
    locale: LocaleTag = "en-US"
    paper: Paper | None = Field(default=None, description="By the currency, where it is not said.")


class AccountStatement(Frozen):
    """All that a statement of account tells, and to whom."""

    addressee: Addressee
    made_on: date = Field(description="The day in the provider's zone.")
    statement: Statement
    aging: Aging = Field(description="Of what is open at the end of the last day.")
    items: tuple[StatementItem, ...] = Field(description="What is open, oldest due date first.")
    final: bool = Field(default=False, description="Everything of an account that leaves (MSA-05).")
    unfinished: bool = Field(
        default=False, description="Of a final statement: something is left to do; it is a draft."
    )

    @model_validator(mode="after")
    def _ties_out(self) -> AccountStatement:
        told = self.statement
        moved = sum((line.amount for line in told.lines), Decimal(0))
        if told.opening_balance + moved != told.closing_balance:
            raise ValueError("opening balance and entries do not come to the closing balance")
        if self.aging.balance != told.closing_balance:
            raise ValueError(
                f"what is open by age, less credit, is {self.aging.balance}, "
                f"the closing balance {told.closing_balance}"
            )
        if sum((item.open for item in self.items), Decimal(0)) != self.aging.owed:
            raise ValueError("what is open does not come to its sum by age")
        return self

    @property
    def to_pay(self) -> Decimal:
        """What is to be paid in all, after credit; zero where the account owes nothing."""
        return max(self.statement.closing_balance, Decimal(0))


def account_statement(
    ledger: LedgerId,
    entries: Sequence[LedgerEntry],
    from_on: date,
    to_on: date,
    addressee: Addressee,
    made_on: date,
    *,
    final: bool = False,
    unfinished: bool = False,
) -> AccountStatement:
    """The statement of an account from the begin of one day to the end of another.

    Args:
        entries: all of the ledger, from its first one on.

    Raises:
        ValueError: when the days are in the wrong order.
    """
    position = position_on(ledger, entries, to_on)
    return AccountStatement(
        addressee=addressee,
        made_on=made_on,
        statement=statement(ledger, entries, from_on, to_on),
        aging=aging(position, to_on),
        items=tuple(_item(item) for item in position.open_items),
        final=final,
        unfinished=unfinished,
    )


def _item(item: OwedItem) -> StatementItem:
    return StatementItem(
        document=item.document,
        kind=item.kind,
        title=item.title,
        on=item.on,
        due_on=item.due_on,
        amount=item.amount,
        open=item.open,
    )
