"""Mails to the provider's own people about a run: a question, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.adapters.formatting import (
    format_day,
    format_due_day,
    format_moment,
    format_moneys,
    format_month,
    format_quantity,
)
from msp_billing.adapters.language import _, in_language, ngettext
from msp_billing.adapters.mails import mail_views as views
from msp_billing.adapters.mails.mail_builder import MailFamily
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import Fact
from msp_billing.domain.cycles import Cycle, CycleState, failure_in_words

if TYPE_CHECKING:
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
        with in_language(policy.locale):
            until = format_moment(decide_by, policy.zone)
            month, title = format_month(cycle.id.period), one_line(run.title, 60)
            asked = how_to or _("Approve or reject the cycle {cycle} in msp-billing.").format(
                cycle=cycle.id
            )
            first = _("Please approve by {moment}: {run}").format(moment=until, run=title)
            preview = _("{amount} waits for your decision until {moment}.")
            amount = format_moneys(totals.current_totals)
            return self._build(
                "approval",
                " · ".join((first, month, _outcome(totals))),
                policy,
                recipients,
                mail_id,
                made_at,
                (workbook,) if exceptions is None else (workbook, exceptions),
                {
                    "preview": preview.format(amount=amount, moment=until),
                    "title": title,
                    "month": month,
                    "amount": amount,
                    "until": until,
                    "facts": [
                        *views.run_facts(totals, format_month(cycle.id.period.shifted(-1))),
                        Fact(_("Invoice date"), format_day(cycle.plan.invoice_on)),
                        Fact(_("Due on"), format_due_day(cycle.plan.due_on)),
                        *views.unknown_customers(cycle),
                    ],
                    "parked": views.parked_accounts(parked),
                    "parked_more": totals.parked - min(len(parked), views.MAX_PARKED),
                    "how_to": [one_line(line, 300) for line in asked.splitlines() if line.strip()],
                    "document": views.attached(workbook, policy.zone),
                    "exceptions": None
                    if exceptions is None
                    else views.attached(exceptions, policy.zone),
                },
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
        with in_language(policy.locale):
            month, title = format_month(cycle.id.period), one_line(run.title, 60)
            failed = cycle.state is CycleState.FAILED
            first = _("Stopped: {run}") if failed else _("Done: {run}")
            amount = format_moneys(totals.current_totals)
            failure = one_line(
                failure_in_words(cycle.failure)
                if cycle.failure
                else _("The reason was not recorded."),
                400,
            )
            return self._build(
                "summary",
                " · ".join((first.format(run=title), month, _outcome(totals, len(unsent)))),
                policy,
                recipients,
                mail_id,
                made_at,
                () if exceptions is None else (exceptions,),
                {
                    "preview": failure if failed else _("{amount} billed.").format(amount=amount),
                    "title": title,
                    "month": month,
                    "amount": amount,
                    "failure": failure if failed else None,
                    "facts": [
                        *views.run_facts(totals, format_month(cycle.id.period.shifted(-1))),
                        *views.further_facts(cycle.summary),
                    ],
                    "cycle": str(cycle.id),
                    "parked": views.parked_accounts(parked),
                    "parked_more": totals.parked - min(len(parked), views.MAX_PARKED),
                    "unsent": views.unsent_mails(unsent),
                    "unknown": bool(cycle.unknown_customers),
                    "exceptions": None
                    if exceptions is None
                    else views.attached(exceptions, policy.zone),
                    "unsent_more": max(0, len(unsent) - views.MAX_PARKED),
                },
            )


def _outcome(totals: RunTotals, unsent: int = 0) -> str:
    """What a run comes to, for its subject: amount, invoices, and what a person has to look at."""
    billed = ngettext(
        "{amount} in {number} invoice", "{amount} in {number} invoices", totals.invoice_count
    )
    parts = [
        billed.format(
            amount=format_moneys(totals.current_totals),
            number=format_quantity(totals.invoice_count),
        )
    ]
    if totals.parked:
        text = ngettext("{number} parked", "{number} parked", totals.parked)
        parts.append(text.format(number=format_quantity(totals.parked)))
    if unsent:
        text = ngettext("{number} mail not out", "{number} mails not out", unsent)
        parts.append(text.format(number=format_quantity(unsent)))
    return ", ".join(parts)
