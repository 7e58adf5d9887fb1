"""A small sound provider directory, and ways to break it."""

from __future__ import annotations

import shutil
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.problems import Problem, ProblemsError

SOUND = Path(__file__).parent / "fixtures" / "sound"


def copy_sound(target: Path) -> Path:
    return Path(shutil.copytree(SOUND, target / "northwind"))


def edit(root: Path, file: str, *changes: tuple[str, str]) -> None:
    """Replace texts, each of which must be there."""
    text = (root / file).read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    (root / file).write_text(text, "utf-8")


def problems_of(root: Path) -> tuple[Problem, ...]:
    try:
        load_provider_directory(root)
    except ProblemsError as error:
        return error.problems
    return ()


def messages(root: Path) -> list[str]:
    return [str(problem) for problem in problems_of(root)]


def break_every_file(root: Path) -> None:
    """A mistake or two in each file; fixtures/broken-directory.txt is what must be said."""
    edit(root, "provider.yaml", ("    issue: {day: 2", "    isue: {day: 2"))
    price_three_times = "{flat: 500, each: 5, tiers: [{up_to: null, each: 4}]}"
    edit(root, "price-book.yaml", ("2026-01-01", "2026-02-30"), ("{flat: 500}", price_three_times))
    (root / "accounts/acme-copy.yaml").write_bytes((root / "accounts/acme.yaml").read_bytes())
    edit(
        root,
        "accounts/acme.yaml",
        ("product: SERVER", "product: SERVR"),
        ("{each: 80}", '{each: "8,000"}'),
    )
    birch = (root / "accounts/birch.yaml").read_text("utf-8").replace("Birch D", "Bürch D")
    (root / "accounts/birch.yaml").write_bytes(birch.encode("windows-1252"))
    (root / "feeds/devices/latest.csv").write_text("")


def break_exports(root: Path) -> None:
    """Exports that are broken in one way each; the last one has a byte-order mark and is sound."""
    folder = root / "feeds/devices"
    sound = (folder / "2026-12-01.csv").read_text("utf-8")
    (folder / "2026-12-01.csv.sha256").unlink()
    contents = [
        sound.replace("Device ID", "DeviceID").encode(),
        sound.encode()[:-9],
        sound.encode("utf-16"),
        sound.encode("windows-1252"),
        sound.replace("2024-03-01", "2024-02-30").encode(),
        sound.replace("d-2,SRV-02,ACME,Acme South", "d-1,SRV-02,ACME,N").encode(),
        sound.encode("utf-8-sig"),
    ]
    for day, content in enumerate(contents, start=1):
        (folder / f"2026-12-{day:02}.csv").write_bytes(content)
