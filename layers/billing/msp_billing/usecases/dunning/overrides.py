"""A person's word that a notice counts, although no delivery of it is known (DUN-09)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.cases import notice_overridden
from msp_billing.domain.dunning.standing import NoticeOverride, Standing, StepTaken
from msp_billing.domain.dunning.timing import find_taken
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.dunning.context import MAX_TRIES, DunningContext, load_account
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


class OverrideRefusedError(ProblemsError):
    """A notice cannot be overridden as asked; says every reason."""


class OverrideRequest(Frozen):
    """Which notice counts as received, who says so, and how the account was told."""

    provider: Identifier
    account: Identifier
    step: Identifier
    by: str
    why: str


def override_notice(ports: Ports, request: OverrideRequest) -> Standing:
    """Let a notice count as received; the case goes on with the days that follow it.

    The days to the next step count from now, as if the letter had been delivered now.

    Raises:
        UnknownAccountError: when the book does not have the account.
        OverrideRefusedError: with everything that is wrong with it.
        ConcurrentStandingError: when others kept changing the account first.
    """
    for _ in range(MAX_TRIES):
        context = load_account(ports, request.provider, request.account)
        case = context.standing.open_case
        taken = None if case is None else find_taken(case, request.step)
        problems = list(_problems(context, request, taken))
        if problems:
            raise OverrideRefusedError(problems)
        by, why = request.by.strip(), request.why.strip()
        override = NoticeOverride(by=by, at=context.now, why=why)
        after = notice_overridden(context.standing, request.step, override)
        what = f"The notice '{request.step}' counts as received: {why}"
        told = context.history(after, what, by=by, step=request.step)
        if ports.standings.change(context.standing, after, [told]):
            return react(ports, request.provider, request.account)
    raise ConcurrentStandingError(request.provider, request.account)


def _problems(
    context: DunningContext, request: OverrideRequest, taken: StepTaken | None
) -> Iterator[Problem]:
    for name, value, meaning in (
        ("by", request.by, "who says so"),
        ("why", request.why, "how the account was told"),
    ):
        if not value.strip():
            yield Problem(
                code=f"missing_{name}",
                what=f"It does not say {meaning}.",
                fix="Write it down: a hold may rest on it.",
            )
    dunning, case = context.dunning, context.standing.open_case
    if case is None or dunning is None:
        yield Problem(
            code="no_open_case",
            what=f"{request.account} has no open case: no notice waits.",
            fix="Nothing needs to be done.",
        )
        return
    names = [step.step for step in dunning.case_steps]
    if request.step not in names:
        yield Problem(
            code="unknown_step",
            what=f"There is no step '{request.step}' in the case's policy.",
            fix=f"Its steps are {', '.join(names)}.",
        )
        return
    if dunning.step(request.step).is_hold:
        yield Problem(
            code="not_a_notice",
            what=f"'{request.step}' is a hold; nothing waits for its letter.",
            fix="Override the notice before it.",
        )
    elif taken is None:
        yield Problem(
            code="notice_not_due",
            what=f"The notice '{request.step}' has not been sent yet.",
            fix="Wait until it is due: what nobody was told cannot count as received.",
        )
    elif taken.delivered_at is not None:
        yield Problem(
            code="notice_received",
            what=f"The notice '{request.step}' counts as received already.",
            fix="Nothing needs to be done.",
        )
