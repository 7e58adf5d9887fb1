"""Compute the tables of docs/cost.md anew, or count anew what they stand on.

python -m benchmarks.cost                 write the tables and the picture
python -m benchmarks.cost count           count first (a quarter of an hour)
python -m benchmarks.cost count largest   the cycle of 10,000 accounts too (half an hour more)
"""

from __future__ import annotations

import sys

from benchmarks.cost.bill import Model
from benchmarks.cost.document import files
from benchmarks.cost.recounting import recount


def main(words: list[str]) -> int:
    """Exit code 2 for words that mean nothing."""
    if words not in ([], ["count"], ["count", "largest"]):
        print(__doc__)
        return 2
    if words:
        recount("largest" in words)
    for path, text in files(Model.read()).items():
        path.write_text(text, "utf-8")
        print(f"written: {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
