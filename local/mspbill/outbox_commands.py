"""Commands about mails: what became of them, send again, settle; and the contacts they go to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from msp_billing.domain.outbox import MailState
from mspbill.command_frames import about_provider
from mspbill.command_options import By, Why
from mspbill.console import print_json, results
from mspbill.panels import OPERATE, add_group

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.outbox import OutboxMail
    from mspbill.opening import Opened

Document = Annotated[
    str,
    typer.Argument(
        metavar="MAIL",
        help="An invoice's number, or a mail as 'mspbill outbox list' names it.",
    ),
]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="The contact's mail address.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    about = "Mails: what became of them, send one again, settle what nobody knows."
    add_group(app, OPERATE, "outbox", about, {"list": listed, "resend": resend, "settle": settle})
    contacts = "Contacts that mails leave out, because mails came back from them."
    add_group(app, OPERATE, "contact", contacts, {"list": contact_list, "clear": contact_clear})


@about_provider()
def listed(
    found: Opened,
    account: Annotated[
        str | None, typer.Argument(metavar="ACCOUNT", help="Whose mails; everybody's, if left out.")
    ] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only those of which nobody knows.")
    ] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that came back or were rejected.")
    ] = False,
    months: Annotated[int, typer.Option(min=1, max=24, help="How many months to look back.")] = 3,
) -> None:
    """What became of the mails of the last months, recipient by recipient.

    Without an account and without --unknown or --failed, how many there are of each state.
    """
    from msp_billing.adapters.mails.mail_text import counted
    from msp_billing.usecases.mailing.listing_mails import FAILED, MailsQuestion, list_mails
    from mspbill.outbox_text import print_counts, print_mail, print_next

    wanted = (FAILED if failed else frozenset()) | ({MailState.UNKNOWN} if unknown else frozenset())
    named = None if account is None else found.account(account).account
    question = MailsQuestion(provider=found.provider, account=named, states=wanted, months=months)
    found_mails = list(list_mails(found.ports, question))
    if found.as_json:
        print_json(
            [entry.model_dump(mode="json") | {"mail": str(entry.id)} for entry in found_mails]
        )
        return
    if not found_mails:
        results().print(f"There are no such mails in the last {counted(months, 'month')}.")
    if not wanted and account is None:
        if found_mails:
            print_counts(found_mails, months, results())
        return
    for mail in found_mails:
        print_mail(mail, found.policy.zone, results())
    print_next(found_mails, results())


@about_provider(changes=True)
def resend(
    found: Opened,
    mail: Document,
    by: By,
    why: Why,
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="To whom; as before, without flagged contacts, if left out."),
    ] = None,
) -> None:
    """Send a mail again, with the very same documents. Reason and name are kept with it."""
    from msp_billing.usecases.mailing.resend_mail import ResendRequest, resend_mail

    request = ResendRequest(
        provider=found.provider,
        document=mail,
        recipients=tuple(to or ()),
        why=why,
        requested_by=by,
    )
    _tell(found, resend_mail(found.ports, request))


@about_provider(changes=True)
def settle(
    found: Opened,
    mail: Document,
    settled_as: Annotated[
        Literal["sent", "not-sent"], typer.Option("--as", help="What you found out.")
    ],
    by: By,
    why: Why,
) -> None:
    """Say whether a mail was sent of which nobody knows. One that was not can be sent again."""
    from msp_billing.usecases.mailing.resend_mail import SettleRequest, settle_mail

    request = SettleRequest(
        provider=found.provider, document=mail, settled_as=settled_as, why=why, settled_by=by
    )
    _tell(found, settle_mail(found.ports, request))


@about_provider()
def contact_list(
    found: Opened,
    everybody: Annotated[
        bool, typer.Option("--all", help="Also those whose flags were cleared.")
    ] = False,
) -> None:
    """The contacts that get no mails, since when, and why."""
    from mspbill.outbox_text import print_contact

    listed = [
        entry
        for entry in found.ports.contacts.all_of(found.provider)
        if everybody or entry.is_flagged
    ]
    if found.as_json:
        print_json([entry.model_dump(mode="json") for entry in listed])
        return
    if not listed:
        results().print("Nobody is flagged.")
    for contact in listed:
        print_contact(contact, found.policy.zone, results())


@about_provider(changes=True)
def contact_clear(
    found: Opened,
    address: Address,
    by: By,
    why: Why,
) -> None:
    """Let mails go to a contact again, and take it off SES's suppression list."""
    from msp_billing.usecases.mailing.clear_contact import ClearRequest, clear_contact

    request = ClearRequest(provider=found.provider, address=address, why=why, cleared_by=by)
    done = clear_contact(found.ports, request)
    if found.as_json:
        print_json(done.model_dump(mode="json"))
        return
    listed = (
        " It was on SES's suppression list, and is not any more." if done.was_suppressed else ""
    )
    told = f"Mails go to {done.contact.address} again.{listed}"
    results().print(escape(told), soft_wrap=False)


def _tell(found: Opened, mail: OutboxMail) -> None:
    from mspbill.outbox_text import print_mail

    if found.as_json:
        print_json(mail.model_dump(mode="json") | {"mail": str(mail.id)})
    else:
        print_mail(mail, found.policy.zone, results())
