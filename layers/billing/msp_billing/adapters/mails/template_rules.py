"""What a provider's template may use: words, values, choices, loops, blocks and the shared parts.

Everything that a mail says is given to its template as finished text. A template therefore needs
no variables of its own, no arithmetic and no functions; without them nothing in it can grow beyond
its own length times the lists that it is given, and none can run for ever.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

SHARED = "shared"
"""The folder under which templates reach the shared ones."""

MAX_TEMPLATE_LENGTH = 32_000

KINDS = (
    "invoice",
    "credit-note",
    "comparison",
    "report",
    "approval",
    "summary",
    "dunning",
    "dunning-alert",
    "release",
    "digest",
)
PARTS = ("html", "txt")
TEMPLATE_NAMES = frozenset(f"{kind}.{part}.j2" for kind in ("base", *KINDS) for part in PARTS)
"""The templates that a provider may have."""

_MUST_SAY = {
    "invoice": ("number", "amount", "pay_link", "document.link"),
    "credit-note": ("number", "amount", "invoice", "document.link"),
    "dunning": ("pay_link",),
    "release": ("link",),
}
"""Values without which a mail is of no use, where it has them. A document too large for its mail
is reached by its link alone."""

_FILTERS = frozenset(
    {"capitalize", "count", "d", "default", "e", "escape", "first", "join", "last", "length"}
    | {"lower", "title", "trim", "upper"}
)
_WORD_CALLS = {"_": 1, "gettext": 1, "ngettext": 2, "pgettext": 2, "npgettext": 3}
"""Functions for words in several languages, with how many of their arguments are such words."""

_CALLS = frozenset({*_WORD_CALLS, "super", "caller"})
_COUNTED = frozenset({"ngettext", "npgettext"})
_PLACE = re.compile(r"%(?:%|\((?P<name>\w+)\)s|(?P<other>.?))", re.DOTALL)
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Extends, nodes.Block, nodes.Import),
    *(nodes.FromImport, nodes.If, nodes.For, nodes.CallBlock, nodes.Name, nodes.Const),
    *(nodes.Getattr, nodes.Call, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat, nodes.Keyword),
    *(nodes.MarkSafeIfAutoescape, nodes.InternalName),
)
_WORDS: dict[type[nodes.Node], str] = {
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.With: "{% with %}",
    nodes.Macro: "{% macro %}",
    nodes.Include: "{% include %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.ScopedEvalContextModifier: "{% autoescape %}",
    nodes.Getitem: "an index in brackets",
    nodes.List: "a list of its own",
    nodes.Dict: "a table of its own",
    nodes.Tuple: "a list of its own",
}
_USE = "Use the values of the mail, {% if %}, {% for %}, {% block %} and the shared parts."

_UNSAFE_MARK_UP = re.compile(
    r"<\s*(?P<element>script|iframe|object|embed|form|input|link|base|svg|video|audio|frame|meta)"
    r"|\b(?P<source>src|srcset|background|poster)\s*="
    r"|(?P<url>url\s*\(|@import)"
    r"|(?P<event>\son[a-z]+\s*=)"
    r"|(?P<scheme>(?:javascript|vbscript|data)\s*:)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """Something in a template that may not be there."""

    line: int
    what: str
    fix: str


class TemplateRefusedError(TemplateSyntaxError):
    """A template uses what it may not."""


def restrict(template: nodes.Template, name: str | None) -> nodes.Template:
    """A provider's template, its loops counted, and what it joins bounded.

    Raises:
        TemplateRefusedError: for the first thing that it may not use.
    """
    for finding in findings(template, name or ""):
        raise TemplateRefusedError(f"{finding.what} {finding.fix}", finding.line, name)
    for loop in template.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, "each", [], [], None, None, lineno=loop.lineno)
    for used in template.find_all(nodes.Filter):
        if used.name == "join":
            used.name = "joined"
    return template


def findings(template: nodes.Template, name: str) -> Iterator[Finding]:
    """Everything in a template that may not be there, by line."""
    macros = imported_names(template)
    for node in _walk(template):
        what = _refused(node, name, macros)
        if what is not None:
            yield Finding(node.lineno, *what)


def mark_up_findings(source: str, name: str) -> Iterator[Finding]:
    """Elements that mail clients refuse, or that would fetch something when a mail is opened."""
    if not name.endswith(".html.j2"):
        return
    for number, line in enumerate(source.splitlines(), start=1):
        for found in _UNSAFE_MARK_UP.finditer(line):
            text = found.group().strip()
            yield Finding(
                number,
                f"'{text}' may not stand in a mail: it is refused by mail programs, or fetches "
                "something from elsewhere when the mail is opened.",
                "Leave it out. The logo comes from 'brand' in provider.yaml.",
            )


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def imported_names(template: nodes.Template) -> frozenset[str]:
    """The names by which a template calls what it imports."""
    names = {node.target for node in template.find_all(nodes.Import)}
    for node in template.find_all(nodes.FromImport):
        names.update(entry if isinstance(entry, str) else entry[1] for entry in node.names)
    return frozenset(names)


def _refused(node: nodes.Node, name: str, macros: frozenset[str]) -> tuple[str, str] | None:
    if not isinstance(node, _ALLOWED):
        word = _WORDS.get(type(node), f"'{type(node).__name__.lower()}'")
        return f"{word} is not available in a provider's template.", _USE
    refused: tuple[str, str] | None = None
    match node:
        case nodes.Getattr() if node.attr.startswith("_"):
            refused = f"'{node.attr}' is no value of a mail.", _USE
        case nodes.Name() if node.name == "self" or node.name.startswith("__"):
            refused = f"'{node.name}' is not available in a provider's template.", _USE
        case nodes.Name() if node.ctx != "load" and node.name in _CALLS | macros:
            refused = f"'{node.name}' is what can be called, and no name for a value.", _USE
        case nodes.Filter() if node.name not in _FILTERS:
            known = ", ".join(sorted(_FILTERS))
            refused = f"The filter '{node.name}' is not available.", f"These are: {known}."
        case nodes.For() if node.recursive:
            refused = "A loop may not call itself.", "Leave 'recursive' out."
        case nodes.For() if not isinstance(node.iter, (nodes.Name, nodes.Getattr)):
            refused = "A loop goes through a list that the mail has, as it is.", _USE
        case nodes.Call() if not _may_call(node, macros):
            refused = (
                "Only the shared parts can be called, and _() for words in several languages.",
                'Begin with {% import "shared/parts.html.j2" as parts %}, and call '
                "{{ parts.heading(...) }}.",
            )
        case nodes.Call() if not _says_words(node):
            refused = (
                "_() takes words as they are written here, never a value: a value would be taken "
                "for HTML.",
                'Write the value alone, or _("For %(name)s", name=account).',
            )
        case nodes.Call() if (place := _wrong_place(node)) is not None:
            refused = (
                f"'{place}' is no place for a value of these words.",
                'A value is %(name)s, as in _("For %(name)s", name=account); a percent sign is %%.',
            )
        case nodes.Extends() | nodes.Import() | nodes.FromImport():
            refused = _wrong_template(node, name)
    return refused


def _may_call(node: nodes.Call, macros: frozenset[str]) -> bool:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    called = node.node
    if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name):
        return called.node.name in macros
    return isinstance(called, nodes.Name) and called.name in _CALLS | macros


def _says_words(node: nodes.Call) -> bool:
    """Whether what is translated stands in the template."""
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    words = node.args[: _WORD_CALLS.get(name, 0)]
    return all(isinstance(word, nodes.Const) for word in words) and len(words) == _WORD_CALLS.get(
        name, 0
    )


def _wrong_place(node: nodes.Call) -> str | None:
    """What stands for a value in translated words, and is none.

    A width, as in ``%(n)900s``, would write any number of letters.
    """
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    given = {keyword.key for keyword in node.kwargs} | ({"num"} if name in _COUNTED else set())
    for word in node.args[: _WORD_CALLS.get(name, 0)]:
        text = word.value if isinstance(word, nodes.Const) else None
        if not isinstance(text, str):
            return str(text)
        for found in _PLACE.finditer(text):
            if found["other"] is not None or (found["name"] and found["name"] not in given):
                return found.group()
    return None


def unsaid(kind: str, values: Mapping[str, object], made: str) -> Iterator[str]:
    """The values that a mail of this kind has, must say, and does not."""
    for path in _MUST_SAY.get(kind, ()):
        value: object = values
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if value and str(value) not in made and str(value) not in html.unescape(made):
            yield path


def _wrong_template(
    node: nodes.Extends | nodes.Import | nodes.FromImport, name: str
) -> tuple[str, str] | None:
    part = name.removesuffix(".j2").rpartition(".")[2]
    target = node.template.value if isinstance(node.template, nodes.Const) else None
    if isinstance(node, nodes.Extends):
        known = {f"{SHARED}/{entry}" for entry in TEMPLATE_NAMES if entry.endswith(f".{part}.j2")}
        if not name.startswith("base."):
            known.add(f"base.{part}.j2")
        if target in known:
            return None
        return "It builds on something else than a shared template.", (
            f'Write {{% extends "{SHARED}/{name}" %}}.'
        )
    if target == f"{SHARED}/parts.{part}.j2":
        return None
    return "It imports something else than the shared parts.", (
        f'Write {{% import "{SHARED}/parts.{part}.j2" as parts %}}.'
    )
