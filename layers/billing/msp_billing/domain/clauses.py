"""Clauses: the sentences of a provider's terms that rules come from."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text


class Clause(Frozen):
    """One sentence of the provider's published policy that lines refer to."""

    clause: Identifier
    title: Text
    text: Text = Field(description="What it says, in the provider's words or a short summary.")
