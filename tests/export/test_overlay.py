"""The overlay shows every box where it is and hides no cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.core import BadParameter, Objects, OutputExists
from cellwright.export import LegendEntry, draw_overlay, write_png

LEGEND = (LegendEntry("#0072B2", "W", "WBC 1"), LegendEntry("#D55E00", "R", "RBC 2"))
BLUE, ORANGE = (0, 0x72, 0xB2), (0xD5, 0x5E, 0)


def objects(boxes: object, classes: object, scores: object = None) -> Objects:
    array = np.asarray(boxes, np.float32).reshape(-1, 4)
    ids = np.zeros(len(array), "V16")
    given = np.ones(len(array), np.float32) if scores is None else np.asarray(scores, np.float32)
    return Objects(ids, array, np.asarray(classes, np.int16), given, ("WBC", "RBC"))


def test_sides_are_drawn_inside_the_box_and_its_inside_is_left_alone() -> None:
    rgb = np.full((100, 120, 3), 200, np.uint8)
    drawn = draw_overlay(rgb, objects([[10, 20, 40, 60]], [0]), LEGEND)
    assert drawn.shape[1:] == (120, 3) and drawn.shape[0] > 100
    box = drawn[10:40, 20:60]
    for side in (box[0], box[-1], box[:, 0], box[:, -1]):
        assert (side == BLUE).all()
    assert (box[1:-1, 1:-1] == 200).all()
    assert (rgb == 200).all(), "the picture itself was drawn on"
    outside = drawn[:100].copy()
    outside[10:40, 20:60] = 200
    assert (outside == 200).all()


def test_a_coarser_picture_has_its_boxes_at_the_same_places() -> None:
    rgb = np.zeros((50, 60, 3), np.uint8)
    drawn = draw_overlay(rgb, objects([[20, 40, 80, 120]], [1]), LEGEND, downsample=2.0)
    assert (drawn[10, 20:60] == ORANGE).all() and (drawn[39, 20:60] == ORANGE).all()


def test_the_surer_box_stays_whole_where_two_cross() -> None:
    drawn = draw_overlay(
        np.zeros((60, 60, 3), np.uint8), objects([[0, 0, 40, 40], [20, 20, 60, 60]], [0, 1], [0.9, 0.4]), LEGEND
    )
    assert tuple(drawn[39, 20]) == BLUE


@pytest.mark.parametrize(
    "box", [[-30, -30, 5, 5], [95, 95, 200, 200], [500, 500, 600, 600], [10, 10, 10, 10], [10, 10, 11, 11]]
)
def test_boxes_at_and_over_the_edge_do_no_harm(box: list[int]) -> None:
    drawn = draw_overlay(np.zeros((100, 100, 3), np.uint8), objects([box], [0]), LEGEND)
    assert drawn.shape[1] == 100


def test_the_legend_has_every_class_and_grows_on_narrow_pictures() -> None:
    wide = draw_overlay(np.zeros((10, 900, 3), np.uint8), objects([], []), LEGEND, caption="smear.png")
    narrow = draw_overlay(np.zeros((10, 90, 3), np.uint8), objects([], []), LEGEND, caption="smear.png")
    for drawn in (wide, narrow):
        strip = drawn[10:].reshape(-1, 3)
        assert (strip == BLUE).all(axis=1).any() and (strip == ORANGE).all(axis=1).any()
        assert (strip == 255).all(axis=1).mean() > 0.5
    assert narrow.shape[0] > 10 + 4 * 11


def test_a_legend_that_does_not_fit_the_classes_is_refused() -> None:
    with pytest.raises(BadParameter, match="legend"):
        draw_overlay(np.zeros((9, 9, 3), np.uint8), objects([], []), LEGEND[:1])


def test_the_png_is_the_array(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    path = write_png(tmp_path / "a.png", rgb)
    assert (np.asarray(Image.open(path)) == rgb).all()
    with pytest.raises(OutputExists):
        write_png(path, rgb)
