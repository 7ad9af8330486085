"""Parts of a cut share nothing, together are the object, and lie on either side of the line."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes import components, cut, labels_from_masks, masks_from_labels, stroke, union
from cellwright.shapes.cutting import _parted

SHAPE = (14, 17)
Picture = NDArray[np.bool_]
pictures = hnp.arrays(np.bool_, SHAPE).filter(np.any)
lines = st.lists(
    st.tuples(st.integers(-2, 32), st.integers(-2, 36)).map(lambda at: (at[0] / 2, at[1] / 2)), min_size=2, max_size=6
)


def mask_of(picture: Picture) -> Masks:
    return masks_from_labels(picture)[0]


@given(pictures, lines)
def test_parts_are_apart_and_together_the_object(picture: Picture, line: list[tuple[float, float]]) -> None:
    mask = mask_of(picture)
    parts = cut(mask, np.array(line))
    assert int(parts.areas().sum()) == int(mask.areas()[0])
    assert union(parts, np.zeros(len(parts), np.int64)).equals(mask)
    assert (np.diff(parts.areas()) <= 0).all()


@given(pictures, lines)
def test_runs_are_parted_as_pixels_are(picture: Picture, line: list[tuple[float, float]]) -> None:
    corners = np.array(line) + np.array([0.7320508e-6, 0.4142135e-6])
    runs, part = _parted(mask_of(picture).spans, corners)
    found = labels_from_masks(Masks(np.arange(len(runs) + 1, dtype=np.int64), runs), SHAPE, values=part + 1)
    expected = parted_pixels(picture, corners)
    pairs = np.unique(np.stack([found[picture], expected[picture]], 1), axis=0)
    assert len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))


def parted_pixels(picture: Picture, corners: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the parts by walking from pixel to pixel wherever the line is not crossed."""
    number = np.zeros(SHAPE, np.int64)
    for value, (y, x) in enumerate(np.argwhere(picture), 1):
        if number[y, x]:
            continue
        todo = [(int(y), int(x))]
        number[y, x] = value
        while todo:
            at = todo.pop()
            for dy, dx in [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]:
                to = (at[0] + dy, at[1] + dx)
                inside = 0 <= to[0] < SHAPE[0] and 0 <= to[1] < SHAPE[1]
                if inside and picture[to] and not number[to] and crossings(at, to, corners) % 2 == 0:
                    number[to] = value
                    todo.append(to)
    return number


def crossings(one: tuple[int, int], other: tuple[int, int], corners: NDArray[np.float64]) -> int:
    p, q = np.array(one) + 0.5, np.array(other) + 0.5

    def side(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> bool:
        return bool((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0)

    steps = pairwise(corners)
    return sum(side(p, q, a) != side(p, q, b) and side(a, b, p) != side(a, b, q) for a, b in steps)


def test_two_touching_discs_come_apart_at_their_waist() -> None:
    discs = union(Masks.concatenate([stroke([[20, 20]], 12), stroke([[20, 40]], 10)]), np.array([0, 0]))
    left, right = (cut(discs, [[2.0, 31.5], [38.0, 31.5]]).take(np.array([row])) for row in (0, 1))
    assert left.boxes()[0].tolist() == [8, 8, 32, 32]
    assert right.boxes()[0, 1] == 32
    assert len(components(right)[0]) == 1


def test_a_line_that_ends_inside_cuts_nothing() -> None:
    disc = stroke([[20, 20]], 12)
    assert cut(disc, [[0, 20], [25, 20]]).equals(disc)
    assert cut(disc, [[0, 90], [25, 90]]).equals(disc)
    assert cut(disc, [[0, 20]]).equals(disc)


def test_pieces_the_line_did_not_touch_stay_with_the_nearest_part() -> None:
    speck = stroke([[20, 60]], 3)
    whole = union(Masks.concatenate([stroke([[20, 20]], 12), speck]), np.array([0, 0]))
    parts = cut(whole, [[0, 20], [40, 20]])
    assert len(parts) == 2
    assert sorted(parts.boxes()[:, 3].tolist()) == [20, 63]


def test_far_from_the_corner_the_cut_is_the_same() -> None:
    disc = stroke([[20, 20]], 12)
    line = np.array([[3.0, 18.5], [37.5, 22.0]])
    far = cut(disc.shifted(2**27, 2**27), line + 2.0**27)
    assert far.equals(cut(disc, line).shifted(2**27, 2**27))


def test_many_objects_are_not_cut_at_once() -> None:
    with pytest.raises(BadParameter, match="one object"):
        cut(Masks.empty(2), [[0, 0], [1, 1]])
