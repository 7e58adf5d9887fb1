"""Invented invoices to try templates on and to look at.

The provider's own words and colours, and an account that is nobody's.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from msp_billing.domain.at_issue import (
    Balance,
    Cause,
    Difference,
    InvoiceAtIssue,
    OpenItem,
    PreviousInvoice,
)
from msp_billing.domain.comparison import Comparison, compare
from msp_billing.domain.corrections.credit_notes import CreditLine, CreditNote
from msp_billing.domain.counting.counts import Count, CountedItem
from msp_billing.domain.cycles import Cycle, CycleId, CyclePlan, CycleState
from msp_billing.domain.feeds.definitions import FeedSeal
from msp_billing.domain.invoices import (
    CountEvidence,
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceSection,
    LineKind,
    LineReason,
    PriceBasis,
)
from msp_billing.domain.money import Money, total
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook, Product

PERIOD = Period(year=2026, month=12)
MADE_AT = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
ACCOUNT = "sample"
ACCOUNT_NAME = "Sample Company (sample data, nobody's)"
RECIPIENT = "bookkeeping@sample.example"

_COUNTED = (Decimal(12), Decimal("25.00"))
_PRICED = (Decimal(4), Decimal("80.00"))
_NEW = (Decimal(1), Decimal("150.00"))
_BEFORE = Decimal("585.00")


class SampleInvoices:
    """An invoice with everything that a mail may say of one, and what goes with it.

    Args:
        locale: the language of the account; the policy's by default.
        price_book: where names of products come from; invented ones without it.
    """

    def __init__(
        self, policy: ProviderPolicy, locale: str | None = None, price_book: PriceBook | None = None
    ) -> None:
        self.policy = policy
        self.locale = locale or policy.locale
        products = _products() if price_book is None else price_book.products[:3]
        self._products = tuple(products[index % len(products)] for index in range(3))
        self._book_version = "sample" if price_book is None else price_book.version

    @property
    def invoice(self) -> Invoice:
        """The invoice of December 2026."""
        run = self.policy.runs[0]
        lines = tuple(
            self._line(number, product, quantity, price)
            for number, (product, (quantity, price)) in enumerate(
                zip(self._products, (_COUNTED, _PRICED, _NEW), strict=True), start=1
            )
        )
        return Invoice(
            id=InvoiceId(
                provider=self.policy.provider,
                run=run.run,
                period=PERIOD,
                account=ACCOUNT,
                part="all",
            ),
            number=f"{self.policy.invoice_number_prefix}SAMPLE",
            label=run.label,
            account_name=ACCOUNT_NAME,
            bill_to=(ACCOUNT_NAME, "1 Sample Street", "Sampletown"),
            purchase_order="PO-0000",
            locale=self.locale,
            recipients=(RECIPIENT,),
            invoice_on=date(2026, 12, 1),
            due_on=date(2026, 12, 31),
            service_period=ServicePeriod.of_month(PERIOD),
            currency=self.policy.currency,
            sections=(InvoiceSection(subscriber=None, title=ACCOUNT_NAME),),
            lines=lines,
            counts=(self._evidence(),),
            total=total((line.amount for line in lines), self.policy.currency),
            policy_version=self.policy.version,
            price_book_version=self._book_version,
            snapshot_sha256="0" * 64,
        )

    @property
    def at_issue(self) -> InvoiceAtIssue:
        """Something is open from before, some credit is used, and four things changed."""
        invoice, (counted, priced, new) = self.invoice, self._products
        return InvoiceAtIssue(
            invoice=invoice.id,
            currency=invoice.currency,
            balance=self._balance(invoice),
            previous=PreviousInvoice(
                number=f"{self.policy.invoice_number_prefix}SAMPLE-BEFORE",
                period=PERIOD.shifted(-1),
                total=self._money(_BEFORE),
            ),
            differences=(
                Difference(cause=Cause.NEW, title=new.name, amount=self._money("150.00")),
                Difference(
                    cause=Cause.COUNT,
                    title=counted.name,
                    amount=self._money("75.00"),
                    quantity_before=Decimal(9),
                    quantity_now=Decimal(12),
                ),
                Difference(cause=Cause.ENDED, title="Sample phone", amount=self._money("-60.00")),
                Difference(
                    cause=Cause.PRICE,
                    title=priced.name,
                    amount=self._money("20.00"),
                    quantity_before=Decimal(4),
                    quantity_now=Decimal(4),
                    price_before=self._money("75.00"),
                    price_now=self._money("80.00"),
                ),
            ),
            change=invoice.total - self._money(_BEFORE),
        )

    @property
    def credit_note(self) -> CreditNote:
        """Two of the twelve were counted by mistake."""
        invoice = self.invoice
        amount = self._money("50.00")
        return CreditNote(
            invoice=invoice.id,
            invoice_number=invoice.number or "",
            request="sample",
            number=f"{self.policy.credit_note_number_prefix}SAMPLE",
            account_name=invoice.account_name,
            bill_to=invoice.bill_to,
            locale=invoice.locale,
            recipients=invoice.recipients,
            issued_on=date(2026, 12, 4),
            currency=invoice.currency,
            reason="Two were counted although they had left (sample data).",
            requested_by="sample",
            lines=(
                CreditLine(
                    line=1,
                    invoice_line=1,
                    subscriber=None,
                    product=invoice.lines[0].product,
                    description=invoice.lines[0].description,
                    category=invoice.lines[0].category,
                    agreement="sample",
                    amount=amount,
                    arithmetic="2 x 25.00 = 50.00",
                ),
            ),
            total=amount,
            voids=False,
        )

    @property
    def comparison(self) -> Comparison:
        """December beside a November with fewer items."""
        invoice = self.invoice
        line = self._line(1, self._products[0], Decimal(9), Decimal("25.00"), counted=False)
        before = invoice.model_copy(
            update={"lines": (line,), "counts": (), "total": line.amount, "number": None}
        )
        return compare(
            ACCOUNT, ACCOUNT_NAME, PERIOD, self.policy.currency, (invoice,), (before,)
        ).model_copy(update={"locale": self.locale})

    @property
    def cycle(self) -> Cycle:
        """The cycle that bills the invoice."""
        return Cycle(
            id=CycleId(provider=self.policy.provider, run=self.policy.runs[0].run, period=PERIOD),
            owner="sample",
            state=CycleState.OPEN,
            policy_version=self.policy.version,
            price_book_version=self._book_version,
            plan=CyclePlan(
                opens_at=datetime(2026, 11, 20, 14, tzinfo=UTC),
                moments=(),
                compare_at=datetime(2026, 11, 29, 15, tzinfo=UTC),
                issue_at=datetime(2026, 12, 1, 15, tzinfo=UTC),
                invoice_on=date(2026, 12, 1),
                due_on=date(2026, 12, 31),
                charges_until=date(2026, 12, 1),
            ),
            opened_at=datetime(2026, 11, 20, 14, tzinfo=UTC),
        )

    def _money(self, amount: str | Decimal) -> Money:
        return Money(amount=Decimal(amount), currency=self.policy.currency).rounded()

    def _balance(self, invoice: Invoice) -> Balance:
        before, credit = self._money("120.00"), self._money("50.00")
        number = f"{self.policy.invoice_number_prefix}SAMPLE-OPEN"
        due_on = date(2026, 11, 30)
        item = OpenItem(document=number, on=date(2026, 11, 1), due_on=due_on, open=before)
        return Balance(
            as_of=date(2026, 12, 1),
            brought_forward=before,
            overdue=before,
            open_items=(item,),
            open_count=1,
            credit_held=credit,
            credit_used=credit,
            to_pay=invoice.total - credit,
            credit_left=self._money("0"),
        )

    def _line(
        self,
        number: int,
        product: Product,
        quantity: Decimal,
        price: Decimal,
        *,
        counted: bool = True,
    ) -> InvoiceLine:
        amount = self._money(quantity * price)
        return InvoiceLine(
            line=number,
            kind=LineKind.RECURRING,
            subscriber=None,
            product=product.code,
            description=product.name,
            category=product.category,
            quantity=quantity,
            unit="item",
            unit_price=Money(amount=price, currency=self.policy.currency),
            amount=amount,
            service_period=ServicePeriod.of_month(PERIOD),
            reason=LineReason(
                clause=self.policy.clauses[0].clause,
                agreement="sample",
                agreement_line="sample",
                quantity_from="sample data",
                count="sample" if number == 1 and counted else None,
                price_basis=PriceBasis.EACH,
                price_from="sample data",
                arithmetic=f"{quantity} x {price} = {amount.amount}",
            ),
        )

    def _evidence(self) -> CountEvidence:
        at = datetime(2026, 12, 1, 12, tzinfo=UTC)
        seal = FeedSeal(
            feed="sample",
            key="sample/sample.csv",
            sha256="0" * 64,
            rows=12,
            as_of_at=at,
            age_hours=0,
        )
        return CountEvidence(
            key="sample",
            rule="sample",
            title=self._products[0].name,
            clause=self.policy.clauses[0].clause,
            subscriber=None,
            moment_at=at,
            source=seal,
            compared_with=PERIOD.shifted(-1),
            count=Count(items=_items(*range(1, 13)), joined=_items(9, 10, 11, 12), left=_items(13)),
        )


def _items(*numbers: int) -> tuple[CountedItem, ...]:
    return tuple(
        CountedItem(item_id=f"sample-{number}", name=f"sample-{number}", since_on=date(2026, 11, 2))
        for number in numbers
    )


def _products() -> tuple[Product, ...]:
    names = ("Sample mailbox", "Sample server", "Sample backup")
    return tuple(
        Product(code=f"SAMPLE-{number}", name=name, category="sample")
        for number, name in enumerate(names, start=1)
    )
