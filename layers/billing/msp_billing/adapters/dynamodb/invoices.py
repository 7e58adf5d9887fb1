"""Outcomes and invoices of cycles, and the numbers that invoices get."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.adapters.dynamodb.account_records import AccountRecords
from msp_billing.adapters.dynamodb.charges import check_free, claim_actions, claims
from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.adapters.dynamodb.drafts import (
    Action,
    fits,
    invoice_key,
    put_action,
    removals,
    size_of,
)
from msp_billing.adapters.dynamodb.numbering import (
    DRAFT,
    ISSUED,
    counter_action,
    counter_key,
    last_number,
    number_actions,
)
from msp_billing.adapters.dynamodb.table import Item, Table, pause
from msp_billing.domain.invoices import Invoice, InvoiceId
from msp_billing.usecases.errors import ConcurrentNumberingError
from msp_billing.usecases.records import AccountRecord, Numbering, NumberSeries

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.outcomes import AccountOutcome

_NUMBERS_PER_TRANSACTION = 49  # the counter, and an invoice with its mail for each
_NUMBER_DIGITS = 6
_MAX_TRIES = 5


class DynamoInvoiceStore:
    """Invoices in their cycle's partition, with their number in the index."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies
        self._accounts = AccountRecords(bodies)

    def put_outcomes(self, cycle: CycleId, outcomes: Sequence[AccountOutcome]) -> None:
        """Record outcomes with their drafts; numbered invoices are never overwritten.

        Every item has its own condition, and a whole transaction is dropped when one fails; the
        accounts whose invoices have numbers are therefore left out before it is sent.

        Raises:
            ChargeClaimedError: when another cycle bills one of the one-time charges.
        """
        issued = self._issued_accounts(cycle, outcomes)
        check_free(
            self._table,
            cycle,
            {entry.account: entry.charges for entry in outcomes if entry.account not in issued},
        )
        before = self.records(cycle, [outcome.account for outcome in outcomes])
        group: list[Action] = []
        size = 0
        for outcome in outcomes:
            if outcome.account in issued:
                continue
            actions = [put_action(item) for item in self._items(cycle, outcome)]
            standing = before.get(outcome.account)
            actions += removals(cycle, outcome, standing)
            actions += claim_actions(
                cycle, outcome.account, outcome.charges, standing.charges if standing else ()
            )
            added = sum(size_of(action) for action in actions)
            if group and not fits(len(group) + len(actions), size + added):
                self._commit(group)
                group, size = [], 0
            for action in actions:
                # Only an account that is too large for one transaction is taken apart here. Its
                # record comes first: it names every draft that another attempt must find.
                if group and not fits(len(group) + 1, size + size_of(action)):
                    self._commit(group)
                    group, size = [], 0
                group.append(action)
                size += size_of(action)
        if group:
            self._commit(group)

    def put_record(self, cycle: CycleId, record: AccountRecord) -> None:
        """Record how an account ended, in place of what was recorded; its invoices stay."""
        self._table.put(self._accounts.item(cycle, record))

    def records(self, cycle: CycleId, accounts: Sequence[str]) -> dict[str, AccountRecord]:
        """The records of these accounts that exist, in the order asked for."""
        keys = {account: (cycle_pk(cycle), f"ACCOUNT#{account}") for account in accounts}
        found = self._table.get_many(keys.values())
        return {
            account: self._accounts.record(found[key])
            for account, key in keys.items()
            if key in found
        }

    def all_records(self, cycle: CycleId) -> Iterator[AccountRecord]:
        """Every record of the cycle, read consistently, in order of the account."""
        for item in self._table.query(cycle_pk(cycle), "ACCOUNT#"):
            yield self._accounts.record(item)

    def invoices(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, Invoice]:
        """Those of the invoices that exist."""
        found = self._table.get_many(invoice_key(entry) for entry in ids)
        return {
            entry: self._invoice(found[key])
            for entry in ids
            if (key := invoice_key(entry)) in found
        }

    def find_by_number(self, provider: str, number: str) -> Invoice | None:
        """The invoice with this number: the index finds it, a consistent read decides."""
        keys = self._table.query_index(f"NUMBER#{provider}", number)
        items = self._table.get_many(keys).values()
        found = next((item for item in items if item.get("number") == number), None)
        return None if found is None else self._invoice(found)

    def last_number(self, provider: str) -> int:
        """The last number that an invoice got, read consistently; 0 before the first."""
        return last_number(self._table.get(counter_key(provider, "invoice")))

    def claims(self, provider: str, accounts: Sequence[str]) -> dict[str, dict[str, str]]:
        """By account, the one-time charges that a cycle bills: their ids, and "run/period"."""
        return claims(self._table, provider, accounts)

    def number_next(
        self,
        cycle: CycleId,
        prefix: str,
        limit: int,
        after: str | None = None,
        *,
        series: NumberSeries = "invoice",
    ) -> Numbering:
        """Give the next numbers to at most so many drafts of the cycle, in order."""
        numbered, failures = 0, 0
        while numbered < limit:
            room = min(_NUMBERS_PER_TRANSACTION, limit - numbered)
            drafts, last = self._next_drafts(cycle, room, after)
            if not drafts:
                return Numbering(numbered=numbered, after=after, contended=False)
            if self._commit_numbers(cycle, prefix, series, drafts):
                numbered, failures, after = numbered + len(drafts), 0, last
                continue
            # Ours may have been committed and only the answer lost: read again, then decide.
            failures += 1
            if failures >= _MAX_TRIES:
                return Numbering(numbered=numbered, after=after, contended=True)
            pause(failures)
        return Numbering(numbered=numbered, after=after, contended=False)

    def _next_drafts(
        self, cycle: CycleId, count: int, after: str | None
    ) -> tuple[list[Item], str | None]:
        """The next drafts in order, without their bodies, and where to go on.

        Read by as many as are wanted: a page is paid for by the whole items in it, and would hold
        hundreds.
        """
        drafts: list[Item] = []
        only = ("pk", "sk", "invoice_state", "invoice_id", "recipients")
        place = after
        while len(drafts) < count:
            page = list(
                self._table.query(cycle_pk(cycle), "INVOICE#", after=place, limit=count, only=only)
            )
            drafts += [item for item in page if item["invoice_state"] == DRAFT]
            if len(page) < count:
                break
            place = page[-1]["sk"]
        del drafts[count:]
        return drafts, drafts[-1]["sk"] if drafts else after

    def _commit_numbers(
        self, cycle: CycleId, prefix: str, series: NumberSeries, drafts: list[Item]
    ) -> bool:
        """Counter, numbers and waiting mails in one transaction: no gap, whatever fails."""
        key = counter_key(cycle.provider, series)
        counter = self._table.get(key)
        last = last_number(counter)
        actions: list[Action] = [counter_action(key, counter, len(drafts))]
        for offset, draft in enumerate(drafts, start=1):
            number = f"{prefix}{last + offset:0{_NUMBER_DIGITS}d}"
            actions += number_actions(cycle, draft, number)
        return self._table.transact(actions, _token(actions))

    def _issued_accounts(self, cycle: CycleId, outcomes: Sequence[AccountOutcome]) -> set[str]:
        keys = {
            invoice_key(invoice.id): outcome.account
            for outcome in outcomes
            for invoice in outcome.invoices
        }
        found = self._table.get_many(keys)
        return {keys[key] for key, item in found.items() if item["invoice_state"] == ISSUED}

    def _items(self, cycle: CycleId, outcome: AccountOutcome) -> Iterator[Item]:
        record = AccountRecord(
            account=outcome.account,
            account_name=outcome.account_name,
            agreements=outcome.agreements,
            parts=tuple(invoice.id.part for invoice in outcome.invoices),
            revision=outcome.revision,
            problems=outcome.problems,
            findings=outcome.findings,
            charges=tuple(sorted(outcome.charges)),
        )
        yield self._accounts.item(cycle, record)
        for invoice in outcome.invoices:
            pk, sk = invoice_key(invoice.id)
            prefix = f"{cycle.provider}/{cycle.run}/{cycle.period}/invoices"
            yield {
                "pk": pk,
                "sk": sk,
                "invoice_state": DRAFT,
                "invoice_id": invoice.id.model_dump_json(),
                "recipients": list(invoice.recipients),
                **self._bodies.attributes(invoice.model_dump_json(), prefix),
            }

    def _commit(self, actions: list[Action]) -> None:
        """Put drafts and records together; a numbered invoice among them stops all of them."""
        token = _token(actions)
        for attempt in range(_MAX_TRIES):
            if self._table.transact(actions, token):
                return
            pause(attempt)
        raise ConcurrentNumberingError("drafts could not be stored: they were being changed")

    def _invoice(self, item: Item) -> Invoice:
        try:
            invoice = Invoice.model_validate_json(self._bodies.read(item))
        except ValidationError as error:
            raise ValueError(f"the stored invoice {item['sk']} does not add up: {error}") from error
        return invoice.numbered(item["number"]) if "number" in item else invoice


def _token(actions: list[Action]) -> str:
    """The ClientRequestToken, of all that is done.

    Another page of drafts under the same token would be an error, and not a lost race.
    """
    return hashlib.sha256(repr(actions).encode()).hexdigest()[:36]
