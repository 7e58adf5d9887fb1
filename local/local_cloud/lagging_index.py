"""Indexes that lag: they answer with what tables held a while ago, as DynamoDB's may.

What a table is asked for by key can be read consistently, an index never: it is usually behind by
less than a second, and nothing says by how much at most. Moto's indexes are never behind.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local_cloud.patching import PatchSet
from local_cloud.template import ACCOUNT_ID, REGION

_INDEX_NAME = 6  # its place behind the hash key, where moto hands it over without its name


@contextmanager
def lagging_index() -> Iterator[None]:
    """Within an open cloud: let indexes stay as they are now for as long as the block lasts."""
    from moto.dynamodb.models import dynamodb_backends
    from moto.dynamodb.models.table import Table

    tables = dynamodb_backends[ACCOUNT_ID][REGION].tables
    then = {name: copy.deepcopy(table.items) for name, table in tables.items()}
    query: Any = Table.query

    def query_then(table: Any, hash_key: Any, *more: Any, **named: Any) -> Any:
        index_name = more[_INDEX_NAME] if len(more) > _INDEX_NAME else named.get("index_name")
        if index_name is None:
            return query(table, hash_key, *more, **named)
        now = table.items
        table.items = then.get(table.name, defaultdict(dict))
        try:
            return query(table, hash_key, *more, **named)
        finally:
            table.items = now

    patches = PatchSet()
    patches.replace(Table, "query", query_then)
    try:
        yield
    finally:
        patches.undo()
