"""Statements of account as documents: what they tell, and the mail that a person sends them with.

A mail of a statement is no cycle's: it waits in the queue, as copies of mails do. The same
statement, byte for byte, is mailed once.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.account_statement import (
    AccountStatement,
    Addressee,
    account_statement,
)
from msp_billing.domain.outbox import Attachment, MailId, MailState, OutboxMail
from msp_billing.domain.paper_sizes import paper_of
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.domain.seals import seal
from msp_billing.usecases.dunning.context import UnknownAccountError, policy_in_force
from msp_billing.usecases.mailing.attaching import documents_of
from msp_billing.usecases.mailing.mail_queue import tell_of_queue
from msp_billing.usecases.receivables.accounts import kept_ledger, today_of
from msp_billing.usecases.receivables.final_account import final_account
from msp_billing.usecases.report_store import stored_notice

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

RUN = "statements"
"""In place of the name of a run in mails of statements."""

_HASH_LENGTH = 8
_MONTHS_BACK = 2


def statement_of_account(
    ports: Ports,
    provider: str,
    account: str,
    from_on: date | None = None,
    to_on: date | None = None,
) -> AccountStatement:
    """A statement out of the entries of the account's ledger, and nothing else.

    Args:
        from_on: its first day; the first day of the month before last, if left out.
        to_on: its last day; today in the provider's zone, if left out.

    Raises:
        UnknownProviderError: for a provider that was never applied.
        UnknownAccountError: when the book does not have the account.
        ProblemsError: when it ends before it begins.
    """
    today = today_of(ports, provider)
    last = to_on or today
    first = from_on or Period.of(last).shifted(-_MONTHS_BACK).first_day
    if first > last:
        problem = Problem(
            code="ends-before-it-begins",
            what=f"A statement from {first} cannot end on {last}.",
            fix="Give the earlier day first.",
        )
        raise ProblemsError([problem])
    ledger = kept_ledger(ports, provider, account)
    entries = tuple(ports.ledgers.entries(ledger))
    return account_statement(
        ledger, entries, first, last, _addressee(ports, provider, account), today
    )


def final_statement_of_account(ports: Ports, provider: str, account: str) -> AccountStatement:
    """Everything from the first entry on; a draft while something is left to do (MSA-05).

    Raises:
        UnknownAccountError: when the book does not have the account.
        StatementError: when two documents contradict each other.
    """
    today = today_of(ports, provider)
    ledger = kept_ledger(ports, provider, account)
    entries = tuple(ports.ledgers.entries(ledger))
    days = [entry.on for entry in entries] or [today]
    return account_statement(
        ledger,
        entries,
        min(days),
        max(*days, today),
        _addressee(ports, provider, account),
        today,
        final=True,
        unfinished=not final_account(ports, provider, account).settled,
    )


def _addressee(ports: Ports, provider: str, account: str) -> Addressee:
    found = ports.book.find(provider, account)
    if found is None:
        raise UnknownAccountError(provider, account)
    policy = policy_in_force(ports, provider)
    return Addressee(
        name=found.account.name,
        address=found.account.address,
        locale=found.account.locale or policy.locale,
        paper=paper_of(found.account, policy),
    )


# --- Mailing them --------------------------------------------------------------------------------


def mail_statement(ports: Ports, told: AccountStatement, provider: str, by: str) -> MailId:
    """Seal a statement and have it mailed to the account's billing contacts.

    Safe to repeat: the same statement is mailed once.

    Args:
        by: the person who sends it.

    Raises:
        ProblemsError: for the final statement of an account with something left to do.
        UnknownAccountError: when the book does not have the account.
    """
    if told.unfinished:
        problem = Problem(
            code="statement-is-a-draft",
            what="Something is left to do before the account's final statement.",
            fix="Look at 'mspbill statement ACCOUNT --final'; a draft is not mailed.",
        )
        raise ProblemsError([problem])
    account = told.statement.account
    found = ports.book.find(provider, account)
    if found is None:
        raise UnknownAccountError(provider, account)
    made = ports.reports.make_statement(told, policy_in_force(ports, provider))
    (document,) = made.documents
    mail = _mail_id(told, provider, seal(document.content))
    folder = f"{provider}/{RUN}/{account}/{mail.part}"
    stored = ports.records.put_once(
        f"{folder}/{document.file_name}", document.content, document.media_type
    )
    notice = made.notice.model_dump_json().encode()
    ports.records.put_once(f"{folder}.json", notice, "application/json")
    ports.outbox.enqueue(
        OutboxMail(
            id=mail,
            state=MailState.READY,
            recipients=found.account.billing_contacts,
            attachments=(
                Attachment(
                    key=stored.key,
                    sha256=stored.sha256,
                    file_name=document.file_name,
                    media_type=document.media_type,
                    size_bytes=stored.size_bytes,
                ),
            ),
            note=f"sent by {by}",
        )
    )
    tell_of_queue(ports, provider)
    return mail


def compose_statement(ports: Ports, policy: ProviderPolicy, mail: OutboxMail) -> bytes:
    """The mail that brings a statement, from what was sealed when it was sent."""
    return ports.composer.report_mail(
        stored_notice(ports, mail),
        policy,
        mail.recipients,
        documents_of(ports, mail),
        mail.id,
        ports.clock.now(),
    )


def _mail_id(told: AccountStatement, provider: str, sha256: str) -> MailId:
    days = f"{told.statement.from_on:%Y%m%d}-{told.statement.to_on:%Y%m%d}"
    return MailId(
        provider=provider,
        run=RUN,
        period=Period.of(told.statement.to_on),
        account=told.statement.account,
        part=f"{days}-{sha256[:_HASH_LENGTH]}",
        kind="statement",
    )
