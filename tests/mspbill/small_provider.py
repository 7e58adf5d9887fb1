"""A provider directory of three accounts, small enough to bill in a second, and easy to break."""

from __future__ import annotations

from pathlib import Path

POLICY = """\
provider: pinewood
version: "1"
name: Pinewood IT & Sons
address: [1 Main Street, "Springfield, IL 00000"]
mail_from: billing@pinewood.example
reply_to: billing@pinewood.example
remittance: [Pay by ACH.]
time_zone: America/Chicago
holidays: {country: US}
currency: USD
invoice_number_prefix: PW-
parked_share_limit: "0.4"
clauses:
  - clause: monthly
    title: Monthly
    text: Devices are counted on the 1st and billed for the month.
feeds:
  - feed: devices
    title: RMM devices
    scope: provider
    columns: {item_id: Id, name: Name, account: Client, online_on: Added, attributes: {kind: Type}}
count_rules:
  - rule: servers
    title: Servers
    feed: devices
    moment: first
    where: {kind: [server]}
    clause: monthly
runs:
  - run: monthly
    title: Monthly invoice
    label: Managed services
    categories: [managed]
    opens: {day: 1, at: "06:00"}
    moments: [{moment: first, at: {day: 1, at: "00:00"}, wait_hours: 8}]
    compare: {day: 1, at: "12:00"}
    approval: {by: person, approvers: [books@pinewood.example]}
    issue: {day: 2, when_closed: next_business_day, at: "08:00"}
    due: {days_after_issue: 15}
    clause: monthly
  - run: projects
    title: Project invoice
    label: Projects
    categories: [projects]
    opens: {day: 10, at: "06:00"}
    compare: {day: 10, at: "09:00"}
    approval: {by: automatic}
    issue: {day: 11}
    due: {month: 1, day: 10}
    clause: monthly
"""

PRICE_BOOK = """\
version: "1"
currency: USD
categories:
  - {category: managed, title: Managed services}
  - {category: projects, title: Projects}
products:
  - code: SERVER
    name: Managed server
    category: managed
    unit: server
    count_rule: servers
    prices: [{from_on: 2026-01-01, price: {each: "85.10"}}]
  - code: SETUP
    name: Setup
    category: projects
    prices: [{from_on: 2026-01-01, price: {flat: "500"}}]
"""

HARBOR = """\
account: harbor
name: Harbor <b>& Co</b>
address: [2 Side Street]
currency: USD
billing_contacts: [ap@harbor.example]
agreements:
  - agreement: managed
    title: Managed services
    starts_on: 2026-01-01
    lines:
      - {line: servers, product: SERVER}
      - {line: setup, product: SETUP, quantity: 1, bill_once_in: 2026-12}
"""

BIRCH = """\
account: birch
name: Birch Dental
address: [3 Lake Street]
currency: USD
billing_contacts: [ap@birch.example]
agreements:
  - agreement: managed
    title: Managed services
    starts_on: 2026-01-01
    lines: [{line: servers, product: SERVER, price: {each: "80"}}]
"""

QUIET = """\
account: quiet
name: Quiet Library
address: [4 Hill Street]
currency: USD
billing_contacts: [ap@quiet.example]
agreements:
  - agreement: managed
    title: Managed services
    starts_on: 2026-01-01
    lines: [{line: servers, product: SERVER}]
"""

NOVEMBER = """\
Id,Name,Client,Added,Type
1,HRB-SRV-1,Harbor <b>& Co</b>,2024-05-01,server
2,HRB-SRV-2,Harbor <b>& Co</b>,2024-05-01,server
3,BIR-SRV-1,birch,2025-01-15,server
"""

DECEMBER = """\
Id,Name,Client,Added,Type
1,HRB-SRV-1,Harbor <b>& Co</b>,2024-05-01,server
4,HRB-SRV-4,Harbor <b>& Co</b>,2026-11-20,server
5,HRB-SRV-5,Harbor <b>& Co</b>,2026-11-21,server
3,BIR-SRV-1,birch,2025-01-15,server
"""

FILES = {
    "provider.yaml": POLICY,
    "price-book.yaml": PRICE_BOOK,
    "accounts/harbor.yaml": HARBOR,
    "accounts/birch.yaml": BIRCH,
    "accounts/quiet.yaml": QUIET,
    "feeds/devices/2026-11-01.csv": NOVEMBER,
    "feeds/devices/2026-12-01.csv": DECEMBER,
}

BAD_DATE = ("feeds/devices/2026-12-01.csv", "birch,2025-01-15", "birch,2025-02-30")
"""A change of the December export that makes Birch's rows unusable."""


def write_provider(root: Path, *changes: tuple[str, str, str]) -> Path:
    """Write the directory and return it.

    Args:
        changes: file, a text that is in it, and what to put in place of that.
    """
    files = dict(FILES)
    for name, old, new in changes:
        assert old in files[name], old
        files[name] = files[name].replace(old, new)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return root
