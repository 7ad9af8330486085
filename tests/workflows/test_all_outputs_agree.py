"""Every output of one corrected project tells the same: the same cells under the same ids, classes and areas.

What is right is known from the masks that the test itself draws, and never from the program. The project has what makes
outputs disagree: two pictures of one name, pixels that are not square and were entered by hand, a renamed class,
cells that people rejected, accepted below the threshold, moved to another class and drew, as outline and as box.
"""

from __future__ import annotations

import csv
import json
import sqlite3
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from cellwright.annotation import (
    Edit,
    EditKind,
    Geometry,
    ModelRecord,
    ObjectState,
    RecordChange,
    RunRecord,
    Status,
    added,
)
from cellwright.core import Objects, PixelSize, PixelSizeSource
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.shapes import masks_from_labels
from cellwright.workflows import analyses_of_project
from cellwright.workflows.exporting import ExportAnalyses
from tests.workflows.outlined import card

SHAPE = (60, 90)
SIZE = PixelSize(0.5, 0.25, PixelSizeSource.USER)
LIMIT = 0.6
MODEL = card("two-kinds", "instances", {"kind": "stars"}, "small", "large")
CLASSES = ("tiny", "large")
"""As the project calls them in the end: the model's *small* was renamed."""

FORMATS = (
    *("csv", "xlsx", "parquet", "sqlite", "h5ad", "qupath", "coco", "coco-polygons", "yolo", "yolo-polygons", "voc"),
    *("labels", "ome-tiff", "ome-zarr", "index-png", "geojson", "roi", "overlay"),
)


@dataclass(frozen=True)
class Cell:
    """One cell that counts: what every output must say of it; `area` is None where only its box is known."""

    picture: int
    name: str
    kind: str
    area: int | None
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Made:
    """The outputs, and what they must say."""

    out: Path
    cells: tuple[Cell, ...]
    hashes: tuple[str, str]
    stems: tuple[str, str]

    def of(self, picture: int) -> list[Cell]:
        return [cell for cell in self.cells if cell.picture == picture]

    def told(self, picture: int) -> dict[str, tuple[str, int | None]]:
        return {cell.name: (cell.kind, cell.area) for cell in self.of(picture)}


