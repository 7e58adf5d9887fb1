from __future__ import annotations

import email
import email.policy
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.domain.invoices import Invoice
from mspbill import run_command
from mspbill.run_result import named_accounts
from tests.mspbill.conftest import Billed, Mspbill
from tests.mspbill.small_provider import BAD_DATE, write_provider

DECEMBER = ("--period", "2026-12")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_run_leaves_every_document(billed: Billed) -> None:
    assert billed.result.exit_code == 0
    assert files(billed.out) == {
        "index.html",
        "summary.json",
        "data/policy.json",
        "data/PW-000001.json",
        "data/PW-000002.json",
        "data/PW-000003.json",
        "invoices/PW-000001.pdf",
        "invoices/PW-000002.pdf",
        "invoices/PW-000003.pdf",
        "emails/PW-000001-birch.eml",
        "emails/PW-000002-harbor.eml",
        "emails/PW-000003-harbor.eml",
        "emails/monthly-2026-12-approval-pinewood.eml",
        "emails/monthly-2026-12-summary-pinewood.eml",
        "emails/projects-2026-12-summary-pinewood.eml",
        "comparison/pinewood_monthly_2026-12-comparison.xlsx",
        "comparison/pinewood_projects_2026-12-comparison.xlsx",
        "thumbnails/pinewood.png",
    }


def test_nothing_is_left_beside_the_folder(billed: Billed) -> None:
    assert {path.name for path in billed.out.parent.iterdir()} == {"out", "pinewood"}


def test_the_totals_are_the_sums_of_the_invoices(billed: Billed) -> None:
    summary = json.loads((billed.out / "summary.json").read_text("utf-8"))
    invoices = [
        Invoice.model_validate_json(path.read_bytes())
        for path in (billed.out / "data").glob("PW-*.json")
    ]
    # Three servers at 85.10, one at 80.00, and a setup of 500.00.
    assert sum(invoice.total.amount for invoice in invoices) == Decimal("835.30")
    assert summary["totals"] == {"USD": "835.30"}
    assert summary["invoices"] == 3
    (told,) = summary["providers"]
    assert [(c["run"], c["status"], c["totals"]["USD"]) for c in told["cycles"]] == [
        ("monthly", "closed", "335.30"),
        ("projects", "closed", "500.00"),
    ]
    assert told["cycles"][0]["nothing_to_bill"] == ["quiet"]


def test_the_json_answer_is_the_summary_and_nothing_else(billed: Billed) -> None:
    answer = json.loads(billed.result.stdout)
    assert answer.pop("exit_code") == 0
    assert answer.pop("out") == str(billed.out)
    assert answer == json.loads((billed.out / "summary.json").read_text("utf-8"))


def test_the_mail_carries_the_very_pdf(billed: Billed) -> None:
    raw = (billed.out / "emails/PW-000002-harbor.eml").read_bytes()
    message = email.message_from_bytes(raw, policy=email.policy.default)
    (attachment,) = message.iter_attachments()
    pdf = (billed.out / "invoices/PW-000002.pdf").read_bytes()
    assert message["To"] == "ap@harbor.example"
    assert attachment.get_content() == pdf
    assert pdf.startswith(b"%PDF-")


def test_the_same_run_gives_the_same_bytes(
    billed: Billed, provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    out = tmp_path / "again"
    mspbill("run", provider, "--out", out, *DECEMBER, "--approved-by", "Pat <b>Lee</b>")
    assert digests(out) == digests(billed.out)


def digests(folder: Path) -> dict[str, str]:
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files(folder)
    }


