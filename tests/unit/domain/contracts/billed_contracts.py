"""Bills one account month after month, each month on what the one before billed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.previous_counts import (
    NO_PREVIOUS_COUNTS,
    PreviousCounts,
    previous_counts_of,
)
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    TERM_DISCOUNTS,
    Data,
    account,
    context,
    device,
    policy,
    price_book,
    price_book_data,
    product_data,
    run_data,
    snapshot,
)
from tests.unit.domain.contracts.contract_samples import (
    COLLABRANCE_TERMS,
    INTEGRIS_TERMS,
    KR_TERMS,
    US_HOLIDAYS,
    month,
)

# 45.50 per PC until June 2026, 50.00 from July on.
PRICES = [
    {"from_on": "2023-01-01", "price": {"each": "45.50"}},
    {"from_on": "2026-07-01", "price": {"each": "50.00"}},
]
_PC = product_data("PC", "support", None, count_rule="pcs", unit="PC") | {"prices": PRICES}
_OTHERS = [entry for entry in price_book_data()["products"] if entry["code"] != "PC"]
_FIREWALL = product_data(
    "FIREWALL",
    "support",
    {"each": "95.00"},
    end_rule={"returned_and_verified": True, "clause": "calendar"},
)
BOOK = price_book(products=[_PC, *_OTHERS, _FIREWALL])
POLICY = policy(
    contract_terms=[KR_TERMS, COLLABRANCE_TERMS, INTEGRIS_TERMS],
    term_discounts=TERM_DISCOUNTS,
    runs=[run_data(invoice_per="agreement")],
)


def where(period: str, book: Any = BOOK) -> BuildContext:
    return context(month(period), POLICY, book, calendar=US_HOLIDAYS)


def built(
    of: Account,
    period: str,
    pcs: int,
    previous: PreviousCounts = NO_PREVIOUS_COUNTS,
    claims: dict[str, str] | None = None,
) -> AccountOutcome:
    here = where(period)
    rows = [device(f"pc-{number}", row=number + 2) for number in range(pcs)]
    sealed = snapshot(of, here, rows).model_copy(update={"claims": claims or {}})
    return build_account(here, sealed, previous)


def after(outcome: AccountOutcome, period: str) -> PreviousCounts:
    """What the next month is built on."""
    return previous_counts_of(outcome.invoices, month(period))


class Months:
    """An account whose months follow each other; its agreements may change in between."""

    def __init__(self, *agreements: Data) -> None:
        self.account = account(*agreements)
        self.previous = NO_PREVIOUS_COUNTS
        self.claims: dict[str, str] = {}
        self.invoices: list[Invoice] = []

    def bill(self, period: str, pcs: int) -> AccountOutcome:
        outcome = built(self.account, period, pcs, self.previous, self.claims)
        assert not outcome.parked, outcome.problems
        self.previous = after(outcome, period)
        self.claims |= dict.fromkeys(outcome.charges, where(period).claimant)
        for invoice in outcome.invoices:
            self.invoices.append(invoice.numbered(f"LP-{len(self.invoices) + 1:06d}"))
        return outcome

    def bill_all(self, first: str, last: str, pcs: int) -> None:
        period = month(first)
        while period <= month(last):
            self.bill(str(period), pcs)
            period = period.shifted(1)

    def change(self, *agreements: Data) -> None:
        self.account = account(*agreements)


def amounts(outcome: AccountOutcome) -> list[tuple[str, int, str]]:
    """Product, quantity and amount of every line of every invoice."""
    return [
        (line.product, int(line.quantity), str(line.amount.amount))
        for invoice in outcome.invoices
        for line in invoice.lines
    ]


def periods_of(invoices: Iterable[Invoice]) -> list[Period]:
    return [invoice.id.period for invoice in invoices]
