"""What charges in a provider directory need to be worked out: currencies, taxes, minimums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.provider_documents import ProviderDocuments, problem_at

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, Plain, YamlDocument
    from msp_billing.domain.problems import Problem


def charge_problems(documents: ProviderDocuments) -> Iterator[Problem]:
    """Prices, classes and places that are missing; on texts, whatever else is wrong."""
    if documents.policy.root is None or documents.price_book.root is None:
        return
    currencies = _currencies_by_product(documents.price_book)
    classes = _classes_by_product(documents.price_book)
    taxed = _taxed_classes(documents.policy)
    yield from _products_without_class(documents, classes)
    for account in documents.accounts:
        yield from _without_price(documents, account, currencies)
        yield from _without_place(account, classes, taxed)
        yield from _minimums(documents, account)
        yield from _adjustments(documents, account)


# --- Currencies ----------------------------------------------------------------------------------


def _currencies_by_product(price_book: YamlDocument) -> dict[str, set[str]]:
    own = next((text for _, text in price_book.find("currency")), "")
    found: dict[str, set[str]] = {}
    for _, product in price_book.values("products", "*"):
        match product:
            case {"code": str(code), "prices": list(prices)}:
                found[code] = {
                    str(entry.get("currency", own)) for entry in prices if isinstance(entry, dict)
                }
    return found


def _without_price(
    documents: ProviderDocuments, account: YamlDocument, currencies: dict[str, set[str]]
) -> Iterator[Problem]:
    """Lines of an account in a currency that their product has no list price in.

    Products without any list price are left to the cycle: their line may get its price later.
    """
    wanted = next((text for _, text in account.find("currency")), None)
    for path, line in account.values("agreements", "*", "lines", "*"):
        match line:
            case {"product": str(product), **others} if "price" not in others:
                known = currencies.get(product)
                if known and wanted is not None and wanted not in known:
                    yield problem_at(
                        account,
                        (*path, "product"),
                        "currency",
                        f"The account is billed in {wanted}, and '{product}' has prices in "
                        f"{', '.join(sorted(known))} only.",
                        f"Give the line a price, or the product one with 'currency: {wanted}' in "
                        f"{documents.price_book.file}.",
                    )


# --- Taxes ---------------------------------------------------------------------------------------


def _classes_by_product(price_book: YamlDocument) -> dict[str, str | None]:
    categories: dict[str, str] = {}
    for _, category in price_book.values("categories", "*"):
        match category:
            case {"category": str(name), "tax_class": str(tax_class)}:
                categories[name] = tax_class
    classes: dict[str, str | None] = {}
    for _, product in price_book.values("products", "*"):
        match product:
            case {"code": str(code), "tax_class": str(tax_class)}:
                classes[code] = tax_class
            case {"code": str(code), "category": str(name)}:
                classes[code] = categories.get(name)
    return classes


def _taxed_classes(policy: YamlDocument) -> set[str]:
    """The classes that some jurisdiction takes more than nothing of."""
    taxed: set[str] = set()
    for _, rate in policy.values("taxes", "jurisdictions", "*", "rates", "*"):
        match rate:
            case {"tax_class": str(tax_class), "percent": str(percent)} if percent.strip("0."):
                taxed.add(tax_class)
    return taxed


def _products_without_class(
    documents: ProviderDocuments, classes: dict[str, str | None]
) -> Iterator[Problem]:
    if not [*documents.policy.values("taxes")]:
        return
    for path, code in documents.price_book.find("products", "*", "code"):
        if code in classes and classes[code] is None:
            yield problem_at(
                documents.price_book,
                path,
                "no-tax-class",
                f"'{code}' has no tax class, and the provider charges sales tax.",
                "Write its 'tax_class', or that of its category.",
            )


def _without_place(
    account: YamlDocument, classes: dict[str, str | None], taxed: set[str]
) -> Iterator[Problem]:
    """The first taxable line of an account of which it is not known where it is taxed."""
    if [*account.find("tax_place")]:
        return
    placed: set[Plain] = set()
    everywhere = True
    for _, subscriber in account.values("subscribers", "*"):
        match subscriber:
            case {"subscriber": str(name), "tax_place": str()}:
                placed.add(name)
            case _:
                everywhere = False
    for path, line in account.values("agreements", "*", "lines", "*"):
        match line:
            case {"product": str(product), **others} if classes.get(product) in taxed:
                whose = others.get("subscriber")
                if whose in placed or (whose == "each" and everywhere and placed):
                    continue
                yield problem_at(
                    account,
                    (*path, "product"),
                    "no-tax-place",
                    f"'{product}' is taxable, and it is not known where.",
                    "Give the account, or the subscriber, its 'tax_place'.",
                )
                return


# --- Minimums and adjustments --------------------------------------------------------------------


def _minimums(documents: ProviderDocuments, account: YamlDocument) -> Iterator[Problem]:
    for path, minimum in account.values("agreements", "*", "minimums", "*"):
        match minimum:
            case {"categories": list(categories)}:
                runs = {
                    run.run
                    for run in documents.runs
                    for category in categories
                    if category in run.categories
                }
                if len(runs) > 1:
                    yield problem_at(
                        account,
                        (*path, "categories"),
                        "minimum-across-runs",
                        f"The categories of this minimum are billed by {len(runs)} runs, "
                        f"{' and '.join(sorted(runs))}.",
                        "Write a minimum for the categories of each run.",
                    )
            case {"product": str(product)} if product not in _products_of(account, path):
                yield problem_at(
                    account,
                    (*path, "product"),
                    "minimum-without-line",
                    f"The agreement has no line for '{product}', of which it promises a minimum.",
                    "Correct the product, or add its line.",
                )


def _products_of(account: YamlDocument, minimum: Path) -> set[str]:
    """The products of the lines of the agreement that a minimum belongs to."""
    found = account.find("agreements", "*", "lines", "*", "product")
    return {product for path, product in found if path[:2] == minimum[:2]}


def _adjustments(documents: ProviderDocuments, account: YamlDocument) -> Iterator[Problem]:
    billed = {category for run in documents.runs for category in run.categories}
    known = {text for _, text in documents.price_book.find("categories", "*", "category")}
    for path, category in account.find("adjustments", "*", "category"):
        if category in known and category not in billed:
            yield problem_at(
                account,
                path,
                "adjustment-category",
                f"No run bills the category '{category}': the adjustment would be on no invoice.",
                f"Write one of {', '.join(sorted(billed))}.",
            )
