"""A mail of every kind made from invented data: to try templates on, and to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.mails.sample_digest import sample_digest
from msp_billing.adapters.mails.sample_invoices import MADE_AT, RECIPIENT, SampleInvoices
from msp_billing.adapters.mails.sample_letters import (
    sample_alert,
    sample_letter,
    sample_mail_id,
    sample_notice,
    sample_question,
    sample_rows,
)
from msp_billing.domain.documents import PDF, XLSX, NamedDocument
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailId, MailKind, MailState, OutboxMail
from msp_billing.domain.parties import PayTo
from msp_billing.domain.run_summary import summarise_run

if TYPE_CHECKING:
    from msp_billing.adapters.mails.mail_composer import MailComposer
    from msp_billing.domain.dunning.letters import DunningLetter
    from msp_billing.domain.invoices import Invoice, InvoiceLine
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook

_DECIDE_BY = datetime(2026, 11, 30, 18, tzinfo=UTC)


@dataclass(frozen=True)
class SampleMails:
    """Makes the mails with a composer.

    Args:
        locale: the language of the account; the provider's by default.
        documents: the documents of mails by their kind; a mark in their place, where one lacks.
    """

    composer: MailComposer
    policy: ProviderPolicy
    locale: str | None = None
    price_book: PriceBook | None = None
    documents: Mapping[str, NamedDocument] = field(default_factory=dict)

    @property
    def invoices(self) -> SampleInvoices:
        """What the mails are about."""
        return SampleInvoices(self.policy, self.locale, self.price_book)

    @property
    def letter(self) -> DunningLetter:
        """The notice about the invoice."""
        return sample_letter(self.policy, self.invoices.invoice)

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Every kind of mail, by the name of its templates."""
        yield from self._to_accounts()
        yield from self._to_the_provider()

    def bare(self) -> Iterator[tuple[str, bytes]]:
        """Mails with as little in them as there may be, which a template has to do with as well."""
        composer, policy, to = self.composer, self.policy, (RECIPIENT,)
        made, letter = self.invoices.invoice, self.letter
        shown = made.model_copy(
            update={"purchase_order": None, "counts": (), "lines": _plain(made)}
        )
        silent = policy.model_copy(
            update={"invoice_note": None, "phone": None, "website": None, "pay_to": PayTo()}
        )
        pdf = self._document("invoice")
        yield (
            "invoice",
            composer.invoice_mail(shown, silent, to, pdf, self._id("invoice"), MADE_AT),
        )
        information = shown.model_copy(update={"informational": True, "due_on": None})
        yield (
            "invoice",
            composer.invoice_mail(information, silent, to, pdf, self._id("invoice"), MADE_AT),
        )
        light = letter.model_copy(
            update={"kind": "reminder", "coming": (), "state": AccountState.GOOD_STANDING}
        )
        yield "dunning", composer.dunning_letter(light, silent, to, self._id("dunning"), MADE_AT)
        over = letter.model_copy(
            update={"kind": "released", "documents": (), "to_pay": Decimal(0), "coming": ()}
        )
        yield "dunning", composer.dunning_letter(over, silent, to, self._id("dunning"), MADE_AT)

    def _document(self, kind: str, media_type: str = PDF) -> NamedDocument:
        ending = "xlsx" if media_type == XLSX else "pdf"
        mark = NamedDocument(
            file_name=f"sample-{kind}.{ending}", media_type=media_type, content=b"sample data"
        )
        return self.documents.get(kind, mark)

    def _to_accounts(self) -> Iterator[tuple[str, bytes]]:
        composer, policy, to = self.composer, self.policy, (RECIPIENT,)
        made, letter = self.invoices, self.letter
        pdf, sheet = self._document("invoice"), self._document("comparison", XLSX)
        yield (
            "invoice",
            composer.invoice_mail(
                made.invoice, policy, to, pdf, self._id("invoice"), MADE_AT, at_issue=made.at_issue
            ),
        )
        note_pdf, note_id = self._document("credit-note"), self._id("credit-note")
        yield (
            "credit-note",
            composer.credit_note_mail(made.credit_note, policy, to, note_pdf, note_id, MADE_AT),
        )
        yield (
            "comparison",
            composer.comparison_mail(
                made.comparison, policy, to, sheet, self._id("comparison"), MADE_AT, made.cycle
            ),
        )
        report, report_id = self._document("report", XLSX), self._id("device_report")
        yield (
            "report",
            composer.report_mail(
                sample_notice(made.locale), policy, to, (report,), report_id, MADE_AT
            ),
        )
        page = self._document("dunning")
        yield (
            "dunning",
            composer.dunning_letter(letter, policy, to, self._id("dunning"), MADE_AT, page),
        )

    def _to_the_provider(self) -> Iterator[tuple[str, bytes]]:
        composer, policy, to = self.composer, self.policy, (self.policy.reply_to,)
        made = self.invoices
        before = made.invoice.model_copy(update={"number": None})
        rows = sample_rows(made.invoice, before)
        totals, parked = summarise_run(rows, policy.currency), [r for r in rows if r.problems]
        sheet = self._document("approval", XLSX)
        yield (
            "approval",
            composer.approval_mail(
                made.cycle,
                policy.runs[0],
                totals,
                parked,
                policy,
                to,
                sheet,
                self._id("approval"),
                MADE_AT,
                _DECIDE_BY,
                exceptions=sheet,
            ),
        )
        unsent = OutboxMail(
            id=self._id("invoice"),
            state=MailState.REJECTED,
            recipients=(RECIPIENT,),
            note="sample data",
        )
        yield (
            "summary",
            composer.summary_mail(
                made.cycle,
                policy.runs[0],
                totals,
                parked,
                policy,
                to,
                self._id("summary"),
                MADE_AT,
                unsent=(unsent,),
                exceptions=sheet,
            ),
        )
        alert, question = (
            sample_alert(policy, self.letter),
            sample_question(policy, self.letter),
        )
        alert_id, release_id = self._id("dunning-alert"), self._id("release")
        yield "dunning-alert", composer.dunning_alert(alert, policy, to, alert_id, MADE_AT)
        yield "release", composer.release_mail(question, policy, to, release_id, MADE_AT)
        digest = sample_digest(policy)
        yield "digest", composer.digest_mail(digest, policy, to, self._id("digest"), MADE_AT)

    def _id(self, kind: MailKind) -> MailId:
        return sample_mail_id(self.policy, kind)


def _plain(invoice: Invoice) -> tuple[InvoiceLine, ...]:
    """The lines without the counts behind them."""
    return tuple(
        line.model_copy(update={"reason": line.reason.model_copy(update={"count": None})})
        for line in invoice.lines
    )
