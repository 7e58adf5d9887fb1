"""Count one scene and print it as JSON: ``python -m benchmarks.counting cycle 100 20``."""

from __future__ import annotations

import json
import sys

from benchmarks.counting import receivables, scenes

_SCENES = {"cycle": scenes.count_cycle, "receivables": receivables.count_receivables}


def main(name: str, *sizes: str) -> None:
    """Print what was counted, as one line."""
    print(json.dumps(_SCENES[name](*(int(size) for size in sizes))))


if __name__ == "__main__":
    main(*sys.argv[1:])
