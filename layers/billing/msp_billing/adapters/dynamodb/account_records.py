"""How an account ended a cycle, as an item; long lists of findings go to the records bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.usecases.records import AccountRecord

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.adapters.dynamodb.table import Item
    from msp_billing.domain.cycles import CycleId


class AccountRecords:
    """Packs records into items and back."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    def item(self, cycle: CycleId, record: AccountRecord) -> Item:
        """The item of a record: thousands of uncovered devices may be more than it holds."""
        prefix = f"{cycle.provider}/{cycle.run}/{cycle.period}/outcomes"
        return {
            "pk": cycle_pk(cycle),
            "sk": f"ACCOUNT#{record.account}",
            **self._bodies.attributes(record.model_dump_json(), prefix),
        }

    def record(self, item: Item) -> AccountRecord:
        """The record of an item. Raises SealBrokenError for a body that was changed."""
        return AccountRecord.model_validate_json(self._bodies.read(item))
