"""Reading a YAML file into plain text, lists and groups, with the line of everything.

Every value stays the text that a person wrote. YAML itself would read ``18:00`` as 1080, ``NO`` as
false, ``007`` as 7 and ``85.10`` as a float; here the field that a value is for decides what it
means, and nothing is lost before that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from msp_billing.adapters.directory.yaml_text import decode_yaml, syntax_problem
from msp_billing.domain.problems import Problem

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"
"""Text, nothing, a list, or a group of keys."""

Path: TypeAlias = tuple[str | int, ...]
"""Where something stands in a file: keys, and indices from 0."""

MAX_VALUES = 500_000
MAX_DEPTH = 40

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD_TAGS = "tag:yaml.org,2002:"


@dataclass(slots=True)
class Node:
    """A value with its line, and for groups and lists the nodes inside."""

    value: Plain
    line: int
    size: int = 1
    entries: dict[str | int, tuple[int, Node]] = field(default_factory=dict)


@dataclass(frozen=True)
class YamlDocument:
    """What a file says, as far as it could be read, and what is wrong with its form.

    ``root`` is None when nothing could be read at all; there is a problem then.
    """

    file: str
    root: Node | None
    problems: tuple[Problem, ...]

    @property
    def data(self) -> Plain:
        """The whole content."""
        return None if self.root is None else self.root.value

    def line_of(self, path: Path) -> int | None:
        """The line of what stands at a path, else of the nearest thing around it."""
        node, line = self.root, None if self.root is None else self.root.line
        for step in path:
            if node is None or step not in node.entries:
                break
            line, node = node.entries[step]
        return line

    def find(self, *pattern: str) -> Iterator[tuple[Path, str]]:
        """Every text at a path of this pattern; ``*`` stands for every entry of a list."""
        for path, value in self.values(*pattern):
            if isinstance(value, str):
                yield path, value

    def values(self, *pattern: str) -> Iterator[tuple[Path, Plain]]:
        """Every value at a path of this pattern; ``*`` stands for every entry of a list."""
        found: list[tuple[Path, Plain]] = [((), self.data)]
        for step in pattern:
            found = [
                ((*path, key), inner)
                for path, value in found
                for key, inner in _step_into(value, step)
            ]
        yield from found


def _step_into(value: Plain, step: str) -> Iterator[tuple[str | int, Plain]]:
    if step == "*" and isinstance(value, list):
        yield from enumerate(value)
    elif isinstance(value, dict) and step in value:
        yield step, value[step]


def read_yaml(content: bytes, file: str) -> YamlDocument:
    """Read a file's content, as far as it can be read.

    A byte-order mark is passed over; anything but UTF-8 is one problem. A key that stands twice
    in a group is a problem with both lines. Anchors, references and ``<<`` work, up to a limit on
    what they unfold to. Tags are refused: nothing but plain data is ever made.

    Args:
        content: the bytes of the file.
        file: its name, for problems.
    """
    text_or_problem = decode_yaml(content, file)
    if isinstance(text_or_problem, Problem):
        return YamlDocument(file, None, (text_or_problem,))
    builder = _Builder(file)
    try:
        root = builder.build(yaml.parse(text_or_problem, Loader=_Loader))
    except _RefusedError as refusal:
        return YamlDocument(file, None, (*builder.problems, refusal.problem))
    except yaml.MarkedYAMLError as error:
        return YamlDocument(file, None, (*builder.problems, syntax_problem(error, file)))
    return YamlDocument(file, root, tuple(builder.problems))


class _RefusedError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class _Builder:
    """Makes nodes out of the parser's events, one document only."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._anchors: dict[str, Node] = {}
        self._depth = 0
        self.problems: list[Problem] = []

    def build(self, events: Iterator[yaml.Event]) -> Node:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._refusal(
                        "yaml-syntax",
                        "A second document begins here ('---').",
                        "Put everything into one document.",
                        event,
                    )
                root = self._node(next(events), events)
        if root is None or root.value is None:
            raise _RefusedError(
                Problem(
                    code="yaml-empty",
                    what="The file is empty.",
                    fix="Fill it, for example from one of the directories in providers/.",
                    file=self._file,
                    line=1,
                )
            )
        return root

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event]) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        assert isinstance(event, yaml.NodeEvent), "the parser gives a node here"
        self._refuse_tag(event)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            what = f"Groups and lists are nested more than {MAX_DEPTH} deep."
            raise self._refusal("yaml-size", what, "Check the brackets.", event)
        make: Callable[[yaml.Event, Iterator[yaml.Event]], Node] = self._scalar
        if isinstance(event, yaml.SequenceStartEvent):
            make = self._list
        elif isinstance(event, yaml.MappingStartEvent):
            make = self._group
        node = make(event, events)
        self._depth -= 1
        if node.size > MAX_VALUES:
            what = f"There are more than {MAX_VALUES:,} values in here, references unfolded."
            raise self._refusal("yaml-size", what, "Split the file, or remove data.", event)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: yaml.AliasEvent) -> Node:
        found = self._anchors.get(event.anchor or "")
        if found is None:
            what = f"'*{event.anchor}' refers to nothing that stands above it."
            fix = f"Set the anchor '&{event.anchor}' above it, or put the value into quotes."
            raise self._refusal("yaml-syntax", what, fix, event)
        return found

    @staticmethod
    def _scalar(event: yaml.Event, _events: Iterator[yaml.Event]) -> Node:
        assert isinstance(event, yaml.ScalarEvent)
        bare = not event.style
        value = None if bare and event.value in _NOTHING else event.value
        return Node(value, _line(event))

    def _list(self, event: yaml.Event, events: Iterator[yaml.Event]) -> Node:
        value: list[Plain] = []
        node = Node(value, _line(event))
        while not isinstance(inner := next(events), yaml.SequenceEndEvent):
            entry = self._node(inner, events)
            node.entries[len(value)] = (_line(inner), entry)
            value.append(entry.value)
            node.size += entry.size
        return node

    def _group(self, event: yaml.Event, events: Iterator[yaml.Event]) -> Node:
        value: dict[str, Plain] = {}
        node = Node(value, _line(event))
        merged: list[Node] = []
        while not isinstance(inner := next(events), yaml.MappingEndEvent):
            if not isinstance(inner, yaml.ScalarEvent):
                what, fix = "A key must be a plain word.", "Put the value after 'key: '."
                raise self._refusal("yaml-syntax", what, fix, inner)
            self._refuse_tag(inner)
            key, line = inner.value, _line(inner)
            entry = self._node(next(events), events)
            node.size += entry.size
            if key == "<<" and not inner.style and (groups := _groups(entry)):
                merged += groups
            elif key in value:
                self.problems.append(
                    Problem(
                        code="duplicate-key",
                        what=f"'{key}' is there twice, on lines {node.entries[key][0]} and {line}.",
                        fix="Keep one of the two.",
                        file=self._file,
                        line=line,
                    )
                )
            else:
                node.entries[key] = (line, entry)
                value[key] = entry.value
        for group in merged:
            _merge(node, value, group)
        return node

    def _refuse_tag(self, event: yaml.NodeEvent) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            name = tag.replace(_STANDARD_TAGS, "!!")
            what = f"The tag '{name}' is not used here."
            raise self._refusal("yaml-tag", what, "Remove it; write the value alone.", event)

    def _refusal(self, code: str, what: str, fix: str, event: yaml.Event) -> _RefusedError:
        return _RefusedError(
            Problem(code=code, what=what, fix=fix, file=self._file, line=_line(event))
        )


def _groups(node: Node) -> list[Node]:
    """The groups that ``<<`` refers to, one or a list of them; none when it is something else."""
    listed = [node] if isinstance(node.value, dict) else [n for _, n in node.entries.values()]
    return listed if all(isinstance(entry.value, dict) for entry in listed) else []


def _merge(node: Node, value: dict[str, Plain], group: Node) -> None:
    """Take over the keys of a group that are not there already."""
    for key, entry in group.entries.items():
        if isinstance(key, str) and key not in value:
            node.entries[key] = entry
            value[key] = entry[1].value


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None, "every event of the parser has its place"
    return int(event.start_mark.line) + 1
