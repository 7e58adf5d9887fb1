"""The reports of a cycle as files, and how the index page calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.context import CycleContext
from msp_billing.usecases.exceptions_report import exceptions_file_name, exceptions_key
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.report_store import is_report
from mspbill.reports import ReportFile

Put = Callable[[str, str, bytes], str]
"""Writes a file of a kind under a name, and gives its path."""


def report_files(
    ports: Ports, context: CycleContext, mails: Iterable[OutboxMail], put: Put
) -> dict[str, tuple[ReportFile, ...]]:
    """Write every report that was made, and say by account what there is."""
    titles = {entry.kind: entry.title for entry in context.run.reports}
    found: dict[str, list[ReportFile]] = {}
    for mail in mails:
        kind = mail.id.kind
        if not is_report(kind) or mail.state is MailState.WAITING:
            continue
        for attachment in mail.attachments:
            ending = attachment.file_name.rpartition(".")[2].upper()
            path = put("reports", attachment.file_name, ports.records.get(attachment.key))
            entry = ReportFile(title=f"{titles[kind]} ({ending})", file=path)
            found.setdefault(mail.id.account, []).append(entry)
    return {account: tuple(files) for account, files in found.items()}


def exceptions_file(ports: Ports, context: CycleContext, put: Put) -> str | None:
    """Write what the clerk should look at, if anything was found; gives its path."""
    content = ports.records.find(exceptions_key(context))
    if content is None:
        return None
    return put("comparison", exceptions_file_name(context), content)
