"""What an engineer wrote."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

MAX_NOTE_LENGTH = 4_000

WorkNote = Annotated[str, StringConstraints(max_length=MAX_NOTE_LENGTH)]
"""On one line; may be empty."""
