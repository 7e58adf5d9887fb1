"""How an e-invoice says that it is to be paid: means, account, reference and day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.e_invoice.markup import NOTHING, Markup, code, day, element, text

if TYPE_CHECKING:
    from msp_billing.domain.parties import BankAccount
    from msp_billing.domain.policy import ProviderPolicy

_MEANS = "ram:SpecifiedTradeSettlementPaymentMeans"
_NOT_DEFINED = "1"
_CHEQUE = "20"
_CREDIT_TRANSFER = "30"
_SEPA_CREDIT_TRANSFER = "58"
_ONLINE = "68"
"""Codes of UNTDID 4461."""


def payment_means(
    policy: ProviderPolicy, *, account: str, number: str, amount: Decimal, currency: str
) -> Markup:
    """One means of payment (BG-16): bank account, else page to pay on, else cheque, else in words.

    The page is named in its note (BT-82) in any case, unless there is nothing to pay.
    """
    pay_to = policy.pay_to
    link = None
    if amount > 0:
        link = pay_to.link_for(
            provider=policy.provider,
            account=account,
            number=number,
            amount=amount,
            currency=currency,
        )
    if pay_to.bank is not None:
        holder = policy.seller.legal_name or policy.name
        return _transfer(pay_to.bank, holder, link, currency)
    if link is not None:
        means, said = _ONLINE, link
    elif pay_to.cheques_to:
        means, said = _CHEQUE, ", ".join(pay_to.cheques_to)
    else:
        means, said = _NOT_DEFINED, " · ".join(policy.remittance)
    return element(_MEANS, code("ram:TypeCode", means), text("ram:Information", said))


def _transfer(bank: BankAccount, holder: str, link: str | None, currency: str) -> Markup:
    sepa = bank.iban is not None and currency == "EUR"
    routing = f"ABA {bank.routing_number}" if bank.routing_number else None
    said = " · ".join(filter(None, (bank.bank, routing, link)))
    return element(
        _MEANS,
        code("ram:TypeCode", _SEPA_CREDIT_TRANSFER if sepa else _CREDIT_TRANSFER),
        text("ram:Information", said or None),
        element(
            "ram:PayeePartyCreditorFinancialAccount",
            text("ram:IBANID", bank.iban),
            text("ram:AccountName", bank.holder or holder),
            text("ram:ProprietaryID", bank.account_number if bank.iban is None else None),
        ),
        element("ram:PayeeSpecifiedCreditorFinancialInstitution", text("ram:BICID", bank.bic))
        if bank.bic
        else NOTHING,
    )


def payment_terms(said: str, due_on: date | None) -> Markup:
    """Terms in words (BT-20), and the day (BT-9)."""
    return element(
        "ram:SpecifiedTradePaymentTerms",
        text("ram:Description", said),
        NOTHING if due_on is None else day("ram:DueDateDateTime", due_on),
    )
