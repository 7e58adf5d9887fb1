"""Orders and what policies say of them, as data: what does not fit is named in one go."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.order_policy import OrderStart
from msp_billing.domain.contracts.orders import Order, OrderItem
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.domain.builders import account_data, agreement_data, line_data, policy_data
from tests.unit.domain.contracts.order_samples import (
    ORDER_RULES,
    SETUP_FEES,
    SHIPPING,
    item_data,
    order_data,
    order_policy_data,
)

AUDIT = item_data("audit", product="AUDIT")


def refusal(model: Any, data: Any) -> list[str]:
    with pytest.raises(ValidationError) as error:
        model.model_validate(data)
    return [
        sentence
        for entry in error.value.errors()
        for sentence in entry["msg"].removeprefix("Value error, ").split("; ")
    ]


def account_refusal(*orders: Any) -> list[str]:
    agreement = agreement_data(
        line_data("PC", subscriber="each"),
        line_data("SERVER", subscriber="maple", hardware="rented"),
        line_data("SETUP", bill_once_in="2026-01"),
    )
    return refusal(Account, account_data(agreement, sites=["maple", "birch"], orders=list(orders)))


@pytest.mark.parametrize("item", [{}, {"product": "AUDIT", "line": "audit"}])
def test_an_item_has_one_way_to_be_billed(item: dict[str, str]) -> None:
    (said,) = refusal(OrderItem, item_data("audit", **item))
    assert "either the 'line' that bills it every month or the 'product'" in said


@pytest.mark.parametrize(
    ("extra", "named"),
    [({"price": {"each": "1"}}, "price"), ({"capacity": 4, "note": "x"}, "capacity and note")],
)
def test_what_a_line_decides_is_not_said_by_the_item(extra: dict[str, Any], named: str) -> None:
    (said,) = refusal(OrderItem, item_data("users", line="users", **extra))
    assert f"its {named} would have no effect" in said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"activated_on": "2026-01-19"},
            "the order o-1 was activated on 2026-01-19, before it was ordered on 2026-01-20: "
            "correct one of the days",
        ),
        (
            {"users_at_activation": 4},
            "the order o-1 has users at its activation and no day of it: add 'activated_on'",
        ),
        ({"items": [AUDIT, AUDIT]}, "the item 'audit' of the order o-1 is listed twice: keep one"),
        (
            {"subscriber": "each"},
            "the order o-1 is for the unknown subscriber 'each': name the one that ordered",
        ),
    ],
)
def test_an_order_that_contradicts_itself_is_refused(changes: Any, said: str) -> None:
    assert refusal(Order, order_data(**changes)) == [said]


def test_an_order_can_be_activated_on_its_own_day() -> None:
    order = Order.model_validate(order_data(activated_on="2026-01-20"))
    assert order.activated_on == order.ordered_on == date(2026, 1, 20)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (
            order_data(AUDIT, agreement="old"),
            "the order o-1 is for the unknown agreement 'old'",
        ),
        (
            order_data(AUDIT, subscriber="oak"),
            "the order o-1 is for the unknown subscriber 'oak'",
        ),
        (
            order_data(item_data("audit", product="AUDIT", subscriber="oak")),
            "the order o-1 is for the unknown subscriber 'oak'",
        ),
        (
            order_data(item_data("pcs", line="pcs")),
            "the item pcs of the order o-1 is billed by the unknown line 'pcs' of main",
        ),
        (
            order_data(item_data("pcs", line="pc")),
            "the item pcs of the order o-1 is billed by line pc, which is for each subscriber: "
            "name the subscriber that ordered it",
        ),
        (
            order_data(item_data("server", line="server"), subscriber="birch"),
            "the item server of the order o-1 is for birch, and line server is for maple: correct "
            "one of them",
        ),
        (
            order_data(item_data("server", line="server", hardware="owned"), subscriber="maple"),
            "the item server of the order o-1 is owned, and line server is rented: correct one of "
            "them",
        ),
        (
            order_data(item_data("setup", line="setup")),
            "the item setup of the order o-1 is billed by line setup, which bills once: give its "
            "'product' instead",
        ),
    ],
)
def test_an_order_that_does_not_fit_its_account_is_refused(order: Any, said: str) -> None:
    assert account_refusal(order) == [said]


@pytest.mark.rule("COL-16")
@pytest.mark.parametrize(
    ("kind", "items", "asked"),
    [
        ("new-service", ["siem"], True),
        ("new-service", ["pc"], False),
        ("new-customer", ["pc"], True),  # it brings every line of its subscriber
    ],
)
def test_a_commitment_of_an_ordered_line_needs_its_first_day(
    kind: str, items: list[str], asked: bool
) -> None:
    """Counted from the agreement's first day, twelve months would be over before they began."""
    order = order_data(
        *(item_data(line, line=line) for line in items), kind=kind, subscriber="maple"
    )
    pc = line_data("PC", line="pc", subscriber="maple")
    siem = line_data("SERVER", line="siem", subscriber="maple", commitment_months=12)

    def account_with(line: dict[str, Any]) -> dict[str, Any]:
        return account_data(agreement_data(pc, line), sites=["maple"], orders=[order])

    if asked:
        assert refusal(Account, account_with(siem)) == [
            "line siem of main is committed for 12 months and brought by the order o-1, and from "
            "which day is not known: give the line its 'starts_on'"
        ]
    else:
        assert Account.model_validate(account_with(siem)).orders
    assert Account.model_validate(account_with(siem | {"starts_on": "2026-03-01"})).orders