def test_without_an_approval_nothing_is_numbered(
    provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    out = tmp_path / "out"
    result = mspbill("run", provider, "--out", out, *DECEMBER, "--run", "monthly")
    assert result.exit_code == 3
    assert files(out) == {
        "index.html",
        "summary.json",
        "comparison/pinewood_monthly_2026-12-comparison.xlsx",
        "emails/monthly-2026-12-approval-pinewood.eml",
    }
    assert "--approved-by NAME" in result.stdout
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    (cycle,) = summary["providers"][0]["cycles"]
    assert (cycle["status"], cycle["totals"]["USD"], cycle["invoices"]) == (
        "waits_for_approval",
        "335.30",
        [],
    )
    assert (summary["invoices"], summary["totals"]) == (0, {"USD": "0.00"})


def test_a_person_at_the_terminal_is_shown_the_run_and_asked(
    provider: Path, tmp_path: Path, mspbill: Mspbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_command, "at_a_terminal", lambda: True)
    out = tmp_path / "out"
    arguments = ("run", provider, "--out", out, *DECEMBER, "--run", "monthly")
    result = mspbill(*arguments, typed="Pat Lee\n")
    assert result.exit_code == 0
    assert "2 accounts, 2 invoices, $335.30" in result.stderr
    assert "Approved by Pat Lee" in (out / "index.html").read_text("utf-8")


def test_a_parked_account_is_named_and_the_others_are_billed(
    tmp_path: Path, mspbill: Mspbill
) -> None:
    directory = write_provider(tmp_path / "pinewood", BAD_DATE)
    out = tmp_path / "out"
    result = mspbill(
        "run", directory, "--out", out, *DECEMBER, "--run", "monthly", "--approved-by", "Pat"
    )
    assert result.exit_code == 4
    assert "Birch Dental: feeds/devices/2026-12-01.csv:5" in result.stdout
    (cycle,) = json.loads((out / "summary.json").read_text("utf-8"))["providers"][0]["cycles"]
    assert [entry["account"] for entry in cycle["parked"]] == ["birch"]
    assert [entry["account"] for entry in cycle["invoices"]] == ["harbor"]
    assert cycle["parked"][0]["problems"][0]["line"] == 5


def test_a_failed_cycle_says_why(tmp_path: Path, mspbill: Mspbill) -> None:
    directory = write_provider(
        tmp_path / "pinewood",
        BAD_DATE,
        ("provider.yaml", 'parked_share_limit: "0.4"', 'parked_share_limit: "0.1"'),
    )
    out = tmp_path / "out"
    result = mspbill("run", directory, "--out", out, *DECEMBER, "--run", "monthly", "--json")
    assert result.exit_code == 1
    # What is shown on the way is what is due, and nothing is once the cycle has failed.
    assert "due: building and comparison" in result.stderr
    assert "numbering" not in result.stderr
    (cycle,) = json.loads(result.stdout)["providers"][0]["cycles"]
    assert cycle["status"] == "failed"
    assert cycle["failure"].startswith("TooManyParkedError: 1 of ")
    assert "Traceback" not in cycle["failure"]
    assert [entry["account"] for entry in cycle["parked"]] == ["birch"]


def test_one_run_alone_takes_the_first_numbers(
    provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    out = tmp_path / "out"
    result = mspbill("run", provider, "--out", out, *DECEMBER, "--run", "projects", "--json")
    assert result.exit_code == 0
    (cycle,) = json.loads(result.stdout)["providers"][0]["cycles"]
    assert (cycle["run"], [entry["number"] for entry in cycle["invoices"]]) == (
        "projects",
        ["PW-000001"],
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--period", "2026-13"), "'2026-13' is no month."),
        (("--period", "december"), "'december' is no month."),
        ((*DECEMBER, "--run", "weekly"), "The policy has no run 'weekly'."),
        ((*DECEMBER, "--approved-by", " "), "--approved-by names nobody."),
    ],
)
def test_a_wrong_option_is_refused_and_nothing_is_written(
    options: tuple[str, ...], message: str, provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    result = mspbill("run", provider, "--out", tmp_path / "out", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pinewood"]


@pytest.mark.parametrize("out", ["out", "feeds/devices/out", ".", "../link/out"])
def test_results_are_not_written_into_the_provider_directory(
    out: str, provider: Path, tmp_path: Path, mspbill: Mspbill
) -> None:
    (tmp_path / "link").symlink_to(provider)
    before = files(provider)
    result = mspbill("run", provider, "--out", provider / out, *DECEMBER, "--force")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "lies in the provider directory" in result.stderr
    assert files(provider) == before


def test_bad_input_is_refused_whole_and_nothing_is_written(
    tmp_path: Path, mspbill: Mspbill
) -> None:
    directory = write_provider(
        tmp_path / "pinewood",
        ("accounts/birch.yaml", "product: SERVER", "product: SERVR"),
        ("accounts/quiet.yaml", "2026-01-01", "2026-02-30"),
    )
    result = mspbill("run", directory, "--out", tmp_path / "out", *DECEMBER, "--json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)["problems"]
    assert [(entry["file"], entry["line"]) for entry in problems] == [
        ("accounts/birch.yaml", 10),
        ("accounts/quiet.yaml", 9),
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["pinewood"]


def test_strict_refuses_what_would_park(tmp_path: Path, mspbill: Mspbill) -> None:
    directory = write_provider(tmp_path / "pinewood", BAD_DATE)
    result = mspbill("run", directory, "--out", tmp_path / "out", *DECEMBER, "--strict")
    assert result.exit_code == 2
    assert "feeds/devices/2026-12-01.csv:5" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pinewood"]


def test_where_nobody_decides_the_other_runs_go_on_to_their_end(
    tmp_path: Path, mspbill: Mspbill
) -> None:
    # The question of the first run expires (after a day) before the second one opens.
    directory = write_provider(
        tmp_path / "pinewood",
        ("provider.yaml", "approvers: [books@pinewood.example]}", "approvers: [b@x.example], "
         "wait_days: 1}"),
    )  # fmt: skip
    out = tmp_path / "out"
    result = mspbill("run", directory, "--out", out, *DECEMBER)
    assert result.exit_code == 3
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    monthly, projects = summary["providers"][0]["cycles"]
    assert (monthly["run"], monthly["status"], monthly["invoices"]) == (
        "monthly",
        "waits_for_approval",
        [],
    )
    assert (projects["run"], projects["status"], projects["totals"]["USD"]) == (
        "projects",
        "closed",
        "500.00",
    )
    assert [entry["number"] for entry in projects["invoices"]] == ["PW-000001"]
    assert files(out) == {
        "index.html",
        "summary.json",
        "data/policy.json",
        "data/PW-000001.json",
        "invoices/PW-000001.pdf",
        "emails/PW-000001-harbor.eml",
        "emails/monthly-2026-12-approval-pinewood.eml",
        "emails/projects-2026-12-summary-pinewood.eml",
        "comparison/pinewood_monthly_2026-12-comparison.xlsx",
        "comparison/pinewood_projects_2026-12-comparison.xlsx",
        "thumbnails/pinewood.png",
    }
    assert "monthly 2026-12: nothing was numbered" in " ".join(result.stdout.split())
    page = " ".join((out / "index.html").read_text("utf-8").split())
    assert "<strong>Waits for approval</strong>" in page
    assert "Pinewood IT &amp; Sons, Monthly invoice, December 2026" in page
    assert "everybody else was billed" not in page
    assert "failed" not in page.partition("</style>")[2]


def test_somebody_who_decides_nothing_is_asked_once(
    provider: Path, tmp_path: Path, mspbill: Mspbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_command, "at_a_terminal", lambda: True)
    result = mspbill("run", provider, "--out", tmp_path / "out", *DECEMBER, typed="\n")
    assert result.exit_code == 3
    assert result.stderr.count("Your name to approve") == 1


def test_a_customer_that_the_book_does_not_know_is_named(tmp_path: Path, mspbill: Mspbill) -> None:
    """A misspelt name at the source would bill nobody, with nobody the wiser."""
    directory = write_provider(tmp_path / "pinewood")
    export = directory / "feeds" / "devices" / "2026-12-01.csv"
    lines = export.read_text("utf-8").splitlines()
    known = next(line for line in lines if "birch," in line)
    first, _, rest = known.partition(",")
    stranger = f"{first}x,{rest}".replace("birch,", "brich,")
    export.write_text("\n".join([*lines, stranger]) + "\n", "utf-8")
    out = tmp_path / "out"
    result = mspbill(
        "run", directory, "--out", out, *DECEMBER, "--run", "monthly", "--approved-by", "Pat"
    )
    assert result.exit_code == 4
    assert "brich: in the exports, but in no account of the book" in result.stdout
    assert "brich" in (out / "index.html").read_text("utf-8")


def test_what_many_accounts_are_parked_for_is_said_once(tmp_path: Path, mspbill: Mspbill) -> None:
    directory = write_provider(
        tmp_path / "pinewood",
        ("feeds/devices/2026-12-01.csv", "Added", "Since"),
        ("provider.yaml", 'parked_share_limit: "0.4"', 'parked_share_limit: "1"'),
    )
    out = tmp_path / "out"
    result = mspbill(
        "run", directory, "--out", out, *DECEMBER, "--run", "monthly", "--approved-by", "Pat"
    )
    assert result.exit_code == 4
    assert result.stdout.count("The column 'Added' is missing") == 1
    assert "3 accounts: Birch Dental, Harbor <b>& Co</b>, Quiet Library" in result.stdout


def test_a_person_who_is_asked_reads_such_a_sentence_once(
    tmp_path: Path, mspbill: Mspbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_command, "at_a_terminal", lambda: True)
    directory = write_provider(
        tmp_path / "pinewood",
        ("feeds/devices/2026-12-01.csv", "Added", "Since"),
        ("provider.yaml", 'parked_share_limit: "0.4"', 'parked_share_limit: "1"'),
    )
    arguments = ("run", directory, "--out", tmp_path / "out", *DECEMBER, "--run", "monthly")
    told = mspbill(*arguments, typed="\n").stderr
    assert told.count("The column 'Added' is missing") == 1
    assert "parked: 3 accounts: Birch Dental, Harbor <b>& Co</b>, Quiet Library: " in told


def test_of_many_parked_accounts_the_first_ten_are_named() -> None:
    names = [f"Account {number:02}" for number in range(1, 13)]
    assert named_accounts(names[:1]) == "Account 01"
    assert named_accounts(names[:2]) == "2 accounts: Account 01, Account 02"
    assert named_accounts(names) == f"12 accounts: {', '.join(names[:10])} and 2 more"
