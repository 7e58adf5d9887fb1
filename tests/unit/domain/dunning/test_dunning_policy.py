"""A policy that cannot work, or is not fair, is refused with what is wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.dunning.dunning_policy import Exemption, LateFee
from tests.unit.domain.dunning.play import dunning_policy, step, two_holds


def steps(*changed: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    found = two_holds()
    for index, changes in changed:
        found[index] = {**found[index], **changes}
    return found


def test_a_policy_knows_its_reminders_its_steps_and_its_clauses() -> None:
    policy = dunning_policy([step("soon", "reminder", -3), *two_holds()])
    assert [entry.step for entry in policy.reminders] == ["soon"]
    assert policy.case_steps[0].step == "notice"
    assert policy.step("credit-hold").is_hold
    assert set(policy.clauses()) == {"late"}
    with pytest.raises(KeyError):
        policy.step("nothing")


@pytest.mark.rule("DUN-03", "DUN-09")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (steps((1, {"step": "notice"})), "'notice' is listed twice"),
        (steps((0, {"days": 0})), "a reminder has zero or negative days"),
        ([step("soon", "reminder", 1), *two_holds()], "a reminder has zero or negative days"),
        (two_holds()[2:3], "a hold needs a notice before it"),
        (
            [entry for entry in two_holds() if entry["step"] != "last-warning"],
            "service-hold: a hold",
        ),
        (steps((0, {"counted_from": "credit_hold"})), "no step before it places"),
        (steps((3, {"counted_from": "due_date"})), "count it from the credit hold"),
        (steps((1, {"days": 16})), "credit-hold is due before the step"),
        (steps((4, {"kind": "credit_hold"})), "places a second credit hold"),
        (
            [*two_holds(), step("more", "notice", 40, counted_from="credit_hold")],
            "a service hold is the last step",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(wrong: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        dunning_policy(wrong)


def test_holds_that_nobody_may_end_are_refused() -> None:
    nobody = {"clause": "late", "letter": "Thank you."}
    with pytest.raises(ValidationError, match="at least one role"):
        dunning_policy(release=nobody)
    assert dunning_policy(two_holds()[:2], release=nobody).release.roles == ()


def test_a_role_is_listed_once() -> None:
    role = {"role": "billing", "title": "Billing", "approvers": ["b@elm.example"]}
    with pytest.raises(ValidationError, match="role 'billing' is listed twice"):
        dunning_policy(release={"clause": "late", "letter": "Thank you.", "roles": [role, role]})


@pytest.mark.parametrize("share", ["1", "1.5", "-0.1"])
def test_a_share_is_less_than_all(share: str) -> None:
    with pytest.raises(ValidationError):
        dunning_policy(minimum_share=share)


def test_a_late_fee_has_one_measure() -> None:
    assert LateFee(amount=Decimal("15.00")).percent is None
    for both in ({}, {"amount": "15.00", "percent": "1.5"}):
        with pytest.raises(ValidationError, match="either 'amount' or 'percent'"):
            LateFee.model_validate(both)


@pytest.mark.rule("DUN-10")
def test_an_exemption_has_one_scope_and_an_end() -> None:
    whole = {"reason": "A clinic.", "approved_by": "owner", "until": "2027-02-20"}
    assert Exemption.model_validate({**whole, "service": "anti-spam"}).exempt_from is None
    for wrong in (whole, {**whole, "service": "anti-spam", "exempt_from": "all_holds"}):
        with pytest.raises(ValidationError, match="either 'exempt_from' or 'service'"):
            Exemption.model_validate(wrong)
    del whole["until"]
    with pytest.raises(ValidationError, match="until"):
        Exemption.model_validate({**whole, "exempt_from": "all_holds"})
