"""Each tool's sample becomes rows that were written down by hand, odd cases included.

The provider is in Chicago: in summer five hours behind UTC, in winter six.
"""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.feeds.definitions import FeedRow
from tests.unit.adapters.feeds.reading import DATE_FORMAT, read, rows, sample

E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
VISIO = "c5928f49-12ba-48f7-ada3-0d743a3601d5"


def day(text: str) -> date:
    return date.fromisoformat(text)


def counted(feed_rows: list[FeedRow], **where: tuple[str, ...]) -> list[str]:
    """The names of the rows that a count rule lets through."""
    filters = {name.replace("_", "-"): values for name, values in where.items()}
    rule = CountRule(rule="r", title="R", feed="feed", moment="m", where=filters, clause="counts")
    return [row.name for row in feed_rows if rule.matches(row)]


def test_graph_users_have_their_licences_by_product_and_by_part_number():
    ann, bjorn, nameless, guest = rows("graph-users", sample("graph-users"))
    assert ann == FeedRow(
        item_id="0a6b2c3d-1111-4a11-8a11-000000000001",
        name="Ann Berg",
        account=None,
        subscriber=None,
        row=1,
        # 03:00 UTC on 1 March is 21:00 on 28 February in Chicago.
        online_on=day("2026-02-28"),
        attributes={
            "enabled": "true",
            "license": f"{E3}\n{VISIO}\nSPE_E3",
            "licensed": "true",
        },
    )
    assert (bjorn.name, bjorn.online_on) == ("Björn 小林", day("2025-11-23"))
    assert bjorn.attributes == {"enabled": "false", "license": "", "licensed": "false"}
    assert (nameless.name, nameless.online_on) == (nameless.item_id, None)
    assert (guest.online_on, guest.row) == (day("2026-08-31"), 4)


def test_rules_count_graph_users_by_any_of_their_licences():
    users = rows("graph-users", sample("graph-users"))
    nameless = "0a6b2c3d-1111-4a11-8a11-000000000003"
    assert counted(users, license=(E3,)) == ["Ann Berg", nameless]
    assert counted(users, license=("spe_e3", "nothing")) == ["Ann Berg"]
    assert counted(users, licensed=("true",), enabled=("true",)) == ["Ann Berg", nameless]


def test_ninjaone_devices_come_online_on_the_local_day_of_their_seconds():
    server, desk, mac = rows("ninjaone-devices", sample("ninjaone-devices"))
    assert server == FeedRow(
        item_id="101",
        name="SRV-01",
        account="8",
        subscriber=None,
        row=1,
        # 1696118400 is 1 October 2023, 00:00 UTC: 19:00 on 30 September in Chicago.
        online_on=day("2023-09-30"),
        # 1788249600 is 1 September 2026, 08:00 UTC.
        last_seen_on=day("2026-09-01"),
        attributes={"device-type": "WINDOWS_SERVER", "approval": "APPROVED"},
    )
    # One millisecond before midnight, and midnight: 1788238800 is 05:00 UTC on 1 September.
    assert (desk.name, desk.online_on) == ("Front desk", day("2026-08-31"))
    assert (mac.name, mac.online_on) == ("mac-205.local", day("2026-09-01"))
    assert (desk.last_seen_on, mac.last_seen_on) == (day("2026-09-01"), None)
    assert counted([server, desk, mac], device_type=("windows_server", "MAC")) == [
        "SRV-01",
        "mac-205.local",
    ]


def test_a_provider_chooses_other_fields_of_ninjaone():
    columns = {
        "account": "organizationId",
        "subscriber": "locationId",
        "last_seen_on": None,
        "attributes": {
            "tag": "tags",
            "offline": "offline",
            "customer": "references.organization.name",
        },
    }
    server, desk, _ = rows("ninjaone-devices", sample("ninjaone-devices"), columns=columns)
    assert (server.subscriber, server.last_seen_on) == ("3", None)
    assert desk.attributes["tag"] == "lobby\nkiosk"
    assert counted([server, desk], tag=("kiosk",), offline=("true",)) == ["Front desk"]
    assert [row.attributes["customer"] for row in (server, desk)] == ["Acme Corp", ""]


def test_days_are_local_to_the_provider_whose_zone_is_given():
    _, desk, _ = rows("ninjaone-devices", sample("ninjaone-devices"), time_zone="Europe/Berlin")
    assert desk.online_on == day("2026-09-01")


def test_ncentral_devices_are_of_customers_and_sites():
    server, laptop = rows("ncentral-devices", sample("ncentral-devices"))
    assert server == FeedRow(
        item_id="987654321",
        name="SRV-01",
        account="Acme Corp",
        subscriber="Duluth",
        row=1,
        last_seen_on=day("2026-08-31"),
        attributes={"device-type": "Servers - Windows", "license": "Professional"},
    )
    assert (laptop.account, laptop.subscriber, laptop.row) == ("Birch Dental", None, 2)
    # 07:00 in a zone two hours before UTC is midnight in Chicago.
    assert laptop.last_seen_on == day("2026-09-01")


