"""What was read out of a payment file or a signed event, before anything is booked."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.money import CurrencyCode, Money
from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn, PaymentKey
from msp_billing.domain.problems import Problem


class ReadingSetting(Frozen):
    """What a reader must know beside the bytes: they say neither whose nor in which zone."""

    provider: Identifier
    currency: CurrencyCode = Field(description="Of amounts that the source gives without one.")
    time_zone: str = Field(description="The provider's, for moments that become days.")


class ReadRow(Frozen):
    """One payment or return, and where in the file it stands."""

    line: int = Field(ge=1)
    payment: IncomingPayment | None = None
    returned: IncomingReturn | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> ReadRow:
        if (self.payment is None) == (self.returned is None):
            raise ValueError("a row is a payment or a return")
        return self

    @property
    def key(self) -> PaymentKey:
        """What names it for ever."""
        told = self.payment or self.returned
        assert told is not None, "the model admits no row of nothing"
        return told.key

    @property
    def amount(self) -> Money:
        """Always positive."""
        told = self.payment or self.returned
        assert told is not None, "the model admits no row of nothing"
        return told.amount


class FileReading(Frozen):
    """A whole file, read. When there are problems, nothing of it may be booked."""

    rows: tuple[ReadRow, ...] = ()
    skipped: dict[str, int] = Field(
        default={}, description="Why rows were passed over, and how many for each reason."
    )
    repeated: int = Field(
        default=0, ge=0, description="Rows whose id of the bank stands in the file before."
    )
    problems: tuple[Problem, ...] = ()


class SignedEvent(Frozen):
    """An event whose signature was right."""

    event_id: str
    event_type: str
    payment: IncomingPayment | None = None
    returned: IncomingReturn | None = None
    ignored: str | None = Field(default=None, description="Why it moves no money of ours.")


class EventRefusedError(ValueError):
    """A signed request was not taken; ``code`` is stable, for programs."""

    def __init__(
        self,
        code: Literal["webhook-forged", "webhook-stale", "webhook-unreadable"],
        what: str,
    ) -> None:
        super().__init__(what)
        self.code = code


class ForgedEventError(EventRefusedError):
    """No signature in the header was made with one of our secrets over these bytes."""

    def __init__(self, what: str) -> None:
        super().__init__("webhook-forged", what)


class StaleEventError(EventRefusedError):
    """The signature is right, but too old, or of a time to come: somebody may replay it."""

    def __init__(self, signed_at: datetime, now: datetime) -> None:
        self.signed_at = signed_at
        super().__init__(
            "webhook-stale",
            f"The request was signed at {signed_at:%Y-%m-%d %H:%M:%S} UTC, and it is "
            f"{now:%Y-%m-%d %H:%M:%S} UTC: more than five minutes lie between them.",
        )


class UnreadableEventError(EventRefusedError):
    """The signature is right, but the event is none that can be read without guessing."""

    def __init__(self, what: str) -> None:
        super().__init__("webhook-unreadable", what)
