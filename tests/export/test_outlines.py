"""Outlines that were written as polygons and ROIs fill the same pixels when other programs fill them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import roifile
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from cellwright.core import Objects, OutputExists
from cellwright.export import (
    BoxedPicture,
    LegendEntry,
    OutlinedPicture,
    draw_overlay,
    polygons_of,
    write_coco,
    write_geojson,
    write_roi_zip,
)
from tests.export.outlines import CASES, CLASSES, COLOURS, numbered, odd_labels, outlined


def filled(rings: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    """Return the pixels whose centre lies inside rings of x, y by the even-odd rule, edge by edge."""
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if y0 != y1:
                inside ^= ((y0 <= y) != (y1 <= y)) & (x0 + (y - y0) / (y1 - y0) * (x1 - x0) > x)
    return inside


def rings_of(geometry: dict[str, object]) -> list[np.ndarray]:
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    rings = [np.array(ring, float) for part in parts for ring in part]  # type: ignore[attr-defined]
    assert all((ring[0] == ring[-1]).all() and len(ring) >= 4 for ring in rings)
    return [ring[:-1] for ring in rings]


@pytest.mark.parametrize("case", ["odd", "nothing", "everything"])
def test_geojson_fills_the_same_pixels(tmp_path: Path, case: str) -> None:
    labels = CASES[case]()
    content = json.loads(write_geojson(tmp_path / "a.geojson", outlined(labels)).read_text("utf-8"))
    assert content["type"] == "FeatureCollection"
    back = np.zeros(labels.shape, int)
    for number, feature in enumerate(content["features"], start=1):
        back[filled(rings_of(feature["geometry"]), labels.shape)] = number
    np.testing.assert_array_equal(back, numbered(labels))


def test_geojson_says_what_qupath_reads(tmp_path: Path) -> None:
    picture = outlined(odd_labels())
    content = json.loads(write_geojson(tmp_path / "a.geojson", picture).read_text("utf-8"))
    ring, speck = content["features"][:2]
    assert ring["id"] == picture.objects.id_strings()[0]
    assert ring["properties"]["objectType"] == "detection"
    assert ring["properties"]["classification"] == {"name": "odd", "color": [0xD5, 0x5E, 0]}
    assert speck["geometry"] == {"type": "Polygon", "coordinates": [speck["geometry"]["coordinates"][0]]}
    assert {tuple(point) for point in speck["geometry"]["coordinates"][0]} == {(40, 30), (41, 30), (41, 31), (40, 31)}
    measured = ring["properties"]["measurements"]
    area = int((odd_labels() == 1).sum())
    assert (measured["area"], measured["area_um2"], measured["score"]) == (area, area * 0.125, 1)


def test_a_ring_with_an_island_is_two_parts_and_the_hole_is_in_the_outer_one() -> None:
    masks = outlined(odd_labels()).masks
    parts = polygons_of(masks)[0]
    assert sorted(len(part) for part in parts) == [1, 2]
    outer = next(part for part in parts if len(part) == 2)
    assert np.ptp(outer[0], axis=0).tolist() == [20, 16] and np.ptp(outer[1], axis=0).tolist() == [14, 10]


def test_without_masks_geojson_and_rois_are_the_boxes(tmp_path: Path) -> None:
    found = outlined(odd_labels()).objects
    bare = Objects(found.ids, found.boxes, found.class_index, found.scores, CLASSES)
    picture = OutlinedPicture("a.png", (40, 60), bare, COLOURS)
    feature = json.loads(write_geojson(tmp_path / "a.geojson", picture).read_text())["features"][1]
    assert feature["geometry"]["coordinates"] == [[[40, 30], [41, 30], [41, 31], [40, 31], [40, 30]]]
    assert feature["properties"]["measurements"] == {"score": pytest.approx(0.83333, abs=1e-5)}
    roi = roifile.roiread(write_roi_zip(tmp_path / "a.zip", picture))[1]
    assert (roi.left, roi.top, roi.right, roi.bottom) == (40, 30, 41, 31)


@pytest.mark.parametrize("case", ["odd", "nuclei", "everything"])
def test_rois_fill_the_same_pixels(tmp_path: Path, case: str) -> None:
    labels = CASES[case]()
    rois = roifile.roiread(write_roi_zip(tmp_path / "a.zip", outlined(labels)))
    expected = numbered(labels)
    assert len(rois) == expected.max()
    for number, roi in enumerate(rois, start=1):
        assert roi.name.startswith(f"{number:05d}-")
        rings = [np.asarray(ring, float) for ring in roi.coordinates(multi=True)]
        # A closed path repeats its first point, which changes nothing for the even-odd rule.
        y0, x0, y1, x1 = roi.top, roi.left, roi.bottom, roi.right
        here = filled([ring - (x0, y0) for ring in rings], (y1 - y0, x1 - x0))
        np.testing.assert_array_equal(here, expected[y0:y1, x0:x1] == number)
        assert here.sum() == (expected == number).sum()


def test_rois_have_the_colour_of_their_class(tmp_path: Path) -> None:
    rois = roifile.roiread(write_roi_zip(tmp_path / "a.zip", outlined(odd_labels())))
    assert [roi.stroke_color for roi in rois[:2]] == [b"\xff\xd5\x5e\x00", b"\xff\x00\x72\xb2"]
    assert [roi.group for roi in rois] == [2, 1, 2, 1]
    assert rois[1].name == "00002-round"


def test_rois_beyond_16_bits_keep_their_place(tmp_path: Path) -> None:
    picture = outlined(odd_labels())
    assert picture.objects.masks is not None
    far = picture.objects.masks.shifted(10, 70_000)
    found = Objects(
        picture.objects.ids, far.boxes(), picture.objects.class_index, picture.objects.scores, CLASSES, "", far
    )
    rois = roifile.roiread(write_roi_zip(tmp_path / "a.zip", OutlinedPicture("a", (100, 80_000), found, COLOURS)))
    assert np.asarray(rois[1].coordinates()).min(axis=0).tolist() == [70_040, 40]


@pytest.mark.parametrize("segmentation", ["rle", "polygons"])
@pytest.mark.parametrize("case", ["odd", "nuclei", "nothing", "everything"])
def test_coco_masks_are_the_same_pixels_to_pycocotools(tmp_path: Path, case: str, segmentation: str) -> None:
    labels = CASES[case]()
    picture = outlined(labels)
    one = BoxedPicture("a.png", labels.shape, picture.objects)
    folder = write_coco(tmp_path / "coco", [one], segmentation=segmentation)  # type: ignore[arg-type]
    coco = COCO(str(folder / "annotations.json"))
    expected = numbered(labels)
    annotations = coco.loadAnns(coco.getAnnIds())
    assert len(annotations) == expected.max()
    for number, annotation in enumerate(annotations, start=1):
        true = expected == number
        assert annotation["area"] == true.sum()
        y, x = np.nonzero(true)
        assert annotation["bbox"] == [x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]
        if segmentation == "polygons":
            true = filled_holes(true)
        np.testing.assert_array_equal(coco.annToMask(annotation).astype(bool), true)
        if segmentation == "rle":
            assert coco_mask.area(annotation["segmentation"]) == annotation["area"]


def filled_holes(mask: np.ndarray) -> np.ndarray:
    from scipy.ndimage import binary_fill_holes

    return np.asarray(binary_fill_holes(mask))


@pytest.mark.parametrize("write", [write_geojson, write_roi_zip])
def test_what_is_there_is_not_replaced_unless_agreed(tmp_path: Path, write: object) -> None:
    picture = outlined(odd_labels())
    write(tmp_path / "a", picture)  # type: ignore[operator]
    with pytest.raises(OutputExists):
        write(tmp_path / "a", picture)  # type: ignore[operator]
    write(tmp_path / "a", picture, overwrite=True)  # type: ignore[operator]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_overlay_draws_outlines_holes_too_and_leaves_the_rest(tmp_path: Path) -> None:
    found = outlined(odd_labels()).objects
    paper = np.full((40, 60, 3), 200, np.uint8)
    legend = [LegendEntry(colour, name[0], name) for name, colour in zip(CLASSES, COLOURS, strict=True)]
    drawn = draw_overlay(paper, found, legend)
    assert (paper == 200).all()
    odd = [0xD5, 0x5E, 0]
    assert drawn[4, 12].tolist() == odd and drawn[12, 5].tolist() == odd  # outside
    assert odd in (drawn[7, 14].tolist(), drawn[6, 14].tolist())  # around the hole
    assert drawn[5, 7].tolist() == [200] * 3 and drawn[0, 0].tolist() == [200] * 3
    assert drawn[22, 30].tolist() == [200] * 3


def test_widths_are_drawn_across(tmp_path: Path) -> None:
    found = outlined(np.zeros((40, 60), np.int32)).objects
    legend = [LegendEntry(colour, name[0], name) for name, colour in zip(CLASSES, COLOURS, strict=True)]
    drawn = draw_overlay(np.full((40, 60, 3), 120, np.uint8), found, legend, lines=[(20.5, 10.5, 50.5)])
    assert drawn[20, 30].tolist() == [255] * 3 and drawn[5, 30].tolist() == [120] * 3
    Image.fromarray(drawn).save(tmp_path / "a.png")
