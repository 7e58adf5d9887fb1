"""Devices of NinjaOne, as its public interface lists them.

The pages of ``GET /v2/devices-detailed``: each is the bare list of its devices, and the next one
is asked for by the last device's id (``after``), so that only a page with fewer devices than
``pageSize`` is the last. Times are seconds since 1970 with a fraction. Organizations and locations
go by number (``organizationId``, ``locationId``); where the answer brings ``references``, their
names are in ``references.organization.name`` and ``references.location.name``.

Public documentation: "NinjaOne Public API 2.0", operation getDevicesDetailed
(https://app.ninjarmm.com/apidocs/).
"""

from __future__ import annotations

from msp_billing.adapters.feeds.json_feed import Item, JsonTool
from msp_billing.adapters.feeds.page_checks import FullPages

_NAMES = ("displayName", "systemName", "dnsName", "netbiosName")


def _name(device: Item) -> Item:
    """The first name that the device has: a display name only when somebody gave it one."""
    names = (device.get(field) for field in _NAMES)
    return {"name": next((name for name in names if isinstance(name, str) and name.strip()), None)}


NINJAONE_DEVICES = JsonTool(
    list_field=None,
    page_check=FullPages,
    required={"nodeClass": "nodeClass"},
    worked_out=_name,
)
