"""Building the ports from the environment: the one place that knows every adapter."""

from __future__ import annotations

import os
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from msp_billing.adapters.calendars import HolidayCalendars
from msp_billing.adapters.clock import SystemClock
from msp_billing.adapters.counted_stores import CountedLedgers, CountedOutbox, CountedPayments
from msp_billing.adapters.dynamodb.at_issue import DynamoAtIssueStore
from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.contacts import DynamoContactStore
from msp_billing.adapters.dynamodb.credit_notes import DynamoCreditNoteStore
from msp_billing.adapters.dynamodb.cycles import DynamoCycleStore
from msp_billing.adapters.dynamodb.document_links import DynamoDocumentLinks
from msp_billing.adapters.dynamodb.incidents import DynamoIncidentStore
from msp_billing.adapters.dynamodb.invoices import DynamoInvoiceStore
from msp_billing.adapters.dynamodb.policies import DynamoBook, DynamoPolicyStore
from msp_billing.adapters.dynamodb.schema import DynamoSchemaStore
from msp_billing.adapters.dynamodb.standings import DynamoStandingStore
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.adapters.dynamodb.write_offs import DynamoWriteOffStore
from msp_billing.adapters.s3_records import S3Records
from msp_billing.adapters.trial_clock import TrialClock, pauses_by
from msp_billing.usecases.ports import (
    AtIssueStore,
    Book,
    Bus,
    Calendars,
    Clock,
    Composer,
    ContactStore,
    CreditNoteStore,
    CycleStore,
    DocumentLinkStore,
    Executions,
    Feeds,
    IncidentStore,
    InvoiceRenderer,
    InvoiceStore,
    LedgerStore,
    Mailer,
    Outbox,
    Pauses,
    PaymentFiles,
    PaymentStore,
    PolicyStore,
    Ports,
    Records,
    Reports,
    Schedules,
    SchemaStore,
    StandingStore,
    Workbooks,
    WriteOffStore,
)

if TYPE_CHECKING:
    from msp_billing.adapters.http.release_pages import ReleasePages
    from msp_billing.adapters.webhook_secrets import WebhookSecrets

_clock: Clock | None = None

# Every call gives up and is retried within a Lambda's time; SES alone gets one attempt in all.
_RETRYING = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)
# Addresses that are handed out are signed for the bucket's own region, as newer regions ask for it.
S3_CLIENT = _RETRYING.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
_ONE_ATTEMPT = Config(connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 1})


def use_clock(clock: Clock | None) -> None:
    """Use the clock of the local cloud; None for the machine's, or a trial's own, as it was."""
    global _clock  # noqa: PLW0603 - one clock per process is the point
    _clock = clock
    ports.cache_clear()
    webhook_secrets.cache_clear()


@lru_cache(maxsize=1)
def ports() -> Ports:
    """The ports of this process, from the environment that template.yaml gives the function."""
    return _WiredPorts()


@lru_cache(maxsize=1)
def webhook_secrets() -> WebhookSecrets:
    """The secrets that webhooks are signed with."""
    from msp_billing.adapters.webhook_secrets import WebhookSecrets

    clock = ports().clock
    return WebhookSecrets(_client("secretsmanager"), os.environ["WEBHOOK_SECRETS_PREFIX"], clock)


@cache
def release_pages() -> ReleasePages:
    """The pages that approvers see."""
    from msp_billing.adapters.http.release_pages import ReleasePages

    return ReleasePages(_assets())


