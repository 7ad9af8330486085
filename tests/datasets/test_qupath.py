"""QuPath's GeoJSON: outlines with holes and parts, boxes, classes; what makes no sense is left out with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.core import DatasetNotReadable, Masks, Objects
from cellwright.datasets import Reason, read_dataset
from cellwright.datasets.outlines import Outline, OutlineLabels
from cellwright.export import OutlinedPicture, write_geojson
from cellwright.shapes import masks_from_labels, masks_from_polygons

Write = Callable[..., Path]


def feature(coordinates: object, kind: str = "Polygon", name: str = "Tumour", **more: object) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": coordinates},
        "properties": {"objectType": "annotation", "classification": {"name": name, "color": [1, 2, 3]}},
        **more,
    }


def ring(*points: tuple[float, float]) -> list[list[float]]:
    return [list(point) for point in (*points, points[0])]


TRIANGLE = [ring((10, 10), (40, 10), (10, 40))]


def write(path: Path, features: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_a_hole_and_a_second_part_belong_to_the_object(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "a.png")
    outer, hole = ring((10, 10), (30, 10), (30, 30), (10, 30)), ring((15, 15), (15, 20), (20, 20), (20, 15))
    other = ring((50, 50), (54, 50), (54, 54), (50, 54))
    write(tmp_path / "a.geojson", [feature([[outer, hole], [other]], "MultiPolygon"), feature(TRIANGLE, name="Stroma")])
    labelled, report = read_dataset(tmp_path)
    assert report.format == "qupath" and report.is_clean
    assert labelled.classes == ("Stroma", "Tumour")
    source = labelled[0].labels
    assert source is not None
    np.testing.assert_array_equal(source.masks().areas()[0], 400 - 25 + 16)
    np.testing.assert_array_equal(labelled[0].boxes[0], [10, 10, 54, 54])


def test_upright_rectangles_alone_are_boxes(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "images" / "a.png")
    box = [ring((10.5, 20), (30, 20), (30, 41.25), (10.5, 41.25))]
    write(tmp_path / "geojson" / "a.geojson", [feature(box), feature([ring((1, 1), (5, 1), (5, 9), (1, 9))])])
    labelled, _ = read_dataset(tmp_path)
    assert labelled[0].labels is None
    np.testing.assert_array_equal(labelled[0].boxes, [[20, 10.5, 41.25, 30], [1, 1, 9, 5]])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(data=st.data())
def test_what_we_export_comes_back_to_the_pixel(data: st.DataObject, tmp_path: Path, picture: Write) -> None:
    cells = data.draw(st.lists(st.integers(0, 3), min_size=64, max_size=64))
    small = np.kron(np.array(cells).reshape(8, 8), np.ones((2, 3), int)).astype(np.int32)
    masks, _ = masks_from_labels(small)
    count = len(masks)
    objects = Objects(
        np.frombuffer(np.arange(2 * count, dtype=np.uint64).tobytes(), "V16"),
        masks.boxes(),
        np.arange(count, dtype=np.int16) % 2,
        np.full(count, 0.5, np.float32),
        ("b", "a"),
        "person:A",
        masks,
    )
    picture(tmp_path / "a.png", *small.shape)
    path = tmp_path / "a.geojson"
    write_geojson(path, OutlinedPicture("a", small.shape, objects, ("#112233", "#445566")), overwrite=True)
    labelled, report = read_dataset(path)
    assert report.is_clean and len(labelled[0]) == count
    source = labelled[0].labels
    back = source.masks() if source else _boxes_as_masks(labelled[0].boxes)
    assert back.equals(masks)
    assert [labelled.classes[i] for i in labelled[0].class_index] == [objects.classes[i] for i in objects.class_index]


def _boxes_as_masks(boxes: np.ndarray) -> Masks:
    return masks_from_polygons([[[y0, x0], [y0, x1], [y1, x1], [y1, x0]] for y0, x0, y1, x1 in boxes.tolist()])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (7, Reason.BAD_LINE),
        ({"type": "Feature"}, Reason.NO_BOX),
        (feature([1, 2], "Point"), Reason.NO_BOX),
        (feature([[1, 2], [3, 4]], "LineString"), Reason.NO_BOX),
        (feature([]), Reason.BAD_LINE),
        (feature([[[1, 2], [3, 4]]]), Reason.BAD_LINE),
        (feature([[[1, 2], ["x", 4], [3, 3]]]), Reason.BAD_LINE),
        (feature([ring((1, 1), (float("nan"), 1), (2, 2))]), Reason.NOT_FINITE),
        (feature([ring((1, 1), (float("inf"), 1), (2, 2))]), Reason.NOT_FINITE),
        (feature([ring((1, 1), (10**400, 1), (2, 2))]), Reason.NOT_FINITE),
        (feature([ring((1, 1), (1, 5), (1, 9))]), Reason.ZERO_SIZE),
        (feature([ring((200, 200), (210, 200), (210, 210))]), Reason.OUTSIDE),
    ],
)
def test_each_bad_feature_is_left_out_with_its_reason(
    tmp_path: Path, picture: Write, bad: object, reason: Reason
) -> None:
    picture(tmp_path / "a.png")
    write(tmp_path / "a.geojson", [feature(TRIANGLE), bad])
    labelled, report = read_dataset(tmp_path)
    assert len(labelled[0]) == 1 and report.count(reason) == 1


def test_equal_ids_are_told_and_both_are_kept(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "a.png")
    other = [ring((50, 50), (60, 50), (50, 70))]
    write(tmp_path / "a.geojson", [feature(TRIANGLE, id="x"), feature(other, id="x")])
    labelled, report = read_dataset(tmp_path)
    assert len(labelled[0]) == 2 and report.count(Reason.SAME_ID) == 1


def test_a_file_without_its_picture_and_one_that_is_no_json(tmp_path: Path, picture: Write) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    write(tmp_path / "a.geojson", [feature(TRIANGLE)])
    write(tmp_path / "c.geojson", [])
    (tmp_path / "b.geojson").write_text("{", encoding="utf-8")
    _, report = read_dataset(tmp_path)
    assert report.count(Reason.NO_PICTURE) == report.count(Reason.BAD_LABELS) == 1


def test_packed_sets_are_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "set.zip"
    path.write_bytes(b"PK")
    with pytest.raises(DatasetNotReadable, match="unpack"):
        read_dataset(path)


def test_an_absurdly_large_outline_costs_no_more_than_the_picture() -> None:
    far = 2.0**30
    whole = Outline(((-far, -far, far, -far, far, far, -far, far),))
    masks = OutlineLabels((80, 100), (whole,)).masks()
    assert masks.areas().tolist() == [8000] and len(masks.spans) == 80
    beyond = Outline(((-1e300, 0.0, 1e300, 0.0, 0.0, 1e300),))
    with pytest.raises(DatasetNotReadable):
        OutlineLabels((80, 100), (beyond,)).masks()


@given(st.lists(st.tuples(st.integers(-40, 60), st.integers(-40, 60)), min_size=3, max_size=8))
def test_cutting_far_corners_off_changes_nothing_inside(points: list[tuple[int, int]]) -> None:
    from cellwright.core import Box

    flat = tuple(float(value) for point in points for value in point)
    made = OutlineLabels((16, 20), (Outline((flat,)),)).masks()
    plain = masks_from_polygons([[[y, x] for x, y in points]]).clipped(Box(0, 0, 16, 20))
    differ = abs(int(made.areas()[0]) - int(plain.areas()[0]))
    # Where the line is cut, its slope is rounded: a pixel whose middle lies on it may fall to the other side.
    assert differ <= 3
