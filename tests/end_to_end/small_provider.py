"""A provider small enough to know by heart, made in code: what every amount should be is said here.

Birch bills in advance on the 1st from two feeds: the devices of all accounts in one file (as of
00:00), the users of an account in a file of the account's own. A second run bills projects.

    alder   2 devices at 10.00, and 1 flat fee of 100.00     = 120.00
    beech   3 users at 7.00                                  =  21.00
    cedar   4 seats at 5.00, a fixed quantity                =  20.00
    dogwood an agreement whose lines no run of Birch bills      nothing to bill
    elm     1 device at 10.00                                =  10.00
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from decimal import Decimal
from typing import Literal

from msp_billing.domain.accounts import Account
from msp_billing.domain.clauses import Clause
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.date_rules import DateRule, DaysAfterIssue
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import HolidayCalendar, ProviderPolicy
from msp_billing.domain.price_book import Category, Price, PriceBook, PriceFrom, Product
from msp_billing.domain.run_policy import ApprovalPolicy, RunPolicy, SnapshotMoment

DEVICES = {"alder": ("alder-1", "alder-2"), "elm": ("elm-1",)}
USERS = {"beech": ("ann", "bob", "cyd")}
TOTALS = {"alder": "120.00", "beech": "21.00", "cedar": "20.00", "elm": "10.00"}
MANAGED, PROJECTS = "managed", "projects"

Feeds = Mapping[str, bytes]


@dataclass(frozen=True)
class Provider:
    """A policy, a price book and a book of accounts, as `apply_provider` wants them."""

    policy: ProviderPolicy
    price_book: PriceBook
    accounts: tuple[Account, ...]
    devices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEVICES))
    users: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(USERS))

    @property
    def name(self) -> str:
        return self.policy.provider

    def with_policy(self, **changes: object) -> Provider:
        """The same provider under another policy; validated again."""
        changed = self.policy.model_copy(update=changes)
        return replace(self, policy=ProviderPolicy.model_validate(changed.model_dump()))

    def with_run(self, run: str = MANAGED, **changes: object) -> Provider:
        """The same provider with one run changed."""
        runs = tuple(
            entry.model_copy(update=changes) if entry.run == run else entry
            for entry in self.policy.runs
        )
        return self.with_policy(runs=runs)

    def with_prices_times(self, factor: int) -> Provider:
        """The same provider with another price book, of prices so many times as high."""

        def times(price: Price) -> Price:
            each = None if price.each is None else price.each * factor
            return Price(each=each, flat=None if price.flat is None else price.flat * factor)

        products = tuple(
            product.model_copy(
                update={
                    "prices": tuple(
                        entry.model_copy(update={"price": times(entry.price)})
                        for entry in product.prices
                    )
                }
            )
            for product in self.price_book.products
        )
        version = f"{self.price_book.version}-times-{factor}"
        book = self.price_book.model_copy(update={"products": products, "version": version})
        return replace(self, price_book=book)

    def with_accounts(self, *accounts: Account) -> Provider:
        """The same provider with accounts added, or put in place of those of the same name."""
        named = {entry.account: entry for entry in (*self.accounts, *accounts)}
        return replace(self, accounts=tuple(named.values()))

    def only(self, *accounts: str) -> Provider:
        """The same provider with these accounts only."""
        kept = tuple(entry for entry in self.accounts if entry.account in accounts)
        return replace(self, accounts=kept)

    def feeds(self, period: Period) -> dict[str, bytes]:
        """The exports of the 1st of a month, by key below the provider's folder."""
        name = f"{period.first_day}.csv"
        rows = [(account, item) for account, items in self.devices.items() for item in items]
        lines = ["Customer,Device", *(f"{account},{item}" for account, item in rows)]
        made = {f"devices/{name}": csv(lines)}
        for account, users in self.users.items():
            made[f"users/{account}/{name}"] = csv(["User", *users])
        return made


