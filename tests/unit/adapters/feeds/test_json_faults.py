"""What is wrong with a JSON export is said by place, and only spoils what it must."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import pytest

from msp_billing.adapters.feeds.csv_feed import MAX_PROBLEMS_PER_ACCOUNT
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.domain.feeds.definitions import FeedExport, FeedRow
from tests.unit.adapters.feeds.reading import (
    JSON_FORMATS,
    definition,
    only_problem,
    problems,
    read,
    sample,
)


def device(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A device of NinjaOne; a field that is given as ... is left out."""
    made = {
        "id": number,
        "organizationId": 8,
        "nodeClass": "WINDOWS_SERVER",
        "approvalStatus": "APPROVED",
        "created": 1700000000.5,
        "lastContact": 1700000000.5,
        **fields,
    }
    return {name: value for name, value in made.items() if value is not ...}


def ninja(*devices: Any) -> list[Any]:
    return read("ninjaone-devices", list(devices), page_size=100)


def graph(*pages: Any) -> list[Any]:
    return read("graph-users", "\n".join(json.dumps(page) for page in pages))


# --- One item ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "account", "says"),
    [
        ({"id": ...}, "feed-item-empty", "8", "The field 'id' is empty"),
        ({"id": None}, "feed-item-empty", "8", "The field 'id' is empty"),
        ({"id": "  "}, "feed-item-empty", "8", "The field 'id' is empty"),
        ({"id": True}, "feed-field-type", "8", "a text or a whole number, not true"),
        ({"id": 1.5}, "feed-field-type", "8", "a text or a whole number, not 1.5"),
        ({"id": {"a": 1}}, "feed-field-type", "8", "not an object"),
        ({"organizationId": ...}, "feed-account-empty", None, "'organizationId' is empty"),
        ({"organizationId": None}, "feed-account-empty", None, "'organizationId' is empty"),
        ({"organizationId": [8]}, "feed-field-type", None, "not a list"),
        ({"nodeClass": ...}, "feed-field-missing", "8", "The item has no 'nodeClass'"),
        ({"nodeClass": {"a": 1}}, "feed-field-type", "8", "one value, not an object"),
        ({"created": "yesterday"}, "feed-date", "8", "is no date"),
        ({"created": "01/02/2026"}, "feed-date", "8", "more than one way"),
        ({"created": "2026-02-30T10:00:00Z"}, "feed-date", "8", "does not exist"),
        ({"created": "2026-03-01T25:00:00Z"}, "feed-date", "8", "does not exist"),
        ({"created": 1700000000500}, "feed-date", "8", "no number of seconds since 1970"),
        ({"created": 0}, "feed-date", "8", "most often 'never'"),
        ({"created": "0001-01-01T00:00:00Z"}, "feed-date", "8", "most often 'never'"),
        ({"created": "9999-12-31T23:59:59Z"}, "feed-date", "8", "most often 'never'"),
        ({"created": True}, "feed-field-type", "8", "a date or a number of seconds, not true"),
        ({"displayName": "a\0b"}, "feed-field-type", "8", "NUL or half of a character"),
        ({"displayName": "\ud83d"}, "feed-field-type", "8", "NUL or half of a character"),
    ],
)
def test_a_faulty_item_is_one_problem_of_its_account(fields, code, account, says):
    good, found = ninja(device(1, organizationId=7), device(2, **fields))
    assert isinstance(good, FeedRow)
    assert (found.problem.code, found.account) == (code, account)
    assert says in found.problem.what
    assert found.problem.fix
    assert found.problem.file == "feeds/x"
    assert found.problem.where == ("page 1, item 2" if account is None else "8, page 1, item 2")


def test_everything_wrong_with_an_item_is_said_at_once():
    found = ninja(device(), device(2, created="x", lastContact="y", nodeClass=...))[1:]
    assert [entry.problem.code for entry in found] == [
        "feed-field-missing",
        "feed-date",
        "feed-date",
    ]


