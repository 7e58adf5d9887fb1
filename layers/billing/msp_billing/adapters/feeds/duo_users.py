"""Users of Duo, as its Admin API lists them.

The pages of ``GET /admin/v1/users``: the users are in ``response``; ``metadata`` says where the
next page begins (``next_offset``) and how many users there are (``total_objects``). ``created``
and ``last_login`` are seconds since 1970. A user's ``status`` is active, bypass, disabled, locked
out or pending deletion.

Public documentation: "Duo Admin API", Retrieve Users and Response Paging
(https://duo.com/docs/adminapi#retrieve-users).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.json_feed import Item, JsonTool
from msp_billing.adapters.feeds.json_values import field_path
from msp_billing.adapters.feeds.page_checks import Envelope, LinkedPages

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.json_text import Json

_GROUP_NAMES = field_path("groups.name")


def _metadata(page: Envelope, name: str) -> Json:
    metadata = page.get("metadata")
    return metadata.get(name) if isinstance(metadata, dict) else None


def _groups(user: Item) -> Item:
    return {"groupNames": _GROUP_NAMES(user)}


DUO_USERS = JsonTool(
    list_field="response",
    page_check=lambda page_size: LinkedPages(
        following=lambda page: _metadata(page, "next_offset"),
        total=lambda page: _metadata(page, "total_objects"),
    ),
    required={"status": "status"},
    worked_out=_groups,
)
