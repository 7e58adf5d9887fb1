"""Cross checks: two sources of one thing, compared, and what a person should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.counting.count_findings import finding_items
from msp_billing.domain.counting.cross_check_policy import CrossCheck, cross_checks_of
from msp_billing.domain.findings import Finding

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.counting.counts import CountRule
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.snapshots import FeedReading

NOT_COMPARED_CODE = "sources-not-compared"


def cross_check_findings(build: AccountBuild) -> Iterator[Finding]:
    """Compare the sources that the run's policy names; asked after everything was counted.

    Only what is billed from the winner's feed is compared. What a source says is never billed
    here: a device that only network discovery knows is listed and not charged (INT-09).
    """
    for check in cross_checks_of(build.context.policy, build.context.run):
        yield from _findings(build, check)


def _findings(build: AccountBuild, check: CrossCheck) -> Iterator[Finding]:
    policy = build.context.policy
    winner, against = policy.count_rule(check.winner), policy.count_rule(check.against)
    sections = [
        section
        for section in _sections(build, winner, against)
        if _is_billed(build, check, winner.feed, section)
    ]
    if not sections:
        return
    known = build.snapshot.reading(winner.feed, winner.moment)
    other = build.snapshot.reading(against.feed, against.moment)
    if known is None or other is None or known.problems or other.problems:
        yield _not_compared(check, (winner, against), known, other)
        return
    for section in sections:
        rows = section.rows(build, winner, known), section.rows(build, against, other)
        finding = _compare(check, section, (winner, against), *rows)
        if finding is not None:
            yield finding


@dataclass(frozen=True)
class _Section:
    """A subscriber, the account as a whole, or the rows of places that it does not know."""

    subscriber: str | None
    where: str | None
    homeless: bool = False

    def rows(self, build: AccountBuild, rule: CountRule, reading: FeedReading) -> list[FeedRow]:
        if self.homeless:
            return build.counter.select_homeless(rule, reading).rows
        return build.counter.select(rule, reading, self.subscriber).rows


def _sections(build: AccountBuild, *rules: CountRule) -> list[_Section]:
    """By subscriber where both feeds tell them apart."""
    definitions = [build.context.policy.feed(rule.feed) for rule in rules]
    told_apart = all(definition.columns.subscriber is not None for definition in definitions)
    if not told_apart or not build.account.subscribers:
        return [_Section(None, None)]
    own = [_Section(entry.subscriber, entry.name) for entry in build.account.subscribers]
    return [*own, _Section(None, None, homeless=True)]


def _compare(
    check: CrossCheck,
    section: _Section,
    rules: tuple[CountRule, CountRule],
    winner: list[FeedRow],
    against: list[FeedRow],
) -> Finding | None:
    known = {_key(check, row) for row in winner}
    there = {_key(check, row) for row in against}
    missing = [row for row in against if _key(check, row) not in known]
    alone = [row for row in winner if _key(check, row) not in there]
    if check.report == "only_against":
        alone = []
    if check.allows(len(missing) + len(alone), len(winner)):
        return None
    in_against = finding_items(((row, row.online_on) for row in missing), section.where)
    in_winner = finding_items(((row, row.online_on) for row in alone), section.where)
    one_list = check.report == "only_against"
    return Finding(
        code=check.code,
        clause=check.clause,
        title=check.title,
        subscriber=section.subscriber,
        what=_sentence(check, rules, len(missing), len(alone)),
        items=in_against if one_list else in_winner,
        others=() if one_list else in_against,
    )


def _sentence(
    check: CrossCheck, rules: tuple[CountRule, CountRule], missing: int, alone: int
) -> str:
    winner, against = (rule.title for rule in rules)
    if check.report == "only_against":
        return f"{missing} of '{against}' that '{winner}' lacks; not billed by itself."
    return (
        f"{alone} only in '{winner}', which bills (first list), and {missing} only in "
        f"'{against}' (second list): more than the policy lets pass."
    )


def _is_billed(build: AccountBuild, check: CrossCheck, feed: str, section: _Section) -> bool:
    """Whether the section is billed by the winner.

    What nobody covers may stand where nothing is billed yet, so that a check for that looks at
    every section of an account that is billed from the winner's feed at all.
    """
    counts = build.counter.evidence.values()
    if check.report == "only_against":
        return any(entry.source.feed == feed for entry in counts)
    billed = {entry.subscriber for entry in counts if entry.rule == check.winner}
    if section.subscriber is None:
        return bool(billed)
    return bool(billed & {None, section.subscriber})


def _not_compared(
    check: CrossCheck,
    rules: tuple[CountRule, CountRule],
    known: FeedReading | None,
    other: FeedReading | None,
) -> Finding:
    """A check that cannot be made says so: no finding would mean that the sources agree."""
    problems = [
        problem.what
        for reading in (known, other)
        if reading is not None
        for problem in reading.problems[:1]
    ]
    winner, against = (f"'{rule.title}'" for rule in rules)
    why = " ".join(problems) or "One of the two was not read."
    return Finding(
        code=NOT_COMPARED_CODE,
        clause=check.clause,
        title="Sources not compared",
        what=f"{check.title}: {winner} and {against} were not compared. {why}",
    )


def _key(check: CrossCheck, row: FeedRow) -> str:
    return row.item_id if check.match_by == "item_id" else feed_key(row.name)
