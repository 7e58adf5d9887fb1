"""What commands about accounts say: why an account is here, what it owes, and what proves it."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from msp_billing.domain.dunning.dunning_policy import Exemption
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.receivables.account_view import view_account
from tests.mspbill.account_desk import Desk
from tests.mspbill.followed_account import Followed, held

ACCOUNT = "white-pine-credit-union"
ENGINEER, BILLING = "engineer@krgroup.example", "accounting@krgroup.example"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """$3,150.00 due 30 October and $480.50 due 30 November; it is 24 November, credit hold."""
    return Desk(held(), monkeypatch)


# --- Why is it here, and what happens when? ------------------------------------------------------


@pytest.mark.rule("KR-14", "DUN-01")
def test_an_account_says_where_it_is_why_and_what_clears_it(desk: Desk) -> None:
    # Due 30 October; the hold comes 15 days after, on 14 November, a Saturday: Monday the 16th.
    # Everything outstanding has to be paid: 3,150.00 + 480.50 = 3,630.50.
    told = desk.words("account", ACCOUNT)
    for words in (
        "White Pine Community Credit Union (white-pine-credit-union) On credit hold since 16 "
        "November 2026, 13:00 EST",
        "Placed on credit hold: $3,150.00 overdue since 30 October 2026.",
        "Policy: Missed payments. If you miss the payment, you receive communication",
        "Balance $3,630.50 Overdue $3,150.00 May buy no Support yes Services on",
        "KRG-000012 30 October 2026, 25 days ago $3,150.00 KRG-000013 30 November 2026 $480.50",
        "By age: $480.50 not due, $3,150.00 1 to 30 days overdue.",
        "A payment of $3,630.50. Then the hold ends with the approval of: Engineer and Billing "
        "team.",
    ):
        assert words in told


@pytest.mark.rule("KR-15", "DUN-03")
def test_it_says_what_happens_on_which_day_if_nothing_is_paid(desk: Desk) -> None:
    # 16 November + 23 days = 9 December; + 30 days = 16 December.
    told = desk.words("account", ACCOUNT)
    assert (
        "What happens next, if nothing is paid When What 9 December 2026 Letter: Your services "
        "will be shut off 16 December 2026 Your account is on service hold (on service hold)"
    ) in told


def test_what_is_foreseen_is_what_happens(desk: Desk) -> None:
    followed = desk.followed
    view = view_account(followed.ports, followed.provider, ACCOUNT)
    assert [(step.step, step.on) for step in view.coming] == [
        ("service-hold-warning", date(2026, 12, 9)),
        ("service-hold", date(2026, 12, 16)),
    ]
    followed.days(30)
    view = view_account(followed.ports, followed.provider, ACCOUNT)
    taken = {entry.taken.step: entry.taken.taken_at.date() for entry in view.steps}
    assert taken["service-hold-warning"] == date(2026, 12, 9)
    assert taken["service-hold"] == date(2026, 12, 16)
    assert view.coming == ()


def test_no_line_is_wider_than_the_terminal_and_no_amount_is_cut(desk: Desk) -> None:
    for arguments in (
        ("account", ACCOUNT, "--all"),
        ("aging",),
        ("statement", ACCOUNT),
    ):
        told = desk(*arguments)
        assert max(len(line) for line in told.splitlines()) <= 80
        assert "…" not in told
        assert "3,150.00" in told


def test_history_is_newest_first_and_letters_are_in_it_when_everything_is_asked_for(
    desk: Desk,
) -> None:
    desk.followed.pay("100.00")
    told = desk.words("account", ACCOUNT)
    _, history = told.split("History, newest first")
    assert history.index("Payment by wire, W-1 -$100.00") < history.index("→ on credit hold")
    assert history.index("→ on credit hold") < history.index("Invoice KRG-000012, Agreement")
    assert "letter 1" not in history
    assert "letter 1 was delivered" in desk.words("account", ACCOUNT, "--all")


def test_the_same_as_json(desk: Desk) -> None:
    told = desk.json("account", ACCOUNT)
    assert told["state"] == "credit_hold"
    assert told["clause"]["clause"] == "missed-payments"
    assert told["clearing"]["amount"] == "3630.50"
    assert [step["on"] for step in told["coming"]] == ["2026-12-09", "2026-12-16"]
    assert [entry["document"] for entry in told["documents"]] == ["KRG-000012", "KRG-000013"]


@pytest.mark.rule("DUN-09")
def test_a_letter_that_bounced_is_shown_and_a_person_can_say_that_it_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    followed = Followed("kr-group", ACCOUNT, date(2026, 10, 15))
    followed.becomes = lambda mail: (
        MailState.BOUNCED if mail.id.kind == "dunning" else MailState.DELIVERED
    )
    followed.invoice("KRG-000012", date(2026, 10, 15), date(2026, 10, 30), "3150.00")
    followed.days(40)
    desk = Desk(followed, monkeypatch)
    told = desk.words("account", ACCOUNT)
    assert "Overdue since" in told  # no hold without a notice that somebody got
    assert "a person has to decide that the notice counts" in told
    assert "waits for a person" in told
    said = ("--by", "pat@krgroup.example", "--why", "told by phone")
    desk("override-notice", ACCOUNT, "past-due", *said)
    told = desk.words("account", ACCOUNT)
    assert "counts by the word of pat@krgroup.example: told by phone" in told
    assert "a person has to decide" not in told
    desk("override-notice", ACCOUNT, "no-such-step", *said, code=2)


@pytest.mark.rule("DUN-08")
def test_a_dispute_is_shown_with_what_it_covers(desk: Desk) -> None:
    desk(
        *("dispute", ACCOUNT, "--invoice", "KRG-000012", "--amount", "$1,000.00"),
        *("--until", "2026-12-20", "--by", "pat", "--why", "two servers too many"),
    )
    told = desk.words("account", ACCOUNT)
    assert "$1,000.00 disputed" in told
    assert "Dispute dispute-1: $1,000.00 of KRG-000012, until 20 December 2026" in told
    # 3,630.50 - 1,000.00
    assert "A payment of $2,630.50. $1,000.00 is disputed and need not be paid for it." in told
    desk(
        *("end-pause", ACCOUNT, "dispute-1", "--how", "upheld", "--by", "pat", "--why", "credited")
    )
    assert "Dispute dispute-1: $1,000.00 of KRG-000012, over (upheld: credited)" in desk.words(
        "account", ACCOUNT
    )


@pytest.mark.rule("DUN-10")
def test_what_an_account_is_spared_is_shown_while_it_is(desk: Desk) -> None:
    exemption = Exemption(
        exempt_from="service_hold",
        reason="A clinic: people would come to harm.",
        approved_by="Pat",
        until=date(2026, 12, 31),
    )
    book = desk.followed.ports.book
    account = book.find("kr-group", ACCOUNT).account
    spared = account.dunning.model_copy(update={"exemptions": (exemption,)})
    book.put("kr-group", [account.model_copy(update={"dunning": spared})])
    told = desk.words("account", ACCOUNT)
    assert "Spared until 31 December 2026: service hold. A clinic: people would" in told
    assert "16 December 2026 Your account is on service hold" not in told
    desk.followed.ports.clock.pass_days(60)
    assert "Spared until" not in desk("account", ACCOUNT)


def test_an_account_that_owes_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(Followed("kr-group", ACCOUNT, date(2026, 10, 15)), monkeypatch)
    told = desk.words("account", ACCOUNT)
    assert "In good standing" in told
    assert "What is open Nothing." in told
    assert "What happens next" not in told
    assert "What clears it" not in told


def test_a_name_that_is_spelt_wrong_is_told_what_is_like_it(desk: Desk) -> None:
    told = desk("account", "white-pine", code=2)
    assert "kr-group has no account 'white-pine'. Did you mean white-pine-credit-union?" in told


# --- May it? -------------------------------------------------------------------------------------


@pytest.mark.rule("DUN-07")
@pytest.mark.parametrize(
    ("days", "question", "code"),
    [
        (0, ("buy",), 4),
        (0, ("support",), 0),
        (0, ("service", "antivirus"), 0),
        (30, ("support",), 4),
        (30, ("service", "antivirus"), 4),
        (30, ("service", "backup"), 0),  # protected
    ],
)
def test_what_an_account_may_do_is_answered_with_the_reason(
    desk: Desk, days: int, question: tuple[str, ...], code: int
) -> None:
    desk.followed.days(days)
    told = desk("may", ACCOUNT, *question, code=code)
    assert told.startswith("No." if code else "Yes.")
    answer = desk.json("may", ACCOUNT, *question, code=code)
    assert answer["allowed"] is (code == 0)
    assert answer["reason"] in " ".join(told.split())


def test_a_question_that_makes_no_sense_is_refused(desk: Desk) -> None:
    assert "which service" in desk("may", ACCOUNT, "service", code=2)
    assert "buy, support, service" in desk("may", ACCOUNT, "fly", code=2)


# --- By age, and statements ----------------------------------------------------------------------


def test_aging_lists_who_owes_with_totals(desk: Desk) -> None:
    told = desk.words("aging")
    assert "What is owed on 24 November 2026, in USD, by days overdue" in told
    assert "white-pine-credit-union 480.50 3,150.00 3,630.50 on credit hold" in told
    assert "1 account 480.50 3,150.00 3,630.50" in told
    totals = desk.json("aging")["totals"]
    assert totals[0]["amounts"]["1-30"] == "3150.00"


def test_large_amounts_in_every_bucket_are_never_cut(desk: Desk) -> None:
    for number, due in enumerate(("06-01", "08-25", "09-25", "10-25", "12-25")):
        day = date.fromisoformat(f"2026-{due}")
        desk.followed.invoice(f"KRG-9{number}", day, day, "123456789.25")
    told = desk("aging")
    assert "…" not in told
    # Not due: 123,456,789.25 + 480.50. 1-30: + 3,150.00. 31-60: one. Over 90, from 25 August on
    # 91 days: two. Together 5 x 123,456,789.25 + 3,630.50.
    for amount in (
        "123,457,269.75",
        "123,459,939.25",
        "123,456,789.25",
        "246,913,578.50",
        "617,287,576.75",
    ):
        assert told.count(amount) == 2  # of the account, and in the total
    assert "white-pine-credi" in told


def test_aging_of_a_day_before_knows_only_what_was_known_then(desk: Desk) -> None:
    desk.followed.pay("3150.00")  # on 24 November
    assert "3,150.00" not in desk("aging")
    assert "white-pine-credit-union 480.50 3,150.00 3,630.50" in desk.words(
        "aging", "--on", "2026-11-20"
    )
    assert "Nobody owes anything." in desk("aging", "--on", "2026-10-01")
    assert "Nobody owes anything." in desk("aging", "--overdue")


def test_a_statement_has_every_movement_with_the_balance_after_it(desk: Desk) -> None:
    desk.followed.pay("1000.00")
    told = desk.words("statement", ACCOUNT)
    for words in (
        "Statement from 1 September 2026 to 24 November 2026",
        "Balance before $0.00",
        "15 October 2026 Invoice KRG-000012, Agreement +$3,150.00 $3,150.00 due 30 October 2026",
        "24 November 2026 Payment by wire, W-1 -$1,000.00 $2,630.50 Balance $2,630.50",
    ):
        assert words in told
    made = desk.json("statement", ACCOUNT, "--from", "2026-11-01", "--to", "2026-11-10")
    assert made["opening_balance"] == "3150.00"
    assert [line["document"] for line in made["lines"]] == ["KRG-000013"]


def test_a_statement_that_cannot_be_is_refused(desk: Desk) -> None:
    days = ("--from", "2026-12-01", "--to", "2026-11-01")
    assert "cannot end on" in desk("statement", ACCOUNT, *days, code=2)
    assert "no --from and no --to" in desk("statement", ACCOUNT, "--final", *days, code=2)
    assert "is no day" in desk("statement", ACCOUNT, "--from", "31.12.2026", code=2)


# --- Proof ---------------------------------------------------------------------------------------


def bundle(desk: Desk, out: Path, *, code: int = 0) -> dict[str, bytes]:
    desk("evidence", ACCOUNT, "--out", out, code=code)
    with zipfile.ZipFile(out) as found:
        return {name: found.read(name) for name in found.namelist()}


def released(desk: Desk) -> None:
    """Paid, and let out by two keys."""
    desk.followed.pay("3630.50")
    for role, by in (("engineer", ENGINEER), ("billing", BILLING)):
        desk("release", "approve", ACCOUNT, "--role", role, "--by", by, "--why", "all is well")


def test_evidence_tells_the_story_in_order_and_has_what_is_behind_it(
    desk: Desk, tmp_path: Path
) -> None:
    released(desk)
    files = bundle(desk, tmp_path / "evidence.zip")
    page = files["index.html"].decode()
    order = (
        "Invoice KRG-000012, Agreement",
        "Case 1 was opened",
        "letter 1 was delivered",
        "(on credit hold)",
        "Payment by wire, W-1",
        "Billing team approved the end of the hold",
        "(in good standing)",
    )
    places = [page.index(words, page.index("What happened")) for words in order]
    assert places == sorted(places)
    attempts = list(csv.DictReader(io.StringIO(files["notices/attempts.csv"].decode("utf-8-sig"))))
    assert [row["step"] for row in attempts] == ["past-due", "credit-hold-warning", "credit-hold"]
    assert all(row["delivered_at"] for row in attempts)
    letters = [name for name in files if name.endswith("-dunning.eml")]
    assert len(letters) == 3  # two notices and the hold's
    warning = message_from_bytes(
        files["notices/2026-11-c1-credit-hold-warning-1-dunning.eml"], policy=policy.default
    )
    assert "please pay by 15 November 2026" in warning["Subject"]
    assert 'href="notices/2026-11-c1-credit-hold-warning-1-dunning.eml"' in page
    approvals = files["approvals/approvals.csv"].decode("utf-8-sig")
    assert [line.split(",")[:2] for line in approvals.splitlines()[1:]] == [
        ["engineer", ENGINEER],
        ["billing", BILLING],
    ]
    ledger = list(csv.DictReader(io.StringIO(files["ledger/entries.csv"].decode("utf-8-sig"))))
    assert ledger[-1]["balance"] == "0.00"
    assert b'"misfit": null' in files["ledger/verified.json"]
    assert b"W-1" in files["payments/payments.json"]


def test_the_same_evidence_is_the_same_bytes_and_its_hashes_are_right(
    desk: Desk, tmp_path: Path
) -> None:
    files = bundle(desk, tmp_path / "one.zip")
    bundle(desk, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    lines = [line.split("  ") for line in files["SHA256SUMS"].decode().splitlines()]
    sums = {name: told for told, name in lines}
    assert sums.keys() == files.keys() - {"SHA256SUMS"}
    for name, told in sums.items():
        assert hashlib.sha256(files[name]).hexdigest() == told


def test_evidence_holds_no_key_that_could_approve(desk: Desk, tmp_path: Path) -> None:
    followed = desk.followed
    followed.pay("3630.50")
    release = followed.standing.release
    assert release is not None
    asked = followed.standing.model_copy(
        update={
            "version": followed.standing.version + 1,
            "release": release.model_copy(update={"task_token": "a-waiting-task"}),
        }
    )
    assert followed.ports.standings.change(followed.standing, asked)
    for content in bundle(desk, tmp_path / "evidence.zip").values():
        assert b"a-waiting-task" not in content
        assert b"secret_sha256" not in content


def test_a_text_that_looks_like_a_formula_stays_a_text(desk: Desk, tmp_path: Path) -> None:
    desk(
        *("dispute", ACCOUNT, "--amount", "1", "--until", "2026-12-20"),
        *("--by", "=HYPERLINK(1)", "--why", "x"),
    )
    history = bundle(desk, tmp_path / "evidence.zip")["transitions/history.csv"].decode()
    assert "'=HYPERLINK(1)" in history


def test_evidence_is_never_written_over_something(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "evidence.zip"
    out.write_text("mine")
    assert "is there already" in desk.words("evidence", ACCOUNT, "--out", out, code=2)
    assert out.read_text() == "mine"
    missing = tmp_path / "no" / "evidence.zip"
    assert "lies in no folder" in desk.words("evidence", ACCOUNT, "--out", missing, code=2)


def test_every_ledger_is_proved_and_a_changed_entry_is_named(desk: Desk, tmp_path: Path) -> None:
    assert "14 ledgers with 2 entries fit." in desk("verify-ledger")
    kept = desk.followed.ports.ledgers.kept["kr-group", ACCOUNT]
    kept[1] = kept[1].model_copy(update={"title": "Invoice KRG-000013, Something else"})
    told = desk.words("verify-ledger", ACCOUNT, code=1)
    assert "white-pine-credit-union does not fit Entry 2: entry 2 (KRG-000013) was changed" in told
    proofs = desk.json("verify-ledger", ACCOUNT, code=1)
    assert proofs[0]["misfit"]["sequence"] == 2
    page = bundle(desk, tmp_path / "evidence.zip", code=1)["index.html"].decode()
    assert "The ledger does not fit at entry 2" in page


def test_a_ledger_of_nobody_is_not_said_to_fit(desk: Desk) -> None:
    told = desk.words("verify-ledger", "white-pine-credit-unoin", code=2)
    assert f"has no account 'white-pine-credit-unoin'. Did you mean {ACCOUNT}?" in told


def test_only_looking_never_asks_to_change(desk: Desk) -> None:
    for arguments in (("account", ACCOUNT), ("aging",), ("statement", ACCOUNT), ("queue",)):
        desk(*arguments)
    assert set(desk.asked_to_change) == {False}
