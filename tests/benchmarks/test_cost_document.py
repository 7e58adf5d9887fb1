"""docs/cost.md says what the counts, the prices and the assumptions come to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cost import document, recounting
from benchmarks.cost.bill import Model, dollars
from benchmarks.cost.figures import inputs, price_list


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.read()


def test_the_document_and_its_picture_are_as_computed(model: Model) -> None:
    """``make cost`` writes them anew."""
    for path, text in document.files(model).items():
        assert path.read_text("utf-8") == text, f"{path.name}: run `make cost`"


def test_a_table_that_is_not_there_is_an_error(model: Model) -> None:
    with pytest.raises(document.UnknownTableError):
        document.filled("<!-- computed: nothing -->\n<!-- end -->", model)


def test_a_thousand_invoices_cost_at_most_sixteen_cents(model: Model) -> None:
    for accounts in inputs()["ses_rate"]:
        assert sum(dollars(model.cycle(accounts)).values()) * 1000 / accounts <= 0.16


def test_what_an_invoice_takes_does_not_grow(model: Model) -> None:
    """From the smallest cycle that was counted to the largest, at most a hundredth more."""
    small, *_, large = model.counted.first_months
    few, many = (model.counted.used_by_cycle(size) for size in (small, large))
    grown = {
        (function, what): (few[function].get(what, 0) / small[0], count / large[0])
        for function, used in many.items()
        for what, count in used.items()
        if "seconds" not in what
        and "bytes" not in what
        and count / large[0] > 1.01 * few[function].get(what, 0) / small[0]
    }
    assert large[0] >= 10 * small[0]
    assert not grown


def test_counting_anew_keeps_the_cycle_that_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "counts.json"
    monkeypatch.setattr(recounting, "COUNTS", path)

    def counted(scene: str, accounts: int, *_: int) -> dict[str, Any]:
        return {"accounts": accounts, "counted": 1, "metrics": [f"Metric of the {scene}"]}

    monkeypatch.setattr(recounting, "_counted", counted)
    recounting.recount(largest=True)
    largest = recounting.LARGEST[0]
    monkeypatch.setattr(recounting, "_counted", lambda *a: counted(*a) | {"counted": 2})
    recounting.recount(largest=False)
    found = json.loads(path.read_text("utf-8"))
    assert {entry["accounts"]: entry["counted"] for entry in found["cycles"]}[largest] == 1
    assert {entry["counted"] for entry in found["cycles"] if entry["accounts"] != largest} == {2}
    assert found["metrics"] == ["Metric of the cycle", "Metric of the receivables"]


def test_every_price_says_where_it_stands() -> None:
    for name, entry in price_list().items():
        assert re.fullmatch(r"https://\S+", entry["page"]), name
        assert entry["seen"], name
