"""The mails of the last months, for a person who asks what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.attention.digest import RUN as DIGEST_RUN
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.mails import RUN as DUNNING_RUN
from msp_billing.usecases.mailing.contact_alerts import RUN as CONTACTS_RUN
from msp_billing.usecases.receivables.statement_documents import RUN as STATEMENTS_RUN

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

FAILED = frozenset({MailState.BOUNCED, MailState.COMPLAINED, MailState.REJECTED})


class MailsQuestion(Frozen):
    """Which mails to list; everything that is left out does not matter."""

    provider: Identifier
    account: Identifier | None = None
    states: frozenset[MailState] = frozenset()
    months: int = Field(default=3, ge=1, le=24, description="This one, and those before it.")


def list_mails(ports: Ports, question: MailsQuestion) -> Iterator[OutboxMail]:
    """The mails that are asked for, the newest month first, by account within a run.

    A cycle's mails are kept under the month that it bills, which may lie a month ahead.
    """
    policy = policy_in_force(ports, question.provider)
    others = (STATEMENTS_RUN, DUNNING_RUN, CONTACTS_RUN, DIGEST_RUN)
    # A policy of an older release may have a run with the name of one of them.
    runs = tuple(dict.fromkeys((*(run.run for run in policy.runs), *others)))
    newest = Period.of(ports.clock.now().astimezone(policy.zone).date()).shifted(1)
    for back in range(question.months + 1):
        for run in runs:
            cycle = CycleId(provider=policy.provider, run=run, period=newest.shifted(-back))
            for mail in ports.outbox.all_of(cycle):
                if question.account is not None and mail.id.account != question.account:
                    continue
                if not question.states or mail.state in question.states:
                    yield mail
