"""Whether a policy's reports fit its runs, moments and counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.reports.report_policy import ReportPolicy
    from msp_billing.domain.run_policy import RunPolicy


def report_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together, one sentence each."""
    for run in policy.runs:
        names = [entry.report for entry in run.reports]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"run {run.run} lists the report '{name}' twice: keep one"
        kinds = [entry.kind for entry in run.reports]
        for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
            yield (
                f"run {run.run} has two reports of kind '{kind}': an account gets one mail of a "
                "kind in a cycle"
            )
        for report in run.reports:
            yield from _of_report(policy, run, report)


def _of_report(policy: ProviderPolicy, run: RunPolicy, report: ReportPolicy) -> Iterator[str]:
    where = f"report {report.report} of run {run.run}"
    moments = {entry.moment for entry in run.moments}
    if report.after_moment is not None and report.after_moment not in moments:
        yield f"{where} is made after the moment '{report.after_moment}', which the run lacks"
    rules = {entry.rule: entry for entry in policy.count_rules}
    for name in report.count_rules:
        rule = rules.get(name)
        if rule is None:
            yield f"{where} names the unknown count rule '{name}'"
        elif rule.moment not in moments:
            yield f"{where} is about '{name}', which the run does not count"
        elif report.after_moment not in {None, rule.moment}:
            yield (
                f"{where} is made after the moment '{report.after_moment}', when '{name}' was not "
                "counted yet"
            )


def report_clauses(policy: ProviderPolicy) -> Iterator[str]:
    """The clauses that reports refer to."""
    return (report.clause for run in policy.runs for report in run.reports)
