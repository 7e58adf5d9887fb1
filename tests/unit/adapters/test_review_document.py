"""The quarterly review's plots: told in words too, and in the account's language."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from msp_billing.adapters.language import in_language
from msp_billing.adapters.reports.review_document import present_review
from tests.unit.adapters.test_report_documents import FRAME, REPORTS, made, review

POLICY = REPORTS["quarterly_review"]


@pytest.fixture(scope="module")
def pdf() -> PdfReader:
    return PdfReader(io.BytesIO(made(review(), "quarterly_review").documents[0].content))


def alternative_texts(pdf: PdfReader) -> list[str]:
    numbers = (*pdf.xref[0], *pdf.xref_objStm)  # on their own, and packed together
    found = (pdf.get_object(IndirectObject(n, 0, pdf)) for n in numbers)
    return [
        str(entry["/Alt"])
        for entry in found
        if isinstance(entry, DictionaryObject) and "/Alt" in entry
    ]


@pytest.mark.rule("KR-17")
def test_every_plot_has_its_values_in_words_for_those_who_do_not_see_it(pdf: PdfReader) -> None:
    assert sorted(alternative_texts(pdf)) == [
        "Columns of what was invoiced by service month: Feb 26 $1,510.50, Mar 26 $1,510.50.",
        "Lines of counts by service month. Full-time users: Feb 26 31, Mar 26 34.",
    ]


def test_every_plot_says_what_its_scale_counts(pdf: PdfReader) -> None:
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert "in USD, by service month" in text
    assert "number counted, by service month" in text
    plots = [part for part in present_review(review(), POLICY, FRAME)["parts"] if "ticks" in part]
    assert [label for _, label in plots[0]["ticks"]] == ["0", "500", "1,000", "1,500", "2,000"]


def test_a_review_is_in_the_account_s_language() -> None:
    with in_language("fr"):
        content: Any = present_review(review(), POLICY, FRAME)
    assert content["heading"].endswith("T1 2026")
    assert content["language"] == "fr"
    plots = [part for part in content["parts"] if "ticks" in part]
    assert plots[0]["months"][-2:] == ["févr. 26", "mars 26"]