def test_ncentral_can_bill_the_service_organization_with_its_customers_as_subscribers():
    columns = {"account": "soName", "subscriber": "customerName"}
    server, laptop = read("ncentral-devices", sample("ncentral-devices"), columns=columns)
    assert (server.account, server.subscriber) == ("Provider", "Acme Corp")
    # The laptop's soName is missing: it is unknown whose it is, so nobody's count is known.
    assert (laptop.problem.code, laptop.account) == ("feed-account-empty", None)


def test_connectwise_contacts_count_by_any_of_their_types():
    columns = {"subscriber": "site.name", "change_received_on": "_info.lastUpdated"}
    ann, cyd, dee = rows("connectwise-contacts", sample("connectwise-contacts"), columns=columns)
    assert ann == FeedRow(
        item_id="11",
        name="Ann Berg",
        account="Acme Corp",
        subscriber="Main",
        row=1,
        # Half past three in the night UTC is the evening before in Chicago.
        change_received_on=day("2026-08-23"),
        attributes={"contact-type": "Full User\nApprover", "status": "active"},
    )
    assert (cyd.name, cyd.attributes) == ("Cyd", {"contact-type": "", "status": "inactive"})
    assert counted([ann, cyd, dee], contact_type=("full user",), status=("active",)) == ["Ann Berg"]
    assert counted([ann, cyd, dee], contact_type=("Mobile User",)) == ["Dee Elm"]


def test_connectwise_contacts_of_older_versions_have_one_type():
    contact = {
        "id": 1,
        "firstName": "Ann",
        "company": {"name": "Acme"},
        "inactiveFlag": False,
        "type": {"id": 2, "name": "Full"},
    }
    (row,) = rows("connectwise-contacts", [contact])
    assert row.attributes["contact-type"] == "Full"


def test_duo_users_have_a_status_and_groups():
    ann, cyd, dee = rows("duo-users", sample("duo-users"))
    assert ann == FeedRow(
        item_id="DU3RP9I2WOC59VZX672N",
        name="aberg",
        account=None,
        subscriber=None,
        row=1,
        online_on=day("2017-03-15"),
        last_seen_on=day("2026-09-01"),
        attributes={"status": "active", "enrolled": "true", "group": "Staff\nVPN"},
    )
    assert (cyd.attributes["status"], cyd.last_seen_on) == ("bypass", None)
    assert (dee.online_on, dee.last_seen_on) == (day("2026-09-01"), day("2026-08-31"))
    assert counted([ann, cyd, dee], group=("vpn",)) == ["aberg"]


AD = {
    "date_format": DATE_FORMAT,
    "columns": {"online_on": "whenCreated", "last_seen_on": "LastLogonDate"},
}


@pytest.mark.parametrize(
    ("codec", "encoding"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16")]
)
def test_ad_users_are_in_all_the_units_above_them(codec, encoding):
    text = sample("ad-users").decode().encode(codec)
    ann, muller, service = rows("ad-users", text, encoding=encoding, **AD)
    assert ann == FeedRow(
        item_id="0b1c4d5e-0000-4000-8000-000000000001",
        name="Berg, Ann",
        account=None,
        subscriber=None,
        row=3,
        online_on=day("2025-11-23"),
        last_seen_on=day("2026-08-31"),
        attributes={
            "enabled": "True",
            "ou": "Sales",
            "within-ou": "Sales\nActive Users\nAcme",
            "ou-path": "Acme/Active Users/Sales",
        },
    )
    assert (muller.attributes["ou"], muller.last_seen_on) == ("Mobile Only", None)
    assert service.attributes == {"enabled": "True", "ou": "", "within-ou": "", "ou-path": ""}


@pytest.mark.rule("COL-12")
def test_users_below_the_active_users_unit_count_and_those_elsewhere_do_not():
    users = rows("ad-users", sample("ad-users"), **AD)
    assert counted(users, within_ou=("Active Users",)) == ["Berg, Ann"]
    assert counted(users, ou=("Active Users",)) == []
    assert counted(users, within_ou=("mobile only",)) == ["Müller"]


def test_ad_users_of_newer_powershell_have_no_type_line():
    text = sample("ad-users").split(b"\n", 1)[1]
    assert [row.row for row in rows("ad-users", text, **AD)] == [2, 3, 4]


def test_archived_seats_of_a_vendors_invoice_are_items_of_their_own_that_count():
    found = rows("vendor-invoice", sample("vendor-invoice"))
    assert [(row.account, row.item_id, row.quantity, row.attributes["seats"]) for row in found] == [
        ("Acme Corp", "SaaS Protection", 20, "active"),
        ("Acme Corp", "SaaS Protection (archived)", 6, "archived"),
        ("Acme Corp", "Awareness Training", 26, "active"),
        ("Birch Dental, P.A.", "SaaS Protection", 0, "active"),
        ("Birch Dental, P.A.", "SaaS Protection (archived)", 3, "archived"),
    ]
    # 20 active and 6 archived seats are billed: 26.
    acme = [row for row in found if row.account == "Acme Corp" and row.item_id.startswith("SaaS")]
    assert sum(row.quantity for row in acme) == 26
