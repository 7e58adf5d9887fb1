"""Which schema this code writes, and refusing a table that is newer than it."""

from __future__ import annotations

from msp_billing.usecases.ports.stored import Schema, SchemaStore

NEWEST_SCHEMA = 2
"""The number of the last migration. This code reads every schema up to it, and none behind it."""


class SchemaTooNewError(RuntimeError):
    """The table was migrated by newer code: this code could misread what is in it."""


def check_readable(schemas: SchemaStore) -> int:
    """The table's schema, which this code can read; 0 for one that never said.

    Raises:
        SchemaTooNewError: when the table is newer than this code.
    """
    found = schemas.find()
    version = 0 if found is None else found.version
    if found is not None and found.under_way is not None:
        version = max(version, found.under_way.number)
    if version > NEWEST_SCHEMA:
        raise SchemaTooNewError(
            f"The table has schema {version}, and this version of msp-billing knows schemas up to "
            f"{NEWEST_SCHEMA}. Deploy the version that migrated the table, or a newer one."
        )
    return version


def begin_with_newest(schemas: SchemaStore) -> None:
    """Say of a table that has nothing in it yet that what comes is in today's shape."""
    if schemas.find() is None:
        schemas.put(None, Schema(version=NEWEST_SCHEMA))
