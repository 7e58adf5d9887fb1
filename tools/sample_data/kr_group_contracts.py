"""The sample accounts of The KR Group that show how contracts end and renew themselves."""

from __future__ import annotations

from datetime import date

from tools.sample_data.kr_group_parts import managed_it, per_user, users
from tools.sample_data.writing import Customer, Document, Profile


def cherry_bay_outfitters() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "cherry-bay-outfitters",
        "Cherry Bay Outfitters",
        ("Owner", "14 Bay Street", "Fairview, MI 00000"),
    )
    ending: Document = {
        "notice_on": date(2026, 11, 9),
        "ends_on": date(2026, 11, 29),
        "reason": "Found an administrator of its own",
    }
    start = date(2026, 9, 1)
    return Customer(
        profile.document([managed_it("traditional", 1, start, per_user(), ending=ending)]),
        "A trial that is left on its last day: 29 November is day 90 (30 days of September, 31 of "
        "October, 29). September, October and November are billed, nothing after it.",
        users=users(profile.account, 12, 1),
    )


def silver_birch_surveyors() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "silver-birch-surveyors",
        "Silver Birch Surveyors",
        ("Office Manager", "77 Plat Road", "Oakdale, MI 00000"),
    )
    ending: Document = {
        "notice_on": date(2026, 9, 28),
        "ends_on": date(2026, 10, 31),
        "reason": "Merges with another office",
    }
    start = date(2026, 2, 1)
    return Customer(
        profile.document([managed_it("co-managed", 1, start, per_user(), ending=ending)]),
        "Left in its first year, long after the trial: service ends in October, and November, "
        "December and January, the rest of the contract, are one last line.",
        users=users(profile.account, 15, 2),
    )


def old_harbor_printing() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "old-harbor-printing",
        "Old Harbor Printing",
        ("Bookkeeper", "3 Press Lane", "Harbor Springs, MI 00000"),
        more={"locale": "fr-CA"},
    )
    start = date(2025, 11, 1)
    return Customer(
        profile.document([managed_it("traditional", 1, start, per_user(), renews="term")]),
        "A year that renews itself for another year on 1 November, at the price list of that day: "
        "part-time users cost more from then on. Its documents and mails are in French.",
        users=users(profile.account, 10, 4),
    )
