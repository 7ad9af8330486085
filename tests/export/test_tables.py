"""Tables leave whole, with units, and do no harm in a spreadsheet."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter, OutputExists, OutputNotWritable
from cellwright.export import Column, Table, write_csv, write_parquet, write_xlsx

NASTY = '=HYPERLINK("http://x";"a")'
TABLE = Table(
    "objects",
    (
        Column("picture", ["a,b.png", 'say "hi".png', "two\nlines.png", NASTY], "", "name of the picture"),
        Column("count", np.array([1, -2, 3, 40], np.int64), "cells", "how many"),
        Column("box_area_um2", np.array([1.23456, np.nan, -0.5, 1e6], np.float32), "µm²", "area of the box", 3),
        Column("complete", [True, False, True, True], "", "whether all was analysed"),
    ),
)


def read_back(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def test_csv_is_what_rfc_4180_asks_for(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", TABLE)
    raw = path.read_bytes()
    assert raw.startswith(b"picture,count,box_area_um2,complete\r\n")
    assert b'"a,b.png",1,1.235,true\r\n' in raw
    assert b'"say ""hi"".png",-2,,false\r\n' in raw
    assert b'"two\nlines.png",3,-0.500,true\r\n' in raw
    assert raw.endswith(b"\r\n")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_becomes_a_formula_in_csv(tmp_path: Path, start: str) -> None:
    table = Table("t", (Column(f"{start}header", [f"{start}cmd|' /C calc'!A0.png"]),))
    rows = read_back(write_csv(tmp_path / "t.csv", table))
    assert all(cell.startswith("'") for row in rows for cell in row)


def test_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    assert read_back(write_csv(tmp_path / "t.csv", TABLE))[2][1] == "-2"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_any_text_comes_back_from_csv(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(path, Table("t", (Column("picture", texts), Column("n", list(range(len(texts)))))))
    rows = read_back(path)[1:]
    assert len(rows) == len(texts)
    for (cell, number), text in zip(rows, texts, strict=True):
        shown = "".join("\ufffd" if c not in "\t\n\r" and (ord(c) < 32 or c in "\x7f\ufffe\uffff") else c for c in text)
        assert cell.removeprefix("'") == shown.removeprefix("'")
        assert number.isdigit()


def test_a_workbook_has_its_sheets_and_no_formula(tmp_path: Path) -> None:
    other = Table("counts", (Column("class", ["#N/A", "RBC"]), Column("count", [1, 2], "cells", "how many")))
    path = write_xlsx(tmp_path / "t.xlsx", [TABLE, other], ["Written by a test.", "=1+1"])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["objects", "counts", "units", "methods"]
    sheet = book["objects"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == ("picture", "count", "box_area_um2", "complete")
    assert rows[1] == ("a,b.png", 1, 1.235, True)
    assert rows[2] == ('say "hi".png', -2, None, False)
    assert rows[4][0] == NASTY
    assert sheet.freeze_panes == "A2"
    kinds = {cell.data_type for name in book.sheetnames for row in book[name].iter_rows() for cell in row}
    assert kinds <= {"s", "n", "b", "inlineStr"}, "a cell is a formula or an error"
    assert [row[0].value for row in book["methods"].iter_rows()] == ["Written by a test.", "=1+1"]
    meanings = list(book["units"].iter_rows(values_only=True))
    assert meanings[0] == ("sheet", "column", "unit", "meaning")
    assert ("objects", "box_area_um2", "µm²", "area of the box") in meanings


def test_a_table_too_long_for_a_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cellwright.export.xlsx.SHEET_ROWS", 2)
    book = openpyxl.load_workbook(write_xlsx(tmp_path / "t.xlsx", [TABLE]))
    assert book.sheetnames == ["objects", "objects 2", "units", "methods"]
    assert [book[name].max_row for name in book.sheetnames[:2]] == [3, 3]
    assert book["objects 2"]["A1"].value == "picture"


def test_parquet_keeps_every_digit_and_carries_the_units(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "t.parquet", TABLE, {"notes": "by a test"})
    table = pq.read_table(path)
    assert table.column("picture").to_pylist()[3] == NASTY
    area = table.column("box_area_um2").to_pylist()
    assert area[0] == np.float32(1.23456) and area[1] is None
    field = table.schema.field("box_area_um2")
    assert field.metadata == {b"unit": "µm²".encode(), b"description": b"area of the box"}
    assert table.schema.metadata[b"notes"] == b"by a test"


@pytest.mark.parametrize("write", [write_csv, write_parquet, lambda p, t: write_xlsx(p, [t])])
def test_an_empty_table_has_its_header(tmp_path: Path, write: object) -> None:
    empty = Table("objects", (Column("picture", []), Column("score", np.empty(0, np.float32))))
    path = write(tmp_path / "file", empty)  # type: ignore[operator]
    assert path.stat().st_size > 0


def test_names_that_are_no_utf8_are_written_all_the_same(tmp_path: Path) -> None:
    name = b"smear\xff\x01.png".decode("utf-8", "surrogateescape")
    table = Table("t", (Column("picture", [name]),))
    assert read_back(write_csv(tmp_path / "t.csv", table))[1] == ["smear\ufffd\ufffd.png"]
    write_xlsx(tmp_path / "t.xlsx", [table])
    write_parquet(tmp_path / "t.parquet", table)


def test_nothing_is_replaced_without_leave(tmp_path: Path) -> None:
    for write in (write_csv, write_parquet, lambda p, t: write_xlsx(p, [t])):
        path = tmp_path / "file"
        path.write_text("old")
        with pytest.raises(OutputExists):
            write(path, TABLE)
        assert path.read_text() == "old"


@contextlib.contextmanager
def nearly_full_disk(bytes_left: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as if the disk ended there."""
    resource = pytest.importorskip("resource", reason="this system limits no file sizes")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("write", "rows", "bytes_left"),
    [
        (write_csv, 60, 2500),
        (write_parquet, 60, 2500),
        # Enough for the library's own temporary files, and less than the workbook.
        (lambda path, table, **more: write_xlsx(path, [table], **more), 20, 4500),
        # Not even enough for those; the library's generators complain once more when they are thrown away.
        pytest.param(
            lambda path, table, **more: write_xlsx(path, [table], **more),
            2000,
            1000,
            marks=pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
        ),
    ],
)
def test_a_disk_that_fills_up_leaves_the_old_file_and_says_so(
    tmp_path: Path, write: Callable[..., Path], rows: int, bytes_left: int
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    table = Table("t", (Column("name", [hashlib.sha256(i.to_bytes(4)).hexdigest() for i in range(rows)]),))
    with nearly_full_disk(bytes_left), pytest.raises(OutputNotWritable, match="choose another disk"):
        write(path, table, overwrite=True)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_columns_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(BadParameter, match="differ in length"):
        Table("t", (Column("a", [1]), Column("b", [1, 2])))
    with pytest.raises(BadParameter, match="share a name"):
        Table("t", (Column("a", [1]), Column("a", [1])))
