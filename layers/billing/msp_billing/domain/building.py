"""Building: from an account's sealed snapshot to its invoices and its outcome."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msp_billing.domain.accounts import Account
from msp_billing.domain.billable_lines import (
    BillableLine,
    Counter,
    PreviousCounts,
    billable_lines,
)
from msp_billing.domain.charging.pricing import apply_term_discount, price_in_force, price_quantity
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.invoices import (
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceSection,
    LineKind,
    LineReason,
    PriceBasis,
)
from msp_billing.domain.money import Money, total
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.parking import (
    BuildContext,
    currency_problems,
    nothing_to_bill,
    parked,
    unpriced_items,
    unpriced_products,
)
from msp_billing.domain.periods import ServicePeriod
from msp_billing.domain.policy import TermDiscount
from msp_billing.domain.run_policy import RunPolicy
from msp_billing.domain.snapshots import AccountSnapshot


def build_account(
    context: BuildContext, snapshot: AccountSnapshot, previous: PreviousCounts
) -> AccountOutcome:
    """Build the invoices of one account, or say why there are none.

    Returns:
        An outcome for every agreement that is active in the period: billed, nothing to bill, or,
        for all of them together, parked with every reason that was found.
    """
    account = snapshot.account
    active = [entry for entry in account.agreements if entry.active_in(context.period)]
    counter = Counter(context.policy, snapshot, previous)
    billable = {
        agreement.agreement: list(
            billable_lines(
                agreement,
                account,
                context.run,
                context.policy,
                context.price_book,
                context.period,
                counter,
            )
        )
        for agreement in active
    }
    problems = [
        *counter.problems.values(),
        *currency_problems(context, account),
        *unpriced_products(context, account, billable.values()),
        *unpriced_items(context, account, counter),
    ]
    if problems and active:
        return parked(context, account, active, problems)
    invoices = tuple(_invoices(context, account, active, billable, counter))
    return AccountOutcome(
        account=account.account,
        account_name=account.name,
        agreements=tuple(_outcomes(active, billable, context.run)),
        invoices=invoices,
    )


def _invoices(
    context: BuildContext,
    account: Account,
    active: list[Agreement],
    billable: dict[str, list[BillableLine]],
    counter: Counter,
) -> Iterator[Invoice]:
    groups: list[tuple[str, list[Agreement]]] = (
        [("all", active)]
        if context.run.invoice_per == "account"
        else [(agreement.agreement, [agreement]) for agreement in active]
    )
    for part, agreements in groups:
        lines = [entry for agreement in agreements for entry in billable[agreement.agreement]]
        if lines:
            yield _invoice(context, account, part, agreements, lines, counter)


def _invoice(
    context: BuildContext,
    account: Account,
    part: str,
    agreements: list[Agreement],
    billable: list[BillableLine],
    counter: Counter,
) -> Invoice:
    drafts = [_line(context, account, entry) for entry in billable]
    drafts += [
        discount
        for agreement in agreements
        for discount in _discount_lines(context, account, agreement, drafts)
    ]
    sections = _sections(account, drafts)
    order = {section.subscriber: index for index, section in enumerate(sections)}
    drafts.sort(key=lambda line: (order[line.subscriber], *_order_in_section(context, line)))
    lines = tuple(
        line.model_copy(update={"line": number}) for number, line in enumerate(drafts, start=1)
    )
    keys = {line.reason.count for line in lines}
    return Invoice(
        id=InvoiceId(
            provider=context.policy.provider,
            run=context.run.run,
            period=context.period,
            account=account.account,
            part=part,
        ),
        label=_label(context.run, agreements),
        account_name=account.name,
        bill_to=(account.name, *account.address),
        purchase_order=account.purchase_order,
        recipients=account.recipients("invoice"),
        invoice_on=context.invoice_on,
        due_on=context.due_on,
        service_period=ServicePeriod.of_month(context.period),
        currency=account.currency,
        sections=sections,
        lines=lines,
        counts=tuple(
            evidence
            for evidence in counter.evidence.values()
            if evidence.key in keys or (part == "all" and evidence.count.left)
        ),
        total=total((line.amount for line in lines), account.currency),
        policy_version=context.policy.version,
        price_book_version=context.price_book.version,
        snapshot_sha256=context.snapshot_sha256,
    )


def _line(context: BuildContext, account: Account, entry: BillableLine) -> InvoiceLine:
    found = price_in_force(entry.line, entry.product, context.price_book, context.period)
    assert found is not None, "accounts with a missing price were parked before"
    priced = price_quantity(found.price, entry.quantity, account.currency)
    once = entry.line.bill_once_in is not None
    note = f", {entry.line.note}" if entry.line.note else ""
    clause = entry.product.clause or context.run.clause
    if entry.count_key is not None:
        rule = entry.line.count_rule or entry.product.count_rule
        assert rule is not None, "a counted line has its rule"
        clause = context.policy.count_rule(rule).clause
    return InvoiceLine(
        line=1,
        kind=LineKind.ONE_TIME if once else LineKind.RECURRING,
        subscriber=entry.subscriber,
        product=entry.product.code,
        description=f"{entry.product.name}{note}",
        category=entry.product.category,
        quantity=priced.quantity,
        unit=entry.product.unit,
        unit_price=priced.unit_price,
        amount=priced.amount,
        service_period=ServicePeriod.of_month(context.period),
        reason=LineReason(
            clause=clause,
            agreement=entry.agreement.agreement,
            agreement_line=entry.line.line,
            quantity_from=entry.quantity_from,
            count=entry.count_key,
            price_basis=priced.basis,
            price_from=found.found_in,
            arithmetic=priced.arithmetic,
        ),
    )


def _discount_lines(
    context: BuildContext, account: Account, agreement: Agreement, lines: list[InvoiceLine]
) -> Iterator[InvoiceLine]:
    """One line per term discount and category, on recurring lines only (KR-09)."""
    groups: dict[tuple[TermDiscount, str], list[Money]] = {}
    for line in lines:
        if line.reason.agreement != agreement.agreement or line.kind is not LineKind.RECURRING:
            continue
        discount = context.policy.term_discount(agreement.term_years, line.category)
        if discount is not None:
            groups.setdefault((discount, line.category), []).append(line.amount)
    for (discount, category), amounts in groups.items():
        worked_out = apply_term_discount(discount, amounts, account.currency)
        yield InvoiceLine(
            line=1,
            kind=LineKind.DISCOUNT,
            subscriber=None,
            product=f"TERM-{discount.years}Y",
            description=f"{agreement.term_years}-year term discount, {discount.percent}% of "
            f"{worked_out.base.amount:,} {account.currency}",
            category=category,
            quantity=Decimal(1),
            unit="discount",
            unit_price=worked_out.amount,
            amount=worked_out.amount,
            service_period=ServicePeriod.of_month(context.period),
            reason=LineReason(
                clause=discount.clause,
                agreement=agreement.agreement,
                agreement_line=None,
                quantity_from=f"term of {agreement.term_years} years in the agreement",
                price_basis=PriceBasis.PERCENT,
                price_from=f"policy {context.policy.version}",
                arithmetic=worked_out.arithmetic,
            ),
        )


def _sections(account: Account, lines: list[InvoiceLine]) -> tuple[InvoiceSection, ...]:
    """The sections that have lines: the account's internal ones, its own, then subscribers.

    An account section that holds nothing but discounts comes last, below what it is a share of.
    """
    used = {line.subscriber for line in lines}
    own = [line for line in lines if line.subscriber is None]
    only_discounts = all(line.kind is LineKind.DISCOUNT for line in own)
    account_section = [InvoiceSection(subscriber=None, title=account.name)] if own else []
    internal, others = (
        [
            InvoiceSection(subscriber=entry.subscriber, title=entry.name, internal=entry.internal)
            for entry in account.subscribers
            if entry.subscriber in used and entry.internal is wanted
        ]
        for wanted in (True, False)
    )
    if only_discounts:
        return (*internal, *others, *account_section)
    return (*internal, *account_section, *others)


def _order_in_section(context: BuildContext, line: InvoiceLine) -> tuple[int, int]:
    """Price-book order, discounts last; equal places keep the agreements' order."""
    if line.kind is LineKind.DISCOUNT:
        return (1, 0)
    return (0, context.price_book.position(line.product))


def _label(run: RunPolicy, agreements: list[Agreement]) -> str:
    """The heading by the agreement's coverage (KR-03), else the run's own."""
    for agreement in agreements:
        if agreement.coverage is not None and agreement.coverage in run.labels_by_coverage:
            return run.labels_by_coverage[agreement.coverage]
    return run.label


def _outcomes(
    active: list[Agreement], billable: dict[str, list[BillableLine]], run: RunPolicy
) -> Iterator[AgreementOutcome]:
    for agreement in active:
        lines = billable[agreement.agreement]
        if lines:
            yield AgreementOutcome(
                agreement=agreement.agreement,
                kind=OutcomeKind.BILLED,
                reason=f"{len(lines)} line{'s' if len(lines) > 1 else ''}",
            )
        else:
            yield nothing_to_bill(run, agreement)
