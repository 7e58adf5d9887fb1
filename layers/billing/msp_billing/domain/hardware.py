"""Whose hardware is: what is rented stays the provider's property (COL-28)."""

from __future__ import annotations

from typing import Literal

Hardware = Literal["rented", "owned"]
"""rented: the provider's, which gets it back. owned: the customer's, who bought it."""


def whose(hardware: Hardware, provider: str) -> str:
    """What it means that hardware is rented or owned, in a sentence."""
    if hardware == "rented":
        return f"rented: it stays the property of {provider}"
    return "owned: it belongs to the customer"


def described(name: str, note: str | None, hardware: Hardware | None) -> str:
    """What the customer reads of a product: its name, the line's note, and whose it is."""
    noted = f"{name}, {note}" if note else name
    return f"{noted} ({hardware})" if hardware else noted
