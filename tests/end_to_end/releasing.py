"""Cedar on credit hold on a stage, and what approvers do about it.

Put on hold on Thursday 15 October 2026 at 14:00 UTC (see dunning_provider). Its way out needs an
engineer (Ann, or Bob) and the billing team (Bob, or Cyd); they are asked again after a day, twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from local_cloud import HttpResponse, SentMail
from msp_billing.domain.dunning.cases import case_opened, hold_placed
from msp_billing.domain.dunning.dunning_policy import ReleasePolicy, ReleaseRole
from msp_billing.domain.dunning.standing import (
    AccountState,
    NoticeOverride,
    Release,
    StepTaken,
)
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.domain.periods import Period
from msp_billing.usecases.dunning.release_approvals import (
    ApprovalRequest,
    ReleaseResult,
    approve_release,
)
from tests.end_to_end.dunning_provider import (
    ACCOUNT,
    DUE_ON,
    PROVIDER,
    STEPS,
    Debtor,
    dunning_birch,
    dunning_policy,
    overdue,
)
from tests.end_to_end.small_provider import Provider
from tests.end_to_end.stage import Stage, at, open_stage

ANN, BOB, CYD = "ann@birch.example", "bob@birch.example", "cyd@birch.example"
BOSS = "boss@birch.example"
HELD = "2026-10-15T14:01:00"


def releasing_birch() -> Provider:
    """Two roles with two people each, one of them in both; ACH settles after three days."""
    policy = ReleasePolicy(
        clause="off-hold",
        roles=(
            ReleaseRole(role="engineer", title="Engineer", approvers=(ANN, BOB)),
            ReleaseRole(role="billing", title="Billing team", approvers=(BOB, CYD)),
        ),
        remind_after_days=1,
        reminders=2,
        escalate_to=(BOSS,),
        letter="Thank you. The hold has ended.",
    )
    settled = PaymentPolicy.model_validate({"settled_after_business_days": {"ach": 3}})
    return dunning_birch(dunning_policy(release=policy)).with_policy(payments=settled)


@dataclass(frozen=True)
class Held(Debtor):
    """The account, with its release."""

    @property
    def release(self) -> Release:
        release = self.standing.release
        assert release is not None, "no release was asked for"
        return release

    def approve(self, role: str, by: str, why: str = "Looked at it.") -> ReleaseResult:
        """As the command line does."""
        request = ApprovalRequest(provider=PROVIDER, account=ACCOUNT, role=role, by=by, why=why)
        result = approve_release(self.ports, request)
        self.stage.settle()
        return result

    def both_approve(self) -> None:
        self.approve("engineer", ANN)
        self.approve("billing", CYD)

    def asked(self) -> list[tuple[str, str, str]]:
        """Day and hour, part and recipient of every mail to an approver."""
        return [
            (f"{mail.accepted_at:%Y-%m-%dT%H:%M}", mail.tags["part"], ", ".join(mail.destinations))
            for mail in self.sent("release")
        ]

    def link(self, part: str) -> str:
        """The link in an approver's mail."""
        (mail,) = (mail for mail in self.sent("release") if mail.tags["part"] == part)
        return link_in(mail)

    def click(self, link: str, **form: str) -> HttpResponse:
        """Open a link; with a form, send it as the page's button does."""
        parts = urlsplit(link)
        if not form:
            return self.stage.cloud.http("GET", f"{parts.path}?{parts.query}")
        key = parse_qs(parts.query)["key"][0]
        answer = self.stage.cloud.http(
            "POST",
            parts.path,
            body=urlencode({"key": key, **form}).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        self.stage.settle()
        return answer

    def release_executions(self) -> dict[str, str]:
        name = f"{PROVIDER}_{ACCOUNT}_release"
        return {entry.name: entry.status for entry in self.stage.executions(name)}

    def told_events(self) -> list[dict[str, Any]]:
        return [
            detail
            for kind, detail in self.stage.events
            if kind == "AccountEntitlementChanged" and detail["account"] == self.account
        ]

    def pass_days(self, days: int) -> None:
        self.stage.cloud.run_until(self.stage.cloud.clock.now() + timedelta(days=days))

    def assert_released_once(self) -> None:
        """Good standing by one transition with both keys, told once in a letter."""
        assert self.state is AccountState.GOOD_STANDING
        ended = [e for e in self.history if e.after is AccountState.GOOD_STANDING]
        assert len(ended) == 1
        assert {entry.role for entry in self.release.approvals} == {"engineer", "billing"}
        accepted = Counter(tuple(sorted(mail.tags.items())) for mail in self.stage.cloud.sent_mail)
        assert [tags for tags, times in accepted.items() if times > 1] == []
        letters = [part for _, part, _ in self.letters() if part.endswith("-ended")]
        assert letters == [f"r{self.release.release}-ended"]
        assert "RUNNING" not in self.release_executions().values()
        self.assert_promises()


def link_in(mail: SentMail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    (found,) = set(re.findall(r"https://\S+/releases/\S+key=[\w-]+", str(body.get_content())))
    return str(found)


@contextmanager
def held_at_once() -> Iterator[Held]:
    """The same account without the way there: the stage opens an hour before the hold."""
    provider = releasing_birch()
    policy = provider.policy
    assert policy.dunning is not None
    with open_stage(at("2026-10-15T13:00:00"), daily=["sweeps"]) as stage:
        stage.apply(provider, Period(year=2030, month=1))
        held = Held(stage)
        held.owe("B-1", "100.00", DUE_ON)
        now, why = at("2026-10-15T14:00:00"), "B-1 is not paid."
        stage.cloud.run_until(now)
        before = held.standing
        opened = case_opened(
            before,
            held.position,
            policy_version=policy.version,
            now=now,
            why=why,
            clause="unpaid",
        )
        by_person = NoticeOverride(by="clerk", at=now, why="Told by phone.")
        notices = tuple(
            StepTaken(step=name, taken_at=now, override=by_person) for name in STEPS[:2]
        )
        assert opened.case is not None
        noticed = opened.case.model_copy(update={"steps": notices})
        opened = opened.model_copy(update={"case": noticed})
        assert stage.ports.standings.change(before, opened)
        placed = hold_placed(
            opened, policy.dunning.step("credit-hold"), now=now, zone=policy.zone, why=why
        )
        assert stage.ports.standings.change(opened, placed)
        yield held


def on_credit_hold(stage: Stage) -> Held:
    """By the whole path: an overdue invoice, two delivered notices, the hold."""
    overdue(stage, releasing_birch())
    stage.run_until(HELD)
    held = Held(stage)
    assert held.state is AccountState.CREDIT_HOLD
    return held
