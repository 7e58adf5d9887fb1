"""The commands that a person is given for what needs them, each in one place."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.payments.incoming import PaymentKey


def _command(*parts: str, provider: str, because: str | None = None) -> str:
    """A command of a provider; with ``because`` it is a decision, which has a name and a reason."""
    words = ["mspbill", *parts, "--provider", provider]
    if because is not None:
        words += ["--by", "NAME", "--why", because]
    return shlex.join(words)


def show_cycle(cycle: CycleId) -> str:
    """Where a cycle stands."""
    return _command("cycle", "show", cycle.run, str(cycle.period), provider=cycle.provider)


def start_cycle(cycle: CycleId) -> str:
    """Start a cycle, or start one again that failed."""
    return _command("cycle", "start", cycle.run, str(cycle.period), provider=cycle.provider)


def approve_cycle(cycle: CycleId) -> str:
    """Approve a run, or reject it."""
    words = ("cycle", "approve", cycle.run, str(cycle.period))
    return f"{_command(*words, provider=cycle.provider)} --by NAME"


def redrive_cycle(cycle: CycleId) -> str:
    """Let a cycle go on whose execution failed or died."""
    return _command("cycle", "redrive", cycle.run, str(cycle.period), provider=cycle.provider)


def bill_again(cycle: CycleId, account: str) -> str:
    """Bill one account of a closed cycle."""
    words = ("cycle", "bill-again", cycle.run, str(cycle.period), account)
    return _command(*words, provider=cycle.provider, because="the export was mended")


def push_feed(feed: str) -> str:
    """Upload the exports of a provider's directory, whose policy says whose they are."""
    return shlex.join(["mspbill", "feeds", "push", "DIR", "--feed", feed])


def settle_mail(mail: MailId) -> str:
    """Say what became of a mail of which nobody knows."""
    words = ("outbox", "settle", str(mail), "--as", "not-sent")
    return _command(*words, provider=mail.provider, because="they have not got it")


def resend_mail(mail: MailId, named: str) -> str:
    """Send a mail again to an address that works."""
    words = ("outbox", "resend", named or str(mail), "--to", "ADDRESS")
    return _command(*words, provider=mail.provider, because="new address")


def show_mails(provider: str) -> str:
    """The mails that did not arrive."""
    return _command("outbox", "list", "--failed", provider=provider)


def clear_contact(provider: str, address: str) -> str:
    """Let mails go to a contact again."""
    return _command(
        "contact", "clear", address, provider=provider, because="the mailbox works again"
    )


def decide_payment(key: PaymentKey, suggestion: str | None, *, is_return: bool) -> str:
    """Say whose a payment is, or which payment went back."""
    whose = ("--of", "PAYMENT") if is_return else ("--account", suggestion or "ACCOUNT")
    return _command(
        "payment",
        "assign",
        key.document,
        *whose,
        provider=key.provider,
        because="as their letter says",
    )


def show_account(provider: str, account: str) -> str:
    """Why an account is where it is."""
    return _command("account", account, provider=provider)


def override_notice(provider: str, account: str, step: str) -> str:
    """Say that a notice counts."""
    return _command("override-notice", account, step, provider=provider, because="told by phone")


def ask_release_again(provider: str, account: str) -> str:
    """Ask those once more who hold the keys."""
    return f"{_command('hold', 'ask-again', account, provider=provider)} --by NAME"


def show_release(provider: str, account: str) -> str:
    """Who has turned a key, and who has not."""
    return _command("hold", "show", account, provider=provider)


def list_write_offs(provider: str) -> str:
    """Debts that are to be given up."""
    return _command("write-off", "list", provider=provider)


def verify_ledger(provider: str, account: str | None) -> str:
    """Prove a ledger."""
    return _command("verify-ledger", *([account] if account else []), provider=provider)
