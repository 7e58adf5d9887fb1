"""Building the ports from the environment: the one place that knows every adapter."""

from __future__ import annotations

import os
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.aws_clients import ONE_ATTEMPT, S3_CLIENT, client

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.adapters.dynamodb.table import Table
    from msp_billing.adapters.http.release_pages import ReleasePages
    from msp_billing.adapters.webhook_secrets import WebhookSecrets
    from msp_billing.usecases import ports as port

_clock: port.Clock | None = None


def use_clock(clock: port.Clock | None) -> None:
    """Use the clock of the local cloud; None for the machine's, or a trial's own, as it was."""
    global _clock  # noqa: PLW0603 - one clock per process is the point
    _clock = clock
    ports.cache_clear()
    webhook_secrets.cache_clear()


@lru_cache(maxsize=1)
def ports() -> port.Ports:
    """The ports of this process, from the environment that template.yaml gives the function."""
    return _WiredPorts()


@lru_cache(maxsize=1)
def webhook_secrets() -> WebhookSecrets:
    """The secrets that webhooks are signed with."""
    from msp_billing.adapters.webhook_secrets import WebhookSecrets

    clock = ports().clock
    return WebhookSecrets(client("secretsmanager"), os.environ["WEBHOOK_SECRETS_PREFIX"], clock)


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
    def clock(self) -> port.Clock:
        from msp_billing.adapters.clock import SystemClock
        from msp_billing.adapters.trial_clock import TrialClock

        if _clock is None and os.environ.get("TRIAL_CLOCK") == "on":
            return TrialClock(self._table)
        return _clock or SystemClock()

    @cached_property
    def calendars(self) -> port.Calendars:
        from msp_billing.adapters.calendars import HolidayCalendars

        return HolidayCalendars()

    @cached_property
    def policies(self) -> port.PolicyStore:
        from msp_billing.adapters.dynamodb.policies import DynamoPolicyStore

        return DynamoPolicyStore(self._table, self._bodies)

    @cached_property
    def book(self) -> port.Book:
        from msp_billing.adapters.dynamodb.policies import DynamoBook

        return DynamoBook(self._table, self._bodies)

    @cached_property
    def cycles(self) -> port.CycleStore:
        from msp_billing.adapters.dynamodb.cycles import DynamoCycleStore

        return DynamoCycleStore(self._table)

    @cached_property
    def invoices(self) -> port.InvoiceStore:
        from msp_billing.adapters.dynamodb.invoices import DynamoInvoiceStore

        return DynamoInvoiceStore(self._table, self._bodies)

    @cached_property
    def at_issue(self) -> port.AtIssueStore:
        from msp_billing.adapters.dynamodb.at_issue import DynamoAtIssueStore

        return DynamoAtIssueStore(self._table, self._bodies)

    @cached_property
    def credit_notes(self) -> port.CreditNoteStore:
        from msp_billing.adapters.dynamodb.credit_notes import DynamoCreditNoteStore

        return DynamoCreditNoteStore(self._table)

    @cached_property
    def outbox(self) -> port.Outbox:
        from msp_billing.adapters.counted_stores import CountedOutbox

        return CountedOutbox(self._table)

    @cached_property
    def contacts(self) -> port.ContactStore:
        from msp_billing.adapters.dynamodb.contacts import DynamoContactStore

        return DynamoContactStore(self._table)

    @cached_property
    def document_links(self) -> port.DocumentLinkStore:
        from msp_billing.adapters.dynamodb.document_links import DynamoDocumentLinks

        return DynamoDocumentLinks(self._table)

    @cached_property
    def pauses(self) -> port.Pauses:
        from msp_billing.adapters.trial_clock import pauses_by

        return pauses_by(self.clock)

    @cached_property
    def records(self) -> port.Records:
        from msp_billing.adapters.s3_records import S3Records

        return S3Records(self._s3, os.environ["RECORDS_BUCKET"])

    @cached_property
    def feeds(self) -> port.Feeds:
        from msp_billing.adapters.s3_feeds import S3Feeds

        return S3Feeds(self._s3, os.environ["FEEDS_BUCKET"])

    @cached_property
    def renderer(self) -> port.InvoiceRenderer:
        from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer

        return TypstRenderer(_assets())

    @cached_property
    def workbooks(self) -> port.Workbooks:
        from msp_billing.adapters.workbooks.xlsx_workbooks import XlsxWorkbooks

        return XlsxWorkbooks()

    @cached_property
    def reports(self) -> port.Reports:
        from msp_billing.adapters.reports.report_maker import ReportMaker

        return ReportMaker(_assets())

    @cached_property
    def composer(self) -> port.Composer:
        from msp_billing.adapters.mails.mail_composer import MailComposer

        # Template.yaml names the stack for logs; commands in mails name it too.
        return MailComposer(_assets(), os.environ.get("POWERTOOLS_SERVICE_NAME"))

    @cached_property
    def mailer(self) -> port.Mailer:
        from msp_billing.adapters.counted_mailer import CountedMailer

        sending = client("sesv2", ONE_ATTEMPT)
        return CountedMailer(sending, os.environ["MAIL_CONFIGURATION_SET"], client("sesv2"))

    @cached_property
    def ledgers(self) -> port.LedgerStore:
        from msp_billing.adapters.counted_stores import CountedLedgers

        return CountedLedgers(self._table, self._bodies)

    @cached_property
    def payments(self) -> port.PaymentStore:
        from msp_billing.adapters.counted_stores import CountedPayments

        return CountedPayments(self._table)

    @cached_property
    def write_offs(self) -> port.WriteOffStore:
        from msp_billing.adapters.dynamodb.write_offs import DynamoWriteOffStore

        return DynamoWriteOffStore(self._table)

    @cached_property
    def payment_files(self) -> port.PaymentFiles:
        from msp_billing.adapters.payments.payment_file_readers import S3PaymentFiles

        return S3PaymentFiles(self._s3, os.environ["FEEDS_BUCKET"])

    @cached_property
    def standings(self) -> port.StandingStore:
        from msp_billing.adapters.dynamodb.standings import DynamoStandingStore

        return DynamoStandingStore(self._table, self._bodies)

    @cached_property
    def incidents(self) -> port.IncidentStore:
        from msp_billing.adapters.dynamodb.incidents import DynamoIncidentStore

        return DynamoIncidentStore(self._table)

    @cached_property
    def executions(self) -> port.Executions:
        return _executions("CYCLE_STATE_MACHINE_ARN")

    @cached_property
    def dunning_executions(self) -> port.Executions:
        return _executions("DUNNING_STATE_MACHINE_ARN")

    @cached_property
    def release_executions(self) -> port.Executions:
        return _executions("RELEASE_STATE_MACHINE_ARN")

    @cached_property
    def schedules(self) -> port.Schedules:
        return _schedules("SCHEDULE_GROUP", "START_CYCLE_FUNCTION_ARN")

    @cached_property
    def digest_schedules(self) -> port.Schedules:
        return _schedules("DIGEST_SCHEDULE_GROUP", "SEND_DIGEST_FUNCTION_ARN")

    @cached_property
    def schemas(self) -> port.SchemaStore:
        from msp_billing.adapters.dynamodb.schema import DynamoSchemaStore

        return DynamoSchemaStore(self._table)

    @cached_property
    def bus(self) -> port.Bus:
        from msp_billing.adapters.event_bus import EventBridgeBus

        return EventBridgeBus(client("events"), os.environ["BUS_NAME"])

    @property
    def api_url(self) -> str:
        return os.environ["PAYMENTS_API_URL"].rstrip("/")

    @cached_property
    def _s3(self) -> Any:
        return client("s3", S3_CLIENT)

    @cached_property
    def _table(self) -> Table:
        from msp_billing.adapters.dynamodb.table import Table

        return Table(client("dynamodb"), os.environ["TABLE_NAME"])

    @cached_property
    def _bodies(self) -> Bodies:
        from msp_billing.adapters.dynamodb.bodies import Bodies

        return Bodies(self.records)


def _schedules(group: str, function: str) -> port.Schedules:
    from msp_billing.adapters.scheduler import EventBridgeSchedules

    return EventBridgeSchedules(
        client("scheduler"),
        os.environ[group],
        os.environ[function],
        os.environ["SCHEDULER_ROLE_ARN"],
        os.environ["SCHEDULE_DEAD_LETTER_ARN"],
    )


def _executions(variable: str) -> port.Executions:
    from msp_billing.adapters.step_functions import StepFunctionsExecutions

    return StepFunctionsExecutions(client("stepfunctions"), os.environ[variable])


def _assets() -> Path:
    """Where templates and fonts lie: a layer is unpacked below /opt."""
    return Path(os.environ.get("ASSETS_DIRECTORY", "/opt"))
