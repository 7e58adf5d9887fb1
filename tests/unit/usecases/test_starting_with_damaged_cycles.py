"""A cycle whose lock somebody changed in the table: the sweep sees to all others, and says so."""

from __future__ import annotations

import pytest

from msp_billing.usecases.errors import CycleUnreadableError
from msp_billing.usecases.start_cycle import start_missed_cycles
from tests.unit.usecases.attention import desk


@pytest.mark.parametrize("is_due", [True, False])
def test_the_sweep_starts_the_others_and_fails_aloud(is_due: bool) -> None:
    """It starts nothing in its place: its invoices may have gone out."""
    ports = desk.ports_at("2026-10-02T12:00:00")
    damaged = desk.open_cycle(ports, running=False).id
    if not is_due:
        desk.without_managed(ports)
    ports.cycles.damaged[damaged] = CycleUnreadableError(str(damaged), "changed by hand")
    with pytest.raises(CycleUnreadableError, match="how birch_managed_2026-09 stands"):
        start_missed_cycles(ports, "birch")
    run = "managed" if is_due else "agreements"
    assert f"birch_{run}_2026-10" in ports.executions.started
    assert "birch_managed_2026-09" not in ports.executions.started
