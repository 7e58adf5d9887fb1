from __future__ import annotations

import hashlib
import io
import tracemalloc
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.feeds.csv_feed import MAX_PROBLEMS_PER_ACCOUNT, RowProblem, read_feed
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedExport, FeedRow

DEVICES = FeedDefinition(
    feed="rmm-devices",
    title="RMM devices",
    scope="provider",
    columns=FeedColumns(
        item_id="Device ID",
        name="Host name",
        account="Client",
        subscriber="Site",
        online_on="Added",
        offboarded_on="Removed",
        attributes={"kind": "Type"},
    ),
)
USERS = FeedDefinition(
    feed="ad-users",
    title="Active Directory users",
    scope="account",
    columns=FeedColumns(item_id="Login", attributes={"ou": "OU"}),
)
HEADER = "Device ID,Host name,Client,Site,Added,Removed,Type"
ROWS = (
    "d-1,SRV-01,Bergmann & Co,Duluth,2024-03-01,,server",
    'd-2,"PC ""front"", left",Bergmann & Co,Duluth,2025-11-23,2026-11-30,workstation',
    "d-3,Zürich-€,Aspen Dental,,2026-01-07 08:15:00,,workstation",
)
WHOLE = "\n".join([HEADER, *ROWS, ""])


def read(text: str | bytes, definition: FeedDefinition = DEVICES) -> list[FeedRow | RowProblem]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_feed(definition, io.BytesIO(data), "feeds/x.csv"))


def problems(text: str | bytes, definition: FeedDefinition = DEVICES) -> list[RowProblem]:
    return [entry for entry in read(text, definition) if isinstance(entry, RowProblem)]


def only_problem(text: str | bytes, definition: FeedDefinition = DEVICES) -> RowProblem:
    found = problems(text, definition)
    assert len(found) == 1, found
    return found[0]


def with_encoding(encoding: str) -> FeedDefinition:
    return DEVICES.model_copy(update={"encoding": encoding})


def test_rows_become_items_with_their_line():
    first, second, third = read(WHOLE)
    assert first == FeedRow(
        item_id="d-1",
        name="SRV-01",
        account="Bergmann & Co",
        subscriber="Duluth",
        online_on=date(2024, 3, 1),
        attributes={"kind": "server"},
        row=2,
    )
    assert isinstance(second, FeedRow)
    assert (second.name, second.offboarded_on) == ('PC "front", left', date(2026, 11, 30))
    assert isinstance(third, FeedRow)
    assert (third.subscriber, third.online_on, third.row) == (None, date(2026, 1, 7), 4)


def test_lines_are_counted_through_quoted_line_ends():
    text = f'{HEADER}\nd-1,"two\nlines",A,,,,pc\n\nd-2,x,A,,,,pc\n'
    rows = [entry for entry in read(text) if isinstance(entry, FeedRow)]
    assert [(row.row, row.name) for row in rows] == [(2, "two lines"), (5, "x")]


def test_windows_line_ends_and_semicolons_are_read():
    definition = DEVICES.model_copy(update={"delimiter": ";"})
    text = WHOLE.replace(",", ";").replace("\n", "\r\n")
    assert [entry.item_id for entry in read(text, definition) if isinstance(entry, FeedRow)] == [
        "d-1",
        "d-2",
        "d-3",
    ]


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("windows-1252", "windows-1252"),
    ],
)
def test_every_encoding_gives_the_same_rows(encoding, codec):
    assert read(WHOLE.encode(codec), with_encoding(encoding)) == read(WHOLE)


def test_big_endian_utf_16_with_its_mark_is_read():
    data = b"\xfe\xff" + WHOLE.encode("utf-16-be")
    assert read(data, with_encoding("utf-16")) == read(WHOLE)


