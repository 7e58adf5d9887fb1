"""Making a mail of a pair of templates: the same words as text and as HTML."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import css_inline
from jinja2 import TemplateError

from msp_billing.adapters.colours import text_on
from msp_billing.adapters.language import language_tag
from msp_billing.adapters.mails.mail_logo import MailLogo, mail_logo
from msp_billing.adapters.mails.mail_message import MailContent, build_message, logo_id
from msp_billing.adapters.mails.mail_templates import MailTemplates, TemplateFailedError
from msp_billing.adapters.mails.mail_text import wrap
from msp_billing.adapters.mails.mail_views import Sender
from msp_billing.adapters.mails.template_rules import unsaid
from msp_billing.usecases.errors import DocumentError

if TYPE_CHECKING:
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy

_LOGGER = logging.getLogger(__name__)

Values = Mapping[str, object]
"""What a mail says."""

# What follows a reader's taste or screen is marked to stay in the head; the rest moves into the
# elements, because many mail programs throw the head away.
_INLINER = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=False, load_remote_stylesheets=False
)

_KEPT = ' data-css-inline="keep"'
"""How a template says that a style sheet stays; no reader needs it."""


class DraftInvoiceError(ValueError):
    """An invoice without a number was to be mailed."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(f"{invoice.id} has no number yet: only numbered invoices are mailed")


class MailBuilder:
    """Templates of mails, ready to be filled.

    Args:
        assets: the folder with ``templates/mail`` and ``fonts``; ``/opt`` on AWS.
    """

    def __init__(self, assets: Path) -> None:
        self._assets = assets
        self._shared = MailTemplates(assets)
        self._own = lru_cache(maxsize=8)(self._templates_of)

    def build(  # noqa: PLR0913 - a mail needs what it tells
        self,
        template: str,
        subject: str,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        documents: tuple[NamedDocument, ...],
        values: Mapping[str, object],
        *,
        can_be_stopped: bool = False,
    ) -> bytes:
        """A mail out of its two templates, in the language that is being written.

        Args:
            values: what the templates say, beside what every mail says.
            can_be_stopped: whether a person may ask not to get such mails any more.

        Raises:
            MailTooLargeError: above SES's size.
            RecipientCountError: for no recipient, or more than SES takes.
        """
        logo = None if policy.brand.logo is None else self._logo(policy)
        filled = frame(policy, subject, logo) | dict(values)
        content = MailContent(
            key=str(mail_id),
            thread=f"{mail_id.provider}/{mail_id.account}",
            subject=subject,
            text=wrap(self._filled(template, "txt", policy, filled)),
            html=inlined(self._filled(template, "html", policy, filled)),
            documents=documents,
            language=language_tag(),
            logo=logo,
            unsubscribe=f"unsubscribe {mail_id.kind} {mail_id.account}" if can_be_stopped else None,
        )
        return build_message(content, policy, recipients, made_at)

    def _filled(self, kind: str, part: str, policy: ProviderPolicy, values: Values) -> str:
        """The provider's template; the shared one when that fails, or leaves out what is owed.

        Templates are tried when a directory is read. One that fails all the same, on an invoice
        unlike the samples, must not keep it from the customer: the shared one says all of it.

        Raises:
            DocumentError: when the shared one fails.
        """
        name = f"{kind}.{part}.j2"
        if policy.mail_templates:
            try:
                own = self._own(tuple(sorted(policy.mail_templates.items())))
                made = own.render(name, values)
                for value in unsaid(kind, values, made):
                    raise TemplateFailedError(f"it does not say its '{value}'")
                return made
            except TemplateError as error:
                _LOGGER.warning(
                    "the template of %s for %s failed, the shared one is used: %s: %s",
                    policy.provider,
                    name,
                    type(error).__name__,
                    error,
                )
        try:
            return self._shared.render(name, values)
        except TemplateError as error:
            raise DocumentError(f"{name}: {error}") from error

    def _templates_of(self, own: tuple[tuple[str, str], ...]) -> MailTemplates:
        return MailTemplates(self._assets, dict(own))

    def _logo(self, policy: ProviderPolicy) -> MailLogo | None:
        assert policy.brand.logo is not None
        return mail_logo(policy.brand.logo, self._assets / "fonts")


def frame(policy: ProviderPolicy, subject: str, logo: MailLogo | None) -> dict[str, object]:
    """What every template is given, whatever its kind."""
    return {
        "subject": subject,
        "language": language_tag(),
        "sender": Sender.of(policy),
        "band": policy.brand.primary,
        "on_band": text_on(policy.brand.primary),
        "logo": logo,
        "logo_id": logo_id(policy),
    }


def inlined(html: str) -> str:
    """The HTML with its styles in its elements."""
    made: str = _INLINER.inline(html)
    return made.replace(_KEPT, "")


class MailFamily:
    """Mails that belong together, made by one builder.

    Args:
        assets: the folder with ``templates/mail``; ``/opt`` on AWS.
        stack: the deployed stack, which commands in mails name; None where there is none.
    """

    def __init__(self, assets: Path, stack: str | None = None) -> None:
        self._build = MailBuilder(assets).build
        self._stack = stack
