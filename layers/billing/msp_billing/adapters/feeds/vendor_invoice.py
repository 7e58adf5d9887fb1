"""What a vendor has invoiced: for each customer and product, how many seats (COL-17).

Vendors of mailbox backup and awareness training send a table with the customer, the product and
the number of seats with their invoice. Some count archived seats, of mailboxes that were deleted
and whose backup is kept, in a column of their own; they are billed too. There is no common form:
the columns are those that the provider names, of which ``attributes`` may name one ``archived``.

Public documentation: "What are billable seats in Datto SaaS Protection?"
(https://kb.datto.com/hc/en-us/articles/360034377912) and "Changing seat status" in the help of
Datto SaaS Protection (https://saasprotection.datto.com/help/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.feeds.csv_feed import RowProblem, read_feed
from msp_billing.adapters.feeds.csv_rows import RowFault, read_quantity
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedRow
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.feeds.feed_text import ByteSource

_ARCHIVED, _SEATS = "archived", "seats"


def read_vendor_invoice(
    definition: FeedDefinition,
    stream: ByteSource,
    file: str,
    *,
    checksum_announced: bool = False,
) -> Iterator[FeedRow | RowProblem]:
    """Read a vendor's table: a row per line, and one more for its archived seats, if any.

    Args and what comes out are those of :func:`read_feed`.
    """
    columns = definition.columns
    headers = {name: header for name, header in columns.attributes.items() if name != _SEATS}
    table = columns.model_copy(update={"attributes": headers})
    plain = definition.model_copy(update={"columns": table})
    for entry in read_feed(plain, stream, file, checksum_announced=checksum_announced):
        if isinstance(entry, FeedRow):
            yield from _split(entry, file)
        else:
            yield entry


def _split(row: FeedRow, file: str) -> Iterator[FeedRow | RowProblem]:
    faults: list[RowFault] = []
    archived = 0
    if _ARCHIVED in row.attributes:
        archived = read_quantity([row.attributes[_ARCHIVED]], 0, row.account, faults)
    for fault in faults:
        problem = Problem(
            code=fault.code,
            what=f"{fault.what[:-1]} of archived seats.",
            fix=f"{fault.fix} Where there are none, write 0.",
            file=file,
            line=row.row,
            where=row.account,
        )
        yield RowProblem(problem, row.account)
    if faults:
        return
    yield row._replace(attributes={**row.attributes, _SEATS: "active"})
    if archived:
        yield row._replace(
            item_id=f"{row.item_id} (archived)",
            name=f"{row.name} (archived)",
            quantity=archived,
            attributes={**row.attributes, _SEATS: "archived"},
        )