@pytest.mark.parametrize(
    ("data", "encoding", "line", "says"),
    [
        (WHOLE.encode("windows-1252"), "utf-8", 4, "(0xfc) is not utf-8; in windows-1252 it is"),
        (WHOLE.encode("utf-16"), "utf-8", 1, "byte-order mark of UTF-16"),
        (WHOLE.encode("utf-16-le"), "utf-8", None, ""),
        (HEADER.encode("utf-16-le"), "utf-8", 1, "NUL characters"),
        (WHOLE.encode(), "utf-16", 1, "no byte-order mark"),
        (WHOLE.encode("utf-8-sig"), "windows-1252", 1, "byte-order mark of UTF-8"),
        (WHOLE.encode(), "windows-1252", 4, "The file is UTF-8"),
        (HEADER.encode() + b"\n\x81", "windows-1252", 2, "0x81"),
        (WHOLE.replace("SRV", "S\0V").encode(), "utf-8", 2, "NUL characters"),
    ],
)
def test_a_wrong_encoding_is_one_problem_of_the_whole_file(data, encoding, line, says):
    found = only_problem(data, with_encoding(encoding))
    assert found.account is None
    assert found.problem.code == "feed-encoding"
    assert says in found.problem.what
    assert line is None or found.problem.line == line
    assert "provider.yaml" in found.problem.fix


def test_a_wrong_byte_is_named_by_its_offset_far_into_the_file():
    filler = "".join(f"d-{n},x,A,,,,pc\n" for n in range(20_000))
    data = f"{HEADER}\n{filler}".encode()
    found = only_problem(data + b"d-\xe9,x,A,,,,pc\n")
    assert f"Byte {len(data) + 2} (0xe9)" in found.problem.what
    assert found.problem.line == 20_002


def test_a_missing_column_is_named_with_those_there_and_the_nearest():
    found = only_problem(WHOLE.replace("Device ID", "DeviceID", 1))
    assert found.account is None
    assert found.problem.line == 1
    assert "'Device ID' is missing; the file has 'DeviceID', 'Host name'" in found.problem.what
    assert "Is it 'DeviceID' now?" in found.problem.fix


def test_every_missing_column_is_named():
    assert len(problems("a,b\n1,2\n")) == 7


def test_a_column_that_is_there_twice_is_refused():
    text = "".join(f"{line},Type\n" for line in WHOLE.splitlines())
    found = only_problem(text)
    assert (found.problem.code, found.problem.line) == ("feed-column-twice", 1)
    assert found.problem.what == "The column 'Type' is there 2 times."


def test_a_column_that_nobody_needs_may_be_there_twice():
    text = "".join(f"{line},Notes,Notes\n" for line in WHOLE.splitlines())
    assert read(text) == read(WHOLE)


def test_a_second_header_means_two_exports_in_one_file():
    found = only_problem(f"{WHOLE}{HEADER}\n")
    assert (found.problem.code, found.problem.line, found.account) == ("feed-header-twice", 5, None)


@pytest.mark.parametrize("row", ["d-9,x,A,,,", "d-9,x,A,,,,pc,more", "  "])
def test_a_row_with_other_cells_than_the_header_is_nobodys(row):
    found = only_problem(f"{HEADER}\n{row}\nd-1,x,A,,,,pc\n")
    assert (found.problem.code, found.problem.line, found.account) == ("feed-cells", 2, None)


@pytest.mark.parametrize(
    ("row", "code", "account"),
    [
        (",x,Aspen,,,,pc", "feed-item-empty", "Aspen"),
        ("d-1,x, ,,,,pc", "feed-account-empty", None),
        ("d-1,x,Aspen,,2026-02-30,,pc", "feed-date", "Aspen"),
        ("d-1,x,Aspen,,03/04/2026,,pc", "feed-date", "Aspen"),
        ("d-1,x,Aspen,,30.11.2026,,pc", "feed-date", "Aspen"),
        ("d-1,x,Aspen,,2026-11-23T23:30:00Z,,pc", "feed-date", "Aspen"),
        ("d-1,x,Aspen,,,0001-01-01,pc", "feed-date", "Aspen"),
        ("d-1,x,Aspen,,,1970-01-01,pc", "feed-date", "Aspen"),
        ("d-1,x,Aspen,,2026-03-07,2026-03-06,pc", "feed-dates-order", "Aspen"),
    ],
)
def test_a_faulty_row_is_one_problem_of_its_account(row, code, account):
    entries = read(f"{HEADER}\nd-0,x,Birch,,,,pc\n{row}\n")
    assert [type(entry) for entry in entries] == [FeedRow, RowProblem]
    found = entries[1]
    assert isinstance(found, RowProblem)
    assert (found.problem.code, found.account, found.problem.line) == (code, account, 3)


