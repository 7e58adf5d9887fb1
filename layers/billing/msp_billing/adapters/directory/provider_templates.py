"""A provider's templates of mails: in the directory files, in the policy their text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.provider_documents import problem_at
from msp_billing.adapters.directory.yaml_documents import Node, Plain, YamlDocument
from msp_billing.adapters.mails.template_checks import check_templates, shared_assets
from msp_billing.adapters.mails.template_trial import try_templates
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.adapters.directory.provider_files import DirectoryFiles
    from msp_billing.domain.policy import ProviderPolicy

TEMPLATES_FOLDER = "mail-templates"
MAX_TEMPLATES = 40
MAX_TEMPLATE_BYTES = 64_000

_KEY = "mail_templates"


class ProviderTemplates:
    """The templates of a directory, and everything that is wrong with them."""

    def __init__(self, files: DirectoryFiles) -> None:
        self.sources: dict[str, str] = {}
        self.problems: list[Problem] = []
        paths = files.template_files(TEMPLATES_FOLDER)
        for path in paths[:MAX_TEMPLATES]:
            name = path.name
            if path.is_dir():
                self._note(name, "Folders are not looked into.", "Put its files beside the others.")
                continue
            source = _read(path)
            if source is None:
                what = f"This is no text in UTF-8 of up to {MAX_TEMPLATE_BYTES:,} bytes."
                self._note(name, what, "Save it as UTF-8, and make it shorter.")
            else:
                self.sources[name] = source
        if len(paths) > MAX_TEMPLATES:
            what = f"There are {len(paths)} files; {MAX_TEMPLATES} are read."
            self._note("", what, "Leave only templates in it.")
        if self.sources:
            self._check()

    def into(self, document: YamlDocument) -> YamlDocument:
        """The policy's document with the templates in it, as the model has them."""
        data = document.data
        if document.root is None or not isinstance(data, dict):
            return document
        if _KEY in data:
            what = "Templates of mails are files, not part of this one."
            fix = f"Put them into the folder '{TEMPLATES_FOLDER}'."
            self.problems.append(problem_at(document, (_KEY,), "mail-template", what, fix))
        if not self.sources and _KEY not in data:
            return document
        templates: Plain = dict(self.sources)
        root = Node(
            {**data, _KEY: templates},
            document.root.line,
            document.root.size,
            document.root.entries,
        )
        return YamlDocument(document.file, root, document.problems)

    def tried_with(self, policy: ProviderPolicy) -> Iterable[Problem]:
        """What is wrong when mails of this provider are made of them."""
        wrong = {problem.file for problem in self.problems}
        sound = {
            name: source
            for name, source in self.sources.items()
            if f"{TEMPLATES_FOLDER}/{name}" not in wrong
        }
        if not sound:
            return ()
        return try_templates(sound, policy, shared_assets())

    def _check(self) -> None:
        self.problems += check_templates(self.sources, shared_assets())

    def _note(self, name: str, what: str, fix: str) -> None:
        file = f"{TEMPLATES_FOLDER}/{name}".rstrip("/")
        self.problems.append(Problem(code="mail-template", what=what, fix=fix, file=file))


def _read(path: FilePath) -> str | None:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_TEMPLATE_BYTES + 1)
        return None if len(content) > MAX_TEMPLATE_BYTES else content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
