"""Making the mails of an account from what is stored, for whoever sends them, however late."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msp_billing.usecases.comparisons import account_comparisons
from msp_billing.usecases.errors import MailTooLargeError
from msp_billing.usecases.mailing.attaching import MAIL_LIMIT_BYTES, documents_of
from msp_billing.usecases.mailing.credit_mail import credit_mail_id, credit_use_of
from msp_billing.usecases.render_invoices import mail_id
from msp_billing.usecases.report_store import is_report, stored_notice
from msp_billing.usecases.stored_invoices import (
    invoices_of,
    invoices_of_mail,
    previous_invoices,
)

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.comparison import Comparison
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.invoices import Invoice, InvoiceId
    from msp_billing.domain.money import Money
    from msp_billing.domain.outbox import MailId, OutboxMail
    from msp_billing.usecases.context import CycleContext
    from msp_billing.usecases.ports import Ports


class AccountMails:
    """Composes the mails of a cycle to some of its accounts.

    What they tell is read for all accounts at once, when the first mail asks for it. A copy says
    what its original said.
    """

    def __init__(
        self,
        ports: Ports,
        context: CycleContext,
        accounts: Sequence[str],
        limit_bytes: int = MAIL_LIMIT_BYTES,
    ) -> None:
        self._ports = ports
        self._context = context
        self._accounts = tuple(accounts)
        self._limit_bytes = limit_bytes
        self._invoices: dict[MailId, Invoice] = {}
        self._totals: dict[str, Money] = {}
        self._at_issue: dict[InvoiceId, InvoiceAtIssue] = {}
        self._comparisons: dict[str, Comparison] = {}
        self._notes: dict[MailId, CreditNote] = {}

    def compose(self, mail: OutboxMail) -> bytes:
        """The mail, with links in place of documents that would make it too large for SES."""
        documents = documents_of(self._ports, mail, self._limit_bytes)
        try:
            return self._with(mail, documents)
        except MailTooLargeError:  # the words alone took more room than was set aside for them
            return self._with(mail, documents_of(self._ports, mail, 0))

    def _with(self, mail: OutboxMail, documents: tuple[NamedDocument, ...]) -> bytes:
        composer, policy = self._ports.composer, self._context.policy
        to, made_at = mail.recipients, self._ports.clock.now()
        if is_report(mail.id.kind):
            notice = stored_notice(self._ports, mail)
            return composer.report_mail(notice, policy, to, documents, mail.id, made_at)
        if mail.id.kind == "comparison":
            made, cycle = self._comparison(mail.id.account), self._context.cycle
            return composer.comparison_mail(made, policy, to, documents[0], mail.id, made_at, cycle)
        if mail.id.kind == "credit-note":
            note = self._note(mail.original)
            use = credit_use_of(self._ports, note)
            return composer.credit_note_mail(
                note, policy, to, documents[0], mail.id, made_at, use=use
            )
        invoice = self._invoice(mail)
        return composer.invoice_mail(
            invoice,
            policy,
            to,
            documents[0],
            mail.id,
            made_at,
            previous_total=self._totals.get(f"{invoice.id.account}/{invoice.id.part}"),
            at_issue=self._at_issue.get(invoice.id),
        )

    def _comparison(self, account: str) -> Comparison:
        if not self._comparisons:
            found = account_comparisons(self._ports, self._context, self._accounts)
            self._comparisons.update(found)
        return self._comparisons[account]

    def _invoice(self, mail: OutboxMail) -> Invoice:
        """The invoice of a mail; one that was billed again since is found by its number.

        Not even the index's lag may cost a mail (docs/faults.md, 42): an earlier invoice of the
        account is looked up where it lies first.
        """
        if not self._invoices:
            self._load()
        if mail.original not in self._invoices:
            number = mail.attachments[0].file_name.removesuffix(".pdf")
            cycle, account = self._context.cycle.id, mail.id.account
            meant = invoices_of_mail(cycle, account, mail.original.part)
            earlier = self._ports.invoices.invoices(meant).values()
            found = next((invoice for invoice in earlier if invoice.number == number), None)
            if found is None:
                found = self._ports.invoices.find_by_number(mail.id.provider, number)
            if found is None:
                raise LookupError(f"there is no invoice {number}")
            self._invoices[mail.original] = found
            self._at_issue.update(self._ports.at_issue.find_many([found.id]))
        return self._invoices[mail.original]

    def _load(self) -> None:
        ports, cycle = self._ports, self._context.cycle.id
        records = ports.invoices.records(cycle, self._accounts)
        for entries in invoices_of(ports, cycle, records).values():
            self._invoices.update({mail_id(invoice.id, "invoice"): invoice for invoice in entries})
        self._at_issue.update(
            ports.at_issue.find_many([invoice.id for invoice in self._invoices.values()])
        )
        lacking = tuple(
            dict.fromkeys(
                invoice.id.account
                for invoice in self._invoices.values()
                if (known := self._at_issue.get(invoice.id)) is None or known.previous is None
            )
        )
        if not lacking:  # what was frozen at issue says it all
            return
        for account, entries in previous_invoices(ports, cycle, lacking).items():
            self._totals.update({f"{account}/{entry.id.part}": entry.total for entry in entries})

    def _note(self, mail: MailId) -> CreditNote:
        if mail not in self._notes:
            found = self._ports.credit_notes.of_accounts(self._context.cycle.id, {mail.account})
            for notes in found.values():
                self._notes.update({credit_mail_id(note): note for note in notes})
        return self._notes[mail]
