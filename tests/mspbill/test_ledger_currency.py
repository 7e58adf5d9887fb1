"""An account whose currency was changed in the book: its ledger keeps the one it began with."""

from __future__ import annotations

import pytest

from msp_billing.adapters.formatting import format_money
from mspbill.money_text import tell_payment
from mspbill.opening import Opened
from mspbill.receivables_text import statement_of
from tests.unit.domain.payments.payment_samples import account
from tests.unit.usecases.payment_desk import Desk, open_desk, paid


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Alder was billed 120.00 in USD; the book says CAD by now."""
    made = open_desk(monkeypatch)
    made.bill("LP-000001", "120.00")
    made.ports.book.put("lantern", [account("alder", "Alder Group Ltd", currency="CAD")])
    return made


def opened(desk: Desk) -> Opened:
    return Opened(desk.ports, "lantern", desk.ports.policies.policy("lantern", "2026-01"))


def test_a_payment_is_told_in_the_ledgers_currency(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    record = desk.take(paid("A-1", "50.00", account="alder"))
    tell_payment(opened(desk), record, as_json=False)
    told = " ".join(capsys.readouterr().out.split())
    left = desk.position().balance
    assert format_money(left, "USD") != format_money(left, "CAD")
    assert f"the balance is {format_money(left, 'USD')};" in told


def test_a_statement_is_in_the_ledgers_currency(desk: Desk) -> None:
    found = opened(desk)
    made = statement_of(found, found.account("alder"), None, None)
    assert (made.currency, str(made.closing_balance)) == ("USD", "120.00")
