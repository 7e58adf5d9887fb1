"""What a letter of dunning tells, from what is stored about the account now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import CoveredPart, covered_parts
from msp_billing.domain.dunning.entitlements import protected_services
from msp_billing.domain.dunning.forecast import forecast, what_clears
from msp_billing.domain.dunning.late_fees import fee_document
from msp_billing.domain.dunning.letters import (
    AddedFee,
    AlertFact,
    ComingStep,
    DunningLetter,
    LetterDocument,
    LetterKind,
    ProviderAlert,
)
from msp_billing.domain.dunning.moves import dunning_of
from msp_billing.domain.paper_sizes import paper_of

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy, DunningStep
    from msp_billing.domain.dunning.reminders import Reminder
    from msp_billing.domain.dunning.standing import Pause
    from msp_billing.domain.ledger.position import LedgerPosition, OwedItem
    from msp_billing.usecases.dunning.context import DunningContext

_NOTHING = Decimal(0)


def step_letter(
    context: DunningContext, dunning: DunningPolicy, step: DunningStep
) -> DunningLetter:
    """The letter of a step of the account's case: a notice, or that a hold was placed."""
    return _letter(context, dunning, step, step.kind, step.title)


def reinstated_letter(
    context: DunningContext, dunning: DunningPolicy, hold: DunningStep
) -> DunningLetter:
    """The letter that a hold is back, because a payment was returned."""
    letter = _letter(context, dunning, hold, "reinstated", hold.title)
    return letter.model_copy(update={"because": context.standing.why})


def reminder_letter(
    context: DunningContext, dunning: DunningPolicy, reminder: Reminder
) -> DunningLetter:
    """The letter about everything that falls due (DUN-02), less what is disputed or promised."""
    step = dunning.step(reminder.step)
    letter = _letter(context, dunning, step, "reminder", step.title)
    documents = tuple(entry for entry in letter.documents if entry.document in reminder.documents)
    asked = sum((e.open - e.disputed - e.promised for e in documents), _NOTHING)
    return letter.model_copy(update={"documents": documents, "to_pay": asked, "coming": ()})


def _letter(
    context: DunningContext,
    dunning: DunningPolicy,
    step: DunningStep,
    kind: LetterKind,
    title: str,
) -> DunningLetter:
    standing, position, today = context.standing, context.position, context.today
    clause = context.pinned.clause(step.clause)
    protected = protected_services(dunning, context.account.dunning, today)
    stay_on = {entry.service for entry in protected}
    overdue = position.overdue_items(today)
    coming = _coming(context, dunning, step)
    holds = standing.state.on_hold or any(entry.kind.endswith("_hold") for entry in coming)
    return DunningLetter(
        account=context.account.account,
        account_name=context.account.name,
        address=context.account.address,
        locale=context.locale,
        paper=paper_of(context.account, context.policy),
        kind=kind,
        on=today,
        state=standing.state,
        step=step.step,
        title=title,
        letter=step.letter,
        clause_title=clause.title,
        clause_text=clause.text,
        currency=position.ledger.currency,
        documents=letter_documents(position, standing.pauses, today),
        overdue=sum((item.open for item in overdue), _NOTHING),
        outstanding=position.owed,
        credit=position.held,
        late_fee=_added_fee(context, step),
        to_pay=max(what_clears(dunning, standing, position, today).amount, _NOTHING),
        coming=coming,
        services=tuple(name for name in dunning.services if name not in stay_on),
        protected_services=protected,
        release_by=tuple(role.title for role in dunning.release.roles) if holds else (),
    )


def letter_documents(
    position: LedgerPosition, pauses: Sequence[Pause], today: date
) -> tuple[LetterDocument, ...]:
    """Everything that is open, the oldest due date first, with what is disputed or promised."""
    items = position.open_items
    parts = covered_parts(items, pauses, today)
    return tuple(
        _document(item, [p for p in parts if p.document == item.document]) for item in items
    )


def _document(item: OwedItem, parts: Sequence[CoveredPart]) -> LetterDocument:
    return LetterDocument(
        document=item.document,
        title=item.title,
        due_on=item.due_on,
        open=item.open,
        amount=item.amount,
        disputed=_covered(parts, "dispute"),
        promised=_covered(parts, "promise"),
        paused_until=min((part.pause.until for part in parts), default=None),
    )


def _covered(parts: Iterable[CoveredPart], kind: str) -> Decimal:
    return sum((part.amount for part in parts if part.pause.kind == kind), _NOTHING)


def _added_fee(context: DunningContext, step: DunningStep) -> AddedFee | None:
    case = context.standing.open_case
    if case is None:
        return None
    fee = context.position.items_by_document.get(fee_document(case, step.step))
    return None if fee is None else AddedFee(document=fee.document, amount=fee.amount)


def _coming(
    context: DunningContext, dunning: DunningPolicy, step: DunningStep
) -> tuple[ComingStep, ...]:
    """The steps after this one, if nothing is paid; those without a day wait for a person."""
    steps = forecast(
        dunning,
        dunning_of(context.account),
        context.standing,
        context.position,
        {},
        context.now,
        context.policy.zone,
        context.calendar,
    )
    return tuple(
        ComingStep(
            step=entry.step,
            kind=entry.kind,
            title=entry.title,
            on=entry.on,
            late_fee=entry.late_fee,
        )
        for entry in steps
        if entry.on is not None and entry.step != step.step and entry.kind != "reminder"
    )


def about_a_hold(alert: ProviderAlert) -> ProviderAlert:
    """The alert that nobody got a letter, where it only tells of a hold: nothing waits for it."""
    return alert.model_copy(
        update={
            "title": "Letter about a hold not delivered",
            "consequence": "The hold is in force, and the case goes on: its notice was received.",
            "what_to_do": ("Tell the account another way, and mend its contacts in its file.",),
            "commands": (),
        }
    )


def payment_returned(context: DunningContext) -> ProviderAlert:
    """A closed case goes on: the provider's people hear why."""
    account, standing = context.account, context.standing
    return ProviderAlert(
        kind="payment_returned",
        account=account.account,
        account_name=account.name,
        title="Payment returned",
        what=standing.why or "A payment that had ended a case was returned.",
        consequence=f"The account is in the state '{standing.state}' again, with the steps that "
        "were taken before. What follows goes on from there.",
        facts=(
            AlertFact(label="Owed now", value=str(context.position.money(context.position.owed))),
        ),
        what_to_do=("Talk to the account, or make a promise to pay with an end date.",),
        commands=(f"mspbill account {account.account} --provider {context.policy.provider}",),
    )
