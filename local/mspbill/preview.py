"""Mails of a provider made of invented data, and a page that shows them side by side."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email import policy as mail_policies
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import TypeAdapter, ValidationError

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.sample_invoices import MADE_AT
from msp_billing.adapters.mails.samples import SampleMails
from msp_billing.adapters.mails.template_rules import KINDS
from msp_billing.adapters.workbooks.xlsx_workbooks import XlsxWorkbooks
from msp_billing.domain.base import LocaleTag
from msp_billing.domain.documents import PDF, XLSX, NamedDocument
from mspbill.output_folder import MARK, check_outside, written_whole
from mspbill.repository import repository_root

_TEMPLATES = Path(__file__).parent / "templates"


class UnknownKindError(ValueError):
    """There is no such kind of mail, or no such language; the message says which there are."""


@dataclass(frozen=True)
class PreviewOrder:
    """What is shown: of which provider, which kinds, in which language."""

    directory: ProviderDirectory
    path: Path
    kinds: tuple[str, ...]
    locale: str

    @classmethod
    def of(cls, path: Path, kind: str, language: str | None) -> PreviewOrder:
        """Read the directory.

        Raises:
            ProblemsError: with everything that is wrong in it, templates included.
            UnknownKindError: for a kind or a language that there is not.
        """
        if kind != "all" and kind not in KINDS:
            raise UnknownKindError(
                f"There is no mail of the kind '{kind}'. These are: all, {', '.join(KINDS)}."
            )
        if language is not None:
            try:
                TypeAdapter(LocaleTag).validate_python(language)
            except ValidationError:
                raise UnknownKindError(
                    f"'{language}' is no language of mails. These are: en, es, fr and de, each "
                    "perhaps with a country, such as fr-CA."
                ) from None
        directory = load_provider_directory(path)
        kinds = KINDS if kind == "all" else (kind,)
        return cls(directory, path, kinds, language or directory.policy.locale)


@dataclass(frozen=True)
class PreviewedMail:
    """A mail as it is shown, with the files that were written of it."""

    kind: str
    subject: str
    sender: str
    text: str
    size_bytes: int
    html_bytes: int
    files: tuple[str, ...]

    @property
    def told(self) -> dict[str, Any]:
        """For a program to read."""
        return {"kind": self.kind, "subject": self.subject, "files": list(self.files)}


def write_preview(order: PreviewOrder, out: Path) -> tuple[PreviewedMail, ...]:
    """Write the mails and the page; a folder that an earlier preview left is replaced.

    Raises:
        OutputFolderError: when the folder holds something else.
    """
    check_outside(out, order.path)
    assets = repository_root() / "layers" / "rendering"
    samples = SampleMails(
        MailComposer(assets),
        order.directory.policy.model_copy(update={"locale": order.locale}),
        order.locale,
        order.directory.price_book,
    )
    documents = dict(_documents(samples, TypstRenderer(assets), order.kinds))
    made = SampleMails(
        samples.composer, samples.policy, order.locale, samples.price_book, documents
    )
    with written_whole(out, replace=True) as folder:
        mails = tuple(_write(folder, kind, raw) for kind, raw in made.all() if kind in order.kinds)
        (folder / "index.html").write_text(_page(order, mails), "utf-8")
        told = {"preview": order.directory.policy.provider, "mails": [m.told for m in mails]}
        (folder / MARK).write_text(json.dumps(told, indent=2), "utf-8")
    return mails


def _documents(
    samples: SampleMails, renderer: TypstRenderer, kinds: tuple[str, ...]
) -> Iterator[tuple[str, NamedDocument]]:
    """The documents that the mails bring, by the real renderers."""
    made, policy, book = samples.invoices, samples.policy, samples.price_book
    assert book is not None, "the order has the directory's"
    if "invoice" in kinds:
        content = renderer.render_invoice(made.invoice, policy, book, made.at_issue)
        yield "invoice", _document(f"{made.invoice.number}.pdf", PDF, content)
    if "credit-note" in kinds:
        content = renderer.render_credit_note(made.credit_note, policy)
        yield "credit-note", _document(f"{made.credit_note.number}.pdf", PDF, content)
    if "dunning" in kinds:
        content = renderer.render_letter(samples.letter, policy)
        yield "dunning", _document("letter.pdf", PDF, content)
    if "comparison" in kinds:
        content = XlsxWorkbooks().account_workbook(made.comparison, policy, book, MADE_AT)
        yield "comparison", _document("comparison.xlsx", XLSX, content)


def _document(name: str, media_type: str, content: bytes) -> NamedDocument:
    return NamedDocument(file_name=name, media_type=media_type, content=content)


def _write(folder: Path, kind: str, raw: bytes) -> PreviewedMail:
    message = message_from_bytes(raw, policy=mail_policies.default)
    html, text = _body(message, "html"), _body(message, "plain")
    written = {f"{kind}.eml": raw, f"{kind}.txt": text.encode()}
    written[f"{kind}.html"] = _with_pictures(message, html).encode()
    for part in message.iter_attachments():
        content = part.get_content()
        if isinstance(content, bytes) and content != b"sample data":
            ending = (part.get_filename() or "").rpartition(".")[2]
            written[f"{kind}.{ending}"] = content
    for name, content in written.items():
        (folder / name).write_bytes(content)
    return PreviewedMail(
        kind=kind,
        subject=str(message["Subject"]),
        sender=str(message["From"]),
        text=text,
        size_bytes=len(raw),
        html_bytes=len(html.encode()),
        files=tuple(sorted(written)),
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None, "every mail has both"
    return str(part.get_content()).replace("\r\n", "\n")


def _with_pictures(message: EmailMessage, html: str) -> str:
    """The HTML as a browser can show it, which knows nothing of the mail's other parts."""
    for part in message.walk():
        name = str(part["Content-ID"] or "").strip("<>")
        if name:
            content = base64.b64encode(part.get_content()).decode()
            html = html.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{content}")
    return html


def _page(order: PreviewOrder, mails: tuple[PreviewedMail, ...]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("preview.html.j2").render(
        provider=order.directory.policy.name,
        locale=order.locale,
        own=sorted(order.directory.policy.mail_templates),
        mails=mails,
    )
