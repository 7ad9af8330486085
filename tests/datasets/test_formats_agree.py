"""The same boxes written as YOLO, VOC and COCO are read as the same boxes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellwright.datasets import read_dataset

HEIGHT, WIDTH = 80, 100
NAMES = ("PLT", "RBC", "WBC")

# Whole pixels, at least two wide: VOC cannot tell a box of one pixel from a click without a drag.
sides = st.tuples(st.integers(0, HEIGHT - 2), st.integers(0, WIDTH - 2)).flatmap(
    lambda c: st.tuples(
        st.just(c[0]), st.just(c[1]), st.integers(c[0] + 2, HEIGHT), st.integers(c[1] + 2, WIDTH), st.integers(0, 2)
    )
)
boxes_of_a_picture = st.lists(sides, max_size=8, unique=True)


def as_yolo(boxes: list[tuple[int, ...]]) -> str:
    lines = [
        f"{c} {(x0 + x1) / 2 / WIDTH:.8f} {(y0 + y1) / 2 / HEIGHT:.8f} {(x1 - x0) / WIDTH:.8f} {(y1 - y0) / HEIGHT:.8f}"
        for y0, x0, y1, x1, c in boxes
    ]
    return "\n".join(lines)


def as_voc(boxes: list[tuple[int, ...]]) -> str:
    objects = [
        f"<object><name>{NAMES[c]}</name><bndbox><xmin>{x0 + 1}</xmin><ymin>{y0 + 1}</ymin>"
        f"<xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox></object>"
        for y0, x0, y1, x1, c in boxes
    ]
    return f"<annotation><filename>a.png</filename>{''.join(objects)}</annotation>"


def as_coco(boxes: list[tuple[int, ...]]) -> str:
    annotations = [
        {"id": i, "image_id": 1, "category_id": c, "bbox": [x0, y0, x1 - x0, y1 - y0]}
        for i, (y0, x0, y1, x1, c) in enumerate(boxes)
    ]
    categories = [{"id": i, "name": name} for i, name in enumerate(NAMES)]
    image = {"id": 1, "file_name": "a.png", "height": HEIGHT, "width": WIDTH}
    return json.dumps({"images": [image], "categories": categories, "annotations": annotations})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(boxes=boxes_of_a_picture)
def test_three_formats_give_the_same_boxes(
    tmp_path: Path, picture: Callable[..., Path], text: Callable[[Path, str], Path], boxes: list[tuple[int, ...]]
) -> None:
    for name in ("yolo", "voc", "coco"):
        picture(tmp_path / name / "images" / "a.png", HEIGHT, WIDTH)
    text(tmp_path / "yolo" / "data.yaml", f"train: images\nnames: {list(NAMES)}\n")
    text(tmp_path / "yolo" / "labels" / "a.txt", as_yolo(boxes))
    text(tmp_path / "voc" / "Annotations" / "a.xml", as_voc(boxes))
    text(tmp_path / "coco" / "annotations" / "train.json", as_coco(boxes))
    want = np.array([box[:4] for box in boxes], np.float32).reshape(-1, 4)
    for name in ("yolo", "voc", "coco"):
        labelled, report = read_dataset(tmp_path / name, classes=NAMES)
        assert report.format == name
        assert report.is_clean
        np.testing.assert_allclose(labelled[0].boxes, want, atol=1e-4)
        assert labelled[0].class_index.tolist() == [box[4] for box in boxes]
