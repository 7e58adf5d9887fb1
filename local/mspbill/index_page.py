"""The index page."""

from __future__ import annotations

from collections.abc import Sequence

from mspbill.reports import ProviderReport


def index_page(reports: Sequence[ProviderReport]) -> str:
    """The page."""
    return "<!doctype html><title>demo</title>"
