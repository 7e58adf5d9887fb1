"""Where a provider directory gives names, where it refers to them, and which are given once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER
from msp_billing.domain.contracts.terms import TERMS_PARTS

Kind = Literal["policy", "price_book", "account"]


@dataclass(frozen=True)
class Names:
    """Where the names of one sort are given."""

    noun: str
    kind: Kind
    pattern: str
    also: tuple[str, ...] = ()


_FEEDS = Names("feed", "policy", "feeds.*.feed")
_RULES = Names("count rule", "policy", "count_rules.*.rule")
_CLAUSES = Names("clause", "policy", "clauses.*.clause")
_MOMENTS = Names("snapshot moment", "policy", "runs.*.moments.*.moment")
_CATEGORIES = Names("category", "price_book", "categories.*.category")
_PRODUCTS = Names("product", "price_book", "products.*.code")
_RATE_CARDS = Names("rate card", "policy", "rate_cards.*.card")
_WORK_RULES = Names("work rules", "policy", "work_rules.*.rules")
_TERMS = Names("contract terms", "policy", "contract_terms.*.terms")
_AGREEMENTS = Names("agreement", "account", "agreements.*.agreement")
_ONE_SUBSCRIBER = Names("subscriber", "account", "subscribers.*.subscriber")
_SUBSCRIBERS = Names("subscriber", "account", "subscribers.*.subscriber", also=(EACH_SUBSCRIBER,))

_TAX_CLASSES = Names("tax class", "policy", "taxes.classes.*.tax_class")
_JURISDICTIONS = Names("jurisdiction", "policy", "taxes.jurisdictions.*.jurisdiction")
_TAX_PLACES = Names("tax place", "policy", "taxes.places.*.place")

_CHARGE_REFERENCES: tuple[tuple[Kind, str, Names], ...] = (
    ("policy", "adjustments.clause", _CLAUSES),
    ("policy", "taxes.clause", _CLAUSES),
    ("policy", "taxes.category", _CATEGORIES),
    ("policy", "taxes.jurisdictions.*.rates.*.tax_class", _TAX_CLASSES),
    ("policy", "taxes.places.*.jurisdictions.*", _JURISDICTIONS),
    ("price_book", "categories.*.tax_class", _TAX_CLASSES),
    ("price_book", "products.*.tax_class", _TAX_CLASSES),
    ("account", "tax_place", _TAX_PLACES),
    ("account", "subscribers.*.tax_place", _TAX_PLACES),
    ("account", "tax_exemptions.*.jurisdictions.*", _JURISDICTIONS),
    ("account", "tax_exemptions.*.tax_classes.*", _TAX_CLASSES),
    ("account", "adjustments.*.agreement", _AGREEMENTS),
    ("account", "adjustments.*.category", _CATEGORIES),
    ("account", "adjustments.*.product", _PRODUCTS),
    ("account", "adjustments.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "adjustments.*.tax_class", _TAX_CLASSES),
    ("account", "agreements.*.minimums.*.categories.*", _CATEGORIES),
    ("account", "agreements.*.minimums.*.product", _PRODUCTS),
    ("account", "agreements.*.minimums.*.clause", _CLAUSES),
)

_REPORT_REFERENCES: tuple[tuple[Kind, str, Names], ...] = (
    ("policy", "runs.*.reports.*.after_moment", _MOMENTS),
    ("policy", "runs.*.reports.*.count_rules.*", _RULES),
    ("policy", "runs.*.reports.*.clause", _CLAUSES),
    ("account", "resale.markups.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "resale.markups.*.product", _PRODUCTS),
    ("account", "resale.markups.*.category", _CATEGORIES),
    ("account", "resale.prices.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "resale.prices.*.product", _PRODUCTS),
)

REFERENCES: tuple[tuple[Kind, str, Names], ...] = (
    *_CHARGE_REFERENCES,
    *_REPORT_REFERENCES,
    ("policy", "count_rules.*.feed", _FEEDS),
    ("policy", "count_rules.*.moment", _MOMENTS),
    ("policy", "count_rules.*.clause", _CLAUSES),
    ("policy", "cross_checks.*.winner", _RULES),
    ("policy", "cross_checks.*.against", _RULES),
    ("policy", "cross_checks.*.clause", _CLAUSES),
    ("policy", "term_discounts.*.clause", _CLAUSES),
    ("policy", "term_discounts.*.categories.*", _CATEGORIES),
    *(("policy", f"contract_terms.*.{part}.clause", _CLAUSES) for part in TERMS_PARTS),
    ("policy", "order_rules.*.clause", _CLAUSES),
    ("policy", "order_rules.*.reconcile.clause", _CLAUSES),
    ("policy", "setup_fees.*.product", _PRODUCTS),
    ("policy", "setup_fees.*.ordering.*", _PRODUCTS),
    ("policy", "setup_fees.*.count_rule", _RULES),
    ("policy", "setup_fees.*.clause", _CLAUSES),
    ("policy", "shipping.*.product", _PRODUCTS),
    ("policy", "shipping.*.clause", _CLAUSES),
    ("policy", "required_products.*.product", _PRODUCTS),
    ("policy", "required_products.*.clause", _CLAUSES),
    ("policy", "rate_cards.*.rates.*.product", _PRODUCTS),
    ("policy", "rate_cards.*.rates.*.after_hours_product", _PRODUCTS),
    ("policy", "work_rules.*.feed", _FEEDS),
    ("policy", "work_rules.*.rate_card", _RATE_CARDS),
    ("policy", "work_rules.*.clause", _CLAUSES),
    ("policy", "work_rules.*.after_hours_clause", _CLAUSES),
    ("policy", "work_rules.*.approval.clause", _CLAUSES),
    ("policy", "runs.*.work.rules", _WORK_RULES),
    ("policy", "runs.*.work.moment", _MOMENTS),
    ("policy", "runs.*.clause", _CLAUSES),
    ("policy", "runs.*.categories.*", _CATEGORIES),
    ("policy", "runs.*.must_be_priced.*.feed", _FEEDS),
    ("policy", "runs.*.must_be_priced.*.moment", _MOMENTS),
    ("policy", "runs.*.must_be_priced.*.clause", _CLAUSES),
    ("price_book", "products.*.category", _CATEGORIES),
    ("price_book", "products.*.count_rule", _RULES),
    ("price_book", "products.*.clause", _CLAUSES),
    ("price_book", "products.*.end_rule.clause", _CLAUSES),
    ("account", "agreements.*.terms", _TERMS),
    ("account", "agreements.*.lines.*.product", _PRODUCTS),
    ("account", "agreements.*.lines.*.count_rule", _RULES),
    ("account", "agreements.*.lines.*.subscriber", _SUBSCRIBERS),
    ("account", "orders.*.agreement", _AGREEMENTS),
    ("account", "orders.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "orders.*.items.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "orders.*.items.*.product", _PRODUCTS),
)

# Names that are given once; the number says how much of the path they share with each other.
UNIQUE: tuple[tuple[Kind, str, str, int], ...] = (
    ("policy", "runs.*.run", "run", 0),
    ("policy", "rate_cards.*.card", "rate card", 0),
    ("policy", "work_rules.*.rules", "work rules", 0),
    ("policy", "feeds.*.feed", "feed", 0),
    ("policy", "count_rules.*.rule", "count rule", 0),
    ("policy", "cross_checks.*.check", "cross check", 0),
    ("policy", "clauses.*.clause", "clause", 0),
    ("policy", "contract_terms.*.terms", "name of contract terms", 0),
    ("policy", "order_rules.*.kind", "rule for orders", 0),
    ("policy", "setup_fees.*.fee", "setup fee", 0),
    ("policy", "shipping.*.shipping", "way of shipping", 0),
    ("policy", "required_products.*.product", "required product", 0),
    ("policy", "taxes.classes.*.tax_class", "tax class", 0),
    ("policy", "taxes.jurisdictions.*.jurisdiction", "jurisdiction", 0),
    ("policy", "taxes.places.*.place", "tax place", 0),
    ("policy", "runs.*.moments.*.moment", "snapshot moment of the run", 2),
    ("policy", "runs.*.reports.*.report", "report of the run", 2),
    ("policy", "runs.*.categories.*", "category that runs bill", 0),
    ("price_book", "categories.*.category", "category", 0),
    ("price_book", "products.*.code", "product", 0),
    ("account", "subscribers.*.subscriber", "subscriber", 0),
    ("account", "agreements.*.agreement", "agreement", 0),
    ("account", "agreements.*.lines.*.line", "line of the agreement", 2),
    ("account", "agreements.*.minimums.*.minimum", "minimum of the agreement", 2),
    ("account", "adjustments.*.adjustment", "adjustment", 0),
    ("account", "orders.*.order", "name of an order", 0),
    ("account", "orders.*.items.*.item", "name of an item of the order", 2),
)
