"""Commands that look after what is stored: prove, migrate, restore, tear down."""

from __future__ import annotations

from collections.abc import Callable

import typer

from mspbill.migrate_command import migrate
from mspbill.panels import OPERATE, add_commands
from mspbill.restore_command import restore
from mspbill.teardown_command import teardown
from mspbill.use_table_command import use_table
from mspbill.verify_command import verify

_EPILOG = (
    "Exit codes: 0 done, or whole; 1 it failed, or something is wrong, and each is named; 2 the "
    "input is wrong or was refused, and nothing was changed. See docs/recovery.md."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    commands: dict[str, Callable[..., None]] = {
        "verify": verify,
        "migrate": migrate,
        "restore": restore,
        "use-table": use_table,
        "teardown": teardown,
    }
    add_commands(app, OPERATE, commands, epilog=_EPILOG)
