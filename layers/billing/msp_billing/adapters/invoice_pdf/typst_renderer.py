"""Invoices as PDF by Typst: tagged, accessible and archivable, and always the same bytes."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import typst

from msp_billing.adapters.account_documents.letter_presentation import present_letter
from msp_billing.adapters.account_documents.statement_files import statement_files
from msp_billing.adapters.account_documents.statement_presentation import present_statement
from msp_billing.adapters.invoice_pdf.credit_note_presentation import present_credit_note
from msp_billing.adapters.invoice_pdf.document_files import credit_note_files, invoice_files
from msp_billing.adapters.invoice_pdf.font_coverage import REPLACEMENT, uncovered_pattern
from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.object_streams import packed
from msp_billing.adapters.invoice_pdf.pdf_metadata import FILE_NAME, with_factur_x_metadata
from msp_billing.adapters.language import in_language
from msp_billing.usecases.errors import DocumentError

if TYPE_CHECKING:
    from msp_billing.adapters.invoice_pdf.attachments import Attachment
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.dunning.letters import DunningLetter
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.account_statement import AccountStatement
    from msp_billing.domain.ledger.credit_use import CreditUse
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook

_LARGE_BYTES = 2_000_000
_DOCUMENTS_REMEMBERED = 10  # by typst-py, measured: memory stays level from the 11th on

PDF_STANDARDS: Final[list[Literal["a-3a", "ua-1"]]] = ["a-3a", "ua-1"]
"""Archivable with attachments (ISO 19005-3, level A) and accessible (ISO 14289-1)."""


class TypstRenderer:
    """Renders invoices with the templates and fonts of one folder.

    The Typst compiler is made once and kept: it holds the fonts and what it has worked out of the
    templates. It sees no fonts but ours, so that a document looks the same on every machine, and
    the templates import no packages, so that nothing is downloaded.
    """

    def __init__(self, assets: Path) -> None:
        """Prepare for the first invoice.

        Args:
            assets: folder that holds ``templates/typst`` and ``fonts``: layers/rendering in the
                repository, /opt on AWS.
        """
        self._templates = assets / "templates" / "typst"
        self._fonts = assets / "fonts"

    def render_invoice(
        self,
        invoice: Invoice,
        policy: ProviderPolicy,
        price_book: PriceBook,
        at_issue: InvoiceAtIssue | None = None,
        attachments: Sequence[Attachment] | None = None,
    ) -> bytes:
        """The invoice as PDF, in its account's language; a draft is marked as one.

        The same invoice gives the same bytes, on every machine: the document's date is the invoice
        date, not the time of rendering.

        Args:
            attachments: the files that it carries; its own data, if they are not given.

        Raises:
            RenderingError: when Typst refuses; no content of an invoice makes it do so.
        """
        with in_language(invoice.locale):
            content = present_invoice(invoice, policy, price_book, at_issue)
            files = invoice_files(invoice, policy, at_issue) if attachments is None else attachments
            return self.render("invoice.typ", content, tuple(files))

    def render_credit_note(
        self,
        note: CreditNote,
        policy: ProviderPolicy,
        use: CreditUse | None = None,
        sections: Mapping[str, str] = MappingProxyType({}),
    ) -> bytes:
        """The credit note as PDF, in its account's language; the same bytes for the same note.

        Args:
            use: what became of the amount, where the ledger has it.
            sections: titles of the invoice's sections, by subscriber.

        Raises:
            RenderingError: when Typst refuses; no content of a note makes it do so.
        """
        with in_language(note.locale):
            content = present_credit_note(note, policy, use, sections)
            return self.render("credit-note.typ", content, tuple(credit_note_files(note, policy)))

    def render_statement(self, told: AccountStatement, policy: ProviderPolicy) -> bytes:
        """A statement of account as PDF; the same bytes for the same statement.

        Raises:
            RenderingError: when Typst refuses; no content of a statement makes it do so.
        """
        with in_language(told.addressee.locale):
            files = tuple(statement_files(told, policy))
            return self.render("statement.typ", present_statement(told, policy), files)

    def render_letter(self, letter: DunningLetter, policy: ProviderPolicy) -> bytes:
        """A letter about unpaid invoices as PDF; the same bytes for the same letter.

        Raises:
            RenderingError: when Typst refuses; no content of a letter makes it do so.
        """
        with in_language(letter.locale):
            return self.render("letter.typ", present_letter(letter, policy))

    def render(
        self,
        template: str,
        content: dict[str, object],
        attachments: Sequence[Attachment] = (),
    ) -> bytes:
        """Content goes in as JSON, never as Typst source, so no name can be markup.

        A document that carries a ``factur-x.xml`` says so in its metadata. It comes packed, which
        halves it.

        Raises:
            RenderingError: when Typst refuses; no content makes it do so.
        """
        inputs = {"content": self._uncovered.sub(_in_place_of, _as_json(content))}
        if attachments:
            inputs["attachments"] = _as_json([file.as_json() for file in attachments])
        try:
            document = self._compiler.compile(
                input=self._templates / template,
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=list(PDF_STANDARDS),
            )
        except typst.TypstError as error:
            raise RenderingError(template, error) from error
        assert isinstance(document, bytes), "one PDF, into memory"
        if len(document) > _LARGE_BYTES:
            self._forget()
        if any(file.name == FILE_NAME for file in attachments):
            document = with_factur_x_metadata(document)
        return packed(document)

    def _forget(self) -> None:
        """Let Typst drop what it keeps of a large document: some 800 MB for 3,000 lines.

        It drops what the last few documents did not use, and can be told so in no other way than
        by compiling a few more. Without this, three large invoices in one batch fill a function.
        """
        for number in range(_DOCUMENTS_REMEMBERED + 1):
            self._compiler.compile(input=f"#let n = {number}".encode(), format="pdf")

    @cached_property
    def _compiler(self) -> typst.Compiler:
        fonts = typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[self._fonts]
        )
        return typst.Compiler(root=self._templates, font_paths=fonts, ignore_system_fonts=True)

    @cached_property
    def _uncovered(self) -> re.Pattern[str]:
        return uncovered_pattern(self._fonts)


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _in_place_of(match: re.Match[str]) -> str:
    """An empty box for a character that no font has; nothing for an accent, which has no place."""
    return "" if unicodedata.combining(match[0]) else REPLACEMENT


class RenderingError(DocumentError):
    """Typst could not make a document; the message says where in the template."""

    def __init__(self, template: str, error: typst.TypstError) -> None:
        hints = "; ".join(error.hints)
        super().__init__(
            f"{template}: {error.message}{f' ({hints})' if hints else ''}\n{error.diagnostic}"
        )
