"""The logo of a provider: in the file a name, in the policy the picture itself."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.provider_documents import problem_at
from msp_billing.adapters.directory.yaml_documents import Node, Path, Plain, YamlDocument
from msp_billing.adapters.logo_files import MAX_BYTES, read_picture
from msp_billing.adapters.svg_files import NotPrintableError

if TYPE_CHECKING:
    from msp_billing.adapters.directory.provider_files import DirectoryFiles
    from msp_billing.domain.problems import Problem

LOGO_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.(?:svg|png|jpg|jpeg)$"
"""How the file of a logo is named; it lies beside provider.yaml."""

_PATH: Path = ("brand", "logo")


def with_logo(
    document: YamlDocument, files: DirectoryFiles
) -> tuple[YamlDocument, tuple[Problem, ...]]:
    """The policy's document with the logo's picture in place of its file's name.

    A file that is missing or cannot be a logo is a problem, and left out, so that the rest of the
    policy is checked all the same.
    """
    data = document.data
    brand = data.get("brand") if isinstance(data, dict) else None
    named = brand.get("logo") if isinstance(brand, dict) else None
    if document.root is None or not isinstance(data, dict) or not isinstance(brand, dict):
        return document, ()
    if named is None:
        return document, ()
    logo: Plain = None
    problems: tuple[Problem, ...] = ()
    try:
        logo = _read(named, data.get("name"), files)
    except NotPrintableError as error:
        what = f"{error.what}" if not isinstance(named, str) else f"'{named}': {error.what}"
        problems = (problem_at(document, _PATH, "logo", what, error.fix),)
    value: Plain = {**data, "brand": {**brand, "logo": logo}}
    root = Node(value, document.root.line, document.root.size, document.root.entries)
    return YamlDocument(document.file, root, document.problems), problems


def _read(named: Plain, provider: Plain, files: DirectoryFiles) -> Plain:
    if not isinstance(named, str) or re.match(LOGO_NAME, named) is None:
        raise NotPrintableError(
            "A logo is the name of an SVG, PNG or JPEG file that lies beside 'provider.yaml'.",
            "Give a name such as 'logo.svg'.",
        )
    content = files.named_file(named, MAX_BYTES + 1)
    if content is None:
        raise NotPrintableError("There is no such file beside 'provider.yaml'.", "Put it there.")
    return {
        "media_type": read_picture(content).media_type,
        "base64": base64.b64encode(content).decode(),
        "text": provider if isinstance(provider, str) and provider.strip() else "Logo",
    }