def csv(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def birch(
    provider: str = "birch",
    *,
    approval: Literal["automatic", "person"] = "automatic",
    zone: str = "America/Chicago",
    prefix: str = "BI-",
    projects: bool = False,
    sheets: bool = False,
) -> Provider:
    """The provider of the module's docstring."""
    return Provider(_policy(provider, approval, zone, prefix, projects, sheets), _prices(), BOOK)


def many_accounts(count: int) -> Provider:
    """Birch with so many accounts of one line each."""
    accounts = tuple(
        account(f"customer-{number:04d}", line("SEAT", quantity=1)) for number in range(count)
    )
    return replace(birch(), accounts=accounts)


def account(
    name: str, *lines: AgreementLine, contacts: tuple[str, ...] = (), **changes: object
) -> Account:
    """An account with one agreement."""
    agreement = Agreement(
        agreement="main", title="Main agreement", starts_on=date(2025, 1, 1), lines=lines
    )
    made = Account(
        account=name,
        name=f"{name.title()} Ltd",
        address=("1 Sample Street",),
        currency="USD",
        billing_contacts=contacts or (f"books@{name}.example",),
        agreements=(agreement,),
    )
    return Account.model_validate(made.model_copy(update=changes).model_dump())


def line(product: str, **changes: object) -> AgreementLine:
    made = AgreementLine(line=product.lower(), product=product)
    return AgreementLine.model_validate(made.model_copy(update=changes).model_dump())


BOOK = (
    account("alder", line("DEVICE"), line("CARE", quantity=1)),
    account("beech", line("USER")),
    account("cedar", line("SEAT", quantity=4)),
    account("dogwood", line("RETIRED", quantity=1)),
    account("elm", line("DEVICE")),
)


def _policy(
    provider: str, approval: str, zone: str, prefix: str, projects: bool, sheets: bool
) -> ProviderPolicy:
    runs = [_run(MANAGED, ("managed",), approval, sheets)]
    if projects:
        runs.append(_run(PROJECTS, ("projects",), approval, sheets))
    return ProviderPolicy(
        provider=provider,
        version="2026-09",
        name=f"{provider.title()} Managed IT",
        address=("1 Sample Street", "Sampleton, IA 00000"),
        mail_from=f"billing@{provider}.example",
        reply_to=f"clerk@{provider}.example",
        remittance=("Sample Bank, account 000000",),
        time_zone=zone,
        holidays=HolidayCalendar(country="US"),
        currency="USD",
        invoice_number_prefix=prefix,
        parked_share_limit=Decimal("0.5"),
        clauses=(Clause(clause="counts", title="Counts", text="Counted on the 1st."),),
        feeds=(
            FeedDefinition(
                feed="devices",
                title="Devices",
                scope="provider",
                columns=FeedColumns(item_id="Device", account="Customer"),
            ),
            FeedDefinition(
                feed="users",
                title="Users",
                scope="account",
                columns=FeedColumns(item_id="User"),
            ),
        ),
        count_rules=(
            CountRule(
                rule="devices", title="Devices", feed="devices", moment="first", clause="counts"
            ),
            CountRule(rule="users", title="Users", feed="users", moment="first", clause="counts"),
        ),
        runs=tuple(runs),
    )


def _run(run: str, categories: tuple[str, ...], approval: str, sheets: bool) -> RunPolicy:
    """Opens on the 1st at 05:00, counts 00:00, compares 09:00, issues on the 2nd at 09:00."""
    by_person = approval == "person"
    moments = (SnapshotMoment(moment="first", at=DateRule(day=1, at=time(0, 0))),)
    return RunPolicy(
        run=run,
        title=f"{run.title()} services",
        label="Invoice",
        categories=categories,
        opens=DateRule(day=1, at=time(5, 0)),
        moments=moments if run == MANAGED else (),
        compare=DateRule(day=1, at=time(9, 0)),
        comparison_to_accounts=sheets,
        approval=ApprovalPolicy(
            by="person" if by_person else "automatic",
            approvers=("boss@birch.example",) if by_person else (),
            wait_days=3,
        ),
        issue=DateRule(day=2, at=time(9, 0)),
        due=DaysAfterIssue(days_after_issue=15),
        clause="counts",
    )


def _prices() -> PriceBook:
    def product(code: str, category: str, price: Price, count_rule: str | None = None) -> Product:
        return Product(
            code=code,
            name=code.title(),
            category=category,
            count_rule=count_rule,
            prices=(PriceFrom(from_on=date(2025, 1, 1), price=price),),
        )

    return PriceBook(
        version="2026-09",
        currency="USD",
        categories=tuple(
            Category(category=name, title=name.title())
            for name in ("managed", "projects", "retired")
        ),
        products=(
            product("DEVICE", "managed", Price(each=Decimal(10)), "devices"),
            product("USER", "managed", Price(each=Decimal(7)), "users"),
            product("SEAT", "managed", Price(each=Decimal(5))),
            product("CARE", "managed", Price(flat=Decimal(100))),
            product("PROJECT", "projects", Price(each=Decimal(50))),
            product("RETIRED", "retired", Price(each=Decimal(1))),
        ),
    )
