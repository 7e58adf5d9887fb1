"""The provider's own books: what its accounting program calls the accounts that a ledger uses.

The defaults are names and codes that new companies are commonly set up with; a provider writes down
those that its books have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.payments.incoming import PaymentMethod

JournalAccount = Annotated[
    str,
    StringConstraints(
        pattern=r"^(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+$",
        max_length=200,
    ),
]
"""An account of a Beancount journal: ``Income:Managed-Services``."""

AccountCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9./-]{1,10}$")]
DateOrder = Literal["MM/DD/YYYY", "DD/MM/YYYY", "YYYY-MM-DD"]


class BooksAccount(Frozen):
    """One account of the provider's books, as each program knows it."""

    name: Text = Field(
        description="In QuickBooks: its full name, a sub-account after a colon ('Sales:Hosting')."
    )
    code: AccountCode = Field(description="In Xero: its code in the chart of accounts.")
    journal: JournalAccount = Field(description="In the journal: 'Income:Hosting'.")


class QuickBooksExport(Frozen):
    """How files for QuickBooks Online are written."""

    dates: DateOrder | None = Field(
        default=None, description="As the company has it; by the provider's country, if left out."
    )
    credit_notes: Literal["journal", "file"] = Field(
        default="journal",
        description="Whether credit notes come as journal entries, which every edition imports, or "
        "as a file of their own, for editions that have 'Import credit notes'.",
    )


class XeroExport(Frozen):
    """How files for Xero are written."""

    dates: DateOrder | None = Field(
        default=None, description="As the company has it; by the provider's country, if left out."
    )
    tax_type: Text = Field(
        default="Tax Exempt",
        description="Name of the tax rate of nothing, by which Xero adds no tax of its own: tax "
        "comes as a line, as it was billed.",
    )


def _account(name: str, code: str, journal: str) -> BooksAccount:
    return BooksAccount(name=name, code=code, journal=journal)


class AccountingPolicy(Frozen):
    """Which account of the books takes what."""

    receivable: BooksAccount = Field(
        default=_account("Accounts Receivable (A/R)", "610", "Assets:Receivable"),
        description="What customers owe.",
    )
    credit: BooksAccount = Field(
        default=_account("Customer Credits", "835", "Liabilities:Customer-Credits"),
        description="What is held for customers. Only the journal has it: the programs keep a "
        "customer's credit with what it owes.",
    )
    revenue: BooksAccount = Field(
        default=_account("Services", "200", "Income:Services"),
        description="What was billed, where nothing more particular is said below.",
    )
    categories: dict[Identifier, BooksAccount] = Field(
        default={}, description="Revenue by the price book's category."
    )
    products: dict[Text, BooksAccount] = Field(
        default={}, description="Revenue by product code; goes before the category."
    )
    tax: BooksAccount = Field(
        default=_account("Sales Tax Payable", "820", "Liabilities:Sales-Tax"),
        description="Sales tax that was billed.",
    )
    cash: BooksAccount = Field(
        default=_account("Checking", "090", "Assets:Bank"),
        description="Where money comes in and goes out.",
    )
    methods: dict[PaymentMethod, BooksAccount] = Field(
        default={}, description="The same for single ways of paying: card, check."
    )
    late_fees: BooksAccount = Field(
        default=_account("Late Fee Income", "260", "Income:Late-Fees"),
        description="Late fees that were charged.",
    )
    written_off: BooksAccount = Field(
        default=_account("Bad Debts", "480", "Expenses:Bad-Debts"),
        description="Debts that were given up.",
    )
    opening: JournalAccount = Field(
        default="Equity:Opening-Balances",
        description="In the journal: the other side of what stood before its first day.",
    )
    quickbooks: QuickBooksExport = Field(default_factory=QuickBooksExport)
    xero: XeroExport = Field(default_factory=XeroExport)

    @model_validator(mode="after")
    def _customers_accounts_are_their_own(self) -> AccountingPolicy:
        ours = {entry.journal for entry in self._ours()} | {self.opening}
        for customers, other in (
            (self.receivable.journal, self.credit.journal),
            (self.credit.journal, self.receivable.journal),
        ):
            for journal in sorted(ours | {other}):
                if f"{journal}:".startswith(f"{customers}:"):
                    raise ValueError(
                        f"in the journal, {customers} has an account for each customer: "
                        f"{journal} must be another account"
                    )
        return self

    def _ours(self) -> Iterator[BooksAccount]:
        yield from (self.revenue, self.tax, self.cash, self.late_fees, self.written_off)
        yield from self.categories.values()
        yield from self.products.values()
        yield from self.methods.values()

    def revenue_of(self, product: str, category: str) -> BooksAccount:
        """Where a line of an invoice belongs."""
        return self.products.get(product) or self.categories.get(category) or self.revenue

    def cash_of(self, method: str) -> BooksAccount:
        """Where money of a way of paying comes in; an unknown way is the usual account's."""
        by_method = {entry.value: account for entry, account in self.methods.items()}
        return by_method.get(method, self.cash)
