"""What stays stored: bytes of an account and of an invoice, and what they cost in later years."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.cost.bill import GB, Model
from benchmarks.cost.figures import prices

#: Items of which an account has one, whatever is billed.
_OF_AN_ACCOUNT = ("ACCOUNTS", "LEDGERS")


@dataclass(frozen=True)
class Stored:
    """Bytes that an account takes once, and that each of its invoices adds."""

    account: float
    invoice: float
    records: float

    def table_bytes(self, accounts: int, months: float) -> float:
        """In the table, after so many months of an invoice each."""
        return accounts * (self.account + self.invoice * months)

    def record_bytes(self, accounts: int, months: float) -> float:
        """In the records bucket."""
        return accounts * self.records * months

    def each_month(self, accounts: int, months: float) -> dict[str, float]:
        """Dollars for a month of storage, by where it lies; recovery is charged by the table."""
        price = prices()
        table = self.table_bytes(accounts, months) / GB
        return {
            "table": table * price["dynamodb GB-month"],
            "point-in-time recovery": table * price["dynamodb recovery GB-month"],
            "records bucket": self.record_bytes(accounts, months) / GB * price["s3 GB-month"],
        }


def stored(model: Model) -> Stored:
    """Worked out from what a second month left, of which the first one's share is taken off."""
    (size,) = (s for s in model.counted.cycles if s[1:] == (model.inputs["lines"], 2))
    told = model.counted.cycles[size]["stored"]
    accounts, months = size[0], size[2]
    sizes = {name.removeprefix("bytes "): n for name, n in told.items() if name.startswith("bytes")}
    items = {name.removeprefix("items "): n for name, n in told.items() if name.startswith("items")}
    once = sum(count for name, count in sizes.items() if name in _OF_AN_ACCOUNT)
    monthly = sum(
        count for name, count in sizes.items() if name.startswith(("CYCLE", "LEDGER/", "MAIL"))
    )
    overhead = 100  # bytes that DynamoDB counts for an item beside its own
    counted = sum(count for name, count in items.items() if name not in _OF_AN_ACCOUNT)
    monthly += overhead * counted + model.inputs["index_entry_bytes"] * accounts * months
    records = sum(
        count
        for name, count in told.items()
        if name.startswith("object bytes") and "record" in name
    )
    return Stored(
        account=once / accounts + 2 * overhead,
        invoice=monthly / accounts / months,
        records=records / accounts / months,
    )
