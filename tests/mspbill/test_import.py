"""Customers of another system become accounts: what is taken, what is not, and why."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import yaml

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.adapters.importing.import_plan import FileChange, write_files
from tests.mspbill.old_files import CONNECTWISE, QUICKBOOKS, OldSystem, rows, samples


@pytest.fixture
def old(tmp_path: Path) -> OldSystem:
    return OldSystem(tmp_path)


def document(old: OldSystem, account: str) -> dict[str, object]:
    found = yaml.safe_load((old.into / "accounts" / f"{account}.yaml").read_text())
    assert isinstance(found, dict)
    return found


def test_connectwise_becomes_a_directory_that_is_sound(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,,")
    answer = old.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    assert rows(answer) == [
        "invoices.csv:6 Former Florist: 20050 of $50.00: 'Former Florist' is no account here"
    ]
    loaded = load_provider_directory(old.into)
    accounts = {account.account: account for account in loaded.accounts}
    assert set(accounts) == {"birch-dental", "harbor-and-co", "quiet-library"}
    birch = accounts["birch-dental"]
    assert birch.known_as == ("BIRCH", "1002")
    assert birch.address == ("3 Lake Street", "Suite 4", "Springfield, IL 00000")
    assert birch.billing_contacts == ("ap@birch.example", "office@birch.example")
    server, mailbox = birch.agreements[0].lines
    # A counted product keeps the price that the customer pays where it is not the list price.
    assert (server.product, server.quantity, str(server.price and server.price.each)) == (
        "SERVER",
        None,
        "80",
    )
    # Two of eight mailboxes are included there; the list price needs no saying.
    assert (mailbox.product, mailbox.quantity, mailbox.price) == ("MAILBOX", 6, None)
    assert answer["open"] == [{"amount": "1409.60", "currency": "USD"}]
    assert answer["open_not_taken"] == [{"amount": "50.00", "currency": "USD"}]


def test_twice_changes_nothing(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,,")
    old.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    before = old.state
    again = old.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    assert {entry["change"] for entry in again["files"]} == {"same"}
    assert old.state == before


def test_quickbooks_has_sites_and_its_agreements_come_from_the_template(old: OldSystem) -> None:
    answer = old.take("quickbooks", *samples("quickbooks", QUICKBOOKS), code=4)
    assert rows(answer) == [
        "customers.csv:7 Walk-in: it has no agreement that is billed; it has no mail address for "
        "invoices; it has no address"
    ]
    doe = document(old, "doe-john")
    assert doe["subscribers"] == [
        {"subscriber": "clinic", "name": "Clinic", "known_as": ["Doe, John:Clinic"]}
    ]
    opened = (old.into / "opening-balances.csv").read_text("utf-8-sig").splitlines()
    assert 'doe-john,1195,invoice,2026-11-28,2026-12-13,80.00,USD,"Doe, John"' in opened
    assert "quiet-library,5521,credit,2026-11-20,,20.00,USD,Quiet Library" in opened


def test_a_product_that_nobody_named_holds_its_customer_back(old: OldSystem) -> None:
    answer = old.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    assert answer["unmapped"] == [{"old_product": "MS-SRV", "seen": 3, "suggestion": "SERVER"}]
    assert [entry["name"] for entry in answer["files"]] == ["import-mapping.csv"]
    told = rows(answer)
    assert "additions.csv:2 Harbor & Co: MS-SRV: nobody said what 'MS-SRV' is" in told
    assert (
        "additions.csv:3 Harbor & Co: MAILBOX: it could be taken, and waits for the rest of its "
        "customer" in told
    )
    assert not list((old.into / "accounts").glob("*.yaml"))
    # The suggestion is never taken by itself; the clerk's answer is kept beside it.
    draft = (old.into / "import-mapping.csv").read_text("utf-8-sig")
    assert "MS-SRV,Managed server,3,,,,SERVER" in draft


def test_the_mapping_says_fixed_quantities_list_prices_and_what_is_left_out(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,fixed,list", "MAILBOX,-,,")
    old.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    birch = document(old, "birch-dental")
    agreements = birch["agreements"]
    assert isinstance(agreements, list)
    assert agreements[0]["lines"] == [{"line": "server", "product": "SERVER", "quantity": 1}]


def test_a_mapping_to_nothing_is_refused(old: OldSystem) -> None:
    old.map("MS-SRV,SERVR,,", "MS-SRV,SERVER,counted,cheap")
    told = old.words("connectwise", *samples("connectwise", CONNECTWISE), code=2)
    assert "import-mapping.csv:2: The price book has no product 'SERVR'. → Did you mean" in told
    assert "'counted' and 'cheap' are not both known" in told
    assert "'MS-SRV' is there twice" in told


def test_a_mapping_that_was_saved_in_another_encoding_is_not_read_as_other_products(
    old: OldSystem,
) -> None:
    """Excel's plain CSV: 'Büro' would be a product that nobody has named."""
    text = "old_product,product,count,price\nMS-SRV,SERVER,,\nBüro,MAILBOX,,\n"
    (old.into / "import-mapping.csv").write_bytes(text.encode("windows-1252"))
    told = old.words("connectwise", *samples("connectwise", CONNECTWISE), code=2)
    assert "import-mapping.csv:3" in told
    assert "is not UTF-8. → Save it as 'CSV UTF-8'" in told