def test_an_item_that_is_no_object_is_nobodys():
    found = ninja(device(), 17)[1]
    assert (found.problem.code, found.account) == ("feed-item-type", None)


def test_an_item_listed_twice_is_named_with_both_places():
    found = only_problem("ninjaone-devices", [[device(1), device(2)], [device(1)]])
    assert (found.problem.code, found.account) == ("feed-item-twice", "8")
    assert "listed twice, here and as item 1 of the file" in found.problem.what
    assert found.problem.where == "8, page 2, item 1"


def test_the_same_id_at_another_customer_is_another_item():
    assert len(ninja(device(1, organizationId=7), device(1))) == 2


def test_a_customer_that_nobody_knows_stays_visible_in_its_rows():
    (row,) = ninja(device(1, organizationId=999))
    assert row.account == "999"


def test_problems_of_one_account_end_after_some():
    found = ninja(*(device(number, created="x") for number in range(60)))
    assert len(found) == MAX_PROBLEMS_PER_ACCOUNT


def test_offboarded_before_online_is_a_fault_of_the_account():
    columns = {"offboarded_on": "userData.removed"}
    item = device(1, created="2026-03-07T12:00:00Z", userData={"removed": "2026-03-06"})
    found = only_problem("ninjaone-devices", [item], columns=columns)
    assert (found.problem.code, found.account) == ("feed-dates-order", "8")


def test_a_field_that_no_item_has_is_a_problem_of_the_whole_file():
    columns = {"subscriber": "lokationId", "attributes": {"tag": "userData.tag"}}
    items = [device(1, locationId=3), device(2, userData={})]
    found = problems("ninjaone-devices", items, page_size=100, columns=columns)
    assert [(entry.problem.code, entry.account) for entry in found] == [
        ("feed-field-missing", None),
        ("feed-field-missing", None),
    ]
    assert found[0].problem.what == "No item has the field 'lokationId'."
    assert "under the feed's 'columns' in provider.yaml" in found[0].problem.fix


def test_a_field_that_some_items_lack_is_empty_there():
    columns = {"subscriber": "locationId"}
    first, second = read(
        "ninjaone-devices", [device(1, locationId=3), device(2)], page_size=9, columns=columns
    )
    assert (first.subscriber, second.subscriber) == ("3", None)


def test_users_without_their_licences_are_no_users_without_licences():
    page = {"value": [{"id": "a", "accountEnabled": True, "createdDateTime": None}]}
    found = graph(page)
    assert {entry.problem.code for entry in found} == {"feed-field-missing"}
    assert any("'assignedLicenses'" in entry.problem.what for entry in found)


@pytest.mark.parametrize("licenses", [{"skuId": "s"}, [{"sku": "s"}], "s", [["s"]]])
def test_licences_of_another_shape_are_refused_or_read_as_they_are(licenses):
    user = {
        "id": "a",
        "displayName": "Ann",
        "accountEnabled": True,
        "createdDateTime": None,
        "assignedLicenses": licenses,
    }
    (entry,) = graph({"value": [user]})
    if isinstance(entry, FeedRow):
        assert entry.attributes["license"] == "s"
    else:
        assert entry.problem.code == "feed-field-type"


# --- Pages -------------------------------------------------------------------------------------

USER = {
    "id": "a",
    "displayName": "Ann",
    "accountEnabled": True,
    "createdDateTime": None,
    "assignedLicenses": [],
}
NEXT = {"@odata.nextLink": "https://graph.example/next"}


def whole_file_problems(entries: list[Any]) -> list[str]:
    return [e.problem.what for e in entries if not isinstance(e, FeedRow) and e.account is None]


def test_a_last_page_that_points_on_means_that_one_is_missing():
    (said,) = whole_file_problems(graph({"value": [USER], **NEXT}))
    assert said == "Page 1 says that another one follows, and there is none."


def test_a_page_after_the_last_means_two_exports():
    other = {**USER, "id": "b"}
    (said,) = whole_file_problems(graph({"value": [USER]}, {"value": [other]}))
    assert "Page 1 says that it is the last one, and another follows" in said


