"""Lines of sales tax, out of the other lines of an invoice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.charging.price_lookup import tax_place_of
from msp_billing.domain.charging.recurring import DISCOUNTED
from msp_billing.domain.charging.taxes import (
    TaxableAmount,
    TaxAmount,
    UntaxableError,
    rates_of,
    work_out_taxes,
)
from msp_billing.domain.charging.vat import VatCategory, VatPart
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.money import Money, share_out, total
from msp_billing.domain.periods import ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.charging.tax_policy import TaxExemption, TaxPolicy
    from msp_billing.domain.contracts.agreements import Agreement

_OVER_TIME = (LineKind.RECURRING, LineKind.SHORTFALL)
"""Kinds of lines whose tax goes by the service period; that of others by the invoice date."""


def taxes(
    build: AccountBuild, agreements: Sequence[Agreement], lines: Sequence[InvoiceLine]
) -> Iterator[InvoiceLine]:
    """One line per jurisdiction, place and rate, on what is taxable after discounts.

    A provider whose policy says nothing of taxes charges none. What cannot be known (the place,
    the class, a rate, a certificate's validity) parks the account by name.
    """
    policy = build.context.policy.taxes
    if policy is None or not lines:
        return
    amounts = [entry for line in lines for entry in _taxable(build, policy, line, lines)]
    try:
        worked = tuple(
            work_out_taxes(policy, amounts, build.account.tax_exemptions, build.context.invoice_on)
        )
    except UntaxableError as error:
        build.park(error.code, error.what, error.fix)
        return
    agreement = lines[0].reason.agreement
    for tax in worked:
        yield _line(build, policy, agreement, tax)


def charges_vat(build: AccountBuild) -> bool:
    """Whether the provider's tax is VAT: it has a VAT number, and a policy on taxes."""
    policy = build.context.policy
    return policy.seller.vat_id is not None and policy.taxes is not None


def with_vat(build: AccountBuild, lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """The lines of an invoice with the rates of VAT that their amounts are under.

    Lines of tax have theirs. A line under several taxes at once, which no VAT is, gets none.
    """
    policy = build.context.policy.taxes
    if policy is None or not charges_vat(build) or build.problems:
        return list(lines)
    charges = [line for line in lines if line.kind is not LineKind.TAX]
    return [
        line
        if line.kind is LineKind.TAX
        else line.model_copy(update={"vat": _vat_parts(build, policy, line, charges)})
        for line in lines
    ]


def _vat_parts(
    build: AccountBuild, policy: TaxPolicy, line: InvoiceLine, lines: Sequence[InvoiceLine]
) -> tuple[VatPart, ...]:
    """One part for each rate; what no jurisdiction taxes, wherever it is, is under a rate of 0."""
    parts: dict[tuple[VatCategory, Decimal, str | None], VatPart] = {}
    found = list(_taxable(build, policy, line, lines))
    for entry in found:
        part = _vat_part(build, policy, entry)
        if part is None:
            return ()
        key = (part.category, part.percent, part.reason)
        so_far = parts.get(key)
        amount = part.amount if so_far is None else so_far.amount + part.amount
        parts[key] = part.model_copy(update={"amount": amount})
    rest = line.amount - total((entry.amount for entry in found), line.amount.currency)
    if rest.amount:
        parts[VatCategory.ZERO, Decimal(0), None] = VatPart(category=VatCategory.ZERO, amount=rest)
    return tuple(parts.values())


def _vat_part(build: AccountBuild, policy: TaxPolicy, entry: TaxableAmount) -> VatPart | None:
    rates = rates_of(policy, entry, build.account.tax_exemptions, build.context.invoice_on)
    charged = [(percent, free) for _, percent, free in rates if percent]
    if len(charged) > 1:
        return None
    if charged:
        return _taxed(charged[0][0], entry.amount, charged[0][1])
    category = VatCategory.ZERO if rates else VatCategory.OUTSIDE
    return VatPart(category=category, amount=entry.amount)


def _taxed(percent: Decimal, amount: Money, exemption: TaxExemption | None) -> VatPart:
    if exemption is None:
        return VatPart(category=VatCategory.STANDARD, percent=percent, amount=amount)
    free = VatCategory.REVERSE_CHARGE if exemption.reverse_charge else VatCategory.EXEMPT
    reason = exemption.reason or f"certificate {exemption.certificate}"
    return VatPart(category=free, amount=amount, reason=reason)


def _taxable(
    build: AccountBuild, policy: TaxPolicy, line: InvoiceLine, lines: Sequence[InvoiceLine]
) -> Iterator[TaxableAmount]:
    """What a line adds to the amounts that taxes are due on.

    A discount is shared out over the lines that it is a share of, each with its class and place.
    """
    if line.kind is not LineKind.DISCOUNT:
        yield from _of_line(build, policy, line)
        return
    base = [
        entry
        for entry in lines
        if entry.kind in DISCOUNTED
        and entry.reason.price_basis is not PriceBasis.MINIMUM
        and entry.reason.agreement == line.reason.agreement
        and entry.category == line.category
    ]
    if not base:
        yield from _of_line(build, policy, line)
        return
    shares = share_out(line.amount, [entry.amount.amount for entry in base])
    for entry, share in zip(base, shares, strict=True):
        for taxable in _of_line(build, policy, entry):
            yield replace(taxable, amount=share)


def _of_line(build: AccountBuild, policy: TaxPolicy, line: InvoiceLine) -> Iterator[TaxableAmount]:
    if not line.amount.amount:
        return
    tax_class = _class_of(build, line)
    if tax_class not in {entry.tax_class for entry in policy.classes}:
        build.park(
            "no-tax-class",
            f"{line.product} has no tax class that the policy knows."
            if tax_class is None
            else f"The tax class '{tax_class}' of {line.product} is not in the policy.",
            f"Give the product, or the category '{line.category}', one of the policy's tax "
            "classes.",
        )
        return
    rates = [e for entry in policy.jurisdictions for e in entry.rates_of(tax_class)]
    if all(not rate.percent for rate in rates):
        return  # taxed nowhere, wherever the account is
    place = tax_place_of(build.account, line.subscriber)
    if place is None:
        whose = "account" if line.subscriber is None else f"subscriber {line.subscriber}"
        build.park(
            "no-tax-place",
            f"{line.product} is taxable, and it is not known where the {whose} is taxed.",
            "Give the account, or the subscriber, its 'tax_place'.",
        )
        return
    over_time = line.kind in _OVER_TIME
    yield TaxableAmount(
        place, tax_class, line.amount, line.service_period.starts_on if over_time else None
    )


def _class_of(build: AccountBuild, line: InvoiceLine) -> str | None:
    adjusted = next((e for e in build.account.adjustments if e.charge == line.charge), None)
    own = None if adjusted is None else adjusted.tax_class
    return own or build.context.price_book.tax_class(line.product, line.category)


def _line(build: AccountBuild, policy: TaxPolicy, agreement: str, tax: TaxAmount) -> InvoiceLine:
    if tax.certificate is None:
        said = f"{tax.percent}% of {tax.base.amount:,} {tax.base.currency}"
    else:
        said = f"exempt by certificate {tax.certificate}"
    return InvoiceLine(
        line=1,
        kind=LineKind.TAX,
        subscriber=None,
        product=f"TAX-{tax.jurisdiction.jurisdiction.upper()}",
        description=f"{tax.jurisdiction.title}, {tax.place.title}, {said}",
        category=policy.category,
        quantity=Decimal(1),
        unit="tax",
        unit_price=tax.amount,
        amount=tax.amount,
        service_period=ServicePeriod.of_month(build.context.period),
        vat=(_taxed(tax.percent, tax.base, tax.exemption),) if charges_vat(build) else (),
        reason=LineReason(
            clause=policy.clause,
            agreement=agreement,
            agreement_line=None,
            quantity_from=f"taxable charges in {tax.place.title}, after discounts",
            price_basis=PriceBasis.PERCENT,
            price_from=f"tax table of {tax.jurisdiction.title}, policy "
            f"{build.context.policy.version}",
            arithmetic=tax.arithmetic,
        ),
    )
