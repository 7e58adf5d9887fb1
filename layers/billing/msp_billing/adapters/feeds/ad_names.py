"""Distinguished names of Active Directory: which organizational units a user is in."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{2}")


def organizational_units(distinguished_name: str) -> tuple[str, ...] | None:
    r"""The units that hold the object, the nearest one first; None when this is no such name.

    ``CN=Berg\, Ann,OU=Sales,OU=Active Users,DC=acme,DC=example`` is in Sales, which is in Active
    Users. Within a name a comma is escaped by a backslash, any byte by its two hexadecimal digits
    (RFC 4514).
    """
    units: list[str] = []
    parts = list(_split(distinguished_name))
    for part in parts:
        kind, is_named, value = part.partition("=")
        read = _unescaped(value)
        if not is_named or not kind.strip() or read is None:
            return None
        if kind.strip().casefold() == "ou":
            units.append(" ".join(read.split()))
    return tuple(units) if len(parts) > 1 else None


def _split(name: str) -> Iterator[str]:
    start = index = 0
    while index < len(name):
        if name[index] == "\\":
            index += 1
        elif name[index] == ",":
            yield name[start:index]
            start = index + 1
        index += 1
    yield name[start:]


def _unescaped(value: str) -> str | None:
    """The value without its escapes; None when one of them is broken."""
    read = bytearray()
    index = 0
    while index < len(value):
        character = value[index]
        if character != "\\":
            read += character.encode()
            index += 1
        elif digits := _HEXADECIMAL.match(value, index + 1):
            read.append(int(digits[0], 16))
            index += 3
        elif index + 1 < len(value):
            read += value[index + 1].encode()
            index += 2
        else:
            return None
    try:
        return read.decode()
    except UnicodeDecodeError:
        return None
