"""Credit notes: what is taken back of an issued invoice, which itself never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from pydantic import Field, model_validator

from msp_billing.domain.base import (
    ComposedText,
    CountryCode,
    EmailAddress,
    Frozen,
    Identifier,
    LocaleTag,
    Text,
)
from msp_billing.domain.charging.vat import VatPart, shared_out
from msp_billing.domain.invoices import Invoice, InvoiceId, InvoiceLine, LineKind
from msp_billing.domain.money import CurrencyCode, ExactDecimal, Money, total
from msp_billing.domain.parties import Buyer, Paper
from msp_billing.domain.problems import Problem


class CreditedPart(Frozen):
    """How much of one line is to be credited: an amount, or a quantity at the line's price."""

    line: int = Field(ge=1, description="The line's position on the invoice.")
    amount: ExactDecimal | None = Field(default=None, gt=0, description="In the currency.")
    quantity: ExactDecimal | None = Field(default=None, gt=0, description="Of the line's units.")

    @model_validator(mode="after")
    def _one_measure(self) -> CreditedPart:
        if (self.amount is None) == (self.quantity is None):
            raise ValueError("give either 'amount' or 'quantity' of the line")
        return self


class CreditRequest(Frozen):
    """What a person asks for. The same request twice makes one credit note."""

    request: Identifier = Field(description="The person's own name for it; used once an invoice.")
    reason: Text = Field(description="Why, for the customer to read.")
    requested_by: Text
    parts: tuple[CreditedPart, ...] = Field(
        default=(), description="The lines to credit in part; empty for all that is left of all."
    )

    @model_validator(mode="after")
    def _each_line_once(self) -> CreditRequest:
        lines = [entry.line for entry in self.parts]
        if len(set(lines)) != len(lines):
            raise ValueError("a line is listed twice: put its parts together")
        return self


class CreditLine(Frozen):
    """What is credited of one line of the invoice."""

    line: int = Field(ge=1, description="Position on the credit note, from 1.")
    invoice_line: int = Field(ge=1, description="The line of the invoice.")
    subscriber: Identifier | None
    product: str
    description: ComposedText
    category: Identifier
    agreement: Identifier
    amount: Money = Field(description="Positive: it is taken off what is owed.")
    kind: LineKind | None = Field(default=None, description="Of the invoice's line.")
    vat: tuple[VatPart, ...] = Field(default=(), description="Credited of each rate of VAT.")
    arithmetic: ComposedText


class CreditNote(Frozen):
    """A credit note, or a draft of one: the same thing but for its number.

    ``voids`` says that nothing is left to pay of the invoice, so that the account may be billed
    again for the period. Its total is above zero, but for the note that voids an invoice of 0.00.
    """

    schema_version: int = 1
    invoice: InvoiceId
    invoice_number: Text
    invoice_on: date | None = Field(default=None, description="The day of the invoice.")
    request: Identifier
    number: str | None = None
    account_name: Text
    bill_to: tuple[Text, ...]
    country: CountryCode | None = None
    buyer: Buyer = Field(default_factory=Buyer)
    locale: LocaleTag = "en-US"
    paper: Paper | None = None
    recipients: tuple[EmailAddress, ...]
    issued_on: date
    currency: CurrencyCode
    reason: Text
    requested_by: Text
    lines: tuple[CreditLine, ...] = Field(min_length=1)
    total: Money
    voids: bool

    @model_validator(mode="after")
    def _adds_up(self) -> CreditNote:
        summed = total((entry.amount for entry in self.lines), self.currency)
        if summed != self.total:
            raise ValueError(f"the lines sum to {summed}, the total says {self.total}")
        return self

    def numbered(self, number: str) -> CreditNote:
        """The same credit note with its number."""
        return self.model_copy(update={"number": number})


