"""COCO outlines: polygons and run lengths become the pixels of the same rows as the boxes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellwright.datasets import LabelledPicture, Meaning, Reason, read_dataset

SQUARE = [2, 1, 5, 1, 5, 3, 2, 3]  # rows 1 and 2, columns 2 … 4
CODED = {"size": [6, 8], "counts": [6, 2, 4, 2, 34]}  # rows 0 and 1, columns 1 and 2
SECOND = {"bbox": [1, 0, 2, 2], "segmentation": CODED}


@pytest.fixture
def outlined(tmp_path: Path, picture: Callable[..., Path]) -> Callable[..., Any]:
    """Return a function that writes a set of one picture and reads it."""

    def make(*annotations: dict[str, Any]) -> Any:
        picture(tmp_path / "a.png", 6, 8)
        entries = [{"id": i, "image_id": 1, "category_id": 1} | entry for i, entry in enumerate(annotations)]
        content = {
            "images": [{"id": 1, "file_name": "a.png", "height": 6, "width": 8}],
            "categories": [{"id": 1, "name": "cell"}],
            "annotations": entries,
        }
        (tmp_path / "set.json").write_text(json.dumps(content))
        return read_dataset(tmp_path)

    return make


def pixels(picture: LabelledPicture) -> list[list[int]]:
    assert picture.labels is not None
    assert picture.labels.meaning is Meaning.OBJECTS
    shown, whole = picture.labels.read(), picture.labels.masks().areas()
    return [[int((shown == i + 1).sum()), int(whole[i])] for i in range(len(picture))]


def test_polygons_and_run_lengths_become_the_rows_of_the_boxes(outlined: Callable[..., Any]) -> None:
    labelled, report = outlined({"bbox": [2, 1, 3, 2], "segmentation": [SQUARE]}, SECOND)
    assert report.is_clean
    # They share one pixel, which the earlier one keeps in the label image.
    assert pixels(labelled[0]) == [[6, 6], [3, 4]]
    labels = labelled[0].labels.read()
    assert labels[1].tolist() == [0, 2, 1, 1, 1, 0, 0, 0]
    assert np.array_equal(labelled[0].labels.masks().boxes(), labelled[0].boxes)


def test_parts_of_an_object_are_one_object(outlined: Callable[..., Any]) -> None:
    two = [SQUARE, [6, 4, 8, 4, 8, 6, 6, 6]]
    labelled, _ = outlined({"bbox": [2, 1, 6, 5], "segmentation": two})
    assert pixels(labelled[0]) == [[10, 10]]


@pytest.mark.parametrize(
    "broken",
    [
        {"size": [6, 8], "counts": [6, 2]},
        {"size": [5, 8], "counts": [40]},
        {"size": [6, 8], "counts": [48]},
        {"size": [6, 8], "counts": "\u00e9"},
        {"size": [6, -8], "counts": []},
        {"size": 6, "counts": None},
        [[1, 2, 3]],
        [[30, 30, 40, 30, 40, 40]],
        "outline",
    ],
)
def test_an_outline_that_cannot_be_read_is_named_and_the_box_stays(
    outlined: Callable[..., Any], broken: object
) -> None:
    labelled, report = outlined({"bbox": [2, 1, 3, 2], "segmentation": broken}, SECOND)
    assert len(labelled[0]) == 2
    assert labelled[0].labels is None
    assert report.count(Reason.NO_OUTLINE) == 1


def test_a_crowd_without_an_outline_does_not_cost_the_others_theirs(outlined: Callable[..., Any]) -> None:
    labelled, _ = outlined({"bbox": [4, 3, 3, 2], "iscrowd": 1}, SECOND)
    assert pixels(labelled[0]) == [[0, 0], [4, 4]]
    assert labelled[0].ignored.tolist() == [True, False]


def test_a_set_of_boxes_alone_has_no_labels(outlined: Callable[..., Any]) -> None:
    labelled, report = outlined({"bbox": [2, 1, 3, 2]}, {"bbox": [4, 3, 3, 2], "segmentation": []})
    assert labelled[0].labels is None
    assert report.count(Reason.NO_OUTLINE) == 0
