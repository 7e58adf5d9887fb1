"""Words of an account's comparison: what changed about a product, to read and to filter by."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.comparison import ComparisonRow


class Change(Enum):
    """What changed about a product since the month before."""

    NEW = 1
    ENDED = 2
    MORE = 3
    FEWER = 4
    PRICE = 5
    OTHER_ITEMS = 6
    TAKEN_OFF = 7
    SAME = 8


def change_of(row: ComparisonRow) -> Change:
    """The first that is true of the row.

    Discounts and credits are a kind of their own: one that is new makes the invoice smaller, and
    beside new products it would hide them.
    """
    if row.amount_change.amount and min(row.previous_amount.amount, row.current_amount.amount) < 0:
        return Change.TAKEN_OFF
    before = row.previous_quantity or row.previous_amount.amount
    now = row.current_quantity or row.current_amount.amount
    if bool(before) is not bool(now):
        return Change.NEW if now else Change.ENDED
    if row.quantity_change:
        return Change.MORE if row.quantity_change > 0 else Change.FEWER
    if row.amount_change.amount:
        return Change.PRICE
    return Change.OTHER_ITEMS if row.joined or row.left else Change.SAME


def change_word(change: Change) -> str:
    """One word to filter by."""
    return {
        Change.NEW: _("New"),
        Change.ENDED: _("Ended"),
        Change.MORE: _("More"),
        Change.FEWER: _("Fewer"),
        Change.PRICE: _("Price"),
        Change.OTHER_ITEMS: _("Other items"),
        Change.TAKEN_OFF: _("Taken off"),
        Change.SAME: _("Same"),
    }[change]


def change_sentence(change: Change) -> str:
    """The same in a few words more, for who reads it for the first time."""
    return {
        Change.NEW: _("New: not billed the month before"),
        Change.ENDED: _("Ended: not billed any more"),
        Change.MORE: _("More of it than the month before"),
        Change.FEWER: _("Fewer of it than the month before"),
        Change.PRICE: _("Price: as many, at another price"),
        Change.OTHER_ITEMS: _("Other items: as many, but not the same ones"),
        Change.TAKEN_OFF: _("Taken off: discounts and credits"),
        Change.SAME: _("Same: nothing changed"),
    }[change]
