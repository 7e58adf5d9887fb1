"""The sample accounts of The KR Group that have several sites."""

from __future__ import annotations

from datetime import date

from tools.sample_data.kr_group_parts import (
    backup,
    fixed,
    machines,
    managed_it,
    per_user,
    recurring,
    users,
)
from tools.sample_data.lives import Life, long_ago
from tools.sample_data.places import TOWNS
from tools.sample_data.writing import Customer, Document, Profile, random_for

CLINICS = 750


def two_peninsulas_clinics() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "two-peninsulas-clinics",
        "Two Peninsulas Walk-in Clinics",
        ("Shared Services", "2000 Peninsula Parkway", "Northfield, MI 00000"),
        more={"purchase_order": "TPC-77120"},
    )
    sites: list[Document] = [
        {"subscriber": f"clinic-{n:03}", "name": f"Clinic {n:03}, {TOWNS[n % len(TOWNS)]}"}
        for n in range(1, CLINICS + 1)
    ]
    start = date(2024, 1, 1)
    per_clinic = [
        {**line, "subscriber": "each"}
        for line in (
            fixed("BACKUP-SITE", 1),
            fixed("M365-BASIC", 6),
            fixed("MAIL-ARCHIVE", 6),
            fixed("VOICE-SEAT", 4),
        )
    ]
    return Customer(
        profile.document(
            [
                managed_it("traditional", 5, start, per_user()),
                recurring("clinics", "Subscriptions per clinic", start, per_clinic),
            ],
            sites,
        ),
        "A chain of 750 clinics with four subscriptions each, hence a recurring-charges invoice "
        "of 3,000 lines. Its users are counted for the account as a whole.",
        users=_clinic_users(profile.account, sites),
    )


def _clinic_users(account: str, sites: list[Document]) -> tuple[Life, ...]:
    """One full-time user per clinic, and a part-time user in every fifth."""
    chance = random_for("kr-group", account)
    result = []
    for number, site in enumerate(sites, start=1):
        posts = [("desk", "Full-time")] + [("relief", "Part-time")] * (number % 5 == 0)
        for post, kind in posts:
            result.append(
                Life(
                    item_id=f"c{number:03}-{post}",
                    name=f"Clinic {number:03} {post}",
                    site=str(site["name"]),
                    kind=kind,
                    since_on=long_ago(chance),
                )
            )
    return tuple(result)


def sturgeon_works() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "sturgeon-works",
        "Sturgeon Works",
        ("Finance", "75 Harbor Road", "Stonebridge, MI 00000"),
        more={"contacts_by_kind": {"invoice": ["ap@sturgeon-works.example"]}},
    )
    sites: list[Document] = [
        {"subscriber": "head-office", "name": "Head Office", "known_as": ["HQ"]},
        {"subscriber": "plant", "name": "Plant"},
    ]
    office = managed_it("traditional", 3, date(2025, 7, 1), per_user(subscriber="head-office"))
    plant = managed_it("co-managed", 0, date(2026, 2, 1), per_user(subscriber="plant"))
    return Customer(
        profile.document(
            [
                {**office, "agreement": "office", "title": "Managed IT services, head office"},
                {**plant, "agreement": "plant", "title": "Managed IT services, plant"},
                backup(date(2025, 7, 1), "BACKUP-SERVER"),
            ],
            sites,
        ),
        "Two agreements with different coverage for two sites: two agreement invoices with "
        "different headings. The user list calls the head office HQ.",
        machines(profile.account, "STW", 2, 0, site="HQ"),
        users(
            profile.account,
            42,
            10,
            {
                "Records 06": {"since_on": date(2026, 9, 3)},
                "Front Desk 01": {"until_on": date(2026, 10, 12)},
            },
            sites=("HQ", "Plant", "Plant"),
        ),
    )
