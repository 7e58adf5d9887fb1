"""Mails to the provider's own people about a run: a question, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msp_billing.adapters.formatting import (
    format_day,
    format_due_day,
    format_moment,
    format_moneys,
    format_month,
)
from msp_billing.adapters.mails import mail_views as views
from msp_billing.adapters.mails.mail_builder import MailFamily
from msp_billing.adapters.mails.mail_text import counted, one_line
from msp_billing.adapters.mails.mail_views import Fact
from msp_billing.domain.cycles import Cycle, CycleState
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.outbox import MailId, OutboxMail
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.run_policy import RunPolicy
from msp_billing.domain.run_summary import RunRow, RunTotals


class RunMails(MailFamily):
    """The part of the port ``Composer`` that is about whole runs."""

    def approval_mail(  # noqa: PLR0913, PLR0917 - as the port has it
        self,
        cycle: Cycle,
        run: RunPolicy,
        totals: RunTotals,
        parked: Sequence[RunRow],
        policy: ProviderPolicy,
        recipients: Sequence[str],
        workbook: NamedDocument,
        mail_id: MailId,
        made_at: datetime,
        decide_by: datetime,
        *,
        exceptions: NamedDocument | None = None,
        how_to: str | None = None,
    ) -> bytes:
        """The mail that asks a person to approve a run.

        Args:
            how_to: how to answer, line by line; by default the name of the cycle to answer for.
        """
        until = format_moment(decide_by, policy.zone)
        month, title = format_month(cycle.id.period), one_line(run.title, 60)
        set_aside = f", {totals.parked:,} parked" if totals.parked else ""
        asked = how_to or f"Approve or reject the cycle {cycle.id} in msp-billing."
        return self._build(
            "approval",
            f"Please approve by {until}: {title} · {month} · "
            f"{format_moneys(totals.current_totals)} in "
            f"{counted(totals.invoice_count, 'invoice')}{set_aside}",
            policy,
            recipients,
            mail_id,
            made_at,
            (workbook,) if exceptions is None else (workbook, exceptions),
            title=title,
            month=month,
            amount=format_moneys(totals.current_totals),
            until=until,
            facts=[
                *views.run_facts(totals, format_month(cycle.id.period.shifted(-1))),
                Fact("Invoice date", format_day(cycle.plan.invoice_on)),
                Fact("Due on", format_due_day(cycle.plan.due_on)),
                *views.unknown_customers(cycle),
            ],
            parked=views.parked_accounts(parked),
            parked_more=totals.parked - min(len(parked), views.MAX_PARKED),
            how_to=[one_line(line, 300) for line in asked.splitlines() if line.strip()],
            document=views.attached(workbook),
            exceptions=None if exceptions is None else views.attached(exceptions),
        )

    def summary_mail(  # noqa: PLR0913 - a mail needs what it tells
        self,
        cycle: Cycle,
        run: RunPolicy,
        totals: RunTotals,
        parked: Sequence[RunRow],
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        *,
        unsent: Sequence[OutboxMail] = (),
        exceptions: NamedDocument | None = None,
    ) -> bytes:
        """The mail that tells the provider how a cycle ended, well or not.

        Args:
            unsent: mails that did not go out, or of which nobody knows; each is for a person.
        """
        month, title = format_month(cycle.id.period), one_line(run.title, 60)
        failed = cycle.state is CycleState.FAILED
        ended = "Stopped" if failed else "Done"
        set_aside = f", {totals.parked:,} parked" if totals.parked else ""
        set_aside += f", {counted(len(unsent), 'mail')} not out" if unsent else ""
        return self._build(
            "summary",
            f"{ended}: {title} · {month} · {format_moneys(totals.current_totals)} in "
            f"{counted(totals.invoice_count, 'invoice')}{set_aside}",
            policy,
            recipients,
            mail_id,
            made_at,
            () if exceptions is None else (exceptions,),
            title=title,
            month=month,
            amount=format_moneys(totals.current_totals),
            failure=one_line(cycle.failure or "The reason was not recorded.", 400)
            if failed
            else None,
            facts=[
                *views.run_facts(totals, format_month(cycle.id.period.shifted(-1))),
                *views.further_facts(cycle.summary),
            ],
            cycle=str(cycle.id),
            parked=views.parked_accounts(parked),
            parked_more=totals.parked - min(len(parked), views.MAX_PARKED),
            unsent=views.unsent_mails(unsent),
            unknown=bool(cycle.unknown_customers),
            exceptions=None if exceptions is None else views.attached(exceptions),
            unsent_more=max(0, len(unsent) - views.MAX_PARKED),
        )