def test_pages_that_hold_fewer_items_than_they_say_are_incomplete():
    other = {**USER, "id": "b"}
    pages = ({"@odata.count": 3, "value": [USER], **NEXT}, {"value": [other]})
    (said,) = whole_file_problems(graph(*pages))
    assert said == "The pages say that there are 3 items in all, and hold 2."


@pytest.mark.parametrize("name", ["ncentral-devices", "duo-users"])
def test_every_tool_that_states_its_total_is_held_to_it(name):
    text = sample(name).decode().replace('"totalItems": 2', '"totalItems": 5')
    text = text.replace('"total_objects":3', '"total_objects":5')
    (said,) = whole_file_problems(read(name, text))
    assert "5 items in all" in said


def test_a_middle_page_that_is_missing_is_told_by_the_total():
    first, second = sample("duo-users").decode().splitlines()
    middle = '{"metadata":{"next_offset":3,"total_objects":4},"response":[],"stat":"OK"}'
    more = "\n".join((first, middle, second)).replace('"total_objects":3', '"total_objects":4')
    (said,) = whole_file_problems(read("duo-users", more))
    assert "4 items in all, and hold 3" in said


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([[device(1), device(2)]], "Page 1 is full with 2 items"),
        ([[device(1), device(2)], [device(3), device(4)]], "Page 2 is full with 2 items"),
        ([[device(1)], [device(2)]], "Page 1 is not full, so that it is the last one"),
    ],
)
def test_full_and_short_pages_tell_whether_one_is_missing(pages, says):
    text = "\n".join(json.dumps(page) for page in pages)
    (said,) = whole_file_problems(read("ninjaone-devices", text, page_size=2))
    assert says in said


@pytest.mark.parametrize(
    "pages",
    [
        [[device(1), device(2)], []],
        [[device(1), device(2)], [device(3)], []],
        [[device(1), device(2), device(3)]],  # put together from a full page and a last one
    ],
)
def test_an_empty_page_after_a_full_one_is_the_last(pages):
    text = "\n".join(json.dumps(page) for page in pages)
    assert not whole_file_problems(read("ninjaone-devices", text, page_size=2))


@pytest.mark.parametrize(
    ("name", "text", "code", "says"),
    [
        ("graph-users", "", "feed-empty", "empty"),
        ("graph-users", " \n", "feed-empty", "empty"),
        ("graph-users", "[]", "feed-empty", "no page"),
        ("graph-users", "[{}]", "feed-page", "Page 1 has no field 'value'"),
        ("graph-users", '{"value": 3}', "feed-page", "Page 1 has no field 'value'"),
        ("graph-users", '{"value":[],"value":[]}', "feed-page", "is there twice"),
        ("graph-users", "17", "feed-page", "Page 1 is not an object with 'value'"),
        ("graph-users", '[{"value":[]}, 3]', "feed-page", "Page 2 is not"),
        ("graph-users", '{"value":[]} x', "feed-not-json", "not JSON"),
        ("graph-users", '{"value":[{]}', "feed-not-json", "not JSON"),
        ("graph-users", '{"value":[{"a":1,"a":2}]}', "feed-field-twice", "'a'"),
        ("graph-users", '{"value":[{"a":NaN}]}', "feed-not-json", "no number"),
        ("graph-users", '{"value":[{"a":1e99999999999999999999}]}', "feed-not-json", "no number"),
        ("graph-users", f'{{"value":[{{"a":{"9" * 5000}}}]}}', "feed-not-json", "no number"),
        ("graph-users", '{"value":' + "[" * 100_000, "feed-not-json", "too deeply"),
        (
            "ninjaone-devices",
            '{"resultCode":"FAILURE","errorMessage":"Bad."}',
            "feed-page",
            "'Bad'",
        ),
        ("ninjaone-devices", "[", "feed-half-written", "ends in the middle"),
        ("ninjaone-devices", "null", "feed-page", "Page 1 is not a list of items"),
        ("ninjaone-devices", "[[],3]", "feed-page", "Page 2 is not a list of items"),
        ("ninjaone-devices", "[]", "feed-without-rows", "no items, for any account"),
        ("connectwise-contacts", '{"code":"Unauthorized"}', "feed-page", "it says: 'Unauthorized'"),
        ("duo-users", '{"stat":"FAIL","code":40101,"message":"No"}', "feed-page", "it says: 'No'"),
        ("ncentral-devices", '{"status":401,"message":"No"}', "feed-page", "it says: 'No'"),
        ("graph-users", '{"error":{"code":"x","message":"Expired."}}', "feed-page", "'Expired'"),
    ],
)
def test_what_is_no_list_of_pages_makes_the_whole_file_unusable(name, text, code, says):
    found = only_problem(name, text)
    assert (found.problem.code, found.account) == (code, None)
    assert says in found.problem.what
    assert found.problem.fix


