"""What `mspbill validate` says of orders: by file and line, everything in one go."""

from __future__ import annotations

from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from tests.unit.adapters.directory_samples import copy_sound, edit, messages, problems_of

POLICY = """\
order_rules:
  - kind: new-service
    starts: {months_after_order: 1}
    clause: monthly
setup_fees:
  - fee: core
    product: SETUP
    per: user-at-activation
    kinds: [new-customer]
    not_with: [migration]
    clause: monthly
shipping:
  - {shipping: ground, product: SHIP, clause: monthly}
required_products:
  - {product: USER, clause: monthly}
"""
BOOK = """\
  - code: SHIP
    name: Ground shipping
    category: projects
    prices: [{from_on: 2026-01-01, price: {each: 52.50}}]
  - code: FIREWALL
    name: Firewall
    category: projects
    tier_by: users at the site
    prices:
      - from_on: 2026-01-01
        price: {tiers: [{up_to: 25, each: 750}, {up_to: null, each: 2000}]}
"""
ORDERS = """\
orders:
  - order: o-1
    kind: new-service
    ordered_on: 2026-01-10
    agreement: managed
    subscriber: north
    activated_on: 2026-02-01
    users_at_activation: 4
    traits: [migration]
    items:
      - {item: servers, line: servers-north, quantity: 2}
      - {item: firewall, product: FIREWALL, quantity: 1, capacity: 14, shipping: ground}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = copy_sound(tmp_path)
    for file, text in (
        ("provider.yaml", POLICY),
        ("price-book.yaml", BOOK),
        ("accounts/acme.yaml", ORDERS),
    ):
        path = directory / file
        path.write_text(path.read_text("utf-8") + text, "utf-8")
    return directory


def test_orders_are_read(root: Path) -> None:
    directory = load_provider_directory(root)
    (order,) = directory.accounts[0].orders
    assert [item.item for item in order.items] == ["servers", "firewall"]
    assert directory.policy.order_rules[0].starts.months_after_order == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [("product: FIREWALL", "product: FIREWAL")],
            "accounts/acme.yaml:37 (orders[o-1].items[firewall].product): There is no product "
            "'FIREWAL'. Did you mean 'FIREWALL'? There are SERVER, USER, SETUP, SHIP, FIREWALL. "
            "Correct it, or add it to price-book.yaml.",
        ),
        (
            [("shipping: ground", "shipping: gruond")],
            "accounts/acme.yaml:37 (orders[o-1].items[firewall].shipping): There is no way of "
            "shipping, 'gruond'. Did you mean 'ground'? There are ground. Correct it, or add it "
            "to provider.yaml.",
        ),
        (
            [("traits: [migration]", "traits: [migrtaion]")],
            "accounts/acme.yaml:34 (orders[o-1].traits[1]): There is no trait that a setup fee "
            "asks for, 'migrtaion'. Did you mean 'migration'? There are migration. Correct it, or "
            "add it to provider.yaml.",
        ),
        (
            [("kind: new-service", "kind: project")],
            "accounts/acme.yaml:28 (orders[o-1].kind): The order brings a monthly line, and no "
            "order rule says when a 'project' begins to bill. Add a rule for 'project' to "
            "'order_rules' in provider.yaml, or correct the kind.",
        ),
        (
            [(", capacity: 14", "")],
            "accounts/acme.yaml:37 (orders[o-1].items[firewall].product): The price of 'FIREWALL' "
            "depends on the users at the site, which are not given. Write them as 'capacity'.",
        ),
        (
            [("product: SETUP, quantity: 1", "product: FIREWALL, quantity: 1")],
            "accounts/acme.yaml:25 (agreements[managed].lines[setup].product): The price of "
            "'FIREWALL' depends on the users at the site, which are not given. Bill it with an "
            "order, whose item has a 'capacity', or give the line a price.",
        ),
        (
            [("agreement: managed\n    subscriber", "agreement: manged\n    subscriber")],
            "accounts/acme.yaml:30 (orders[o-1].agreement): There is no agreement 'manged'. Did "
            "you mean 'managed'? There are managed. Correct it, or add it.",
        ),
        (
            [("    subscriber: north\n    activated", "    subscriber: each\n    activated")],
            "accounts/acme.yaml:31 (orders[o-1].subscriber): There is no subscriber 'each'. There "
            "are north, south. Correct it, or add it.",
        ),
        (
            [("line: servers-north, q", "line: servers-nroth, q")],
            "accounts/acme.yaml:36 (orders[o-1].items[servers].line): The item servers of the "
            "order o-1 is billed by the unknown line 'servers-nroth' of managed. Correct it, "
            "docs/provider-directory.md describes every key.",
        ),
        (
            [("activated_on: 2026-02-01", "activated_on: 2026-01-09")],
            "accounts/acme.yaml:27 (orders[o-1].order): The order o-1 was activated on "
            "2026-01-09, before it was ordered on 2026-01-10. Correct one of the days.",
        ),
        (
            [("{item: firewall", "{item: servers")],
            "accounts/acme.yaml:37 (orders[o-1].items[servers].item): 'servers' is there twice as "
            "a name of an item of the order, on lines 36 and 37. Keep one of the two.",
        ),
    ],
)
def test_what_is_wrong_with_an_order_is_said_with_its_line(
    root: Path, changes: list[tuple[str, str]], said: str
) -> None:
    edit(root, "accounts/acme.yaml", *changes)
    assert messages(root) == [said]


def test_everything_that_is_wrong_with_orders_is_said_in_one_go(root: Path) -> None:
    edit(
        root,
        "accounts/acme.yaml",
        ("product: FIREWALL", "product: FIREWAL"),
        ("shipping: ground", "shipping: gruond"),
        ("activated_on: 2026-02-01", "activated_on: 2026-01-09"),
    )
    edit(
        root,
        "provider.yaml",
        ("product: SETUP\n    per", "product: SETPU\n    per"),
        ("product: SHIP,", "product: SHPI,"),
        ("{product: USER, clause: monthly}", "{product: USR, clause: montly}"),
        ("months_after_order: 1}", "months_after_order: 1, days_after_order: 30}"),
    )
    assert [(entry.file, entry.where) for entry in problems_of(root)] == [
        ("provider.yaml", "order_rules[new-service].starts.days_after_order"),
        ("provider.yaml", "setup_fees[core].product"),
        ("provider.yaml", "shipping[ground].product"),
        ("provider.yaml", "required_products[USR].clause"),
        ("provider.yaml", "required_products[USR].product"),
        ("accounts/acme.yaml", "orders[o-1].order"),
        ("accounts/acme.yaml", "orders[o-1].items[firewall].product"),
        ("accounts/acme.yaml", "orders[o-1].items[firewall].shipping"),
    ]
