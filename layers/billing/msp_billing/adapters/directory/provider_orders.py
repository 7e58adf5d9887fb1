"""What orders in a provider directory refer to: ways of shipping, traits, kinds, capacities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.provider_documents import ProviderDocuments, problem_at
from msp_billing.adapters.directory.provider_names import nearest

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, Plain, YamlDocument
    from msp_billing.domain.problems import Problem


def order_problems(documents: ProviderDocuments) -> Iterator[Problem]:
    """What an order asks for and nobody knows; on texts, whatever else is wrong."""
    if documents.policy.root is None:
        return
    tiered = _priced_by_capacity(documents)
    ways = _texts(documents.policy, "shipping.*.shipping")
    traits = _texts(documents.policy, "setup_fees.*.only_with.*", "setup_fees.*.not_with.*")
    for account in documents.accounts:
        for pattern, noun, known in (
            ("orders.*.items.*.shipping", "way of shipping", ways),
            ("orders.*.traits.*", "trait that a setup fee asks for", traits),
        ):
            for path, text in account.find(*pattern.split(".")):
                if text not in known:
                    yield _unknown(documents, account, path, noun, text, known)
        yield from _kinds_without_rule(documents, account)
        yield from _without_capacity(account, tiered)


def _texts(document: YamlDocument, *patterns: str) -> list[str]:
    found = (text for pattern in patterns for _, text in document.find(*pattern.split(".")))
    return [*dict.fromkeys(found)]


def _unknown(
    documents: ProviderDocuments,
    account: YamlDocument,
    path: Path,
    noun: str,
    text: str,
    known: list[str],
) -> Problem:
    near = nearest(text, known)
    hint = f"Did you mean '{near}'? " if near else ""
    there = f"There are {', '.join(known)}. " if known else ""
    return problem_at(
        account,
        path,
        f"unknown-{noun.partition(' that')[0].replace(' ', '-')}",
        f"There is no {noun}, '{text}'.",
        f"{hint}{there}Correct it, or add it to {documents.policy.file}.",
    )


def _kinds_without_rule(documents: ProviderDocuments, account: YamlDocument) -> Iterator[Problem]:
    """Orders that bring a monthly line, and of which nobody says when it begins to bill."""
    known = _texts(documents.policy, "order_rules.*.kind")
    for path, order in account.values("orders", "*"):
        match order:
            case {"kind": str(kind), "items": list(items)} if kind not in known:
                if any(isinstance(item, dict) and "line" in item for item in items):
                    yield problem_at(
                        account,
                        (*path, "kind"),
                        "no-order-rule",
                        f"The order brings a monthly line, and no order rule says when a '{kind}' "
                        "begins to bill.",
                        f"Add a rule for '{kind}' to 'order_rules' in {documents.policy.file}, or "
                        "correct the kind.",
                    )


def _priced_by_capacity(documents: ProviderDocuments) -> dict[str, str]:
    """What chooses the step, by the code of the products whose quantity does not."""
    return {
        code: what
        for _, product in documents.price_book.values("products", "*")
        if isinstance(product, dict)
        and isinstance(code := product.get("code"), str)
        and isinstance(what := product.get("tier_by"), str)
    }


def _without_capacity(account: YamlDocument, tiered: dict[str, str]) -> Iterator[Problem]:
    for path, item in account.values("orders", "*", "items", "*"):
        if _needs_capacity(item, tiered) and isinstance(item, dict) and "capacity" not in item:
            yield _capacity_problem(account, path, item, tiered, "Write them as 'capacity'.")
    for path, line in account.values("agreements", "*", "lines", "*"):
        if _needs_capacity(line, tiered) and isinstance(line, dict):
            fix = "Bill it with an order, whose item has a 'capacity', or give the line a price."
            yield _capacity_problem(account, path, line, tiered, fix)


def _needs_capacity(entry: Plain, tiered: dict[str, str]) -> bool:
    match entry:
        case {"price": dict()}:
            return False
        case {"product": str(product)}:
            return product in tiered
    return False


def _capacity_problem(
    account: YamlDocument, path: Path, entry: dict[str, Plain], tiered: dict[str, str], fix: str
) -> Problem:
    product = str(entry["product"])
    what = f"The price of '{product}' depends on the {tiered[product]}, which are not given."
    return problem_at(account, (*path, "product"), "capacity-unknown", what, fix)
