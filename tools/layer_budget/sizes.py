"""Unpacked sizes of built layers, per package, and what each function carries of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
#: Lambda's limit for a function with all its layers is 250 MB, unpacked:
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_PER_LAYER = 150 * MEGABYTE
MOST_PER_FUNCTION = 180 * MEGABYTE


@dataclass(frozen=True)
class Layer:
    """A built layer: bytes per package (or folder), the largest first."""

    name: str
    packages: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes, unpacked."""
        return sum(self.packages.values())


class NotBuiltError(RuntimeError):
    """There is no build to measure."""


def built_layers(build: Path, names: list[str]) -> list[Layer]:
    """The layers that `sam build` left in a folder. Raises NotBuiltError."""
    missing = [name for name in names if not (build / name).is_dir()]
    if missing:
        raise NotBuiltError(f"{build} has no {', '.join(missing)}: run make build first")
    return [Layer(name, _packages(build / name)) for name in names]


def _packages(folder: Path) -> dict[str, int]:
    python = folder / "python"
    parts = [*python.iterdir(), *(entry for entry in folder.iterdir() if entry != python)]
    sizes = {part.name: _size(part) for part in parts if not part.name.endswith(".dist-info")}
    metadata = sum(_size(part) for part in parts if part.name.endswith(".dist-info"))
    ordered = sorted({**sizes, "*.dist-info": metadata}.items(), key=lambda entry: -entry[1])
    return {name: size for name, size in ordered if size}


def _size(path: Path) -> int:
    files = [path] if path.is_file() else (entry for entry in path.rglob("*") if entry.is_file())
    return sum(entry.stat().st_size for entry in files)


def layers_of(function: dict[str, Any]) -> list[str]:
    """The layers that a function of the template names."""
    return [layer["Ref"] for layer in function["Properties"].get("Layers", [])]


def size_complaints(layers: list[Layer], functions: dict[str, dict[str, Any]]) -> list[str]:
    """Layers, and functions with their layers, that are larger than they may be."""
    size = {layer.name: layer.size for layer in layers}
    found = [
        f"{name} has {_megabytes(bytes_)}, more than {_megabytes(MOST_PER_LAYER)}"
        for name, bytes_ in size.items()
        if bytes_ > MOST_PER_LAYER
    ]
    for name, function in functions.items():
        carried = sum(size[layer] for layer in layers_of(function))
        if carried > MOST_PER_FUNCTION:
            found.append(f"{name} carries {_megabytes(carried)} in its layers")
    return found


def size_report(layers: list[Layer], functions: dict[str, dict[str, Any]]) -> list[str]:
    """Lines to print: layers with their packages, and how much the functions carry."""
    lines = []
    for layer in layers:
        lines.append(f"{layer.name:22}{_megabytes(layer.size):>9}")
        lines += [
            f"    {name:26}{_megabytes(size):>9}"
            for name, size in layer.packages.items()
            if size >= MEGABYTE / 10
        ]
    size = {layer.name: layer.size for layer in layers}
    by_layers: dict[tuple[str, ...], list[str]] = {}
    for name, function in functions.items():
        by_layers.setdefault(tuple(layers_of(function)), []).append(name)
    for carried, names in by_layers.items():
        total = _megabytes(sum(size[name] for name in carried))
        lines.append(f"{len(names)} functions carry {total}: {' + '.join(carried)}")
    return lines


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"
