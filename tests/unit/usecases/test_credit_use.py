"""What a credit note tells of its invoice: whether anything of it is left to pay."""

from __future__ import annotations

import pytest

from msp_billing.adapters.language import in_language
from msp_billing.adapters.mails.credit_note_view import credit_note_view
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.usecases.mailing.credit_mail import credit_use_of
from tests.unit import document_samples as samples
from tests.unit.usecases.ledger_office import Office

FILE = NamedDocument(file_name="CN-1.pdf", media_type=PDF, content=b"%PDF")


def told(office: Office) -> str:
    (note,) = office.ports.credit_notes.kept
    with in_language("en-US"):
        use = credit_use_of(office.ports, note)
        return str(credit_note_view(note, samples.policy(), FILE, use)["meaning"])


@pytest.mark.rule("KR-13")
def test_a_note_over_exactly_what_was_open_leaves_nothing_to_pay() -> None:
    """100 - 40 paid - 60 credited = 0."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.pay("A-1", "40.00")
    office.credit("LP-1", "CN-1", "60.00")
    assert told(office) == "Nothing is left to pay of this invoice."


def test_it_is_said_as_it_was_when_the_note_was_entered_whatever_is_paid_later() -> None:
    """100 - 60 credited = 40 to pay; the mail may be composed after they were paid."""
    office = Office()
    office.bill("LP-1", "100.00")
    office.credit("LP-1", "CN-1", "60.00")
    office.pay("A-1", "40.00")
    assert told(office) == "Please pay invoice LP-1 less this amount."
