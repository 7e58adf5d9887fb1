"""What a provider directory lacks for its currencies, taxes, minimums and adjustments."""

from __future__ import annotations

from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from tests.unit.adapters.directory_samples import copy_sound, edit, messages

POLICY, BOOK, ACME = "provider.yaml", "price-book.yaml", "accounts/acme.yaml"

TAXES = """taxes:
  clause: monthly
  category: tax
  classes:
    - {tax_class: services, title: Services}
    - {tax_class: hardware, title: Hardware}
  jurisdictions:
    - jurisdiction: il
      title: Illinois sales tax
      rates:
        - {from_on: 2026-01-01, tax_class: services, percent: 0}
        - {from_on: 2026-01-01, tax_class: hardware, percent: 6.25}
  places:
    - {place: springfield, title: Springfield, jurisdictions: [il]}
clauses:
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The sound directory with sales tax: services are untaxed, a setup is hardware."""
    copied = copy_sound(tmp_path)
    edit(copied, POLICY, ("clauses:\n", TAXES))
    edit(
        copied,
        BOOK,
        ("title: Managed services}", "title: Managed services, tax_class: services}"),
        (
            "title: Projects}",
            "title: Projects, tax_class: hardware}\n  - {category: tax, title: Sales tax}",
        ),
    )
    edit(copied, ACME, ("currency: USD", "currency: USD\ntax_place: springfield"))
    return copied


def test_a_directory_with_sales_tax_is_sound(root: Path) -> None:
    directory = load_provider_directory(root)
    assert directory.policy.taxes is not None
    assert directory.price_book.tax_class("SETUP", "projects") == "hardware"
    assert directory.accounts[0].tax_place == "springfield"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            ACME,
            "\ntax_place: springfield",
            "",
            "accounts/acme.yaml:25 (agreements[managed].lines[setup].product): 'SETUP' is taxable, "
            "and it is not known where. Give the account, or the subscriber, its 'tax_place'.",
        ),
        (
            ACME,
            "springfield",
            "sprinfield",
            "accounts/acme.yaml:5 (tax_place): There is no tax place 'sprinfield'. Did you mean "
            "'springfield'? There are springfield. Correct it, or add it to provider.yaml.",
        ),
        (
            BOOK,
            ", tax_class: services",
            "",
            "price-book.yaml:8 (products[SERVER].code): 'SERVER' has no tax class, and the "
            "provider charges sales tax. Write its 'tax_class', or that of its category.",
        ),
        (
            POLICY,
            "percent: 6.25}\n",
            "percent: 6.25}\n        - {from_on: 2026-01-01, tax_class: hardware, percent: 7}\n",
            "il has two rates for 'hardware' from 2026-01-01",
        ),
        (
            POLICY,
            "    categories: [managed]",
            "    categories: [managed, tax]",
            "The tax category 'tax' is billed by a run",
        ),
        (
            BOOK,
            "{from_on: 2026-01-01, price: {each: 85.10}}",
            "{from_on: 2026-01-01, price: {each: 85.10}}\n"
            "      - {from_on: 2026-01-01, currency: USD, price: {each: 90}}",
            "SERVER has two prices from the same day. Keep one.",
        ),
        (
            BOOK,
            "{from_on: 2026-01-01, price: {each: 85.10}}",
            "{from_on: 2026-01-01, until_on: 2026-12-31, price: {each: 85.10}}\n"
            "      - {from_on: 2026-07-01, price: {each: 90}}",
            "SERVER has two prices on 2026-07-01. Let the one from 2026-01-01 end before, or "
            "keep one.",
        ),
        (
            ACME,
            "    lines:",
            "    minimums:\n"
            "      - {minimum: all, amount: 900, categories: [managed, projects]}\n    lines:",
            "The categories of this minimum are billed by 2 runs, monthly and projects. Write a "
            "minimum for the categories of each run.",
        ),
        (
            ACME,
            "    lines:",
            "    minimums:\n      - {minimum: all, amount: 900}\n    lines:",
            "A minimum amount counts categories. List its 'categories', and no 'product'.",
        ),
        (
            ACME,
            "agreements:\n",
            "adjustments:\n  - {adjustment: late, dated_on: 2026-12-01, amount: -5, category: tax, "
            "description: Credit, reason: Ticket 1, entered_by: Pat}\nagreements:\n",
            "No run bills the category 'tax': the adjustment would be on no invoice.",
        ),
        (
            ACME,
            "agreements:\n",
            "adjustments:\n  - {adjustment: late, dated_on: 2026-12-01, amount: -5, "
            "category: managed, description: Credit, reason: Ticket 1, "
            "entered_by: Pat, approved_by: Pat}\n"
            "agreements:\n",
            "An adjustment is approved by another person than who entered it.",
        ),
    ],
)
def test_what_is_missing_is_said_with_its_place(
    root: Path, file: str, old: str, new: str, said: str
) -> None:
    edit(root, file, (old, new))
    found = messages(root)
    assert [message for message in found if said in message], found


def test_an_account_may_be_billed_in_a_currency_that_its_products_have_prices_in(
    root: Path,
) -> None:
    edit(root, ACME, ("currency: USD", "currency: CAD"))
    said = "The account is billed in CAD, and 'SERVER' has prices in USD only."
    assert any(said in message for message in messages(root))
    for price in ("{each: 85.10}", "{flat: 500}"):
        row = f"{{from_on: 2026-01-01, price: {price}}}"
        edit(
            root,
            BOOK,
            (row, f"{row}\n      - {{from_on: 2026-01-01, currency: CAD, price: {price}}}"),
        )
    edit(root, ACME, ("product: USER}", "product: USER, price: {each: 40}}"))
    assert load_provider_directory(root).accounts[0].currency == "CAD"
