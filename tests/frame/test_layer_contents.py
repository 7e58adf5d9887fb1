"""The layer of the package holds the package: nothing that tools leave in its folders."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.frame import repository


def test_caches_stay_out_of_the_layer(tmp_path: Path) -> None:
    makefile = (repository.ROOT / "layers/billing/Makefile").read_text("utf-8")
    (tmp_path / "Makefile").write_text(makefile, "utf-8")
    for place in ("domain/money.py", "domain/__pycache__/money.pyc", "domain/.mypy_cache/x.json"):
        path = tmp_path / "msp_billing" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    filled = tmp_path / "layer"
    subprocess.run(
        ["make", "-s", "build-BillingLayer", f"ARTIFACTS_DIR={filled}"], cwd=tmp_path, check=True
    )

    found = {path.relative_to(filled).as_posix() for path in filled.rglob("*") if path.is_file()}
    assert found == {"python/msp_billing/domain/money.py"}
