"""XML as a tree that knows its lines, read with everything refused that makes XML dangerous.

A bank's file comes from outside. A document type is refused, and with it every entity that could
grow without end or fetch a file; no bank's message has one. The standard library's own parser
(expat) does the reading; its ElementTree would forget the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 40
_NAMESPACE_END = "}"


class XmlError(ValueError):
    """The bytes are no XML that is read here; says the line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


@dataclass(slots=True)
class Element:
    """An element without its namespace, which the root's alone says."""

    name: str
    namespace: str
    line: int
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text on one line."""
        return " ".join("".join(self.texts).split())

    def all(self, path: str) -> Iterator[Element]:
        """Every element at ``a/b/c`` below this one, in order."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                yield from child.all(rest) if rest else (child,)

    def find(self, path: str) -> Element | None:
        """The first element at a path."""
        return next(self.all(path), None)

    def text_at(self, *paths: str) -> str:
        """The first text that is not empty at any of the paths."""
        for path in paths:
            for found in self.all(path):
                if found.text:
                    return found.text
        return ""


def read_tree(content: bytes) -> Element:
    """The root of a document.

    Raises:
        XmlError: not well-formed, cut, a document type, or nested deeper than any message.
    """
    builder = _Builder()
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise XmlError(error.lineno, f"This is no well-formed XML: {said}.") from None
    assert builder.root is not None, "expat refuses a document without a root"
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self.parser = expat.ParserCreate(namespace_separator=_NAMESPACE_END)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse_document_type

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise XmlError(
                self.parser.CurrentLineNumber, f"Elements are nested deeper than {MAX_DEPTH}."
            )
        namespace, _, local = name.rpartition(_NAMESPACE_END)
        element = Element(local, namespace, self.parser.CurrentLineNumber, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _refuse_document_type(self, *_declared: object) -> None:
        raise XmlError(
            self.parser.CurrentLineNumber,
            "The file has a document type (DOCTYPE), which no bank's message has; it may be an "
            "attack.",
        )
