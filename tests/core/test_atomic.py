"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cellwright.core import OutputExists, OutputNotWritable
from cellwright.core.atomic import replacing


def test_the_file_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "table.csv"
    with replacing(target) as part:
        part.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    assert _names(target.parent) == ["table.csv"]


def test_a_failure_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError):
        _fail_midway(target)
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["table.csv"]


def test_a_full_disk_is_one_sentence_and_the_old_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with (
        pytest.raises(OutputNotWritable, match=r"table\.csv could not be written: the disk is full"),
        replacing(target),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert target.read_text() == "old"


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EROFS, "the disk is read-only"), (errno.EACCES, "may not be written to"), (errno.EIO, "choose another")],
)
def test_a_folder_that_takes_no_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("cellwright.core.atomic.os.open", refuse)
    with pytest.raises(OutputNotWritable, match=said), replacing(target):
        pass
    assert target.read_text() == "old"


def test_an_existing_file_is_not_replaced_without_leave(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    target.write_text("old")
    with pytest.raises(OutputExists, match="already exists"), replacing(target, overwrite=False) as part:
        part.write_text("new")
    assert target.read_text() == "old"


def test_a_file_that_appears_meanwhile_is_not_replaced_either(tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    with pytest.raises(OutputExists):
        _race(target)
    assert target.read_text() == "theirs"
    assert _names(tmp_path) == ["table.csv"]


def test_a_folder_of_that_name_and_a_file_on_the_way_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="a folder has that name"), replacing(tmp_path):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputNotWritable, match="choose another folder"), replacing(tmp_path / "file" / "table.csv"):
        pass


def test_a_link_is_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    with replacing(link) as part:
        part.write_text("new")
    assert link.is_symlink() and real.read_text() == "new"


def test_the_persons_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "table.csv") as part:
            part.write_text("new")
    finally:
        os.umask(before)
    assert (tmp_path / "table.csv").stat().st_mode & 0o777 == 0o640


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fail_midway(target: Path) -> None:
    with replacing(target) as part:
        part.write_text("half")
        raise ZeroDivisionError


def _race(target: Path) -> None:
    with replacing(target, overwrite=False) as part:
        part.write_text("mine")
        target.write_text("theirs")
