"""Seals: what bytes are known by, so that nobody changes them unseen."""

from __future__ import annotations

import hashlib


def seal(content: bytes) -> str:
    """The seal of stored bytes: their SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()