def test_everything_that_is_wrong_with_an_accounts_orders_is_said_in_one_go() -> None:
    said = account_refusal(
        order_data(AUDIT, agreement="old"),
        order_data(item_data("pcs", line="pcs"), order="o-2", subscriber="oak"),
        order_data(AUDIT, order="o-2"),
    )
    assert said == [
        "the order 'o-2' is listed twice: keep one",
        "the order o-1 is for the unknown agreement 'old'",
        "the item pcs of the order o-2 is billed by the unknown line 'pcs' of main",
        "the order o-2 is for the unknown subscriber 'oak'",
    ]


def test_a_line_is_brought_once_and_a_customer_is_new_once() -> None:
    first = order_data(item_data("pcs", line="pc"), subscriber="maple", kind="new-customer")
    again = first | {"order": "o-2"}
    assert account_refusal(first, again) == [
        "the orders o-1 and o-2 are both of the new customer 'maple': a customer is new once, "
        "make one of them a new-service",
        "line pc of main is brought by two items of orders, o-1/pcs and o-2/pcs: keep one",
    ]


def test_one_line_for_each_can_be_brought_to_two_customers() -> None:
    agreement = agreement_data(line_data("PC", subscriber="each"))
    orders = [
        order_data(item_data("pcs", line="pc"), order=f"o-{site}", subscriber=site)
        for site in ("maple", "birch")
    ]
    data = account_data(agreement, sites=["maple", "birch"], orders=orders)
    assert len(Account.model_validate(data).orders) == 2


@pytest.mark.parametrize("start", [{}, {"days_after_order": 30, "months_after_order": 1}])
def test_a_start_is_said_in_one_way(start: dict[str, int]) -> None:
    (said,) = refusal(OrderStart, start)
    assert said.startswith("an order's lines start by days or by months")


def policy_refusal(**changes: Any) -> list[str]:
    return refusal(ProviderPolicy, policy_data(**order_policy_data(**changes)))


def test_what_a_policy_says_twice_is_refused_by_name() -> None:
    said = policy_refusal(
        order_rules=[*ORDER_RULES, ORDER_RULES[0]],
        setup_fees=[*SETUP_FEES, SETUP_FEES[0]],
        shipping=[*SHIPPING, SHIPPING[0]],
        required_products=[{"product": "STREAMLINE", "clause": "own-licenses"}] * 2,
    )
    assert said == [
        "the order rule 'new-customer' is listed twice: keep one",
        "the setup fee 'core' is listed twice: keep one",
        "the way of shipping 'drop' is listed twice: keep one",
        "the required product 'STREAMLINE' is listed twice: keep one",
    ]


def test_names_that_a_policys_order_rules_use_must_be_known() -> None:
    lost = SETUP_FEES[1] | {"count_rule": "laptops", "clause": "no-such"}
    rule = ORDER_RULES[0] | {"clause": "nowhere", "reconcile": {"title": "x", "clause": "neither"}}
    said = policy_refusal(order_rules=[rule], setup_fees=[lost])
    assert said == [
        "the setup fee core-workgroup uses the unknown count rule 'laptops'",
        *(
            f"the clause '{name}' is referred to but not listed under 'clauses'"
            for name in ("neither", "no-such", "nowhere")
        ),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"per": "ordered-unit"}, "'ordering' lists the products of 'per: ordered-unit'"),
        ({"ordering": ["VPN"]}, "'ordering' lists the products of 'per: ordered-unit'"),
        ({"per": "counted-at-activation"}, "'count_rule' belongs to"),
        ({"count_rule": "users"}, "'count_rule' belongs to"),
    ],
)
def test_a_fee_says_what_it_counts_and_nothing_else(changes: Any, said: str) -> None:
    (sentence,) = policy_refusal(setup_fees=[SETUP_FEES[0] | changes])
    assert said in sentence
