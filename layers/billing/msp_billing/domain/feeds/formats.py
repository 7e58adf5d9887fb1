"""The formats that an export can have, and what each tool's own format says by itself.

``csv`` is any table, read by the columns that the provider names. The others are presets: the
export of one tool as that tool writes it, of which the provider names only what is his choice.
What each of them looks like, and where its maker describes it, is in docs/feeds.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msp_billing.domain.feeds.date_formats import DateFormat, DateFormatError

FeedFormat = Literal[
    "csv",
    "ad-users",
    "graph-users",
    "ncentral-devices",
    "ninjaone-devices",
    "connectwise-contacts",
    "duo-users",
    "vendor-invoice",
]

SEVERAL_VALUES = "\n"
"""What stands between the values of an attribute that has several, such as a user's licences."""


@dataclass(frozen=True, slots=True)
class FormatPreset:
    """What a format says by itself, so that nobody has to write it into provider.yaml."""

    columns: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    """Where the customer stands in an export of all of them; None where the tool does not say."""

    suffixes: tuple[str, ...] = (".csv",)
    pages_of_stated_size: bool = False
    """Whether only a page that is not full tells that it is the last one."""

    dates_as_written: bool = False
    """Whether dates are written as the source machine's language writes them."""


_JSON = (".json", ".jsonl")

FORMAT_PRESETS: Mapping[FeedFormat, FormatPreset] = {
    "csv": FormatPreset(),
    "ad-users": FormatPreset(
        columns={"item_id": "ObjectGUID", "name": "Name"},
        attributes={
            "enabled": "Enabled",
            "ou": "ou",
            "within-ou": "within-ou",
            "ou-path": "ou-path",
        },
        dates_as_written=True,
    ),
    "graph-users": FormatPreset(
        columns={"item_id": "id", "name": "displayName", "online_on": "createdDateTime"},
        attributes={"enabled": "accountEnabled", "license": "licenses", "licensed": "licensed"},
        suffixes=_JSON,
    ),
    "ncentral-devices": FormatPreset(
        columns={
            "item_id": "deviceId",
            "name": "longName",
            "subscriber": "siteName",
            "last_seen_on": "lastApplianceCheckinTime",
        },
        attributes={"device-type": "deviceClass", "license": "licenseMode"},
        account="customerName",
        suffixes=_JSON,
    ),
    "ninjaone-devices": FormatPreset(
        columns={
            "item_id": "id",
            "name": "name",
            "online_on": "created",
            "last_seen_on": "lastContact",
        },
        attributes={"device-type": "nodeClass", "approval": "approvalStatus"},
        account="organizationId",
        suffixes=_JSON,
        pages_of_stated_size=True,
    ),
    "connectwise-contacts": FormatPreset(
        columns={"item_id": "id", "name": "name"},
        attributes={"contact-type": "contactTypes", "status": "status"},
        account="company.name",
        suffixes=_JSON,
        pages_of_stated_size=True,
    ),
    "duo-users": FormatPreset(
        columns={
            "item_id": "user_id",
            "name": "username",
            "online_on": "created",
            "last_seen_on": "last_login",
        },
        attributes={"status": "status", "enrolled": "is_enrolled", "group": "groupNames"},
        suffixes=_JSON,
    ),
    "vendor-invoice": FormatPreset(attributes={"seats": "seats"}),
}


def with_preset(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A feed's definition as written, completed by what its format says by itself.

    What the provider writes goes before; a column that he sets to nothing is left out. A
    definition that is complete already stays as it is.
    """
    preset = FORMAT_PRESETS.get(definition.get("format", "csv"))
    columns = definition.get("columns", {})
    if preset is None or not isinstance(columns, Mapping):
        return dict(definition)
    own = columns.get("attributes") or {}
    if not isinstance(own, Mapping):
        return dict(definition)
    by_account = {"account": preset.account} if definition.get("scope") == "provider" else {}
    attributes = {**preset.attributes, **own}
    complete = {**preset.columns, **by_account, **columns, "attributes": attributes}
    return {**definition, "columns": complete}


def format_inconsistencies(
    name: FeedFormat,
    *,
    item_id: str,
    quantity: str | None,
    dated: bool,
    date_format: str | None,
    page_size: int | None,
) -> Iterator[str]:
    """What a definition lacks that its format needs, or says that its format cannot have.

    Args:
        name: the format.
        item_id: the column that tells items apart; empty when there is none.
        quantity: the column that says how many a row stands for.
        dated: whether any column is a day.
        date_format: how dates are written, if the definition says so.
        page_size: how many items a full page has, if the definition says so.
    """
    preset = FORMAT_PRESETS[name]
    if not item_id:
        yield f"a feed of the format '{name}' needs an 'item_id' under 'columns'"
    if name == "vendor-invoice" and quantity is None:
        yield f"a feed of the format '{name}' needs a 'quantity' under 'columns'"
    if preset.dates_as_written and dated and date_format is None:
        yield (
            f"a feed of the format '{name}' with a column that is a day needs 'date_format', such "
            "as M/d/yyyy h:mm:ss tt: how the machine that exports writes dates"
        )
    if date_format is not None and not preset.dates_as_written:
        yield f"a feed of the format '{name}' has no 'date_format': its dates are read as they are"
    if date_format is not None and preset.dates_as_written:
        try:
            DateFormat(date_format)
        except DateFormatError as error:
            yield f"the 'date_format' cannot be read: {error}"
    if preset.pages_of_stated_size and page_size is None:
        yield (
            f"a feed of the format '{name}' needs 'page_size', the number that it was fetched "
            "with: only a page that is not full tells that no other follows"
        )
    if page_size is not None and not preset.pages_of_stated_size:
        yield f"a feed of the format '{name}' has no 'page_size'"
