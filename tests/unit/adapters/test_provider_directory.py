from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from shutil import copy

import pytest

from msp_billing.adapters.directory.provider_directory import check_exports, load_provider_directory
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import ProblemsError
from tests.unit.adapters.directory_samples import (
    SOUND,
    break_every_file,
    break_exports,
    copy_sound,
    edit,
    messages,
    problems_of,
)

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_sound(tmp_path)


# --- What is sound ------------------------------------------------------------------------------


def test_a_sound_directory_is_read_whole():
    directory = load_provider_directory(SOUND)
    assert directory.policy.provider == "northwind"
    assert [account.account for account in directory.accounts] == ["acme", "birch"]
    assert [(export.key, export.account) for export in directory.exports] == [
        ("devices/2026-12-01.csv", None),
        ("users/acme/2026-12-01.csv", "acme"),
    ]
    assert directory.exports[0].as_of_at == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert directory.exports[0].sha256 is not None
    assert directory.exports[1].sha256 is None
    assert directory.feeds_root == SOUND / "feeds"
    assert check_exports(directory) == ()


def test_values_mean_what_is_written_without_quotes():
    directory = load_provider_directory(SOUND)
    acme = directory.accounts[0]
    run = directory.policy.runs[0]
    assert acme.purchase_order == "007"
    assert run.issue.at == time(18, 0)
    assert run.moments[0].at.at == time(0, 0)
    assert directory.policy.count_rules[1].where == {"enabled": ("true", "yes")}
    assert directory.price_book.products[0].prices[0].price.each == Decimal("85.10")
    assert directory.price_book.products[0].prices[0].from_on == date(2026, 1, 1)
    assert acme.agreements[0].lines[3].bill_once_in == Period(year=2026, month=12)


@pytest.mark.parametrize("provider", ["integris", "kr-group", "collabrance"])
def test_the_sample_directories_are_sound(provider):
    directory = load_provider_directory(REPOSITORY / "providers" / provider)
    assert len(directory.accounts) >= 8
    # Each sample has one export that is broken on purpose.
    assert len({problem.file for problem in check_exports(directory)}) == 1


def test_nothing_is_written(root):
    def state() -> dict[str, tuple[int, bytes]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in root.rglob("*")
        }

    edit(root, "price-book.yaml", ("flat: 500", "flat: 5,00"))
    before = state()
    messages(root)
    assert state() == before


# --- Everything at once -------------------------------------------------------------------------


def test_all_problems_of_all_files_are_said_in_one_go(root):
    break_every_file(root)
    assert messages(root) == expected("broken-directory.txt")


def test_all_problems_of_all_exports_are_said_in_one_go(root):
    break_exports(root)
    found = check_exports(load_provider_directory(root))
    assert [str(problem) for problem in found] == expected("broken-exports.txt")


def test_a_directory_that_is_refused_names_what_is_wrong_in_its_exports_too(root):
    edit(root, "provider.yaml", ("    issue: {day: 2", "    isue: {day: 2"))
    edit(root, "accounts/acme.yaml", ("product: SERVER", "product: SERVR"))
    edit(root, "feeds/users/acme/2026-12-01.csv", ("Login", "Logon"))
    break_exports(root)
    assert [(entry.file, entry.code) for entry in problems_of(root)] == [
        ("provider.yaml", "unknown-key"),
        ("accounts/acme.yaml", "unknown-product"),
        ("feeds/devices/2026-12-01.csv", "feed-column-missing"),
        ("feeds/devices/2026-12-02.csv", "feed-half-written"),
        ("feeds/devices/2026-12-03.csv", "feed-encoding"),
        ("feeds/devices/2026-12-04.csv", "feed-encoding"),
        ("feeds/devices/2026-12-05.csv", "feed-date"),
        ("feeds/devices/2026-12-06.csv", "feed-item-twice"),
        ("feeds/users/acme/2026-12-01.csv", "feed-column-missing"),
    ]


def test_the_exports_of_a_feed_that_is_not_sound_itself_are_not_read(root):
    edit(root, "provider.yaml", ("item_id: Login", "item_idd: Login"))
    edit(root, "feeds/users/acme/2026-12-01.csv", ("Login", "Logon"))
    assert [entry.file for entry in problems_of(root)] == ["provider.yaml"]


def expected(name: str) -> list[str]:
    return (SOUND.parent / name).read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", ["broken-directory.txt", "broken-exports.txt"])
def test_the_guide_shows_messages_as_they_are(name):
    guide = (REPOSITORY / "docs/provider-directory.md").read_text("utf-8").splitlines()
    assert [message for message in expected(name) if message not in guide] == []


