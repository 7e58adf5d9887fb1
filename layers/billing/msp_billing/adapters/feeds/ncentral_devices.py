"""Devices of N-able N-central, as its REST interface lists them.

The pages of ``GET /api/devices``: the devices are in ``data``, the address of the next page in
``_links.nextPage``, and the number of devices in ``totalItems``. Customers and sites go by name
(``customerName``, ``siteName``), the service organization too (``soName``).

Public documentation: "List Devices" in N-able's N-central API reference
(https://developer.n-able.com/n-central/reference/listdevices) and its guides, such as "Manage
Sites" (https://developer.n-able.com/n-central/docs/manage-sites). The lists that the program's own
screens export as CSV have the columns that a person has chosen: they are read as ``csv``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.json_feed import JsonTool
from msp_billing.adapters.feeds.page_checks import Envelope, LinkedPages

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.json_text import Json


def _next_page(page: Envelope) -> Json:
    links = page.get("_links")
    return links.get("nextPage") if isinstance(links, dict) else None


NCENTRAL_DEVICES = JsonTool(
    list_field="data",
    page_check=lambda page_size: LinkedPages(
        following=_next_page, total=lambda page: page.get("totalItems")
    ),
    required={"deviceClass": "deviceClass"},
)
