"""The table of a stack as it is stored, for commands that look after all of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
from botocore.config import Config

from msp_billing import wiring
from msp_billing.adapters.dynamodb.bodies import Bodies
from msp_billing.adapters.dynamodb.stored_items import DynamoStoredItems
from msp_billing.adapters.dynamodb.whole_table import WholeTable
from msp_billing.adapters.dynamodb.wholeness.checking import DynamoItemChecks
from msp_billing.usecases.ports import Ports, SchemaStore
from mspbill import environment
from mspbill.command_values import Source
from mspbill.stack_names import SourceError

_PATIENT = Config(connect_timeout=5, read_timeout=60, retries={"total_max_attempts": 10})


@dataclass(frozen=True)
class StoredTable:
    """A table and the ports that read it."""

    ports: Ports
    name: str

    def __post_init__(self) -> None:
        """Tie the ports to this table.

        They ask for its name when the first of them is used, and by then the variables may be those
        of another table that is open beside it.
        """
        _ = self.ports.policies

    @property
    def schemas(self) -> SchemaStore:
        """In which shape its items are."""
        return self.ports.schemas

    @property
    def items(self) -> DynamoStoredItems:
        """Every item of it."""
        return DynamoStoredItems(self._table, Bodies(self.ports.records))

    def checks(self, *, with_documents: bool) -> DynamoItemChecks:
        """What proves that it is whole."""
        return DynamoItemChecks(
            self.items, self.ports.records, self.ports.policies, with_documents=with_documents
        )

    @property
    def _table(self) -> WholeTable:
        return WholeTable(boto3.client("dynamodb", config=_PATIENT), self.name)


@contextmanager
def stored_table(
    source: Source, table: str | None = None, records: str | None = None, *, changes: bool = False
) -> Iterator[StoredTable]:
    """The table of a stack, or another one with the stack's bucket, or both by their names.

    Raises:
        SourceError: when it is not said which.
    """
    from mspbill import opening

    named = {"TABLE_NAME": table, "RECORDS_BUCKET": records}
    given = {name: value for name, value in named.items() if value is not None}
    if source.stack is None and source.state is None and given:
        if len({**os.environ, **given}.keys() & named.keys()) < len(named):
            raise SourceError("Give --table and --records together, or --stack.")
        with _variables(given):
            yield StoredTable(wiring.ports(), os.environ["TABLE_NAME"])
        return
    with opening.opened_stack(source, changes=changes) as found, _variables(given):
        ports = wiring.ports() if given else found.ports
        yield StoredTable(ports, os.environ["TABLE_NAME"])


@contextmanager
def _variables(given: dict[str, str]) -> Iterator[None]:
    """Other names than the variables have; the ports are made anew for them, and again after."""
    if not given:
        yield
        return
    with environment.variables(given):
        wiring.ports.cache_clear()
        try:
            yield
        finally:
            wiring.ports.cache_clear()
