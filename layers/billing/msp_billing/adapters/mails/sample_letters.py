"""Invented letters, questions and reports to try templates on and to look at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.mails.sample_invoices import ACCOUNT, ACCOUNT_NAME, PERIOD
from msp_billing.domain.dunning.letters import (
    ComingStep,
    DunningLetter,
    KeyToTurn,
    LetterDocument,
    ProviderAlert,
    ReleaseQuestion,
    SettledPayment,
    notice_undeliverable,
)
from msp_billing.domain.dunning.standing import AccountState, NoticeAttempt
from msp_billing.domain.outbox import MailId, MailKind
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.problems import Problem
from msp_billing.domain.reports.notices import ReportEntry, ReportFact, ReportList, ReportNotice
from msp_billing.domain.run_summary import RunRow, summarise_account

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.policy import ProviderPolicy

_ON = date(2027, 1, 11)


def sample_mail_id(policy: ProviderPolicy, kind: MailKind) -> MailId:
    """The name of a mail that is never sent."""
    return MailId(
        provider=policy.provider,
        run=policy.runs[0].run,
        period=PERIOD,
        account=ACCOUNT,
        part="all",
        kind=kind,
    )


def sample_letter(policy: ProviderPolicy, invoice: Invoice) -> DunningLetter:
    """A notice before a hold about the sample invoice, in the words of the policy's first notice.

    A policy without such a step has a sentence in their place.
    """
    dunning = policy.dunning
    steps = () if dunning is None else dunning.steps
    notice = next((step for step in steps if step.kind == "notice"), None)
    clause = policy.clauses[0] if notice is None else policy.clause(notice.clause)
    amount = invoice.total.amount
    return DunningLetter(
        account=ACCOUNT,
        account_name=ACCOUNT_NAME,
        locale=invoice.locale,
        kind="notice",
        on=_ON,
        state=AccountState.DUE,
        step="sample" if notice is None else notice.step,
        title="Sample notice" if notice is None else notice.title,
        letter="Your invoice is open (sample data)." if notice is None else notice.letter,
        clause_title=clause.title,
        clause_text=clause.text,
        currency=invoice.currency,
        documents=(
            LetterDocument(
                document=invoice.number or "",
                title=invoice.label,
                due_on=date(2026, 12, 31),
                open=amount,
                amount=amount,
            ),
        ),
        overdue=amount,
        outstanding=amount,
        to_pay=amount,
        coming=(
            ComingStep(
                step="sample-hold", kind="credit_hold", title="Credit hold", on=date(2027, 1, 20)
            ),
        ),
        services=() if dunning is None else dunning.services,
        release_by=()
        if dunning is None or dunning.release is None
        else tuple(role.title for role in dunning.release.roles),
    )


def sample_question(policy: ProviderPolicy, letter: DunningLetter) -> ReleaseQuestion:
    """Paid; the first of two roles has approved."""
    return ReleaseQuestion(
        account=ACCOUNT,
        account_name=ACCOUNT_NAME,
        release=1,
        state=AccountState.CREDIT_HOLD,
        held_since=datetime(2027, 1, 20, 15, tzinfo=UTC),
        why="The sample invoice was not paid in time.",
        clause_title=letter.clause_title,
        clause_text=letter.clause_text,
        currency=letter.currency,
        was_owed=letter.documents,
        paid=(
            SettledPayment(
                payment="sample-payment",
                method="wire",
                received_on=date(2027, 1, 25),
                amount=letter.to_pay,
            ),
        ),
        outstanding=Decimal(0),
        asked_role="billing",
        roles=(
            KeyToTurn(
                role="engineer",
                title="Engineer",
                approved_by="engineer@sample.example",
                approved_at=datetime(2027, 1, 25, 17, tzinfo=UTC),
            ),
            KeyToTurn(role="billing", title="Billing"),
        ),
        link="https://sample.example/releases/sample?key=sample",
        answer_by=datetime(2027, 1, 27, 17, tzinfo=UTC),
        command=f"mspbill hold approve {ACCOUNT} --provider {policy.provider} --by NAME",
    )


def sample_alert(policy: ProviderPolicy, letter: DunningLetter) -> ProviderAlert:
    """The notice reached nobody."""
    attempt = NoticeAttempt(
        attempt=1,
        recipient="bookkeeping@sample.example",
        mail=sample_mail_id(policy, "dunning"),
        sent_at=datetime(2027, 1, 11, 15, tzinfo=UTC),
        failed="bounced: no such mailbox",
    )
    return notice_undeliverable(
        policy.provider,
        ACCOUNT,
        ACCOUNT_NAME,
        letter.step or "sample",
        letter.title,
        (attempt,),
        "Credit hold",
    )


def sample_notice(locale: str) -> ReportNotice:
    """A report's mail, with a list that is longer than the mail shows."""
    return ReportNotice(
        locale=locale,
        title="Sample report",
        about="December 2026",
        account_name=ACCOUNT_NAME,
        lead="This is what a report looks like (sample data).",
        headline_label="Devices",
        headline="12",
        headline_note="3 more than in November 2026",
        facts=(ReportFact(label="Counted on", value="1 December 2026"),),
        lists=(
            ReportList(
                heading="Added",
                entries=(
                    ReportEntry(what="sample-10", detail="laptop", amount="25.00"),
                    ReportEntry(what="sample-11", detail="server"),
                ),
                more=1,
            ),
            ReportList(heading="Removed", entries=(), if_empty="Nothing was removed."),
        ),
        closing=("Is something not right? Tell us.",),
    )


def sample_rows(invoice: Invoice, before: Invoice) -> tuple[RunRow, ...]:
    """An account that is billed, and one that was set aside."""
    billed = AccountOutcome(
        account=ACCOUNT,
        account_name=ACCOUNT_NAME,
        agreements=(
            AgreementOutcome(agreement="sample", kind=OutcomeKind.BILLED, reason="3 lines"),
        ),
        invoices=(invoice,),
    )
    parked = AccountOutcome(
        account="sample-parked",
        account_name="Other Sample Company (sample data, nobody's)",
        agreements=(
            AgreementOutcome(agreement="sample", kind=OutcomeKind.PARKED, reason="no export"),
        ),
        problems=(
            Problem(
                code="feed-missing",
                what="The export of 1 December 2026 is missing.",
                fix="Put the file into the feed's folder, and bill the account again.",
                file="feeds/sample/2026-12-01.csv",
                line=1,
            ),
        ),
    )
    return tuple(
        summarise_account(entry, (before,), invoice.currency) for entry in (billed, parked)
    )
