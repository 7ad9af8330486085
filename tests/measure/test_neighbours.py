"""Neighbours against counting by hand, and densities that do not fall off at the edge of a picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from cellwright.core import Box, Masks, PixelSize, PixelSizeSource
from cellwright.measure import MeasureOptions, measure
from cellwright.measure.neighbours import disc_quarter, touching
from cellwright.shapes import masks_from_labels


def dots(points: np.ndarray) -> Masks:
    y, x = np.asarray(points).T
    return Masks.from_spans(np.arange(len(y)), np.stack([y, x, x + 1], 1), len(y))


def found(masks: Masks, **how: object) -> dict[str, np.ndarray]:
    return {each.name: each.values for each in measure(masks, ["neighbours"], **how)}  # type: ignore[arg-type]


def test_distances_and_counts_are_those_of_all_pairs() -> None:
    points = np.unique(np.random.default_rng(1).integers(0, 90, (80, 2)), axis=0)
    size = PixelSize(0.5, 0.25, PixelSizeSource.USER)
    apart = np.hypot(*((points[:, None] - points[None]) * [0.5, 0.25]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    mine = found(dots(points), pixel_size=size, options=MeasureOptions(radius=6.0))
    np.testing.assert_allclose(mine["neighbour_distance_um"], apart.min(1))
    np.testing.assert_array_equal(mine["neighbour_count"], (apart <= 6.0).sum(1))
    # Nobody said where the picture ends: the whole disc counts, per mm².
    np.testing.assert_allclose(mine["neighbour_density_per_mm2"], (apart <= 6.0).sum(1) / (np.pi * 36) * 1e6)


def test_one_object_alone_has_no_neighbour() -> None:
    mine = found(dots(np.array([[3, 3]])))
    assert np.isnan(mine["neighbour_distance"][0])
    assert (mine["neighbour_count"][0], mine["neighbour_touching"][0]) == (0, 0)


def test_density_is_right_at_the_edge_of_the_picture() -> None:
    """Evenly scattered cells are as dense in the corner as in the middle, though half of the disc is outside."""
    points = np.unique(np.random.default_rng(2).integers(0, 600, (9000, 2)), axis=0)
    true = len(points) / 600**2
    mine = found(dots(points), options=MeasureOptions(radius=60), looked_at=Box(0, 0, 600, 600))
    middle = ((points > 150) & (points < 450)).all(1)
    corner = ((points < 40) | (points > 560)).all(1)
    assert mine["neighbour_density"][middle].mean() == pytest.approx(true, rel=0.03)
    assert mine["neighbour_density"][corner].mean() == pytest.approx(true, rel=0.08)
    assert mine["neighbour_count"][corner].mean() < 0.6 * mine["neighbour_count"][middle].mean()


@given(st.floats(0, 1.5), st.floats(0, 1.5))
def test_parts_of_a_disc_have_their_area(a: float, b: float) -> None:
    step = (np.arange(800) + 0.5) / 800
    y, x = step[:, None], step[None, :]
    counted = ((y**2 + x**2 <= 1) & (y <= a) & (x <= b)).mean()
    assert float(disc_quarter(np.array([a]), np.array([b]))[0]) == pytest.approx(counted, abs=4e-3)


@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 5)))
def test_objects_touch_whose_pixels_are_8_neighbours(labels: np.ndarray) -> None:
    masks, values = masks_from_labels(labels)
    expected = []
    for value in values:
        wide = ndimage.binary_dilation(labels == value, np.ones((3, 3)))
        expected.append(len(set(np.unique(labels[wide])) - {0, value}))
    assert touching(masks).tolist() == expected


def test_objects_that_overlap_touch() -> None:
    masks = Masks.from_spans(np.array([0, 1, 2]), np.array([[0, 0, 5], [0, 3, 8], [0, 20, 22]]), 3)
    assert touching(masks).tolist() == [1, 1, 0]
