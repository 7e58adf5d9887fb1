"""Building: from an account's sealed snapshot to its invoices and its outcome.

Lines come from sources, one module each: what an agreement provides every month, orders, work,
adjustments. Other lines follow from these, invoice by invoice: discounts, minimums, taxes. Both are
listed below, in the order in which they are asked; a new kind of charge is one more entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msp_billing.domain.building.account_build import AccountBuild
from msp_billing.domain.building.earlier_charges import report_earlier_charges
from msp_billing.domain.building.parking import (
    nothing_to_bill,
    park_negative_total,
    park_unpriced_items,
    parked,
)
from msp_billing.domain.charging.adjustment_lines import adjustment_lines
from msp_billing.domain.charging.recurring import recurring_lines, term_discounts
from msp_billing.domain.charging.shortfalls import amount_shortfalls, quantity_shortfalls
from msp_billing.domain.charging.tax_lines import taxes, with_vat
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.contracts.order_lines import order_lines
from msp_billing.domain.contracts.pay_outs import pay_out_lines
from msp_billing.domain.contracts.required_products import required_product_lines
from msp_billing.domain.counting.cross_checks import cross_check_findings
from msp_billing.domain.invoices import (
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceSection,
    LineKind,
)
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.periods import ServicePeriod
from msp_billing.domain.work.time_lines import time_lines

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.building.build_context import BuildContext
    from msp_billing.domain.counting.previous_counts import PreviousCounts
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.domain.snapshots import AccountSnapshot

LineSource = Callable[[AccountBuild], Iterator[InvoiceLine]]
DerivedLines = Callable[
    [AccountBuild, Sequence[Agreement], Sequence[InvoiceLine]], Iterator[InvoiceLine]
]

SOURCES: tuple[LineSource, ...] = (
    recurring_lines,
    required_product_lines,
    order_lines,
    time_lines,
    adjustment_lines,
    pay_out_lines,
)
"""Where lines come from. All are asked, also for an account that cannot be billed."""

INFORMATIONAL_SOURCES: tuple[LineSource, ...] = (time_lines,)
"""What an informational run shows; nothing else follows from it (COL-24)."""

DERIVED: tuple[DerivedLines, ...] = (
    quantity_shortfalls,
    term_discounts,
    amount_shortfalls,
    taxes,
)
"""Lines that follow from the other lines of one invoice; each sees those of the ones before."""

_LAST_IN_SECTION = (LineKind.DISCOUNT, LineKind.SHORTFALL, LineKind.ADJUSTMENT, LineKind.TAX)
"""Kinds that stand below the others, in this order, but for lines of a product."""


def build_account(
    context: BuildContext, snapshot: AccountSnapshot, previous: PreviousCounts
) -> AccountOutcome:
    """Build the invoices of one account, or say why there are none.

    Returns:
        An outcome for every agreement that is active in the period, or that has a charge left to
        bill: billed, nothing to bill, or, for all of them together, parked with every reason that
        was found. A closing charge that cannot be billed parks the account as well (MSA-05).
    """
    build = AccountBuild(context, snapshot, previous)
    account = snapshot.account
    sources = INFORMATIONAL_SOURCES if context.run.informational else SOURCES
    lines = [line for source in sources for line in source(build)]
    park_unpriced_items(build)
    report_earlier_charges(build)
    for finding in cross_check_findings(build):
        build.report(finding)
    concerned = _concerned(build, lines)
    drafts = list(_drafts(build, concerned, lines))
    if build.problems:
        return parked(build, concerned or [build.agreement_for_charges()])
    return AccountOutcome(
        account=account.account,
        account_name=account.name,
        agreements=tuple(_outcomes(build, concerned, drafts)),
        invoices=tuple(_invoice(build, draft) for draft in drafts),
        revision=context.revision,
        findings=build.findings,
    )


def _concerned(build: AccountBuild, lines: list[InvoiceLine]) -> list[Agreement]:
    """The active agreements, and those that have ended with a charge left to bill."""
    charged = {line.reason.agreement for line in lines}
    active = {entry.agreement for entry in build.active}
    owing = active | charged | build.held_up
    return [entry for entry in build.account.agreements if entry.agreement in owing]


@dataclass(frozen=True)
class _Draft:
    """All lines of one invoice, before it is known whether the account can be billed."""

    part: str
    agreements: list[Agreement]
    lines: tuple[InvoiceLine, ...]


def _drafts(
    build: AccountBuild, concerned: list[Agreement], lines: list[InvoiceLine]
) -> Iterator[_Draft]:
    """The lines of each invoice, with those that follow from them."""
    groups: list[tuple[str, list[Agreement]]] = (
        [("all", concerned)]
        if build.context.run.invoice_per == "account"
        else [(agreement.agreement, [agreement]) for agreement in concerned]
    )
    for part, agreements in groups:
        names = {entry.agreement for entry in agreements}
        own = [line for line in lines if line.reason.agreement in names]
        for derived in () if build.context.run.informational else DERIVED:
            own += list(derived(build, agreements, tuple(own)))
        park_negative_total(build, part, own)
        if own:
            yield _Draft(part, agreements, tuple(with_vat(build, own)))


def _invoice(build: AccountBuild, draft: _Draft) -> Invoice:
    context, account, part = build.context, build.account, draft.part
    drafts = list(draft.lines)
    sections = _sections(account, drafts)
    order = {section.subscriber: index for index, section in enumerate(sections)}
    drafts.sort(key=lambda line: (order[line.subscriber], *_order_in_section(context, line)))
    numbered = tuple(
        line.model_copy(update={"line": number}) for number, line in enumerate(drafts, start=1)
    )
    keys = {line.reason.count for line in numbered}
    return Invoice(
        id=InvoiceId(
            provider=context.policy.provider,
            run=context.run.run,
            period=context.period,
            account=account.account,
            part=part,
            revision=context.revision,
        ),
        label=_label(context.run, draft.agreements),
        account_name=account.name,
        bill_to=(account.name, *account.address),
        purchase_order=account.purchase_order,
        country=account.country or context.policy.country,
        buyer=account.buyer,
        locale=account.locale or context.policy.locale,
        paper=account.paper,
        recipients=account.recipients("invoice"),
        invoice_on=context.invoice_on,
        due_on=context.due_on,
        informational=context.run.informational,
        service_period=ServicePeriod.of_month(context.period),
        currency=account.currency,
        sections=sections,
        lines=numbered,
        counts=tuple(
            evidence
            for evidence in build.counter.evidence.values()
            if evidence.key in keys
            or (part == "all" and (evidence.count.left or evidence.count.late))
        ),
        total=total((line.amount for line in numbered), account.currency),
        policy_version=context.policy.version,
        price_book_version=context.price_book.version,
        snapshot_sha256=context.snapshot_sha256,
    )


def _sections(account: Account, lines: list[InvoiceLine]) -> tuple[InvoiceSection, ...]:
    """The sections that have lines: the account's internal ones, its own, then subscribers.

    An account section that holds nothing but what follows from other lines comes last, below what
    it follows from.
    """
    used = {line.subscriber for line in lines}
    own = [line for line in lines if line.subscriber is None]
    only_derived = all(line.kind in _LAST_IN_SECTION for line in own)
    account_section = [InvoiceSection(subscriber=None, title=account.name)] if own else []
    internal, others = (
        [
            InvoiceSection(subscriber=entry.subscriber, title=entry.name, internal=entry.internal)
            for entry in account.subscribers
            if entry.subscriber in used and entry.internal is wanted
        ]
        for wanted in (True, False)
    )
    if only_derived:
        return (*internal, *others, *account_section)
    return (*internal, *account_section, *others)


def _order_in_section(context: BuildContext, line: InvoiceLine) -> tuple[int, int]:
    """Price-book order, then what is no product's; equal places keep the agreements' order."""
    if context.price_book.find(line.product) is not None:
        return (0, context.price_book.position(line.product))
    if line.kind in _LAST_IN_SECTION:
        return (1 + _LAST_IN_SECTION.index(line.kind), 0)
    return (1, 0)


def _label(run: RunPolicy, agreements: list[Agreement]) -> str:
    """The heading by the agreement's coverage (KR-03), else the run's own."""
    for agreement in agreements:
        if agreement.coverage is not None and agreement.coverage in run.labels_by_coverage:
            return run.labels_by_coverage[agreement.coverage]
    return run.label


def _outcomes(
    build: AccountBuild, concerned: list[Agreement], drafts: list[_Draft]
) -> Iterator[AgreementOutcome]:
    lines = [line for draft in drafts for line in draft.lines if line.kind is not LineKind.TAX]
    for agreement in concerned:
        count = sum(1 for line in lines if line.reason.agreement == agreement.agreement)
        if count:
            yield AgreementOutcome(
                agreement=agreement.agreement,
                kind=OutcomeKind.BILLED,
                reason=f"{count} line{'s' if count > 1 else ''}",
            )
        else:
            yield nothing_to_bill(build, agreement)
