"""What must fit together where work is billed by the hour: rates, products and runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.provider_documents import ProviderDocuments, problem_at

if TYPE_CHECKING:
    from msp_billing.domain.problems import Problem


def work_problems(documents: ProviderDocuments) -> Iterator[Problem]:
    """Rates whose product is billed by no run, or by one that does not bill the work.

    On texts, whatever else is wrong: what cannot be read is told elsewhere.
    """
    policy = documents.policy
    cards = _cards_of_runs(documents)
    for place, card in policy.values("rate_cards", "*"):
        if not isinstance(card, dict) or not isinstance(name := card.get("card"), str):
            continue
        billing = cards.get(name, {})
        for key in ("product", "after_hours_product"):
            for path, product in policy.find("rate_cards", "*", "rates", "*", key):
                if path[: len(place)] != place:
                    continue
                runs = {run.run for run in documents.runs_billing(product)}
                if not billing or not runs or runs & set(billing):
                    continue
                yield problem_at(
                    policy,
                    path,
                    "rate-product-of-another-run",
                    f"The hours are billed as '{product}', whose category the run "
                    f"'{min(runs)}' bills, and the work is billed by '{min(billing)}'.",
                    "Use a product of a category that the work's run bills, or add its category "
                    "there.",
                )


def _cards_of_runs(documents: ProviderDocuments) -> dict[str, dict[str, None]]:
    """By rate card, the regular runs that bill work by it."""
    cards: dict[str, str] = {}
    for _, entry in documents.policy.values("work_rules", "*"):
        match entry:
            case {"rules": str(rules), "rate_card": str(card)}:
                cards[rules] = card
    found: dict[str, dict[str, None]] = {}
    for _, entry in documents.policy.values("runs", "*"):
        match entry:
            case {"informational": True}:
                continue
            case {"run": str(run), "work": {"rules": str(rules)}} if rules in cards:
                found.setdefault(cards[rules], {})[run] = None
    return found
