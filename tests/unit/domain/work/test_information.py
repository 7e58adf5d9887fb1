"""What is for information is never owed, and so never credited either (COL-24)."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.corrections.credit_notes import (
    CreditRefusedError,
    CreditRequest,
    credit_note_for,
)
from tests.unit.domain.builders import FEBRUARY, only_invoice
from tests.unit.domain.work.test_time_lines import SERVER_BUILD, bill

REQUEST = CreditRequest.model_validate(
    {"request": "first", "reason": "Wrong hours", "requested_by": "clerk"}
)


@pytest.mark.rule("COL-24")
def test_a_document_for_information_cannot_be_credited_but_the_invoice_can() -> None:
    shown = only_invoice(bill(FEBRUARY, "project-work", SERVER_BUILD)).numbered("PW-000001")
    with pytest.raises(CreditRefusedError, match="PW-000001 is for information"):
        credit_note_for(shown, REQUEST, (), date(2026, 3, 20))
    invoice = only_invoice(bill(FEBRUARY, "monthly", SERVER_BUILD)).numbered("LP-000001")
    assert credit_note_for(invoice, REQUEST, (), date(2026, 3, 20)).total == invoice.total
