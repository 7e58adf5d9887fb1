"""Making a mail of a pair of templates: the same words as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from msp_billing.adapters.colours import text_on
from msp_billing.adapters.mails.mail_message import MailContent, build_message
from msp_billing.adapters.mails.mail_text import wrap
from msp_billing.adapters.mails.mail_views import Sender
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outbox import MailId
from msp_billing.domain.policy import ProviderPolicy


class DraftInvoiceError(ValueError):
    """An invoice without a number was to be mailed."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(f"{invoice.id} has no number yet: only numbered invoices are mailed")


class MailBuilder:
    """Templates of mails, ready to be filled.

    Args:
        assets: the folder with ``templates/mail``; ``/opt`` on AWS.
    """

    def __init__(self, assets: Path) -> None:
        # Sandboxed, because templates will belong to providers; nothing that they are given is
        # ever read as a template.
        self._templates = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(assets / "templates" / "mail"),
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def build(
        self,
        template: str,
        subject: str,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        documents: tuple[NamedDocument, ...],
        **context: object,
    ) -> bytes:
        """A mail out of its two templates.

        Raises:
            MailTooLargeError: above SES's size.
            RecipientCountError: for no recipient, or more than SES takes.
        """
        shared = {
            "subject": subject,
            "sender": Sender.of(policy),
            "band": policy.brand.primary,
            "on_band": text_on(policy.brand.primary),
        }
        text = self._templates.get_template(f"{template}.txt.j2").render(**shared, **context)
        html = self._templates.get_template(f"{template}.html.j2").render(**shared, **context)
        content = MailContent(
            key=str(mail_id),
            thread=f"{mail_id.provider}/{mail_id.account}",
            subject=subject,
            text=wrap(text),
            html=html,
            documents=documents,
        )
        return build_message(content, policy, recipients, made_at)


class MailFamily:
    """Mails that belong together, made by one builder.

    Args:
        assets: the folder with ``templates/mail``; ``/opt`` on AWS.
    """

    def __init__(self, assets: Path) -> None:
        self._build = MailBuilder(assets).build
