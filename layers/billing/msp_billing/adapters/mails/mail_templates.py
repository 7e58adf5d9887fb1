"""Templates of mails: the shared ones, and a provider's own in front of them.

A provider's template may begin with ``{% extends "shared/invoice.html.j2" %}`` and replace blocks,
or stand for itself. The shared ones are reached as ``shared/...`` from anywhere, so that a
provider's ``base.html.j2`` can build on the shared one and change every kind of mail at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    Undefined,
    nodes,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from msp_billing.adapters.language import gettext, ngettext, pgettext
from msp_billing.adapters.mails.template_limits import (
    MAX_PART_LENGTH,
    TemplateFailedError,
    TemplateLimitError,
    limit_join,
    limit_loops,
    limited,
)
from msp_billing.adapters.mails.template_rules import SHARED, restrict

PROVIDER_FOLDER = "mail-templates"
"""Where a provider directory keeps its templates; their file names in messages begin with it."""

__all__ = ["MailTemplates", "TemplateFailedError", "TemplateLimitError"]

_FAILURES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What an expression of a template may come to, with values that its author did not think of."""


class _ProviderLoader(BaseLoader):
    """A provider's templates, under the names that its directory gives them."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source, with a file name by which errors can be told."""
        if template not in self._sources:
            raise TemplateNotFound(template)
        return self._sources[template], provider_file(template), lambda: True


class _SharedLoader(BaseLoader):
    """The shared templates, also where a provider's own stand before them."""

    def __init__(self, shared: BaseLoader) -> None:
        self._shared = shared

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of ``shared/...``."""
        folder, _slash, name = template.partition("/")
        if folder != SHARED:
            raise TemplateNotFound(template)
        return self._shared.get_source(environment, name)


class _MailEnvironment(ImmutableSandboxedEnvironment):
    """Sandboxed; what belongs to a provider may use only a part of the template language."""

    def __init__(
        self, shared: BaseLoader, own: Mapping[str, str], undefined: type[Undefined]
    ) -> None:
        self._own = own
        super().__init__(
            loader=ChoiceLoader([_ProviderLoader(own), _SharedLoader(shared), shared]),
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            undefined=undefined,
            finalize=lambda value: "" if value is None else value,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.filters["each"] = limit_loops
        self.filters["joined"] = limit_join
        self.install_gettext_callables(  # type: ignore[attr-defined]
            gettext, ngettext, newstyle=True, pgettext=pgettext
        )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        return restrict(parsed, name) if name in self._own else parsed


class MailTemplates:
    """One provider's templates over the shared ones.

    Args:
        assets: the folder with ``templates/mail``; ``/opt`` on AWS.
        own: the provider's templates, source by file name.
        undefined: what stands for a value that there is not; an error, by default.
    """

    def __init__(
        self,
        assets: Path,
        own: Mapping[str, str] | None = None,
        undefined: type[Undefined] = StrictUndefined,
    ) -> None:
        self.own = dict(own or {})
        self.environment = _MailEnvironment(
            FileSystemLoader(assets / "templates" / "mail"), self.own, undefined
        )

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """The template with its values.

        Raises:
            TemplateError: when it cannot be read, uses what it may not, or misses a value.
            TemplateFailedError: when it does what these values do not bear.
            TemplateLimitError: when it loops or writes more than a mail can need.
        """
        try:
            return self._render(name, values)
        except TemplateError:
            raise
        except _FAILURES as error:
            raise TemplateFailedError(f"{type(error).__name__}: {error}") from error

    def _render(self, name: str, values: Mapping[str, object]) -> str:
        template = self.environment.get_template(name)
        with limited():
            parts: list[str] = []
            length = 0
            for part in template.generate(**values):
                length += len(part)
                if length > MAX_PART_LENGTH:
                    raise TemplateLimitError(
                        f"the mail has more than {MAX_PART_LENGTH:,} letters; shorten it"
                    )
                parts.append(part)
        return "".join(parts)


def provider_file(name: str) -> str:
    """A provider's template as its directory knows it."""
    return f"{PROVIDER_FOLDER}/{name}"
