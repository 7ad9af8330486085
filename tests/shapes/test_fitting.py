"""Outlines that are nearly right end where the pixels of objects end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.shapes import (
    edge_probability,
    fitted_to_pixels,
    fitting,
    labels_from_masks,
    masks_from_labels,
    star_distances,
    star_masks,
)


def labels_of(rows: list[str]) -> NDArray[np.int32]:
    """A picture from drawn rows: a dot is ground, a digit an object."""
    return np.array([[0 if c == "." else int(c) for c in row] for row in rows], np.int32)


def fitted(labels: NDArray[np.int32], covered: NDArray[np.bool_], reach: int) -> NDArray[np.integer]:
    masks, values = masks_from_labels(labels)
    found, rows = fitted_to_pixels(masks, covered, reach=reach)
    return labels_from_masks(found, labels.shape, values=values[rows])


def test_rings_are_taken_off_and_joined() -> None:
    labels = labels_of(["......", ".1122.", ".1122.", ".1122.", "......"])
    covered = np.zeros((5, 6), bool)
    covered[2:5, 0:6] = True
    assert fitted(labels, covered, 1).tolist() == labels_of(["......", "......", "111222", "111222", ".1122."]).tolist()
    assert fitted(labels, covered, 2).tolist() == labels_of(["......", "......", "111222", "111222", "111222"]).tolist()


def test_of_two_that_reach_a_pixel_the_earlier_has_it() -> None:
    labels = labels_of(["2.1"])
    assert fitted(labels, np.ones((1, 3), bool), 5).tolist() == [[2, 1, 1]]


def test_an_object_that_nothing_covers_stays() -> None:
    labels = labels_of([".....", ".1.2.", "....."])
    covered = labels == 2
    assert fitted(labels, covered, 3).tolist() == labels.tolist()


def test_what_cannot_be_fitted_is_refused() -> None:
    with pytest.raises(BadParameter, match="bool"):
        fitted_to_pixels(Masks.empty(), np.zeros((3, 3), np.uint8))
    with pytest.raises(BadParameter, match="at least 1"):
        fitted_to_pixels(Masks.empty(), np.zeros((3, 3), bool), reach=0)
    masks, rows = fitted_to_pixels(Masks.empty(), np.ones((3, 3), bool))
    assert len(masks) == len(rows) == 0


pictures = st.integers(0, 2**32 - 1).map(
    lambda seed: (
        np.random.default_rng(seed).integers(-9, 4, (13, 17)).clip(0).astype(np.int32).repeat(2, 0).repeat(3, 1),
        np.random.default_rng(seed + 1).random((26, 51)) < 0.6,
    )
)


@settings(max_examples=60, deadline=None)
@given(picture=pictures, reach=st.integers(1, 4))
def test_compiled_and_plain_loops_agree(picture: tuple[NDArray[np.int32], NDArray[np.bool_]], reach: int) -> None:
    labels, covered = picture
    by_hand = fitting._fitted(labels, covered, reach)
    assert fitted(labels, covered, reach).tolist() == by_hand.tolist()
    # No object is lost, and what changed lies within reach of what was there.
    assert set(np.unique(by_hand)) == set(np.unique(labels))
    assert not ((by_hand != labels) & (by_hand > 0) & ~covered).any()


@settings(max_examples=20, deadline=None)
@given(picture=pictures, reach=st.integers(1, 3), y=st.integers(0, 8), x=st.integers(0, 12))
def test_a_part_agrees_with_the_whole_away_from_its_edges(
    picture: tuple[NDArray[np.int32], NDArray[np.bool_]], reach: int, y: int, x: int
) -> None:
    # One object, part of which stays in view: whether anything of an object is left depends on all of it.
    labels, covered = (picture[0] > 0).astype(np.int32), picture[1].copy()
    middle = (slice(y + 6, y + 10), slice(x + 13, x + 17))
    labels[middle], covered[middle] = 1, True
    part = (slice(y, y + 16), slice(x, x + 30))
    inner = (slice(2 * reach, 16 - 2 * reach), slice(2 * reach, 30 - 2 * reach))
    assert (fitted(labels[part], covered[part], reach)[inner] == fitted(labels, covered, reach)[part][inner]).all()


def test_stars_of_round_objects_get_their_pixels_back(nuclei: NDArray[np.int32]) -> None:
    y, x = np.nonzero(edge_probability(nuclei) == 1)
    lengths = star_distances(nuclei, 32)[y, x]
    stars = star_masks(np.stack([y, x], 1).astype(np.float32), lengths)
    before = labels_from_masks(stars, nuclei.shape)
    after = labels_from_masks(fitted_to_pixels(stars, nuclei > 0, reach=3)[0], nuclei.shape)
    wrong = [((found > 0) != (nuclei > 0)).sum() for found in (before, after)]
    assert wrong[1] < 0.2 * wrong[0]
