"""A provider's logo as mails can show it: a small PNG that goes with the mail.

Mail programs show no SVG, and most of them fetch pictures from elsewhere only after a question,
which would also tell when a mail was read. The logo is therefore drawn once, by the renderer of
the documents, and carried inside of the mail.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

if TYPE_CHECKING:
    from msp_billing.domain.parties import Logo

HEIGHT = 44
"""Pixels that it is high in a mail, at most; it is drawn with twice as many, for fine screens."""

WIDTH = 240
MAX_BYTES = 60_000
_PIXELS_PER_INCH = 144.0  # two per point
_FORMATS = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}
_SOURCE = """
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#let picture = read("/logo", encoding: none)
#let kind = sys.inputs.kind
#context {{
  let natural = measure(image(picture, format: kind, height: {height}pt))
  if natural.width > {width}pt {{ image(picture, format: kind, width: {width}pt) }}
  else {{ image(picture, format: kind, height: {height}pt) }}
}}
"""


@dataclass(frozen=True)
class MailLogo:
    """The picture, with the size in which a mail shows it, in pixels."""

    png: bytes
    width: int
    height: int
    text: str


@lru_cache(maxsize=16)
def mail_logo(logo: Logo, fonts: Path) -> MailLogo | None:
    """The logo for mails; None for one that cannot be drawn, or only large: the name does then.

    Args:
        fonts: the folder of fonts, for letters in the logo.
    """
    try:
        files: dict[str, bytes] = {
            "main.typ": _SOURCE.format(height=HEIGHT, width=WIDTH).encode(),
            "logo": base64.b64decode(logo.base64),
        }
        compiler: Any = typst.Compiler  # takes files by name, which its types do not say
        drawn = compiler(files, font_paths=[fonts], ignore_system_fonts=True).compile(
            format="png", ppi=_PIXELS_PER_INCH, sys_inputs={"kind": _FORMATS[logo.media_type]}
        )
    except (typst.TypstError, ValueError):
        return None
    png = drawn[0] if isinstance(drawn, list) else drawn
    if png is None or len(png) > MAX_BYTES:
        return None
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    return MailLogo(png, (width + 1) // 2, (height + 1) // 2, logo.text)
