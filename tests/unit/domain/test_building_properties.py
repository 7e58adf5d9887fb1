"""What holds for every bill, whatever the account, the feed and the prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from msp_billing.domain.accounts import Account
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.invoices import Invoice, LineKind, PriceBasis
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.snapshots import SnapshotBatch
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    MUST_BE_PRICED,
    PROPERTY,
    TERM_DISCOUNTS,
    account,
    agreement_data,
    context,
    device,
    line_data,
    only_invoice,
    policy,
    run_data,
    snapshot,
)

SITES = ("dock", "pier", "quay")
PRODUCTS = ("PC", "SERVER", "SITE", "BACKUP", "SETUP", "OWN")
PRICES = st.one_of(
    st.none(),
    st.decimals(0, 500, places=4).map(lambda each: {"each": format(each, "f")}),
    st.decimals(0, 500, places=2).map(lambda flat: {"flat": format(flat, "f")}),
    st.tuples(st.integers(1, 4), st.integers(0, 90)).map(
        lambda tier: {"tiers": [{"up_to": tier[0], "each": 100}, {"up_to": None, "each": tier[1]}]}
    ),
)
DAYS = st.none() | st.dates(MARCH.shifted(-2).first_day, MARCH.shifted(1).last_day).map(str)


@st.composite
def lines(draw: st.DrawFn, number: int) -> dict[str, Any]:
    starts = draw(DAYS)
    return line_data(
        draw(st.sampled_from(PRODUCTS)),
        line=f"l{number}",
        subscriber=draw(st.sampled_from([None, "each", *SITES])),
        quantity=draw(st.integers(0, 40)) if draw(st.sampled_from([False, False, True])) else None,
        price=draw(PRICES),
        starts_on=starts,
        bill_once_in=draw(st.sampled_from([None, None, "2026-03", "2026-04"])),
    )


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    agreements = [
        agreement_data(
            *[draw(lines(number)) for number in range(draw(st.integers(1, 4)))],
            agreement=f"a{index}",
            starts_on=draw(st.sampled_from(["2025-01-01", "2026-03-17", "2026-04-01"])),
            term_years=draw(st.sampled_from([0, 3, 5])),
        )
        for index in range(draw(st.integers(1, 3)))
    ]
    for agreement in agreements:
        if agreement["starts_on"] == "2026-04-01":
            for line in agreement["lines"]:
                line["bill_once_in"] = None
    return account(*agreements, sites=SITES)


@st.composite
def feeds(draw: st.DrawFn) -> list[FeedRow]:
    count = draw(st.integers(0, 12))
    sites = [*SITES, *SITES, *draw(st.sampled_from([(), (), ("Mole", None)]))]
    return [
        device(
            f"d{index:02d}",
            draw(st.sampled_from(["PC", "Laptop", "Server", "Tablet"])),
            site=draw(st.sampled_from(sites)),
            online=draw(DAYS),
            offboarded=draw(DAYS),
            backup=draw(st.sampled_from(["yes", "no"])),
            row=index + 2,
        )
        for index in range(count)
    ]


def run(per: str, *demands: dict[str, str]) -> BuildContext:
    known = policy(
        runs=[run_data(invoice_per=per, must_be_priced=demands)], term_discounts=TERM_DISCOUNTS
    )
    return context(MARCH, known)


CONTEXTS = st.sampled_from([run("account"), run("agreement"), run("account", MUST_BE_PRICED)])


class Case(NamedTuple):
    where: BuildContext
    of: Account
    rows: list[FeedRow]


CASES = st.builds(Case, where=CONTEXTS, of=accounts(), rows=feeds())


def built(case: Case, previous: PreviousCounts = NO_PREVIOUS_COUNTS) -> Any:
    return build_account(case.where, snapshot(case.of, case.where, case.rows), previous)


@PROPERTY
@given(case=CASES)
def test_lines_sum_to_the_total_and_each_is_rounded(case: Case) -> None:
    for invoice in built(case).invoices:
        assert total((line.amount for line in invoice.lines), "USD") == invoice.total
        assert all(line.amount.rounded() == line.amount for line in invoice.lines)
        by_section = [invoice.section_total(section.subscriber) for section in invoice.sections]
        assert total(by_section, "USD") == invoice.total


@PROPERTY
@given(case=CASES)
def test_a_counted_quantity_is_the_number_of_items_it_names(case: Case) -> None:
    for invoice in built(case).invoices:
        for line in invoice.lines:
            evidence = invoice.evidence(line)
            if evidence is not None and line.reason.price_basis is not PriceBasis.FLAT:
                assert line.quantity == len(evidence.count.items)
                assert evidence.subscriber == line.subscriber
                assert len({item.item_id for item in evidence.count.items}) == line.quantity


@PROPERTY
@given(case=CASES)
def test_no_line_has_no_quantity_and_only_discounts_are_negative(case: Case) -> None:
    for invoice in built(case).invoices:
        for line in invoice.lines:
            assert line.quantity > 0
            assert (line.amount.amount <= 0) or line.kind is not LineKind.DISCOUNT
            assert (line.amount.amount >= 0) or line.kind is LineKind.DISCOUNT
        assert invoice.total.amount >= 0


@PROPERTY
@given(case=CASES)
def test_every_active_agreement_has_exactly_one_outcome(case: Case) -> None:
    outcome = built(case)
    active = [entry.agreement for entry in case.of.agreements if entry.active_in(MARCH)]
    assert [entry.agreement for entry in outcome.agreements] == active
    billed = {e.agreement for e in outcome.agreements if e.kind is OutcomeKind.BILLED}
    on_invoices = {line.reason.agreement for i in outcome.invoices for line in i.lines}
    assert billed == on_invoices


@PROPERTY
@given(case=CASES)
def test_parked_accounts_have_problems_and_no_invoice(case: Case) -> None:
    outcome = built(case)
    assert outcome.parked is bool(outcome.problems)
    if outcome.parked:
        assert outcome.invoices == ()
        assert all(problem.where == "tern-harbor" for problem in outcome.problems)
        assert len({str(problem) for problem in outcome.problems}) == len(outcome.problems)


@PROPERTY
@given(case=CASES)
def test_building_twice_gives_the_same_bytes(case: Case) -> None:
    first, second = built(case), built(case)
    assert first.model_dump_json() == second.model_dump_json()


@PROPERTY
@given(case=CASES, data=st.data())
def test_the_order_of_the_feed_does_not_matter(case: Case, data: st.DataObject) -> None:
    shuffled = case._replace(rows=data.draw(st.permutations(case.rows)))
    first, second = built(case), built(shuffled)
    assert [i.model_dump_json() for i in first.invoices] == [
        i.model_dump_json() for i in second.invoices
    ]
    assert first.agreements == second.agreements
    assert sorted(map(str, first.problems)) == sorted(map(str, second.problems))


@PROPERTY
@given(case=CASES)
def test_snapshots_and_invoices_come_back_from_json(case: Case) -> None:
    sealed = SnapshotBatch(
        provider="lantern",
        run="monthly",
        period=MARCH,
        batch=0,
        accounts=(snapshot(case.of, case.where, case.rows),),
    )
    again = SnapshotBatch.model_validate_json(sealed.model_dump_json())
    assert again == sealed
    replayed = build_account(case.where, again.accounts[0], NO_PREVIOUS_COUNTS)
    assert replayed.model_dump_json() == built(case).model_dump_json()
    for invoice in replayed.invoices:
        assert Invoice.model_validate_json(invoice.model_dump_json()) == invoice


@PROPERTY
@given(case=CASES, names=st.lists(st.integers(0, 14), unique=True))
def test_joined_and_left_reconcile_with_last_month(case: Case, names: list[int]) -> None:
    items = tuple(CountedItem(item_id=f"id-d{n:02d}", name=f"d{n:02d}") for n in names)
    keys = [f"{rule}:{site}" for rule in ("pcs", "servers", "backups") for site in ("-", *SITES)]
    before = PreviousCounts(period=FEBRUARY, items=dict.fromkeys(keys, items))
    for invoice in built(case, before).invoices:
        for evidence in invoice.counts:
            count = evidence.count
            assert count.quantity == len(items) + len(count.joined) - len(count.left)


STARTS = st.integers(1, 31).map(lambda day: f"2026-03-{day:02d}")


@PROPERTY
@given(starts=STARTS, day=STARTS, fixed=st.integers(1, 50), term=st.sampled_from([0, 3, 5]))
def test_nothing_is_prorated(starts: str, day: str, fixed: int, term: int) -> None:
    def bill(agreement_starts: str, line: dict[str, Any]) -> Invoice:
        products = [line_data("PC", quantity=fixed, **line), line_data("SITE", **line)]
        known = account(agreement_data(*products, starts_on=agreement_starts, term_years=term))
        return only_invoice(built(Case(run("account"), known, [])))

    whole = bill("2026-03-01", {})
    assert bill(starts, {}) == whole
    assert bill("2026-03-01", {"starts_on": day}) == whole
    assert bill("2026-01-01", {"ends_on": day}) == whole


@PROPERTY
@given(rows=feeds(), each=st.decimals(0, 500, places=2), kind=st.sampled_from(["PC", "Laptop"]))
def test_one_more_device_raises_the_bill_by_exactly_its_price(
    rows: list[FeedRow], each: Decimal, kind: str
) -> None:
    known = account(agreement_data(line_data("PC", price={"each": format(each, "f")})))

    def bill(devices: list[FeedRow]) -> Decimal:
        outcome = built(Case(run("account"), known, devices))
        assert not outcome.parked
        return sum((invoice.total.amount for invoice in outcome.invoices), Decimal(0))

    assert bill([*rows, device("one-more", kind)]) == bill(rows) + each


@PROPERTY
@given(case=CASES)
def test_a_device_that_nothing_counts_changes_no_amount(case: Case) -> None:
    assume(not case.where.run.must_be_priced)
    more = case._replace(rows=[*case.rows, device("tablet", "Tablet", site="dock")])
    before, after = built(case), built(more)
    assert [i.lines for i in before.invoices] == [i.lines for i in after.invoices]
