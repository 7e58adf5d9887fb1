"""Writes the provider directory of the scenario: the exports that its machines would have led to.

An export shows what was known when it was made and nothing later. That of midnight is written in
the hours after it, and so knows what happened on its own day. The moments at which exports are made
are those that were worked out by hand (``expected-dates.csv``); a second one, made at 06:00 of each
1st, is later than the inventory and has a machine more for each customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import yaml

from msp_billing.domain.periods import Period
from tests.scenarios.scenario_tools import Row, read_rows, write_rows

HERE = Path(__file__).parent
SAMPLE = Path(__file__).resolve().parents[3] / "providers" / "integris"
RUN = "managed-services"
CURRENCIES = {"ash-clinic": "USD", "birch-bakery": "USD", "cedar-design": "CAD"}
ACCOUNTS = tuple(CURRENCIES)
ALWAYS = ".."


def read_table(name: str) -> list[Row]:
    return read_rows(HERE / name)


MONTHS = tuple(Period.parse(row["month"]) for row in read_table("expected-dates.csv"))


def _last_seen(spans: str, day: date) -> str:
    """The last day up to ``day`` on which a machine was seen; spans are ``first..last``."""
    newest = ""
    for span in spans.split():
        first, _, last = span.partition(ALWAYS)
        if first <= day.isoformat():
            newest = min(last or day.isoformat(), day.isoformat())
    return newest


def _known(value: str, day: date) -> str:
    """A day of the table, unless it is still to come."""
    return value if value <= day.isoformat() else ""


def _devices(day: date) -> Iterator[Row]:
    for row in read_table("devices.csv"):
        if row["online_on"] <= day.isoformat():
            yield {
                "Device ID": row["device"],
                "Device Name": row["device"],
                "Customer": row["account"],
                "Site": row["site"],
                "Device Class": row["class"],
                "Online Since": row["online_on"],
                "Offboarded On": _known(row["offboarded_on"], day),
                "Last Seen": _last_seen(row["seen"], day),
                "Offboard Requested": _known(row["requested_on"], day),
            }


def _too_late(rows: list[Row]) -> Iterator[Row]:
    """One more PC for each customer that the export has."""
    newest = {row["Customer"]: row for row in rows}
    for account, row in newest.items():
        name = f"{account}-too-late"
        fresh = {"Device Class": "Desktop", "Online Since": "2025-01-01", "Offboarded On": ""}
        yield {**row, **fresh, "Device ID": name, "Device Name": name, "Offboard Requested": ""}


def _hosts(day: date) -> Iterator[Row]:
    for row in read_table("network.csv"):
        if row["first_seen_on"] <= day.isoformat():
            yield {
                "Host Name": row["host"],
                "Customer": row["account"],
                "Site": row["site"],
                "First Seen": row["first_seen_on"],
                "Last Seen": _last_seen(row["seen"], day),
            }


def write_directory(target: Path) -> Path:
    """The sample's policy and prices with what is added, the accounts, and all exports."""
    target.mkdir(parents=True)
    copytree(HERE / "accounts", target / "accounts")
    copy(SAMPLE / "logo.svg", target)
    for name, change in (("provider.yaml", _change_policy), ("price-book.yaml", _change_prices)):
        content = yaml.safe_load((SAMPLE / name).read_text("utf-8"))
        change(content)
        (target / name).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    for month in read_table("expected-dates.csv"):
        _write_exports(target / "feeds", month["export"])
        late = f"{month['month']}-01"
        rows = list(_devices(date.fromisoformat(late)))
        path = target / "feeds" / "rmm-devices" / f"{late}T0600.csv"
        write_rows(path, [*rows, *_too_late(rows)])
    return target


def _write_exports(feeds: Path, name: str) -> None:
    known = date.fromisoformat(name.partition("T")[0])
    write_rows(feeds / "rmm-devices" / f"{name}.csv", list(_devices(known)))
    write_rows(feeds / "network-discovery" / f"{name}.csv", list(_hosts(known)))


# --- What the sample does not have ---------------------------------------------------------------


def _rates(tax_class: str, *rates: tuple[str, str]) -> list[dict[str, str]]:
    return [{"from_on": day, "tax_class": tax_class, "percent": rate} for day, rate in rates]


def _change_policy(policy: dict[str, Any]) -> None:
    policy["clauses"] += [
        {"clause": name, "title": name, "text": "Of the scenario."}
        for name in ("sales-tax", "second-pair-of-eyes", "volume-prices", "phones")
    ]
    (pcs,) = [rule for rule in policy["count_rules"] if rule["rule"] == "pcs"]
    phones = {"rule": "phones", "title": "Phones", "clause": "phones"}
    policy["count_rules"].append({**pcs, **phones, "where": {"device-class": ["Phone"]}})
    (run,) = policy["runs"]
    run["must_be_priced"][0]["priced_by"].append("phones")
    policy["adjustments"] = {"clause": "second-pair-of-eyes", "approval_above": {"USD": "100"}}
    state = _rates(
        "services", ("2026-01-01", "6"), ("2028-04-02", "6.5"), ("2028-09-05", "6.25")
    ) + _rates("setup", ("2026-01-01", "5"), ("2028-03-02", "5.5"))
    city = _rates("services", ("2026-01-01", "0.5")) + _rates("setup", ("2026-01-01", "0"))
    policy["taxes"] = {
        "clause": "sales-tax",
        "category": "sales-tax",
        "classes": [
            {"tax_class": "services", "title": "Services"},
            {"tax_class": "setup", "title": "Setup"},
        ],
        "jurisdictions": [
            {"jurisdiction": "state", "title": "State tax", "rates": state},
            {"jurisdiction": "city", "title": "City tax", "rates": city},
        ],
        "places": [
            {"place": "harbor", "title": "Harbor", "jurisdictions": ["state", "city"]},
            {"place": "inland", "title": "Inland", "jurisdictions": ["state"]},
            {"place": "abroad", "title": "Abroad", "jurisdictions": []},
        ],
    }


def _phones(currency: str, day: str, flat: str, each: str) -> dict[str, Any]:
    price = {"flat": flat, "included": 2, "each": each}
    return {"from_on": day, "currency": currency, "price": price}


def _change_prices(book: dict[str, Any]) -> None:
    classes = {"device-support": "services", "flat-services": "services", "one-time": "setup"}
    for category in book["categories"]:
        category["tax_class"] = classes[category["category"]]
    book["categories"].append({"category": "sales-tax", "title": "Sales tax"})
    book["products"].append(
        {
            "code": "MOBILE",
            "name": "Support of phones",
            "category": "device-support",
            "unit": "phone",
            "count_rule": "phones",
            "prices": [
                _phones("USD", "2026-01-01", "15.00", "6.00"),
                _phones("CAD", "2026-01-01", "20.00", "8.25"),
                _phones("CAD", "2028-11-01", "20.00", "8.75"),
            ],
        }
    )