def test_the_examples_of_the_guide_are_a_sound_directory(tmp_path):
    guide = (REPOSITORY / "docs/provider-directory.md").read_text("utf-8")
    _first_line, *policy, book, account = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "accounts").mkdir()
    (tmp_path / "provider.yaml").write_text("".join(policy))
    (tmp_path / "price-book.yaml").write_text(book)
    (tmp_path / "accounts/acme.yaml").write_text(account)
    copy(REPOSITORY / "providers/kr-group/logo.svg", tmp_path)
    assert messages(tmp_path) == []


def test_an_export_that_differs_from_its_checksum_is_a_problem(root):
    export = root / "feeds/devices/2026-12-01.csv"
    export.write_bytes(b"".join(export.read_bytes().splitlines(keepends=True)[:-1]))
    (problem,) = check_exports(load_provider_directory(root))
    assert (problem.code, problem.file) == ("feed-checksum", "feeds/devices/2026-12-01.csv")


# --- One by one ---------------------------------------------------------------------------------

POLICY, BOOK, ACME = "provider.yaml", "price-book.yaml", "accounts/acme.yaml"


@dataclass(frozen=True)
class Case:
    """A mistake made in one line of a sound file, and the problem that it must give."""

    file: str
    old: str
    new: str
    code: str
    says: str
    line: int | None = None
    """Where the problem is, when that is not the line of the mistake."""

    @property
    def expected_line(self) -> int:
        text = (SOUND / self.file).read_text("utf-8")
        return self.line or text.count("\n", 0, text.index(self.old)) + 1


