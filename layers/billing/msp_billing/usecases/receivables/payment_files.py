"""Taking a payment file: all of it or nothing, once however often it comes, with a record of it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.base import Frozen
from msp_billing.domain.money import Money, totals_by_currency
from msp_billing.domain.problems import Problem
from msp_billing.usecases.attention.incidents import report_incident, settle_incidents
from msp_billing.usecases.errors import SealBrokenError
from msp_billing.usecases.receivables.booking import Taken, take_payments
from msp_billing.usecases.receivables.payment_file_records import (
    FileRecord,
    FileResult,
    RowFate,
    RowRecord,
)
from msp_billing.usecases.receivables.payment_readings import (
    FileReading,
    ReadingSetting,
    ReadRow,
)

if TYPE_CHECKING:
    from msp_billing.domain.payments.payment_policy import PaymentFile
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

MAX_ROWS = 5_000
"""More could not be booked within the time of one call; a bank's file of a day has dozens."""

_KEY = re.compile(r"(?P<provider>[^/]+)/payments/(?P<file>[^/]+)/(?P<name>.+)")
_IDENTIFIER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_CHECKSUM_SUFFIX = ".sha256"
_MEDIA_TYPE = "application/json"
_MAX_NAME = 300
_REFUSED = AttentionKind.PAYMENT_FILE_REFUSED


class ArrivedFile(Frozen):
    """A file in the feeds bucket, by its key."""

    key: str
    version_id: str | None = None


def take_arrived_file(ports: Ports, arrived: ArrivedFile) -> FileResult | None:
    """Take a file of which the bucket says that it came.

    Returns:
        None for a key that is none of a payment file.

    Raises:
        UnknownProviderError: for a provider that was never applied.
        PaymentFileGoneError: when the file is not there any more.
    """
    match = _KEY.fullmatch(arrived.key)
    if match is None or match["name"].endswith(("/", _CHECKSUM_SUFFIX)):
        return None
    content = ports.payment_files.content(arrived.key, arrived.version_id)
    return take_payment_file(ports, match["provider"], match["file"], match["name"], content)


def take_payment_file(
    ports: Ports, provider: str, file: str, name: str, content: bytes
) -> FileResult:
    """Book what a file reports, or say everything that is wrong with it and book nothing.

    The file is read to its end before anything is booked. The same bytes again change nothing; a
    file that overlaps with earlier ones books only what is new. A file that was refused is read
    again when it comes again, because the policy may have been mended.

    Args:
        file: which kind of file, as the policy names it (``PaymentFile.file``).
        name: the file's own name, for people.
        content: all of its bytes.

    Raises:
        UnknownProviderError: for a provider that was never applied.
    """
    versions = ports.policies.current(provider)
    policy = ports.policies.policy(provider, versions.policy_version)
    digest = hashlib.sha256(content).hexdigest()
    result = FileResult(
        provider=provider,
        file=file[:_MAX_NAME],
        name=name[:_MAX_NAME],
        sha256=digest,
        size_bytes=len(content),
    )
    key = _record_key(result)
    standing = _find(ports, key)
    if standing is not None:
        return standing.result.model_copy(update={"repeated": True})
    reading = _read(ports, policy, result, content)
    if reading.problems:
        return _refuse(ports, policy, result, reading.problems)
    return _book(ports, policy, result.model_copy(update={"record": key}), reading)


def _read(ports: Ports, policy: ProviderPolicy, result: FileResult, content: bytes) -> FileReading:
    definition = _definition(policy, result.file)
    where = f"payments/{result.file}/{result.name}"
    if definition is None:
        known = ", ".join(f"'{entry.file}'" for entry in policy.payments.files) or "none"
        problem = Problem(
            code="payment-file-unknown",
            what=f"The policy knows no payment file '{result.file}'; it knows {known}.",
            fix="Add it to the policy's payments, or put the file into the right folder; then put "
            "it there again.",
            file=where,
        )
        return FileReading(problems=(problem,))
    setting = ReadingSetting(
        provider=policy.provider, currency=policy.currency, time_zone=policy.time_zone
    )
    reading = ports.payment_files.read(definition, setting, content, where)
    if len(reading.rows) > MAX_ROWS:
        problem = Problem(
            code="payment-file-too-many",
            what=f"The file has {len(reading.rows)} payments; {MAX_ROWS} are taken at most.",
            fix="Have the bank send shorter periods, or divide the file.",
            file=where,
        )
        return FileReading(problems=(problem,))
    return reading


def _definition(policy: ProviderPolicy, file: str) -> PaymentFile | None:
    return next((entry for entry in policy.payments.files if entry.file == file), None)


