"""When an agreement and its lines end, and why: trial, notice, pay-out, commitments, hardware."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.term_dates import term_on
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.contracts.agreements import (
        Agreement,
        AgreementLine,
        Cancellation,
        Ending,
    )
    from msp_billing.domain.contracts.terms import ContractTerms, EndRule


class EndCause(StrEnum):
    """What decides the last day."""

    RUNS_ON = "runs_on"
    AGREED = "agreed"
    TRIAL = "trial"
    TERM = "term"
    NOTICE = "notice"
    AS_WANTED = "as_wanted"
    PAID_OUT = "paid_out"
    PRODUCT_NOTICE = "product_notice"
    COMMITMENT = "commitment"
    HARDWARE = "hardware"


@dataclass(frozen=True)
class End:
    """The one end of an agreement or of a line.

    ``last_on`` is None while it runs on. ``contract_until`` is given with a pay-out alone: the
    last day that is paid for, after a service that ended on ``last_on`` (KR-10).
    """

    last_on: date | None
    cause: EndCause
    why: str
    clause: str | None = None
    contract_until: date | None = None


RUNS_ON = End(None, EndCause.RUNS_ON, "no end is agreed and no notice was given")


_NOT_PUT_OFF = frozenset({EndCause.AGREED, EndCause.TRIAL})


def agreement_end(
    agreement: Agreement, terms: ContractTerms | None, calendar: BusinessCalendar
) -> End:
    """The end of an agreement by its dates, its notice and its terms, lines apart.

    Args:
        terms: those that the agreement names; None only when it names none.
    """
    if agreement.ends_on is not None:
        return End(agreement.ends_on, EndCause.AGREED, f"agreed to end on {agreement.ends_on}")
    if agreement.ending is None or terms is None:
        return RUNS_ON
    return _in_trial(agreement, agreement.ending, terms) or _after_notice(
        agreement, agreement.ending, terms, calendar
    )


def _in_trial(agreement: Agreement, ending: Ending, terms: ContractTerms) -> End | None:
    """The end of an agreement that is left within its trial (KR-10)."""
    wanted_on = ending.ends_on or ending.notice_on
    if terms.trial is None or wanted_on > terms.trial.last_day(agreement.starts_on):
        return None
    day = (wanted_on - agreement.starts_on).days + 1
    why = f"left on day {day} of a trial of {terms.trial.days} days"
    return End(wanted_on, EndCause.TRIAL, why, terms.trial.clause)


def _after_notice(
    agreement: Agreement, ending: Ending, terms: ContractTerms, calendar: BusinessCalendar
) -> End:
    """The end by the contract, or by the wish where that is later or paid for (KR-11, COL-20)."""
    until = _contract_until(agreement, terms, ending.notice_on, calendar)
    assert until.last_on is not None, "after notice every contract has its last day"
    wanted_on = ending.ends_on
    if wanted_on is None or wanted_on == until.last_on:
        return until
    if wanted_on > until.last_on:
        why = f"wanted to end on {wanted_on}, later than the terms ask for ({until.why})"
        return End(wanted_on, EndCause.AS_WANTED, why, until.clause)
    early = terms.early_end
    if early is None or early.how == "none":
        return until
    why = f"left on {wanted_on}, before {until.last_on}, and paid out ({until.why})"
    return End(wanted_on, EndCause.PAID_OUT, why, early.clause, until.last_on)


def _contract_until(
    agreement: Agreement, terms: ContractTerms, notice_on: date, calendar: BusinessCalendar
) -> End:
    """How long the contract runs after notice: to the end of its term, or of the notice.

    The later of the two. A month of an agreement that runs by the month commits to nothing.
    """
    term = term_on(agreement, terms, notice_on)
    ends: list[End] = []
    if term.years:
        clause = terms.renewal.clause if terms.renewal else None
        ends.append(End(term.ends_on, EndCause.TERM, f"end of {term.in_words()}", clause))
    if terms.notice is not None:
        last_on = terms.notice.last_day(notice_on, calendar)
        why = f"notice of {notice_on} runs {terms.notice.in_words()}, until {last_on}"
        ends.append(End(last_on, EndCause.NOTICE, why, terms.notice.clause))
    if not ends:
        return End(notice_on, EndCause.NOTICE, f"notice of {notice_on}, at once")
    return max(ends, key=lambda end: end.last_on or notice_on)


def line_end(
    agreement: Agreement,
    line: AgreementLine,
    rule: EndRule | None,
    terms: ContractTerms | None,
    calendar: BusinessCalendar,
) -> End:
    """The end of one line: its own, or the agreement's, and never before what holds it.

    A commitment and hardware that is not back hold a line after notice. They do not hold it after
    an end that both sides agreed on, nor in a trial, which can be left without penalty.

    Args:
        rule: the product's own end rule.
    """
    whole = agreement_end(agreement, terms, calendar)
    base = _earlier(whole, _own_end(line, rule, terms, calendar))
    if line.cancelled is None and agreement.ending is not None and whole.last_on is not None:
        base = _later(base, _product_notice(rule, agreement.ending.notice_on, whole.last_on))
    if base.last_on is None or base.cause in _NOT_PUT_OFF:
        return base
    held = _held(agreement, line, rule, base)
    return _earlier(whole, held) if whole.cause in _NOT_PUT_OFF else held


def _own_end(
    line: AgreementLine,
    rule: EndRule | None,
    terms: ContractTerms | None,
    calendar: BusinessCalendar,
) -> End:
    if line.ends_on is not None:
        return End(line.ends_on, EndCause.AGREED, f"line agreed to end on {line.ends_on}")
    cancelled = line.cancelled
    if cancelled is None:
        return RUNS_ON
    wanted_on = cancelled.wanted_on or cancelled.notice_on
    own = _product_notice(rule, cancelled.notice_on, wanted_on)
    if own is not None:
        return own
    notice = terms.notice if terms else None
    last_on = notice.last_day(cancelled.notice_on, calendar) if notice else cancelled.notice_on
    if notice is not None and last_on >= wanted_on:
        why = f"notice of {cancelled.notice_on} runs {notice.in_words()}, until {last_on}"
        return End(last_on, EndCause.NOTICE, why, notice.clause)
    why = f"cancelled on {cancelled.notice_on} for {wanted_on}"
    return End(wanted_on, EndCause.AS_WANTED, why, notice.clause if notice else None)


def _product_notice(rule: EndRule | None, notice_on: date, wanted_on: date) -> End | None:
    """The end by a product's own notice day; None when the product has none (COL-21)."""
    if rule is None or rule.notice_by_day is None:
        return None
    month = Period.of(wanted_on)
    deadline = month.day(rule.notice_by_day)
    if notice_on <= deadline:
        why = f"told on {notice_on}, by {deadline}: {month} is the last month"
    else:
        month = month.shifted(1)
        why = f"told on {notice_on}, after {deadline}: one more month, {month}, is billed"
    return End(month.last_day, EndCause.PRODUCT_NOTICE, why, rule.clause)


