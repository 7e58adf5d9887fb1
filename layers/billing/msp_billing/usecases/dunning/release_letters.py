"""Mails around a release: the question to each approver, and the letter that the hold has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import settlement
from msp_billing.domain.dunning.letters import (
    DunningLetter,
    KeyToTurn,
    LetterDocument,
    ReleaseQuestion,
    SettledPayment,
)
from msp_billing.domain.dunning.moves import dunning_of
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount
from msp_billing.domain.outbox import MailId, MailKind, MailState, OutboxMail
from msp_billing.domain.paper_sizes import paper_of
from msp_billing.usecases.dunning.kept_letters import LetterMail
from msp_billing.usecases.dunning.letters import letter_documents
from msp_billing.usecases.dunning.mails import dunning_mail_id
from msp_billing.usecases.dunning.release_situation import (
    release_policy,
    release_roles,
)
from msp_billing.usecases.errors import MailRefusedForNowError
from msp_billing.usecases.mailing.sending_mails import send_once

if TYPE_CHECKING:
    from msp_billing.domain.dunning.standing import Release
    from msp_billing.domain.ledger.position import LedgerPosition, TakenPayment
    from msp_billing.usecases.dunning.context import DunningContext
    from msp_billing.usecases.ports import Ports

_NOTHING = Decimal(0)


def release_mail_id(found: DunningContext, release: Release, part: str, kind: MailKind) -> MailId:
    """A mail of a release; all of them lie in the month in which it was asked for."""
    day = found.local_day(release.asked_at)
    return dunning_mail_id(found, f"r{release.release}-{part}", day, kind)


# --- To the account ------------------------------------------------------------------------------


def ended_letter_mail(found: DunningContext, release: Release) -> OutboxMail:
    """The letter that a hold has ended, to every contact of the account for such letters."""
    return OutboxMail(
        id=release_mail_id(found, release, "ended", "dunning"),
        state=MailState.READY,
        recipients=dunning_of(found.account).contacts,
    )


def send_ended_letter(ports: Ports, found: DunningContext) -> None:
    """Send the letter that was stored with the release, once; not if the hold is back by now.

    Raises:
        MailRefusedForNowError: when it was not taken for now.
    """
    release = found.standing.release
    if release is None:
        return
    if found.standing.state.on_hold:
        _withdraw_ended_letter(ports, found, release)
        return
    mail = release_mail_id(found, release, "ended", "dunning")
    made = LetterMail(ports, found.policy, mail, lambda: _ended_letter(found), found.now)
    if send_once(ports, found.policy, mail, made.compose, keep=made.keep) is MailState.READY:
        raise MailRefusedForNowError(f"{mail} was not taken for now")


def _withdraw_ended_letter(ports: Ports, found: DunningContext, release: Release) -> None:
    """A letter that waited too long: a payment was returned, and what it says is not true."""
    ports.outbox.move(
        release_mail_id(found, release, "ended", "dunning"),
        MailState.READY,
        MailState.REJECTED,
        at=found.now,
        note="the account was on hold again before the letter went out",
    )


def _ended_letter(found: DunningContext) -> DunningLetter:
    policy, position = release_policy(found), found.position
    clause = found.pinned.clause(policy.clause)
    overdue = position.overdue_items(found.today)
    return DunningLetter(
        account=found.account.account,
        account_name=found.account.name,
        address=found.account.address,
        locale=found.locale,
        paper=paper_of(found.account, found.policy),
        kind="released",
        on=found.today,
        state=found.standing.state,
        title="Your account is off hold",
        letter=policy.letter,
        clause_title=clause.title,
        clause_text=clause.text,
        currency=position.ledger.currency,
        documents=letter_documents(position, found.standing.pauses, found.today),
        overdue=sum((item.open for item in overdue), _NOTHING),
        outstanding=position.owed,
        credit=position.held,
    )


# --- To the approvers ----------------------------------------------------------------------------


def release_question(
    ports: Ports, found: DunningContext, release: Release, role: str, link: str
) -> ReleaseQuestion:
    """What an approver has to know to decide, for the mail and for the page behind its link."""
    standing, position, policy = found.standing, found.position, release_policy(found)
    clause = found.pinned.clause(policy.clause)
    open_now = settlement(position, (), policy, found.today).unpaid
    undisputed = settlement(position, standing.pauses, policy, found.today).unpaid
    paid = _paid_since(found)
    return ReleaseQuestion(
        account=found.account.account,
        account_name=found.account.name,
        release=release.release,
        state=standing.state,
        held_since=standing.since or release.asked_at,
        why=standing.why or "not paid in time",
        clause_title=clause.title,
        clause_text=clause.text,
        currency=position.ledger.currency,
        was_owed=_was_owed(position, paid),
        paid=tuple(_settled_payment(ports, position, payment) for payment in paid),
        outstanding=position.owed,
        disputed=max(open_now - undisputed, _NOTHING),
        credit=position.held,
        asked_role=role,
        roles=keys_to_turn(found, release),
        link=link,
        answer_by=_answer_by(found, release),
        reminder=release.reminded,
        command=(
            f"mspbill hold approve {found.account.account} "
            f"--provider {found.policy.provider} --role {role} --by YOUR-ADDRESS"
        ),
    )


def keys_to_turn(found: DunningContext, release: Release) -> tuple[KeyToTurn, ...]:
    """Every role, with who approved for it, when and why."""
    given = {entry.role: entry for entry in release.approvals}
    return tuple(
        KeyToTurn(role=role.role, title=role.title)
        if (approval := given.get(role.role)) is None
        else KeyToTurn(
            role=role.role,
            title=role.title,
            approved_by=approval.by,
            approved_at=approval.at,
            why=approval.why,
        )
        for role in release_roles(found)
    )


def _answer_by(found: DunningContext, release: Release) -> datetime | None:
    """When they are asked again; None after the last time."""
    policy = release_policy(found)
    if release.reminded >= policy.reminders:
        return None
    return found.now + timedelta(days=policy.remind_after_days)


def _paid_since(found: DunningContext) -> tuple[TakenPayment, ...]:
    """What came in since the case was opened, and was not returned."""
    case = found.standing.case
    opened = 0 if case is None else case.opened_version
    return tuple(
        payment
        for payment in found.position.payments
        if payment.sequence > opened and payment.returned_on is None
    )


def _was_owed(
    position: LedgerPosition, paid: tuple[TakenPayment, ...]
) -> tuple[LetterDocument, ...]:
    """What those payments were for: with it, what was owed when the case was opened."""
    back: dict[str, Decimal] = {}
    for payment in paid:
        for document, amount in payment.used_for.items():
            back[document] = back.get(document, _NOTHING) + amount
    owed = [
        LetterDocument(
            document=item.document,
            title=item.title,
            due_on=item.due_on,
            open=item.open + back[item.document],
            amount=item.amount,
        )
        for item in position.items
        if back.get(item.document, _NOTHING) > 0
    ]
    return tuple(sorted(owed, key=lambda entry: (entry.due_on, entry.document)))


def _settled_payment(
    ports: Ports, position: LedgerPosition, payment: TakenPayment
) -> SettledPayment:
    entry = ports.ledgers.find(position.ledger, EntryKind.PAYMENT, payment.payment)
    postings = () if entry is None else entry.postings
    methods = [posting.reference for posting in postings if posting.on is LedgerAccount.CASH]
    return SettledPayment(
        payment=payment.payment,
        method=methods[0] if methods else "other",
        received_on=payment.on,
        amount=payment.amount,
        settled_on=payment.settles_on if payment.settles_on > payment.on else None,
    )
