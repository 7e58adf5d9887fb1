"""What two things are called alike in the old system: nothing is billed twice, nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.mspbill.old_files import OldSystem, rows
from tests.mspbill.test_import_hostile import ACME, AGREEMENTS, HEADER, OPEN, agreements

COMPANIES = "Company Name,Company ID,Email,Address Line 1\nAcme,AC,ap@acme.example,1 Way\n"
CW_AGREEMENTS = (
    "Agreement Type,Agreement Name,Company Name,Amount,Billing Cycle,Date Start,Date End,Status\n"
)
RUNS = "Managed,Managed,Acme,8.00,Monthly,2025-01-15,,Active\n"
ENDED = "Managed,Managed,Acme,50.00,Monthly,2022-01-15,2025-01-14,Expired\n"
ADDITIONS = "Product ID,Agreement Name,Company Name,Quantity,Price\nMAILBOX,Managed,Acme,2,4.00\n"
TOLD = (
    "Product ID,Agreement Name,Company Name,Quantity,Price,Agreement Status\n"
    "MAILBOX,Managed,Acme,2,4.00,Active\n"
)


@pytest.fixture
def old(tmp_path: Path) -> OldSystem:
    return OldSystem(tmp_path)


def account(old: OldSystem, name: str = "acme") -> Any:
    return yaml.safe_load((old.into / "accounts" / f"{name}.yaml").read_text("utf-8"))


def lines_of(old: OldSystem, name: str = "acme") -> list[tuple[str, str | None]]:
    """Every line that the account is billed: its product, and its site."""
    return [
        (line["product"], line.get("subscriber"))
        for agreement in account(old, name)["agreements"]
        for line in agreement["lines"]
    ]


# --- Agreements ----------------------------------------------------------------------------------


def test_an_agreement_under_two_names_of_its_customer_is_billed_once(old: OldSystem) -> None:
    customers = old.file("customers.csv", HEADER + ACME.replace("Acme,", '"Acme",', 1))
    known = old.file(
        "accounts.csv",
        "old_id,name,account,parent,active,billing_email,address_1,note\n"
        "1042,Acme,,,yes,ap@acme.example,1 Way,\n",
    )
    rows_of_it = (
        "Acme,Managed,2025-01-15,,MAILBOX,,2,4.00,,,,\n"
        "1042,Managed,2025-01-15,,SERVER,,1,85.10,,,,\n"
    )
    old.take("quickbooks", customers, known, old.file("agreements.csv", AGREEMENTS + rows_of_it))
    assert [entry["agreement"] for entry in account(old)["agreements"]] == ["managed"]
    assert sorted(lines_of(old)) == [("MAILBOX", None), ("SERVER", None)]


def test_an_agreement_of_a_customer_and_its_site_is_billed_once(old: OldSystem) -> None:
    customers = old.file("customers.csv", HEADER + ACME + ACME.replace("Acme", "Acme:Depot", 1))
    rows_of_it = (
        "Acme,Managed,2025-01-15,,MAILBOX,,2,4.00,,,,\n"
        "Acme:Depot,Managed,2025-01-15,,MAILBOX,,3,4.00,,,,\n"
    )
    old.take("quickbooks", customers, old.file("agreements.csv", AGREEMENTS + rows_of_it))
    assert lines_of(old) == [("MAILBOX", None), ("MAILBOX", "depot")]


def test_a_line_is_not_lost_with_an_ended_agreement_of_the_same_name(old: OldSystem) -> None:
    companies = old.file("companies.csv", COMPANIES)
    both = old.file("agreements.csv", CW_AGREEMENTS + RUNS + ENDED)
    old.take("connectwise", companies, both, old.file("additions.csv", TOLD))
    assert lines_of(old) == [("MAILBOX", None)]


def test_of_which_namesake_a_line_is_nobody_guesses(old: OldSystem) -> None:
    companies = old.file("companies.csv", COMPANIES)
    both = old.file("agreements.csv", CW_AGREEMENTS + ENDED + RUNS)
    files = (companies, both, old.file("additions.csv", ADDITIONS))
    told = rows(old.take("connectwise", *files, code=4))
    assert [entry for entry in told if "an agreement of that name has ended" in entry]
    assert not (old.into / "accounts" / "acme.yaml").exists(), "it is taken whole or not at all"


def test_rows_of_a_template_say_themselves_whether_they_run(old: OldSystem) -> None:
    customers = old.file("customers.csv", HEADER + ACME)
    rows_of_it = (
        "Acme,Managed,2022-01-15,2025-01-14,SERVER,,1,85.10,,,,\n"
        "Acme,Managed,2025-01-15,,MAILBOX,,2,4.00,,,,\n"
        "Acme,Managed,,,MAILBOX,,1,4.00,,,,\n"
    )
    file = old.file("agreements.csv", AGREEMENTS + rows_of_it)
    told = rows(old.take("quickbooks", customers, file, code=4))
    assert any(entry.startswith("agreements.csv:4 Acme: MAILBOX: an agreement") for entry in told)
    whole = old.file("agreements.csv", AGREEMENTS + "".join(rows_of_it.splitlines(True)[:2]))
    old.take("quickbooks", customers, whole)
    assert lines_of(old) == [("MAILBOX", None)]


@pytest.mark.parametrize(("one", "two"), [("8.00", "120.00"), ("0.00", "8.00"), ("8.00", "0")])
def test_two_agreements_of_one_name_are_not_taken_for_one(
    old: OldSystem, one: str, two: str
) -> None:
    """The amount of the second one would be billed by nobody."""
    both = "".join(RUNS.replace("8.00", amount) for amount in (one, two))
    files = (
        old.file("companies.csv", COMPANIES),
        old.file("agreements.csv", CW_AGREEMENTS + both),
        old.file("additions.csv", TOLD),
    )
    told = rows(old.take("connectwise", *files, code=4))
    assert [entry for entry in told if "has two agreements of that name" in entry]
    assert not (old.into / "accounts" / "acme.yaml").exists()


def test_the_same_agreement_again_is_told_and_counts_once(old: OldSystem) -> None:
    files = (
        old.file("companies.csv", COMPANIES),
        old.file("agreements.csv", CW_AGREEMENTS + RUNS + RUNS),
        old.file("additions.csv", TOLD),
    )
    told = rows(old.take("connectwise", *files), "passed over")
    assert told == ["agreements.csv:3 Acme: Managed: the same row again"]
    assert lines_of(old) == [("MAILBOX", None)]


def test_lines_are_rounded_one_by_one_before_they_are_compared_with_their_agreement(
    old: OldSystem,
) -> None:
    """Half-up, as every line of an invoice: 3 x 0.335 is 1.01, and 1.005 would be even 1.00."""
    line = "MAILBOX,Managed,Acme,3,0.335,Active\n"
    files = (
        old.file("companies.csv", COMPANIES),
        old.file("agreements.csv", CW_AGREEMENTS + RUNS.replace("8.00", "2.02")),
        old.file("additions.csv", TOLD.splitlines(True)[0] + line + line),
    )
    old.take("connectwise", *files)
    assert lines_of(old) == [("MAILBOX", None), ("MAILBOX", None)]


def test_the_same_file_given_twice_is_refused(old: OldSystem) -> None:
    customers = old.file("customers.csv", HEADER + ACME)
    lines, again = agreements(old, "Acme"), old.folder / "again.csv"
    again.write_bytes(lines.read_bytes())
    for more in (lines, again):
        told = old.words("quickbooks", customers, lines, more, code=2)
        assert "It says the same as agreements.csv, to the letter" in told


# --- Customers -----------------------------------------------------------------------------------


def test_a_customer_whose_name_begins_with_total_is_no_total(old: OldSystem) -> None:
    name = "Total Dental Care"
    customers = old.file("customers.csv", HEADER + ACME.replace("Acme", name, 1))
    report = (
        ",Date,Transaction type,Num,Due date,Open balance\n"
        f"{name},,,,,\n"
        ",2026-11-20,Invoice,17,2026-12-20,80.00\n"
        f"Total for {name},,,,,80.00\n"
        "TOTAL,,,,,80.00\n"
    )
    opened = old.file("open.csv", report)
    old.take("quickbooks", customers, agreements(old, name), opened)
    found = (old.into / "opening-balances.csv").read_text("utf-8-sig")
    assert "total-dental-care,17,invoice,2026-11-20,2026-12-20,80.00" in found


def test_a_colon_in_a_name_of_connectwise_makes_no_site_of_a_customer(old: OldSystem) -> None:
    """Its agreements would be billed to the other one."""
    east = "Acme: East,AE,east@acme.example,2 Way\n"
    additions = TOLD + "SERVER,Managed,Acme: East,1,85.10,Active\n"
    files = (
        old.file("companies.csv", COMPANIES + east),
        old.file(
            "agreements.csv",
            CW_AGREEMENTS + RUNS + RUNS.replace("Acme", "Acme: East").replace("8.00", "85.10"),
        ),
        old.file("additions.csv", additions),
    )
    old.take("connectwise", *files)
    assert lines_of(old) == [("MAILBOX", None)]
    assert lines_of(old, "acme-east") == [("SERVER", None)]


def test_a_colon_in_a_name_of_the_template_makes_no_site_beside_quickbooks(old: OldSystem) -> None:
    known = old.file(
        "accounts.csv",
        "old_id,name,account,parent,active,billing_email,address_1,note\n"
        "1042,Acme: East,,,yes,ap@acme.example,1 Way,\n",
    )
    line = "Acme: East,Managed,2025-01-15,,MAILBOX,,2,4.00,,,,\n"
    old.take("quickbooks", known, old.file("agreements.csv", AGREEMENTS + line))
    assert lines_of(old, "acme-east") == [("MAILBOX", None)]


def test_what_somebody_owes_whose_name_begins_like_a_customer_s_is_not_owed_by_that_one(
    old: OldSystem,
) -> None:
    files = (
        old.file("companies.csv", COMPANIES),
        old.file("agreements.csv", CW_AGREEMENTS + RUNS),
        old.file("additions.csv", TOLD),
        old.file("open.csv", f"{OPEN}Acme: West,17,2026-11-20,2026-12-20,80.00,USD,,\n"),
    )
    told = rows(old.take("connectwise", *files, code=4))
    assert told == ["open.csv:2 Acme: West: 17 of $80.00: 'Acme: West' is no account here"]


def test_a_heading_without_its_total_does_not_take_in_what_follows(old: OldSystem) -> None:
    """The rows below would be owed by the customer above."""
    customers = old.file("customers.csv", HEADER + ACME)
    report = (
        ",Date,Transaction type,Num,Due date,Open balance\n"
        "Acme,,,,,\n"
        ",2026-11-20,Invoice,17,2026-12-20,80.00\n"
        "Birch,,,,,\n"
        ",2026-11-20,Invoice,18,2026-12-20,5.00\n"
        "Total for Birch,,,,,5.00\n"
        "TOTAL,,,,,85.00\n"
    )
    told = old.words("quickbooks", customers, old.file("open.csv", report), code=2)
    assert "There is no total for 'Acme': rows of others may stand below its heading" in told


# --- Open items ----------------------------------------------------------------------------------


def opened(old: OldSystem, *items: str) -> list[str]:
    """The rows of opening-balances.csv that come of rows of the template."""
    names = ("Acme", "Birch")
    customers = "".join(ACME.replace("Acme", name, 1) for name in names)
    files = (
        old.file("customers.csv", HEADER + customers),
        agreements(old, *names),
        old.file("open.csv", OPEN + "".join(f"{entry}\n" for entry in items)),
    )
    old.take("quickbooks", *files)
    text = (old.into / "opening-balances.csv").read_text("utf-8-sig")
    return [line.rpartition(",")[0] for line in text.splitlines()[1:]]


def test_what_has_no_number_gets_one_that_no_other_account_has(old: OldSystem) -> None:
    found = opened(
        old,
        "Acme,,2026-10-05,,-20.00,USD,Payment,",
        "Birch,,2026-10-05,,-30.00,USD,Payment,",
        "Birch,,2026-10-05,,-31.00,USD,Payment,",
        "Birch,,2026-10-06,,-1.00,USD,Payment,",
    )
    assert found == [
        "acme,Payment 2026-10-05 acme,credit,2026-10-05,,20.00,USD",
        "birch,Payment 2026-10-05 birch,credit,2026-10-05,,30.00,USD",
        "birch,Payment 2026-10-05 birch (2),credit,2026-10-05,,31.00,USD",
        "birch,Payment 2026-10-06,credit,2026-10-06,,1.00,USD",
    ]


@pytest.mark.parametrize("kind", ["credit", "Credit Memo", "credit note", "Payment", "Prepayment"])
def test_what_is_held_for_a_customer_is_no_debt_however_it_is_signed(
    old: OldSystem, kind: str
) -> None:
    found = opened(old, f"Acme,9,2026-10-05,,20.00,USD,{kind},")
    assert found == ["acme,9,credit,2026-10-05,,20.00,USD"]
