"""Where reports lie, and the mails that bring them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeGuard

from msp_billing.domain.outbox import Attachment, MailId, MailKind, MailState, OutboxMail
from msp_billing.domain.reports.notices import MadeReport, ReportNotice
from msp_billing.domain.reports.report_policy import REPORT_KINDS, ReportKind, ReportPolicy
from msp_billing.usecases.context import object_prefix

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.usecases.ports import Ports


def is_report(kind: MailKind) -> TypeGuard[ReportKind]:
    """Whether a mail brings a report."""
    return kind in REPORT_KINDS


def report_mail_id(cycle: Cycle, account: str, kind: ReportKind) -> MailId:
    """The mail that brings an account a report, once for each time the cycle counted."""
    return MailId(
        provider=cycle.id.provider,
        run=cycle.id.run,
        period=cycle.id.period,
        account=account,
        part="all" if cycle.count_attempt == 1 else f"attempt-{cycle.count_attempt}",
        kind=kind,
    )


def report_prefix(cycle: Cycle, report: str) -> str:
    """Where what belongs to a report lies: each attempt of a cycle has a place of its own.

    Between two attempts the book or the month before may have been mended, and sealed objects
    never change. An account that has its report gets no other one, but for a new count.
    """
    prefix = f"{object_prefix(cycle.id)}/reports/{report}"
    return prefix if cycle.attempt == 1 else f"{prefix}/attempt-{cycle.attempt}"


def store_report(
    ports: Ports,
    cycle: Cycle,
    report: ReportPolicy,
    account: str,
    made: MadeReport,
    recipients: Sequence[str],
) -> None:
    """Seal a report's documents and words, and put the mail that brings them, READY."""
    folder = f"{report_prefix(cycle, report.report)}/{account}"
    attachments = []
    for document in made.documents:
        stored = ports.records.put_once(
            f"{folder}/{document.file_name}", document.content, document.media_type
        )
        attachments.append(
            Attachment(
                key=stored.key,
                sha256=stored.sha256,
                file_name=document.file_name,
                media_type=document.media_type,
                size_bytes=stored.size_bytes,
            )
        )
    notice = made.notice.model_dump_json().encode()
    ports.records.put_once(f"{folder}.json", notice, "application/json")
    ports.outbox.put(
        OutboxMail(
            id=report_mail_id(cycle, account, report.kind),
            state=MailState.READY,
            recipients=tuple(recipients),
            attachments=tuple(attachments),
        )
    )


def leave_to_a_person(
    ports: Ports,
    cycle: Cycle,
    report: ReportPolicy,
    account: str,
    recipients: Sequence[str],
    why: str,
) -> None:
    """Keep that a report could not be made: the cycle's summary names it with the reason."""
    ports.outbox.put(
        OutboxMail(
            id=report_mail_id(cycle, account, report.kind),
            state=MailState.REJECTED,
            recipients=tuple(recipients),
            moved_at=ports.clock.now(),
            note=f"The report '{report.title}' was not made: {why}"[:1000],
        )
    )


def stored_notice(ports: Ports, mail: OutboxMail) -> ReportNotice:
    """The words of a report's mail, which lie beside the folder with its documents."""
    folder = mail.attachments[0].key.rpartition("/")[0]
    return ReportNotice.model_validate_json(ports.records.get(f"{folder}.json"))
