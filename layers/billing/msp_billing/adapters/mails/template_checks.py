"""Everything that is wrong with a provider's templates, before any mail is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

from msp_billing.adapters.mails.mail_templates import MailTemplates, provider_file
from msp_billing.adapters.mails.template_rules import (
    MAX_TEMPLATE_LENGTH,
    TEMPLATE_NAMES,
    Finding,
    findings,
    mark_up_findings,
)
from msp_billing.domain.problems import Problem

CODE = "mail-template"


def shared_assets() -> Path:
    """The folder with the shared templates, beside the package as it lies in the repository."""
    return Path(__file__).resolve().parents[4] / "rendering"


def template_problem(name: str, line: int | None, what: str, fix: str) -> Problem:
    """A problem with a template, by its file."""
    return Problem(code=CODE, what=what, fix=fix, file=provider_file(name), line=line)


def check_templates(own: Mapping[str, str], assets: Path) -> Iterator[Problem]:
    """What can be seen without filling them: names, length, syntax, and what they may not use."""
    for name, source in sorted(own.items()):
        if name not in TEMPLATE_NAMES:
            near = get_close_matches(name, TEMPLATE_NAMES, n=1)
            known = ", ".join(sorted(TEMPLATE_NAMES))
            fix = f"Rename it to '{near[0]}'." if near else f"The names are {known}."
            yield template_problem(name, None, "No mail is made of a template of this name.", fix)
        elif len(source) > MAX_TEMPLATE_LENGTH:
            what = f"It has {len(source):,} letters; at most {MAX_TEMPLATE_LENGTH:,} are allowed."
            yield template_problem(name, None, what, "Shorten it: Gmail cuts long mails off.")
        else:
            for finding in _in_source(name, source, assets):
                yield template_problem(name, finding.line, finding.what, finding.fix)


def _in_source(name: str, source: str, assets: Path) -> Iterator[Finding]:
    yield from mark_up_findings(source, name)
    try:
        parsed = _shared(assets).parse(source, name)
    except TemplateSyntaxError as error:
        what = f"It cannot be read: {error.message}."
        yield Finding(error.lineno, what, "Look at the brackets and tags of this line.")
        return
    yield from findings(parsed, name)
    if parsed.find(nodes.Extends) is not None:
        yield from _without_effect(parsed, name, assets)


def _without_effect(parsed: nodes.Template, name: str, assets: Path) -> Iterator[Finding]:
    """Blocks that the shared template does not have, and words outside of any."""
    known = shared_blocks(name, assets)
    for node in parsed.body:
        if isinstance(node, nodes.Block) and node.name not in known:
            yield Finding(
                node.lineno,
                f"There is no block '{node.name}', so that nothing of it would be seen.",
                f"The blocks are {', '.join(sorted(known))}.",
            )
        if isinstance(node, nodes.Output):
            yield from (
                Finding(
                    _first_line(entry),
                    "What stands outside of every block would not be seen.",
                    "Move it into a block, such as {% block greeting %}.",
                )
                for entry in node.nodes
                if not (isinstance(entry, nodes.TemplateData) and not entry.data.strip())
            )


def _first_line(entry: nodes.Node) -> int:
    """The line of the first word, where empty lines come before it."""
    if not isinstance(entry, nodes.TemplateData):
        return entry.lineno
    empty = entry.data[: len(entry.data) - len(entry.data.lstrip())]
    return entry.lineno + empty.count("\n")


def shared_blocks(name: str, assets: Path) -> frozenset[str]:
    """The blocks that a template can replace."""
    environment = _shared(assets)
    part = name.removesuffix(".j2").rpartition(".")[2]
    blocks: set[str] = set()
    for shared in {name, f"base.{part}.j2"}:
        blocks |= set(environment.get_template(shared).blocks)
    return frozenset(blocks)


@lru_cache(maxsize=4)
def _shared(assets: Path) -> Environment:
    """The shared templates alone, read once."""
    return MailTemplates(assets).environment
