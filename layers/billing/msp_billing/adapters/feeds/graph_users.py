"""Users of Microsoft 365, as Microsoft Graph lists them.

The pages of ``GET /users`` with ``$select=id,displayName,accountEnabled,createdDateTime,
assignedLicenses``: the users are in ``value``, the next page's address in ``@odata.nextLink``, and
with ``$count=true`` their number in ``@odata.count``. Licences are product ids (``skuId``) in
``assignedLicenses``; whoever adds each user's ``licenseDetails`` has their part numbers
(``skuPartNumber``, such as ``SPE_E3``) too, and rules can name either.

Public documentation: "List users" (https://learn.microsoft.com/en-us/graph/api/user-list),
"user resource type" (https://learn.microsoft.com/en-us/graph/api/resources/user), "Paging
Microsoft Graph data in your app" (https://learn.microsoft.com/en-us/graph/paging) and
"licenseDetails resource type" (https://learn.microsoft.com/en-us/graph/api/resources/licensedetails).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.json_feed import Item, JsonTool
from msp_billing.adapters.feeds.page_checks import LinkedPages

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.json_text import Json


def _licenses(user: Item) -> Item:
    """The user's licences, and whether there are any; neither where no field tells."""
    if "assignedLicenses" not in user and "licenseDetails" not in user:
        return {}
    found: list[Json] = []
    for field, names in (
        ("assignedLicenses", ("skuId",)),
        ("licenseDetails", ("skuId", "skuPartNumber")),
    ):
        entries = user.get(field)
        if isinstance(entries, list):
            found += [_named(entry, name) for entry in entries for name in names]
        elif entries is not None:
            found.append(entries)
    licenses: list[Json] = []
    for entry in found:
        if entry not in licenses:
            licenses.append(entry)
    return {"licenses": licenses, "licensed": bool(licenses)}


def _named(entry: Json, name: str) -> Json:
    """A licence's name; anything else stays what it is, and is refused as no text."""
    if isinstance(entry, dict) and isinstance(entry.get(name), str):
        return entry[name]
    return entry


GRAPH_USERS = JsonTool(
    list_field="value",
    page_check=lambda page_size: LinkedPages(
        following=lambda page: page.get("@odata.nextLink"),
        total=lambda page: page.get("@odata.count"),
    ),
    required={
        "accountEnabled": "accountEnabled",
        "licenses": "assignedLicenses",
        "licensed": "assignedLicenses",
    },
    worked_out=_licenses,
)
