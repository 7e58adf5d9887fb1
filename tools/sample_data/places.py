"""Names of places and trades, none of them a particular one."""

from __future__ import annotations

TOWNS = (
    "Ashford", "Beechwood", "Brookside", "Cedar Falls", "Clearwater", "Clifton", "Eastbrook",
    "Elm Grove", "Fairview", "Glenwood", "Greenfield", "Hillcrest", "Kingsley", "Lakewood",
    "Maplewood", "Millbrook", "Northfield", "Oakdale", "Pine Ridge", "Riverside", "Rockport",
    "Springdale", "Stonebridge", "Westfield", "Willow Creek",
)  # fmt: skip

TRADES = (
    "Dental", "Veterinary", "Insurance", "Realty", "Accounting", "Hardware", "Pharmacy",
    "Law Office", "Family Clinic", "Credit Union",
)  # fmt: skip


def identifier(name: str) -> str:
    """A name as an id: lower case, hyphens for everything else."""
    kept = "".join(letter if letter.isalnum() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)
