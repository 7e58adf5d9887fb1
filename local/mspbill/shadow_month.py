"""The two sides of a shadow month: what we would bill, with our reasons, and what was billed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.adapters.importing.invoice_lines import OldInvoiceLine
from msp_billing.adapters.importing.product_mapping import (
    LEAVE_OUT,
    MAPPING_FILE,
    MappedProduct,
    mapping_key,
)
from msp_billing.domain.accounts import Account, feed_key
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import name_some
from msp_billing.usecases.ports import Feeds
from mspbill.replay import Replay, Snapshots
from mspbill.shadow import ShadowLine, old_line

Outcomes = Mapping[str, Mapping[str, AccountOutcome]]
"""By run and account."""


def shadow_outcomes(
    directory: ProviderDirectory, period: Period, runs: Sequence[str], feeds: Feeds | None = None
) -> Outcomes:
    """Bill the month in memory: nothing is numbered, stored or mailed.

    The month before is billed too, so that what joined and left can be told.
    """
    replay = Replay(Snapshots(directory, feeds), period.shifted(-1))
    return {run: dict(replay.outcomes(run, period)) for run in runs}


def new_lines(outcomes: Outcomes) -> tuple[ShadowLine, ...]:
    """Every line that we would bill, with its reason."""
    return tuple(
        _new_line(invoice, line)
        for of_run in outcomes.values()
        for outcome in of_run.values()
        for invoice in outcome.invoices
        for line in invoice.lines
    )


def _new_line(invoice: Invoice, line: InvoiceLine) -> ShadowLine:
    titles = {section.subscriber: section.title for section in invoice.sections}
    return ShadowLine(
        account=invoice.id.account,
        product=line.product,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price.amount,
        amount=line.amount.amount,
        currency=invoice.currency,
        site="" if line.subscriber is None else titles[line.subscriber],
        is_tax=line.kind is LineKind.TAX,
        why=_reason(invoice, line),
        where=f"{invoice.id.run}, line {line.line}",
    )


def _reason(invoice: Invoice, line: InvoiceLine) -> str:
    """What mspbill explain says of a line, in one sentence."""
    told = [line.reason.arithmetic, line.reason.quantity_from]
    evidence = invoice.evidence(line)
    if evidence is not None:
        count = evidence.count
        if count.items:
            told[-1] += f" ({name_some([item.name for item in count.items])})"
        if evidence.compared_with is not None:
            for what, items in (("joined", count.joined), ("left", count.left)):
                if items:
                    told.append(f"{what} {name_some([item.name for item in items])}")
    told.append(line.reason.price_from)
    return "; ".join(told)


class OldSide:
    """Lines of the old system on the accounts and products that they are here."""

    def __init__(
        self,
        directory: ProviderDirectory,
        mapping: Mapping[str, MappedProduct],
        outcomes: Outcomes,
    ) -> None:
        self._mapping = mapping
        self._codes = {mapping_key(p.code): p.code for p in directory.price_book.products}
        self._accounts = {account.account: account for account in directory.accounts}
        self._owners = {
            feed_key(name): account.account
            for account in directory.accounts
            for name in (account.account, account.name, *account.known_as)
        }
        self._parked = {
            account: outcome.problems[0].what
            for of_run in outcomes.values()
            for account, outcome in of_run.items()
            if outcome.problems
        }

    def lines(self, entries: Sequence[OldInvoiceLine]) -> Iterator[ShadowLine]:
        """Each line, with why we would have none for it."""
        for entry in entries:
            account, site = self._whose(entry.customer)
            mapped = self._mapping.get(mapping_key(entry.product))
            product = mapped.product if mapped is not None else ""
            product = product or self._codes.get(mapping_key(entry.product), "")
            left_out = product == LEAVE_OUT
            line = old_line(entry, account, "" if left_out else product, site)
            why = self._why_none(entry, account, product)
            yield replace(line, why=why, left_out=left_out)

    def _whose(self, customer: str) -> tuple[str, str]:
        """The account, and the name of the site; the customer's own name, where nobody has it."""
        found = self._owners.get(feed_key(customer))
        if found is not None:
            return found, ""
        parent, colon, job = customer.partition(":")
        account = self._owners.get(feed_key(parent)) if colon else None
        if account is None:
            return customer, ""
        return account, _site(self._accounts[account], customer, job)

    def _why_none(self, entry: OldInvoiceLine, account: str, product: str) -> str:
        """Why nothing of ours stands beside it, should nothing do so."""
        found = self._accounts.get(account)
        if found is None:
            why = f"the directory has no account '{entry.customer}'"
        elif account in self._parked:
            why = f"{account} is parked: {self._parked[account]}"
        elif product == LEAVE_OUT:
            why = f"{MAPPING_FILE} leaves it out"
        elif entry.is_tax:
            why = "no tax is charged here: the policy has no tax for it"
        elif not product:
            why = f"nobody has said in {MAPPING_FILE} what '{entry.product}' is"
        elif any(line.product == product for a in found.agreements for line in a.lines):
            why = f"nothing was counted for {product}, or its line does not run in this month"
        else:
            why = f"no agreement of {account} has a line for {product}"
        return why


def _site(account: Account, customer: str, job: str) -> str:
    """A site by its title here; as it was called there, where it is none."""
    site = account.find_subscriber(customer) or account.find_subscriber(job)
    titles = {entry.subscriber: entry.name for entry in account.subscribers}
    return titles.get(site or "", job.strip())
