"""A run's calendar in words: "on the 10th of the next month, or the next business day"."""

from __future__ import annotations

from msp_billing.domain.date_rules import DateRule, DaysAfterIssue
from msp_billing.domain.run_policy import RunPolicy

_MONTHS = {
    -1: "of the month before",
    0: "of the service month",
    1: "of the next month",
    2: "of the month after next",
}
_IF_CLOSED = {
    "keep": "",
    "next_business_day": ", or the next business day",
    "previous_business_day": ", or the business day before",
}


def calendar_in_words(run: RunPolicy) -> tuple[tuple[str, str], ...]:
    """Each step of the run and when it is, in order, for people."""
    counted = tuple((f"Counts {entry.moment}", _at(entry.at)) for entry in run.moments)
    approval = (
        "automatic"
        if run.approval.by == "automatic"
        else f"by a person, within {run.approval.wait_days} days"
    )
    return (
        ("Opens", _at(run.opens)),
        *counted,
        ("Compares", _at(run.compare)),
        ("Approval", approval),
        ("Issues", _at(run.issue)),
        ("Due", _due(run.due)),
    )


def _due(rule: DateRule | DaysAfterIssue | None) -> str:
    if rule is None:
        return "nothing: for information"
    if isinstance(rule, DaysAfterIssue):
        return f"{rule.days_after_issue} days after the invoice date"
    return _day(rule)


def _at(rule: DateRule) -> str:
    return f"{_day(rule)}, {rule.at:%H:%M}"


def _day(rule: DateRule) -> str:
    month = _MONTHS.get(rule.month, f"{rule.month:+d} months from the service month")
    latest = (
        f", never after the {ordinal(rule.no_later_than_day)}" if rule.no_later_than_day else ""
    )
    if rule.business_day is not None:
        return f"{_business_day(rule.business_day)} {month}{latest}"
    assert rule.day is not None, "the model admits no rule without a day"
    return f"the {ordinal(rule.day)} {month}{_IF_CLOSED[rule.when_closed]}{latest}"


def _business_day(number: int) -> str:
    position = abs(number)
    counted = "" if position == 1 else f"{ordinal(position)} "
    if number < 0:
        return f"the {counted and counted[:-1] + ' to '}last business day"
    return f"the {counted or 'first '}business day"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    if 10 <= number % 100 <= 20:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
