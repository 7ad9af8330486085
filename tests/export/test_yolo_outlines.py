"""Outlines as YOLO segmentation, and read again from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cellwright.core import Masks, Objects
from cellwright.datasets import read_dataset
from cellwright.export import BoxedPicture, write_yolo
from cellwright.shapes import masks_from_labels


def picture(labels: np.ndarray, boxed: bool = False) -> BoxedPicture:
    masks, _ = masks_from_labels(labels)
    boxes = masks.boxes()
    if boxed:  # one more of which only the box is known
        masks = Masks.concatenate([masks, Masks.empty(1)])
        boxes = np.concatenate([boxes, [[2, 3, 12, 18]]]).astype(np.float32)
    n = len(boxes)
    kinds = (np.arange(n) % 2).astype(np.int16)
    ids = np.frombuffer(np.arange(2 * n, dtype=np.uint64).tobytes(), "V16")
    objects = Objects(ids, boxes, kinds, np.ones(n, np.float32), ("RBC", "WBC"), "person:A.", masks)
    height, width = labels.shape
    pixels = Image.fromarray(np.zeros((height, width, 3), np.uint8))
    return BoxedPicture("a.png", (height, width), objects, pixels.save)


def discs() -> np.ndarray:
    y, x = np.mgrid[:80, :100] + 0.5
    labels = np.zeros((80, 100), np.int32)
    for number, (cy, cx, radius) in enumerate(((40, 30, 14), (44, 70, 20), (6, 96, 9)), 1):
        labels[(y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = number
    return labels


def test_outlines_come_back_pixel_by_pixel(tmp_path: Path) -> None:
    labels = discs()
    write_yolo(tmp_path / "set", [picture(labels)], outlines=True)
    labelled, report = read_dataset(tmp_path / "set")
    assert report.is_clean
    (read,) = labelled
    assert read.labels is not None
    masks = read.labels.masks()
    assert [labelled.classes[kind] for kind in read.class_index] == ["RBC", "WBC", "RBC"]
    for number, area in enumerate(masks.areas().tolist(), 1):
        assert area == int((labels == number).sum())


def test_holes_and_smaller_parts_are_lost_and_boxes_become_their_corners(tmp_path: Path) -> None:
    labels = discs()
    labels[36:44, 26:34] = 0
    labels[70:73, 5:9] = 1
    write_yolo(tmp_path / "set", [picture(labels, boxed=True)], outlines=True)
    lines = (tmp_path / "set" / "labels" / "a.txt").read_text("utf-8").splitlines()
    assert len(lines) == 4
    assert [float(each) for each in lines[3].split()] == [1, 0.03, 0.025, 0.18, 0.025, 0.18, 0.15, 0.03, 0.15]
    labelled, _ = read_dataset(tmp_path / "set")
    masks = labelled[0].labels.masks()  # type: ignore[union-attr]
    assert masks.areas()[0] == int((discs() == 1).sum())
    assert masks.areas()[3] == 10 * 15


def test_boxes_stay_five_numbers_a_line(tmp_path: Path) -> None:
    write_yolo(tmp_path / "set", [picture(discs())])
    lines = (tmp_path / "set" / "labels" / "a.txt").read_text("utf-8").splitlines()
    assert {len(line.split()) for line in lines} == {5}
