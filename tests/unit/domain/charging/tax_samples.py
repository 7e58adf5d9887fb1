"""Two jurisdictions, one upon the other at one of three places; rates are invented."""

from __future__ import annotations

from typing import Any

from msp_billing.domain.charging.tax_policy import TaxPolicy


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
