"""What can go wrong in a use case. State machines match these by name."""

from __future__ import annotations

import zlib


class UnknownProviderError(LookupError):
    """A provider, or a version of its policy, that was never applied."""


class VersionConflictError(ValueError):
    """A version that is in use was to get other content; a change needs a new version."""


class AppliedMeanwhileError(RuntimeError):
    """Somebody else put another policy, prices or accounts in force first."""


class InterferedWithError(RuntimeError):
    """Others wrote while many accounts were put in force: some of them are. Plan it again."""


class LockLostError(RuntimeError):
    """Another execution holds this period's lock."""


class SealBrokenError(RuntimeError):
    """A sealed object does not have the bytes that were sealed."""


class CompletenessGapError(RuntimeError):
    """An active agreement has no outcome, or one has two: nothing may be numbered."""


class TooManyParkedError(RuntimeError):
    """More accounts are parked than the policy allows a run to go on with."""


class ConcurrentNumberingError(RuntimeError):
    """Another run of the provider took the next numbers first; try again."""


class ChargeClaimedError(RuntimeError):
    """Another cycle bills a one-time charge that this one has in its snapshot; count anew."""


class CreditConflictError(ValueError):
    """A request's name was used before, for another credit."""


class NotBilledAgainError(ValueError):
    """An account cannot be billed again for a cycle as things stand; says why."""


class MailRefusedForNowError(RuntimeError):
    """SES did not take the mail (throttled, paused, quota used up); it may be tried later."""


class MailRejectedError(RuntimeError):
    """SES did not take the mail and never will, as it stands."""


class MailTooLargeError(ValueError):
    """A mail is larger than SES takes; its documents must go another way.

    Args:
        size_bytes: as it would be sent, attachments encoded.
        limit_bytes: what SES takes.
    """

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"the mail has {size_bytes:,} bytes, SES takes {limit_bytes:,}")


class MailSetupError(RuntimeError):
    """SES took no mail because of how it is set up (permissions, identity, configuration set).

    No other mail would be taken either: the run stops, and its mails stay ready.
    """


class DocumentError(RuntimeError):
    """A document could not be made of what it was given."""


DEFECTS = (
    ArithmeticError,
    AttributeError,
    DocumentError,
    LookupError,
    TypeError,
    ValueError,
    zlib.error,  # of a stored document that somebody scribbled over
)
"""Errors that lie in one account's data, or in how we handle it, and will not go away by
themselves. What AWS answers is none of them: such a step is retried, not given up."""


class MailOutcomeUnknownError(RuntimeError):
    """The answer was lost: SES may have taken the mail."""


class NotWaitingForApprovalError(RuntimeError):
    """A decision was given for a run that waits for none."""


class ApprovalGoneError(RuntimeError):
    """The task that waited for the decision timed out or was stopped."""


class BusError(RuntimeError):
    """EventBridge did not take an event, or did not say; the step that published is repeated."""


class ConcurrentLedgerError(RuntimeError):
    """Others kept entering in an account's ledger first; try again."""


class LedgerCurrencyError(ValueError):
    """An account's ledger is kept in another currency than what is to be entered."""


class RefundConflictError(ValueError):
    """A refund's name was used before, for another amount."""


class WriteOffConflictError(ValueError):
    """A write-off's name was used for something else, or it was decided otherwise."""


class LedgerUnreadableError(RuntimeError):
    """What is stored of a ledger is not what was stored: somebody changed it by hand."""

    def __init__(self, ledger: str, sequence: int | None, why: str) -> None:
        place = "the head" if sequence is None else f"entry {sequence}"
        super().__init__(f"{place} of the ledger of {ledger} cannot be read: {why}")
        self.sequence = sequence
        self.why = why


class StandingUnreadableError(ValueError):
    """What is stored of how an account stands is not what was stored: one account's defect."""

    def __init__(self, provider: str, account: str, why: str) -> None:
        super().__init__(f"how {provider}/{account} stands cannot be read: {why}")


class CycleUnreadableError(ValueError):
    """What is stored of a cycle is not what was stored: one cycle's defect."""

    def __init__(self, cycle: str, why: str) -> None:
        super().__init__(f"how {cycle} stands cannot be read: {why}")


class PaymentFileGoneError(LookupError):
    """The bucket told of a payment file that is not there any more."""


class PaymentConflictError(ValueError):
    """A payment was reported before under its key, with another amount, currency or account."""


class PaymentDecidedError(ValueError):
    """A person decides about a payment that was decided already, or that never waited."""
