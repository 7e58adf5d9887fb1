"""Running migrations over a table, page by page, while the functions go on with their work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msp_billing.usecases.migrating.migration import Migration, StoredItem
from msp_billing.usecases.migrating.registry import MIGRATIONS
from msp_billing.usecases.migrating.schema import check_readable
from msp_billing.usecases.ports.stored import (
    DamagedItemError,
    Done,
    Item,
    Schema,
    SchemaStore,
    StoredItems,
    UnderWay,
)

_SAMPLES_PER_KIND = 1
_MOST_UNREADABLE_NAMED = 50
_MAX_TRIES = 5
_NOT_PLAIN = frozenset({"pk", "sk", "body", "body_key", "body_sha256"})

Progress = Callable[[Migration, UnderWay], None]


class CyclesOpenError(RuntimeError):
    """Cycles are open that run older code; the migration has to wait for them."""

    def __init__(self, cycles: Sequence[str]) -> None:
        super().__init__(f"{len(cycles)} cycles are open: {', '.join(cycles[:20])}")
        self.cycles = tuple(cycles)


class UnreadableItemsError(RuntimeError):
    """Items that a migration cannot read; the table does not get the new schema."""

    def __init__(self, migration: Migration, items: Sequence[str]) -> None:
        super().__init__(f"migration {migration.number} cannot read {'; '.join(items)}")
        self.items = tuple(items)


class MigrationRaceError(RuntimeError):
    """Somebody else migrates the same table."""


@dataclass(frozen=True)
class Sample:
    """An item before and after, for a person to look at."""

    key: str
    before: StoredItem
    after: StoredItem


@dataclass
class Trial:
    """What a migration would do."""

    migration: Migration
    looked_at: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    """Items that would change, by kind."""
    samples: list[Sample] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def pending(schemas: SchemaStore, until: int | None = None) -> tuple[Migration, ...]:
    """The migrations that a table still needs, in their order.

    Args:
        until: the last one that is wanted; all of them, if left out.

    Raises:
        SchemaTooNewError: when the table is newer than this code.
    """
    check_readable(schemas)
    found = schemas.find()
    version = 0 if found is None else found.version
    last = MIGRATIONS[-1].number if until is None else until
    return tuple(entry for entry in MIGRATIONS if version < entry.number <= last)


def open_cycles(stored: StoredItems) -> Iterator[str]:
    """The cycles that are under way, as "provider/run/period"."""
    for page in stored.pages():
        for item in page.items:
            if item["sk"] == "LOCK" and item.get("cycle_state") == "open":
                yield str(item["pk"]).partition("#")[2].replace("#", "/")


def try_out(stored: StoredItems, migrations: Sequence[Migration]) -> tuple[Trial, ...]:
    """Say what migrations would do, one after the other; nothing is written."""
    trials = tuple(Trial(entry) for entry in migrations)
    for page in stored.pages():
        for item in page.items:
            _try_item(stored, item, trials)
    return trials


def _try_item(stored: StoredItems, item: Item, trials: Sequence[Trial]) -> None:
    standing: StoredItem | None = None
    for trial in trials:
        trial.looked_at += 1
        try:
            standing = standing or _seen(stored, item)
            after = trial.migration.migrate(standing)
        except (ValueError, DamagedItemError) as error:
            _note_unreadable(trial.unreadable, item, error)
            return
        if after != standing:
            kind = kind_of(item)
            trial.changes[kind] += 1
            if trial.changes[kind] <= _SAMPLES_PER_KIND:
                trial.samples.append(Sample(_name(item), standing, after))
        standing = after


def migrate(
    stored: StoredItems,
    schemas: SchemaStore,
    migrations: Sequence[Migration],
    *,
    by: str,
    now: Callable[[], datetime],
    progress: Progress = lambda _migration, _state: None,
) -> Schema:
    """Run migrations one after the other; one that broke off goes on where it stopped.

    Each item is changed on condition that nobody else changed it since it was read; otherwise it is
    read and migrated again. Safe to repeat, and to run while the functions work.

    Raises:
        CyclesOpenError: when a migration has to wait for cycles; nothing of it was done.
        UnreadableItemsError: when items could not be read; all others are migrated.
        MigrationRaceError: when somebody else migrates the table.
    """
    if any(entry.waits_for_cycles for entry in migrations):
        waiting = list(open_cycles(stored))
        if waiting:
            raise CyclesOpenError(waiting)
    schema = schemas.find() or Schema(version=0)
    for migration in migrations:
        schema = _run(stored, schemas, migration, by, now, progress)
    return schema


def _run(
    stored: StoredItems,
    schemas: SchemaStore,
    migration: Migration,
    by: str,
    now: Callable[[], datetime],
    progress: Progress,
) -> Schema:
    schema = _begin(schemas, migration, by, now())
    state = schema.under_way
    assert state is not None, "it was begun"
    unreadable: list[str] = []
    for page in stored.pages(state.cursor):
        changed = 0
        for item in page.items:
            try:
                changed += _migrate_item(stored, migration, item)
            except (ValueError, DamagedItemError) as error:
                _note_unreadable(unreadable, item, error)
        update = {"looked_at": state.looked_at + len(page.items), "changed": state.changed}
        update["changed"] += changed
        state = state.model_copy(update=update)
        if page.cursor is not None and not unreadable:
            # Nothing is passed over: behind an item that could not be read it does not go on.
            state = state.model_copy(update={"cursor": page.cursor})
            schema = _store(schemas, schema, schema.model_copy(update={"under_way": state}))
        progress(migration, state)
    if unreadable:
        raise UnreadableItemsError(migration, unreadable)
    done = Done(
        number=migration.number,
        name=migration.name,
        looked_at=state.looked_at,
        changed=state.changed,
        done_at=now(),
        done_by=by,
    )
    finished = Schema(version=migration.number, done=(*schema.done, done))
    return _store(schemas, schema, finished)


def _begin(schemas: SchemaStore, migration: Migration, by: str, at: datetime) -> Schema:
    standing = schemas.find()
    known = standing or Schema(version=0)
    if known.version != migration.number - 1:
        raise MigrationRaceError(f"the table has schema {known.version} now: look again")
    if known.under_way is not None:
        return known
    state = UnderWay(number=migration.number, started_at=at, started_by=by)
    begun = known.model_copy(update={"under_way": state})
    if not schemas.put(standing, begun):
        raise MigrationRaceError("somebody else has begun to migrate the table: look again")
    return begun


def _store(schemas: SchemaStore, before: Schema, after: Schema) -> Schema:
    if not schemas.put(before, after):
        raise MigrationRaceError("somebody else migrates the table too: let one of the two go on")
    return after


def _migrate_item(stored: StoredItems, migration: Migration, item: Item) -> bool:
    """Whether the item was changed. What changes meanwhile is read again."""
    key = (str(item["pk"]), str(item["sk"]))
    standing: Item | None = item
    for _ in range(_MAX_TRIES):
        if standing is None:
            return False
        before = _seen(stored, standing)
        after = migration.migrate(before)
        if after == before:
            return False
        changed = {**after.attributes, "pk": item["pk"], "sk": item["sk"]}
        for name in _NOT_PLAIN & standing.keys():
            changed[name] = standing[name]
        if after.document is not None and after.document != before.document:
            changed = stored.with_document(changed, after.document)
        if stored.replace(standing, changed):
            return True
        standing = stored.get_many([key]).get(key)
    raise ValueError(f"it changed {_MAX_TRIES} times while it was migrated")


def _seen(stored: StoredItems, item: Item) -> StoredItem:
    plain = {name: value for name, value in item.items() if name not in _NOT_PLAIN}
    return StoredItem(str(item["pk"]), str(item["sk"]), plain, stored.document(item))


def kind_of(item: Item) -> str:
    """What sort of item it is: the first parts of its keys, as "CYCLE/MAIL" or "ACCOUNTS"."""
    pk, sk = str(item["pk"]).partition("#")[0], str(item["sk"]).partition("#")
    inside = pk in {"CYCLE", "PROVIDER", "LEDGER"}
    return f"{pk}/{sk[0]}" if inside else pk


def _name(item: Item) -> str:
    return f"{item['pk']} {item['sk']}"


def _note_unreadable(noted: list[str], item: Item, error: Exception) -> None:
    if len(noted) < _MOST_UNREADABLE_NAMED:
        noted.append(f"{_name(item)}: {str(error).splitlines()[0]}"[:300])
