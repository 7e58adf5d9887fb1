"""Which exports are known, and what their columns are called.

Names are those that the pages listed in docs/bringing-customers-in.md give for lists and reports;
several names of one column are versions of the same program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Old = Literal["connectwise", "quickbooks", "template"]
Content = Literal["customers", "agreements", "lines", "open-items", "balances", "invoice-lines"]


@dataclass(frozen=True)
class Layout:
    """One kind of export.

    Attributes:
        columns: what a column is, and what it may be called.
        needed: without these, a file is another kind of export.
        grouped: whether it is a report with headings for customers and with totals.
        never: columns that only another kind of export has.
    """

    name: str
    title: str
    of: Old
    content: Content
    columns: Mapping[str, tuple[str, ...]]
    needed: frozenset[str]
    grouped: bool = False
    never: frozenset[str] = frozenset()


def _layout(name: str, title: str, of: Old, content: Content, columns: str) -> Layout:
    """A layout from text: ``key!: name | other name`` in each line; ``!`` for what is needed."""
    found: dict[str, tuple[str, ...]] = {}
    needed: set[str] = set()
    for entry in columns.strip().splitlines():
        key, _, names = entry.partition(":")
        if key.strip().endswith("!"):
            needed.add(key.strip().rstrip("!"))
        found[key.strip().rstrip("!")] = tuple(part.strip() for part in names.split("|"))
    never = _NEVER.get(name, frozenset())
    return Layout(name, title, of, content, found, frozenset(needed), name in _REPORTS, never)


_CW_COMPANIES = """
name!: company name | company
id!: company id | company identifier | identifier
status: status | company status
type: type | company type
address_1: address line 1 | address 1
address_2: address line 2 | address 2
city: city
state: state | state / province
zip: zip | zip code | postal code
country: country
currency: currency id | currency
account_id: account id
email: email | email address | invoice email | billing email
"""
_CW_AGREEMENTS = """
name!: agreement name | agreement
customer!: company name | company
starts_on!: date start | start date | agreement start date
ends_on: date end | end date | agreement end date
status: status | agreement status
kind: agreement type | type
cycle: billing cycle
amount: amount | billing amount
"""
_CW_ADDITIONS = """
product!: product id | product
agreement!: agreement name | agreement
customer!: company name | company
quantity!: quantity | qty
included: less included | included
unit_price!: price | unit price
description: description | invoice description
starts_on: effective | effective date
ends_on: cancelled | cancelled date
status: addition status
agreement_status: agreement status
bill: bill | bill customer | billable
"""
_CW_INVOICES = """
number!: invoice | invoice number | invoice #
customer!: company name | company | bill to
on!: date | invoice date
open!: invoice balance | balance
due_on: due date
kind: invoice type | type
currency: currency id | currency
"""
_QB_CUSTOMERS = """
name!: name | customer | customer full name | customer name | display name
active: active status
email!: email | main email | e-mail
company: company | company name
address_block: bill address | billing address | address
address_1: street address | bill to 1 | billing street | billing address line 1
address_2: bill to 2 | billing address line 2
address_3: bill to 3 | billing address line 3
address_4: bill to 4
address_5: bill to 5
city: city | billing city | billing address city
state: state | billing state | billing address state
zip: zip | billing zip | billing address postal code
country: country | billing country | billing address country
currency: currency
account_id: account no | account number | customer id
"""
_QB_IIF = """
mark!: !cust
name!: name
address_1!: baddr1
address_2: baddr2
address_3: baddr3
address_4: baddr4
address_5: baddr5
email!: email
hidden: hidden
account_id: accnum
"""
_QB_OPEN = """
kind!: transaction type | type
on!: date
number!: num | no | number
open!: open balance
due_on: due date
customer: customer | name | customer full name | customer name
currency: currency
"""
_QB_SALES = """
kind!: transaction type | type
on!: date
number!: num | no | number
product!: product/service | product/service full name | item
description: memo/description | memo | description
quantity!: qty | quantity
unit_price!: sales price | rate
amount!: amount
customer: customer | name | customer full name
currency: currency
"""
_CW_INVOICE_LINES = """
number!: invoice | invoice number | invoice #
customer!: company name | company
product!: product id | product | item identifier
description: description | invoice description
quantity!: quantity | qty
unit_price!: price | unit price
amount!: ext price | extended price | amount
currency: currency id | currency
"""
_ACCOUNTS = """
id!: old_id
name!: name
account!: account
parent: parent
active: active
email!: billing_email
address_1!: address_1
address_2: address_2
address_3: address_3
country: country
currency: currency
purchase_order: purchase_order
known_as: known_as
note: note
"""
_AGREEMENTS = """
customer!: customer
agreement!: agreement
starts_on!: starts_on
ends_on: ends_on
product!: product
description: description
quantity!: quantity
unit_price!: unit_price
line_starts_on: line_starts_on
line_ends_on: line_ends_on
subscriber: subscriber
note: note
"""
_OPEN_INVOICES = """
customer!: customer
number!: number
on!: date
due_on!: due_date
open!: open_amount
currency: currency
kind: kind
note: note
"""
_BALANCES = """
customer!: customer
on!: as_of
open!: balance
currency: currency
note: note
"""
_INVOICE_LINES = """
customer!: customer
number: number
product!: product
description: description
quantity!: quantity
unit_price!: unit_price
amount!: amount
currency: currency
kind: kind
note: note
"""

_KNOWN: tuple[tuple[str, str, Old, Content, str], ...] = (
    ("accounts", "the template's accounts.csv", "template", "customers", _ACCOUNTS),
    ("agreements", "the template's agreements.csv", "template", "lines", _AGREEMENTS),
    ("open-invoices", "the template's open-invoices.csv", "template", "open-items", _OPEN_INVOICES),
    ("balances", "the template's opening-balances.csv", "template", "balances", _BALANCES),
    ("invoice-lines", "the template's invoice-lines.csv", "template", "invoice-lines",
     _INVOICE_LINES),
    ("cw-additions", "ConnectWise agreement additions", "connectwise", "lines", _CW_ADDITIONS),
    ("cw-agreements", "ConnectWise agreements", "connectwise", "agreements", _CW_AGREEMENTS),
    ("cw-invoice-lines", "ConnectWise invoiced products", "connectwise", "invoice-lines",
     _CW_INVOICE_LINES),
    ("cw-invoices", "ConnectWise invoices", "connectwise", "open-items", _CW_INVOICES),
    ("cw-companies", "ConnectWise companies", "connectwise", "customers", _CW_COMPANIES),
    ("qb-sales", "QuickBooks sales by customer detail", "quickbooks", "invoice-lines", _QB_SALES),
    ("qb-open-items", "QuickBooks open invoices", "quickbooks", "open-items", _QB_OPEN),
    ("qb-iif", "QuickBooks Desktop list (IIF)", "quickbooks", "customers", _QB_IIF),
    ("qb-customers", "QuickBooks customers", "quickbooks", "customers", _QB_CUSTOMERS),
)  # fmt: skip
_REPORTS = frozenset({"qb-sales", "qb-open-items"})
_NEVER = {
    "cw-companies": frozenset({"agreement name", "invoice"}),
    "qb-customers": frozenset({"transaction type", "num"}),
}

LAYOUTS = tuple(_layout(*entry) for entry in _KNOWN)
"""In the order in which they are tried: the more particular before the more general."""