class _WiredPorts:
    """Makes each port when it is first used: a cold start pays only for what the function needs.

    A variable that the environment lacks is a KeyError with its name.
    """

    @cached_property
    def clock(self) -> Clock:
        if _clock is None and os.environ.get("TRIAL_CLOCK") == "on":
            return TrialClock(self._table)
        return _clock or SystemClock()

    @cached_property
    def calendars(self) -> Calendars:
        return HolidayCalendars()

    @cached_property
    def policies(self) -> PolicyStore:
        return DynamoPolicyStore(self._table, self._bodies)

    @cached_property
    def book(self) -> Book:
        return DynamoBook(self._table, self._bodies)

    @cached_property
    def cycles(self) -> CycleStore:
        return DynamoCycleStore(self._table)

    @cached_property
    def invoices(self) -> InvoiceStore:
        return DynamoInvoiceStore(self._table, self._bodies)

    @cached_property
    def at_issue(self) -> AtIssueStore:
        return DynamoAtIssueStore(self._table, self._bodies)

    @cached_property
    def credit_notes(self) -> CreditNoteStore:
        return DynamoCreditNoteStore(self._table)

    @cached_property
    def outbox(self) -> Outbox:
        return CountedOutbox(self._table)

    @cached_property
    def contacts(self) -> ContactStore:
        return DynamoContactStore(self._table)

    @cached_property
    def document_links(self) -> DocumentLinkStore:
        return DynamoDocumentLinks(self._table)

    @cached_property
    def pauses(self) -> Pauses:
        return pauses_by(self.clock)

    @cached_property
    def records(self) -> Records:
        return S3Records(self._s3, os.environ["RECORDS_BUCKET"])

    @cached_property
    def feeds(self) -> Feeds:
        from msp_billing.adapters.s3_feeds import S3Feeds

        return S3Feeds(self._s3, os.environ["FEEDS_BUCKET"])

    @cached_property
    def renderer(self) -> InvoiceRenderer:
        from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer

        return TypstRenderer(_assets())

    @cached_property
    def workbooks(self) -> Workbooks:
        from msp_billing.adapters.workbooks.xlsx_workbooks import XlsxWorkbooks

        return XlsxWorkbooks()

    @cached_property
    def reports(self) -> Reports:
        from msp_billing.adapters.reports.report_maker import ReportMaker

        return ReportMaker(_assets())

    @cached_property
    def composer(self) -> Composer:
        from msp_billing.adapters.mails.mail_composer import MailComposer

        return MailComposer(_assets())

    @cached_property
    def mailer(self) -> Mailer:
        from msp_billing.adapters.counted_mailer import CountedMailer

        client = _client("sesv2", _ONE_ATTEMPT)
        return CountedMailer(client, os.environ["MAIL_CONFIGURATION_SET"], _client("sesv2"))

    @cached_property
    def ledgers(self) -> LedgerStore:
        return CountedLedgers(self._table, self._bodies)

    @cached_property
    def payments(self) -> PaymentStore:
        return CountedPayments(self._table)

    @cached_property
    def write_offs(self) -> WriteOffStore:
        return DynamoWriteOffStore(self._table)

    @cached_property
    def payment_files(self) -> PaymentFiles:
        from msp_billing.adapters.payments.payment_file_readers import S3PaymentFiles

        return S3PaymentFiles(self._s3, os.environ["FEEDS_BUCKET"])

    @cached_property
    def standings(self) -> StandingStore:
        return DynamoStandingStore(self._table, self._bodies)

    @cached_property
    def incidents(self) -> IncidentStore:
        return DynamoIncidentStore(self._table)

    @cached_property
    def executions(self) -> Executions:
        return _executions("CYCLE_STATE_MACHINE_ARN")

    @cached_property
    def dunning_executions(self) -> Executions:
        return _executions("DUNNING_STATE_MACHINE_ARN")

    @cached_property
    def release_executions(self) -> Executions:
        return _executions("RELEASE_STATE_MACHINE_ARN")

    @cached_property
    def schedules(self) -> Schedules:
        return _schedules("SCHEDULE_GROUP", "START_CYCLE_FUNCTION_ARN")

    @cached_property
    def digest_schedules(self) -> Schedules:
        return _schedules("DIGEST_SCHEDULE_GROUP", "SEND_DIGEST_FUNCTION_ARN")

    @cached_property
    def schemas(self) -> SchemaStore:
        return DynamoSchemaStore(self._table)

    @cached_property
    def bus(self) -> Bus:
        from msp_billing.adapters.event_bus import EventBridgeBus

        return EventBridgeBus(_client("events"), os.environ["BUS_NAME"])

    @property
    def api_url(self) -> str:
        return os.environ["PAYMENTS_API_URL"].rstrip("/")

    @cached_property
    def _s3(self) -> Any:
        return _client("s3", S3_CLIENT)

    @cached_property
    def _table(self) -> Table:
        return Table(_client("dynamodb"), os.environ["TABLE_NAME"])

    @cached_property
    def _bodies(self) -> Bodies:
        return Bodies(self.records)


@cache
def _client(service: str, config: Config = _RETRYING) -> Any:
    """A client, made once per process: making one takes longer than most calls."""
    return boto3.client(service, config=config)


def _schedules(group: str, function: str) -> Schedules:
    from msp_billing.adapters.scheduler import EventBridgeSchedules

    return EventBridgeSchedules(
        _client("scheduler"),
        os.environ[group],
        os.environ[function],
        os.environ["SCHEDULER_ROLE_ARN"],
        os.environ["SCHEDULE_DEAD_LETTER_ARN"],
    )


def _executions(variable: str) -> Executions:
    from msp_billing.adapters.step_functions import StepFunctionsExecutions

    return StepFunctionsExecutions(_client("stepfunctions"), os.environ[variable])


def _assets() -> Path:
    """Where templates and fonts lie: a layer is unpacked below /opt."""
    return Path(os.environ.get("ASSETS_DIRECTORY", "/opt"))
