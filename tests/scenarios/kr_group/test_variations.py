"""What would be billed had one thing been different; worked out by hand like the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from mspbill import replay
from tests.scenarios.kr_group.scenario_books import MONTHS, part_of
from tests.scenarios.kr_group.scenario_directory import write_directory

MARCH, APRIL, MAY = (Period(year=2028, month=month) for month in (3, 4, 5))


def figures(outcome: AccountOutcome) -> list[tuple[str, str, int, str]]:
    return [
        (part_of(invoice), line.product, int(line.quantity), str(line.amount.amount))
        for invoice in outcome.invoices
        for line in invoice.lines
    ]


@pytest.mark.rule("KR-10")
def test_notice_that_comes_after_an_invoice_in_advance(tmp_path: Path) -> None:
    """Cedar Yard writes on 20 February, when March has been invoiced, and leaves as before.

    By hand: March is on the invoices of 15 February with 200.00 and 600.00. Day 90 costs nothing
    more, so that the 200.00 are to be credited. Day 91 pays out April to November, 8 x 600.00 =
    4,800.00, on the invoice of 15 March: with March that is 5,400.00 as before.
    """
    path = write_directory(tmp_path / "book")
    account = path / "accounts" / "cedar-yard.yaml"
    late = account.read_text(encoding="utf-8").replace("2028-02-08", "2028-02-20")
    account.write_text(late, encoding="utf-8")
    with_notice = load_provider_directory(path)
    document = yaml.safe_load(late)
    for agreement in document["agreements"]:
        agreement.pop("ending", None)
    account.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    snapshots = replay.Snapshots(load_provider_directory(path))
    billed = replay.Replay(snapshots, MONTHS[0])
    march = billed.outcomes("agreement", MARCH)["cedar-yard"]
    assert figures(march) == [
        ("north", "USER-FT", 2, "200.00"),
        ("south", "USER-FT", 5, "500.00"),
        ("south", "USER-PT", 1, "57.50"),
        ("south", "MINIMUM", 1, "42.50"),
    ]
    snapshots.directory = with_notice
    april = billed.outcomes("agreement", APRIL)["cedar-yard"]
    assert figures(april) == [("south", "PAY-OUT", 8, "4800.00")]
    (finding,) = april.findings
    assert finding.code == "billed-after-end"
    assert "north" in finding.what
    assert "200.00" in finding.what
    may = billed.outcomes("agreement", MAY)["cedar-yard"]
    assert (figures(may), may.findings) == ([], ())


@pytest.mark.rule("KR-06")
def test_a_month_without_a_user_list_is_put_aside(tmp_path: Path) -> None:
    """The list of 12 July is missing; that of 12 June is 30 days old, and two days are allowed.

    By hand: 2028-08 is put aside. 2028-09 has 23 + 26 = 49 counted as before, and the contract
    stands where July's invoice left it, at 24: 49 x 95.00 = 4,655.00.
    """
    path = write_directory(tmp_path / "book")
    (path / "feeds/users/alder-clinic/2028-07-12T1200.csv").unlink()
    billed = replay.Replay(replay.Snapshots(load_provider_directory(path)), MONTHS[0])
    august = billed.outcomes("agreement", Period.parse("2028-08"))["alder-clinic"]
    assert (august.parked, august.invoices) == (True, ())
    september = billed.outcomes("agreement", Period.parse("2028-09"))["alder-clinic"]
    assert figures(september)[0] == ("managed-it", "USER-FT", 49, "4655.00")
    contracted = september.invoices[0].lines[0].reason.contracted
    assert contracted is not None
    assert (contracted.counted, contracted.contracted) == (49, 24)


@pytest.mark.rule("KR-09", "KR-11")
@pytest.mark.parametrize(
    ("renewal", "february", "april"),
    [
        # 300.00 + 57.50 = 357.50 at the list of 1 February 2028; 15% are 53.625, half up 53.63.
        ({"renews": "term"}, "303.87", "303.87"),
        ({"renews": "term", "renewal_years": 3}, "321.75", "321.75"),  # 357.50 - 35.75
        ({"renews": "term", "renewal_years": 1}, "357.50", "357.50"),  # no discount for a year
        ({"renews": "monthly"}, "357.50", "366.00"),  # 3 x 102.00 + 60.00, the list of 1 April
    ],
    ids=["five-years", "three-years", "one-year", "monthly"],
)
def test_the_lab_renews_itself_without_notice(
    tmp_path: Path, renewal: dict[str, Any], february: str, april: str
) -> None:
    path = write_directory(tmp_path / "book")
    account = path / "accounts" / "birch-works.yaml"
    document = yaml.safe_load(account.read_text(encoding="utf-8"))
    lab = next(one for one in document["agreements"] if one["agreement"] == "lab")
    del lab["ending"], lab["renews"]
    lab |= renewal
    account.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    billed = replay.Replay(replay.Snapshots(load_provider_directory(path)), MONTHS[0])
    totals = [
        str(invoice.total.amount)
        for month in ("2028-01", "2028-02", "2028-04")
        for invoice in billed.outcomes("agreement", Period.parse(month))["birch-works"].invoices
        if part_of(invoice) == "lab"
    ]
    assert totals == ["287.55", february, april]


@pytest.mark.rule("KR-11")
@pytest.mark.parametrize(
    ("notice_on", "totals"),
    [
        ("2027-12-02", ["287.55"]),  # 29 + 31 days: 31 January, the end of the term
        ("2027-12-03", ["287.55", "357.50"]),  # one day late: 1 February, and February whole
    ],
)
def test_the_last_day_on_which_notice_is_in_time(
    tmp_path: Path, notice_on: str, totals: list[str]
) -> None:
    path = write_directory(tmp_path / "book")
    account = path / "accounts" / "birch-works.yaml"
    text = account.read_text(encoding="utf-8")
    account.write_text(text.replace("2028-01-10", notice_on), encoding="utf-8")
    billed = replay.Replay(replay.Snapshots(load_provider_directory(path)), MONTHS[0])
    found = [
        str(invoice.total.amount)
        for month in ("2028-01", "2028-02", "2028-03")
        for invoice in billed.outcomes("agreement", Period.parse(month))["birch-works"].invoices
        if part_of(invoice) == "lab"
    ]
    assert found == totals
