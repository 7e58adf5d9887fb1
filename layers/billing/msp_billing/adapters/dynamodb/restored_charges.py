"""One-time charges that were billed since the time that a table was restored to.

A charge that nobody has claimed is on the next invoice, however old it is: the next month would
bill again what customers have on the invoices that the restored table does not know. So it gets the
claims of the table in use. A cycle that is started again bills by its own claims as before.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.charges import claims_pk

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Table

KEPT = "kept_because"
"""The attribute of a claim whose invoice the table does not know; the next claim is without it."""


def keep_charges(live: Table, restored: Table, provider: str, why: str) -> Iterator[str]:
    """Bring the claims of a provider that the restored table lacks, or has otherwise; name each.

    Args:
        why: kept with each claim, for whoever asks why no invoice has the charge.
    """
    there = {item["sk"]: item["claimed_by"] for item in restored.query(claims_pk(provider))}
    for claim in live.query(claims_pk(provider)):
        if there.get(claim["sk"]) != claim["claimed_by"]:
            restored.put({**claim, KEPT: why})
            yield str(claim["sk"])
