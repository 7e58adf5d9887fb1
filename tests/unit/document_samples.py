"""Invoices, comparisons and runs to make documents from, small enough to check by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from msp_billing.domain.clauses import Clause
from msp_billing.domain.counting.counts import Count, CountedItem
from msp_billing.domain.cycles import Cycle, CycleId, CyclePlan, CycleState
from msp_billing.domain.date_rules import DateRule
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
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.policy import HolidayCalendar, ProviderPolicy
from msp_billing.domain.price_book import Category, PriceBook, Product
from msp_billing.domain.problems import Problem
from msp_billing.domain.run_policy import ApprovalPolicy, RunPolicy

NOVEMBER = Period(year=2026, month=11)
DECEMBER = Period(year=2026, month=12)
MADE_AT = datetime(2026, 12, 1, 15, 30, tzinfo=UTC)
HOSTILE_NAMES = (
    "{{7*7}}",
    "{% raw %}",
    "<script>alert(1)</script>",
    "<r></broken></r>",
    "Anna\r\nBcc: thief@example.net",
    '=HYPERLINK("https://example.net")',
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "🦺 Zoë & Söhne",
    "abc\u202e1234\u202c\u2067xyz",
    "a\u2028b\x0bc\x00d",
    "W" * 10_000,
)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def policy(name: str = "Lantern & Pike Managed IT") -> ProviderPolicy:
    day = DateRule(month=0, day=1)
    return ProviderPolicy(
        provider="lantern",
        version="2026-11",
        name=name,
        address=("400 Harbor Street", "Duluth, MN 55802"),
        phone="+1 218 555 0100",
        website="https://lantern.example",
        mail_from="billing@lantern.example",
        reply_to="accounts@lantern.example",
        remittance=(
            "ACH: routing 091000019, account 4400 1200",
            "Checks payable to Lantern & Pike",
        ),
        invoice_note="Thank you for working with us.",
        time_zone="America/Chicago",
        holidays=HolidayCalendar(country="US"),
        currency="USD",
        invoice_number_prefix="LP-",
        parked_share_limit=Decimal("0.2"),
        clauses=(Clause(clause="c1", title="Counts", text="Counted on the 1st."),),
        runs=(
            RunPolicy(
                run="monthly",
                title="Agreement invoices",
                label="Agreement",
                categories=("cloud", "security"),
                opens=DateRule(month=-1, day=20, at=time(8, 0)),
                compare=day,
                comparison_to_accounts=True,
                approval=ApprovalPolicy(by="person", approvers=("clerk@lantern.example",)),
                issue=day,
                due=DateRule(month=0, day=30),
                clause="c1",
            ),
        ),
    )


def price_book() -> PriceBook:
    return PriceBook(
        version="2026-11",
        currency="USD",
        categories=(
            Category(category="security", title="Security"),
            Category(category="cloud", title="Cloud services"),
        ),
        products=(
            Product(code="SEC1153", name="Endpoint protection", category="security"),
            Product(code="COM4003", name="Hosted mailbox", category="cloud"),
        ),
    )


def items(*names: str) -> tuple[CountedItem, ...]:
    return tuple(
        CountedItem(item_id=f"id-{name}", name=name, since_on=date(2026, 11, 20)) for name in names
    )


class InvoiceMaker:
    """Builds an invoice line by line, with its counts."""

    def __init__(
        self,
        period: Period,
        *,
        part: str = "all",
        account_name: str = "Tern Harbor",
        currency: str = "USD",
    ) -> None:
        self.period = period
        self.currency = currency
        self.part = part
        self.account_name = account_name
        self.lines: list[InvoiceLine] = []
        self.counts: list[CountEvidence] = []
        self.sections: dict[str | None, str] = {}

    def line(
        self,
        product: str,
        quantity: str,
        unit_price: str,
        *,
        subscriber: str | None = None,
        section: str = "Tern Harbor",
        description: str = "Hosted mailbox",
        category: str = "cloud",
        counted: Count | None = None,
    ) -> InvoiceMaker:
        self.sections.setdefault(subscriber, section)
        key = f"{product}/{subscriber or '-'}/{len(self.counts)}" if counted else None
        each = Money(amount=Decimal(unit_price), currency=self.currency)
        amount = each.times(Decimal(quantity)).rounded()
        if counted is not None and key is not None:
            self.counts.append(evidence(key, subscriber, counted, self.period))
        self.lines.append(
            InvoiceLine(
                line=len(self.lines) + 1,
                kind=LineKind.RECURRING,
                subscriber=subscriber,
                product=product,
                description=description,
                category=category,
                quantity=Decimal(quantity),
                unit="mailbox",
                unit_price=each,
                amount=amount,
                service_period=ServicePeriod.of_month(self.period),
                reason=LineReason(
                    clause="c1",
                    agreement="main",
                    agreement_line="l1",
                    quantity_from="counted: mailboxes",
                    count=key,
                    price_basis=PriceBasis.EACH,
                    price_from="price book 2026-11",
                    arithmetic=f"{quantity} x {unit_price} = {amount.amount}",
                ),
            )
        )
        return self

    def make(self, number: str | None = None, label: str = "Agreement Hybrid IT") -> Invoice:
        return Invoice(
            id=InvoiceId(
                provider="lantern",
                run="monthly",
                period=self.period,
                account="tern-harbor",
                part=self.part,
            ),
            number=number,
            label=label,
            account_name=self.account_name,
            bill_to=(self.account_name, "1 Pier Road", "Duluth, MN 55802"),
            invoice_on=self.period.first_day,
            due_on=self.period.day(30),
            service_period=ServicePeriod.of_month(self.period),
            currency=self.currency,
            sections=tuple(
                InvoiceSection(subscriber=subscriber, title=title)
                for subscriber, title in self.sections.items()
            ),
            lines=tuple(self.lines),
            counts=tuple(self.counts),
            total=total((line.amount for line in self.lines), self.currency),
            policy_version="2026-11",
            price_book_version="2026-11",
            snapshot_sha256="0" * 64,
        )


def evidence(key: str, subscriber: str | None, count: Count, period: Period) -> CountEvidence:
    at = datetime(period.year, period.month, 1, 6, tzinfo=UTC)
    return CountEvidence(
        key=key,
        rule="mailboxes",
        title="Mailboxes",
        clause="c1",
        subscriber=subscriber,
        moment_at=at,
        source=FeedSeal(
            feed="mail", key="mail/x.csv", sha256="0" * 64, rows=3, as_of_at=at, age_hours=0
        ),
        compared_with=period.shifted(-1),
        count=count,
    )


def counted(
    now: tuple[str, ...], joined: tuple[str, ...] = (), left: tuple[str, ...] = ()
) -> Count:
    return Count(items=items(*now), joined=items(*joined), left=items(*left))


def cycle() -> Cycle:
    return Cycle(
        id=CycleId(provider="lantern", run="monthly", period=DECEMBER),
        owner="owner",
        state=CycleState.OPEN,
        policy_version="2026-11",
        price_book_version="2026-11",
        plan=CyclePlan(
            opens_at=datetime(2026, 11, 20, 14, tzinfo=UTC),
            moments=(),
            compare_at=datetime(2026, 12, 1, 15, tzinfo=UTC),
            issue_at=datetime(2026, 12, 3, 15, tzinfo=UTC),
            invoice_on=date(2026, 12, 3),
            due_on=date(2026, 12, 30),
            charges_until=date(2026, 12, 1),
        ),
        opened_at=datetime(2026, 11, 20, 14, tzinfo=UTC),
    )


def outcome(
    account: str, kind: OutcomeKind, *, invoices: tuple[Invoice, ...] = (), reason: str = "1 lines"
) -> AccountOutcome:
    problems: tuple[Problem, ...] = ()
    if kind is OutcomeKind.PARKED:
        problems = (
            Problem(
                code="feed-missing",
                what="The export of RMM devices for 1 December 2026 is missing.",
                fix="Put the file into the feed's folder and run the account again.",
                file="feeds/rmm/2026-12-01.csv",
                line=17,
                where=account,
            ),
        )
    return AccountOutcome(
        account=account,
        account_name=account.replace("-", " ").title(),
        agreements=(AgreementOutcome(agreement="main", kind=kind, reason=reason),),
        invoices=invoices,
        problems=problems,
    )
