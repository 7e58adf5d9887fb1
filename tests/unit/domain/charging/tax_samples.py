"""Two jurisdictions, one upon the other at one of three places; rates are invented."""

from __future__ import annotations

from typing import Any

from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.charging.tax_policy import TaxPolicy
from msp_billing.domain.price_book import PriceBook
from tests.unit.domain.builders import (
    MARCH,
    context,
    policy,
    policy_data,
    price_book_data,
    product_data,
)


def tax_policy_data(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "clause": "tax",
        "category": "tax",
        "classes": [
            {"tax_class": "hardware", "title": "Hardware"},
            {"tax_class": "software", "title": "Software"},
            {"tax_class": "labour", "title": "Labour"},
        ],
        "jurisdictions": [
            {
                "jurisdiction": "state",
                "title": "State sales tax",
                "rates": [_rate("hardware", "6"), _rate("software", "4"), _rate("labour", "0")],
            },
            {
                "jurisdiction": "county",
                "title": "County sales tax",
                "rates": [_rate("hardware", "0.5"), _rate("software", "0"), _rate("labour", "0")],
            },
        ],
        "places": [
            {"place": "harbor", "title": "Harbor", "jurisdictions": ["state", "county"]},
            {"place": "outback", "title": "Outback", "jurisdictions": ["state"]},
            {"place": "untaxed", "title": "Over the border", "jurisdictions": []},
        ],
    }
    return data | changes


def tax_policy(**changes: Any) -> TaxPolicy:
    return TaxPolicy.model_validate(tax_policy_data(**changes))


def _rate(tax_class: str, percent: str) -> dict[str, str]:
    return {"from_on": "2020-01-01", "tax_class": tax_class, "percent": percent}


CLAUSES = [
    *policy_data()["clauses"],
    {"clause": "tax", "title": "Tax", "text": "Sales tax is charged where it is due."},
    {"clause": "credits", "title": "Credits", "text": "Above 100 a second person agrees."},
    {"clause": "volume", "title": "Volume", "text": "Volume prices assume volume."},
]


def where(book: PriceBook | None = None, **changes: Any) -> BuildContext:
    return context(MARCH, policy(clauses=CLAUSES, **changes), book)


def taxed_book() -> PriceBook:
    data = price_book_data()
    data["categories"].append({"category": "tax", "title": "Sales tax"})
    for entry, tax_class in zip(
        data["categories"], ("labour", "labour", "software", "hardware", None), strict=True
    ):
        entry["tax_class"] = tax_class
    data["products"].append(
        product_data("FIREWALL", "support", {"each": "100"}, tax_class="hardware")
    )
    return PriceBook.model_validate(data)