def test_everything_wrong_with_a_row_is_said_at_once():
    found = problems(f"{HEADER}\n,x,Aspen,,2026-02-30,7.3.26,pc\n")
    assert [entry.problem.code for entry in found] == ["feed-item-empty", "feed-date", "feed-date"]


def test_an_item_listed_twice_for_an_account_is_named_with_both_lines():
    text = f"{HEADER}\nd-1,x,Aspen,,,,pc\nd-1,x,Birch,,,,pc\nd-1,y,ASPEN ,,,,pc\n"
    found = only_problem(text)
    assert found.problem.code == "feed-item-twice"
    assert (found.account, found.problem.line) == ("ASPEN", 4)
    assert "here and on line 2" in found.problem.what


def test_a_header_that_another_column_is_read_from_is_not_suggested_for_a_missing_one():
    columns = FeedColumns(
        item_id="Device ID",
        name="Device Name",
        account="Client",
        attributes={"kind": "Device Class"},
    )
    definition = DEVICES.model_copy(update={"columns": columns})
    found = only_problem("Device ID,Device Name,Client,Class\nd-1,x,A,pc\n", definition)
    assert "The column 'Device Class' is missing" in found.problem.what
    assert found.problem.fix.startswith("Is it 'Class' now?")
    other = only_problem("Device ID,Device Name,Client,Type\nd-1,x,A,pc\n", definition)
    assert other.problem.fix.startswith("Export the column 'Device Class'")


def test_an_empty_file_is_a_problem_whoever_it_is_for():
    for definition in (DEVICES, USERS):
        for data in (b"", b"\xef\xbb\xbf", b"\n\n"):
            assert only_problem(data, definition).problem.code == "feed-empty"


def test_a_header_alone_is_nothing_for_an_account_and_unknown_for_a_provider():
    assert read("Login,OU\n", USERS) == []
    assert only_problem(f"{HEADER}\n").problem.code == "feed-without-rows"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (f'{HEADER}\nd-1,"x,A,,,,pc\nd-2,x,A,,,,pc\n', "feed-half-written", 2),
        (f'{HEADER}\nd-1,"{"x" * 200_000},A,,,,pc\nd-2,x,A,,,,pc\n', "feed-half-written", 2),
        (f'{HEADER}\nd-1,"x"y,A,,,,pc\nd-2,x,A,,,,pc\n', "feed-quotes", 2),
        (f"{HEADER}\rd-1,x,A,,,,pc\r", "feed-line-ends", 1),
        (f"{HEADER}\n{'x,' * 600_000}\n", "feed-line-too-long", 2),
    ],
)
def test_what_breaks_the_rows_makes_the_whole_file_unusable(text, code, line):
    found = only_problem(text)
    assert (found.problem.code, found.problem.line, found.account) == (code, line, None)


def test_problems_of_one_account_end_after_some():
    text = f"{HEADER}\n" + "".join(f"d-{n},x,A,,1.2.3,,pc\n" for n in range(100))
    assert len(problems(text)) == MAX_PROBLEMS_PER_ACCOUNT


# --- Cuts (fault 24) ---------------------------------------------------------------------------


def export(data: bytes, sha256: str | None) -> tuple[list[FeedRow | RowProblem], ExportReader]:
    about = FeedExport(
        feed="rmm-devices",
        key="rmm-devices/2026-12-01.csv",
        as_of_at=datetime(2026, 12, 1, 6, tzinfo=UTC),
        time_zone="America/Chicago",
        sha256=sha256,
    )
    reader = ExportReader(DEVICES, about, io.BytesIO(data), "feeds/x.csv")
    return list(reader), reader


