"""Pay-outs: what is left of a contract whose customer leaves before its end (KR-10)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.findings import Finding
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.periods import Period, ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.billed_before import BilledBefore
    from msp_billing.domain.contracts.endings import End
    from msp_billing.domain.contracts.lifetimes import Lifetime

PAY_OUT = "PAY-OUT"
"""The code that pay-outs stand under on invoices; it is no product's."""


def pay_out_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """One line for each agreement that was left early: the months that remain, at once.

    It is billed once, by the first cycle after the month in which service ends, at the amount of
    the last month that was billed. A month that was billed in advance before the notice came is
    not paid a second time.

    What keeps an ending from being worked out stops the account, by name.
    """
    for agreement in build.account.agreements:
        life = build.life(agreement)
        if life.lacks_terms:
            build.park(
                "unknown-terms",
                f"Agreement {agreement.agreement} follows the terms '{agreement.terms}', which "
                f"the policy {build.context.policy.version} lacks.",
                "The cycle keeps the versions that it opened with: let the agreement start with "
                "the next period, or correct its 'terms'.",
            )
            continue
        last = build.previous.billed.get(agreement.agreement)
        if life.pay_out_months():
            yield from _pay_out(build, life, last)
        elif last is not None:
            _report_billed_after_end(build, life, last)


def _pay_out(
    build: AccountBuild, life: Lifetime, last: BilledBefore | None
) -> Iterator[InvoiceLine]:
    end, agreement, context = life.service_end, life.agreement, build.context
    charge = f"pay-out:{agreement.agreement}:{context.run.run}"
    assert end.last_on is not None, "what is paid out has ended"
    if context.period <= Period.of(end.last_on):
        return
    if not build.may_bill(charge, end.last_on) or not _bills_here(build, life):
        return
    if last is None:
        _note_unknown(build, life)
        return
    if life.held_lines:
        build.park(
            "pay-out-by-hand",
            f"Agreement {agreement.agreement} is paid out, and its line "
            f"{', '.join(life.held_lines)} is billed on: the remainder cannot be worked out.",
            "Move the line to an agreement of its own, or end both by 'ends_on' and enter the "
            "remainder as an adjustment.",
            agreement,
        )
        return
    months = [period for period in life.pay_out_months() if period > last.period]
    if months:
        yield _line(build, life, last, months, charge)


def _line(
    build: AccountBuild,
    life: Lifetime,
    last: BilledBefore,
    months: list[Period],
    charge: str,
) -> InvoiceLine:
    end = life.service_end
    count = Decimal(len(months))
    amount = last.monthly.times(count).rounded()
    spoken = "1 month" if len(months) == 1 else f"{len(months)} months"
    return InvoiceLine(
        line=1,
        kind=LineKind.PAY_OUT,
        subscriber=None,
        product=PAY_OUT,
        description=f"Remainder of {life.agreement.title}, {spoken} from {months[0]} to "
        f"{months[-1]}",
        category=last.category,
        quantity=count,
        unit="month",
        unit_price=last.monthly,
        amount=amount,
        service_period=ServicePeriod(starts_on=months[0].first_day, ends_on=months[-1].last_day),
        charge=charge,
        reason=LineReason(
            clause=end.clause or build.context.run.clause,
            agreement=life.agreement.agreement,
            agreement_line=None,
            quantity_from=end.why,
            price_basis=PriceBasis.EACH,
            price_from=f"what {last.period} billed every month",
            arithmetic=f"{count} x {last.monthly.amount} = {amount.amount}",
        ),
    )


def _bills_here(build: AccountBuild, life: Lifetime) -> bool:
    """Whether this run is one that bills the agreement's lines."""
    book = build.context.price_book
    products = (book.find(line.product) for line in life.agreement.lines)
    return any(
        product is not None and product.category in build.context.run.categories
        for product in products
    )


def _note_unknown(build: AccountBuild, life: Lifetime) -> None:
    """Nothing is known of the last month: a pay-out is never guessed and never left out."""
    name, end = life.agreement.agreement, life.service_end
    months = life.pay_out_months()
    if build.previous.period is not None:
        _report_nothing_billed(build, life, end)
    elif build.context.period <= months[-1]:
        build.park(
            "pay-out-unknown",
            f"Agreement {name} is to be paid out from {months[0]} to {months[-1]}, but no invoice "
            "of it is known, so that the amount of a month is not either.",
            "Write the day on which it ended as 'ends_on', and enter the remainder as an "
            "adjustment.",
            life.agreement,
        )


def _report_nothing_billed(build: AccountBuild, life: Lifetime, end: End) -> None:
    assert end.last_on is not None, "what is paid out has ended"
    if build.context.period != Period.of(end.last_on).shifted(1):
        return
    build.report(
        Finding(
            code="pay-out-of-nothing",
            clause=end.clause or build.context.run.clause,
            title="Left early, with nothing to pay out",
            what=f"Agreement {life.agreement.agreement} was left early ({end.why}), and nothing "
            "was billed in its last month: there is no remainder to pay.",
        )
    )


def _report_billed_after_end(build: AccountBuild, life: Lifetime, last: BilledBefore) -> None:
    """A month that was invoiced in advance, before it was known that the agreement had ended."""
    end = life.end
    if end.last_on is None or last.period <= Period.of(end.last_on):
        return
    if last.period != build.context.period.shifted(-1):
        return
    build.report(
        Finding(
            code="billed-after-end",
            clause=end.clause or build.context.run.clause,
            title="Billed for a month after the end",
            what=f"{last.period} was billed for agreement {life.agreement.agreement} with "
            f"{last.monthly}, and the agreement ended before it ({end.why}): issue a credit note.",
        )
    )
