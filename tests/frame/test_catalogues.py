"""Every text of documents and mails is said in every language, and by nobody else's words."""

from __future__ import annotations

import re

import pytest

from msp_billing.adapters.language import LANGUAGES
from msp_billing.adapters.language.languages import CATALOGUES, SOURCE_LANGUAGE
from tools import catalogues

SPACE_BEFORE_MARKS = re.compile(r" [:;!?%»]|« ")
"""French sets these marks off by a space at which no line breaks."""


def test_every_language_has_a_catalogue() -> None:
    kept = {path.stem for path in CATALOGUES.iterdir()}
    assert kept == set(LANGUAGES) - {SOURCE_LANGUAGE} == set(catalogues.LANGUAGES)


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_catalogue_has_every_text_with_its_values_and_no_other(language: str) -> None:
    """`make catalogues` takes new texts in; the translations are a person's work."""
    assert list(catalogues.faults(language)) == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_catalogue_is_as_the_command_writes_it(language: str) -> None:
    kept = (CATALOGUES / f"{language}.po").read_bytes()
    assert kept == catalogues.written(catalogues.updated(language))


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_translations_keep_to_the_rules_of_their_language(language: str) -> None:
    strings = catalogues.strings(language)
    broken = [text for text in strings if text != text.strip() and text.strip() != ":"]
    if language == "fr":
        broken += [text for text in strings if SPACE_BEFORE_MARKS.search(text)]
    assert broken == []