def drawn(rng: np.random.Generator) -> tuple[Objects, list[dict[str, Any]]]:
    """Return nine rectangles with a bite out of each, with what is true of them."""
    labels = np.zeros(SHAPE, np.int32)
    facts = []
    for at in range(9):
        y, x = 2 + 19 * (at // 3), 3 + 29 * (at % 3)
        height, width = rng.integers(6, 15), rng.integers(8, 24)
        labels[y : y + height, x : x + width] = at + 1
        labels[y : y + 2, x : x + 3] = 0
        kind = int(rng.integers(0, 2))
        facts.append({"area": int((labels == at + 1).sum()), "kind": kind, "box": (y, x, y + height, x + width)})
    masks, _ = masks_from_labels(labels)
    scores = np.linspace(0.35, 0.95, 9).astype(np.float32)
    ids = np.frombuffer(rng.bytes(16 * 9), "V16")
    kinds = np.array([each["kind"] for each in facts], np.int16)
    for fact, name, score in zip(facts, ids, scores.tolist(), strict=True):
        fact |= {"name": str(uuid.UUID(bytes=name.tobytes())), "score": score}
    return Objects(ids, masks.boxes().astype(np.float32), kinds, scores, MODEL.class_names, MODEL.source, masks), facts


def corrected_project(folder: Path) -> tuple[Project, tuple[Cell, ...]]:
    """Return a project of two pictures of one name, as people left it, and the cells that count."""
    rng = np.random.default_rng(7)
    paths = [folder / part / "field.png" for part in ("left", "right")]
    for path in paths:
        path.parent.mkdir(parents=True)
        Image.fromarray(rng.integers(90, 200, (*SHAPE, 3), np.uint8)).save(path)
    project = Project.create(folder / "project")
    project.add_pictures(paths, "A.")
    project.add_classes([(each.name, each.title, each.colour, "") for each in MODEL.classes], "A.")
    limits = MODEL.thresholds.model_copy(update={"confidence": dict.fromkeys(MODEL.class_names, LIMIT)})
    text = MODEL.model_copy(update={"thresholds": limits}).model_dump_json()
    cells: list[Cell] = []
    for picture in (1, 2):
        model = ModelRecord(1, MODEL.name, MODEL.model_hash, text)
        new = [RecordChange(None, model)] if picture == 1 else []
        found, facts = drawn(rng)
        run = RunRecord(picture, picture, 1, "{}", 1.0)
        project.add_objects(picture, found, "A.", records=[*new, RecordChange(None, run)])
        project.set_pixel_size(picture, SIZE, "A.")
        by_score = sorted(facts, key=lambda fact: fact["score"])
        accepted, rejected, moved = by_score[0], by_score[-1], by_score[-2]
        for fact, status in ((accepted, Status.ACCEPTED), (rejected, Status.REJECTED)):
            project.change_objects([uuid.UUID(fact["name"])], "B.", status=status)
        moved["kind"] = 1 - moved["kind"]
        project.change_objects([uuid.UUID(moved["name"])], "B.", class_id=moved["kind"] + 1)
        counts = [f for f in facts if f is accepted or (f["score"] >= LIMIT and f is not rejected)]
        cells += [Cell(picture, f["name"], CLASSES[f["kind"]], f["area"], f["box"]) for f in counts]
    outline = Geometry.of_polygon([np.array([[55, 2], [55, 38], [59, 38], [59, 2]], np.float64)])
    for geometry, area, box in (
        (outline, 144, (55, 2, 59, 38)),
        (Geometry.of_box(55, 60, 59, 77), None, (55, 60, 59, 77)),
    ):
        before = {each.id for each in project.objects_in(2)}
        project.apply(added(2, [ObjectState(geometry, 2, None, "person:B.", Status.ACCEPTED)]), "B.")
        (name,) = {each.id for each in project.objects_in(2)} - before
        cells.append(Cell(2, str(name), "large", area, box))
    small = project.classes()[0]
    change = RecordChange(small, replace(small, name="tiny"))
    project.apply(Edit(EditKind.CLASSES, records=(change,)), "B.")
    return project, tuple(cells)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("outputs")
    project, cells = corrected_project(folder)
    with project:
        analyses, left_out = analyses_of_project(project)
        records = project.pictures()
    assert not left_out
    run_inline(
        ExportAnalyses(
            tuple(analyses), folder / "out", FORMATS, with_pictures=True, manifest=True, project=project.folder
        )
    )
    return Made(folder / "out", cells, (records[0].sha256, records[1].sha256), ("field", "field_2"))


def test_the_test_itself_has_every_hard_case(made: Made) -> None:
    kinds = Counter((cell.picture, cell.kind) for cell in made.cells)
    assert all(kinds[picture, kind] for picture in (1, 2) for kind in CLASSES)
    assert sum(cell.area is None for cell in made.cells) == 1


def rows_of_csv(made: Made) -> list[dict[str, Any]]:
    with (made.out / "objects.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def rows_of_xlsx(made: Made) -> list[dict[str, Any]]:
    import openpyxl

    with closing(openpyxl.load_workbook(made.out / "results.xlsx", read_only=True)) as book:
        header, *rows = book["objects"].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def rows_of_parquet(made: Made) -> list[dict[str, Any]]:
    import pyarrow.parquet

    found: list[dict[str, Any]] = pyarrow.parquet.read_table(made.out / "objects.parquet").to_pylist()
    return found


def rows_of_sqlite(made: Made) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(made.out / "results.sqlite")) as database:
        found = database.execute("SELECT * FROM objects")
        return [dict(zip([each[0] for each in found.description], row, strict=True)) for row in found]


def rows_of_h5ad(made: Made) -> list[dict[str, Any]]:
    import anndata

    cells = anndata.read_h5ad(made.out / "objects.h5ad")
    names = list(cells.var_names)
    return [
        {
            "uuid": name,
            "class": kind,
            "picture_sha256": sha256,
            "label": label,
            **dict(zip(names, values, strict=True)),
        }
        for name, kind, sha256, label, values in zip(
            cells.obs_names, cells.obs["class"], cells.obs["picture_sha256"], cells.obs["label"], cells.X, strict=True
        )
    ]


TABLES: dict[str, Callable[[Made], list[dict[str, Any]]]] = {
    "csv": rows_of_csv,
    "xlsx": rows_of_xlsx,
    "parquet": rows_of_parquet,
    "sqlite": rows_of_sqlite,
    "h5ad": rows_of_h5ad,
}


def number(value: Any) -> float | None:
    return None if value in (None, "") or np.isnan(float(value)) else float(value)


@pytest.mark.parametrize("kind", TABLES)
def test_every_table_tells_the_cells_with_class_and_area_in_both_units(made: Made, kind: str) -> None:
    rows = TABLES[kind](made)
    for picture, sha256 in zip((1, 2), made.hashes, strict=True):
        here = [row for row in rows if row["picture_sha256"] == sha256]
        assert {row["uuid"]: (row["class"], number(row["area"])) for row in here} == made.told(picture)
        assert sorted(int(row["label"]) for row in here) == list(range(1, len(here) + 1))
        for row in here:
            area = number(row["area"])
            expected = None if area is None else pytest.approx(area * 0.125)
            assert number(row["area_um2"]) == expected, "0.5 × 0.25 µm"
    assert len(rows) == len(made.cells)


def test_counts_are_told_picture_by_picture_though_two_have_one_name(made: Made) -> None:
    with (made.out / "counts.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for picture, sha256 in zip((1, 2), made.hashes, strict=True):
        here = {row["class"]: row for row in rows if row["picture_sha256"] == sha256}
        counts = Counter(cell.kind for cell in made.of(picture))
        areas = Counter(dict.fromkeys(CLASSES, 0))
        for cell in made.of(picture):
            areas[cell.kind] += cell.area or 0
        assert {kind: int(here[kind]["count"]) for kind in CLASSES} == counts
        assert {kind: float(here[kind]["area_px2"]) for kind in CLASSES} == areas
        assert int(here["all"]["count"]) == len(made.of(picture))
        share = 100 * counts["large"] / len(made.of(picture))
        assert float(here["large"]["share_percent"]) == pytest.approx(share, abs=0.005)
        mm2 = SHAPE[0] * SHAPE[1] * 0.125e-6
        assert float(here["large"]["per_mm2"]) == pytest.approx(counts["large"] / mm2, abs=0.05)
    with closing(sqlite3.connect(made.out / "results.sqlite")) as database:
        found = database.execute("SELECT picture_sha256, class, objects FROM objects_by_class").fetchall()
        facts = [each for (each,) in database.execute("SELECT value FROM facts WHERE name LIKE 'picture %'")]
    assert facts == list(made.hashes)
    kinds = Counter((made.hashes[cell.picture - 1], cell.kind) for cell in made.cells)
    assert {(sha256, kind): n for sha256, kind, n in found} == kinds


def test_spatialdata_keys_lead_from_each_cell_to_its_pixels(made: Made) -> None:
    import anndata

    cells = anndata.read_h5ad(made.out / "objects.h5ad")
    regions = {region: made.hashes.index(sha256) for region, sha256 in zip(
        cells.obs["region"], cells.obs["picture_sha256"], strict=True
    )}  # fmt: skip
    assert sorted(regions.values()) == [0, 1], "pictures of one name are two regions"
    areas = {cell.name: cell.area for cell in made.cells}
    for name, region, instance in zip(cells.obs_names, cells.obs["region"], cells.obs["instance_id"], strict=True):
        labels = tifffile.imread(made.out / "labels" / f"{made.stems[regions[region]]}.tif")
        assert int((labels == instance).sum()) == (areas[name] or 0)


@pytest.mark.parametrize("kind", ["coco", "coco-polygons"])
def test_coco_tells_the_same_cells(made: Made, kind: str) -> None:
    content = json.loads((made.out / kind / "annotations.json").read_text(encoding="utf-8"))
    names = {each["id"]: each["name"] for each in content["categories"]}
    told = {}
    for each in content["annotations"]:
        assert each["area"] > 0
        told[each["image_id"], each["uuid"]] = (names[each["category_id"]], each["area"])
    expected = {}
    for cell in made.cells:
        y0, x0, y1, x1 = cell.box
        area = (y1 - y0) * (x1 - x0) if cell.area is None else cell.area  # of a box alone, its own
        expected[cell.picture, cell.name] = (cell.kind, area)
    assert told == expected


def test_boxes_of_yolo_and_voc_are_as_many(made: Made) -> None:
    import defusedxml.ElementTree

    for picture, stem in zip((1, 2), made.stems, strict=True):
        counts = Counter(cell.kind for cell in made.of(picture))
        for folder in ("yolo", "yolo-polygons"):
            lines = next((made.out / folder).rglob(f"{stem}.txt")).read_text().splitlines()
            assert Counter(CLASSES[int(line.split()[0])] for line in lines) == counts
        found = defusedxml.ElementTree.parse(next((made.out / "voc").rglob(f"{stem}.xml"))).findall("object/name")
        assert Counter(each.text for each in found) == counts


def test_outlines_for_qupath_and_imagej_are_the_same_cells(made: Made) -> None:
    for picture, stem in zip((1, 2), made.stems, strict=True):
        features = json.loads((made.out / "geojson" / f"{stem}.geojson").read_text(encoding="utf-8"))["features"]
        told = {
            each["id"]: (each["properties"]["classification"]["name"], each["properties"]["measurements"].get("area"))
            for each in features
        }
        assert told == made.told(picture)
        numbers = {row["uuid"]: int(row["label"]) for row in rows_of_csv(made)}
        with zipfile.ZipFile(made.out / "roi" / f"{stem}.zip") as archive:
            names = sorted(Path(each).stem for each in archive.namelist())
        assert names == sorted(f"{numbers[cell.name]:05d}-{cell.kind}" for cell in made.of(picture))
    with (made.out / "measurements.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    told = {row["Object ID"]: (row["Classification"], number(row["Area µm^2"])) for row in rows}
    areas = {cell.name: None if cell.area is None else pytest.approx(cell.area * 0.125) for cell in made.cells}
    assert told == {cell.name: (cell.kind, areas[cell.name]) for cell in made.cells}


def test_pixels_of_every_label_image_are_the_cells_of_the_table(made: Made) -> None:
    import zarr

    for picture, stem in zip((1, 2), made.stems, strict=True):
        numbers = {row["uuid"]: int(row["label"]) for row in rows_of_csv(made)}
        expected = {numbers[cell.name]: cell.area for cell in made.of(picture) if cell.area is not None}
        labels = tifffile.imread(made.out / "labels" / f"{stem}.tif")
        group = zarr.open_group(made.out / "ome-zarr" / f"{stem}.ome.zarr" / "labels", mode="r")
        (name,) = group.attrs["ome"]["labels"]  # type: ignore[index, call-overload, misc]
        images = (
            labels,
            tifffile.imread(made.out / "ome-tiff" / f"{stem}.ome.tif"),
            np.squeeze(np.asarray(group[name]["0"])),  # type: ignore[index]
        )
        for image in images:
            values, counts = np.unique(image[image > 0], return_counts=True)
            assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == expected
        index = np.asarray(Image.open(made.out / "index-png" / f"{stem}.png"))
        areas = [sum(cell.area or 0 for cell in made.of(picture) if cell.kind == kind) for kind in CLASSES]
        assert [int((index == value).sum()) for value in (1, 2)] == areas


def test_the_manifest_and_the_report_tell_the_same_counts(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cellwright.cli import main
    from cellwright.workflows.report_making import source_of
    from cellwright.workflows.sure_counts import sure_counts

    manifest = json.loads((made.out / "manifest.json").read_text(encoding="utf-8"))
    for picture, said in zip((1, 2), manifest["pictures"], strict=True):
        assert said["found"]["counted"] == Counter(cell.kind for cell in made.of(picture))
    counts = Counter(cell.kind for cell in made.cells)
    for origin in (made.out, made.out.parent / "project"):
        source = source_of(origin)
        table = sure_counts(source.analyses, source.thresholds)
        assert {row.name: row.count for row in table.rows} == counts
        assert table.total.per_mm2 == pytest.approx(len(made.cells) / (2 * SHAPE[0] * SHAPE[1] * 0.125e-6))
        page = tmp_path / f"{origin.name}.html"
        assert main(["report", str(origin), "--out", str(page)]) == 0
        text = page.read_text(encoding="utf-8")
        assert f"<td>{counts['large']}</td>" in text or f">{counts['large']}<" in text
    capsys.readouterr()
    main(["verify", str(made.out / "manifest.json")])
    verified = capsys.readouterr().out.splitlines()
    assert [line for line in verified if not line.startswith("same")] == [
        line for line in verified if "two-kinds" in line
    ], "but for the model, which no shelf has"
