"""Filling a provider's templates with invented data, to find what fails before a customer does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from jinja2 import ChainableUndefined, Template, TemplateError, Undefined, nodes
from jinja2.utils import missing

from msp_billing.adapters.language import in_language
from msp_billing.adapters.mails.mail_builder import frame as frame_values
from msp_billing.adapters.mails.mail_builder import inlined
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.mail_templates import MailTemplates, provider_file
from msp_billing.adapters.mails.samples import SampleMails
from msp_billing.adapters.mails.template_checks import template_problem
from msp_billing.adapters.mails.template_rules import imported_names, unsaid

if TYPE_CHECKING:
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.problems import Problem

MAX_HTML_BYTES = 90_000
"""Of a mail filled with the samples; Gmail cuts off what is beyond 102,400."""

Values = Mapping[str, object]


class _Listener(MailComposer):
    """A composer that only notes what templates would be given."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, object]]] = []
        self._build = self._hear
        self._stack = None

    def _hear(  # noqa: PLR0913 - as the builder has it
        self,
        template: str,
        subject: str,
        policy: ProviderPolicy,
        recipients: Sequence[str],
        mail_id: MailId,
        made_at: datetime,
        documents: tuple[NamedDocument, ...],
        values: Values,
        *,
        can_be_stopped: bool = False,
    ) -> bytes:
        self.heard.append((template, frame_values(policy, subject, None) | dict(values)))
        return b""


def sample_values(policy: ProviderPolicy) -> list[tuple[str, dict[str, object]]]:
    """What the templates of each kind are given for the samples, rich and bare."""
    listener = _Listener()
    samples = SampleMails(listener, policy)
    for _made in (*samples.all(), *samples.bare()):
        pass
    return listener.heard


def try_templates(
    own: Mapping[str, str], policy: ProviderPolicy, assets: Path
) -> Iterator[Problem]:
    """Every value that a template misses, and every mail that would be too long or say too little.

    Args:
        own: templates without a problem that shows before they are filled.
    """
    given = sample_values(policy)
    found: dict[tuple[str, int | None, str], Problem] = {}
    for problem in (*_unknown_names(own, given, assets), *_filled(own, policy, given, assets)):
        found.setdefault((problem.file or "", problem.line, problem.what), problem)
    yield from sorted(found.values(), key=lambda problem: (problem.file or "", problem.line or 0))


def _unknown_names(
    own: Mapping[str, str], given: Sequence[tuple[str, Values]], assets: Path
) -> Iterator[Problem]:
    """Values that no mail of the kind has, also where the samples do not come by."""
    environment = MailTemplates(assets, own).environment
    for name, source in own.items():
        kind = name.partition(".")[0]
        sets = [set(values) for heard, values in given if kind in {heard, "base"}]
        known = set.union(*sets) if kind != "base" else set.intersection(*sets)
        parsed = environment.parse(source, name, provider_file(name))
        stored = {node.name for node in parsed.find_all(nodes.Name) if node.ctx != "load"}
        stored |= imported_names(parsed)
        usable = known | stored | set(environment.globals) | {"loop", "caller", "super", "parts"}
        for node in parsed.find_all(nodes.Name):
            if node.name not in usable:
                yield _no_value(name, node.lineno, node.name, known)


def _no_value(name: str, line: int, value: str, known: set[str]) -> Problem:
    fix = f"The values of this mail are {', '.join(sorted(known))}."
    return template_problem(name, line, f"This mail has no value '{value}'.", fix)


def _filled(
    own: Mapping[str, str],
    policy: ProviderPolicy,
    given: Sequence[tuple[str, Values]],
    assets: Path,
) -> Iterator[Problem]:
    noted: list[Problem] = []
    templates = MailTemplates(assets, own, _noting(own, noted))
    with in_language(policy.locale):
        for kind, values in given:
            for part in ("txt", "html"):
                base, name = f"base.{part}.j2", f"{kind}.{part}.j2"
                changed = name if name in own else base
                if changed in own:
                    yield from _try(templates, name, changed, kind, values)
                    yield from noted
                    noted.clear()


def _try(
    templates: MailTemplates, name: str, changed: str, kind: str, values: Values
) -> Iterator[Problem]:
    try:
        made = templates.render(name, values)
    except TemplateError as error:
        line = _line_of(error.__cause__ or error, changed)
        what = f"It cannot be filled: {str(error).rstrip('.')}."
        yield template_problem(changed, line, what, "Compare it with the shared template.")
        return
    if name.endswith(".html.j2") and len(inlined(made).encode()) > MAX_HTML_BYTES:
        what = f"A mail made of it has more than {MAX_HTML_BYTES:,} bytes."
        yield template_problem(changed, None, what, "Shorten it: Gmail cuts off long mails.")
    for value in unsaid(kind, values, made):
        what = f"A mail made of it does not say its '{value}'."
        fix = f"Put {{{{ {value} }}}} into it, or {{{{ super() }}}} into the block."
        yield template_problem(changed, None, what, fix)


def _line_of(error: BaseException, name: str) -> int | None:
    """The line of the template in which something failed."""
    traceback, line = error.__traceback__, None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == provider_file(name):
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _noting(own: Mapping[str, str], noted: list[Problem]) -> type[Undefined]:
    """What stands for a missing value: it is noted with its line, and the mail goes on."""

    class _Missing(ChainableUndefined):
        def _note(self) -> None:
            place = _place(own)
            if place is not None:
                noted.append(template_problem(*place, *_missing_words(self)))

        def __str__(self) -> str:
            self._note()
            return ""

        def __html__(self) -> str:
            return str(self)

        def __iter__(self) -> Iterator[Any]:
            self._note()
            return iter(())

        def __bool__(self) -> bool:
            self._note()
            return False

        def __len__(self) -> int:
            self._note()
            return 0

    return _Missing


def _missing_words(value: Undefined) -> tuple[str, str]:
    name, owner = value._undefined_name, value._undefined_obj
    if owner is missing:
        return f"This mail has no value '{name}'.", "Leave it out, or correct its name."
    if owner is None:
        return (
            f"'{name}' is asked of something that not every mail has.",
            "Put it into an {% if %} about that.",
        )
    if is_dataclass(owner):
        known = ", ".join(field.name for field in fields(owner))
        return f"There is no '{name}' here.", f"There is {known}."
    return f"There is no '{name}' here.", "Leave it out, or correct its name."


def _place(own: Mapping[str, str]) -> tuple[str, int] | None:
    """Template and line that are being filled, of the provider's templates."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template) and template.name is not None and template.name in own:
            return template.name, template.get_corresponding_lineno(frame.f_lineno)
        frame = frame.f_back
    return None
