"""What an account may do in each state, and the reason it is given."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.dunning.dunning_policy import AccountDunning, Exemption
from msp_billing.domain.dunning.entitlements import (
    Answer,
    Entitlement,
    EntitlementQuestionError,
    entitlement_of,
    may,
)
from msp_billing.domain.dunning.standing import AccountState, Standing
from tests.unit.domain.dunning.play import OAK, PLAYED, dunning_policy

TODAY = date(2027, 1, 20)
POLICY = dunning_policy(
    services=["antivirus", "anti-spam", "backup"],
    protected_services=[{"service": "backup", "reason": "Data would be lost."}],
)


def entitled(
    state: AccountState, account: AccountDunning = OAK, today: date = TODAY
) -> Entitlement:
    standing = Standing(
        provider="elm",
        account="oak",
        state=state,
        since=PLAYED,
        why="Overdue since 2026-11-30.",
        clause="late",
        entitlement_version=4,
    )
    return entitlement_of(standing, POLICY, account, today)


def allowed(entitlement: Entitlement) -> str:
    """buy, support, antivirus, backup: y or n."""
    answers = (
        may(entitlement, "buy"),
        may(entitlement, "support"),
        may(entitlement, "service", "antivirus"),
        may(entitlement, "service", "backup"),
    )
    return "".join("y" if answer.allowed else "n" for answer in answers)


@pytest.mark.rule("DUN-07", "KR-14", "KR-15")
@pytest.mark.parametrize(
    ("state", "answers"),
    [
        (AccountState.GOOD_STANDING, "yyyy"),
        (AccountState.DUE, "yyyy"),
        (AccountState.CREDIT_HOLD, "nyyy"),
        (AccountState.SERVICE_HOLD, "nnny"),
    ],
)
def test_every_state_by_every_question(state: AccountState, answers: str) -> None:
    assert allowed(entitled(state)) == answers


@pytest.mark.rule("DUN-07")
def test_it_says_since_when_why_and_by_which_clause() -> None:
    found = entitled(AccountState.SERVICE_HOLD)
    assert (found.since, found.why, found.clause) == (PLAYED, "Overdue since 2026-11-30.", "late")
    assert (found.version, found.services) == (4, "off")
    assert found.services_off == ("antivirus", "anti-spam")
    assert [entry.service for entry in found.protected_services] == ["backup"]
    assert may(found, "buy") == Answer(
        allowed=False, reason="The account is on service hold. Overdue since 2026-11-30."
    )


@pytest.mark.rule("DUN-10")
def test_a_protected_service_stays_on_and_says_why() -> None:
    answer = may(entitled(AccountState.SERVICE_HOLD), "service", "backup")
    assert answer == Answer(allowed=True, reason="'backup' stays on: Data would be lost.")


def test_a_service_that_the_policy_does_not_name_is_not_shut_off() -> None:
    answer = may(entitled(AccountState.SERVICE_HOLD), "service", "telephony")
    assert answer.allowed
    assert "does not name 'telephony'" in answer.reason


def test_a_policy_that_names_no_service_shuts_off_all_but_protected_ones() -> None:
    policy = POLICY.model_copy(update={"services": ()})
    standing = Standing(provider="elm", account="oak", state=AccountState.SERVICE_HOLD)
    found = entitlement_of(standing, policy, OAK, TODAY)
    assert not may(found, "service", "telephony").allowed
    assert may(found, "service", "backup").allowed


@pytest.mark.rule("DUN-10")
@pytest.mark.parametrize(("today", "on"), [(TODAY, True), (date(2027, 1, 21), False)])
def test_an_exempt_service_stays_on_until_its_last_day(today: date, on: bool) -> None:
    exemption = Exemption(service="anti-spam", reason="A clinic.", approved_by="owner", until=TODAY)
    account = OAK.model_copy(update={"exemptions": (exemption,)})
    found = entitled(AccountState.SERVICE_HOLD, account, today)
    assert may(found, "service", "anti-spam").allowed is on
    assert ("anti-spam" in found.services_off) is not on


def test_a_provider_without_dunning_allows_everything() -> None:
    standing = Standing(provider="elm", account="oak")
    found = entitlement_of(standing, None, OAK, TODAY)
    assert allowed(found) == "yyyy"
    assert (found.since, found.why) == (None, None)


def test_questions_have_to_be_whole() -> None:
    found = entitled(AccountState.GOOD_STANDING)
    with pytest.raises(EntitlementQuestionError, match="which service"):
        may(found, "service")
    with pytest.raises(EntitlementQuestionError, match="'buy'"):
        may(found, "buy", "antivirus")
