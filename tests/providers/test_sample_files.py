"""The sample directories are what the generator writes, fit together, and are plainly samples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from msp_billing.domain.money import parse_exact_decimal
from tests.providers.sample_billing import PROVIDERS, sample_book
from tools.sample_data.books import sample_books, written_files

NAMES = ("integris", "kr-group", "collabrance")
LARGEST_SIZE_BYTES = 6_000_000
LEAST_CONTRAST = 4.5


def files() -> list[Path]:
    return sorted(path for path in PROVIDERS.rglob("*") if path.is_file())


def contrast_on_white(colour: str) -> float:
    """The contrast ratio of the accessibility guidelines (WCAG 2, 1.4.3)."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (light + 0.05)


def test_the_generator_writes_the_same_bytes_twice_and_they_are_on_disk() -> None:
    first, second = sample_books(), sample_books()
    assert first == second
    for provider in NAMES:
        assert written_files(provider) == first[provider]


def test_the_directories_stay_small() -> None:
    assert sum(path.stat().st_size for path in files()) < LARGEST_SIZE_BYTES


@pytest.mark.parametrize("provider", NAMES)
def test_a_directory_has_its_own_name_and_a_book_of_at_least_eight(provider: str) -> None:
    book = sample_book(provider)
    assert book.policy.provider == provider
    assert len(book.accounts) >= 8
    on_disk = {path.stem for path in (PROVIDERS / provider / "accounts").iterdir()}
    assert {entry.account for entry in book.accounts} == on_disk


@pytest.mark.parametrize("provider", NAMES)
def test_products_categories_and_count_rules_fit_together(provider: str) -> None:
    book = sample_book(provider)
    billed = {category for run in book.policy.runs for category in run.categories}
    if book.policy.taxes is not None:
        billed.add(book.policy.taxes.category)  # follows from other lines, billed by no run
    assert {entry.category for entry in book.price_book.categories} == billed
    rules = {rule.rule for rule in book.policy.count_rules}
    billed_by = {product.count_rule for product in book.price_book.products}
    billed_by |= {
        line.count_rule
        for account in book.accounts
        for agreement in account.agreements
        for line in agreement.lines
    }
    compared = {
        rule for check in book.policy.cross_checks for rule in (check.winner, check.against)
    }
    assert billed_by - {None} | compared == rules
    used = {
        line.product
        for account in book.accounts
        for agreement in account.agreements
        for line in agreement.lines
    }
    assert [code for code in sorted(used) if book.price_book.find(code) is None] == []


@pytest.mark.parametrize("provider", NAMES)
def test_prices_are_written_so_that_they_cannot_be_misread(provider: str) -> None:
    text = (PROVIDERS / provider / "price-book.yaml").read_text()
    amounts = re.findall(r"each: ([^}\]\n]+)", text)
    assert [text for text in amounts if not text.startswith('"')] == []
    for amount in amounts:
        assert parse_exact_decimal(amount.strip('"')) > 0


@pytest.mark.parametrize("provider", NAMES)
def test_colours_are_readable_on_white(provider: str) -> None:
    brand = sample_book(provider).policy.brand
    assert contrast_on_white(brand.primary) >= LEAST_CONTRAST
    assert contrast_on_white(brand.accent) >= LEAST_CONTRAST


def test_the_three_brands_differ() -> None:
    assert len({sample_book(provider).policy.brand.primary for provider in NAMES}) == 3


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(PROVIDERS).as_posix())
def test_every_mail_address_reaches_nobody(path: Path) -> None:
    addresses = re.findall(r"[\w.+-]+@([\w.-]+)", path.read_text(encoding="utf-8"))
    assert [domain for domain in addresses if not domain.endswith(".example")] == []


@pytest.mark.parametrize("path", sorted(PROVIDERS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_file_for_people_says_that_it_is_a_sample(path: Path) -> None:
    assert re.match(r"# (A SAMPLE|SAMPLE DATA)", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("provider", NAMES)
def test_phone_numbers_are_of_the_range_for_fiction(provider: str) -> None:
    phone = sample_book(provider).policy.phone
    assert phone is not None
    assert re.fullmatch(r"\d{3}-555-01\d\d", phone)
