"""One account while it is built: what the sources of its lines share."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.lifetimes import Lifetime, lifetime
from msp_billing.domain.contracts.ordered_lines import OrderedLines
from msp_billing.domain.contracts.standing import active_agreements
from msp_billing.domain.counting.counter import Counter
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.building.build_context import BuildContext
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.counting.previous_counts import PreviousCounts
    from msp_billing.domain.findings import Finding
    from msp_billing.domain.periods import Period
    from msp_billing.domain.snapshots import AccountSnapshot


class AccountBuild:
    """Collects what the sources of lines find out about one account.

    A source yields lines. What keeps the account from being billed it hands to :meth:`park`, what
    a person should see to :meth:`report`; it goes on in both cases, so that everything wrong comes
    out in one go.
    """

    def __init__(
        self, context: BuildContext, snapshot: AccountSnapshot, previous: PreviousCounts
    ) -> None:
        self.context = context
        self.snapshot = snapshot
        self.previous = previous
        self.counter = Counter(context.policy, snapshot, previous, context.period, context.calendar)
        self.held_up: set[str] = set()
        self._lives: dict[str, Lifetime] = {}
        self._problems: dict[str, Problem] = {}
        self._findings: list[Finding] = []

    @property
    def account(self) -> Account:
        """The account as it was sealed."""
        return self.snapshot.account

    @cached_property
    def active(self) -> tuple[Agreement, ...]:
        """The agreements that are in force on some day of the period."""
        here = self.context
        return active_agreements(
            self.account, here.policy, here.price_book, here.calendar, here.period
        )

    @property
    def billing(self) -> tuple[Agreement, ...]:
        """The active agreements, and those that have ended with a one-time charge in this month.

        A charge that was agreed for a later month is billed in it, whatever became of the
        agreement since (MSA-05).
        """
        active = {entry.agreement for entry in self.active}
        period = self.context.period
        return tuple(
            entry
            for entry in self.account.agreements
            if entry.agreement in active or any(line.bill_once_in == period for line in entry.lines)
        )

    def life(self, agreement: Agreement) -> Lifetime:
        """The life of one of the account's agreements under the terms that the cycle pinned."""
        if agreement.agreement not in self._lives:
            here = self.context
            self._lives[agreement.agreement] = lifetime(
                agreement, here.policy, here.price_book, here.calendar
            )
        return self._lives[agreement.agreement]

    @cached_property
    def ordered_lines(self) -> OrderedLines:
        """The lines that the account's orders brought."""
        return OrderedLines(self.account.orders, self.context.policy.order_rules)

    def price_day(
        self,
        agreement: Agreement,
        line: AgreementLine,
        section: str | None,
        period: Period | None = None,
    ) -> date:
        """The day whose price list applies to a line: where an order brought it, from that day on.

        Args:
            section: the subscriber that the line bills for, or None.
            period: the month that is asked about; None for the one that is built.
        """
        ordered = self.ordered_lines.of_line(agreement, line, section)
        ordered_on = ordered.brought_on if ordered is not None else None
        return self.life(agreement).price_day(line, period or self.context.period, ordered_on)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that keeps the account from being billed; counts first."""
        return (*self.counter.problems.values(), *self._problems.values())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that a person should look at."""
        return (*self.counter.findings, *self._findings)

    def park(self, code: str, what: str, fix: str, ended: Agreement | None = None) -> None:
        """Keep the account from being billed until what is wrong was mended.

        Args:
            ended: the agreement that it is about, where that may have ended: it owes an outcome
                of this cycle then, or nobody would hear of it.
        """
        if ended is not None:
            self.held_up.add(ended.agreement)
        problem = Problem(code=code, what=what, fix=fix, where=self.account.account)
        self._problems.setdefault(str(problem), problem)

    def park_for(self, problem: Problem) -> None:
        """As :meth:`park`, with a problem that names its own file and line."""
        self._problems.setdefault(str(problem), problem)

    def report(self, finding: Finding) -> None:
        """Tell the clerk of something that does not stop the invoice."""
        self._findings.append(finding)

    def may_bill(self, charge: str, dated_on: date | None = None) -> bool:
        """Whether a one-time charge is still to be billed, or is billed by this very cycle.

        A cycle that builds an account again must find the same charges, and no other cycle may
        bill them too. What is dated before the first cycle's charges was billed by whatever billed
        before this system.
        """
        if dated_on is not None and dated_on < self.context.charges_from:
            return False
        return self.snapshot.claims.get(charge, self.context.claimant) == self.context.claimant

    def agreement_for_charges(self) -> Agreement:
        """Where charges go that belong to the account as a whole.

        The first agreement that is active in the period, else the last one listed: work that
        comes in after the end is billed on a closing invoice (MSA-05).
        """
        return self.active[0] if self.active else self.account.agreements[-1]
