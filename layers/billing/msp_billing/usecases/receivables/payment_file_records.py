"""What is kept of a payment file that came: what became of it, and of each of its rows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.money import Money
from msp_billing.domain.problems import Problem

RowFate = Literal["booked", "queued", "duplicate", "refused"]


class FileResult(Frozen):
    """What became of a file.

    ``refused`` says that nothing of it was booked, and ``problems`` why. A file that was taken has
    problems only for rows that contradict what was reported before under their key.
    """

    provider: Identifier
    file: str = Field(description="The kind of file, as the policy names it.")
    name: str
    sha256: str
    size_bytes: int
    taken: int = Field(default=0, description="Payments and returns in it.")
    booked: int = 0
    queued: int = Field(default=0, description="Waiting for a person.")
    skipped: int = Field(default=0, description="Rows that are no payments to us.")
    skipped_because: dict[str, int] = Field(default={}, description="How many, by reason.")
    duplicates: int = Field(
        default=0, description="Known from another file, or told twice in this one."
    )
    payments: tuple[Money, ...] = Field(default=(), description="Payments, by currency.")
    returns: tuple[Money, ...] = Field(default=(), description="Returns, by currency.")
    refused: bool = False
    problems: tuple[Problem, ...] = ()
    record: str = Field(default="", description="Key of the record in the records bucket.")
    repeated: bool = Field(
        default=False, description="The same file was taken before, and nothing was done now."
    )


class RowRecord(Frozen):
    """What became of one row."""

    line: int
    key: str
    kind: Literal["payment", "return"]
    amount: Money
    fate: RowFate
    account: Identifier | None = None
    problems: tuple[Problem, ...] = ()


class FileRecord(Frozen):
    """The record of a file, kept for as long as the invoices are."""

    schema_version: int = 1
    taken_at: datetime
    policy_version: str
    result: FileResult
    rows: tuple[RowRecord, ...] = ()
