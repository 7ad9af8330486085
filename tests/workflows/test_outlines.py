"""Areas, the cardiothoracic ratio and every way out of an analysis with outlines."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import roifile
import tifffile
import zarr
from PIL import Image

from cellwright.core import BadParameter, Objects
from cellwright.measure import cardiothoracic_ratio
from cellwright.workflows import (
    Analysis,
    ExportFormat,
    add_areas,
    area_table,
    chest_ratio,
    count_table,
    counts_table,
    export_analyses,
    finds_areas,
    finds_outlines,
    objects_table,
    planned_outputs,
    refuse_formats_without_outlines,
    with_channels,
)
from tests.workflows.outlined import CHEST, FIELD, SIZE, chest, nuclei

ALL = tuple(ExportFormat)


def test_areas_are_the_pixels_of_the_mask(tmp_path: Path) -> None:
    table = area_table(chest(tmp_path, SIZE))
    true = np.bincount(CHEST.mask().ravel(), minlength=4)
    assert [row.area_px2 for row in table.rows] == true[1:].tolist()
    assert [row.area_um2 for row in table.rows] == (0.125 * true[1:]).tolist()
    assert [row.percent for row in table.rows] == pytest.approx((100 * true[1:] / true.sum()).tolist())
    assert [row.title for row in table.rows] == ["Right lung", "Left lung", "Heart"]
    assert (table.total.area_px2, table.total.objects) == (true[1:].sum(), 3)
    assert table.is_complete and table.analysed_px2 == 160 * 160


def test_a_share_is_of_what_was_analysed(tmp_path: Path) -> None:
    table = area_table(chest(tmp_path, half=True))
    assert not table.is_complete and "1 of 2 tiles" in table.note
    assert table.rows[2].percent == pytest.approx(100 * (CHEST.mask() == 3).sum() / (80 * 160))
    assert table.rows[2].area_um2 is None and table.analysed_um2 is None


def test_areas_of_pictures_add_up(tmp_path: Path) -> None:
    one, other = area_table(chest(tmp_path, SIZE)), area_table(chest(tmp_path, name="b.png", half=True))
    both = add_areas([one, other], ["a", "b"])
    assert both.rows[0].area_px2 == 2 * one.rows[0].area_px2 and both.rows[0].objects == 2
    assert both.rows[0].area_um2 is None  # of one picture nobody knows the pixel size
    assert both.rows[0].percent == pytest.approx(100 * both.rows[0].area_px2 / (1.5 * 160 * 160))
    assert not both.is_complete and both.note.startswith("b: ")
    assert add_areas([one, one]).total.area_um2 == 2 * one.total.area_um2  # type: ignore[operator]
    with pytest.raises(BadParameter, match="different classes"):
        add_areas([one, area_table(nuclei(tmp_path))])


def test_outlined_objects_are_counted_like_boxes(tmp_path: Path) -> None:
    analysis = nuclei(tmp_path)
    table = count_table(analysis)
    assert table.row("nucleus").count == len(FIELD.truth()) > 10
    bare = analysis.with_objects(_without_masks(analysis.objects))
    assert count_table(bare) == table


def test_boxes_have_no_areas_and_no_new_columns(make_analysis: Callable[..., Analysis]) -> None:
    analysis = make_analysis()
    assert not finds_outlines(analysis.card) and not finds_areas(analysis.card)
    with pytest.raises(BadParameter, match="three-kinds finds boxes and no outlines"):
        area_table(analysis)
    assert not {"label", "area", "perimeter_crofton"} & set(objects_table([analysis]).header)
    assert "area_percent" not in counts_table([analysis]).header
    assert chest_ratio(analysis) is None


def test_the_objects_table_measures_outlines(tmp_path: Path, make_analysis: Callable[..., Analysis]) -> None:
    analysis = nuclei(tmp_path)
    table = objects_table([make_analysis(), analysis])
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows()]
    assert [row["area"] for row in rows[:3]] == [None] * 3
    row, masks = rows[3], analysis.objects.masks
    assert masks is not None
    assert row["label"] == 1 and row["area"] == masks.areas()[0]
    assert row["area_um2"] == pytest.approx(masks.areas()[0] * 0.125)
    assert row["centroid-0_um"] == pytest.approx(0.5 * row["centroid-0"], abs=0.003)
    assert 0.8 * np.pi < row["perimeter_crofton"] ** 2 / row["area"] / 4 < 1.6 * np.pi


def test_the_counts_table_has_areas_where_they_are_known(tmp_path: Path) -> None:
    table = counts_table([chest(tmp_path, SIZE)])
    rows = [dict(zip(table.header, row, strict=True)) for row in table.rows()]
    true = np.bincount(CHEST.mask().ravel(), minlength=4)[1:]
    assert [row["area_px2"] for row in rows] == [*true.tolist(), true.sum()]
    assert rows[2]["area_percent"] == pytest.approx(100 * true[2] / 160**2, abs=1e-3)
    assert rows[2]["area_um2"] == pytest.approx(0.125 * true[2])


def test_the_chest_has_a_ratio_and_a_chest_without_heart_has_none(tmp_path: Path) -> None:
    analysis = chest(tmp_path)
    masks = analysis.objects.masks
    assert masks is not None
    expected = cardiothoracic_ratio(*(masks.take(np.array([i])) for i in range(3)))
    found = chest_ratio(analysis)
    assert found == expected and 0.4 < found.ratio < 0.55
    assert chest_ratio(analysis.with_objects(analysis.objects.take(np.array([0, 1])))) is None
    assert chest_ratio(nuclei(tmp_path)) is None


def test_every_format_holds_the_same_outlines(tmp_path: Path) -> None:
    analyses = [nuclei(tmp_path), nuclei(tmp_path, None, name="b.tif")]
    out = tmp_path / "out"
    written = export_analyses(analyses, out, ALL)
    assert set(written) == set(planned_outputs(out, ALL, ["nuclei.png", "b.tif"]))
    assert all(path.exists() for path in written)
    values = np.unique(FIELD.labels())
    expected = np.searchsorted(values, FIELD.labels())
    for name in ("labels/nuclei.tif", "ome-tiff/b.ome.tif"):
        np.testing.assert_array_equal(tifffile.imread(out / name), expected)
    group = zarr.open_group(str(out / "ome-zarr" / "nuclei.ome.zarr"), mode="r")
    np.testing.assert_array_equal(group["labels/objects/0"][:], expected)
    np.testing.assert_array_equal(np.asarray(Image.open(out / "index-png" / "b.png")), expected > 0)
    uuids = analyses[0].objects.id_strings()
    features = json.loads((out / "geojson" / "nuclei.geojson").read_text("utf-8"))["features"]
    assert [feature["id"] for feature in features] == uuids
    assert len(roifile.roiread(out / "roi" / "nuclei.zip")) == len(uuids)
    for name in ("coco", "coco-polygons"):
        annotations = json.loads((out / name / "annotations.json").read_text("utf-8"))["annotations"]
        assert [a["uuid"] for a in annotations if a["image_id"] == 1] == uuids
        assert [a["area"] for a in annotations][: len(uuids)] == analyses[0].objects.masks.areas().tolist()  # type: ignore[union-attr]
    with (out / "objects.csv").open(encoding="utf-8", newline="") as stream:
        labels = [int(row["label"]) for row in csv.DictReader(stream)]
    assert labels == [*range(1, len(uuids) + 1)] * 2


def test_an_empty_picture_has_files_of_nothing(tmp_path: Path) -> None:
    empty = nuclei(tmp_path)
    empty = empty.with_objects(Objects.empty(empty.card.class_names))
    written = export_analyses([empty], tmp_path / "out", ALL)
    assert len(written) == len(planned_outputs(tmp_path / "out", ALL, ["nuclei.png"]))
    assert not tifffile.imread(tmp_path / "out" / "labels" / "nuclei.tif").any()


def test_formats_that_need_outlines_are_refused_for_boxes_before_anything_is_written(
    tmp_path: Path, make_analysis: Callable[..., Analysis]
) -> None:
    with pytest.raises(BadParameter, match="three-kinds finds boxes and no outlines, which labels needs; leave it out"):
        export_analyses([make_analysis()], tmp_path / "out", (ExportFormat.CSV, ExportFormat.LABELS))
    assert not (tmp_path / "out").exists()
    with pytest.raises(BadParameter, match="which labels, index-png need; leave them out"):
        refuse_formats_without_outlines((ExportFormat.LABELS, ExportFormat.INDEX_PNG), "m")
    refuse_formats_without_outlines((ExportFormat.GEOJSON, ExportFormat.COCO), "m")


def test_the_overlay_of_a_chest_shows_the_widths(tmp_path: Path) -> None:
    analysis = chest(tmp_path)
    export_analyses([analysis], tmp_path / "out", (ExportFormat.OVERLAY,))
    drawn = np.asarray(Image.open(tmp_path / "out" / "overlays" / "chest.png"))
    found = chest_ratio(analysis)
    assert found is not None and drawn.shape[0] > 160
    for line in (found.heart_line, found.thorax_line):
        assert drawn[round(line.y), round((line.x0 + line.x1) / 2)].tolist() == [255] * 3


def test_channels_are_chosen_by_name_or_number(tmp_path: Path) -> None:
    path = tmp_path / "rgb.png"
    Image.new("RGB", (8, 6), (10, 20, 30)).save(path)
    assert with_channels(path, "Blue").channels == (2,)
    assert with_channels(path, "3, red").channels == (2, 0)
    with with_channels(path, "2").open() as slide:
        assert [channel.name for channel in slide.channels] == ["green"]
    for wrong in ("DAPI", "0", "4", ""):
        with pytest.raises(BadParameter, match="1 red, 2 green, 3 blue"):
            with_channels(path, wrong)


def _without_masks(found: Objects) -> Objects:
    return Objects(found.ids, found.boxes, found.class_index, found.scores, found.classes, found.source)
