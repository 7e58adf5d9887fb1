"""Opening balances and a shadow month on a stack, and the guide to both as it is written."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.ledger.verifying import Verification
from msp_billing.usecases.receivables.verifying import verify_provider
from mspbill.opening_command import totals
from tests.mspbill.deployed_stack import DeployedStack, deployed_stack
from tests.mspbill.old_files import CONNECTWISE, SAMPLES, OldSystem, samples

START_AT = datetime(2026, 12, 1, 15, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "bringing-customers-in.md").read_text("utf-8")
_BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SHOWN = "In USD"
"""How a block begins that shows what is printed."""

EXIT_CODES = (
    ("import --template", 0),
    ("import", 4),
    ("validate", 0),
    ("run", 0),
    ("--draft", 4),
    ("--known", 0),
    ("opening-balances", 0),
)
"""Of each command by words in it, as the guide says; the first that fits counts."""
ON = ("--on", "2026-11-30", "--by", "clerk", "--stack", "trial")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> OldSystem:
    brought_in = OldSystem(tmp_path_factory.mktemp("old"))
    brought_in.map("MS-SRV,SERVER,,")
    brought_in.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    return brought_in


@pytest.fixture(scope="module")
def stack(old: OldSystem) -> Iterator[DeployedStack]:
    with deployed_stack(START_AT, load_provider_directory(old.into)) as found:
        yield found


def proofs(stack: DeployedStack) -> list[Verification]:
    return [entry for entry in verify_provider(stack.ports, "pinewood") if entry.entries]


def opening(old: OldSystem, total: str, *more: str) -> tuple[object, ...]:
    return ("opening-balances", old.into, "--total", total, *ON, *more)


def test_a_total_that_differs_is_told_and_nothing_is_entered(
    old: OldSystem, stack: DeployedStack
) -> None:
    told = stack.words(*opening(old, "1409.50", "--yes"), code=2)
    assert "The items come to 1409.60 USD, the total given is 1409.50: +0.10 USD" in told
    assert "Nothing was entered." in told
    assert proofs(stack) == []


def test_a_plan_waits_for_a_yes_and_what_was_entered_stands(
    old: OldSystem, stack: DeployedStack
) -> None:
    stack.words(*opening(old, "1409.60"), code=2)  # nobody can be asked here
    assert proofs(stack) == []
    told = stack.words(*opening(old, "1,409.60", "--yes"))
    assert "birch-dental 20190 15 December 2026 $54.00 new" in told
    assert "quiet-library 20191 credit -$20.00 new" in told
    assert "for due on 31 December 2026 at the earliest" in told
    assert "Entered 4 in the ledgers of 3 accounts." in told
    proved = proofs(stack)
    assert all(entry.fits for entry in proved)
    assert sum(entry.balance for entry in proved) == Decimal("1409.60")
    aged = stack.words("aging", "--stack", "trial")
    assert "harbor-and-co 1,100.30 275.30 - 1,375.60" in aged
    again = stack.json(*opening(old, "1409.60", "--yes"))
    assert (len(again["plan"]["standing"]), again["result"]) == (4, None)
    assert proofs(stack) == proved
    path = old.into / "opening-balances.csv"
    text = path.read_bytes()
    path.write_bytes(text.replace(b"54.00", b"55.00"))
    other = stack.words(*opening(old, "1410.60", "--yes"), code=2)
    path.write_bytes(text)
    assert "invoice 20190 of 2026-11-15, due 2026-12-15: 55.00 USD is asked for" in other
    assert "the ledger of birch-dental has an invoice of 2026-11-15" in other
    assert proofs(stack) == proved


def test_a_shadow_month_goes_by_the_policy_accounts_and_exports_of_the_stack(
    old: OldSystem, stack: DeployedStack, tmp_path: Path
) -> None:
    """The directory is only asked for its mapping, and nothing is entered."""
    for name in ("provider.yaml", "import-mapping.csv"):
        (tmp_path / name).write_bytes((old.into / name).read_bytes())
    month = ("--period", "2026-12", "--from", "quickbooks", "--dates", "mdy")
    asked = ("--against", SAMPLES / "quickbooks" / "sales-2026-12.csv", *month)
    before = proofs(stack)
    there = stack.json("shadow", tmp_path, *asked, "--stack", "trial", code=4)
    assert there == old.json("shadow", old.into, *asked, code=4)
    assert proofs(stack) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account,number\n", "It lacks the column 'kind'"),
        ("account,number,kind,date,due_date,amount,currency\na,1,bill,2026-13-01,,x,USD\n",
         "opening-balances.csv:2: kind: Input should be 'invoice' or 'credit'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_where(old: OldSystem, text: str, said: str) -> None:
    copied = old.folder / "broken"
    copied.mkdir(exist_ok=True)
    (copied / "provider.yaml").write_bytes((old.into / "provider.yaml").read_bytes())
    (copied / "opening-balances.csv").write_text(text)
    told = old.call("opening-balances", copied, "--total", "1", *ON, code=2)
    assert said in told


def test_a_directory_without_the_file_says_how_to_make_it(old: OldSystem, tmp_path: Path) -> None:
    (tmp_path / "provider.yaml").write_bytes((old.into / "provider.yaml").read_bytes())
    told = old.call("opening-balances", tmp_path, "--total", "1", *ON, code=2)
    assert "Write it with mspbill import" in told


def test_totals_are_read_with_and_without_their_currency() -> None:
    found = totals(["1,200.50", "CAD -3", "7 eur"], "USD")
    assert [str(money) for money in found] == ["1200.50 USD", "-3 CAD", "7 EUR"]


# --- The guide -----------------------------------------------------------------------------------


def commands() -> Iterator[str]:
    for block in _BLOCK.findall(GUIDE):
        if not block.startswith(_SHOWN):
            yield from block.splitlines()


def expected(command: str) -> int:
    return next(code for words, code in EXIT_CODES if words in command)


def complete_mapping(pinewood: Path) -> None:
    """What step 3 asks for."""
    path = pinewood / "import-mapping.csv"
    text = path.read_text("utf-8-sig").replace("server,3,,", "server,3,SERVER,")
    path.write_text(text, "utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(DOCS / "samples", tmp_path / "docs" / "samples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_the_guide_works_as_it_is_written(
    folder: Path, stack: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    steps = list(commands())
    assert len(steps) == 11
    for command in steps:
        program, *words = shlex.split(command)
        if program == "cd":
            monkeypatch.chdir(Path.cwd() / words[0])
        elif program == "cp":
            shutil.copytree(words[1], words[2])
        elif "--stack" in words:
            named = [word if word != "STACK" else "trial" for word in words]
            told = stack.words(*named, "--yes")
            assert "All of it: $1,409.60" in told
        else:
            if "--known" in words:
                fill_in_reasons(folder / "december-known.csv")
            result = OldSystem.result(*words)
            assert result.exit_code == expected(command), (command, result.output)
            printed.append(result.output)
            if "--yes" in words:
                complete_mapping(folder / "pinewood")
                again = OldSystem.result(*words)
                assert again.exit_code == expected(command)
    shown = next(block for block in _BLOCK.findall(GUIDE) if block.startswith(_SHOWN))
    assert any(shown in output for output in printed)


def fill_in_reasons(path: Path) -> None:
    head, *rows = path.read_text("utf-8-sig").splitlines()
    path.write_text("\n".join([head, *(f"{row}looked at" for row in rows), ""]))
