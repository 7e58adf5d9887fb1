"""Contacts of ConnectWise PSA, as its REST interface lists them.

The pages of ``GET /company/contacts``: each is the bare list of its contacts; whether another one
follows is said outside of the page, so that only one with fewer contacts than ``pageSize`` is
known to be the last. A contact has any number of ``types`` (one ``type`` in older versions), a
``company``, perhaps a ``site``, and an ``inactiveFlag``.

Public documentation: "ConnectWise PSA REST API, Company, Contacts"
(https://developer.connectwise.com/Products/ConnectWise_PSA/REST), and the models that are made
from its description, such as Contact in https://github.com/tjone270/pyconnectwise-psa.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.json_feed import Item, JsonTool
from msp_billing.adapters.feeds.page_checks import FullPages

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.json_text import Json


def _worked_out(contact: Item) -> Item:
    """Full name, types by name, and whether the contact is active."""
    names = (contact.get(field) for field in ("firstName", "lastName"))
    found: dict[str, Json] = {"name": " ".join(n for n in names if isinstance(n, str)) or None}
    if "types" in contact or "type" in contact:
        types = contact.get("types") or contact.get("type")
        entries = types if isinstance(types, list) else [types]
        found["contactTypes"] = [_name(entry) for entry in entries if entry is not None]
    inactive = contact.get("inactiveFlag")
    if isinstance(inactive, bool):
        found["status"] = "inactive" if inactive else "active"
    return found


def _name(entry: Json) -> Json:
    """A type's name; anything else stays what it is, and is refused as no text."""
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        return entry["name"]
    return entry


CONNECTWISE_CONTACTS = JsonTool(
    list_field=None,
    page_check=FullPages,
    required={"contactTypes": "types", "status": "inactiveFlag"},
    worked_out=_worked_out,
)
