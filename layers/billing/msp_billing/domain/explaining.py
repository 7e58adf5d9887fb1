"""Why a line is what it is, in sentences that a bookkeeper can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.clauses import Clause
from msp_billing.domain.counting.counts import CountedItem, LateChange, QuantityChange
from msp_billing.domain.hardware import whose
from msp_billing.domain.work.work_done import WorkDone

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice, InvoiceLine
    from msp_billing.domain.policy import ProviderPolicy


class SourceOfCount(Frozen):
    """The file that a count was taken from."""

    file: str
    sha256: str
    as_of: str
    age_hours: int
    rows: int


class Explanation(Frozen):
    """The answer to "why is this amount what it is?" for one line."""

    invoice: str
    line: int
    description: str
    section: str
    amount: str
    arithmetic: str
    quantity_from: str
    price_from: str
    service_period: str
    agreement: str
    clause: Clause = Field(description="The sentence of the policy that the line follows.")
    policy_version: str
    price_book_version: str
    source: SourceOfCount | None = None
    items: tuple[CountedItem, ...] = ()
    joined: tuple[CountedItem, ...] = ()
    left: tuple[CountedItem, ...] = ()
    changed: tuple[QuantityChange, ...] = ()
    late: tuple[LateChange, ...] = ()
    count_arithmetic: str | None = Field(
        default=None, description="'3 x 1.5 = 4.5, rounded up to 5', where there is any."
    )
    compared_with: str | None = None
    work: WorkDone | None = Field(default=None, description="The engineer's time (KR-05).")
    ownership: str | None = Field(
        default=None, description="Whose the hardware is, where it is hardware (COL-28)."
    )


def explain_line(invoice: Invoice, line_number: int, policy: ProviderPolicy) -> Explanation:
    """Explain one line of an invoice from nothing but the invoice and the policy it names.

    Raises:
        NoSuchLineError: when the invoice has no such line.
        ValueError: for another version of the policy than the invoice names.
    """
    if policy.version != invoice.policy_version:
        raise ValueError(
            f"invoice {invoice.number} was billed by policy {invoice.policy_version}, not by "
            f"{policy.version}"
        )
    line = _line(invoice, line_number)
    evidence = invoice.evidence(line)
    section = next(e.title for e in invoice.sections if e.subscriber == line.subscriber)
    shown = Explanation(
        invoice=invoice.number or f"draft {invoice.id}",
        line=line.line,
        description=line.description,
        section=section,
        amount=str(line.amount),
        arithmetic=line.reason.arithmetic,
        quantity_from=line.reason.quantity_from,
        price_from=line.reason.price_from,
        service_period=f"{line.service_period.starts_on} to {line.service_period.ends_on}",
        agreement=line.reason.agreement,
        clause=policy.clause(line.reason.clause),
        policy_version=invoice.policy_version,
        price_book_version=invoice.price_book_version,
        ownership=None if line.ownership is None else whose(line.ownership, policy.name),
    )
    if line.work is not None:
        return shown.model_copy(update={"work": line.work})
    if evidence is None:
        return shown
    return shown.model_copy(
        update={
            "source": SourceOfCount(
                file=evidence.source.key,
                sha256=evidence.source.sha256,
                as_of=evidence.source.as_of_at.isoformat(),
                age_hours=evidence.source.age_hours,
                rows=evidence.source.rows,
            ),
            "items": evidence.count.items,
            "joined": evidence.count.joined,
            "left": evidence.count.left,
            "changed": evidence.count.changed,
            "late": evidence.count.late,
            "count_arithmetic": evidence.count.arithmetic,
            "compared_with": None
            if evidence.compared_with is None
            else str(evidence.compared_with),
        }
    )


def _line(invoice: Invoice, line_number: int) -> InvoiceLine:
    if not 1 <= line_number <= len(invoice.lines):
        raise NoSuchLineError(invoice, line_number)
    return invoice.lines[line_number - 1]


class NoSuchLineError(LookupError):
    """A line was asked for that the invoice does not have."""

    def __init__(self, invoice: Invoice, line_number: int) -> None:
        super().__init__(
            f"invoice {invoice.number or invoice.id} has lines 1 to {len(invoice.lines)}, "
            f"not {line_number}"
        )
