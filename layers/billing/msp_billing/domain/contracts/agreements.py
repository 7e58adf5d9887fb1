"""Agreements: the contract with an account, and the lines it provides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.contracts.minimums import AgreementMinimum
from msp_billing.domain.contracts.terms import months_after
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.periods import Period
from msp_billing.domain.price_book import Price

EACH_SUBSCRIBER = "each"
"""As a line's ``subscriber``: one invoice line for every subscriber of the account."""


class Ending(Frozen):
    """That an agreement is to end: when notice was given, and for which day."""

    notice_on: date = Field(description="The day on which notice was received.")
    ends_on: date | None = Field(
        default=None,
        description="The last day that is wanted; without it the first day that the terms allow "
        "without paying anything out.",
    )
    reason: Text | None = Field(default=None, description="Why, in the customer's words.")


class Cancellation(Frozen):
    """That one line of an agreement is to end (COL-20, COL-21)."""

    notice_on: date = Field(description="The day on which notice was received.")
    wanted_on: date | None = Field(default=None, description="The last day that is wanted.")
    returned_on: date | None = Field(default=None, description="When hardware was received back.")
    verified_on: date | None = Field(
        default=None, description="When returned hardware was found to be in working condition."
    )


class ContractedQuantity(Frozen):
    """The count that was agreed in a change of the contract (KR-06)."""

    from_on: date = Field(description="First service month in which it applies begins then.")
    quantity: int = Field(ge=0, le=1_000_000)


