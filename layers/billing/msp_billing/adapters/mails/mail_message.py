"""A mail as bytes: headers that nobody can add to, parts with fixed boundaries, SES's limits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from msp_billing.adapters.mails.mail_text import one_line, safe_file_name
from msp_billing.usecases.errors import MailTooLargeError

if TYPE_CHECKING:
    from msp_billing.adapters.mails.mail_logo import MailLogo
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.policy import ProviderPolicy

MAX_RECIPIENTS = 50
"""SES's limit for To, Cc and Bcc together."""

MAX_BYTES = 40_000_000
"""SES's limit of 40 MB for the mail as it is sent, attachments encoded; read as the smaller MB."""

MAX_SUBJECT_LENGTH = 240


_AS_THEY_ARE = frozenset({"Message-ID", "References", "List-Unsubscribe"})
"""Headers of one long word. The library would encode what does not fit into a line of 78 letters,
and then no program finds the name or the address in it; a line may have 998."""


class _SteadyHeaders(EmailPolicy):
    """The policy SMTP, but subject and sender arrive exactly as they were written.

    The standard library encodes only the words that need it, and leaves a second space where such
    a word meets a plain one. It also sends words on that look encoded already, so that a name
    could smuggle in what it spells. Here such a text is encoded as a whole.
    """

    def fold(self, name: str, value: Any) -> str:
        """The header's lines."""
        return _encoded_header(name, value, self.linesep) or super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header's lines, as bytes."""
        encoded = _encoded_header(name, value, self.linesep)
        return encoded.encode("ascii") if encoded else super().fold_binary(name, value)


def _encoded_header(name: str, value: Any, linesep: str) -> str | None:
    """The header with its text encoded as a whole, or None when it needs no encoding."""
    if name in _AS_THEY_ARE:
        return f"{name}: {value}{linesep}"
    if name not in {"Subject", "From"}:
        return None
    text, address = str(value), ""
    if name == "From":
        (sender,) = value.addresses
        text, address = sender.display_name, f"{linesep} <{sender.addr_spec}>"
    if _is_plain(text):
        return None
    encoded = Header(text, "utf-8", header_name=name).encode(linesep=linesep)
    return f"{name}: {encoded}{address}{linesep}"


def _is_plain(text: str) -> bool:
    return text.isascii() and "=?" not in text


def _as_written(text: str) -> str:
    """Text for a header that the library reads back as it is, whatever it looks like."""
    return text if _is_plain(text) else Header(text, "utf-8").encode(maxlinelen=0)


def _sender(name: str, address: str) -> str | Address:
    if _is_plain(name):
        user, _, domain = address.rpartition("@")
        return Address(display_name=name, username=user, domain=domain)
    return f"{_as_written(name)} <{address}>"


_POLICY = _SteadyHeaders(linesep="\r\n")


class RecipientCountError(ValueError):
    """A mail has no recipient, or more than SES takes."""

    def __init__(self, count: int) -> None:
        super().__init__(f"a mail has 1 to {MAX_RECIPIENTS} recipients, this one has {count}")


@dataclass(frozen=True)
class MailContent:
    """What a mail says.

    Args:
        key: what the mail is, unlike every other mail; Message-ID and boundaries come from it.
        thread: what mails that belong together share, or None.
        language: of its words, as ``Content-Language`` names it.
        logo: stands in the HTML as ``cid:logo@...``, see :func:`logo_id`.
        unsubscribe: subject of the mail by which a person asks not to get such mails any more, in
            plain letters; None where that is not for them to say, see docs/mails.md.
    """

    key: str
    subject: str
    text: str
    html: str
    documents: Sequence[NamedDocument] = ()
    thread: str | None = None
    language: str = "en"
    logo: MailLogo | None = None
    unsubscribe: str | None = None


def build_message(
    content: MailContent, policy: ProviderPolicy, recipients: Sequence[str], made_at: datetime
) -> bytes:
    """The mail for SES's ``Raw`` content; the same bytes for the same arguments.

    SES puts its own Message-ID and Date in place of these; they matter for the stored copy, and
    wherever else the mail is handed in.

    Raises:
        MailTooLargeError: above SES's size.
        RecipientCountError: for no recipient, or more than SES takes.
    """
    if not 1 <= len(recipients) <= MAX_RECIPIENTS:
        raise RecipientCountError(len(recipients))
    message = EmailMessage(policy=_POLICY)
    domain = policy.mail_from.rpartition("@")[2]
    message["From"] = _sender(one_line(policy.name, 80), policy.mail_from)
    message["To"] = ", ".join(recipients)
    message["Reply-To"] = policy.reply_to
    message["Subject"] = _as_written(one_line(content.subject, MAX_SUBJECT_LENGTH))
    message["Date"] = format_datetime(made_at.astimezone(policy.zone).replace(microsecond=0))
    message["Message-ID"] = f"<{_token(content.key)}@{domain}>"
    if content.thread is not None:
        message["References"] = f"<{_token(content.thread)}@{domain}>"
    if content.unsubscribe is not None:
        address = quote(policy.reply_to, safe="@")
        message["List-Unsubscribe"] = f"<mailto:{address}?subject={quote(content.unsubscribe)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.set_content(content.text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(content.html, subtype="html", charset="utf-8", cte="quoted-printable")
    if content.logo is not None:
        _add_logo(message, content.logo, policy)
    for document in content.documents:
        if document.link is not None:
            continue
        main, _, sub = document.media_type.partition("/")
        name = safe_file_name(document.file_name)
        message.add_attachment(document.content, maintype=main, subtype=sub, filename=name)
    message["Content-Language"] = content.language  # now, or it would move into the first part
    _fix_boundaries(message, content.key)
    result = message.as_bytes()
    if len(result) > MAX_BYTES:
        raise MailTooLargeError(len(result), MAX_BYTES)
    return result


def logo_id(policy: ProviderPolicy) -> str:
    """How the HTML names the logo that the mail carries, without ``cid:``."""
    return f"logo@{policy.mail_from.rpartition('@')[2]}"


def _add_logo(message: EmailMessage, logo: MailLogo, policy: ProviderPolicy) -> None:
    """Put the logo beside the HTML, as a part of it rather than as an attachment."""
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)
    html.add_related(
        logo.png,
        maintype="image",
        subtype="png",
        cid=f"<{logo_id(policy)}>",
        disposition="inline",
        filename="logo.png",
    )


def _fix_boundaries(message: EmailMessage, key: str) -> None:
    """Give every multipart a boundary of its own that is not left to chance.

    A boundary that begins with ``=_`` stands in no part: quoted-printable and base64 have no such
    line.
    """
    multiparts = (part for part in message.walk() if part.is_multipart())
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_{_token(key)}_{number}")


def _token(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
