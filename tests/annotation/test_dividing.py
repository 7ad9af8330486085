"""Several objects of one and one of several: no pixel is lost, none is claimed twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.annotation import Geometry, cut, joined, split_by_seeds
from cellwright.core import BadParameter
from tests.annotation.pixels import Picture, disc, objects, picture_of, place_of

seeds = st.lists(st.tuples(st.floats(0, 16), st.floats(0, 19)), min_size=2, max_size=4)


@given(objects, st.lists(st.tuples(st.floats(-2, 18), st.floats(-2, 21)), min_size=2, max_size=5))
def test_a_cut_keeps_every_pixel_once(mine: Picture, line: list[tuple[float, float]]) -> None:
    parts = [picture_of(part) for part in cut(place_of(mine), np.array(line))]
    np.testing.assert_array_equal(np.sum(parts, axis=0), mine.astype(int))


@given(objects, seeds, st.booleans())
def test_a_split_keeps_every_pixel_once_and_gives_each_seed_its_part(
    mine: Picture, places: list[tuple[float, float]], has_picture: bool
) -> None:
    crop = np.random.default_rng(0).integers(0, 255, (*mine.shape, 3), np.uint8) if has_picture else None
    try:
        parts = split_by_seeds(place_of(mine), np.array(places), crop)
    except BadParameter as problem:
        assert "same pixel" in str(problem)  # noqa: PT017 - either outcome is right
        return
    assert len(parts) == len(places)
    np.testing.assert_array_equal(np.sum([picture_of(part) for part in parts], axis=0), mine.astype(int))


def test_joining_the_parts_gives_the_object_back() -> None:
    whole = place_of(disc(8, 9, 6))
    parts = cut(whole, [[0, 8.2], [16, 8.2]])
    assert len(parts) == 2
    assert joined(parts) == whole
    assert joined([Geometry.of_box(0, 5, 2, 6), Geometry.of_box(1, 0, 4, 2)]) == Geometry.of_box(0, 0, 4, 6)


def test_seeds_part_two_touching_discs_at_their_waist() -> None:
    shape = (60, 90)
    one, other = disc(30, 28, 18, shape), disc(30, 60, 18, shape)
    parts = split_by_seeds(place_of(one | other), [[31, 25], [29, 63]])
    for part, truth in zip(parts, (one, other), strict=True):
        y, x = np.nonzero(truth & ~(one & other))
        spans = part.masks().spans
        held = sum(
            bool(((spans[:, 0] == a) & (spans[:, 1] <= b) & (b < spans[:, 2])).any()) for a, b in zip(y, x, strict=True)
        )
        assert held / len(y) > 0.98


def test_the_picture_decides_where_the_outline_does_not() -> None:
    shape = (30, 40)
    crop = np.zeros(shape, np.float32)
    crop[:, 12:] = 1.0
    parts = split_by_seeds(Geometry.of_box(2, 2, 28, 38), [[15, 6], [15, 30]], crop)
    assert parts[0].box[:3] == (2, 2, 28)
    assert abs(parts[0].box[3] - 12) <= 1
    assert abs(parts[1].box[1] - 12) <= 1
    assert len(split_by_seeds(Geometry.of_box(2, 2, 28, 38), [[15, 6], [15, 30]], crop, (500, 0))) == 2


def test_what_cannot_be_divided_is_refused() -> None:
    whole = place_of(disc(8, 9, 6))
    with pytest.raises(BadParameter, match="two seeds"):
        split_by_seeds(whole, [[8, 9]])
    with pytest.raises(BadParameter, match="1 and 2 mean the same pixel"):
        split_by_seeds(whole, [[8.1, 9.1], [8.2, 9.2]])
    with pytest.raises(BadParameter, match="no pixels"):
        split_by_seeds(Geometry.of_box(0.6, 0.6, 1.2, 1.2), [[0, 0], [1, 1]])
    with pytest.raises(BadParameter, match="Nothing to join"):
        joined([])
