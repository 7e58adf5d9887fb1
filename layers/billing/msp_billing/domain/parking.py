"""Parking: what keeps an account from being billed, each reason by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from msp_billing.domain.accounts import Account
from msp_billing.domain.billable_lines import BillableLine, Counter
from msp_billing.domain.charging.pricing import price_in_force
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem, name_some
from msp_billing.domain.run_policy import RunPolicy


@dataclass(frozen=True)
class BuildContext:
    """What all accounts of one cycle are built with; pinned when the cycle opened."""

    policy: ProviderPolicy
    run: RunPolicy
    price_book: PriceBook
    period: Period
    invoice_on: date
    due_on: date
    snapshot_sha256: str


def parked(
    context: BuildContext, account: Account, active: list[Agreement], problems: list[Problem]
) -> AccountOutcome:
    """The outcome of an account that a person has to look at first.

    Agreements that have nothing to do with the run are not held up by it.
    """
    concerned = {entry.agreement for entry in active if _has_lines(context, entry)}
    reason = f"{len(problems)} problem{'s' if len(problems) > 1 else ''} to mend"
    return AccountOutcome(
        account=account.account,
        account_name=account.name,
        agreements=tuple(
            AgreementOutcome(agreement=entry.agreement, kind=OutcomeKind.PARKED, reason=reason)
            if entry.agreement in concerned or not concerned
            else nothing_to_bill(context.run, entry)
            for entry in active
        ),
        problems=tuple(problems),
    )


def nothing_to_bill(run: RunPolicy, agreement: Agreement) -> AgreementOutcome:
    """The outcome of an agreement that this run has no line for."""
    return AgreementOutcome(
        agreement=agreement.agreement,
        kind=OutcomeKind.NOTHING_TO_BILL,
        reason=f"no quantity in the run {run.run}",
    )


def _has_lines(context: BuildContext, agreement: Agreement) -> bool:
    products = (
        context.price_book.find(line.product)
        for line in agreement.lines
        if line.provided_in(context.period)
    )
    return any(
        product is None or product.category in context.run.categories for product in products
    )


def currency_problems(context: BuildContext, account: Account) -> Iterator[Problem]:
    """An account in another currency than the price book's has no price at all."""
    if account.currency != context.price_book.currency:
        yield Problem(
            code="currency",
            what=f"The account is billed in {account.currency}, the price book is in "
            f"{context.price_book.currency}.",
            fix="Bill the account in the price book's currency.",
            where=account.account,
        )


def unpriced_products(
    context: BuildContext, account: Account, billable: Iterable[list[BillableLine]]
) -> Iterator[Problem]:
    """A quantity without a price stops the account; it never bills zero (INT-02)."""
    missing: dict[tuple[str, str, str], list[BillableLine]] = {}
    for entry in (entry for entries in billable for entry in entries):
        found = price_in_force(entry.line, entry.product, context.price_book, context.period)
        if found is None:
            key = (entry.agreement.agreement, entry.line.line, entry.product.code)
            missing.setdefault(key, []).append(entry)
    for (agreement, line, product), entries in missing.items():
        quantity = sum(entry.quantity for entry in entries)
        yield Problem(
            code="no-price",
            what=f"{quantity} {entries[0].product.unit} of {product} have no price on "
            f"{context.period.first_day}.",
            fix=f"Give line {line} of agreement {agreement} a price, or the product a list price.",
            where=account.account,
        )


def unpriced_items(context: BuildContext, account: Account, counter: Counter) -> Iterator[Problem]:
    """Items of a kind that no line of the account counts stop the account (INT-02)."""
    for demand in context.run.must_be_priced:
        kinds: dict[str, list[str]] = {}
        for row in counter.items_left_over(demand):
            kinds.setdefault(row.attributes.get(demand.attribute, ""), []).append(row.name)
        for kind, names in sorted(kinds.items()):
            items = f"{len(names)} item{'s' if len(names) > 1 else ''}"
            yield Problem(
                code="unpriced-items",
                what=f"{items} of {demand.attribute} '{kind}' without a price in the account's "
                f"agreements: {name_some(sorted(names))}.",
                fix=f"Add a line with a price for {demand.attribute} '{kind}', or correct the "
                "feed.",
                where=account.account,
            )
