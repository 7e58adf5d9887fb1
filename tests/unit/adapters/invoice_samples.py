"""Invoices of three kinds of provider, to be presented and rendered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msp_billing.domain.clauses import Clause
from msp_billing.domain.counting.counts import Count, CountedItem, CountRule
from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedSeal
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
from msp_billing.domain.policy import Brand, HolidayCalendar, ProviderPolicy
from msp_billing.domain.price_book import Category, Price, PriceBook, PriceFrom, Product
from msp_billing.domain.run_policy import ApprovalPolicy, RunPolicy, SnapshotMoment

DECEMBER = Period(year=2026, month=12)
NOVEMBER = Period(year=2026, month=11)
FIRST_OF_DECEMBER = datetime(2026, 12, 1, 6, tzinfo=UTC)

PRODUCTS = {
    "FULLTIME": ("Full-time user", "agreement", "user", "95"),
    "PARTTIME": ("Part-time user", "agreement", "user", "55.50"),
    "WORKSTATION": ("Managed workstation", "agreement", "device", "42"),
    "SERVER": ("Managed server", "agreement", "device", "165"),
    "SEC1153": ("Endpoint detection and response", "security", "device", "10.50"),
    "COM4003": ("Hosted mailbox, Exchange plan 1", "communication", "mailbox", "6.75"),
    "BKP2210": ("Cloud backup, per server", "backup", "server", "89"),
}
CATEGORIES = {
    "agreement": "Managed services",
    "security": "Security",
    "communication": "Communication and collaboration",
    "backup": "Backup and recovery",
}


def policy(**changes: Any) -> ProviderPolicy:
    """A provider with one run that bills every category."""
    day = DateRule(day=1)
    show = changes.pop("show", frozenset({"items"}))
    clauses = (
        Clause(
            clause="calendar",
            title="Invoices go out on the 15th",
            text="We send these invoices on the 15th of each month for the next month, and the "
            "bill is due on the 30th.",
        ),
        Clause(
            clause="per-user",
            title="Per user, per month",
            text="The monthly fee is per user; the invoice lists your full-time and part-time "
            "users, so that you can quickly review their number.",
        ),
        Clause(
            clause="term-discount",
            title="Longer terms cost less",
            text="A three-year agreement saves 10% and a five-year agreement 15% of the cost of "
            "managed services.",
        ),
    )
    run = RunPolicy(
        run="monthly",
        title="Agreement invoice",
        label="Agreement Hybrid IT",
        categories=tuple(CATEGORIES),
        opens=day,
        moments=(SnapshotMoment(moment="first", at=day),),
        compare=day,
        approval=ApprovalPolicy(by="automatic"),
        issue=day,
        due=DateRule(day=30),
        show=show,
        clause="calendar",
    )
    fields: dict[str, Any] = {
        "provider": "northwind",
        "version": "2026-11",
        "name": "Northwind Managed IT",
        "address": ("400 Harbor Street, Suite 210", "Duluth, MN 55802", "United States"),
        "phone": "+1 218 555 0100",
        "website": "northwind.example",
        "mail_from": "billing@northwind.example",
        "reply_to": "accounts@northwind.example",
        "remittance": (
            "ACH or wire: First Harbor Bank",
            "Routing 091000019, account 4400 1200 87",
            "Check to Northwind Managed IT, address above",
            "Please write the invoice number on your payment.",
        ),
        "invoice_note": "Something does not look right? Write to accounts@northwind.example "
        "before the due date, and we will look at it together.",
        "brand": Brand(primary="#17365d", accent="#0f7c74"),
        "time_zone": "America/Chicago",
        "holidays": HolidayCalendar(country="US"),
        "currency": "USD",
        "invoice_number_prefix": "NW-",
        "parked_share_limit": Decimal("0.2"),
        "clauses": clauses,
        "feeds": (
            FeedDefinition(
                feed="rmm",
                title="RMM devices",
                scope="account",
                columns=FeedColumns(item_id="Device ID"),
            ),
        ),
        "count_rules": (
            CountRule(
                rule="workstations",
                title="Workstations in the RMM",
                feed="rmm",
                moment="first",
                clause="per-user",
            ),
        ),
        "runs": (run,),
    }
    return ProviderPolicy(**{**fields, **changes})


def price_book() -> PriceBook:
    return PriceBook(
        version="2026-11",
        currency="USD",
        categories=tuple(Category(category=key, title=title) for key, title in CATEGORIES.items()),
        products=tuple(
            Product(
                code=code,
                name=name,
                category=category,
                unit=unit,
                prices=(
                    PriceFrom(from_on=date(2026, 1, 1), price=Price.model_validate({"each": each})),
                ),
            )
            for code, (name, category, unit, each) in PRODUCTS.items()
        ),
    )


def items(names: Iterable[str], since_on: date | None = None) -> tuple[CountedItem, ...]:
    return tuple(CountedItem(item_id=f"id-{name}", name=name, since_on=since_on) for name in names)


class InvoiceMaker:
    """Builds an invoice line by line, in the order of its sections."""

    def __init__(self, currency: str = "USD") -> None:
        self.currency = currency
        self.sections: list[InvoiceSection] = []
        self.lines: list[InvoiceLine] = []
        self.counts: list[CountEvidence] = []

    def section(
        self, title: str, subscriber: str | None = None, *, internal: bool = False
    ) -> InvoiceMaker:
        self.sections.append(InvoiceSection(subscriber=subscriber, title=title, internal=internal))
        return self

    def count(
        self,
        title: str,
        names: Sequence[str],
        joined: Sequence[str] = (),
        left: Sequence[str] = (),
        *,
        compared: bool = True,
    ) -> str:
        """Adds a count to the last section and says its key."""
        subscriber = self.sections[-1].subscriber
        key = f"count-{len(self.counts)}:{subscriber or '-'}"
        self.counts.append(
            CountEvidence(
                key=key,
                rule=title.split(maxsplit=1)[0].lower(),
                title=title,
                clause="per-user",
                subscriber=subscriber,
                moment_at=FIRST_OF_DECEMBER,
                source=FeedSeal(
                    feed="rmm",
                    key="northwind/rmm/harbor-dental/2026-12-01.csv",
                    sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    rows=240,
                    as_of_at=FIRST_OF_DECEMBER,
                    age_hours=0,
                ),
                compared_with=NOVEMBER if compared else None,
                count=Count(
                    items=items(names),
                    joined=items(joined, date(2026, 11, 19)),
                    left=items(left),
                ),
            )
        )
        return key

    def line(self, product: str, quantity: int, count: str | None = None) -> InvoiceMaker:
        name, category, unit, each = PRODUCTS[product]
        unit_price = Money(amount=Decimal(each), currency=self.currency)
        amount = unit_price.times(quantity).rounded()
        reason = LineReason(
            clause="per-user" if count else "calendar",
            agreement="main",
            agreement_line="line",
            quantity_from=f"counted: {unit}s in the RMM" if count else "fixed in the agreement",
            count=count,
            price_basis=PriceBasis.EACH,
            price_from="price book 2026-11, from 2026-01-01",
            arithmetic=f"{quantity} x {each} = {amount.amount}",
        )
        return self._add(
            LineKind.RECURRING, product, name, category, (quantity, unit), unit_price, reason
        )

    def discount(self, percent: int) -> InvoiceMaker:
        """A term discount on all lines so far, in the last section."""
        base = total((line.amount for line in self.lines), self.currency)
        amount = -base.times(percent).times(Decimal("0.01")).rounded()
        reason = LineReason(
            clause="term-discount",
            agreement="main",
            agreement_line=None,
            quantity_from="term of 3 years in the agreement",
            price_basis=PriceBasis.PERCENT,
            price_from="policy 2026-11",
            arithmetic=f"{percent}% of {base.amount} = {amount.amount}",
        )
        text = f"3-year term discount, {percent}% of {base.amount:,} {self.currency}"
        return self._add(
            LineKind.DISCOUNT, "TERM-3Y", text, "agreement", (1, "discount"), amount, reason
        )

    def _add(
        self,
        kind: LineKind,
        product: str,
        description: str,
        category: str,
        quantity: tuple[int, str],
        unit_price: Money,
        reason: LineReason,
    ) -> InvoiceMaker:
        self.lines.append(
            InvoiceLine(
                line=len(self.lines) + 1,
                kind=kind,
                subscriber=self.sections[-1].subscriber,
                product=product,
                description=description,
                category=category,
                quantity=Decimal(quantity[0]),
                unit=quantity[1],
                unit_price=unit_price,
                amount=unit_price.times(quantity[0]).rounded(),
                service_period=ServicePeriod.of_month(DECEMBER),
                reason=reason,
            )
        )
        return self

    def make(self, number: str | None = "NW-000123", **changes: Any) -> Invoice:
        name = "Harbor Dental Group"
        fields: dict[str, Any] = {
            "id": InvoiceId(
                provider="northwind",
                run="monthly",
                period=DECEMBER,
                account="harbor-dental",
                part="all",
            ),
            "number": number,
            "label": "Agreement Hybrid IT",
            "account_name": name,
            "bill_to": (name, "Accounts payable", "12 Pier Road", "Superior, WI 54880"),
            "purchase_order": "PO 2026-118",
            "invoice_on": date(2026, 11, 15),
            "due_on": date(2026, 11, 30),
            "service_period": ServicePeriod.of_month(DECEMBER),
            "currency": self.currency,
            "sections": tuple(self.sections),
            "lines": tuple(self.lines),
            "counts": tuple(self.counts),
            "total": total((line.amount for line in self.lines), self.currency),
            "policy_version": "2026-11",
            "price_book_version": "2026-11",
            "snapshot_sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        }
        return Invoice(**{**fields, **changes})


PEOPLE = (
    "Abigail Larsson", "Andrés Muñoz", "Beatriz Oliveira", "Carl-Johan Åkesson", "Chloë Dubois",
    "Daniel Okafor", "Dvořák Tomáš", "Ewa Wiśniewska", "Farid Haddad", "Grace Kim",
    "Hana Sørensen", "Ian McAllister", "Ines Ferreira", "Jürgen Weiß", "Kateřina Nováková",
    "Liam O'Connor", "Mei-Ling Chen", "Noah Peterson", "Olga Ivanova", "Priya Raman",
)  # fmt: skip


def one_line() -> Invoice:
    return InvoiceMaker().section("Harbor Dental Group").line("SERVER", 1).make()


def users_by_kind(number: str | None = "NW-000123") -> Invoice:
    """As KR-02 wants it: full-time and part-time users by name, and a term discount (KR-09)."""
    maker = InvoiceMaker().section("Harbor Dental Group")
    full_time = maker.count(
        "Full-time users",
        PEOPLE[:17],
        joined=("Grace Kim", "Ines Ferreira"),
        left=("Magnus Holt",),
    )
    maker.line("FULLTIME", 17, full_time)
    part_time = maker.count("Part-time users", PEOPLE[17:], left=("Rosa Lindqvist",))
    maker.line("PARTTIME", 3, part_time)
    return maker.line("SERVER", 2).line("BKP2210", 2).discount(10).make(number)


def many_sections(customers: int, per_customer: int = 3, names: int = 4) -> Invoice:
    """As COL-06 wants it: internal environment first, then every customer by name."""
    maker = InvoiceMaker()
    maker.section("Harbor IT Services (internal)", "internal", internal=True)
    maker.line("SEC1153", 3).line("COM4003", 11)
    products = ("WORKSTATION", "SERVER", "SEC1153", "COM4003", "BKP2210")
    for number in range(1, customers + 1):
        town = ("Bayfield", "Ashland", "Cloquet", "Hibbing", "Virginia", "Ely")[number % 6]
        trade = ("Dental", "Law Office", "Marine Supply", "Clinic", "Credit Union")[number % 5]
        maker.section(f"{town} {trade} {number}", f"customer-{number}")
        for index, product in enumerate(products[:per_customer]):
            count = None
            if index < 2:
                devices = [f"{town[:3].upper()}-{number:04}-{index}{n}" for n in range(names)]
                title = f"{PRODUCTS[product][0].split()[-1].capitalize()}s in the RMM"
                count = maker.count(title, devices, joined=devices[:1] if number % 9 == 0 else ())
            maker.line(product, names if count else number % 7 + 1, count)
    return maker.make(label="Services of November")