def test_an_empty_list_is_nothing_for_an_account():
    assert graph({"value": []}) == []


def test_what_breaks_off_is_placed_after_the_last_item_and_on_its_line():
    text = json.dumps({"value": [USER, {**USER, "id": "b"}], **NEXT}) + '\n{"value":[{]}'
    found = graph_problem(text)
    assert (found.problem.where, found.problem.line) == ("after page 1, item 2", 2)


def graph_problem(text: str) -> Any:
    (found,) = (e for e in read("graph-users", text) if not isinstance(e, FeedRow))
    return found


def test_text_in_another_encoding_is_named_by_its_byte():
    (found,) = problems("graph-users", '{"value":[{"id":"é"}]}'.encode("latin-1"))
    assert found.problem.code == "feed-encoding"
    assert "Byte 17 (0xe9)" in found.problem.what


def test_powershells_utf_16_is_read_when_the_feed_says_so():
    text = json.dumps({"value": [{**USER, "displayName": "Björn"}]})
    (row,) = read("graph-users", text.encode("utf-16"), encoding="utf-16")
    assert row.name == "Björn"
    (wrong,) = read("graph-users", text.encode("utf-16"))
    assert wrong.problem.code == "feed-encoding"
    assert [row.name for row in read("graph-users", text.encode("utf-8-sig"))] == ["Björn"]


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_pages_may_follow_each_other_stand_in_a_list_or_be_indented(name):
    text = sample(name).decode()
    decoder, pages = json.JSONDecoder(), []
    while text.strip():
        value, end = decoder.raw_decode(text.lstrip())
        pages.append(value)
        text = text.lstrip()[end:]
    if name == "ncentral-devices":
        pages = pages[0]
    plain = read(name, sample(name))
    for again in (
        json.dumps(pages),
        json.dumps(pages, indent=2),
        "".join(json.dumps(page) for page in pages),
        "\r\n".join(json.dumps(page, indent=1) for page in pages),
    ):
        assert read(name, again) == plain


class Endless:
    """Devices made while they are read: no file in the test's own memory."""

    def __init__(self, count: int) -> None:
        self._devices = iter(range(count))
        self._texts = chain(["["], map(self._text, self._devices), [json.dumps(device(-1)), "]"])

    def read(self, size: int, /) -> bytes:
        return "".join(islice(self._texts, 100)).encode()

    @staticmethod
    def _text(number: int) -> str:
        return f"{json.dumps(device(number, fill='x' * 400))},"


def test_memory_does_not_grow_with_the_width_of_the_file():
    export = FeedExport(
        feed="feed", key="k", as_of_at=datetime(2026, 9, 1, tzinfo=UTC), time_zone="UTC"
    )
    feed = definition("ninjaone-devices", page_size=30_000)
    tracemalloc.start()
    count = sum(1 for _ in ExportReader(feed, export, Endless(20_000), "x"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_001
    assert peak < 7_000_000, "11 MB of devices"
