"""What a provider's policy says about payments (KR-13, DUN-06)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.payments.incoming import PaymentMethod

_OTHER_SOURCES = ("api", "clerk")
"""What reports payments without a file or webhook; PaymentKey.source names it so."""


class CsvColumns(Frozen):
    """Which column of a bank's CSV file holds what."""

    date: Text
    amount: Text = Field(description="Money that came in is positive.")
    external_id: Text | None = Field(
        default=None,
        description="The bank's own id; without one a row is named by its content, and the n-th "
        "of equal rows by n.",
    )
    texts: tuple[Text, ...] = Field(default=(), description="Columns with references and memos.")
    payer: Text | None = None
    method: Text | None = None
    account: Text | None = Field(default=None, description="The account by its short name.")


class PaymentFile(Frozen):
    """A kind of file that the bank sends; its name is the source of the payments in it.

    Files lie in the feeds bucket below ``<provider>/payments/<file>/``.
    """

    file: Identifier
    title: Text
    format: Literal["csv", "bai2", "camt053", "nacha-returns"]
    columns: CsvColumns | None = Field(default=None, description="For CSV only.")
    encoding: Literal["utf-8", "utf-16", "windows-1252"] = Field(
        default="utf-8", description="For CSV and BAI2; a byte-order mark before it is passed over."
    )
    date_format: Text = Field(default="%Y-%m-%d", description="For CSV, as Python writes it.")
    decimal_comma: bool = Field(default=False, description="For CSV: 1.234,50 for 1,234.50.")
    delimiter: Literal[",", ";", "\t"] = ","
    method: PaymentMethod = Field(
        default=PaymentMethod.OTHER, description="Where the file does not say it."
    )
    methods: dict[str, PaymentMethod] = Field(
        default={}, description="The file's own words or codes for methods."
    )

    @model_validator(mode="after")
    def _columns_for_csv(self) -> PaymentFile:
        if (self.format == "csv") != (self.columns is not None):
            raise ValueError("'columns' are for files of the format csv, which needs them")
        return self

    @model_validator(mode="after")
    def _date_format_says_a_day(self) -> PaymentFile:
        moment = datetime(2026, 11, 30, tzinfo=UTC)
        days = (
            moment,
            moment.replace(year=2025),
            moment.replace(month=10),
            moment.replace(day=29),
        )
        try:
            # Each part must make a difference, before anything without a year is read back.
            different = len({day.strftime(self.date_format) for day in days}) == len(days)
            written = moment.strftime(self.date_format)
            readable = (
                different
                and datetime.strptime(written, self.date_format).replace(tzinfo=UTC) == moment
            )
        except ValueError:
            readable = False
        if not readable:
            raise ValueError(f"'{self.date_format}' does not say year, month and day of a date")
        return self


class Webhook(Frozen):
    """A payment service that reports by signed HTTP requests, Stripe's way."""

    webhook: Identifier = Field(description="Its name, which is the source of its payments.")
    title: Text
    format: Literal["stripe"] = "stripe"
    test_mode: bool = Field(
        default=False,
        description="Takes the service's test events and ignores live ones; else the reverse.",
    )


class PaymentPolicy(Frozen):
    """How payments come in, and when they count as settled."""

    settled_after_business_days: dict[PaymentMethod, int] = Field(
        default={},
        description="How long a payment by this method may still be returned. It counts for the "
        "balance at once, and for leaving a hold only when the days are over; at once if left out.",
    )
    files: tuple[PaymentFile, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    write_off_approvers: tuple[Text, ...] = Field(
        default=(),
        description="Who may approve that a debt is given up; empty: anybody but who asks.",
    )

    @property
    def automatic_sources(self) -> tuple[str, ...]:
        """What files and webhooks name their payments by; nobody else may use it."""
        files = [entry.file for entry in self.files]
        return (*files, *(entry.webhook for entry in self.webhooks))

    @model_validator(mode="after")
    def _sources_have_names_of_their_own(self) -> PaymentPolicy:
        names = [*self.automatic_sources, *_OTHER_SOURCES]
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            raise ValueError(
                f"'{twice[0]}' is the name of two sources of payments; a payment that both report "
                "under the same id would be taken for one"
            )
        return self