def _held(agreement: Agreement, line: AgreementLine, rule: EndRule | None, base: End) -> End:
    """The end, put off by what the line is held by; after a pay-out, only by what outlasts it."""
    assert base.last_on is not None, "what runs on is not put off"
    paid_until = base.contract_until or base.last_on
    committed = line.commitment_end(agreement.starts_on)
    if committed is not None and committed > paid_until:
        why = f"line {line.line} is committed until {committed}"
        base = End(committed, EndCause.COMMITMENT, why, base.clause)
        paid_until = committed
    if rule is None or not rule.returned_and_verified:
        return base
    verified_on = _back_on(line.cancelled)
    if verified_on is None:
        why = f"the hardware of line {line.line} is not received and verified yet"
        return End(None, EndCause.HARDWARE, why, rule.clause)
    if verified_on <= paid_until and base.contract_until is None:
        return base
    last_on = max(verified_on, paid_until)
    why = f"the hardware of line {line.line} was received and verified on {verified_on}"
    return End(last_on, EndCause.HARDWARE, why, rule.clause)


def _back_on(cancelled: Cancellation | None) -> date | None:
    """The day on which hardware was both received and found to be in working condition."""
    return cancelled.verified_on if cancelled else None


def _earlier(one: End, other: End) -> End:
    if one.last_on is None or other.last_on is None:
        return other if one.last_on is None else one
    return other if other.last_on < one.last_on else one


def _later(one: End, other: End | None) -> End:
    if other is None or one.last_on is None or other.last_on is None:
        return one
    return other if other.last_on > one.last_on else one
