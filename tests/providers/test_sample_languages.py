"""Invoices of the sample books in other languages: nothing of ours is left in English."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cache

import pytest
from pypdf import PdfReader

from msp_billing.adapters.composed_texts import description_in_words, reason_in_words
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.language import in_language
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from tests.providers.sample_billing import MONTHS, PROVIDERS, billed, sample_book
from tools import catalogues

NAMES = ("integris", "kr-group", "collabrance")
RENDERER = TypstRenderer(PROVIDERS.parent / "layers" / "rendering")
MOST_LINES = 200
SHORTEST = 4
"""Letters of a word that is looked for: shorter ones are part of codes and names."""
OWN_WORDS = {LineKind.DISCOUNT, LineKind.SHORTFALL, LineKind.PAY_OUT, LineKind.TAX}


@cache
def invoices(provider: str) -> tuple[Invoice, ...]:
    """Those of November, the longest of a run first."""
    return tuple(
        sorted(
            (
                invoice
                for run in sample_book(provider).policy.runs
                for outcome in billed(provider, run.run, MONTHS[2]).values()
                for invoice in outcome.invoices
                if len(invoice.lines) <= MOST_LINES
            ),
            key=lambda invoice: (invoice.id.run, -len(invoice.lines)),
        )
    )


def shown(provider: str, language: str) -> Iterator[tuple[str, str]]:
    """The longest invoice of every run in a language: whose it is, and the text of its pages."""
    book, runs = sample_book(provider), set()
    for invoice in invoices(provider):
        if invoice.id.run in runs:
            continue
        runs.add(invoice.id.run)
        told = invoice.model_copy(update={"locale": language})
        pages = PdfReader(
            io.BytesIO(RENDERER.render_invoice(told, book.policy, book.price_book))
        ).pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        yield invoice.id.account, text


@cache
def words_of(provider: str) -> str:
    """All that the provider and its customers wrote themselves."""
    book = sample_book(provider)
    parts = (book.policy, book.price_book, *book.accounts)
    return " ".join(part.model_dump_json() for part in parts).casefold()


def said_only_in_english(language: str) -> list[str]:
    """The texts of ours that a document in the language cannot have in it."""
    return [
        text
        for text, string in catalogues.pairs(language)
        if "{" not in text
        and "%(" not in text
        and len(text) >= SHORTEST
        and text.casefold() not in string.casefold()
    ]


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_no_word_of_ours_is_left_in_english(provider: str, language: str) -> None:
    texts = said_only_in_english(language)
    assert len(texts) > 200
    for account, page in shown(provider, language):
        left = [
            text
            for text in texts
            if re.search(rf"\b{re.escape(text)}\b", page, re.IGNORECASE)
            and text.casefold() not in words_of(provider)
        ]
        assert left == [], account


@pytest.mark.parametrize("provider", NAMES)
@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_reason_of_a_line_is_said_in_the_language(provider: str, language: str) -> None:
    lines = [line for invoice in invoices(provider) for line in invoice.lines]
    reasons = {text for line in lines for text in reasons_of(line)}
    own = {line.description for line in lines if line.kind in OWN_WORDS}
    with in_language(language):
        assert [text for text in reasons if reason_in_words(text) == text] == []
        assert [text for text in own if description_in_words(text) == text] == []


def reasons_of(line: InvoiceLine) -> Iterator[str]:
    yield line.reason.quantity_from
    yield line.reason.price_from
    yield line.reason.arithmetic
    if line.work is not None:
        yield line.work.approval
