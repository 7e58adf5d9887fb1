"""The benchmark's provider with payments and dunning, and what its customers and its bank do.

The path of unpaid invoices is the longest of the sample providers': a notice, a warning, credit
hold, a last call, service hold, and a release with two keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from benchmarks import books
from msp_billing.domain.accounts import Account
from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.domain.policy import ProviderPolicy

BANK_FILE = f"{books.PROVIDER}/payments/bank"
CLERK = "clerk@benchmark.example"
_LETTER = "We have not received your payment yet."


def policy() -> ProviderPolicy:
    """As for the cycle, and what follows it."""
    columns = {"date": "Date", "amount": "Amount", "texts": ["Reference"], "external_id": "Id"}
    payments = {
        "files": [
            {"file": "bank", "title": "Bank", "format": "csv", "columns": columns, "method": "ach"}
        ]
    }
    return books.policy().model_copy(
        update={
            "payments": PaymentPolicy.model_validate(payments),
            "dunning": DunningPolicy.model_validate(_dunning()),
        }
    )


def _dunning() -> dict[str, Any]:
    return {
        "clause": "monthly",
        "minimum_amount": Decimal(10),
        "steps": [
            _step("past-due", "notice", 1),
            _step("final", "notice", 10),
            _step("credit-hold", "credit_hold", 15),
            {**_step("last-call", "notice", 23), "counted_from": "credit_hold"},
            {**_step("service-hold", "service_hold", 30), "counted_from": "credit_hold"},
        ],
        "services": ["anti-virus", "backup"],
        "release": {
            "clause": "monthly",
            "roles": [
                {"role": "engineer", "title": "Engineer", "approvers": ["eng@benchmark.example"]},
                {"role": "billing", "title": "Billing team", "approvers": [CLERK]},
            ],
            "escalate_to": ["lead@benchmark.example"],
            "letter": "Thank you. The hold has ended.",
        },
    }


def _step(name: str, kind: str, days: int) -> dict[str, Any]:
    title = name.replace("-", " ").capitalize()
    return {
        "step": name,
        "kind": kind,
        "title": title,
        "clause": "monthly",
        "days": days,
        "letter": _LETTER,
    }


def account(number: int, lines: int) -> Account:
    """An account that letters can be written to."""
    made = books.account(number, lines)
    terms = AccountDunning.model_validate({"contacts": made.billing_contacts})
    return made.model_copy(update={"dunning": terms})


def bank_file(paid: Iterable[tuple[str, str, Decimal]], on: date) -> bytes:
    """A download of the bank: an id, the number that the payer wrote, and the amount."""
    rows = [f"{on},{amount},{number},{name}" for name, number, amount in paid]
    return "\n".join(["Date,Amount,Reference,Id", *rows, ""]).encode()


def payment(name: str, account_name: str, amount: Decimal, on: date) -> bytes:
    """The body of a request to the HTTP API."""
    return _json(
        external_id=name,
        amount=str(amount),
        currency="USD",
        method="wire",
        received_on=str(on),
        account=account_name,
    )


def _json(**content: str) -> bytes:
    told: Mapping[str, str] = content
    return json.dumps(told).encode()
