"""A provider's logo: read from a file beside the policy, refused where nothing could show it."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.adapters.logo_files import MAX_BYTES, Picture, logo_picture, read_picture
from msp_billing.adapters.svg_files import NotPrintableError
from tests.unit.adapters.directory_samples import copy_sound, edit, messages

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><path d="M0 0h40v10z"/></svg>'
JPEG_START = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x11\x08"


def png(
    width: int, height: int, rows: int | None = None, colours: int = 0, packed: bytes | None = None
) -> bytes:
    """A black picture; with other rows, colours or packed pixels than it says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_of_it = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum_of_it

    pixels = zlib.compress((b"\x00" + b"\x00" * width) * (height if rows is None else rows))
    pixels = pixels if packed is None else packed
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int, components: int = 3) -> bytes:
    """The frame of a picture, as far as its size is read."""
    return JPEG_START + struct.pack(">HHB", height, width, components) + b"\x00" * 12 + b"\xff\xd9"


def drawing(inside: str, root: str = 'viewBox="0 0 40 10"') -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" {root}>{inside}</svg>'.encode()


@pytest.mark.parametrize(
    ("content", "picture"),
    [
        (SVG, Picture("image/svg+xml", 40, 10)),
        (drawing("", 'width="30.5mm" height="12mm"'), Picture("image/svg+xml", 30.5, 12)),
        (png(64, 16), Picture("image/png", 64, 16)),
        (jpeg(300, 80), Picture("image/jpeg", 300, 80)),
    ],
    ids=["drawing", "drawing in millimetres", "PNG", "JPEG"],
)
def test_a_picture_is_told_by_its_content(content: bytes, picture: Picture) -> None:
    assert read_picture(content) == picture


@dataclass(frozen=True)
class Refused:
    content: bytes
    because: str


REFUSED = {
    "script": Refused(drawing("<script>alert(1)</script>"), "<script>"),
    "handler": Refused(drawing('<path onload="alert(1)" d="M0 0"/>'), "script"),
    "picture from elsewhere": Refused(drawing('<image href="https://x.example/i.png"/>'), "<image"),
    "colour from elsewhere": Refused(
        drawing('<path fill="url(https://x.example/#a)" d="M0 0"/>'), "elsewhere"
    ),
    "style from elsewhere": Refused(drawing("<style>@import 'x';</style>"), "elsewhere"),
    "gradient from elsewhere": Refused(
        drawing('<linearGradient xmlns:x="http://www.w3.org/1999/xlink" x:href="x.svg#a"/>'),
        "elsewhere",
    ),
    "page in it": Refused(drawing("<foreignObject/>"), "<foreignObject>"),
    "repeats others": Refused(drawing('<use href="#a"/>'), "<use>"),
    "letters": Refused(drawing("<text>Northwind</text>"), "letters into paths"),
    "entities": Refused(b'<!DOCTYPE svg [<!ENTITY a "aa">]>' + SVG, "document type"),
    "style sheet": Refused(b'<?xml-stylesheet href="x.css"?>' + SVG, "instruction"),
    "other XML": Refused(b"<html/>", "no SVG"),
    "without a size": Refused(drawing("", ""), "how large"),
    "of no width": Refused(drawing("", 'viewBox="0 0 40 10" width="0" height="10"'), "how large"),
    "other letters": Refused(SVG.decode().encode("utf-16"), "UTF-8"),
    "nothing of it": Refused(b"GIF89a", "no PNG and no JPEG"),
    "too many bytes": Refused(SVG + b" " * MAX_BYTES, "bytes"),
    "too many pixels": Refused(png(2_001, 1), "2,001 pixels"),
    "cut PNG": Refused(png(64, 16)[:-13], "damaged"),
    "changed PNG": Refused(
        png(64, 16).replace(b"\x00\x00\x00\x40", b"\x00\x00\x00\x41"), "damaged"
    ),
    "PNG without pixels": Refused(png(64, 16, rows=0), "damaged"),
    "PNG of something else": Refused(png(64, 16, colours=3), "damaged"),
    "PNG that unpacks to nothing": Refused(png(64, 16, packed=b"zz"), "damaged"),
    "groups in groups": Refused(drawing("<g>" * 200 + "</g>" * 200), "without end"),
    "cut JPEG": Refused(jpeg(300, 80)[:-2], "damaged"),
    "JPEG for a press": Refused(jpeg(300, 80, 4), "CMYK"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_no_document_could_show_is_refused_with_advice(case: Refused) -> None:
    with pytest.raises(NotPrintableError) as caught:
        read_picture(case.content)
    assert case.because in str(caught.value)
    assert caught.value.fix.endswith(".")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sound directory whose policy names a logo that is not there yet."""
    root = copy_sound(tmp_path)
    edit(root, "provider.yaml", ("currency:", "brand: {logo: logo.svg}\ncurrency:"))
    return root


def test_the_file_that_the_policy_names_is_the_logo(root: Path) -> None:
    (root / "logo.svg").write_bytes(SVG)
    policy = load_provider_directory(root).policy
    logo = policy.brand.logo
    assert logo is not None
    assert (logo.media_type, base64.b64decode(logo.base64)) == ("image/svg+xml", SVG)
    assert logo.text == policy.name
    assert logo_picture(logo).width == 40


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no such file beside 'provider.yaml'. Put it there."),
        (b"<svg", "as SVG it cannot be read"),
        (drawing("<script/>"), "The drawing has a <script> in it. Remove the script."),
    ],
    ids=["missing", "cut off", "script"],
)
def test_a_logo_that_cannot_be_used_is_named_with_its_line(
    root: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (root / "logo.svg").write_bytes(content)
    (found,) = messages(root)
    line = (root / "provider.yaml").read_text().splitlines().index("brand: {logo: logo.svg}") + 1
    assert found.startswith(f"provider.yaml:{line} (brand.logo): 'logo.svg': ")
    assert sentence in found


@pytest.mark.parametrize("name", ["../logo.svg", "logo.gif", "{media_type: image/png}"])
def test_a_logo_is_named_by_its_file(root: Path, name: str) -> None:
    edit(root, "provider.yaml", ("logo: logo.svg", f"logo: {name}"))
    (found,) = messages(root)
    assert "the name of an SVG, PNG or JPEG file" in found


def test_a_link_out_of_the_directory_is_no_logo(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.svg").write_bytes(SVG)
    (root / "logo.svg").symlink_to(tmp_path / "elsewhere.svg")
    assert any("outside of the directory" in found for found in messages(root))
