"""What the frame tests look at: the repository's files, read once."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
PACKAGE = ROOT / "layers" / "billing" / "msp_billing"


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is, or would be, in the repository; nothing that .gitignore leaves out."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = (ROOT / name for name in sorted(listed.split("\0")) if name)
    return tuple(path for path in paths if path.is_file())


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files(*folders: str) -> list[Path]:
    """The Python files under the folders, in order."""
    wanted = tuple(f"{folder}/" for folder in folders)
    return [p for p in project_files() if p.suffix == ".py" and relative(p).startswith(wanted)]


def production_files() -> list[Path]:
    return python_files("layers", "local", "functions", "tools", "benchmarks")


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=relative(path))


@cache
def template() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))
    return parsed


def state_machines() -> list[Path]:
    return sorted((ROOT / "statemachines").glob("*.asl.json"))


def function_folders() -> list[Path]:
    """The folders under functions/ that hold something of ours (not only caches)."""
    return sorted({p.parent for p in project_files() if relative(p).startswith("functions/")})
