"""Letters to an account: written as PDF and as mail, and sealed as they were handed to SES.

The copies prove what was said (DUN-09). A letter whose PDF cannot be made goes out all the same:
its mail says everything that the PDF does, and an account must not go without a notice, nor a hold
wait for one, because of a defect of ours. The log says so, with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.usecases.errors import DEFECTS

if TYPE_CHECKING:
    from msp_billing.domain.dunning.letters import DunningLetter
    from msp_billing.domain.outbox import MailId, OutboxMail
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_MESSAGE = "message/rfc822"
_LOGGER = logging.getLogger(__name__)


def kept_letter_key(mail: MailId) -> str:
    """Where the copy lies in the records bucket. A mail is attempted once, so there is one."""
    return f"{_kept_name(mail)}.eml"


def letter_document_key(mail: MailId) -> str:
    """Where the letter's PDF lies, beside the mail that brought it."""
    return f"{_kept_name(mail)}.pdf"


def _kept_name(mail: MailId) -> str:
    name = f"{mail.period}-{mail.part}-{mail.kind}"
    return f"{mail.provider}/{mail.run}/letters/{mail.account}/{name}"


def keep_mail(ports: Ports, mail: MailId) -> Callable[[bytes], object]:
    """Seals what was sent; not for questions to approvers, which have links in them."""
    return lambda content: ports.records.put_once(kept_letter_key(mail), content, _MESSAGE)


@dataclass
class LetterMail:
    """A mail with a letter: made once, and kept as it was made.

    Attributes:
        letter: what it tells, asked for when the mail is made.
        now: the mail's own time.
    """

    ports: Ports
    policy: ProviderPolicy
    mail: MailId
    letter: Callable[[], DunningLetter]
    now: datetime
    _document: NamedDocument | None = field(default=None, init=False)

    def compose(self, claimed: OutboxMail) -> bytes:
        """The mail, with the letter as PDF attached."""
        letter = self.letter()
        self._document = self._written(letter)
        return self.ports.composer.dunning_letter(
            letter, self.policy, claimed.recipients, claimed.id, self.now, self._document
        )

    def keep(self, content: bytes) -> None:
        """Seal what was handed to SES: the mail, and the PDF as a document of its own."""
        keep_mail(self.ports, self.mail)(content)
        if self._document is not None:
            key = letter_document_key(self.mail)
            self.ports.records.put_once(key, self._document.content, PDF)

    def _written(self, letter: DunningLetter) -> NamedDocument | None:
        try:
            content = self.ports.renderer.render_letter(letter, self.policy)
        except DEFECTS:
            _LOGGER.exception("the letter of %s goes out without its PDF", self.mail)
            return None
        name = f"{letter.account}-{letter.on}-{letter.step or letter.kind}.pdf"
        return NamedDocument(file_name=name, media_type=PDF, content=content)
