"""Print sizes and import times; exit with 1 when something is over its budget.

Run as ``python -m tools.layer_budget`` after ``make build``; ``make budget`` does both.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_cloud.sam import parsed
from tools.layer_budget import imports, sizes

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.layer_budget", description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / ".aws-sam" / "build")
    parser.add_argument("--rounds", type=int, default=9, help="so many imports of each function")
    parser.add_argument(
        "functions", nargs="*", help="folders below functions/; all if none is given"
    )
    given = parser.parse_args()

    resources = parsed((ROOT / "template.yaml").read_text("utf-8"))["Resources"]
    functions = {
        name: entry
        for name, entry in resources.items()
        if entry["Type"] == "AWS::Serverless::Function"
    }
    names = [
        n for n, entry in resources.items() if entry["Type"] == "AWS::Serverless::LayerVersion"
    ]
    layers = sizes.built_layers(given.build, names)
    print("\n".join(sizes.size_report(layers, functions)))
    folders = given.functions or sorted(
        Path(entry["Properties"]["CodeUri"]).name for entry in functions.values()
    )
    baseline, measured = imports.measure(ROOT, folders, given.rounds)
    print("\n".join(imports.import_report(baseline, measured)))
    complaints = [
        *sizes.size_complaints(layers, functions),
        *imports.import_complaints(measured),
    ]
    print("\n".join(complaints) or "All within the budget.")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
