"""Writes the provider directory of the scenario: the exports that its events would have led to.

An export shows what was known on its day and nothing later. Policy and prices are the sample's; the
scenario adds a transition fee and the prices of other days to the price book, and nothing else.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SAMPLE = Path(__file__).resolve().parents[3] / "providers" / "kr-group"
MONTHS = ("2027-12", *(f"2028-{month:02}" for month in range(1, 13)), "2029-01")

Row = dict[str, str]


def read_table(name: str) -> list[Row]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write_directory(target: Path) -> Path:
    """Policy, price book, accounts and all exports of the fourteen months."""
    target.mkdir(parents=True)
    for name in ("provider.yaml", "logo.svg"):
        shutil.copy(SAMPLE / name, target / name)
    shutil.copytree(HERE / "accounts", target / "accounts")
    book = yaml.safe_load((SAMPLE / "price-book.yaml").read_text(encoding="utf-8"))
    _add_prices(book)
    text = yaml.safe_dump(book, sort_keys=False)
    (target / "price-book.yaml").write_text(text, encoding="utf-8")
    feeds = target / "feeds"
    for month in MONTHS:
        before, after = _neighbours(month)
        users = f"{before}-12"
        for account in ("alder-clinic", "birch-works", "cedar-yard"):
            _write(feeds / "users" / account / f"{users}T1200.csv", list(_users(account, users)))
        jobs = f"{before}-03"
        _write(feeds / "backup-devices" / f"{jobs}T1200.csv", list(_jobs(jobs)))
        work = f"{after}-02"
        _write(feeds / "time-entries" / f"{work}T1200.csv", list(_entries(work)))
    return target


def _neighbours(month: str) -> tuple[str, str]:
    """The months before and after one."""
    year, number = map(int, month.split("-"))
    before = f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"
    after = f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"
    return before, after


def _add_prices(book: dict[str, Any]) -> None:
    """Prices of 2023, for a term of five years that ends in 2028, and later ones (KR-11)."""
    products = {entry["code"]: entry for entry in book["products"]}
    steps = (("102.00", 24), ("97.00", 49), ("92.00", 99), ("87.00", None))
    tiers = [{"up_to": up_to, "each": each} for each, up_to in steps]
    full_time, part_time = products["USER-FT"]["prices"], products["USER-PT"]["prices"]
    full_time.insert(0, {"from_on": date(2023, 1, 1), "price": {"each": "96.00"}})
    full_time.append({"from_on": date(2028, 4, 1), "price": {"tiers": tiers}})
    part_time.insert(0, {"from_on": date(2023, 1, 1), "price": {"each": "50.30"}})
    part_time.append({"from_on": date(2028, 4, 1), "price": {"each": "60.00"}})
    premium = products["M365-PREMIUM"]["prices"]
    premium.append({"from_on": date(2028, 7, 1), "price": {"each": "27.00"}})
    transition = {
        "code": "TRANSITION",
        "name": "Transition to managed services",
        "category": "projects",
        "unit": "transition",
        "prices": [{"from_on": date(2027, 1, 1), "price": {"each": "300.00"}}],
    }
    book["products"].insert(book["products"].index(products["AUDIT"]), transition)


def _write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        table = csv.DictWriter(lines, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def _known(day: str, on: str) -> str:
    """A day as it stands in an export of ``on``: empty while it lies ahead."""
    return day if day <= on else ""


def _users(account: str, on: str) -> Iterator[Row]:
    for row in read_table("users.csv"):
        if row["account"] != account or row["joined_on"] > on:
            continue
        for number in range(int(row["first"]), int(row["last"]) + 1):
            yield {
                "User": f"{row['prefix']}-{number:03}",
                "Name": f"Sample user {row['prefix']} {number:03}",
                "Site": row["site"],
                "Kind": row["kind"],
                "Start Date": row["joined_on"],
                "End Date": _known(row["left_on"], on),
            }


def _jobs(on: str) -> Iterator[Row]:
    for row in read_table("backup-jobs.csv"):
        if row["since"] <= on:
            yield {
                "Job": row["job"],
                "Machine": row["job"].upper(),
                "Customer": row["account"],
                "Site": "",
                "Plan": row["plan"],
                "Protected Since": row["since"],
                "Removed On": _known(row["removed"], on),
            }


def _entries(on: str) -> Iterator[Row]:
    for row in read_table("time-entries.csv"):
        if row["entered_on"] > on:
            continue
        mended = row["mended_on"] and row["mended_on"] <= on
        yield {
            "Time Entry": row["entry"],
            "Summary": row["summary"],
            "Company": row["account"],
            "Site": row["site"],
            "Member": row["engineer"],
            "Work Role": row["role"],
            "Work Type": row["work"],
            "Start": row["mended_start"] if mended else row["start"],
            "End": row["end"],
            "Billing": row["billing"],
            "Notes": "",
            "Ticket": f"K-{row['entry']}",
            "Approved By": "",
            "Approved On": "",
            "Entered On": row["entered_on"],
        }
