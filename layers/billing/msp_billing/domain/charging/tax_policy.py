"""Sales tax as data: classes, rates by jurisdiction, places where several apply, exemptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal


class TaxClass(Frozen):
    """A kind of thing that is sold, as tax laws tell them apart."""

    tax_class: Identifier
    title: Text = Field(description="For people: 'Data processing services'.")


class TaxRate(Frozen):
    """What a jurisdiction takes of a class from a day on; 0 where the class is not taxed."""

    from_on: date = Field(description="First day of the rate.")
    tax_class: Identifier
    percent: ExactDecimal = Field(ge=0, le=100)


class TaxJurisdiction(Frozen):
    """A state, county, city or district with its own table of rates."""

    jurisdiction: Identifier
    title: Text = Field(description="What the invoice's line says: 'Michigan sales tax'.")
    rates: tuple[TaxRate, ...] = Field(min_length=1)

    def rates_of(self, tax_class: str) -> tuple[TaxRate, ...]:
        """The rates of a class, in the order of their days."""
        found = (entry for entry in self.rates if entry.tax_class == tax_class)
        return tuple(sorted(found, key=lambda entry: entry.from_on))


class TaxPlace(Frozen):
    """Where a customer is: the jurisdictions whose taxes apply there, one upon the other."""

    place: Identifier
    title: Text
    jurisdictions: tuple[Identifier, ...] = Field(
        description="Empty where no tax is to be charged, which has to be said."
    )


class TaxExemption(Frozen):
    """A certificate by which an account is free of tax, as far as it goes."""

    certificate: Text = Field(description="Its number or other id; invoices show it.")
    jurisdictions: tuple[Identifier, ...] = Field(
        default=(), description="Where it holds; everywhere if left out."
    )
    tax_classes: tuple[Identifier, ...] = Field(
        default=(), description="What it covers; everything if left out."
    )
    starts_on: date | None = Field(default=None, description="First day of its validity.")
    ends_on: date | None = Field(
        default=None, description="Last day; none for a certificate that does not run out."
    )
    reason: Text | None = Field(default=None, description="Resale, school, hospital ...")
    reverse_charge: bool = Field(
        default=False,
        description="The customer owes the VAT itself, as a business in another country does; its "
        "invoices have to say so.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> TaxExemption:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("the exemption ends before it starts")
        return self

    def covers(self, jurisdiction: str, tax_class: str) -> bool:
        """Whether it is about this tax at all, whatever the day."""
        return jurisdiction in (self.jurisdictions or (jurisdiction,)) and tax_class in (
            self.tax_classes or (tax_class,)
        )

    def begun_on(self, day: date) -> bool:
        """Whether the day is not before its first."""
        return self.starts_on is None or self.starts_on <= day

    def valid_on(self, day: date) -> bool:
        """Whether the day lies between its first and its last."""
        return self.begun_on(day) and (self.ends_on is None or day <= self.ends_on)


class TaxPolicy(Frozen):
    """All that a provider needs to charge sales tax; one without it charges none.

    Every class has its rate in every jurisdiction, 0 included: what nobody wrote down must not
    pass for a rate of nothing.
    """

    clause: Identifier = Field(description="The clause that tax lines refer to.")
    category: Identifier = Field(
        description="The price book's category that tax lines are listed under."
    )
    classes: tuple[TaxClass, ...] = Field(min_length=1)
    jurisdictions: tuple[TaxJurisdiction, ...] = ()
    places: tuple[TaxPlace, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> TaxPolicy:
        problems = list(_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def place(self, place: str) -> TaxPlace | None:
        """The place with this name, or None."""
        return next((entry for entry in self.places if entry.place == place), None)

    def jurisdiction(self, jurisdiction: str) -> TaxJurisdiction:
        """The jurisdiction with this name, which validation guarantees for every place's."""
        return next(e for e in self.jurisdictions if e.jurisdiction == jurisdiction)


def _inconsistencies(policy: TaxPolicy) -> Iterator[str]:
    classes = [entry.tax_class for entry in policy.classes]
    yield from _doubles("tax class", classes)
    yield from _doubles("jurisdiction", [entry.jurisdiction for entry in policy.jurisdictions])
    yield from _doubles("tax place", [entry.place for entry in policy.places])
    known = {entry.jurisdiction for entry in policy.jurisdictions}
    for place in policy.places:
        yield from _doubles(f"jurisdiction of {place.place}", list(place.jurisdictions))
        for unknown in sorted(set(place.jurisdictions) - known):
            yield f"the tax place {place.place} names the unknown jurisdiction '{unknown}'"
    for entry in policy.jurisdictions:
        yield from _faults_of(entry, classes)


def _faults_of(entry: TaxJurisdiction, classes: list[str]) -> Iterator[str]:
    rated = {rate.tax_class for rate in entry.rates}
    name = f"the jurisdiction {entry.jurisdiction}"
    for missing in sorted(set(classes) - rated):
        yield (
            f"{name} has no rate for the tax class '{missing}': write one, 0 where it is not taxed"
        )
    for unknown in sorted(rated - set(classes)):
        yield f"{name} has a rate for the unknown tax class '{unknown}'"
    starts = Counter((rate.tax_class, rate.from_on) for rate in entry.rates)
    for (tax_class, day), times in starts.items():
        if times > 1:
            yield f"{name} has two rates for '{tax_class}' from {day}: keep one"


def _doubles(what: str, names: list[str]) -> Iterator[str]:
    for name, times in Counter(names).items():
        if times > 1:
            yield f"the {what} '{name}' is listed twice: keep one"