CASES = [
    Case(POLICY, "provider: northwind", "provider: North Wind", "form", "such as 'north-wind'"),
    Case(POLICY, "currency: USD", "curency: USD", "unknown-key", "Did you mean 'currency'?"),
    Case(POLICY, "currency: USD\n", "", "missing-key", "The key 'currency' is missing", 2),
    Case(POLICY, "0.25", "0,25", "number", "more than one way"),
    Case(POLICY, "0.25", "25", "number", "share between 0 and 1"),
    Case(POLICY, "America/Chicago", "Chicago", "value", "'Chicago' is no time zone"),
    Case(POLICY, "country: US", "country: ZZ", "holidays", "No holidays are known"),
    Case(POLICY, "12-24", "24.12.", "holidays", "MM-DD"),
    Case(POLICY, "wait_days: 5", "wait_days: five", "number", "no whole number"),
    Case(POLICY, "wait_days: 5", "wait_days: 50", "limit", "at most 30"),
    Case(POLICY, "by: person", "by: persn", "choice", "Did you mean 'person'?"),
    Case(POLICY, ", approvers: [books@northwind.example]", "", "approval", "Add 'approvers'"),
    Case(POLICY, "at: 18:00", "at: 24:00", "time", "no time of day"),
    Case(POLICY, "at: 18:00", "at: 6pm", "time", "HH:MM"),
    Case(
        POLICY, "{days_after_issue: 15}", "{days_after_isue: 15}", "unknown-key", "days_after_issue"
    ),
    Case(POLICY, "{days_after_issue: 15}", "{dya: 15}", "unknown-key", "Did you mean 'day'?"),
    Case(POLICY, "{days_after_issue: 15}", "{days_after_issue: 999}", "limit", "at most 120"),
    Case(POLICY, "{days_after_issue: 15}", "15", "group", "must be a group of keys"),
    Case(POLICY, "day: 1, at: 03:00", "business_day: 1, at: 03:00", "opens", "plain 'day'"),
    Case(POLICY, "- rule: servers", "- rule: enabled-users", "unknown-count-rule", "servers", 11),
    Case(
        POLICY, "feed: devices\n    moment", "feed: devics\n    moment", "unknown-feed", "'devices'"
    ),
    Case(
        POLICY,
        "moment: first\n    where",
        "moment: frist\n    where",
        "unknown-snapshot-moment",
        "Did you mean 'first'?",
    ),
    Case(POLICY, "clause: term}", "clause: trem}", "unknown-clause", "Did you mean 'term'?"),
    Case(POLICY, "[managed], clause", "[manged], clause", "unknown-category", "'managed'"),
    Case(
        POLICY,
        "categories: [projects]",
        "categories: [managed]",
        "listed-twice",
        "on lines 58 and 74",
    ),
    Case(
        POLICY,
        "categories: [projects]",
        "categories: [project]",
        "category-not-billed",
        "projects",
        5,
    ),
    Case(
        POLICY,
        "where: {kind: [server]}",
        "where: {kidn: [server]}",
        "unknown-attribute",
        "no attribute 'kidn'",
    ),
    Case(POLICY, "scope: account", "scope: provider", "feed-scope", "needs an 'account' column"),
    Case(
        POLICY,
        "business_day: 1, at: 13:00",
        "business_day: 1, at: 09:00",
        "dates-order",
        "comparison is made before the last snapshot",
        53,
    ),
    Case(
        POLICY,
        "issue: {day: 11}",
        "issue: {business_day: 20}",
        "dates-order",
        "no business day",
        71,
    ),
    Case(POLICY, "remittance: [Pay by ACH.]", "remittance: Pay by ACH.", "list", "must be a list"),
    Case(POLICY, "remittance: [Pay by ACH.]", "remittance: []", "empty", "at least 1"),
    Case(POLICY, "title: Monthly\n", "title:\n", "empty", "'title' is empty"),
    Case(POLICY, "title: Monthly\n", "title: [Monthly]\n", "text", "must be one text"),
    Case(POLICY, "address: [1 Main", "address: [[1 Main]", "yaml-syntax", ""),
    Case(BOOK, 'version: "1"', 'version: "1"\nversion: "2"', "duplicate-key", "lines 1 and 2", 2),
    Case(
        BOOK,
        "currency: USD",
        "currency: CAD",
        "currency",
        "USD here and CAD in price-book.yaml",
        11,
    ),
    Case(BOOK, "code: USER", "code: SERVER", "listed-twice", "on lines 7 and 15"),
    Case(BOOK, "code: USER", "code: USER 1", "form", "no product code"),
    Case(BOOK, "count_rule: servers", "count_rule: server", "unknown-count-rule", "'servers'"),
    Case(BOOK, "clause: monthly", "clause: montly", "unknown-clause", "'monthly'"),
    Case(BOOK, "category: projects\n", "category: project\n", "unknown-category", "'projects'"),
    Case(
        BOOK,
        "category: managed\n    unit: server",
        "category: projects\n    unit: server",
        "moment-of-another-run",
        "which the run 'projects' that bills it does not have",
        7,
    ),
    Case(BOOK, "up_to: 9", "up_to: null", "price-tiers", "Only the last tier", 22),
    Case(BOOK, "{flat: 500}", "{flat: -500}", "price-negative", "not negative"),
    Case(BOOK, "{flat: 500}", "{flat: 62,00}", "number", "the thousands: 62.00."),
    Case(BOOK, "{flat: 500}", "{flat: 1,500.00}", "number", "the thousands: 1500.00."),
    Case(BOOK, "{flat: 500}", "{flat: 1,500,00}", "number", "the thousands: 1500.00."),
    Case(BOOK, "{flat: 500}", "{flat: 1,500}", "number", "the thousands, such as 1234.50."),
    Case(BOOK, "{flat: 500}", "{flat: 500, 7: 8}", "unknown-key", "'7' is no key"),
    Case(BOOK, "{up_to: 9, each: 30}", "{up_to: 9, each: 30,5}", "number", "thousands: 30.5."),
    Case(BOOK, "{flat: 500}", "{}", "price-meanings", "none of each, flat, tiers and graduated"),
    Case(ACME, "account: acme", "account: Acme", "form", "such as 'acme'"),
    Case(ACME, "account: acme", "account: acme-corp", "account-file-name", "acme-corp.yaml"),
    Case(ACME, "account: acme", "account: birch", "account-twice", "accounts/birch.yaml, line 1"),
    Case(ACME, "currency: USD", "currency: EUR", "currency", "in EUR, and 'SERVER' has prices", 19),
    Case(ACME, "ap@acme.example", "Ann <ap@acme.example>", "form", "no mail address"),
    Case(ACME, "known_as: [N]", "known_as: [acme SOUTH]", "listed-twice", "both known as", 11),
    Case(ACME, "known_as: [ACME]", "known_as: [birch  dental]", "feed-name-twice", "acme.yaml", 2),
    Case(ACME, "subscriber: each", "subscriber: eahc", "unknown-subscriber", "'each'"),
    Case(ACME, "coverage: full", "coverage: ful", "unknown-coverage", "Write one of basic, full"),
    Case(ACME, "product: USER}", "product: USER, count_rule: usrs}", "unknown-count-rule", "usrs"),
    Case(ACME, "product: USER}", "product: SERVER}", "counted-twice", "on line 19"),
    Case(ACME, "product: USER}", "product: USER, quantity: 1_0}", "number", "more than one way"),
    Case(
        ACME,
        "product: USER}",
        "product: USER, quantity: 1, count_rule: servers}",
        "quantity",
        "not both",
    ),
    Case(ACME, "starts_on: 2026-01-01", "starts_on: 20260101", "date", "YYYY-MM-DD"),
    Case(ACME, "starts_on: 2026-01-01", "starts_on: 01/02/2026", "date", "more than one way"),
    Case(ACME, "starts_on: 2026-01-01", "starts_on: 2026-02-30", "date", "does not exist"),
    Case(
        ACME,
        "starts_on: 2026-01-01",
        "starts_on: 2026-01-01\n    ends_on: 2025-12-31",
        "dates-order",
        "ends before it starts",
        16,
    ),
    Case(ACME, "bill_once_in: 2026-12", "bill_once_in: 2026-13", "value", "is not a month"),
    Case(ACME, "{comparison: ", "{comparisn: ", "unknown-key", "Did you mean 'comparison'?"),
    Case(ACME, "line: users", "line: servers", "listed-twice", "on lines 19 and 24"),
]
CONSEQUENCES = ("code: SERVER", "currency: CAD", "currency: EUR", "enabled-users", "[managed]")
"""Mistakes that make something else wrong as well, which is said too."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.new)
def test_a_mistake_is_one_message_with_its_line_and_what_to_do(root, case):
    edit(root, case.file, (case.old, case.new))
    found = problems_of(root)
    meant = [entry for entry in found if entry.code == case.code and case.says in str(entry)]
    assert [entry.line for entry in meant][:1] == [case.expected_line], found
    if not case.new.endswith(CONSEQUENCES) and case.code not in {"form", "category-not-billed"}:
        assert len(found) == 1, found
    for entry in found:
        assert entry.line is not None
        assert entry.what.endswith(".")
        assert entry.fix.endswith((".", "}"))
        for word in ("pydantic", "type=", "Input should", "ctx", "function-"):
            assert word not in str(entry)


# --- Files and folders --------------------------------------------------------------------------


def test_hours_that_clocks_move_are_refused_before_they_are_put_in_force(root):
    edit(
        root,
        POLICY,
        ("time_zone: America/Chicago", "time_zone: Europe/Helsinki\ndigest: {at: 03:30}"),
    )
    (found,) = problems_of(root)
    assert found.what.startswith("The digest goes at 03:30, which the clocks of Europe/Helsinki")


def test_a_prefix_of_two_rows_is_refused_before_it_is_put_in_force(root):
    text = (root / POLICY).read_text("utf-8")
    prefix = next(line for line in text.splitlines() if line.startswith("invoice_number_prefix"))
    edit(root, POLICY, (prefix, f"{prefix}\ncredit_note_number_prefix: {prefix.split()[1]}"))
    (found,) = problems_of(root)
    assert found.what.startswith("Credit notes cannot share the invoices' number prefix")
    assert found.line == text.splitlines().index(prefix) + 2


def only_problem(root: Path) -> tuple[str, str | None, str]:
    found = problems_of(root)
    assert len(found) == 1, found
    return found[0].code, found[0].file, str(found[0])


def test_what_is_no_directory_is_said(tmp_path):
    with pytest.raises(ProblemsError, match="is no directory"):
        load_provider_directory(tmp_path / "nowhere")


def test_every_missing_file_is_named(tmp_path):
    assert [problem.file for problem in problems_of(tmp_path)] == [
        "accounts",
        "price-book.yaml",
        "provider.yaml",
    ]


def test_a_missing_price_book_hides_no_mistake_in_an_account(root):
    (root / "price-book.yaml").rename(root / "price-book.yml")
    edit(root, "accounts/birch.yaml", ("2026-06-15", "2026-06-31"))
    assert messages(root) == [
        "price-book.yaml: The file 'price-book.yaml' is missing. "
        "Rename 'price-book.yml' to 'price-book.yaml'.",
        "accounts/birch.yaml:9 (agreements[managed].starts_on): The date 2026-06-31 does not "
        "exist. Write a day that exists.",
    ]


def test_a_byte_order_mark_in_yaml_is_passed_over(root):
    path = root / "accounts/birch.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert messages(root) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("birch.yml", "Rename it to 'birch.yaml'"),
        ("birch.yaml~", "Move it elsewhere"),
        ("notes.txt", "accounts are files with names that end in '.yaml'"),
    ],
)
def test_a_file_that_nobody_would_read_is_named(root, name, says):
    (root / "accounts" / name).write_text("x")
    code, file, message = only_problem(root)
    assert (code, file) == ("unexpected-file", f"accounts/{name}")
    assert says in message


def test_hidden_files_are_nobodys_business(root):
    (root / "accounts/.DS_Store").write_bytes(b"\0")
    (root / "feeds/.cache").mkdir()
    assert messages(root) == []


@pytest.mark.parametrize("file", ["provider.yaml", "accounts/birch.yaml", "feeds/devices"])
def test_a_link_out_of_the_directory_is_refused(root, tmp_path, file):
    outside = tmp_path / "outside"
    (root / file).rename(outside)
    (root / file).symlink_to(outside)
    assert ("link-outside", file) in {(entry.code, entry.file) for entry in problems_of(root)}


def test_a_link_to_nothing_and_one_in_a_circle_are_refused(root):
    (root / "accounts/cedar.yaml").symlink_to("nothing.yaml")
    (root / "feeds/devices/2026-11-01.csv").symlink_to("2026-11-01.csv")
    assert {entry.code for entry in problems_of(root)} == {"link-outside"}


def test_a_link_inside_the_directory_is_read(root):
    (root / "feeds/devices/2026-12-02.csv").symlink_to("2026-12-01.csv")
    assert len(load_provider_directory(root).exports) == 3


@pytest.mark.parametrize(
    ("file", "code", "place", "says"),
    [
        ("feeds/devics/2026-12-01.csv", "unknown-feed", "feeds/devics", "Did you mean 'devices'?"),
        ("feeds/2026-12-01.csv", "export-name", "feeds/2026-12-01.csv", "in no folder of a feed"),
        ("feeds/devices/acme/2026-12-01.csv", "export-name", None, "Move it up"),
        ("feeds/users/2026-12-01.csv", "export-name", None, "users/ACCOUNT/"),
        ("feeds/users/acme/dec.csv", "export-name", None, "does not say as of when"),
        ("feeds/users/amce/2026-12-01.csv", "unknown-account", "feeds/users/amce", "'acme'?"),
        ("feeds/devices/2026-12-01T0000.csv", "export-twice", None, "'devices/2026-12-01.csv'"),
        ("feeds/devices/2026-11-01.csv.sha256", "export-checksum", None, "is not there"),
        ("feeds/users/acme/2026-12-01.csv.sha256", "export-checksum", None, "sha256sum"),
    ],
)
def test_an_export_in_the_wrong_place_is_named(root, file, code, place, says):
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_bytes((SOUND / "feeds/devices/2026-12-01.csv").read_bytes())
    found = only_problem(root)
    assert found[:2] == (code, place or file)
    assert says in found[2]


def test_a_folder_that_no_feed_defines_is_named_once(root):
    folder = root / "feeds/other"
    folder.mkdir()
    for day in range(1, 9):
        (folder / f"2026-12-0{day}.csv").write_text("x")
    assert only_problem(root)[1] == "feeds/other"


def test_exports_are_checked_by_name_while_the_policy_is_broken(root):
    edit(root, "provider.yaml", ("wait_days: 5", "wait_days: x"))
    (root / "feeds/devices/latest.csv").write_text("")
    assert [entry.code for entry in problems_of(root)] == ["number", "export-name"]


# --- Counted twice ------------------------------------------------------------------------------

SECOND = "      - {line: servers, product: SERVER}"


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        ("", "", True),
        (", ends_on: 2026-08-31", ", starts_on: 2026-09-01", False),
        # Both bill the whole of September.
        (", ends_on: 2026-09-10", ", starts_on: 2026-09-11", True),
        (", bill_once_in: 2026-09", ", bill_once_in: 2026-10", False),
        (", bill_once_in: 2026-09", "", True),
        (", quantity: 2", "", False),
    ],
)
def test_lines_that_count_the_same_items_may_not_bill_in_the_same_month(root, first, second, twice):
    lines = f"{SECOND[:-1]}{first}}}\n{SECOND[:-1]}{second}}}".replace("servers", "other", 1)
    edit(root, "accounts/birch.yaml", (SECOND, lines))
    assert [entry.code for entry in problems_of(root)] == ["counted-twice"] * twice


def test_agreements_that_follow_each_other_may_count_the_same(root):
    (agreement,) = (root / "accounts/birch.yaml").read_text("utf-8").split("agreements:\n")[1:]
    renewed = agreement.replace("agreement: managed", "agreement: renewed")
    edit(root, "accounts/birch.yaml", ("    coverage", "    ends_on: 2026-12-31\n    coverage"))
    with (root / "accounts/birch.yaml").open("a") as file:
        file.write(renewed.replace("2026-06-15", "2027-01-01"))
    assert messages(root) == []
    edit(root, "accounts/birch.yaml", ("2027-01-01", "2026-12-01"))
    assert [entry.code for entry in problems_of(root)] == ["counted-twice"]