class AgreementLine(Frozen):
    """One thing that an agreement provides, how many of it, and at what price."""

    line: Identifier
    product: Code
    subscriber: Identifier | None = Field(
        default=None,
        description="Whose it is: a subscriber, 'each' for all of them, or nothing for the "
        "account as a whole.",
    )
    quantity: int | None = Field(default=None, ge=0, le=1_000_000, description="A fixed quantity.")
    count_rule: Identifier | None = Field(
        default=None, description="Counted by this rule, in place of the product's own."
    )
    minimum_quantity: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Least quantity that is billed, of each section; what is missing is a line of "
        "its own (MSA-04).",
    )
    price: Price | None = Field(
        default=None, description="In place of the list price; in the account's currency."
    )
    note: Text | None = Field(default=None, description="Shown after the product's name.")
    hardware: Hardware | None = Field(
        default=None, description="rented or owned, in place of what the product says (COL-28)."
    )
    starts_on: date | None = Field(default=None, description="First day it is provided.")
    ends_on: date | None = Field(
        default=None, description="Last day it is provided, as both sides agreed."
    )
    bill_once_in: Period | None = Field(
        default=None, description="A one-time charge, billed in this service month (MSA-01)."
    )
    contracted_quantity: tuple[ContractedQuantity, ...] = Field(
        default=(),
        description="Counts that were agreed, where the terms have change windows (KR-06); without "
        "any, the first count that is billed is the contracted one.",
    )
    commitment_months: int | None = Field(
        default=None, ge=1, le=120, description="Committed months from its first day (COL-16)."
    )
    committed_until: date | None = Field(
        default=None, description="Last day of its commitment, in place of 'commitment_months'."
    )
    cancelled: Cancellation | None = Field(default=None, description="Notice for this line.")

    @model_validator(mode="after")
    def _consistent(self) -> AgreementLine:
        problems = list(_line_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def provided_in(self, period: Period) -> bool:
        """Whether any day of the month is provided by its own dates, cancellations apart."""
        if self.bill_once_in is not None:
            return self.bill_once_in == period
        return overlaps(self.starts_on, self.ends_on, period)

    def commitment_end(self, agreement_starts_on: date) -> date | None:
        """The last day of the commitment, or None without one (COL-16, COL-20)."""
        if self.commitment_months is None:
            return self.committed_until
        starts_on = self.starts_on or agreement_starts_on
        return months_after(starts_on, self.commitment_months) - timedelta(days=1)


class Agreement(Frozen):
    """A contract with its term and its lines."""

    agreement: Identifier
    title: Text
    starts_on: date
    ends_on: date | None = Field(
        default=None, description="Last day, as both sides agreed; none while it runs on."
    )
    terms: Identifier | None = Field(
        default=None,
        description="Which of the policy's 'contract_terms' it follows; none where only dates "
        "decide.",
    )
    term_years: int = Field(
        default=0, ge=0, le=10, description="Committed years; decides the term discount (KR-09)."
    )
    renews: Literal["monthly", "term"] | None = Field(
        default=None,
        description="How it goes on after its term, in place of what the terms say (KR-11).",
    )
    renewal_years: int | None = Field(
        default=None, ge=1, le=10, description="Years of each further term; as before without it."
    )
    ending: Ending | None = Field(default=None, description="Notice that was given.")
    coverage: Identifier | None = Field(
        default=None, description="Level of coverage, decides the invoice's label (KR-03)."
    )
    minimums: tuple[AgreementMinimum, ...] = Field(
        default=(), description="What the agreement comes to at least, month by month (MSA-04)."
    )
    after_hours_support: bool | None = Field(
        default=None,
        description="Whether support after hours is included; where nothing is said, the work "
        "rules decide by the coverage (KR-12).",
    )
    lines: tuple[AgreementLine, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Agreement:
        problems = list(_agreement_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def active_in(self, period: Period) -> bool:
        """Whether any day of the month lies in the agreement by its own dates.

        Terms and notice decide as well, see :mod:`msp_billing.domain.contracts.lifetimes`.
        """
        return overlaps(self.starts_on, self.ends_on, period)


def overlaps(starts_on: date | None, ends_on: date | None, period: Period) -> bool:
    """Whether days from one to the other, both open where None, meet the month."""
    after_start = starts_on is None or starts_on <= period.last_day
    before_end = ends_on is None or ends_on >= period.first_day
    return after_start and before_end


# --- What does not fit together ------------------------------------------------------------------


def _line_inconsistencies(line: AgreementLine) -> Iterator[str]:
    if line.quantity is not None and line.count_rule is not None:
        yield "give either a fixed 'quantity' or a 'count_rule', not both"
    if line.starts_on and line.ends_on and line.ends_on < line.starts_on:
        yield "the line ends before it starts"
    if line.commitment_months is not None and line.committed_until is not None:
        yield "give either 'commitment_months' or 'committed_until', not both"
    if line.contracted_quantity and line.quantity is not None:
        yield "a 'contracted_quantity' is for counted lines: a fixed 'quantity' is the contract"
    if line.contracted_quantity and line.subscriber == EACH_SUBSCRIBER:
        yield "a 'contracted_quantity' is of one subscriber: give each subscriber its own line"
    days = [entry.from_on for entry in line.contracted_quantity]
    for day in sorted({day for day in days if days.count(day) > 1}):
        yield f"two contracted quantities apply from {day}: keep one"
    if line.cancelled is not None:
        yield from _cancellation_inconsistencies(line, line.cancelled)


def _cancellation_inconsistencies(line: AgreementLine, cancelled: Cancellation) -> Iterator[str]:
    if line.ends_on is not None:
        yield "the line has both 'ends_on' and 'cancelled': keep the one that counts"
    if line.bill_once_in is not None:
        yield "a one-time charge cannot be cancelled: remove the line"
    if cancelled.wanted_on is not None and cancelled.wanted_on < cancelled.notice_on:
        yield "the line is wanted to end before notice was given"
    if cancelled.returned_on is not None and cancelled.returned_on < cancelled.notice_on:
        yield "the hardware was returned before notice was given"
    if cancelled.verified_on is not None:
        if cancelled.returned_on is None:
            yield "the hardware was verified but never returned: give 'returned_on'"
        elif cancelled.verified_on < cancelled.returned_on:
            yield "the hardware was verified before it was returned"


def _agreement_inconsistencies(agreement: Agreement) -> Iterator[str]:
    turned_round = agreement.ends_on is not None and agreement.ends_on < agreement.starts_on
    if turned_round:
        yield "the agreement ends before it starts"
    names = [entry.line for entry in agreement.lines]
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        yield f"agreement lines are listed twice: {', '.join(doubles)}"
    for line in agreement.lines:
        once = line.bill_once_in
        if once is not None and not turned_round and not agreement.active_in(once):
            yield (
                f"line {line.line} is billed once in {once}, when the agreement is not "
                "in force: it would never be billed"
            )
        yield from _dates_of_line(agreement, line)
    yield from _renewal_inconsistencies(agreement)
    if agreement.ending is not None:
        yield from _ending_inconsistencies(agreement, agreement.ending)


def _dates_of_line(agreement: Agreement, line: AgreementLine) -> Iterator[str]:
    starts_on = line.starts_on or agreement.starts_on
    committed = line.commitment_end(agreement.starts_on)
    if committed is not None and committed < starts_on:
        yield f"the commitment of line {line.line} ends before it starts"
    elif committed is not None:
        for whose, ends_on in (("the line", line.ends_on), ("the agreement", agreement.ends_on)):
            if ends_on is not None and ends_on < committed:
                yield (
                    f"line {line.line} is committed until {committed}, but {whose} ends on "
                    f"{ends_on}: correct one of the two, or give notice by 'cancelled' or 'ending'"
                )
    if line.cancelled is not None:
        if agreement.terms is None:
            yield (
                f"line {line.line} has notice, but the agreement no 'terms' that say how long it "
                "runs on: name them, or write the line's 'ends_on'"
            )
        if line.cancelled.notice_on < starts_on:
            yield f"notice for line {line.line} was given before the line starts"


def _renewal_inconsistencies(agreement: Agreement) -> Iterator[str]:
    if agreement.terms is None:
        if agreement.renews is not None or agreement.renewal_years is not None:
            yield "a renewal is agreed, but no 'terms' that it belongs to: name them"
        return
    if agreement.renews == "term" and not (agreement.term_years or agreement.renewal_years):
        yield "the agreement renews for a term of no years: give 'renewal_years'"
    if agreement.renews == "monthly" and agreement.renewal_years is not None:
        yield "the agreement renews by the month: remove 'renewal_years'"


def _ending_inconsistencies(agreement: Agreement, ending: Ending) -> Iterator[str]:
    if agreement.terms is None:
        yield (
            "notice was given, but the agreement has no 'terms' that say how long it runs on: name "
            "them, or write 'ends_on'"
        )
    if agreement.ends_on is not None:
        yield "the agreement has both 'ends_on' and 'ending': keep the one that counts"
    if ending.notice_on < agreement.starts_on:
        yield "notice was given before the agreement starts"
    if ending.ends_on is not None and ending.ends_on < ending.notice_on:
        yield "the agreement is wanted to end before notice was given"
