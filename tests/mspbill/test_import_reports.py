"""Reports of QuickBooks with their totals, its own format, and agreements of ConnectWise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mspbill.old_files import QUICKBOOKS, SAMPLES, OldSystem, rows, samples
from tests.mspbill.test_import_hostile import agreements


@pytest.fixture
def old(tmp_path: Path) -> OldSystem:
    return OldSystem(tmp_path)


# --- Reports of QuickBooks -----------------------------------------------------------------------


def report(old: OldSystem, find: str, instead: str) -> tuple[Path, ...]:
    text = (SAMPLES / "quickbooks" / "open-invoices.csv").read_text()
    assert find in text
    changed = old.file("open-invoices.csv", text.replace(find, instead, 1))
    return (*samples("quickbooks", QUICKBOOKS[:2]), changed)


@pytest.mark.parametrize(
    ("find", "instead", "said"),
    [
        ('TOTAL,,,,,,"$1,489.60"', "", "has no TOTAL row at its end: it was cut"),
        ("1188,Net 30,12/15/2026,\"1,100.30\"", "1188,Net 30,12/15/2026,100.30",
         "'Total for Harbor & Co' says 1375.60, and the rows of Harbor & Co come to 375.60"),
        ('TOTAL,,,,,,"$1,489.60"', 'TOTAL,,,,,,"$1,490.00"',
         "'TOTAL' says 1490.00, and all rows above come to 1489.60"),
    ],
)  # fmt: skip
def test_a_report_that_lost_rows_is_known_by_its_totals(
    old: OldSystem, find: str, instead: str, said: str
) -> None:
    assert said in old.words("quickbooks", *report(old, find, instead), code=2)


def test_a_report_by_age_takes_its_customers_from_their_column(old: OldSystem) -> None:
    """QuickBooks Desktop: groups are spans of days, and quotation marks stand everywhere."""
    text = (
        ',"Type","Date","Num","Name","Due Date","Aging","Open Balance"\n'
        '"Current",,,,,,,\n'
        ',"Invoice","11/20/2026","17","Doe, John:Clinic","12/20/2026",,"80.00"\n'
        '"Total Current",,,,,,,"80.00"\n'
        '"> 90",,,,,,,\n'
        ',"General Journal","01/31/2026","","Harbor & Co","",303,"5.00"\n'
        '"Total > 90",,,,,,,"5.00"\n'
        '"TOTAL",,,,,,,"85.00"\n'
    )
    opened = old.file("aging.csv", text)
    old.take("quickbooks", *samples("quickbooks", QUICKBOOKS[:2]), opened, code=4)
    found = (old.into / "opening-balances.csv").read_text("utf-8-sig")
    assert "doe-john,17,invoice,2026-11-20,2026-12-20,80.00" in found
    assert "harbor-and-co,General Journal 2026-01-31,invoice,2026-01-31,2026-01-31,5.00" in found


def test_a_list_of_quickbooks_desktop_in_its_own_format(old: OldSystem) -> None:
    text = "!CUST\tNAME\tBADDR1\tBADDR2\tEMAIL\tHIDDEN\n"
    text += "CUST\tAcme\tAcme\t1 Way, Troy IL\tap@acme.example\tN\n"
    text += "CUST\tAcme:Depot\tAcme\t2 Way\t\tN\n"
    text += "CUST\tGone\tGone\t3 Way\tx@gone.example\tY\n"
    answer = old.take("quickbooks", old.file("list.iif", text), agreements(old, "Acme"))
    assert rows(answer, "passed over") == ["list.iif:4 Gone: it is inactive there"]
    found = (old.into / "accounts" / "acme.yaml").read_text()
    assert "- 1 Way, Troy IL" in found
    assert "name: Depot" in found


# --- Agreements of ConnectWise -------------------------------------------------------------------


def connectwise(old: OldSystem, file: str, find: str, instead: str) -> list[Path]:
    old.map("MS-SRV,SERVER,,")
    names = ("companies", "agreements", "additions", "accounts")
    files = samples("connectwise", names)
    text = (SAMPLES / "connectwise" / f"{file}.csv").read_text()
    assert find in text
    files[names.index(file)] = old.file(f"{file}.csv", text.replace(find, instead, 1))
    return files


@pytest.mark.parametrize(
    ("file", "find", "instead", "said"),
    [
        ("agreements", "275.30,Monthly", "275.30,Quarterly", "it is billed 'Quarterly', not month"),
        ("agreements", "275.30,Monthly", "300.30,Monthly",
         "nobody said what 'agreement amount: Managed' is"),
        ("additions", "5,0,4.00,20.00", "2.5,0,8.00,20.00", "the quantity 2.5 is no whole number"),
        ("additions", "5,0,4.00,20.00", "5,0,-4.00,-20.00", "its price -4 is negative"),
        ("additions", "Harbor & Co,Active,Active,5", "Harbour,Active,Active,5",
         "no customer 'Harbour' is in the files"),
        ("companies", "HARBOR,5550100,Client,Active", "HARBOR,5550100,Client,Inactive",
         "its customer is inactive there"),
    ],
)  # fmt: skip
def test_what_cannot_be_billed_as_it_was_is_named(
    old: OldSystem, file: str, find: str, instead: str, said: str
) -> None:
    answer = old.take("connectwise", *connectwise(old, file, find, instead), code=4)
    assert said in "\n".join(rows(answer))


def test_lines_that_ended_or_are_not_billed_are_passed_over(old: OldSystem) -> None:
    files = connectwise(
        old, "additions", "01/15/2025,,Billable\n1", "01/15/2025,06/30/2026,Billable\n1"
    )
    told = rows(old.take("connectwise", *files, code=4), "passed over")
    assert "additions.csv:3 Harbor & Co: MAILBOX: it has ended" in told
    assert "additions.csv:6 Birch Dental: LOANER: it is not billed there" in told


def test_vendors_and_prospects_of_connectwise_are_passed_over(old: OldSystem) -> None:
    more = "Cable Co,CABLE,5550109,Vendor,Active,9 Dock Road,,Troy,IL,00000,United States,USD,2001"
    files = connectwise(old, "companies", "Former Florist", f"{more}\nFormer Florist")
    told = rows(old.take("connectwise", *files), "passed over")
    assert "companies.csv:5 Cable Co: no agreement and nothing open of it is in the files" in told
    opened = "Invoice,Company Name,Date,Invoice Balance\n88,Cable Co,2026-10-01,5.00\n"
    left = rows(old.take("connectwise", *files, old.file("open.csv", opened), code=4))
    assert any(entry.startswith("companies.csv:5 Cable Co: it has no agreement") for entry in left)
