"""Answering "why is this amount what it is?" from stored invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.explaining import Explanation, explain_line

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice
    from msp_billing.usecases.ports import Ports


class UnknownInvoiceError(LookupError):
    """An invoice was asked for that does not exist."""


def find_invoice(ports: Ports, provider: str, number: str) -> Invoice:
    """The invoice with a number. Raises UnknownInvoiceError."""
    invoice = ports.invoices.find_by_number(provider, number)
    if invoice is None:
        raise UnknownInvoiceError(f"{provider} has no invoice {number}")
    return invoice


def explain_invoice_line(ports: Ports, provider: str, number: str, line: int) -> Explanation:
    """Explain one line by the policy that it was billed by, not by today's.

    Raises:
        UnknownInvoiceError: when there is no such invoice.
        NoSuchLineError: when it has no such line.
    """
    invoice = find_invoice(ports, provider, number)
    policy = ports.policies.policy(provider, invoice.policy_version)
    return explain_line(invoice, line, policy)
