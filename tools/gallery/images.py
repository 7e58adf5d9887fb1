"""Pictures of documents: pages of PDFs, mails in a browser, sheets of workbooks.

Poppler's ``pdftoppm``, Chromium and LibreOffice are tools of the machine, not dependencies of the
project: Debian's packages poppler-utils, chromium and libreoffice-calc have them.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops

_SECONDS = 120
_COLOURS = 96
_SCREEN_HEIGHT = 2600
_MARGIN = 12


class MissingToolError(RuntimeError):
    """A program of the machine is not there; the message says which package has it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(
            f"{program} is missing: install {package} (on Debian: apt-get install {package})."
        )


@dataclass(frozen=True)
class Screen:
    """How a mail is looked at."""

    width: int = 680
    dark: bool = False
    pictures: bool = True


def program(name: str, package: str) -> str:
    """Where a program is.

    Raises:
        MissingToolError: when it is nowhere.
    """
    found = shutil.which(name)
    if found is None:
        raise MissingToolError(name, package)
    return found


def page_count(document: bytes) -> int:
    """How many pages a PDF has."""
    tool = program("pdfinfo", "poppler-utils")
    told = subprocess.run(
        [tool, "-"], input=document, capture_output=True, check=True, timeout=_SECONDS
    )
    (line,) = (line for line in told.stdout.decode().splitlines() if line.startswith("Pages:"))
    return int(line.split()[1])


def page(document: bytes, number: int, dpi: int, *, grey: bool = False) -> bytes:
    """One page of a PDF as PNG."""
    tool = program("pdftoppm", "poppler-utils")
    grey_option = ["-gray"] if grey else []
    which = ["-f", str(number), "-l", str(number)]
    made = subprocess.run(
        [tool, "-png", "-r", str(dpi), *which, *grey_option, "-"],
        input=document,
        capture_output=True,
        check=True,
        timeout=_SECONDS,
    )
    return made.stdout


def mail(html: str, screen: Screen) -> bytes:
    """A mail as a browser shows it, as PNG, without the empty page below it.

    It stands in a frame of the screen's width, since a browser's own window has a least width.
    """
    tool = program("chromium", "chromium")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "mail.html").write_text(html, "utf-8")
        Path(folder, "screen.html").write_text(_frame(screen), "utf-8")
        picture = Path(folder, "screen.png")
        _run(
            [
                tool,
                *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                f"--user-data-dir={folder}/profile",
                f"--blink-settings=preferredColorScheme={0 if screen.dark else 1}",
                f"--window-size={screen.width},{_SCREEN_HEIGHT}",
                f"--screenshot={picture}",
                Path(folder, "screen.html").as_uri(),
            ]
        )
        return _trimmed(picture.read_bytes(), screen.width)


def workbook(content: bytes) -> bytes:
    """A workbook as LibreOffice prints it, as PDF."""
    tool = program("soffice", "libreoffice-calc")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "book.xlsx")
        path.write_bytes(content)
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        target = ["--convert-to", "pdf", "--outdir", folder]
        _run([tool, profile, "--headless", *target, str(path)])
        return Path(folder, "book.pdf").read_bytes()


def small(png: bytes) -> bytes:
    """The same picture with few colours: pages have few, and the repository keeps every version."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE
        )
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def _frame(screen: Screen) -> str:
    scheme = "dark" if screen.dark else "light"
    return (
        f'<!doctype html><html style="color-scheme:{scheme}"><body style="margin:0">'
        f'<iframe src="mail.html" style="border:0;display:block;width:{screen.width}px;'
        f'height:{_SCREEN_HEIGHT}px"></iframe></body></html>'
    )


def _trimmed(png: bytes, width: int) -> bytes:
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((2, picture.height - 2)))
    box = ImageChops.difference(picture, ground).getbbox()
    bottom = min(picture.height, (box[3] if box else picture.height) + _MARGIN)
    made = io.BytesIO()
    picture.crop((0, 0, min(width, picture.width), bottom)).save(made, "PNG")
    return made.getvalue()


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
