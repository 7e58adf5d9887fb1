"""What is to be paid of an invoice, until when and how; nothing of it where nothing is to be paid.

due      {label, amount, by, notes [line, ...]}
payment  {title, lines [line, ...], bank [[label, value], ...], link {text, url} or null,
          code {drawing, text, caption} or null}
slip     {title, from [line], to [line], rows [[label, value]], to_pay [label, amount],
          enclosed, scan} or null
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.formatting import format_day, format_money
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.invoice_pdf.qr_code import link_code, transfer_code
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import Balance, InvoiceAtIssue
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.parties import BankAccount
    from msp_billing.domain.policy import ProviderPolicy

Json = dict[str, Any]

_WHOLE = 40
"""Letters of a word that stay together in what people copy, such as addresses for mail."""

_LONGEST_LINK = 400
_ENDLESS = re.compile(r"[^/?&=-]{35,}")


def amount_to_pay(invoice: Invoice, at_issue: InvoiceAtIssue | None) -> Decimal:
    """What is left to pay of an issued invoice; zero where nobody has to pay anything."""
    if invoice.number is None or invoice.informational:
        return Decimal(0)
    left = None if at_issue is None else at_issue.to_pay
    return max(invoice.total.amount if left is None else left, Decimal(0))


@dataclass(frozen=True)
class Payment:
    """Words what is to be paid of one invoice."""

    invoice: Invoice
    policy: ProviderPolicy
    at_issue: InvoiceAtIssue | None

    @cached_property
    def to_pay(self) -> Decimal:
        """See :func:`amount_to_pay`."""
        return amount_to_pay(self.invoice, self.at_issue)

    def due(self) -> Json:
        """The amount that stands out on the first page."""
        label, amount, by = self._due()
        return {
            "label": label.format(currency=self.invoice.currency),
            "amount": self._money(amount),
            "by": by,
            "notes": list(self._notes()),
        }

    def _due(self) -> tuple[str, Decimal, str]:
        invoice, total = self.invoice, self.invoice.total.amount
        if invoice.due_on is None:
            by = _("Please do not pay: it will be on your next regular invoice.")
            return _("For information, in {currency}"), total, by
        if total < 0:
            by = _("Nothing to pay: the amount stays to your credit.")
            if self.balance is not None and self.balance.credit_left.amount < -total:
                by = _("Nothing to pay")  # earlier invoices took it: see the account
            return _("Credited to you in {currency}"), total, by
        if total == 0:
            return _("Amount due in {currency}"), total, _("Nothing to pay")
        day = format_day(invoice.due_on)
        if invoice.number is None:
            by = _("Due {day} once it is issued. Draft: please do not pay.").format(day=day)
            return _("Amount due in {currency}"), total, by
        if self.to_pay == 0:
            by = _("Nothing to pay: your credit covers this invoice.")
            return _("Left to pay in {currency}"), self.to_pay, by
        label = _("Amount due in {currency}")
        if self.to_pay != total:
            label = _("Left to pay in {currency}")
        return label, self.to_pay, _("Due {day}").format(day=day)

    def _notes(self) -> Iterator[str]:
        """What was taken from the total, and what is open besides."""
        balance = self.balance
        if balance is None:
            return
        if balance.credit_used.amount and self.invoice.total.amount > 0:
            yield _("{total} less {credit} of your credit").format(
                total=self._money(self.invoice.total.amount),
                credit=self._money(balance.credit_used.amount),
            )
        earlier = balance.earlier_after(self.invoice.total)
        if self.to_pay and earlier.amount > 0:
            yield _("besides {amount} of earlier invoices, see below").format(
                amount=self._money(earlier.amount)
            )

    @property
    def balance(self) -> Balance | None:
        """Where the account stood when the invoice was issued, if that is known."""
        return None if self.at_issue is None else self.at_issue.balance

    def how(self) -> Json:
        """How to pay; of what is not to be paid, that it is not (COL-24)."""
        title, lines = self._without_payment()
        if self.to_pay:
            title, lines = _("How to pay"), list(self._lines())
        return {
            "title": title,
            "lines": lines,
            "bank": list(bank_rows(self.policy)) if self.to_pay else [],
            "link": self._link(),
            "code": self._code(),
        }

    def _without_payment(self) -> tuple[str, list[str]]:
        if self.invoice.informational:
            shows = _("This shows what work was done, how long it took and what it costs.")
            return _("Payment"), [_("No payment is due."), shows]
        if self.invoice.number is None and self.invoice.total.amount > 0:
            return _("Payment"), [_("How to pay is on the invoice when it is issued.")]
        return _("Payment"), [_("No payment is due.")]

    def _lines(self) -> Iterator[str]:
        for line in self.policy.remittance:
            yield printable(line, 240, unbroken=_WHOLE)
        cheques_to = self.policy.pay_to.cheques_to
        if cheques_to and not self.policy.pay_to.slip:
            to = printable(", ".join(cheques_to), 500)
            yield _("Checks, with the invoice's number, to: {address}").format(address=to)

    @cached_property
    def _url(self) -> str | None:
        """The page to pay this invoice on."""
        if not self.to_pay:
            return None
        return self.policy.pay_to.link_for(
            provider=self.invoice.id.provider,
            account=self.invoice.id.account,
            number=self.invoice.number or "",
            amount=self.to_pay,
            currency=self.invoice.currency,
        )

    def _link(self) -> Json | None:
        if self._url is None:
            return None
        return {"text": printable_link(self._url), "url": self._url}

    def _code(self) -> Json | None:
        if self._url is not None:
            return page_code(self._url)
        bank = self.policy.pay_to.bank
        if not self.to_pay or bank is None or self.invoice.currency != "EUR":
            return None
        holder = self.policy.seller.legal_name or self.policy.name
        drawing = transfer_code(holder, bank, self.to_pay, self.invoice.number or "")
        if drawing is None:
            return None
        return {
            "drawing": drawing,
            "text": _("QR code: fills in the transfer in a banking app"),
            "caption": _("Scan with your banking app"),
        }

    def slip(self) -> Json | None:
        """The part of the first page that is sent with a cheque; None where nothing is to be paid.

        ``scan`` is what a scanner reads: number, account, currency, amount and due date, always in
        this order and in plain letters and digits.
        """
        pay_to, invoice = self.policy.pay_to, self.invoice
        if not pay_to.slip or not self.to_pay or invoice.due_on is None:
            return None
        to = pay_to.cheques_to or (self.policy.name, *self.policy.address)
        number = printable(invoice.number or "")
        parts = (number, invoice.id.account, invoice.currency, self.to_pay, invoice.due_on)
        return {
            "title": _("Please cut off and send with your check"),
            "from": [printable(line) for line in invoice.bill_to],
            "to": [printable(line) for line in to],
            "rows": [
                [_("Account"), invoice.id.account],
                [_("Invoice number"), number],
                [_("Due date"), format_day(invoice.due_on)],
            ],
            "to_pay": [_("Amount to pay"), self._money(self.to_pay)],
            "enclosed": _("Amount enclosed"),
            "scan": " ".join(map(str, parts)),
        }

    def _money(self, amount: Decimal) -> str:
        return format_money(amount, self.invoice.currency)


def printable_link(url: str) -> str:
    """A link as it is printed: it breaks after its slashes and hyphens by itself.

    Only what has none of them gets places to break.
    """
    return _ENDLESS.sub(lambda found: printable(found[0], _LONGEST_LINK), url)


def page_code(url: str) -> Json:
    """The QR code of the page on which an invoice can be paid."""
    return {
        "drawing": link_code(url),
        "text": _("QR code: opens the page on which this invoice can be paid"),
        "caption": _("Scan to pay"),
    }


def bank_rows(policy: ProviderPolicy) -> Iterator[list[str]]:
    """Where transfers go, a label and a value each; nothing where the policy names no account."""
    bank = policy.pay_to.bank
    if bank is None:
        return
    named: tuple[tuple[str, str | None], ...] = (
        (_("Account holder"), bank.holder),
        (_("Bank"), bank.bank),
        (_("Routing number"), bank.routing_number),
        (_("Account number"), bank.account_number),
        ("IBAN", _in_fours(bank)),
        ("BIC", bank.bic),
    )
    for label, value in named:
        if value is not None:
            yield [label, printable(value)]


def _in_fours(bank: BankAccount) -> str | None:
    """An IBAN as it is printed: in groups of four (ISO 13616-1)."""
    iban = bank.iban
    if iban is None:
        return None
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