def row_boundaries(data: bytes) -> set[int]:
    return {index + 1 for index, byte in enumerate(data) if byte == ord("\n")}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_feed_cut_at_any_byte_is_a_problem_except_between_two_rows(line_end):
    data = WHOLE.replace("\n", line_end).encode()
    silent = {
        cut
        for cut in range(len(data))
        if not any(isinstance(entry, RowProblem) for entry in read(data[:cut]))
    }
    header_end = min(row_boundaries(data))
    # Cut exactly between two rows, the rest is a whole file: only a checksum can tell.
    assert silent == row_boundaries(data) - {header_end, len(data)}


def test_with_its_checksum_a_feed_cut_at_any_byte_is_a_problem():
    data = WHOLE.encode()
    announced = hashlib.sha256(data).hexdigest()
    for cut in range(len(data)):
        entries, _ = export(data[:cut], announced)
        assert any(isinstance(entry, RowProblem) and entry.account is None for entry in entries), (
            cut
        )
    entries, reader = export(data, announced)
    assert all(isinstance(entry, FeedRow) for entry in entries)
    assert (reader.sha256, reader.byte_count, reader.row_count) == (announced, len(data), 3)


def test_a_checksum_excuses_a_missing_last_line_end():
    data = WHOLE.rstrip("\n").encode()
    without, _ = export(data, None)
    assert [type(entry) for entry in without] == [FeedRow, FeedRow, RowProblem]
    with_checksum, _ = export(data, hashlib.sha256(data).hexdigest().upper())
    assert [type(entry) for entry in with_checksum] == [FeedRow] * 3


def test_the_seal_says_which_file_and_how_old():
    data = WHOLE.encode()
    _, reader = export(data, None)
    seal = reader.seal_at(datetime(2026, 12, 1, 8, 59, tzinfo=UTC))
    assert seal.model_dump() == {
        "feed": "rmm-devices",
        "key": "rmm-devices/2026-12-01.csv",
        "sha256": hashlib.sha256(data).hexdigest(),
        "rows": 3,
        "as_of_at": datetime(2026, 12, 1, 6, tzinfo=UTC),
        "age_hours": 2,
    }


cell = st.text(
    st.characters(codec="utf-8", exclude_characters='\0\r\n", \t\x0b\x0c\x1c\x1d\x1e\x1f\x85'),
    min_size=1,
    max_size=6,
).filter(lambda text: text == " ".join(text.split()))


@given(
    st.lists(cell, min_size=1, max_size=6, unique=True),
    st.sampled_from(["utf-8", "utf-16"]),
    st.data(),
)
def test_a_cut_gives_a_problem_or_complete_rows_never_silently_fewer(ids, encoding, data):
    definition = USERS.model_copy(update={"encoding": encoding, "feed": "ad-users"})
    text = "Login,OU\n" + "".join(f'{name},"Active ""x"", y"\n' for name in ids)
    whole = text.encode(encoding)
    cut = data.draw(st.integers(0, len(whole)))
    entries = list(read_feed(definition, io.BytesIO(whole[:cut]), "x.csv"))
    rows = [entry for entry in entries if isinstance(entry, FeedRow)]
    assert [row.item_id for row in rows] == ids[: len(rows)]
    if len(rows) == len(entries) and len(rows) < len(ids):
        assert whole[:cut].decode(encoding).endswith("\n"), "told from whole only by a checksum"


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "utf-16", "windows-1252"]))
def test_whatever_the_bytes_reading_ends_without_an_exception(data, encoding):
    for head in (b"", HEADER.encode() + b"\n"):
        read(head + data, with_encoding(encoding))


def test_memory_does_not_grow_with_the_width_of_the_file():
    class Endless(io.RawIOBase):
        """Rows made while they are read: no file in the test's own memory."""

        def __init__(self, rows: int) -> None:
            self._rows = iter(range(rows))
            self._head: bytes = (HEADER + "\n").encode()

        def read(self, size: int = -1) -> bytes:
            if self._head:
                head, self._head = self._head, b""
                return head
            return b"".join(
                f"d-{n},{'x' * 400},Aspen,,2026-01-01,,pc\n".encode()
                for n in islice(self._rows, 100)
            )

    tracemalloc.start()
    count = sum(1 for _ in read_feed(DEVICES, Endless(20_000), "x.csv"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 6_000_000, "8.6 MB of rows"
