from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.canvas.geometry import Viewport, box_at, outline_segments, scale_bar
from cellwright.ui.canvas.labels import LABEL_HEIGHT, MOST_LABELS, place_labels
from cellwright.ui.looks.units import length_text

boxes = st.lists(
    st.tuples(st.floats(0, 900), st.floats(0, 900), st.floats(5, 150), st.floats(5, 150)), max_size=30
).map(lambda rows: np.array([(y, x, y + h, x + w) for y, x, h, w in rows], float).reshape(-1, 4))


def test_the_middle_of_the_view_is_the_middle_of_the_screen() -> None:
    view = Viewport(100, 200, 2.0, 600, 800)
    assert view.to_screen(np.array([[100.0, 200.0, 110.0, 220.0]])).tolist() == [[300, 400, 320, 440]]
    assert view.bounds == (-50, 0, 250, 400)


@given(boxes)
def test_visible_are_the_boxes_that_touch_the_view(rows: np.ndarray) -> None:
    view = Viewport(300, 300, 1.5, 400, 400)
    visible = set(view.visible_rows(rows).tolist())
    on_screen = view.to_screen(rows)
    for row, (y0, x0, y1, x1) in enumerate(on_screen):
        assert (row in visible) == (y0 < 400 and y1 > 0 and x0 < 400 and x1 > 0)


@given(boxes, st.floats(0, 1000), st.floats(0, 1000))
def test_a_click_takes_the_smallest_box_under_it(rows: np.ndarray, y: float, x: float) -> None:
    hit = box_at(rows, y, x)
    inside = [i for i, (y0, x0, y1, x1) in enumerate(rows) if y0 <= y < y1 and x0 <= x < x1]
    if hit is None:
        assert not inside
    else:
        area = lambda i: (rows[i, 2] - rows[i, 0]) * (rows[i, 3] - rows[i, 1])  # noqa: E731
        assert hit in inside
        assert area(hit) == min(map(area, inside))


def test_a_box_is_four_lines() -> None:
    lines = outline_segments(np.array([[1, 2, 5, 8]], np.float32)).reshape(4, 2, 2)
    assert {tuple(map(tuple, line)) for line in lines.tolist()} == {
        ((2, 1), (8, 1)),
        ((8, 1), (8, 5)),
        ((8, 5), (2, 5)),
        ((2, 5), (2, 1)),
    }
    assert outline_segments(np.zeros((0, 4))).shape == (0, 2)


@given(st.floats(0.001, 1000), st.none() | st.floats(0.01, 100))
def test_a_scale_bar_is_round_and_fits(zoom: float, um: float | None) -> None:
    size = None if um is None else PixelSize(um, um, PixelSizeSource.TAG)
    length, text = scale_bar(size, zoom, 140)
    assert 140 / 2.5 - 1e-6 <= length <= 140 * (1 + 1e-6)
    assert text.split()[0].strip("0.").replace("e+", "")[:1] in ("1", "2", "5")


@pytest.mark.parametrize(("um", "text"), [(20, "20 µm"), (0.5, "500 nm"), (1000, "1 mm"), (50_000, "5 cm")])
def test_lengths_have_the_unit_people_use(um: float, text: str) -> None:
    assert length_text(um) == text


@given(boxes)
def test_labels_never_lie_on_each_other(rows: np.ndarray) -> None:
    labels = place_labels(rows, np.linspace(0, 1, len(rows)), 1000)
    for i, one in enumerate(labels):
        assert one.x >= 0
        assert one.x + one.width <= 1000
        for other in labels[:i]:
            apart_y = abs(one.y - other.y) >= LABEL_HEIGHT
            apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart_y or apart_x


def test_small_boxes_have_no_label_and_large_ones_a_score() -> None:
    rows = np.array([[50, 0, 60, 10], [50, 100, 80, 130], [50, 300, 120, 370]], float)
    assert [(label.row, label.has_score) for label in place_labels(rows, np.array([0.9, 0.8, 0.7]))] == [
        (1, False),
        (2, True),
    ]


def test_what_a_person_said_carries_no_score() -> None:
    rows = np.array([[50, 100, 120, 170], [50, 300, 120, 370]], float)
    labels = place_labels(rows, np.array([0.9, 0.8]), scored=np.array([False, True]))
    assert [(label.row, label.has_score) for label in labels] == [(0, False), (1, True)]


def test_a_crowd_has_no_labels() -> None:
    rows = np.tile(np.array([[0.0, 0.0, 30.0, 30.0]]), (MOST_LABELS + 1, 1))
    assert place_labels(rows, np.ones(len(rows))) == []
