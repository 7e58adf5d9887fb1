"""Sales tax worked out: what is taxable, by which rate, and who is free of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.money import Money

if TYPE_CHECKING:
    from msp_billing.domain.charging.tax_policy import (
        TaxExemption,
        TaxJurisdiction,
        TaxPlace,
        TaxPolicy,
        TaxRate,
    )


@dataclass(frozen=True)
class TaxableAmount:
    """A charge, or what all charges of one kind come to.

    ``period_from`` is the first day of the service period of what is provided over time; None for
    what is sold on one day, which is the invoice date.
    """

    place: str
    tax_class: str
    amount: Money
    period_from: date | None


@dataclass(frozen=True)
class TaxAmount:
    """The tax of one jurisdiction, place and rate; nothing where a certificate exempts from it."""

    jurisdiction: TaxJurisdiction
    place: TaxPlace
    percent: Decimal
    base: Money
    amount: Money
    exemption: TaxExemption | None
    arithmetic: str

    @property
    def certificate(self) -> str | None:
        """The certificate that exempts from it, by its number."""
        return self.exemption.certificate if self.exemption else None


class UntaxableError(Exception):
    """What tax is due cannot be known; ``code``, ``what`` and ``fix`` say why and what to do."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.code = code
        self.what = what
        self.fix = fix


def rate_in_force(
    rates: Sequence[TaxRate], period_from: date | None, invoice_on: date
) -> TaxRate | None:
    """The rate of a charge; None before the first.

    What is sold on a day is taxed as on the invoice date. For services over a period the states
    of the Streamlined Sales and Use Tax Agreement rule so (its section 329, for example RCW
    82.08.064 in Washington): a higher rate applies to the first billing period that starts on or
    after its day, a lower one to bills rendered on or after its day.

    Args:
        rates: of one class, in the order of their days.
        period_from: first day of the service period; None for what is sold on a day.
    """
    found: TaxRate | None = None
    for rate in rates:
        rises = found is None or rate.percent > found.percent
        day = invoice_on if period_from is None or not rises else period_from
        if rate.from_on <= day:
            found = rate
    return found


def work_out_taxes(
    policy: TaxPolicy,
    amounts: Iterable[TaxableAmount],
    exemptions: Sequence[TaxExemption],
    invoice_on: date,
) -> Iterator[TaxAmount]:
    """One tax per jurisdiction, place and rate, rounded once on the sum of what it is due on.

    Classes that a jurisdiction taxes at 0 bring no line. What a certificate exempts does, with an
    amount of 0, because an invoice without the tax has to say why.

    Raises:
        UntaxableError: for an unknown place, a rate that has not begun, or a certificate that has
            run out. Never a silent zero, and never a tax that the certificate's renewal undoes.
    """
    groups: dict[_Key, list[Money]] = {}
    exempt: dict[_Key, TaxExemption | None] = {}
    for entry in amounts:
        for name, percent, free in rates_of(policy, entry, exemptions, invoice_on):
            if percent:
                key = (name, entry.place, percent, free.certificate if free else None)
                groups.setdefault(key, []).append(entry.amount)
                exempt.setdefault(key, free)
    yield from (_tax(policy, key, parts, exempt[key]) for key, parts in _in_order(policy, groups))


def rates_of(
    policy: TaxPolicy,
    entry: TaxableAmount,
    exemptions: Sequence[TaxExemption],
    invoice_on: date,
) -> list[tuple[str, Decimal, TaxExemption | None]]:
    """Jurisdiction, percent and what exempts from it, of all that tax an amount's place.

    Raises:
        UntaxableError: see :func:`work_out_taxes`.
    """
    place = policy.place(entry.place)
    if place is None:
        raise UntaxableError(
            "unknown-tax-place",
            f"The tax place '{entry.place}' is not in the policy.",
            "Correct the account's 'tax_place', or add the place with its jurisdictions.",
        )
    found: list[tuple[str, Decimal, TaxExemption | None]] = []
    for name in place.jurisdictions:
        rate = _rate(policy.jurisdiction(name), entry, invoice_on)
        free = None
        if rate.percent:
            free = _exemption(exemptions, name, entry.tax_class, invoice_on)
        found.append((name, rate.percent, free))
    return found


def _rate(jurisdiction: TaxJurisdiction, entry: TaxableAmount, invoice_on: date) -> TaxRate:
    rate = rate_in_force(jurisdiction.rates_of(entry.tax_class), entry.period_from, invoice_on)
    if rate is None:
        raise UntaxableError(
            "no-tax-rate",
            f"{jurisdiction.jurisdiction} has no rate for '{entry.tax_class}' yet on "
            f"{entry.period_from or invoice_on}.",
            "Add the rate that was in force then, 0 where it was not taxed.",
        )
    return rate


def _exemption(
    exemptions: Sequence[TaxExemption], jurisdiction: str, tax_class: str, day: date
) -> TaxExemption | None:
    covering = [entry for entry in exemptions if entry.covers(jurisdiction, tax_class)]
    valid = next((entry for entry in covering if entry.valid_on(day)), None)
    ended = next((entry for entry in covering if entry.begun_on(day)), None)
    if valid is None and ended is not None:
        raise UntaxableError(
            "tax-exemption-expired",
            f"The exemption certificate {ended.certificate} ran out on {ended.ends_on}.",
            "Enter the renewed certificate, or remove the old one so that tax is charged.",
        )
    return valid


_Key = tuple[str, str, Decimal, str | None]


def _in_order(policy: TaxPolicy, groups: dict[_Key, list[Money]]) -> list[tuple[_Key, list[Money]]]:
    """Places and jurisdictions as the policy lists them, the higher rate first."""
    places = {entry.place: index for index, entry in enumerate(policy.places)}
    names = {entry.jurisdiction: index for index, entry in enumerate(policy.jurisdictions)}
    return sorted(
        groups.items(),
        key=lambda item: (names[item[0][0]], places[item[0][1]], -item[0][2], item[0][3] or ""),
    )


def _tax(
    policy: TaxPolicy, key: _Key, parts: list[Money], exemption: TaxExemption | None
) -> TaxAmount:
    jurisdiction, place, percent, certificate = key
    base = sum(parts[1:], parts[0])
    found = policy.place(place)
    assert found is not None, "the place was looked up before"
    if exemption is not None:
        nothing = Money(amount=Decimal(0), currency=base.currency).rounded()
        said = f"exempt by certificate {certificate}, {percent}% of {base.amount:,} not charged"
        return TaxAmount(
            policy.jurisdiction(jurisdiction), found, percent, base, nothing, exemption, said
        )
    amount = base.times(percent).times(Decimal("0.01")).rounded()
    said = f"{percent}% of {base.amount:,} = {amount.amount}"
    return TaxAmount(policy.jurisdiction(jurisdiction), found, percent, base, amount, None, said)
