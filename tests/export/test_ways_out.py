"""A table that is written and read back is the same, in every format; other programs read it as their own."""

from __future__ import annotations

import csv
import io
import math
import sqlite3
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.core import BadParameter, OutputExists
from cellwright.export import (
    Column,
    Table,
    read_table,
    write_csv,
    write_h5ad,
    write_parquet,
    write_qupath_tsv,
    write_sqlite,
    write_xlsx,
)
from cellwright.export.csv_file import cell_texts
from cellwright.export.harmless import as_it_was, harmless
from cellwright.export.table import Cell, printable

NASTY = '=HYPERLINK("http://x";"a")'
OBJECTS = Table(
    "objects",
    (
        Column("uuid", ["a-1", "a-2", "b-1"], "", "stable id"),
        Column("picture", ["one.png", "one.png", "=two.png"], "", "name of the picture"),
        Column("class", ["WBC", NASTY, "WBC"], "", "class"),
        Column("score", np.array([0.9, 0.25, 1 / 3], np.float32), "", "probability", 4),
        Column("centre-0", np.array([1.5, 2.5, 3.5]), "px", "y of the middle", 2),
        Column("centre-1", np.array([10.5, 20.5, 30.5]), "px", "x of the middle", 2),
        Column("area", np.array([100.0, math.nan, 3.25]), "px²", "area", 1),
        Column("intensity_mean-red", np.array([1e-7, 2.0, 1e300]), "", "mean of red"),
        Column("neighbours", np.array([0, 3, 2]), "", "touching"),
        Column("marked", [True, None, False], "", "by a person"),
        Column("rank", [1, None, 3], "", "by size"),
    ),
)
WRITERS: dict[str, Callable[[Path, Table], Path]] = {
    "csv": write_csv,
    "xlsx": lambda path, table: write_xlsx(path, [table]),
    "parquet": write_parquet,
    "sqlite": lambda path, table: write_sqlite(path, [table]),
    "h5ad": write_h5ad,
}

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_floats = st.none() | st.floats(-1e300, 1e300)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables of every kind of column, with names and text that are hard to keep."""
    rows = draw(st.integers(0, 4))
    kinds: st.SearchStrategy[st.SearchStrategy[Cell]] = st.sampled_from(
        [_text, st.booleans(), st.integers(-(2**53), 2**53), _floats]
    )
    names = draw(st.lists(_text.filter(lambda name: name.strip(" .") != ""), min_size=1, max_size=4, unique=True))
    names = [name for name in dict.fromkeys(map(printable, names)) if name != "uuid"]
    columns = []
    for name in names:
        kind = draw(kinds)
        cells: list[Cell] = draw(st.lists(kind, min_size=rows, max_size=rows))
        columns.append(Column(name, cells, "px" if kind is _floats else "", draw(_text)))
    return Table("objects", tuple(columns))


def same(stored: object, meant: object) -> bool:
    return stored == meant and isinstance(stored, str) == isinstance(meant, str)


def same_in_workbook(stored: object, meant: object) -> bool:
    if isinstance(meant, int | float) and isinstance(stored, int | float):  # numbers have 16 digits there
        return math.isclose(stored, meant, rel_tol=1e-15)
    return same(stored, meant)


@pytest.mark.parametrize("kind", ["parquet", "sqlite", "h5ad"])
@given(table=tables())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_value_comes_back_from_files_for_programs(
    tmp_path_factory: pytest.TempPathFactory, kind: str, table: Table
) -> None:
    path = tmp_path_factory.mktemp("out") / f"t.{kind}"
    WRITERS[kind](path, table)
    again = read_table(path)
    assert again.header == table.header
    for stored, meant in zip(again.columns, table.columns, strict=True):
        assert stored.unit == meant.unit
        cells = meant.exact_cells()
        assert len(stored) == len(cells) and all(map(same, stored.cells(), cells)), (stored.cells(), cells)


@given(table=tables())
@settings(max_examples=15)
def test_every_value_comes_back_from_csv_as_text(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    again = read_table(write_csv(tmp_path_factory.mktemp("out") / "t.csv", table))
    assert again.header == table.header
    for stored, meant in zip(again.columns, table.columns, strict=True):
        assert stored.cells() == [as_it_was(text) for text in cell_texts(meant)]


@given(table=tables())
@settings(max_examples=15)
def test_every_value_comes_back_from_a_workbook(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    again = read_table(write_xlsx(tmp_path_factory.mktemp("out") / "t.xlsx", [table]))
    assert again.header == table.header
    for stored, meant in zip(again.columns, table.columns, strict=True):
        cells = [None if cell == "" else cell for cell in meant.cells()]  # a workbook knows no empty text
        assert all(map(same_in_workbook, stored.cells(), cells)), (stored.cells(), cells)


@given(_text)
def test_text_made_harmless_is_no_formula_and_can_be_had_again(text: str) -> None:
    assert as_it_was(harmless(text)) == text
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("kind", list(WRITERS))
def test_an_object_table_comes_back(tmp_path: Path, kind: str) -> None:
    again = read_table(WRITERS[kind](tmp_path / f"t.{kind}", OBJECTS))
    assert again.header == OBJECTS.header
    if kind == "csv":
        assert again.column("class").cells() == ["WBC", NASTY, "WBC"]
        return
    rounded = kind == "xlsx"
    for stored, meant in zip(again.columns, OBJECTS.columns, strict=True):
        assert stored.cells() == (meant.cells() if rounded else meant.exact_cells())
        assert (stored.unit, stored.description) == (meant.unit, meant.description)


def test_anndata_reads_cells_measurements_places_and_units(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason="anndata is not installed; `make setup` brings it")
    counts = Table("counts", (Column("class", ["WBC"]), Column("count", [2], "cells", "how many")))
    path = write_h5ad(tmp_path / "t.h5ad", OBJECTS, ["A note."], {"model_sha256": "ab"}, [counts])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)
        data = anndata.read_h5ad(path)
    assert list(data.obs_names) == ["a-1", "a-2", "b-1"]
    measured = ["score", "centre-0", "centre-1", "area", "intensity_mean-red"]
    assert list(data.var_names) == measured
    for number, name in enumerate(measured):
        cells = OBJECTS.column(name).exact_cells()
        np.testing.assert_array_equal(data.X[:, number], [math.nan if c is None else c for c in cells])
    assert list(data.var["unit"]) == ["", "px", "px", "px²", ""]
    assert list(data.obs["class"]) == ["WBC", NASTY, "WBC"]
    assert list(data.obs["neighbours"]) == [0, 3, 2]
    assert data.obs["marked"].tolist()[0] is True and data.obs["rank"].isna().tolist() == [False, True, False]
    np.testing.assert_array_equal(data.obsm["spatial"], [[10.5, 1.5], [20.5, 2.5], [30.5, 3.5]])
    assert data.uns["units"]["area"] == "px²"
    assert list(data.uns["cellwright"]["notes"]) == ["A note."]
    assert data.uns["cellwright"]["facts"]["model_sha256"] == "ab"
    assert data.uns["cellwright"]["counts"]["count"].tolist() == [2]


def test_anndata_writes_what_it_read_without_a_change(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason="anndata is not installed; `make setup` brings it")
    import pandas as pd

    with pd.option_context("future.infer_string", False):  # anndata 0.12 cannot write pandas 3's own text
        first = anndata.read_h5ad(write_h5ad(tmp_path / "t.h5ad", OBJECTS, ["A note."]))
    first.write_h5ad(tmp_path / "again.h5ad")
    again = read_table(tmp_path / "again.h5ad")
    for stored, meant in zip(again.columns, OBJECTS.columns, strict=True):
        assert stored.cells() == meant.exact_cells(), stored.name


def test_the_table_says_to_spatialdata_which_region_and_which_object(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason="anndata is not installed; `make setup` brings it")
    data = anndata.read_h5ad(write_h5ad(tmp_path / "t.h5ad", OBJECTS))
    said = data.uns["spatialdata_attrs"]
    assert (said["region_key"], said["instance_key"]) == ("region", "instance_id")
    assert list(said["region"]) == ["one.png", "=two.png"] == list(data.obs["region"].cat.categories)
    assert data.obs["instance_id"].tolist() == [1, 2, 1] and data.obs["instance_id"].dtype == np.int64
    one = Table("objects", tuple(Column(c.name, c.cells()[:2], c.unit) for c in OBJECTS.columns))
    alone = anndata.read_h5ad(write_h5ad(tmp_path / "one.h5ad", one))
    assert alone.uns["spatialdata_attrs"]["region"] == "one.png"


def test_sqlite_answers_by_class_and_by_picture(tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / "t.sqlite", [OBJECTS], ["A note.", "=1+1"], {"model_sha256": "ab"})
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT picture, class, objects, mean_area FROM objects_by_class").fetchall()
        assert rows == [("=two.png", "WBC", 1, 3.25), ("one.png", NASTY, 1, None), ("one.png", "WBC", 1, 100.0)]
        assert database.execute("SELECT picture, objects FROM pictures").fetchall() == [("=two.png", 1), ("one.png", 2)]
        unit = database.execute("""SELECT unit, meaning FROM units WHERE "column" = 'area'""").fetchone()
        assert unit == ("px²", "area")
        assert [row[0] for row in database.execute("SELECT sentence FROM notes ORDER BY number")] == ["A note.", "=1+1"]
        assert database.execute("SELECT value FROM facts").fetchone() == ("ab",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    "name", ['a"b', "x'); DROP TABLE units; --", '"); DROP TABLE units; --', "SELECT", "a.b [c] `d`"]
)
def test_names_are_never_words_of_sql(tmp_path: Path, name: str) -> None:
    """Of tables, columns and cells; the file is read back by the same name."""
    table = Table(name, (Column(name, [name, None], "µm", name), Column("n", [1, 2], "", "")))
    path = write_sqlite(tmp_path / "t.sqlite", [table, OBJECTS], [name], {name: name})
    again = read_table(path, name)
    assert again.header == [name, "n"]
    assert [list(column.values) for column in again.columns] == [[name, None], [1, 2]]
    assert len(read_table(path).columns) == len(OBJECTS.columns)
    with pytest.raises(BadParameter, match="has no table"):
        read_table(path, f"{name}'; --")


def test_sqlite_takes_names_that_differ_in_capitals_alone(tmp_path: Path) -> None:
    table = Table("objects", (Column("Area", [1.5]), Column("area", [2.5]), Column('a"b', ["x"])))
    again = read_table(write_sqlite(tmp_path / "t.sqlite", [table]))
    assert again.header == ["Area", "area", 'a"b'] and again.rows() == [(1.5, 2.5, "x")]


def test_qupath_finds_its_own_columns(tmp_path: Path) -> None:
    path = write_qupath_tsv(tmp_path / "measurements.tsv", OBJECTS, has_outlines=True)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows[0] == [
        *("Image", "Object ID", "Object type", "Name", "Classification", "Parent", "ROI"),
        *("Centroid X px", "Centroid Y px", "Detection probability", "Area px^2", "red: Mean"),
        *("neighbours", "marked", "rank"),
    ]
    assert rows[1][:9] == ["one.png", "a-1", "Detection", "", "WBC", "Root object (Image)", "Polygon", "10.50", "1.50"]
    assert rows[2][4] == f"'{NASTY}" and rows[3][0] == "'=two.png", "a formula"
    assert rows[2][10] == "" and rows[3][10] == "3.2"


def test_an_object_known_by_its_box_alone_has_a_place_beside_others_that_have_outlines(tmp_path: Path) -> None:
    import anndata

    unknown = np.array([11.0, math.nan, math.nan])
    table = Table(
        "objects",
        (*OBJECTS.columns, Column("centroid-0", unknown, "px", "y"), Column("centroid-1", unknown + 20, "px", "x")),
    )
    cells = anndata.read_h5ad(write_h5ad(tmp_path / "o.h5ad", table))
    np.testing.assert_array_equal(cells.obsm["spatial"], [(31.0, 11.0), (20.5, 2.5), (30.5, 3.5)])
    write_qupath_tsv(tmp_path / "m.tsv", table, has_outlines=True)
    with (tmp_path / "m.tsv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter="\t"))
    places = [(float(line["Centroid X px"]), float(line["Centroid Y px"])) for line in lines]
    assert places == [(31.0, 11.0), (20.5, 2.5), (30.5, 3.5)]


def test_qupath_gets_micrometres_where_every_pixel_size_is_known(tmp_path: Path) -> None:
    more = (
        Column("centre-0_um", [1.0] * 3, "µm"),
        Column("centre-1_um", [2.0] * 3, "µm"),
        Column("area_um2", [5.0] * 3, "µm²"),
    )
    path = write_qupath_tsv(tmp_path / "m.tsv", Table("objects", (*OBJECTS.columns, *more)), has_outlines=False)
    header = path.read_text(encoding="utf-8").splitlines()[0].split("\t")
    assert header[7:9] == ["Centroid X µm", "Centroid Y µm"] and "Area µm^2" in header
    assert not [name for name in header if "px" in name]
    unknown = (Column("centre-0_um", [None, 1.0, 1.0], "µm"), Column("centre-1_um", [None, 1.0, 1.0], "µm"))
    path = write_qupath_tsv(tmp_path / "n.tsv", Table("objects", (*OBJECTS.columns, *unknown)), has_outlines=False)
    assert "Centroid X px" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", list(WRITERS))
def test_nothing_is_replaced_without_leave_and_a_damaged_file_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t.{kind}"
    path.write_bytes(b"\xff\xfeold")
    with pytest.raises(OutputExists):
        WRITERS[kind](path, OBJECTS)
    with pytest.raises(BadParameter, match="cannot be read as a table"):
        read_table(path)


@pytest.mark.parametrize("kind", ["xlsx", "sqlite", "h5ad"])
def test_a_table_that_is_not_there_is_named(tmp_path: Path, kind: str) -> None:
    path = WRITERS[kind](tmp_path / f"t.{kind}", OBJECTS)
    with pytest.raises(BadParameter, match="'plates'"):
        read_table(path, "plates")
    with pytest.raises(BadParameter, match="no table that can be read back"):
        read_table(tmp_path / "t.docx")


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "xlsx"])  # a workbook says when it was made
def test_the_same_table_makes_the_same_bytes(tmp_path: Path, kind: str) -> None:
    first, second = (WRITERS[kind](tmp_path / f"{n}.{kind}", OBJECTS).read_bytes() for n in (1, 2))
    assert first == second
