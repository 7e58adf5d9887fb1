"""Cross checks as data: which two sources of one thing are compared, and which one bills."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy


class CrossCheck(Frozen):
    """Two counts of what should be the same things. The winner bills; the other only checks."""

    check: Identifier
    title: Text = Field(description="For people: 'Devices without our agent'.")
    winner: Identifier = Field(description="The count rule whose source is believed.")
    against: Identifier = Field(description="The count rule that it is compared with.")
    match_by: Literal["item_id", "name"] = Field(
        default="name", description="What tells that two items are the same one."
    )
    tolerance_items: int = Field(
        default=0, ge=0, description="So many differing items are not reported."
    )
    tolerance_percent: ExactDecimal = Field(
        default=Decimal(0),
        ge=0,
        le=100,
        description="Nor are so many per cent of the winner's items; the larger of the two holds.",
    )
    report: Literal["both", "only_against"] = Field(
        default="both",
        description="'only_against' reports what the winner lacks, and nothing that it alone has.",
    )
    code: Identifier = Field(default="sources-differ", description="The kind of finding.")
    clause: Identifier

    @model_validator(mode="after")
    def _compares_two(self) -> CrossCheck:
        if self.winner == self.against:
            raise ValueError("a cross check compares two count rules, not one with itself")
        return self

    def allows(self, differing: int, winner_items: int) -> bool:
        """Whether so many differing items are within the tolerance."""
        share = winner_items * self.tolerance_percent / 100
        return differing <= max(Decimal(self.tolerance_items), share)


def cross_checks_of(policy: ProviderPolicy, run: RunPolicy) -> tuple[CrossCheck, ...]:
    """The checks that a run makes: both of their counts are taken at its moments."""
    moments = {entry.moment for entry in run.moments}
    return tuple(
        check
        for check in policy.cross_checks
        if {policy.count_rule(rule).moment for rule in (check.winner, check.against)} <= moments
    )


def cross_check_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together, one sentence each."""
    names = [entry.check for entry in policy.cross_checks]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the cross check '{name}' is listed twice: keep one"
    rules = {entry.rule: entry for entry in policy.count_rules}
    for check in policy.cross_checks:
        unknown = [rule for rule in (check.winner, check.against) if rule not in rules]
        for rule in unknown:
            yield f"cross check {check.check} names the unknown count rule '{rule}'"
        if unknown:
            continue
        wanted = {rules[check.winner].moment, rules[check.against].moment}
        if not any(wanted <= {entry.moment for entry in run.moments} for run in policy.runs):
            yield (
                f"cross check {check.check} compares counts of different runs: no run has the "
                f"moments {' and '.join(sorted(wanted))}"
            )
