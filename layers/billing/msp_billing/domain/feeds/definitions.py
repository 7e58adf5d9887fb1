"""Feeds: what an export looks like, and the one table of rows that all of them become."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.feeds.formats import FeedFormat, format_inconsistencies, with_preset
from msp_billing.domain.feeds.lost_rows import (
    DEFAULT_LOST_SHARE_LIMIT,
    AcceptedLoss,
    acceptance_inconsistencies,
)
from msp_billing.domain.money import ExactDecimal


class FeedColumns(Frozen):
    """Which column of the export holds what. Values are the export's own headers.

    In a JSON export they are names of fields; a point leads into an object: ``company.name``.
    """

    item_id: Text = Field(
        default="",
        description="What tells two items apart: a device id, an account name. Formats of a tool "
        "know it by themselves.",
    )
    name: Text | None = Field(default=None, description="The name shown to people.")
    account: Text | None = Field(default=None, description="Whose it is; for provider-wide feeds.")
    subscriber: Text | None = Field(default=None, description="Site or end customer.")
    online_on: Text | None = Field(default=None, description="Day it came online.")
    offboarded_on: Text | None = Field(default=None, description="Day it was offboarded.")
    last_seen_on: Text | None = Field(
        default=None, description="Day on which the tool last heard from it (INT-07)."
    )
    offboard_requested_on: Text | None = Field(
        default=None, description="Day on which its offboarding was asked for (INT-08)."
    )
    change_received_on: Text | None = Field(
        default=None, description="Day on which the newest change of it was received (COL-13)."
    )
    quantity: Text | None = Field(
        default=None, description="How many the row stands for, as on a vendor's invoice (COL-17)."
    )
    attributes: dict[Identifier, Text] = Field(
        default={}, description="Other columns that count rules filter by: name and header."
    )

    @property
    def days(self) -> tuple[str | None, ...]:
        """The columns that are days."""
        return (
            self.online_on,
            self.offboarded_on,
            self.last_seen_on,
            self.offboard_requested_on,
            self.change_received_on,
        )

    def headers(self) -> tuple[str, ...]:
        """Every header that the export must have."""
        named = (self.item_id, self.name, self.account, self.subscriber)
        given = (*named, *self.days, self.quantity)
        present = (header for header in given if header is not None)
        return (*present, *self.attributes.values())


class FeedDefinition(Frozen):
    """One export of one source: where it lies, how it is written, how old it may be."""

    feed: Identifier
    title: Text = Field(description="What people call the source, for example 'RMM devices'.")
    scope: Literal["provider", "account"] = Field(
        description="One file for all accounts, or a folder with one file per account."
    )
    format: FeedFormat = Field(
        default="csv",
        description="How the export is written: any table ('csv'), or as a tool writes it.",
    )
    encoding: Literal["utf-8", "utf-16", "windows-1252"] = "utf-8"
    delimiter: Literal[",", ";", "\t"] = ","
    date_format: Text | None = Field(
        default=None,
        description="For format 'ad-users': how dates are written, such as M/d/yyyy h:mm:ss tt.",
    )
    page_size: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        description="For formats whose pages do not say whether another follows: the number of "
        "items that a full page has.",
    )
    columns: FeedColumns = Field(
        default_factory=FeedColumns,
        description="What is where. A format of a tool knows most of it by itself.",
    )
    not_billed_here: tuple[Text, ...] = Field(
        default=(),
        description="Customers in a provider-wide export that are not billed with this system. Any "
        "other customer that the book does not know is reported by name.",
    )
    max_age_hours: int = Field(
        default=24, ge=1, le=24 * 62, description="How old the export may be at the moment."
    )
    lost_share_limit: ExactDecimal = Field(
        default=DEFAULT_LOST_SHARE_LIMIT,
        ge=0,
        le=1,
        description="Share of its rows that an export, or one account in it, may lose since the "
        "last month. More parks the accounts that need it, until a person accepts it; 1 accepts "
        "every loss.",
    )
    accept_lost_rows: tuple[AcceptedLoss, ...] = Field(
        default=(), description="Exports that lost more than that and are right."
    )

    @model_validator(mode="before")
    @classmethod
    def _is_completed_by_its_format(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        columns = data.get("columns")
        if isinstance(columns, FeedColumns):
            data = {**data, "columns": columns.model_dump(exclude_unset=True)}
        return with_preset(data)

    @model_validator(mode="after")
    def _fits_its_format(self) -> FeedDefinition:
        for what in format_inconsistencies(
            self.format,
            item_id=self.columns.item_id,
            quantity=self.columns.quantity,
            dated=any(self.columns.days),
            date_format=self.date_format,
            page_size=self.page_size,
        ):
            raise ValueError(what)
        return self

    @model_validator(mode="after")
    def _accepts_losses_of_its_own(self) -> FeedDefinition:
        for what in acceptance_inconsistencies(self.feed, self.scope, self.accept_lost_rows):
            raise ValueError(what)
        return self

    @model_validator(mode="after")
    def _knows_whose_rows(self) -> FeedDefinition:
        if (self.scope == "provider") != (self.columns.account is not None):
            raise ValueError(
                "a feed of scope 'provider' needs an 'account' column, one of scope 'account' "
                "has none"
            )
        return self


class FeedExport(Frozen):
    """One file of a feed, found where feeds are kept."""

    feed: Identifier
    key: str = Field(description="Where it lies, relative to the provider's feeds.")
    as_of_at: datetime = Field(description="The moment it describes, UTC.")
    time_zone: str = Field(description="The provider's: days in the export are local to it.")
    account: Identifier | None = Field(default=None, description="For feeds of scope 'account'.")
    sha256: str | None = Field(default=None, description="Announced checksum, when there is one.")


class FeedRow(NamedTuple):
    """One item of a feed, in the one shape that counting knows.

    A named tuple, because there may be a million of them; readers check what is in it.
    ``row`` is the line in the file, from 1, so that a person can find it.
    """

    item_id: str
    name: str
    account: str | None
    subscriber: str | None
    row: int
    online_on: date | None = None
    offboarded_on: date | None = None
    last_seen_on: date | None = None
    offboard_requested_on: date | None = None
    change_received_on: date | None = None
    quantity: int = 1
    """How many it stands for; 1 for one item."""
    attributes: Mapping[str, str] = MappingProxyType({})


class FeedSeal(Frozen):
    """What makes a count provable: the file it came from, and how fresh that was (INT-01)."""

    feed: Identifier
    key: str
    sha256: str = Field(description="Of the file's bytes, hexadecimal.")
    rows: int = Field(ge=0, description="Data rows read.")
    as_of_at: datetime
    age_hours: int = Field(description="Age at the snapshot moment, whole hours, rounded down.")
