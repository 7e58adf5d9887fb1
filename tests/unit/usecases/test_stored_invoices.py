"""Which invoice the part of a mail means: parts may be called like revisions, and be long."""

from __future__ import annotations

import pytest

from msp_billing.domain.cycles import CycleId
from msp_billing.domain.periods import Period
from msp_billing.usecases.stored_invoices import invoice_id, invoices_of_mail

CYCLE = CycleId(provider="birch", run="managed", period=Period(year=2026, month=9))
LONG = "a" * 40


@pytest.mark.parametrize(
    ("mail_part", "meant"),
    [
        ("all", [("all", 1)]),
        ("all-r2", [("all", 2), ("all-r2", 1)]),
        ("all-r1", [("all-r1", 1)]),
        ("main-r999", [("main", 999), ("main-r999", 1)]),
        (LONG, [(LONG, 1)]),
        (f"{LONG}-r12", [(LONG, 12)]),
    ],
)
def test_a_mails_part_means(mail_part: str, meant: list[tuple[str, int]]) -> None:
    found = invoices_of_mail(CYCLE, "cedar", mail_part)
    assert [(entry.part, entry.revision) for entry in found] == meant


@pytest.mark.parametrize(("part", "revision"), [("all", 1), ("all", 2), (LONG, 1), (LONG, 999)])
def test_every_invoice_is_meant_by_its_own_mails_part(part: str, revision: int) -> None:
    invoice = invoice_id(CYCLE, "cedar", part, revision)
    assert invoices_of_mail(CYCLE, "cedar", invoice.mail_part)[0] == invoice
