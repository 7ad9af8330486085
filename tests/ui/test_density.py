"""Where very many objects lie: found by place, counted in squares, drawn as colours."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.ui.state.density import density_legend, density_of, places_of
from cellwright.ui.state.latest import Latest


def boxes_of(seed: int, count: int, shape: tuple[int, int], side: float = 30.0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    corner = rng.random((count, 2)) * shape
    return np.hstack([corner, corner + rng.uniform(1, side, (count, 2))]).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**31),
    st.integers(0, 300),
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    st.tuples(st.floats(-500, 3500), st.floats(-500, 3500), st.floats(0, 900), st.floats(0, 900)),
)
def test_whatever_has_a_part_in_view_is_found(
    seed: int, count: int, shape: tuple[int, int], window: tuple[float, float, float, float]
) -> None:
    boxes = boxes_of(seed, count, shape)
    y, x, height, width = window
    found = places_of(boxes, shape).near((y, x, y + height, x + width))
    inside = (boxes[:, 0] < y + height) & (boxes[:, 2] > y) & (boxes[:, 1] < x + width) & (boxes[:, 3] > x)
    in_picture = inside & (boxes[:, 0] < shape[0]) & (boxes[:, 1] < shape[1])
    reaches = (y < shape[0]) and (x < shape[1]) and (y + height > 0) and (x + width > 0)
    if reaches:
        assert np.isin(np.flatnonzero(in_picture), found).all()
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_every_scale_counts_every_object_once(count: int) -> None:
    boxes = boxes_of(3, count, (5000, 3000))
    rows = np.arange(0, count, 2)
    density = density_of(places_of(boxes, (5000, 3000)), rows)
    assert density.total == len(rows)
    assert all(int(level.sum()) == len(rows) for level in density.counts)
    assert density.within((-10, -10, 6000, 4000)) == len(rows)
    assert density.within((6000, 0, 7000, 3000)) == 0


def test_empty_squares_are_transparent_and_fuller_ones_brighter() -> None:
    boxes = np.array([[5, 5, 7, 7]] * 1 + [[40, 5, 42, 7]] * 9, np.float32)
    density = density_of(places_of(boxes, (64, 64)), np.arange(10))
    image = density.image(0, (0, 4), (0, 4))
    assert image[0, 0, 3] > 0
    assert image[2, 0, 3] > image[0, 0, 3]
    assert image[2, 0, :3].sum() > image[0, 0, :3].sum()
    assert (image[1, :, 3] == 0).all()


def test_squares_stay_as_large_on_the_screen_at_any_zoom() -> None:
    density = density_of(places_of(boxes_of(1, 100, (50_000, 50_000)), (50_000, 50_000)), np.arange(100))
    for zoom in (0.01, 0.03, 0.11):
        side = (density.side << density.scale_for(9 / zoom)) * zoom
        assert 9 <= side < 18


def test_the_legend_tells_cells_per_area() -> None:
    boxes = np.array([[8, 8, 10, 10]] * 4, np.float32)
    density = density_of(places_of(boxes, (16, 16)), np.arange(4))
    square_mm2 = (16 * 0.5 / 1000) ** 2
    legend = density_legend(density, 0, PixelSize(0.5, 0.5, PixelSizeSource.TAG))
    assert legend.title == "Cells per mm²"
    assert legend.high == f"≥ {float(f'{4 / square_mm2:.2g}'):,.0f}"
    assert density_legend(density, 0, None).title == "Cells per Mpx"


def test_nothing_is_said_once_it_is_closed() -> None:
    saying, go_on, said = threading.Event(), threading.Event(), []

    def answered() -> None:
        saying.set()
        go_on.wait(120)
        said.append(closing.is_alive())

    latest: Latest[str] = Latest(answered, "answers")
    closing = threading.Thread(target=latest.close)
    latest.ask(lambda: "answer")
    assert saying.wait(120)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive(), "it waits for what is being said"
    go_on.set()
    closing.join(120)
    assert said == [True]


def test_only_the_newest_question_is_answered() -> None:
    begun, gate, answered = threading.Event(), threading.Event(), threading.Event()
    latest: Latest[str] = Latest(answered.set, "answers")
    latest.ask(lambda: (begun.set(), gate.wait(120), "old")[2])
    assert begun.wait(120)
    latest.ask(lambda: "never begun")
    latest.ask(lambda: "new")
    gate.set()
    assert answered.wait(120)
    assert latest.take() == "new"
    assert latest.take() is None
    latest.close(5)
