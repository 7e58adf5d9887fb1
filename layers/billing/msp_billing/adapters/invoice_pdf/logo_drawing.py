"""A provider's logo as the templates draw it: always as SVG, with its size on paper."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.logo_files import logo_picture

if TYPE_CHECKING:
    from msp_billing.domain.parties import Logo

MAX_HEIGHT = 40.0
"""Points. A logo stands beside the name; it is no picture of its own."""

MAX_WIDTH = 150.0

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{image}</svg>'
_IMAGE = '<image width="{width}" height="{height}" href="data:{media_type};base64,{data}"/>'


@lru_cache(maxsize=64)
def drawn_logo(logo: Logo | None) -> dict[str, Any] | None:
    """``{drawing, width, height, text}``, the size in points; None without a logo.

    Content reaches the templates as text. Pictures of pixels are therefore wrapped into a drawing,
    which Typst opens as it opens any.
    """
    if logo is None:
        return None
    picture = logo_picture(logo)
    scale = min(MAX_WIDTH / picture.width, MAX_HEIGHT / picture.height)
    return {
        "drawing": _drawing(logo, picture.width, picture.height),
        "width": round(picture.width * scale, 2),
        "height": round(picture.height * scale, 2),
        "text": printable(logo.text),
    }


def _drawing(logo: Logo, width: float, height: float) -> str:
    if logo.media_type == "image/svg+xml":
        return base64.b64decode(logo.base64).decode("utf-8", errors="replace")
    image = _IMAGE.format(width=width, height=height, media_type=logo.media_type, data=logo.base64)
    return _SVG.format(width=width, height=height, image=image)
