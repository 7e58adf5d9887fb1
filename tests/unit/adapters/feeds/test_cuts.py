"""Fault 24: wherever an export was cut, it is never a usable, shorter one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_billing.adapters.feeds.csv_feed import RowProblem
from tests.unit.adapters.feeds.reading import JSON_FORMATS, NAMES, read, sample


def unusable(entries: list[object]) -> bool:
    """Whether every account that needs the file is parked."""
    return any(isinstance(entry, RowProblem) and entry.account is None for entry in entries)


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_a_json_export_cut_at_any_byte_is_unusable_or_whole(name):
    data = sample(name)
    whole = read(name, data)
    assert whole
    assert not unusable(whole)
    for cut in range(len(data)):
        entries = read(name, data[:cut])
        assert unusable(entries) or entries == whole, cut


def pages_of(name: str, sizes: list[int]) -> list[object]:
    """Full pages and a last one, as each tool writes them."""
    numbers = iter(range(1, 10_000))
    pages: list[object] = []
    for index, size in enumerate(sizes):
        follows = index < len(sizes) - 1
        items = [next(numbers) for _ in range(size)]
        if name == "graph-users":
            link = {"@odata.nextLink": "https://graph.example/é"} if follows else {}
            users: list[object] = [
                {
                    "id": f"u{n}",
                    "displayName": 'a"b\\u00e9',
                    "accountEnabled": True,
                    "createdDateTime": None,
                    "assignedLicenses": [],
                }
                for n in items
            ]
            pages.append({**link, "value": users})
        else:
            pages.append(
                [
                    {
                        "id": n,
                        "organizationId": 12,
                        "nodeClass": "MAC",
                        "approvalStatus": "é",
                        "created": 1700000000.25,
                        "lastContact": 1.7e9,
                    }
                    for n in items
                ]
            )
    return pages


@settings(max_examples=150)
@given(
    st.sampled_from(["graph-users", "ninjaone-devices"]),
    st.integers(0, 3),
    st.integers(1, 2),
    st.sampled_from(["lines", "list", "indented"]),
    st.sampled_from(["utf-8", "utf-16"]),
    st.data(),
)
def test_whatever_the_pages_a_cut_never_makes_them_fewer(name, full, last, form, encoding, data):
    pages = pages_of(name, [3] * full + [last])
    if form == "lines":
        text = "".join(f"{json.dumps(page, ensure_ascii=False)}\n" for page in pages)
    else:
        text = json.dumps(pages, ensure_ascii=False, indent=2 if form == "indented" else None)
    content = text.encode(encoding)
    more = {"encoding": encoding} | ({"page_size": 3} if name == "ninjaone-devices" else {})
    whole = read(name, content, **more)
    assert not unusable(whole)
    assert len(whole) == 3 * full + last
    entries = read(name, content[: data.draw(st.integers(0, len(content)))], **more)
    assert unusable(entries) or entries == whole


@pytest.mark.parametrize("name", ["ad-users", "vendor-invoice"])
def test_a_table_cut_at_any_byte_is_unusable_except_between_two_rows(name):
    data = sample(name)
    assert not unusable(read(name, data))
    # Cut exactly between two rows, the rest is a whole table: only a checksum can tell.
    between_rows = {index + 1 for index, byte in enumerate(data) if byte == ord("\n")}
    for cut in set(range(len(data))) - between_rows:
        assert unusable(read(name, data[:cut])), cut


@given(st.sampled_from([*NAMES]), st.binary(max_size=300), st.data())
def test_whatever_the_bytes_reading_ends_without_an_exception(name, noise, data):
    whole = sample(name)
    at = data.draw(st.integers(0, len(whole)))
    read(name, noise)
    read(name, whole[:at] + noise + whole[at + len(noise) :])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(JSON_FORMATS), st.data())
def test_whatever_a_field_holds_reading_ends_without_an_exception(name, data):
    pages = [json.loads(line) for line in _lines(name)]
    page = pages[0]
    items = page if isinstance(page, list) else next(v for v in page.values() if _is_items(v))
    field = data.draw(st.sampled_from(sorted(items[0])))
    items[0][field] = data.draw(json_values)
    read(name, "\n".join(json.dumps(page) for page in pages))


def _lines(name: str) -> list[str]:
    text = sample(name).decode()
    if name.startswith("ncentral"):
        return [json.dumps(page) for page in json.loads(text)]
    return [text] if name.startswith("connectwise") else text.splitlines()


def _is_items(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
