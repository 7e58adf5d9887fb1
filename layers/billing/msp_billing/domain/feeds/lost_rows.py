"""Lost rows: an export that shrank is unknown until a person has said that it is right.

An export that was filtered by mistake, or made by an account that lost its rights, is complete
CSV. It can be told from a right one only by what was there the month before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem

DEFAULT_LOST_SHARE_LIMIT = Decimal("0.5")
"""Half: ordinary months lose a few of a hundred, an export that lost a site or a filter most."""

_PERCENT = Decimal(100)


class AcceptedLoss(Frozen):
    """A person says that an export which lost rows is right, and why."""

    export: Text = Field(description="The export, as it lies below 'feeds/'.")
    accounts: tuple[Identifier, ...] = Field(
        default=(),
        description="For an export of all accounts: whose loss is right. None: the whole export.",
    )
    accepted_by: Text = Field(description="Who has looked at it.")
    reason: Text = Field(description="Why the rows are gone.")


class KnownRows(Frozen):
    """How many rows an export had when it was last usable, by the month of that.

    An account or a file that is unknown in one month keeps its number of the month before, so
    that a bad month is not what the next one is compared with.
    """

    file: dict[Period, int] = Field(default={}, description="Of an export of all accounts.")
    accounts: dict[Period, dict[Identifier, int]] = Field(default={})


def acceptance_inconsistencies(
    feed: str, scope: str, accepted: Sequence[AcceptedLoss]
) -> Iterator[str]:
    """Acceptances that no export of the feed can mean."""
    for entry in accepted:
        if not entry.export.startswith(f"{feed}/"):
            yield (
                f"'accept_lost_rows' names '{entry.export}', which is no export of this feed: "
                f"write it as it lies below 'feeds/', beginning with '{feed}/'"
            )
        if entry.accounts and scope == "account":
            yield (
                f"'accept_lost_rows' names accounts for '{entry.export}', which is the export of "
                "one account: leave 'accounts' out"
            )
    exports = [entry.export for entry in accepted]
    for export in sorted({entry for entry in exports if exports.count(entry) > 1}):
        yield f"'accept_lost_rows' names '{export}' twice: keep one"


class LossGuard:
    """Compares the rows of one feed with those of the month before, and keeps them for the next.

    Ask for the file first, then for each account once.
    """

    def __init__(
        self,
        title: str,
        limit: Decimal,
        accepted: Sequence[AcceptedLoss],
        before: KnownRows,
        period: Period,
    ) -> None:
        self._title = title
        self._limit = limit
        self._accepted = {entry.export: entry for entry in accepted}
        self._period = period
        self._file_before = before.file
        self._before: dict[str, tuple[Period, int]] = {
            account: (month, rows)
            for month, counts in before.accounts.items()
            for account, rows in counts.items()
        }
        self._file = before.file
        self._accounts: dict[Period, dict[str, int]] = {}

    def check_file(
        self, export: str, rows: int, comparable: int, unknown: Sequence[str]
    ) -> Problem | None:
        """Compare the whole of an export of all accounts that can be read.

        Args:
            export: its key.
            rows: the rows that it has.
            comparable: those of accounts all of whose rows can be read.
            unknown: the other accounts, which are left aside in the month before as well.
        """
        for month, before in self._file_before.items():
            known = before - sum(self._before.get(account, (month, 0))[1] for account in unknown)
            if self._is_lost(known, comparable) and not self._is_accepted(export, None):
                return self._problem(export, month, known, comparable, None)
        self._file = {self._period: rows}
        return None

    def check_account(self, account: str, export: str, rows: int) -> Problem | None:
        """Compare an account's rows in an export that can be used for it."""
        month, before = self._before.get(account, (self._period, 0))
        if self._is_lost(before, rows) and not self._is_accepted(export, account):
            self.keep_account(account)
            return self._problem(export, month, before, rows, account)
        if rows:
            self._accounts.setdefault(self._period, {})[account] = rows
        return None

    def keep_account(self, account: str) -> None:
        """What an account has is unknown now: what is known of it stays for the next month."""
        if account in self._before:
            month, rows = self._before[account]
            self._accounts.setdefault(month, {})[account] = rows

    @property
    def known(self) -> KnownRows:
        """What the next month is compared with."""
        return KnownRows(file=self._file, accounts=self._accounts)

    def _is_lost(self, before: int, rows: int) -> bool:
        return before - rows > self._limit * before

    def _is_accepted(self, export: str, account: str | None) -> bool:
        entry = self._accepted.get(export)
        return entry is not None and (not entry.accounts or account in entry.accounts)

    def _problem(
        self, export: str, month: Period, before: int, rows: int, account: str | None
    ) -> Problem:
        whose = "" if account is None else f" of {account}"
        lost = _PERCENT * (before - rows) / before
        limit = (_PERCENT * self._limit).normalize()
        return Problem(
            code="feed-lost-rows",
            what=f"'{self._title}' has {rows} rows{whose}; in {month} it had {before}. It lost "
            f"{lost:.0f} %, and more than {limit:f} % is not believed unseen.",
            fix="Look whether the export is complete, and put a complete one in its place. If the "
            f"items are gone, say so: name '{export}' under the feed's 'accept_lost_rows' in "
            "provider.yaml. Then run the account again.",
            file=f"feeds/{export}",
            where=account,
        )