def test_an_account_that_somebody_edited_stays(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,,")
    files = samples("connectwise", CONNECTWISE)
    old.take("connectwise", *files, code=4)
    path = old.into / "accounts" / "quiet-library.yaml"
    path.write_text(path.read_text().replace("books@quiet.example", "desk@quiet.example"))
    told = old.words("connectwise", *files, code=4)
    assert "different and kept: 1. kept: accounts/quiet-library.yaml (--replace" in told
    assert "desk@quiet.example" in path.read_text()
    old.take("connectwise", *files, code=4, more=("--replace",))
    assert "books@quiet.example" in path.read_text()


def test_at_a_terminal_the_difference_is_shown_and_asked_about(
    old: OldSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mspbill.console.at_a_terminal", lambda: True)
    old.map("MS-SRV,SERVER,,")
    arguments = ("import", *samples("connectwise", CONNECTWISE), "--from", "connectwise")
    arguments = (*arguments, "--into", old.into, "--on", "2026-11-30")
    told = old.call(*arguments, code=4, typed="n\n")
    assert "Write 5 files? [y/N]: n" in told
    assert not list((old.into / "accounts").glob("*.yaml"))
    old.call(*arguments, code=4, typed="y\n")
    path = old.into / "accounts" / "quiet-library.yaml"
    path.write_text(path.read_text().replace("books@quiet.example", "desk@quiet.example"))
    told = old.call(*arguments, code=4, typed="n\n")
    assert "-- desk@quiet.example +- books@quiet.example" in told
    assert "Replace accounts/quiet-library.yaml? [y/N]: n" in told
    assert "desk@quiet.example" in path.read_text()
    old.call(*arguments, code=4, typed="y\ny\n")
    assert "books@quiet.example" in path.read_text()


def test_a_comment_in_an_account_is_no_difference(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,,")
    files = samples("connectwise", CONNECTWISE)
    old.take("connectwise", *files, code=4)
    path = old.into / "accounts" / "quiet-library.yaml"
    path.write_text(f"# Ask for Joan.\n{path.read_text()}")
    answer = old.take("connectwise", *files, code=4)
    assert {entry["change"] for entry in answer["files"]} == {"same"}


def test_without_a_yes_nothing_is_written(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,,")
    before = old.state
    files = samples("connectwise", CONNECTWISE)
    arguments = ("import", *files, "--from", "connectwise", "--into", old.into)
    told = old.call(*arguments, "--on", "2026-11-30", code=4)
    assert "Not written yet: 4 new files. Run it again and say yes" in told
    assert old.state == before


def test_a_renamed_customer_stays_the_account_that_knows_its_number(old: OldSystem) -> None:
    old.map("MS-SRV,SERVER,,")
    files = samples("connectwise", CONNECTWISE)
    old.take("connectwise", *files, code=4)
    renamed = []
    for path in files:
        text = path.read_text().replace("Birch Dental", "Birch Dental Group")
        renamed.append(old.file(path.name, text))
    answer = old.take("connectwise", *renamed, code=4, more=("--replace",))
    changed = [entry["name"] for entry in answer["files"] if entry["change"] == "changed"]
    assert changed == ["accounts/birch-dental.yaml", "opening-balances.csv"]
    assert document(old, "birch-dental")["name"] == "Birch Dental Group"


def test_the_report_has_every_row_with_its_place(old: OldSystem) -> None:
    csv, book = old.folder / "report.csv", old.folder / "report.xlsx"
    old.words("connectwise", *samples("connectwise", CONNECTWISE), code=4, more=("--report", csv))
    text = csv.read_text("utf-8-sig")
    line = next(line for line in text.splitlines() if "nobody said" in line)
    assert line.startswith("not taken,line,Harbor & Co: MS-SRV,additions.csv,2,Product ID,")
    old.words("connectwise", *samples("connectwise", CONNECTWISE), code=4, more=("--report", book))
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == ["To do", "Every row", "Products"]
    to_do = [[cell.value for cell in row] for row in opened["To do"].iter_rows()]
    assert any("nobody said what 'MS-SRV' is" in str(row) for row in to_do)
    assert all("taken over" not in str(row) for row in to_do)


def test_the_templates_have_a_sample_row_that_is_never_taken(old: OldSystem) -> None:
    out = old.folder / "forms"
    told = old.call("import", "--template", out)
    names = sorted(path.name for path in out.iterdir())
    assert "accounts.csv" in told
    assert names == [
        "accounts.csv",
        "agreements.csv",
        "invoice-lines.csv",
        "open-invoices.csv",
        "opening-balances.csv",
    ]
    answer = old.take("template", *(out / name for name in names))
    assert {row["reason"] for row in answer["rows"]} == {"a sample"}
    assert answer["files"] == []
    old.call("import", "--template", out, code=2)


def test_a_balance_without_invoices_is_one_item(old: OldSystem) -> None:
    balances = old.file(
        "balances.csv", "customer,as_of,balance,currency,note\nHarbor & Co,2026-11-30,12.50,,\n"
    )
    files = samples("quickbooks", QUICKBOOKS[:2])
    old.take("quickbooks", *files, balances, code=4)
    opened = (old.into / "opening-balances.csv").read_text("utf-8-sig").splitlines()
    assert opened[1].startswith(
        "harbor-and-co,OPENING-2026-11-30-harbor-and-co,invoice,2026-11-30,2026-11-30,12.50,USD"
    )


def test_all_files_are_written_or_none(old: OldSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old.state
    moved = Path.replace

    def fails_at_second(self: Path, target: Path) -> Path:
        if Path(target).name == "b.yaml":
            raise OSError("disk full")
        return moved(self, target)

    monkeypatch.setattr(Path, "replace", fails_at_second)
    files = [
        FileChange("provider.yaml", before["provider.yaml"], b"changed"),
        FileChange("accounts/a.yaml", None, b"new"),
        FileChange("accounts/b.yaml", None, b"new"),
    ]
    with pytest.raises(OSError, match="disk full"):
        write_files(old.into, files)
    assert old.state == before


def test_a_directory_without_a_policy_is_refused(old: OldSystem) -> None:
    (old.into / "provider.yaml").unlink()
    told = old.words("connectwise", *samples("connectwise", CONNECTWISE), code=2)
    assert "The file 'provider.yaml' is missing" in told
