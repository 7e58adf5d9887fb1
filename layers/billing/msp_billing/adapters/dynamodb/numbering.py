"""Numbering one draft: the actions that belong in one transaction with the counter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.outbox import mail_item
from msp_billing.adapters.dynamodb.table import Item, Key, encode, encode_key, encode_values
from msp_billing.domain.invoices import InvoiceId
from msp_billing.domain.outbox import MailId, MailState, OutboxMail

if TYPE_CHECKING:
    from msp_billing.domain.cycles import CycleId

DRAFT, ISSUED = "DRAFT", "ISSUED"
"""The states of an invoice; it goes from the first to the second once."""


def counter_key(provider: str, series: str) -> Key:
    """Where a provider's row of numbers is counted."""
    return (f"PROVIDER#{provider}", f"COUNTER#{series.upper()}")


def last_number(counter: Item | None) -> int:
    """The last number of a row that was given out; 0 before the first."""
    return int(counter["last_number"]) if counter else 0


def counter_action(key: Key, standing: Item | None, count: int) -> dict[str, Any]:
    """What takes the next so many numbers of a row; it fails when somebody else took some since."""
    last = last_number(standing)
    values = {"new": last + count, **({"last": last} if standing else {})}
    return {
        "Update": {
            "Key": encode_key(key),
            "UpdateExpression": "SET last_number = :new",
            "ConditionExpression": "last_number = :last"
            if standing
            else "attribute_not_exists(pk)",
            "ExpressionAttributeValues": encode_values(values),
        }
    }


def number_actions(cycle: CycleId, draft: Item, number: str) -> list[dict[str, Any]]:
    """What gives a draft its number: the invoice is issued, and its mail waits for the PDF.

    An invoice that has a number, or a mail, fails the whole transaction.
    """
    invoice = InvoiceId.model_validate_json(draft["invoice_id"])
    mail = OutboxMail(
        id=MailId(
            provider=cycle.provider,
            run=cycle.run,
            period=cycle.period,
            account=invoice.account,
            part=invoice.mail_part,
            kind="invoice",
        ),
        state=MailState.WAITING,
        recipients=tuple(draft["recipients"]),
    )
    return [
        {
            "Update": {
                "Key": encode_key((draft["pk"], draft["sk"])),
                "UpdateExpression": "SET #number = :number, invoice_state = :issued, "
                "gsi1pk = :gsi1pk, gsi1sk = :number",
                "ConditionExpression": "invoice_state = :draft",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": encode_values(
                    {
                        "number": number,
                        "issued": ISSUED,
                        "draft": DRAFT,
                        "gsi1pk": f"NUMBER#{cycle.provider}",
                    }
                ),
            }
        },
        {
            "Put": {
                "Item": encode(mail_item(mail)),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]
