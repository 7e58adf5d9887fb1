"""docs/commands.md has every command, and says of it what its help says."""

from __future__ import annotations

from tools.commands_page import EXAMPLES, PAGE, commands, page


def test_every_command_has_one_example() -> None:
    shown = [name for examples in EXAMPLES.values() for name in examples]
    assert sorted(shown) == sorted(commands())
    assert len(set(shown)) == len(shown)


def test_the_page_is_what_the_commands_say_of_themselves() -> None:
    text = PAGE.read_text("utf-8")
    assert text == page(text), "run: python -m tools.commands_page"


def test_every_command_says_what_it_is_in_a_sentence() -> None:
    for name, sentence in commands().items():
        assert sentence.endswith((".", "?")), name
        assert len(sentence) > len(name), name
