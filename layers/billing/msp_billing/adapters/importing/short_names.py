"""Short names of accounts, agreements and lines, made of the names that they had."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_LENGTH = 40


def short_name(name: str) -> str:
    """A name in lower case, digits and hyphens, at most 40 characters long; 'x' for nothing.

    Accents fall away, '&' becomes 'and': ``Müller & Söhne, Inc.`` is ``muller-and-sohne-inc``.
    """
    plain = unicodedata.normalize("NFKD", name.replace("&", " and ").replace("ß", "ss"))
    text = plain.encode("ascii", "ignore").decode().casefold().replace("'", "")
    found = re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:_LENGTH].strip("-")
    return found or "x"


def free_name(wanted: str, taken: Container[str]) -> str:
    """The name itself, or with the first number that is free: ``acme``, ``acme-2``, ``acme-3``."""
    if wanted not in taken:
        return wanted
    number = 2
    while True:
        ending = f"-{number}"
        name = f"{wanted[: _LENGTH - len(ending)].rstrip('-')}{ending}"
        if name not in taken:
            return name
        number += 1
