"""The command ``mspbill verify-ledger``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.command_frames import about_provider
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import OPERATE, add_commands

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.ledger.verifying import Verification
    from mspbill.opening import Opened


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, OPERATE, {"verify-ledger": verify_ledger})


@about_provider()
def verify_ledger(
    found: Opened,
    account: Annotated[
        str | None, typer.Argument(metavar="ACCOUNT", help="Every account, if left out.")
    ] = None,
) -> None:
    """Work every balance out anew from the entries, and name the first entry that does not fit.

    Exit code 1 says that one does not.
    """
    from mspbill.receivables_text import print_verifications

    proofs = list(_verifications(found, account))
    if found.as_json:
        print_json([{**proof.model_dump(mode="json"), "fits": proof.fits} for proof in proofs])
    else:
        print_verifications(proofs, results())
    if not all(proof.fits for proof in proofs):
        raise typer.Exit(ExitCode.FAILED)


def _verifications(found: Opened, account: str | None) -> Iterator[Verification]:
    """One account, or all that the book or the anchors have; nobody is told but who asks."""
    from msp_billing.usecases.receivables.accounts import today_of
    from msp_billing.usecases.receivables.anchors import newest_anchors
    from msp_billing.usecases.receivables.verifying import verify_account

    ports, provider = found.ports, found.provider
    _, anchors = newest_anchors(ports, provider, today_of(ports, provider))
    if account is not None:
        # One that the book has no more may have had a ledger; a name that is misspelt has none.
        named = account if account in anchors else found.account(account).account
        yield verify_account(ports, provider, named)
        return
    known = {entry.account.account for entry in ports.book.entries(provider)} | anchors.keys()
    for name in sorted(known):
        yield verify_account(ports, provider, name)
