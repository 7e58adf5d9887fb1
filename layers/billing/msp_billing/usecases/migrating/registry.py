"""Every migration in its order. A migration that was released is never changed or taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.usecases.migrating.mail_outcomes import MAIL_OUTCOMES
from msp_billing.usecases.migrating.schema import NEWEST_SCHEMA
from msp_billing.usecases.migrating.todays_fields import TODAYS_FIELDS

if TYPE_CHECKING:
    from msp_billing.usecases.migrating.migration import Migration

MIGRATIONS: tuple[Migration, ...] = (TODAYS_FIELDS, MAIL_OUTCOMES)

assert [entry.number for entry in MIGRATIONS] == list(range(1, NEWEST_SCHEMA + 1))
