"""What can go wrong in a command about accounts, and whose fault it is."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from msp_billing.domain.contracts.final_statements import StatementError
from msp_billing.domain.dunning.entitlements import EntitlementQuestionError
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.errors import (
    AppliedMeanwhileError,
    ApprovalGoneError,
    BusError,
    ConcurrentLedgerError,
    ConcurrentNumberingError,
    CreditConflictError,
    CycleUnreadableError,
    InterferedWithError,
    LedgerCurrencyError,
    LedgerUnreadableError,
    NotBilledAgainError,
    NotWaitingForApprovalError,
    PaymentConflictError,
    PaymentDecidedError,
    RefundConflictError,
    StandingUnreadableError,
    VersionConflictError,
    WriteOffConflictError,
)
from msp_billing.usecases.migrating.running import MigrationRaceError, UnreadableItemsError
from msp_billing.usecases.migrating.schema import SchemaTooNewError
from mspbill.command_errors import CycleRefusedError, FunctionFailedError, StackFailedError

REFUSED = (
    AppliedMeanwhileError,
    ApprovalGoneError,
    CreditConflictError,
    CycleRefusedError,
    EntitlementQuestionError,
    LedgerCurrencyError,
    NotBilledAgainError,
    NotWaitingForApprovalError,
    PaymentConflictError,
    PaymentDecidedError,
    RefundConflictError,
    SchemaTooNewError,
    StatementError,
    VersionConflictError,
    WriteOffConflictError,
)
"""What was asked for cannot be; nothing was changed."""

FAILED = (
    BotoCoreError,
    BusError,
    ClientError,
    ConcurrentLedgerError,
    ConcurrentNumberingError,
    ConcurrentStandingError,
    CycleUnreadableError,
    FunctionFailedError,
    InterferedWithError,
    LedgerUnreadableError,
    MigrationRaceError,
    StackFailedError,
    StandingUnreadableError,
    UnreadableItemsError,
)
"""It may be right, and could not be done now, or not all of it."""