def _book(
    ports: Ports, policy: ProviderPolicy, result: FileResult, reading: FileReading
) -> FileResult:
    by = f"file {result.file}/{result.name} (sha256 {result.sha256})"
    reported = [row.payment or row.returned for row in reading.rows]
    taken = take_payments(
        ports, result.provider, [entry for entry in reported if entry is not None], by
    )
    rows = tuple(
        _row_record(row, entry, result.sha256)
        for row, entry in zip(reading.rows, taken, strict=True)
    )
    fates = Counter(row.fate for row in rows)
    booked = result.model_copy(
        update={
            "taken": len(rows) + reading.repeated,
            "booked": fates["booked"],
            "queued": fates["queued"],
            "duplicates": fates["duplicate"] + reading.repeated,
            "skipped": sum(reading.skipped.values()),
            "skipped_because": reading.skipped,
            "payments": _sums(reading.rows, "payment"),
            "returns": _sums(reading.rows, "return"),
            "problems": tuple(
                problem.model_copy(update={"line": row.line})
                for row in rows
                if row.fate == "refused"
                for problem in row.problems
            ),
        }
    )
    # Told before it is sealed: told twice is better than never, should the call end in between.
    _tell(ports, "PaymentFileTaken", booked)
    settle_incidents(ports, _REFUSED, result.provider, {f"{result.file}/{result.name}"[:_MAX_NAME]})
    return _seal(ports, policy, booked, rows)


def _refuse(
    ports: Ports, policy: ProviderPolicy, result: FileResult, problems: Sequence[Problem]
) -> FileResult:
    told = "\n".join(str(problem) for problem in problems)
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    key = _record_key(result, f".refused-{digest}")
    refused = result.model_copy(
        update={"refused": True, "problems": tuple(problems), "record": key}
    )
    _tell(ports, "PaymentFileRefused", refused)
    named = f"{result.file}/{result.name}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    words = f"The payment file {named} was refused: {problems[0].what}{more}"
    report_incident(ports, _REFUSED, result.provider, named[:_MAX_NAME], words)
    return _seal(ports, policy, refused, ())


def _row_record(row: ReadRow, taken: Taken, digest: str) -> RowRecord:
    record = taken.record
    fate: RowFate
    if record is None:
        fate = "refused"
    elif digest not in record.reported_by:
        fate = "duplicate"
    else:
        # By this very file, now or in an attempt that did not come to its end.
        fate = "booked" if record.state == "booked" else "queued"
    return RowRecord(
        line=row.line,
        key=str(row.key if record is None else record.key),
        kind="payment" if row.payment is not None else "return",
        amount=row.amount,
        fate=fate,
        account=None if record is None else record.account,
        problems=taken.problems if record is None else record.problems,
    )


def _sums(rows: Sequence[ReadRow], kind: Literal["payment", "return"]) -> tuple[Money, ...]:
    amounts = [row.amount for row in rows if (row.payment is not None) == (kind == "payment")]
    return totals_by_currency(amounts, amounts[0].currency) if amounts else ()


def _seal(
    ports: Ports, policy: ProviderPolicy, result: FileResult, rows: tuple[RowRecord, ...]
) -> FileResult:
    """Keep the record; the one that stands already when another call was faster."""
    record = FileRecord(
        taken_at=ports.clock.now(), policy_version=policy.version, result=result, rows=rows
    )
    try:
        ports.records.put_once(result.record, record.model_dump_json().encode(), _MEDIA_TYPE)
    except SealBrokenError:
        standing = _find(ports, result.record)
        if standing is None:
            raise
        return standing.result.model_copy(update={"repeated": not standing.result.refused})
    return result


def _find(ports: Ports, key: str) -> FileRecord | None:
    found = ports.records.find(key)
    return None if found is None else FileRecord.model_validate_json(found)


def _record_key(result: FileResult, what: str = "") -> str:
    """Where the record lies. A folder that is no short name lies under one that cannot be."""
    folder = result.file if _IDENTIFIER.fullmatch(result.file) else "_unknown"
    return f"{result.provider}/payments/{folder}/{result.sha256}{what}.json"


def _tell(ports: Ports, detail_type: str, result: FileResult) -> None:
    ports.bus.publish(
        detail_type,
        {
            "provider": result.provider,
            "file": result.file,
            "name": result.name,
            "sha256": result.sha256,
            "taken": result.taken,
            "booked": result.booked,
            "queued": result.queued,
            "skipped": result.skipped,
            "duplicates": result.duplicates,
            "problems": len(result.problems),
            "record": result.record,
        },
    )
