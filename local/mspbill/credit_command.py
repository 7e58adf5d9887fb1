"""The command ``mspbill credit-note``: take an invoice back, or a part of it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.command_frames import about_provider
from mspbill.command_options import By, Why, Yes
from mspbill.console import notes, print_json, results
from mspbill.panels import GET_PAID, add_commands
from mspbill.refusing import refuse

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.corrections.credit_notes import CreditedPart, CreditNote
    from msp_billing.usecases.issue_credit_note import CreditNoteRequest
    from mspbill.opening import Opened

_PART = re.compile(r"(?P<line>\d+)(?P<measure>[=x])(?P<much>[0-9.]+)")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, GET_PAID, {"credit-note": credit_note})


@about_provider(changes=True)
def credit_note(
    found: Opened,
    invoice: Annotated[
        str, typer.Argument(metavar="INVOICE", help="The invoice's number, as KRG-000012.")
    ],
    name: Annotated[
        str, typer.Option(help="Your own name for it, as two-users-left. Once an invoice.")
    ],
    by: By,
    why: Why,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this: LINE=AMOUNT, as 3=120.00, or LINExQUANTITY, as 1x2 for two units of "
            "line 1. May be repeated; all that is left of the invoice, if left out."
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Take an invoice back, or a part of it: numbered, entered, sealed and mailed.

    Shows what it comes to first, and asks. The reason (--why) is what the customer reads.
    """
    from msp_billing.usecases.issue_credit_note import (
        CreditNoteRequest,
        CreditNoteResult,
        issue_credit_note,
    )
    from mspbill.agreeing import agreed_or_ended
    from mspbill.calling import call

    request = CreditNoteRequest(
        provider=found.provider,
        invoice_number=invoice.upper(),
        request=name,
        reason=why,
        requested_by=by,
        parts=tuple(_part(text) for text in part or ()),
    )
    draft = _draft(found, request)
    if draft is not None:
        if not found.as_json:
            _show(draft)
        question = "Issue this credit note?"
        agreed_or_ended(question, "Nothing was credited.", yes=yes, as_json=found.as_json)
    result = call(
        found,
        "IssueCreditNoteFunction",
        request,
        CreditNoteResult,
        lambda: issue_credit_note(found.ports, request),
    )
    if found.as_json:
        print_json(result.model_dump(mode="json"))
        return
    from mspbill.amounts import shown_sums

    results().print(
        f"{result.number} credits {shown_sums(result.total)} of {result.invoice_number}"
        f"{', which is void now' if result.voids else ''}. Its mail: {result.mail.lower()}.",
        markup=False,
    )


def _draft(found: Opened, request: CreditNoteRequest) -> CreditNote | None:
    """What would be issued; None when it was issued before, and only has to be finished."""
    from msp_billing.domain.corrections.credit_notes import CreditRefusedError, credit_note_for
    from msp_billing.usecases.explain_invoice import find_invoice

    invoice = find_invoice(found.ports, found.provider, request.invoice_number)
    earlier = found.ports.credit_notes.of_invoice(invoice.id)
    if any(note.request == request.request for note in earlier):
        return None
    today = found.ports.clock.now().astimezone(found.policy.zone).date()
    try:
        return credit_note_for(invoice, request, earlier, today)
    except CreditRefusedError as error:
        refuse(error.problems, as_json=found.as_json, about="", so="nothing was credited")


def _show(draft: CreditNote) -> None:
    from mspbill.amounts import amount_table, print_whole, shown

    table = amount_table(f"Of {draft.invoice_number}, {draft.account_name}", "Credited")
    for line in draft.lines:
        table.add_row(f"{line.invoice_line}  {line.description}", shown(line.amount))
    table.add_row("In all", shown(draft.total))
    print_whole(table, notes())
    if draft.voids:
        notes().print("Nothing is left of the invoice then: it is void.")


def _part(text: str) -> CreditedPart:
    from msp_billing.domain.corrections.credit_notes import CreditedPart

    found = _PART.fullmatch(text.replace(" ", ""))
    try:
        much = Decimal(found["much"]) if found else None
    except InvalidOperation:
        much = None
    if found is None or much is None:
        raise typer.BadParameter(
            f"'{text}' is no part of an invoice. Write 3=120.00 for an amount of line 3, or 1x2 "
            "for two units of line 1."
        )
    line = int(found["line"])
    if found["measure"] == "=":
        return CreditedPart(line=line, amount=much)
    return CreditedPart(line=line, quantity=much)
