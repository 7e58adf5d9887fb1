"""What holds in each of the fourteen months, whatever the figures are."""

from __future__ import annotations

from collections import Counter

import pytest

from msp_billing.domain.comparison import compare
from msp_billing.domain.invoices import LineKind
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import OutcomeKind, find_gaps
from msp_billing.domain.periods import Period
from mspbill import replay
from tests.scenarios.kr_group.scenario_books import ACCOUNTS, MONTHS, RUNS, Books, part_of

STANDING = {  # worked out by hand: the first and the last service month of each agreement
    ("alder-clinic", "managed-it"): ("2027-12", "2029-01"),
    ("alder-clinic", "backup"): ("2027-12", "2029-01"),
    ("alder-clinic", "microsoft-365"): ("2027-12", "2029-01"),
    ("alder-clinic", "onboarding"): ("2027-12", "2029-01"),
    ("birch-works", "mill"): ("2027-12", "2029-01"),
    ("birch-works", "shop"): ("2027-12", "2028-10"),
    ("birch-works", "lab"): ("2027-12", "2028-03"),
    ("cedar-yard", "north"): ("2027-12", "2028-02"),
    ("cedar-yard", "south"): ("2027-12", "2028-02"),
    ("cedar-yard", "voice"): ("2027-12", "2028-02"),
}
CLOSING = {  # after its end an agreement has an outcome where something was left to bill (MSA-05)
    ("agreement", "2028-03", "cedar-yard", "south"),
    ("recurring-charges", "2028-04", "cedar-yard", "voice"),
}


def test_lines_sum_to_totals_and_counts_are_their_items(kr_books: Books) -> None:
    seen = 0
    for invoice in kr_books.invoices():
        assert invoice.total == total((line.amount for line in invoice.lines), "USD")
        for line in invoice.lines:
            evidence = invoice.evidence(line)
            if evidence is None:
                continue
            seen += 1
            count, contracted = evidence.count, line.reason.contracted
            assert count.quantity == len(count.items) == len({item.key for item in count.items})
            assert count.quantity == (contracted.counted if contracted else line.quantity)
    assert seen > len(MONTHS)


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("run", RUNS)
def test_comparisons_tie_out_to_both_invoices(kr_books: Books, run: str, account: str) -> None:
    for month in MONTHS:
        outcome = kr_books.outcomes[run, month, account]
        before = kr_books.outcomes.get((run, month.shifted(-1), account))
        previous = before.invoices if before else ()
        found = compare(account, outcome.account_name, month, "USD", outcome.invoices, previous)
        for side, invoices in (("current", outcome.invoices), ("previous", previous)):
            summed = total((invoice.total for invoice in invoices), "USD")
            assert getattr(found, f"{side}_total") == summed
            rows = (getattr(row, f"{side}_amount") for row in found.rows)
            assert total(rows, "USD") == summed


def test_no_agreement_is_billed_twice_or_forgotten(kr_books: Books) -> None:
    for run in RUNS:
        for month in MONTHS:
            wanted = [key for key, (first, last) in STANDING.items() if first <= str(month) <= last]
            wanted += [key[2:] for key in CLOSING if key[:2] == (run, str(month))]
            outcomes = [
                (account, entry)
                for account in ACCOUNTS
                for entry in kr_books.outcomes[run, month, account].agreements
            ]
            recorded = [(account, entry.agreement) for account, entry in outcomes]
            if run == "service":  # work after the end goes to the last agreement listed
                recorded = [key for key in recorded if key in wanted]
            assert find_gaps(wanted, recorded) == ()
            if run != "service":
                billed = [
                    (account, entry.agreement)
                    for account, entry in outcomes
                    if entry.kind is OutcomeKind.BILLED
                ]
                parts = [
                    (account, part_of(invoice))
                    for account in ACCOUNTS
                    for invoice in kr_books.outcomes[run, month, account].invoices
                ]
                assert sorted(billed) == sorted(parts)


@pytest.mark.rule("KR-05", "KR-08", "KR-10", "MSA-05")
def test_every_one_time_charge_is_billed_once(kr_books: Books) -> None:
    charges = Counter(
        line.charge
        for invoice in kr_books.invoices()
        for line in invoice.lines
        if line.charge is not None and line.kind is not LineKind.TIME
    )
    assert sorted(charges) == [
        "order:hand-over:audit",
        "order:second-office:firewall",
        "order:third-office:audit",
        "order:third-office:firewall",
        "order:two-sites:audits",
        "order:two-sites:firewall-east",
        "order:two-sites:firewall-west",
        "pay-out:south:agreement",
    ]
    assert set(charges.values()) == {1}
    entries = Counter(
        (line.work.entry, line.product)
        for invoice in kr_books.invoices()
        for line in invoice.lines
        if line.work is not None
    )
    assert set(entries.values()) == {1}
    chargeable = "01 03 04 05 06 07 08 09 10 11 13 14 16 17 18 19 31 32 33 40 41"
    assert {entry for entry, _ in entries} == {f"T-{number}" for number in chargeable.split()}


@pytest.mark.rule("KR-04")
def test_recurring_charges_come_from_the_5th_to_the_15th_and_first(kr_books: Books) -> None:
    policy = kr_books.directory.policy
    for month in (*MONTHS, Period.parse("2029-02")):
        recurring = replay.plan_of(policy, "recurring-charges", month)
        agreement = replay.plan_of(policy, "agreement", month)
        assert 5 <= recurring.invoice_on.day <= 15
        assert recurring.invoice_on < agreement.invoice_on
        assert Period.of(recurring.invoice_on) == Period.of(agreement.invoice_on)


@pytest.mark.rule("KR-05", "KR-12")
def test_a_service_invoice_shows_the_hours_that_passed(kr_books: Books) -> None:
    hours: dict[tuple[str, bool], float] = {}
    for invoice in kr_books.invoices("alder-clinic"):
        for _, work in invoice.time_details:
            assert work.engineer
            assert work.ticket
            for span in work.spans:
                key = (work.entry, work.after_hours)
                passed = (span.ends_at - span.starts_at).total_seconds() / 3600
                hours[key] = hours.get(key, 0) + passed
    assert hours["T-10", True] == 7  # clocks went forward
    assert hours["T-17", True] == 9  # clocks went back
    assert hours["T-05", True] * 60 == 70  # 17:00 to 18:10; what was before is covered
    assert ("T-05", False) not in hours
    assert (hours["T-07", False] * 60, hours["T-07", True] * 60) == (10, 20)


@pytest.mark.rule("KR-02")
def test_users_are_listed_by_kind_so_that_they_can_be_checked(kr_books: Books) -> None:
    months = {}
    for invoice in kr_books.invoices("birch-works"):
        if part_of(invoice) == "mill":
            by_kind = {
                line.product: {item.item_id for item in evidence.count.items}
                for line in invoice.lines
                if (evidence := invoice.evidence(line)) is not None
            }
            months[str(invoice.id.period)] = by_kind
    assert months["2028-09"]["USER-PT"] == {"mill-pt-001", "mill-pt-002", "mill-pt-003"}
    before, after = months["2028-09"]["USER-FT"], months["2028-10"]["USER-FT"]
    assert (before - after, after - before) == ({"mill-ft-003"}, {"mill-ft-102"})
