from __future__ import annotations

from pathlib import Path

import pytest

from mspbill.output_folder import MARK, OutputFolderError, check_outside, written_whole


def test_the_folder_appears_when_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with written_whole(out, replace=False) as folder:
        (folder / "a.txt").write_text("a")
        assert not out.exists()
    assert [path.name for path in out.iterdir()] == ["a.txt"]
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_results_and_the_directory_they_are_made_from_never_lie_in_each_other(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "out" / "pinewood"
    check_outside(tmp_path / "out" / "pinewood-2026-12", directory)
    with pytest.raises(OutputFolderError, match="lies in the provider directory"):
        check_outside(directory / "out", directory)
    with pytest.raises(OutputFolderError, match="holds the provider directory"):
        check_outside(tmp_path / "out", directory)


def test_after_an_error_nothing_is_there(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "out", replace=False):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_after_an_error_the_earlier_results_are_still_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / MARK).write_text("{}")
    with pytest.raises(ZeroDivisionError), written_whole(out, replace=True):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*")] == ["out", MARK]


def test_earlier_results_are_replaced_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / MARK).write_text("{}")
    (out / "old.pdf").write_text("old")
    with (
        pytest.raises(OutputFolderError, match="add --force"),
        written_whole(out, replace=False),
    ):
        pass
    with written_whole(out, replace=True) as folder:
        (folder / MARK).write_text("{}")
    assert [path.name for path in out.iterdir()] == [MARK]


@pytest.mark.parametrize("replace", [True, False])
def test_what_somebody_else_made_is_never_replaced(tmp_path: Path, replace: bool) -> None:
    out = tmp_path / "photos"
    out.mkdir()
    (out / "holiday.jpg").write_text("x")
    with pytest.raises(OutputFolderError), written_whole(out, replace=replace):
        pass
    assert (out / "holiday.jpg").exists()


def test_a_link_or_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "file").write_text("x")
    for name in ("link", "file"):
        with (
            pytest.raises(OutputFolderError, match="is no folder"),
            written_whole(tmp_path / name, replace=True),
        ):
            pass


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with written_whole(out, replace=False) as folder:
        (folder / "a.txt").write_text("a")
    assert (out / "a.txt").exists()
