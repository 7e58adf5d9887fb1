"""A month beside the old system: every amount in one row, and a reason for every difference."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mspbill.shadow import DifferenceKind, ShadowLine, totals
from mspbill.shadow_pairing import compare_lines, kind_of
from tests.mspbill.old_files import CONNECTWISE, SAMPLES, OldSystem, samples

SALES = SAMPLES / "quickbooks" / "sales-2026-12.csv"
DECEMBER = ("--period", "2026-12", "--from", "quickbooks", "--dates", "mdy")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> OldSystem:
    brought_in = OldSystem(tmp_path_factory.mktemp("old"))
    brought_in.map("MS-SRV,SERVER,,")
    brought_in.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    return brought_in


def shadow(old: OldSystem, *more: object) -> tuple[object, ...]:
    return ("shadow", old.into, "--against", SALES, *DECEMBER, *more)


# --- The command ---------------------------------------------------------------------------------


def test_differences_come_with_both_sides_and_what_was_counted(old: OldSystem) -> None:
    before = old.state
    told = old.call(*shadow(old), code=4)
    assert "Old system $414.20" in told
    assert "Here $464.40" in told
    assert (
        "+$85.10 harbor-and-co, Managed server: quantity there: 2 x $85.10 = $170.20 here: 3 x "
        "$85.10 = $255.30 why: 3 x 85.10 = 255.30; counted: Servers (HRB-SRV-1, HRB-SRV-2, "
        "HRB-SRV-5); joined HRB-SRV-5; price book 1, from 2026-01-01" in told
    )
    assert "nobody has said in import-mapping.csv what 'SHREDDING' is" in told
    assert old.state == before


def test_the_totals_add_up_by_kind(old: OldSystem) -> None:
    answer = old.json(*shadow(old), code=4)
    (total,) = answer["totals"]
    assert total == {
        "currency": "USD",
        "old": "414.20",
        "new": "464.40",
        "difference": "50.20",
        "by_kind": {
            "same": {"lines": 2, "difference": "0.00"},
            "description only": {"lines": 1, "difference": "0.00"},
            "only in old": {"lines": 1, "difference": "-35.00"},
            "quantity": {"lines": 1, "difference": "85.10"},
            "price": {"lines": 1, "difference": "0.10"},
        },
    }


def test_it_ends_well_only_when_every_difference_has_a_reason(
    old: OldSystem, tmp_path: Path
) -> None:
    draft, known = tmp_path / "draft.csv", tmp_path / "known.csv"
    old.call(*shadow(old, "--draft", draft), code=4)
    rows = draft.read_text("utf-8-sig").splitlines()
    assert rows[1] == "harbor-and-co,SERVER,Managed server,quantity,85.10,USD,"
    # Without a reason it is not known.
    assert old.json(*shadow(old, "--known", draft), code=4)["ok"] is False
    known.write_text("\n".join([rows[0], *(f"{row}looked at" for row in rows[1:])]) + "\n")
    told = old.call(*shadow(old, "--known", known))
    assert "known: harbor-and-co, Managed server: +$85.10 (looked at)" in told
    assert "Every difference is known." in told
    # Another amount is another difference, and the old row is named as no longer there.
    known.write_text(known.read_text().replace("85.10", "170.20"))
    told = old.call(*shadow(old, "--known", known), code=4)
    assert "no longer there: harbor-and-co, SERVER: quantity, 170.20 USD (line 2)" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("account,product\n", "It lacks the column 'description'"),
        ("account,product,description,kind,difference,currency,reason\na,b,c,odd,1,USD,x\n",
         "'odd' is no kind of difference"),
        ("account,product,description,kind,difference,currency,reason\na,b,c,price,1o,USD,x\n",
         "'1o' is no amount"),
    ],
)  # fmt: skip
def test_known_differences_that_cannot_be_read_are_refused(
    old: OldSystem, tmp_path: Path, text: str, said: str
) -> None:
    known = tmp_path / "known.csv"
    known.write_text(text)
    assert said in old.call(*shadow(old, "--known", known), code=2)


def test_what_the_mapping_leaves_out_is_known(old: OldSystem, tmp_path: Path) -> None:
    copied = OldSystem(tmp_path)
    copied.map("MS-SRV,SERVER,,", "SHREDDING,-,,")
    copied.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    told = copied.call(*shadow(copied), code=4)
    assert "known: harbor-and-co, Paper shredding: -$35.00 (import-mapping.csv leaves it" in told


def test_a_workbook_has_sums_that_are_formulas(old: OldSystem, tmp_path: Path) -> None:
    out = tmp_path / "december.xlsx"
    old.call(*shadow(old, "--out", out), code=4)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["Summary", "Differences", "Every line"]
    summary = {row[0].value: row[2].value for row in book["Summary"].iter_rows() if row[0].value}
    assert summary["Old system"] == 414.2
    assert str(summary["Here"]).startswith("=SUM(")
    values = openpyxl.load_workbook(out, data_only=True)["Summary"]
    assert {row[0].value: row[2].value for row in values.iter_rows()}["Here"] == 464.4
    lines = [[cell.value for cell in row] for row in book["Every line"].iter_rows()]
    assert sum(1 for line in lines if "harbor-and-co" in line) == 3
    old.call(*shadow(old, "--out", out), code=2)


def test_another_month_or_another_report_is_refused(old: OldSystem) -> None:
    wrong = ("shadow", old.into, "--against", SALES, "--from", "quickbooks", "--dates", "mdy")
    assert "is of 2026-12-01, and the month is 2026-09" in old.call(
        *wrong, "--period", "2026-09", code=2
    )
    other = SAMPLES / "quickbooks" / "open-invoices.csv"
    told = old.call("shadow", old.into, "--against", other, *DECEMBER, code=2)
    assert "This is QuickBooks open invoices, and not invoices line by line" in told
    assert "no run 'x'" in old.call(*shadow(old, "--run", "x"), code=2)


def test_a_parked_account_says_why_nothing_stands_beside_its_lines(tmp_path: Path) -> None:
    copied = OldSystem(tmp_path)
    copied.map("MS-SRV,SERVER,,")
    copied.take("connectwise", *samples("connectwise", CONNECTWISE), code=4)
    (copied.into / "feeds" / "devices" / "2026-12-01.csv").unlink()
    told = copied.call(*shadow(copied), code=4)
    assert "birch-dental is parked:" in told
    assert "Here $0.00" in told


# --- Pairing -------------------------------------------------------------------------------------


def line(amount: str, **changes: object) -> ShadowLine:
    made = ShadowLine("acme", "PC", "Support", Decimal(1), Decimal(amount), Decimal(amount), "USD")
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old_line", "new_line", "kind"),
    [
        (line("5"), line("5"), "same"),
        (line("5"), line("5", description="Care"), "description only"),
        (line("5"), None, "only in old"),
        (None, line("5"), "only in new"),
        (line("5"), line("10", quantity=Decimal(2), unit_price=Decimal(5)), "quantity"),
        (line("5"), line("6"), "price"),
        (line("5"), line("12", quantity=Decimal(2), unit_price=Decimal(6)), "quantity and price"),
        (line("5"), line("5.01", unit_price=Decimal("5.005")), "rounding"),
        (line("5"), line("7", unit_price=Decimal(5)), "amount"),
        (line("5", is_tax=True), line("6", is_tax=True), "tax"),
        (line("5", is_tax=True), None, "tax"),
    ],
)
def test_every_kind_of_difference(
    old_line: ShadowLine | None, new_line: ShadowLine | None, kind: str
) -> None:
    assert kind_of(old_line, new_line) is DifferenceKind(kind)


def test_lines_of_one_product_are_paired_by_what_is_most_alike() -> None:
    theirs = [line("3"), line("7"), line("9", site="North")]
    ours = [line("9.50", site="North"), line("7"), line("3")]
    rows = compare_lines(theirs, ours)
    assert [(row.old_amount, row.new_amount) for row in rows] == [
        (Decimal(3), Decimal(3)),
        (Decimal(7), Decimal(7)),
        (Decimal(9), Decimal("9.50")),
    ]


def test_several_lines_that_come_to_one_are_the_same() -> None:
    """One invoice lists each site, the other the sum."""
    rows = compare_lines([line("5"), line("5")], [line("10", quantity=Decimal(2))])
    assert [(row.kind, row.difference) for row in rows] == [
        (DifferenceKind.DESCRIPTION, Decimal(0))
    ]


def test_a_product_that_nobody_mapped_is_found_by_its_description() -> None:
    (row,) = compare_lines([line("5", product="", description="SUPPORT ")], [line("5")])
    assert row.kind is DifferenceKind.SAME


_AMOUNTS = st.integers(-500, 500).map(lambda cents: Decimal(cents) / 100)
_LINES = st.lists(
    st.builds(
        ShadowLine,
        account=st.sampled_from(["acme", "birch"]),
        product=st.sampled_from(["PC", "SERVER", ""]),
        description=st.sampled_from(["Support", "Care"]),
        quantity=st.integers(0, 5).map(Decimal),
        unit_price=_AMOUNTS,
        amount=_AMOUNTS,
        currency=st.sampled_from(["USD", "CAD"]),
        is_tax=st.booleans(),
        left_out=st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(_LINES, _LINES)
def test_no_amount_is_lost_or_counted_twice(old: list[ShadowLine], new: list[ShadowLine]) -> None:
    rows = compare_lines(old, new)
    for total in totals(rows):
        theirs = sum((e.amount for e in old if e.currency == total.currency), Decimal(0))
        ours = sum((e.amount for e in new if e.currency == total.currency), Decimal(0))
        assert (total.old, total.new) == (theirs, ours)
        assert sum((amount for _, amount in total.by_kind.values()), theirs) == ours
