"""COCO sets: boxes from 0 as x, y, width, height; crowds, masks, and entries that make no sense."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellwright.core import DatasetNotReadable
from cellwright.datasets import Reason, read_dataset

Write = Callable[..., Path]
GOOD = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40], "area": 1200, "iscrowd": 0}


def content(*annotations: Any, **changes: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "a.png", "width": 100, "height": 80}],
        "categories": [{"id": 5, "name": "RBC"}, {"id": 3, "name": "WBC"}],
        "annotations": list(annotations),
        **changes,
    }


def simple_set(root: Path, picture: Write, text: Write, *annotations: Any, **changes: Any) -> Path:
    picture(root / "images" / "a.png")
    text(root / "annotations" / "instances_val2017.json", json.dumps(content(*annotations, **changes)))
    return root


def test_a_box_is_x_y_width_height_from_zero(tmp_path: Path, picture: Write, text: Write) -> None:
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, GOOD))
    assert labelled[0].boxes.tolist() == [[20, 10, 60, 40]]
    assert labelled.classes == ("WBC", "RBC")
    assert labelled[0].split == "val"
    assert report.is_clean
    assert not report.findings


def test_the_json_file_itself_can_be_given(tmp_path: Path, picture: Write, text: Write) -> None:
    simple_set(tmp_path, picture, text, GOOD)
    labelled, _ = read_dataset(tmp_path / "annotations" / "instances_val2017.json", split="val")
    assert labelled[0].path == (tmp_path / "images" / "a.png").resolve()


def test_files_of_several_splits_are_joined(tmp_path: Path, picture: Write, text: Write) -> None:
    for split in ("train", "valid"):
        picture(tmp_path / split / "a.png")
        text(tmp_path / split / "_annotations.coco.json", json.dumps(content(GOOD)))
    labelled, _ = read_dataset(tmp_path)
    assert [(p.path.parent.name, p.split) for p in labelled] == [("train", "train"), ("valid", "val")]
    assert labelled.classes == ("WBC", "RBC")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bbox": [10, 20, 0, 40]}, Reason.ZERO_SIZE),
        ({"bbox": [10, 20, -3, 40]}, Reason.NEGATIVE_SIZE),
        ({"bbox": [float("nan"), 20, 30, 40]}, Reason.NOT_FINITE),
        ({"bbox": [200, 20, 30, 40]}, Reason.OUTSIDE),
        ({"bbox": [10, 20, 30]}, Reason.BAD_LINE),
        ({"bbox": ["10", 20, 30, 40]}, Reason.BAD_LINE),
        ({"bbox": [True, 20, 30, 40]}, Reason.BAD_LINE),
        ({"bbox": [10**400, 20, 30, 40]}, Reason.BAD_LINE),
        ({"category_id": 99}, Reason.UNKNOWN_CLASS),
        ({"category_id": None}, Reason.UNKNOWN_CLASS),
        ({"category_id": [3]}, Reason.UNKNOWN_CLASS),
        ({}, Reason.DUPLICATE),
        ({"bbox": None, "segmentation": {"counts": "abc", "size": [80, 100]}}, Reason.NO_BOX),
        ({"bbox": [], "segmentation": []}, Reason.NO_BOX),
        ({"bbox": None, "segmentation": [[1, 2, 3]]}, Reason.BAD_LINE),
    ],
)
def test_one_bad_annotation_costs_one_box_and_is_named(
    tmp_path: Path, picture: Write, text: Write, change: dict[str, Any], reason: Reason
) -> None:
    bad = {**GOOD, "id": 2, **change}
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, GOOD, bad))
    assert len(labelled[0]) == 1
    assert report.boxes_left_out == report.count(reason) == 1
    assert report.findings[0].examples == ("instances_val2017.json annotation 2",)


def test_a_category_id_of_two_names_is_none_of_them(tmp_path: Path, picture: Write, text: Write) -> None:
    twice = [{"id": 5, "name": "RBC"}, {"id": 3, "name": "WBC"}, {"id": 3, "name": "PLT"}]
    labelled, report = read_dataset(
        simple_set(tmp_path, picture, text, GOOD, {**GOOD, "id": 2, "category_id": 5}, categories=twice)
    )
    assert [labelled.classes[row] for row in labelled[0].class_index] == ["RBC"]
    assert report.count(Reason.UNKNOWN_CLASS) == 1
    assert any("id 3 to 'WBC' and 'PLT'" in note for note in report.notes)
    simple_set(tmp_path / "only", picture, text, GOOD, categories=twice[1:])
    with pytest.raises(DatasetNotReadable, match="'WBC' and 'PLT'"):
        read_dataset(tmp_path / "only")


def test_crowds_are_kept_to_be_ignored(tmp_path: Path, picture: Write, text: Write) -> None:
    mask = {"counts": [0, 10], "size": [80, 100]}
    crowd = {**GOOD, "id": 2, "bbox": [0, 0, 50, 50], "iscrowd": 1, "segmentation": mask}
    labelled, _ = read_dataset(simple_set(tmp_path, picture, text, GOOD, crowd))
    assert labelled[0].ignored.tolist() == [False, True]


def test_an_outline_without_box_becomes_the_box_around_it(tmp_path: Path, picture: Write, text: Write) -> None:
    outline = {"id": 2, "image_id": 7, "category_id": 5, "segmentation": [[10, 20, 40, 20, 25, 60], [1, 2, 3, 4, 5, 6]]}
    labelled, report = read_dataset(simple_set(tmp_path, picture, text, outline))
    np.testing.assert_array_equal(labelled[0].boxes, [[2, 1, 60, 40]])
    assert report.count(Reason.POLYGON) == 1


def test_annotations_of_no_picture_are_named(tmp_path: Path, picture: Write, text: Write) -> None:
    strays = [{**GOOD, "image_id": 8}, "nonsense", {**GOOD, "image_id": [7]}]
    _, report = read_dataset(simple_set(tmp_path, picture, text, GOOD, *strays))
    assert any(note.startswith("3 annotations") for note in report.notes)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"id": 8, "file_name": "missing.png"}, Reason.NO_PICTURE),
        ({"id": 8}, Reason.NO_PICTURE),
        ({"id": 7, "file_name": "a.png"}, Reason.LISTED_TWICE),
        ({"id": 8, "file_name": "a.png"}, Reason.LISTED_TWICE),
        ({"id": 8, "file_name": "../../secret.png"}, Reason.OUTSIDE_ROOT),
        ({"id": 8, "file_name": "/etc/hostname"}, Reason.OUTSIDE_ROOT),
        ({"id": 8, "file_name": "a\x00b"}, Reason.OUTSIDE_ROOT),
        ("nonsense", Reason.BAD_LABELS),
        ({"file_name": "a.png"}, Reason.BAD_LABELS),
    ],
)
def test_one_bad_picture_entry_costs_one_picture(
    tmp_path: Path, picture: Write, text: Write, entry: Any, reason: Reason
) -> None:
    picture(tmp_path / "secret.png")
    good = {"id": 7, "file_name": "a.png", "width": 100, "height": 80}
    labelled, report = read_dataset(simple_set(tmp_path / "set", picture, text, GOOD, images=[good, entry]))
    assert len(labelled) == 1
    assert report.count(reason) == report.pictures_left_out == 1


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "{",
        '{"images": 3}',
        '{"images": [], "annotations": []}',
        "[" * 100_000,
        '{"images": [], "categories": [1]}',
    ],
)
def test_a_file_that_is_no_coco_is_refused_in_one_sentence(tmp_path: Path, text: Write, written: str) -> None:
    path = text(tmp_path / "x.json", written)
    with pytest.raises(DatasetNotReadable) as caught:
        read_dataset(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
