"""Replacing parts of moto for as long as a local cloud is open.

Everything here touches libraries without types: `Any` stays in this module and its two users,
`interpreter` and `aws_patches`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

_MISSING = object()


class PatchSet:
    """Attributes replaced one by one, put back in reverse order by `undo`."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, replacement: Any) -> Any:
        """Set `owner.name`, remember what was there, and return it."""
        if not hasattr(owner, name):
            raise AttributeError(f"{owner!r} has no {name!r}: has the library changed?")
        own = vars(owner).get(name, _MISSING)
        self._undo.append((owner, name, own))
        setattr(owner, name, replacement)
        return getattr(owner, name) if own is _MISSING else own

    def add(self, owner: Any, name: str, addition: Any) -> None:
        """Set `owner.name`, which the library does not have yet."""
        if hasattr(owner, name):
            raise AttributeError(f"{owner!r} has a {name!r} of its own now: use that")
        self._undo.append((owner, name, _MISSING))
        setattr(owner, name, addition)

    def replace_everywhere(self, package: str, original: Any, replacement: Any) -> int:
        """Replace `original` under whatever name the loaded modules of `package` imported it.

        Returns how many places were changed.
        """
        places = [
            (module, name)
            for module in _modules_of(package)
            for name, value in list(vars(module).items())
            if value is original
        ]
        for module, name in places:
            self.replace(module, name, replacement)
        return len(places)

    def undo(self) -> None:
        """Put everything back."""
        while self._undo:
            owner, name, value = self._undo.pop()
            if value is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


class Overlay(ModuleType):
    """A module with some names replaced; all others are those of the real one."""

    def __init__(self, real: ModuleType, **names: Any) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(names)
        self.__dict__["_real"] = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_real"], name)


def _modules_of(package: str) -> list[ModuleType]:
    return [
        module
        for name, module in list(sys.modules.items())
        if name == package or name.startswith(f"{package}.")
    ]
