"""The guides work: each of their commands is run in the order in which a reader would type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.guide import beginning, play, turns
from tests.frame import repository

GUIDES = {"docs/first-month.md": ("kr-group",)}
"""Guides that are played from beginning to end, with the sample providers that they use."""

ELSEWHERE = {
    "make setup": ".ci/run",
    "make demo": "tests/mspbill/test_demo.py",
    "make build": "local/trial_stack/deploying.py",
    "sam deploy --config-env dev": "tests/frame/test_samconfig.py",
}
"""Commands that a test cannot run in passing, and what runs or checks them."""


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_can_be_followed_word_by_word(name: str, tmp_path: Path) -> None:
    begin, played = turns(repository.ROOT / name)
    ran = 0
    with beginning(begin, tmp_path, *GUIDES[name]) as stack:
        for turn in played:
            if turn.command.text not in ELSEWHERE and not turn.left_out:
                play(stack, turn)
                ran += 1
    assert ran > len(played) // 2


def test_what_is_run_elsewhere_is_there() -> None:
    places = set(ELSEWHERE.values())
    assert {place for place in places if not (repository.ROOT / place).is_file()} == set()
