"""What must fit together in a provider directory beyond names: money, counts, dates, labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.line_ends import LineEnd, by_own_dates
from msp_billing.adapters.directory.provider_documents import ProviderDocuments, problem_at
from msp_billing.adapters.directory.provider_names import nearest
from msp_billing.adapters.holiday_calendar import UnknownHolidaysError, business_calendar
from msp_billing.domain.building.billable_lines import expand_lines
from msp_billing.domain.calendars import BusinessCalendar, CalendarError
from msp_billing.domain.cycles import CyclePlanError, plan_cycle
from msp_billing.domain.feeds.formats import with_preset
from msp_billing.domain.number_rows import shared_prefixes
from msp_billing.domain.periods import Period
from msp_billing.domain.policy_checks import inconsistencies_of_new
from msp_billing.domain.reports.planning import plan_reports

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, YamlDocument
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.problems import Problem
    from msp_billing.domain.run_policy import RunPolicy

FIRST_PLANNED = Period(year=2026, month=1)
PLANNED_MONTHS = 28 * 12
"""After 28 years weekdays, month lengths and leap years come again in the same order."""

_ACTIVE_FOR_EVER = (date.min, date.max)


def fit_problems(documents: ProviderDocuments) -> Iterator[Problem]:
    """Currencies, coverages and count rules that do not fit; on texts, whatever else is wrong."""
    yield from _currencies(documents)
    yield from _attributes(documents)
    for path, product in documents.price_book.find("products", "*", "code"):
        rule = documents.product_rules.get(product)
        yield from _moments(documents, documents.price_book, path, product, rule)
    for account in documents.accounts:
        yield from _coverages(documents, account)
        for path, line in account.values("agreements", "*", "lines", "*"):
            match line:
                case {"product": str(product), "count_rule": str(rule)}:
                    place = (*path, "count_rule")
                    yield from _moments(documents, account, place, product, rule)


def _currencies(documents: ProviderDocuments) -> Iterator[Problem]:
    wanted = next((text for _, text in documents.price_book.find("currency")), None)
    if wanted is None:
        return
    for path, text in documents.policy.find("currency"):
        if text != wanted:
            yield problem_at(
                documents.policy,
                path,
                "currency",
                f"The currency is {text} here and {wanted} in {documents.price_book.file}.",
                f"Write {wanted}, or correct the price book: other currencies are said at the "
                "prices and at the accounts that have them.",
            )


def _coverages(documents: ProviderDocuments, account: YamlDocument) -> Iterator[Problem]:
    for path, coverage in account.find("agreements", "*", "coverage"):
        products = {
            product
            for inner, product in account.find("agreements", "*", "lines", "*", "product")
            if inner[:2] == path[:2]
        }
        runs = {run for product in products for run in documents.runs_billing(product)}
        for run in sorted(runs, key=lambda entry: entry.run):
            if run.labels and coverage not in run.labels:
                yield problem_at(
                    account,
                    path,
                    "unknown-coverage",
                    f"The run '{run.run}' has no label for the coverage '{coverage}'.",
                    f"Write one of {', '.join(sorted(run.labels))}, or add it to the run's "
                    f"'labels_by_coverage' in {documents.policy.file}.",
                )


def _moments(
    documents: ProviderDocuments,
    document: YamlDocument,
    path: Path,
    product: str,
    rule: str | None,
) -> Iterator[Problem]:
    """A rule that counts at a moment of another run than the one that bills the product."""
    moment = documents.rule_moments.get(rule or "")
    billing = documents.runs_billing(product)
    if any(moment in run.moments for run in billing):
        return
    if billing and any(moment in run.moments for run in documents.runs):
        yield problem_at(
            document,
            path,
            "moment-of-another-run",
            f"'{product}' is counted by '{rule}' at the moment '{moment}', which the run "
            f"'{billing[0].run}' that bills it does not have.",
            "Use a rule that counts at a moment of that run, or add the moment to the run.",
        )


def _attributes(documents: ProviderDocuments) -> Iterator[Problem]:
    """What rules filter by, and what must be priced by, is an attribute of the feed."""
    policy = documents.policy
    known: dict[str, list[str]] = {}
    for _, feed in policy.values("feeds", "*"):
        match feed:
            case {"feed": str(name)} if isinstance(feed, dict):
                match with_preset(feed):
                    case {"columns": {"attributes": dict(attributes)}}:
                        known[name] = list(attributes)
                    case _:
                        known[name] = []
    used: list[tuple[Path, str, str]] = []
    for path, rule in policy.values("count_rules", "*"):
        match rule:
            case {"feed": str(feed), "where": dict(where)}:
                used += [((*path, "where", key), feed, key) for key in where]
    for path, demand in policy.values("runs", "*", "must_be_priced", "*"):
        match demand:
            case {"feed": str(feed), "attribute": str(key)}:
                used.append(((*path, "attribute"), feed, key))
    for path, feed, key in used:
        if feed in known and key not in known[feed]:
            near = nearest(key, known[feed])
            hint = f"Did you mean '{near}'? " if near else ""
            yield problem_at(
                policy,
                path,
                "unknown-attribute",
                f"The feed '{feed}' has no attribute '{key}'.",
                f"{hint}Correct it, or add it to the 'attributes' of the feed's columns.",
            )


# --- Items that would be billed twice ------------------------------------------------------------


@dataclass(frozen=True)
class _Counted:
    """A line that counts, for one section, with the days on which it bills."""

    agreement: int
    line: AgreementLine
    subscriber: str | None
    days: tuple[date, date]


def counted_twice(
    account: Account,
    document: YamlDocument,
    product_rules: dict[str, str],
    ends: LineEnd = by_own_dates,
) -> Iterator[Problem]:
    """Lines that would bill the same items of the same product twice in some month.

    A line for the account as a whole counts the items of every subscriber too.

    Args:
        ends: the last day of a line.
    """
    groups: dict[tuple[str, str], list[_Counted]] = {}
    for index, agreement in enumerate(account.agreements):
        for line, subscriber in expand_lines(agreement, account):
            rule = line.count_rule or product_rules.get(line.product)
            if line.quantity is None and rule is not None:
                counted = _Counted(index, line, subscriber, _days(agreement, line, ends))
                groups.setdefault((line.product, rule), []).append(counted)
    told: set[Path] = set()
    for (product, rule), lines in groups.items():
        for pair in _overlapping(lines):
            first, path = sorted(_path_of(account, entry) for entry in pair)
            if path in told:
                continue
            told.add(path)
            before = document.line_of(first)
            yield problem_at(
                document,
                path,
                "counted-twice",
                f"'{product}' is counted by '{rule}' here and on line {before}: the same items "
                "would be billed twice.",
                "Keep one of the two lines, or let one end before the other starts.",
            )


def _days(agreement: Agreement, line: AgreementLine, ends: LineEnd) -> tuple[date, date]:
    if line.bill_once_in is not None:
        return line.bill_once_in.first_day, line.bill_once_in.last_day
    earliest, latest = _ACTIVE_FOR_EVER
    starts = max(agreement.starts_on, line.starts_on or earliest)
    last_on = ends(agreement, line) or latest
    # A month that is provided on any day bills whole, so two lines meet when their months do.
    last = last_on if last_on == latest else Period.of(last_on).last_day
    return Period.of(starts).first_day, last


def _overlapping(lines: Sequence[_Counted]) -> Iterator[tuple[_Counted, _Counted]]:
    by_section: dict[str | None, list[_Counted]] = {}
    for entry in lines:
        by_section.setdefault(entry.subscriber, []).append(entry)
    whole = by_section.pop(None, [])
    pairs = [*combinations(whole, 2)]
    for section in by_section.values():
        pairs += [*combinations(section, 2), *((one, two) for one in whole for two in section)]
    for first, second in pairs:
        if first.days[0] <= second.days[1] and second.days[0] <= first.days[1]:
            yield first, second


def _path_of(account: Account, counted: _Counted) -> tuple[str, int, str, int]:
    lines = account.agreements[counted.agreement].lines
    index = next(n for n, line in enumerate(lines) if line is counted.line)
    return ("agreements", counted.agreement, "lines", index)


# --- Numbers -------------------------------------------------------------------------------------


def number_problems(policy: ProviderPolicy, document: YamlDocument) -> Iterator[Problem]:
    """Prefixes by which numbers of two kinds of documents could not be told apart."""
    for what in shared_prefixes(policy):
        yield problem_at(
            document,
            ("credit_note_number_prefix",),
            "value",
            f"{what[0].upper()}{what[1:]}.",
            "Give one of the two a prefix that no document has had; credit notes have 'CN-' if "
            "nothing is said.",
        )


# --- Dates ---------------------------------------------------------------------------------------


def date_problems(policy: ProviderPolicy, document: YamlDocument) -> Iterator[Problem]:
    """Hours and dates that do not work in some month, and holidays that do not exist.

    Every month of 28 years is planned, which is every month there is: no clock is asked.
    """
    for what in inconsistencies_of_new(policy):
        yield problem_at(
            document, ("runs",), "value", f"{what[0].upper()}{what[1:]}.", "Change it."
        )
    years = range(FIRST_PLANNED.year - 2, FIRST_PLANNED.year + PLANNED_MONTHS // 12 + 2)
    try:
        calendar = business_calendar(policy.holidays, years)
    except UnknownHolidaysError as error:
        yield problem_at(document, ("holidays", error.key), "holidays", error.what, error.fix)
        return
    for index, run in enumerate(policy.runs):
        found = [*_contradictions(policy, run, calendar)]
        if found:
            months = f" (and in {len(found) - 1} other months)" if len(found) > 1 else ""
            yield problem_at(
                document,
                ("runs", index),
                "dates-order",
                f"The dates of the run '{run.run}' do not work: {found[0]}{months}.",
                "Move one of 'moments', 'compare', 'issue' and 'due', or the 'at' of a report, and "
                "look at 'wait_hours'.",
            )


def _contradictions(
    policy: ProviderPolicy, run: RunPolicy, calendar: BusinessCalendar
) -> Iterator[str]:
    for months in range(PLANNED_MONTHS):
        period = FIRST_PLANNED.shifted(months)
        try:
            plan = plan_cycle(policy, run, period, calendar)
            plan_reports(policy, run, period, calendar, plan)
        except CyclePlanError as error:
            yield f"in {period} {str(error).partition(': ')[2]}"
        except CalendarError as error:
            yield str(error)
