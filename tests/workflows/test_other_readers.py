"""One export, read by other programs' own readers: every file tells of the same objects, with the same units."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import tifffile

from cellwright.jobs import run_inline
from cellwright.workflows import ExportAnalyses, ExportFormat
from tests.workflows.outlined import nuclei

FORMATS = tuple(ExportFormat(name) for name in ("csv", "xlsx", "parquet", "sqlite", "h5ad", "qupath", "labels"))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of nuclei, measured, in every kind of table and as label images."""
    folder = tmp_path_factory.mktemp("readers")
    first, second = nuclei(folder, name="one.png"), nuclei(folder, name="two.png")
    # The same pixels would give the same ids.
    ids = np.frombuffer(np.arange(4 * len(second.objects), dtype=np.uint32).tobytes(), "V16")
    analyses = (first, replace(second, objects=replace(second.objects, ids=ids)))
    run_inline(ExportAnalyses(analyses, folder / "out", FORMATS, measured=("geometry", "intensity")))
    return folder / "out"


@pytest.fixture(scope="module")
def parquet(out: Path) -> pd.DataFrame:
    return pd.read_parquet(out / "objects.parquet")


def test_parquet_says_the_unit_of_every_column(out: Path, parquet: pd.DataFrame) -> None:
    schema = pq.read_schema(out / "objects.parquet")
    unit = {field.name: (field.metadata or {}).get(b"unit", b"").decode("utf-8") for field in schema}
    assert (unit["area_um2"], unit["area"], unit["perimeter_crofton_um"]) == ("µm²", "px²", "µm")
    for name, said in unit.items():
        for end, wanted in (("_um", "µm"), ("_um2", "µm²")):
            if name.endswith(end):
                assert said == wanted, name
    assert all((field.metadata or {}).get(b"description") for field in schema)
    # Pixels of 0.5 × 0.25 µm: the areas in µm² follow from those in pixels.
    assert np.allclose(parquet["area_um2"], parquet["area"] * 0.125, rtol=1e-9)


def test_every_table_tells_of_the_same_objects(out: Path, parquet: pd.DataFrame) -> None:
    ids = parquet["uuid"].tolist()
    assert len(ids) == len(set(ids)) > 20
    of_csv = pd.read_csv(out / "objects.csv")
    assert of_csv["uuid"].tolist() == ids
    assert np.allclose(of_csv["area_um2"], parquet["area_um2"], atol=5e-4)
    with closing(openpyxl.load_workbook(out / "results.xlsx", read_only=True)) as book:
        header, *rows = book["objects"].iter_rows(values_only=True)
    at = header.index("area_um2")
    assert [row[header.index("uuid")] for row in rows] == ids
    assert np.allclose([float(str(row[at])) for row in rows], parquet["area_um2"], atol=5e-4)
    with closing(sqlite3.connect(out / "results.sqlite")) as database:
        found = database.execute("SELECT uuid, area_um2, picture FROM objects").fetchall()
        grouped = database.execute("SELECT picture, class, objects, mean_area_um2 FROM objects_by_class").fetchall()
        units = dict(database.execute("""SELECT "column", unit FROM units WHERE "table" = 'objects'""").fetchall())
    assert [row[0] for row in found] == ids and np.array_equal([row[1] for row in found], parquet["area_um2"])
    means = parquet.groupby("picture")["area_um2"].agg(["count", "mean"])
    for picture, kind, count, mean in grouped:
        assert kind == "nucleus" and count == means.loc[picture, "count"]
        assert mean == pytest.approx(means.loc[picture, "mean"], rel=1e-12)
    assert units["area_um2"] == "µm²"


def test_anndata_has_cells_measurements_places_and_regions(out: Path, parquet: pd.DataFrame) -> None:
    cells = anndata.read_h5ad(out / "objects.h5ad")
    assert np.array_equal(cells[:, "area_um2"].X.ravel(), parquet["area_um2"])
    assert cells.var.loc["area_um2", "unit"] == "µm²" == cells.uns["units"]["area_um2"]
    assert np.array_equal(cells.obsm["spatial"], parquet[["centroid-1", "centroid-0"]].to_numpy())
    said = cells.uns["spatialdata_attrs"]
    assert list(said["region"]) == ["one.png", "two.png"] and cells.obs["region"].dtype == "category"
    # What SpatialData joins by: the object's number is the value of its pixels in the label image.
    for picture, rows in cells.obs.groupby("region", observed=True):
        labels = tifffile.imread(out / "labels" / f"{Path(str(picture)).stem}.tif")
        areas = np.bincount(labels.ravel())
        mine = parquet[parquet["picture"] == picture]
        assert np.array_equal(areas[rows[said["instance_key"]].to_numpy()], mine["area"])


def test_qupath_measures_what_we_do(out: Path, parquet: pd.DataFrame) -> None:
    table = pd.read_csv(out / "measurements.tsv", sep="\t")
    assert table["Image"].tolist() == parquet["picture"].tolist()
    assert np.allclose(table["Area µm^2"], parquet["area_um2"], atol=5e-4)
    assert set(table["Object type"]) == {"Detection"} and {"Solidity", "Circularity"} <= set(table.columns)
    assert any(name.endswith(": Mean") for name in table.columns), sorted(table.columns)
