"""The files with payments in the feeds bucket, and the reader for each format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from msp_billing.adapters.payments.bai2_file import read_bai2
from msp_billing.adapters.payments.camt053 import read_camt053
from msp_billing.adapters.payments.csv_payments import read_csv_payments
from msp_billing.adapters.payments.file_faults import Faults
from msp_billing.adapters.payments.nacha_returns import read_nacha_returns
from msp_billing.domain.payments.payment_policy import PaymentFile
from msp_billing.usecases.errors import PaymentFileGoneError
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting

MAX_FILE_BYTES = 20 * 1024 * 1024
"""A year of a busy account; what is larger is another file, and would fill the memory."""

_Reader = Callable[[PaymentFile, ReadingSetting, bytes, str], FileReading]
_READERS: dict[str, _Reader] = {
    "csv": read_csv_payments,
    "bai2": read_bai2,
    "camt053": read_camt053,
    "nacha-returns": read_nacha_returns,
}


def read_payment_file(
    definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
) -> FileReading:
    """Read a file of any format. With problems, none of its rows is given out.

    Args:
        file: its name, for problems.
    """
    if len(content) > MAX_FILE_BYTES:
        faults = Faults(file)
        faults.add(
            "too-large",
            None,
            f"The file has {len(content)} bytes; {MAX_FILE_BYTES} are read at most.",
            "Check that this is the bank's file; have the bank send shorter periods.",
        )
        return FileReading(problems=faults.all())
    reading = _READERS[definition.format](definition, setting, content, file)
    return reading.model_copy(update={"rows": ()}) if reading.problems else reading


class S3PaymentFiles:
    """The feeds bucket, below ``<provider>/payments/<file>/``."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def content(self, key: str, version_id: str | None = None) -> bytes:
        """The bytes of a file, of one version where it is known.

        Raises:
            PaymentFileGoneError: when there is no such file (any more).
        """
        version = {"VersionId": version_id} if version_id else {}
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key, **version)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "404"}:
                raise PaymentFileGoneError(f"There is no file {key}") from None
            raise
        content: bytes = found["Body"].read(MAX_FILE_BYTES + 1)
        return content

    def read(
        self, definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
    ) -> FileReading:
        """Read a file by its definition in the policy."""
        return read_payment_file(definition, setting, content, file)
