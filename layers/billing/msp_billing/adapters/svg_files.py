"""SVG drawings that are nothing but a drawing: no scripts, no text, nothing from elsewhere."""

from __future__ import annotations

import re
from xml.parsers import expat

_SVG = "http://www.w3.org/2000/svg"
_DRAWN = frozenset(
    {
        *("svg", "g", "defs", "clipPath", "title", "desc", "metadata", "style"),
        *("path", "rect", "circle", "ellipse", "line", "polyline", "polygon"),
        *("linearGradient", "radialGradient", "stop"),
    }
)
"""Elements that only draw. What repeats others (use), filters and animates is not among them: a
small file could take a minute to draw."""

_ADVICE = {
    "text": "Turn the letters into paths: other computers do not have its font.",
    "tspan": "Turn the letters into paths: other computers do not have its font.",
    "image": "Draw it, or give the picture itself as a PNG or JPEG.",
    "script": "Remove the script.",
}
_MAX_DEPTH = 100
_PLAIN = "Save it as a plain or optimised SVG, with shapes and paths only."
_ELSEWHERE = re.compile(r"url\(\s*['\"]?(?!#)|@import|javascript:", re.IGNORECASE)
_NUMBER = re.compile(r"\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)")


class NotPrintableError(ValueError):
    """A picture cannot be a logo; ``what`` is wrong with it, and how to ``fix`` it."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


def svg_size(content: bytes) -> tuple[float, float]:
    """Width and height of a drawing in its own units.

    Raises:
        NotPrintableError: when it is no SVG, or holds more than a drawing.
    """
    reader = _Reader()
    try:
        content.decode("utf-8")
        reader.read(content)
    except UnicodeDecodeError as error:
        raise NotPrintableError("The drawing is not in UTF-8.", _PLAIN) from error
    except expat.ExpatError as error:
        what = f"The file is no PNG and no JPEG, and as SVG it cannot be read: {error}."
        raise NotPrintableError(what, "Give an SVG, PNG or JPEG file.") from error
    if reader.size is None or min(reader.size) <= 0:
        raise NotPrintableError(
            "The drawing does not say how large it is.", "Give its <svg> a 'viewBox'."
        )
    return reader.size


class _Reader:
    """Looks at everything in a drawing once."""

    def __init__(self) -> None:
        self.size: tuple[float, float] | None = None
        self._is_first = True
        self._depth = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._element
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = _refuse_elsewhere
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.ProcessingInstructionHandler = _refuse_instruction
        self._parser.buffer_text = True

    def read(self, content: bytes) -> None:
        self._parser.Parse(content, True)

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if self._is_first:
            self._is_first = False
            if (space, local) != (_SVG, "svg"):
                raise NotPrintableError("The file is no SVG drawing.", _PLAIN)
            self.size = _size(attributes)
        if space != _SVG or local not in _DRAWN:
            fix = _ADVICE.get(local, _PLAIN)
            raise NotPrintableError(f"The drawing has a <{local}> in it.", fix)
        for key, value in attributes.items():
            _refuse_attribute(key.rpartition(" ")[2], value)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NotPrintableError("The drawing has groups in groups without end.", _PLAIN)

    def _end(self, _name: str) -> None:
        self._depth -= 1


def _size(attributes: dict[str, str]) -> tuple[float, float] | None:
    """Of the ``viewBox``, else of width and height, none of which may be nothing."""
    numbers = attributes.get("viewBox", "").replace(",", " ").split()
    sides = [attributes[key] for key in ("width", "height") if key in attributes]
    if not all(_length(side) for side in sides):
        return None
    box = numbers[2:] if len(numbers) == 4 else sides
    return (_length(box[0]), _length(box[1])) if len(box) == 2 else None


def _length(text: str) -> float:
    """The number at the beginning, 0 where there is none."""
    found = _NUMBER.match(text)
    return float(found[1]) if found else 0.0


def _refuse_attribute(name: str, value: str) -> None:
    if name.lower().startswith("on"):
        raise NotPrintableError(f"The drawing runs a script ('{name}').", "Remove it.")
    if name == "href" and not value.startswith("#"):
        raise NotPrintableError("The drawing takes something from elsewhere ('href').", _PLAIN)
    _refuse_elsewhere(value)


def _refuse_elsewhere(text: str) -> None:
    found = _ELSEWHERE.search(text)
    if found is not None:
        what = f"The drawing takes something from elsewhere ('{found[0]}')."
        raise NotPrintableError(what, _PLAIN)


def _refuse_document_type(*_: object) -> None:
    raise NotPrintableError("The drawing has a document type.", "Remove the line '<!DOCTYPE ...>'.")


def _refuse_instruction(target: str, _data: str) -> None:
    raise NotPrintableError(f"The drawing has an instruction in it ('<?{target}').", "Remove it.")