class CreditRefusedError(ValueError):
    """A credit note that cannot be made, with every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{entry.what} {entry.fix}" for entry in problems))
        self.problems = tuple(problems)


def credit_note_for(
    invoice: Invoice, request: CreditRequest, earlier: Iterable[CreditNote], issued_on: date
) -> CreditNote:
    """Draft the credit note that a request asks for.

    Args:
        invoice: issued; a draft is simply built again.
        earlier: every credit note of the invoice so far.

    Raises:
        CreditRefusedError: when more is asked for than is left of a line or of the invoice in all,
            a line does not exist, or the invoice has no number; nothing is credited then.
    """
    notes = tuple(earlier)
    left = remaining(invoice, notes)
    problems = list(_problems(invoice, request, notes))
    if problems:
        raise CreditRefusedError(problems)
    wanted = _wanted(invoice, request, left)
    lines = tuple(
        _credit_line(number, line, amount, arithmetic)
        for number, (line, amount, arithmetic) in enumerate(wanted, start=1)
    )
    credited = total((entry.amount for entry in lines), invoice.currency)
    return CreditNote(
        invoice=invoice.id,
        invoice_number=invoice.number or "",
        invoice_on=invoice.invoice_on,
        request=request.request,
        account_name=invoice.account_name,
        bill_to=invoice.bill_to,
        country=invoice.country,
        buyer=invoice.buyer,
        locale=invoice.locale,
        paper=invoice.paper,
        recipients=invoice.recipients,
        issued_on=issued_on,
        currency=invoice.currency,
        reason=request.reason,
        requested_by=request.requested_by,
        lines=lines,
        total=credited,
        voids=credited == total(left.values(), invoice.currency),
    )


def remaining(invoice: Invoice, notes: Iterable[CreditNote]) -> dict[int, Money]:
    """What is left of each line after the credit notes so far."""
    left = {line.line: line.amount for line in invoice.lines}
    for note in notes:
        for entry in note.lines:
            left[entry.invoice_line] = left[entry.invoice_line] - entry.amount
    return left


def is_voided(notes: Iterable[CreditNote]) -> bool:
    """Whether the credit notes of an invoice void it. Without one, an invoice of 0.00 stands."""
    return any(note.voids for note in notes)


def _problems(
    invoice: Invoice, request: CreditRequest, notes: Sequence[CreditNote]
) -> Iterator[Problem]:
    left = remaining(invoice, notes)
    in_all = total(left.values(), invoice.currency)
    where = invoice.number or str(invoice.id)
    if invoice.number is None:
        yield Problem(
            code="credit-of-draft",
            what="The invoice has no number: it is a draft.",
            fix="Reject the run and have it counted again instead.",
            where=where,
        )
    if invoice.informational:
        yield Problem(
            code="credit-of-information",
            what=f"{where} is for information: nothing of it was ever due.",
            fix="Credit the regular invoice that billed the work.",
            where=where,
        )
    if is_voided(notes) or in_all.amount < 0:
        yield Problem(
            code="credit-of-nothing",
            what=f"Nothing is left of {where} to credit.",
            fix="Look at its credit notes.",
            where=where,
        )
    of_parts = list(_problems_of_parts(invoice, request, left, where))
    yield from of_parts
    if request.parts and not of_parts:
        wanted = _wanted(invoice, request, left)
        asked = total((amount for _, amount, _ in wanted), invoice.currency)
        if asked.amount > in_all.amount:
            yield Problem(
                code="credit-too-much",
                what=f"{where} has {in_all} left in all, {asked} was asked for.",
                fix="Credit no more than is left: lines that lower the invoice (discounts) have "
                "taken the rest off already.",
                where=where,
            )


def _problems_of_parts(
    invoice: Invoice, request: CreditRequest, left: dict[int, Money], where: str
) -> Iterator[Problem]:
    lines = {line.line: line for line in invoice.lines}
    for part in request.parts:
        line = lines.get(part.line)
        if line is None:
            yield Problem(
                code="credit-line-unknown",
                what=f"{where} has no line {part.line}.",
                fix=f"Its lines are 1 to {len(lines)}.",
                where=where,
            )
        elif not 0 < _amount_of(line, part).amount <= left[part.line].amount:
            yield Problem(
                code="credit-too-much",
                what=f"Line {part.line} of {where} has {left[part.line]} left, "
                f"{_amount_of(line, part)} was asked for.",
                fix="Credit no more than is left; a line that lowers the invoice (a discount) is "
                "credited only together with all others.",
                where=where,
            )


def _amount_of(line: InvoiceLine, part: CreditedPart) -> Money:
    if part.amount is not None:
        return Money(amount=part.amount, currency=line.amount.currency).rounded()
    assert part.quantity is not None, "the model admits exactly one measure"
    return line.unit_price.times(part.quantity).rounded()


def _wanted(
    invoice: Invoice, request: CreditRequest, left: dict[int, Money]
) -> Iterator[tuple[InvoiceLine, Money, str]]:
    """Line, amount and arithmetic of everything to credit.

    Lines of which nothing is left are left out, but where that would leave out all: what voids an
    invoice of free things lists them.
    """
    if not request.parts:
        any_left = any(amount.amount for amount in left.values())
        for line in invoice.lines:
            amount = left[line.line]
            if amount.amount or not any_left:
                yield line, amount, f"all that is left of {line.amount.amount}"
        return
    parts = {part.line: part for part in request.parts}
    for line in invoice.lines:
        part = parts.get(line.line)
        if part is None:
            continue
        amount = _amount_of(line, part)
        if part.quantity is None:
            arithmetic = f"{amount.amount} of {line.amount.amount}"
        else:
            arithmetic = f"{part.quantity} x {line.unit_price.amount} = {amount.amount}"
        yield line, amount, arithmetic


def _credit_line(number: int, line: InvoiceLine, amount: Money, arithmetic: str) -> CreditLine:
    return CreditLine(
        line=number,
        invoice_line=line.line,
        subscriber=line.subscriber,
        product=line.product,
        description=line.description,
        category=line.category,
        agreement=line.reason.agreement,
        amount=amount,
        kind=line.kind,
        vat=shared_out(line.vat, line.amount, amount),
        arithmetic=arithmetic,
    )
