"""A document that was sealed before its mail was ready is the document, whatever is drawn later."""

from __future__ import annotations

import hashlib
import logging

import pytest

from msp_billing.domain.documents import PDF
from msp_billing.usecases.sealed_documents import seal_document
from tests.fakes.outside import FakeRecords

KEY = "birch/managed/2026-09/invoices/BI-000001.pdf"


def test_a_document_is_sealed_once_and_attached_as_it_lies_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """docs/faults.md 30: cut off behind the seal, and drawn by a newer lay-out when tried again."""
    records = FakeRecords()
    first = seal_document(records, KEY, b"%PDF first", PDF)
    assert (first.key, first.file_name, first.media_type) == (KEY, "BI-000001.pdf", PDF)
    assert first.sha256 == hashlib.sha256(b"%PDF first").hexdigest()
    assert seal_document(records, KEY, b"%PDF first", PDF) == first
    assert caplog.text == ""
    with caplog.at_level(logging.WARNING):
        assert seal_document(records, KEY, b"%PDF drawn anew", PDF) == first
    assert records.get(KEY, first.sha256) == b"%PDF first"
    assert first.size_bytes == len(b"%PDF first")
    assert f"{KEY} was sealed with other bytes" in caplog.text
