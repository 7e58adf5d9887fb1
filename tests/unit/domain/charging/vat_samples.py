"""A provider with a VAT number: three rates at home, none abroad; rates are invented."""

from __future__ import annotations

from typing import Any

from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.invoices import Invoice
from tests.unit.domain.builders import (
    TERM_DISCOUNTS,
    account,
    agreement_data,
    build,
    line_data,
    only_invoice,
)
from tests.unit.domain.charging.tax_samples import tax_policy_data, taxed_book, where

RATES = {"hardware": "20", "software": "10", "labour": "0"}
SELLER = {"legal_name": "Lantern & Pike SARL", "registration_id": "702042755", "vat_id": "FR40123"}


def vat_context(**changes: Any) -> BuildContext:
    rates = [
        {"from_on": "2020-01-01", "tax_class": name, "percent": percent}
        for name, percent in RATES.items()
    ]
    home = {"jurisdiction": "home", "title": "VAT", "rates": rates}
    town = {
        "jurisdiction": "town",
        "title": "Town tax",
        "rates": [entry | {"percent": "1"} for entry in rates],
    }
    places = [
        {"place": "harbor", "title": "at home", "jurisdictions": ["home"]},
        {"place": "quay", "title": "at home too", "jurisdictions": ["home"]},
        {"place": "outback", "title": "twice taxed", "jurisdictions": ["home", "town"]},
        {"place": "untaxed", "title": "abroad", "jurisdictions": []},
    ]
    fields: dict[str, Any] = {
        "taxes": tax_policy_data(jurisdictions=[home, town], places=places),
        "term_discounts": TERM_DISCOUNTS,
        "seller": SELLER,
        "country": "FR",
    }
    return where(taxed_book(), **(fields | changes))


def vat_invoice(where: BuildContext | None = None, **changes: Any) -> Invoice:
    """Firewalls at 20%, backup at 10%, PCs at 0%; support is discounted; a server is free."""
    lines = [
        line_data("FIREWALL", quantity=3),
        line_data("BACKUP", quantity=10),
        line_data("PC", quantity=2),
        line_data("SERVER", quantity=1, price={"each": "0"}),
    ]
    fields: dict[str, Any] = {"tax_place": "harbor", "country": "FR"}
    known = account(agreement_data(*lines, term_years=3), **(fields | changes))
    return only_invoice(build(known, [], where=where or vat_context()))


def two_places() -> Invoice:
    """Two sites at places of the same rate: tax on 100.02 is 20.00 at each, on both 40.01."""
    line = line_data("FIREWALL", subscriber="each", quantity=1, price={"each": "100.02"})
    known = account(agreement_data(line), sites=["dock", "pier"], tax_place="harbor", country="FR")
    pier = known.subscribers[1].model_copy(update={"tax_place": "quay"})
    known = known.model_copy(update={"subscribers": (known.subscribers[0], pier)})
    return only_invoice(build(known, [], where=vat_context()))
