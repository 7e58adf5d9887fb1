"""The sample accounts of Integris that have many sites."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tools.sample_data.integris_parts import agreement_of, counted, fleet, sites_named
from tools.sample_data.lives import Life, long_ago
from tools.sample_data.places import TOWNS
from tools.sample_data.writing import Customer, Profile, random_for

STORES = 1500
STORES_WITH_A_SECOND_PC = 5
REPLACED_PER_MONTH = 6


def big_lantern_retail() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "big-lantern-retail",
        "Big Lantern Home Goods",
        ("Shared Services Center", "1 Lantern Way", "Fairview, NJ 00000"),
        more={"purchase_order": "4500078812"},
    )
    stores = [f"Store {n:04}, {TOWNS[n % len(TOWNS)]}" for n in range(1, STORES + 1)]
    devices: list[Life] = []
    chance = random_for("integris", "big-lantern-retail")
    for n, store in enumerate(stores, start=1):
        kinds = ["POS", "SRV"] + ["BO"] * (n % STORES_WITH_A_SECOND_PC == 0)
        for kind in kinds:
            devices.append(
                Life(
                    item_id=f"14{len(devices) + 1:05}",
                    name=f"BL{n:04}-{kind}",
                    site=store,
                    kind="Server" if kind == "SRV" else "Desktop",
                    since_on=long_ago(chance),
                )
            )
    devices += _replacements(devices)
    lines = counted("each", pc="38.00", server="95.00")
    return Customer(
        profile.document(
            [agreement_of(lines, date(2021, 1, 1))],
            [
                {"subscriber": f"store-{n:04}", "name": store}
                for n, store in enumerate(stores, start=1)
            ],
        ),
        "A chain of 1,500 stores with PCs and a server in each, hence an invoice of 3,000 lines. "
        "Every month some tills are replaced.",
        tuple(devices),
    )


def _replacements(devices: list[Life]) -> list[Life]:
    """Tills that are swapped for new ones; the old ones are marked in place."""
    chance = random_for("integris", "replacements")
    added: list[Life] = []
    tills = [index for index, device in enumerate(devices) if device.name.endswith("POS")]
    for month in (9, 10, 11):
        for _ in range(REPLACED_PER_MONTH):
            index = tills.pop(chance.randrange(len(tills)))
            day = date(2026, month, 8 + chance.randrange(14))
            old = devices[index]
            devices[index] = replace(old, until_on=day)
            added.append(
                replace(
                    old,
                    item_id=f"149{len(added) + 1:04}",
                    name=f"{old.name}-B",
                    since_on=day,
                    until_on=None,
                )
            )
    return added


def greenfield_schools() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "greenfield-schools",
        "Greenfield Charter Schools",
        ("Business Office", "500 Academy Drive", "Greenfield, NJ 00000"),
        more={"purchase_order": "GCS-27-0031"},
    )
    names = ("Lower School", "Middle School", "High School", "Administration")
    cart = {f"GCS-NB-{n:02}": {"since_on": date(2026, 9, 21)} for n in range(31, 56)}
    devices = fleet(
        18,
        "GCS",
        {
            names[0]: {"Desktop": 22, "Laptop": 30},
            names[1]: {"Desktop": 28, "Laptop": 25},
            names[2]: {"Desktop": 41, "Laptop": 18, "Server": 2},
            names[3]: {"Desktop": 9, "Laptop": 6, "Server": 1},
        },
        cart,
    )
    lines = [
        *counted("each", pc="29.00", server="99.00"),
        {"line": "network", "product": "MS-FLAT", "price": {"flat": "640.00"}},
    ]
    return Customer(
        profile.document([agreement_of(lines, date(2023, 8, 1))], sites_named(names)),
        "A flat monthly fee beside what is counted. A cart of 25 laptops arrives at the middle "
        "school on 21 September.",
        devices,
    )


def tidewater_veterinary() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "tidewater-veterinary",
        "Tidewater Veterinary Partners",
        ("Practice Manager", "31 Ferry Road", "Riverside, NJ 00000"),
        more={"locale": "es-US"},
    )
    names = ("Riverside Clinic", "Lakewood Clinic", "Oakdale Clinic", "Emergency Hospital")
    devices = fleet(
        20,
        "TWV",
        {
            names[0]: {"Desktop": 6, "Laptop": 2},
            names[1]: {"Desktop": 5},
            names[2]: {"Desktop": 5, "Laptop": 1},
            names[3]: {"Desktop": 11, "Laptop": 3, "Server": 2},
        },
        {
            "TWV-PC-09": {"last_seen_on": date(2026, 10, 7)},
            "TWV-PC-27": {"since_on": date(2026, 11, 16)},
        },
    )
    documents = sites_named(names)
    documents[3]["known_as"] = ["Emergency Hospital 24h"]
    devices = tuple(
        replace(device, site="Emergency Hospital 24h")
        if device.site == names[3] and int(device.item_id) % 2
        else device
        for device in devices
    )
    own = {
        "line": "hospital-pcs",
        "product": "PC",
        "subscriber": "emergency-hospital",
        "note": "around the clock",
        "price": {"each": "84.00"},
    }
    lines = [*counted("each", pc="57.00", server="125.00"), own]
    return Customer(
        profile.document([agreement_of(lines, date(2024, 4, 1))], documents),
        "TWV-PC-09 is switched off on 7 October: 25 days later it is still on November's bill, "
        "55 days later not on December's. The hospital has its own price, and the feed knows "
        "it under two names. Its documents and mails are in Spanish.",
        devices,
    )
