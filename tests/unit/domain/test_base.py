"""Values cannot be changed, and a changed copy remembers nothing of its original."""

from __future__ import annotations

from functools import cached_property

import pytest
from pydantic import ValidationError

from msp_billing.domain.base import Frozen
from tests.unit.domain.builders import account


class Named(Frozen):
    name: str

    @cached_property
    def loud(self) -> str:
        return self.name.upper()


def test_a_value_cannot_be_changed_and_has_no_other_fields() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Named(name="a").name = "b"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Named.model_validate({"name": "a", "nmae": "b"})


def test_a_changed_copy_works_out_everything_anew() -> None:
    original = Named(name="a")
    assert original.loud == "A"
    assert original.model_copy(update={"name": "b"}).loud == "B"
    assert original.model_copy(deep=True).loud == "A"
    assert original.loud == "A"


def test_an_account_with_other_subscribers_finds_those() -> None:
    before, after = account(sites=["dock"]), account(sites=["pier"])
    assert before.find_subscriber("Dock") == "dock"
    changed = before.model_copy(update={"subscribers": after.subscribers})
    assert (changed.find_subscriber("Dock"), changed.find_subscriber("Pier")) == (None, "pier")
