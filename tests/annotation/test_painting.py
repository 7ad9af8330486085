"""Painting, erasing and filling runs is what it would be on a picture of labels, and never a neighbour's loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from cellwright.annotation import (
    Geometry,
    GeometryKind,
    erased,
    filled,
    outlined,
    painted,
    pixels_of,
    without_holes,
)
from cellwright.core import BadParameter
from cellwright.shapes import stroke
from tests.annotation.pixels import Picture, disc, mask_of, neighbourhoods, objects, picture_of, pictures, place_of


def others_of(labels: NDArray[np.uint8]) -> list[Geometry]:
    return [place_of(labels == value) for value in np.unique(labels) if value > 1]


@given(neighbourhoods, pictures)
def test_painting_leaves_neighbours_as_they_are(labels: NDArray[np.uint8], stroke_picture: Picture) -> None:
    mine = labels == 1
    result = painted(place_of(mine) if mine.any() else None, mask_of(stroke_picture), others_of(labels))
    np.testing.assert_array_equal(picture_of(result.geometry), mine | (stroke_picture & (labels == 0)))
    assert result.changed_others == ()


@given(neighbourhoods, pictures)
def test_overwriting_takes_from_neighbours_what_was_painted(labels: NDArray[np.uint8], stroke_picture: Picture) -> None:
    mine = labels == 1
    others = others_of(labels)
    result = painted(place_of(mine) if mine.any() else None, mask_of(stroke_picture), others, overwrite=True)
    np.testing.assert_array_equal(picture_of(result.geometry), mine | stroke_picture)
    changed = dict(result.changed_others)
    for row, value in enumerate([value for value in np.unique(labels) if value > 1]):
        after = changed.get(row, others[row])
        np.testing.assert_array_equal(picture_of(after), (labels == value) & ~stroke_picture)
        assert (row in changed) == bool((stroke_picture & (labels == value)).any())


@given(objects, pictures)
def test_erasing_what_was_painted_on_empty_ground_gives_the_object_back(mine: Picture, drawn: Picture) -> None:
    ground = drawn & ~mine
    after = painted(place_of(mine), mask_of(ground)).geometry
    assert after is not None
    assert erased(after, mask_of(ground)) == place_of(mine)


@given(objects, pictures)
def test_erasing_takes_the_pixels_of_the_stroke_and_no_others(mine: Picture, drawn: Picture) -> None:
    np.testing.assert_array_equal(picture_of(erased(place_of(mine), mask_of(drawn))), mine & ~drawn)


@given(neighbourhoods.filter(lambda labels: bool((labels == 1).any())))
def test_holes_are_filled_with_what_is_nobodys(labels: NDArray[np.uint8]) -> None:
    mine = labels == 1
    inside = ndimage.binary_fill_holes(mine)
    after = without_holes(place_of(mine), others_of(labels))
    np.testing.assert_array_equal(picture_of(after), mine | (inside & (labels == 0)))


@given(objects, st.integers(0, 15), st.integers(0, 18))
def test_only_the_hole_that_was_clicked_is_filled(mine: Picture, y: int, x: int) -> None:
    holes, _ = ndimage.label(ndimage.binary_fill_holes(mine) & ~mine)
    if holes[y, x]:
        after = filled(place_of(mine), y + 0.5, x + 0.5)
        np.testing.assert_array_equal(picture_of(after), mine | (holes == holes[y, x]))
    else:
        with pytest.raises(BadParameter, match="no hole"):
            filled(place_of(mine), y + 0.5, x + 0.5)


def test_a_box_or_points_beside_claim_no_pixels() -> None:
    box, points = Geometry.of_box(0, 0, 9, 9), Geometry.of_points(np.array([[4.0, 4.0]]))
    brush = stroke([[4, 4]], 3)
    assert painted(None, brush, [box, points]).geometry == Geometry.of_mask(brush)
    assert painted(None, brush, [box, points], overwrite=True).changed_others == ()


def test_painting_on_a_box_begins_its_outline() -> None:
    brush = stroke([[4, 4]], 3)
    assert painted(Geometry.of_box(0, 0, 9, 9), brush).geometry == Geometry.of_mask(brush)


def test_painting_on_neighbours_alone_makes_no_object() -> None:
    neighbour = place_of(disc(8, 8, 6))
    assert painted(None, stroke([[8, 8]], 2), [neighbour]).geometry is None
    taken = painted(None, stroke([[8, 8]], 9), [neighbour], overwrite=True)
    assert taken.changed_others == ((0, None),)


def test_pixels_lie_inside_a_box_or_an_outline() -> None:
    assert pixels_of(Geometry.of_box(0.4, 0.6, 2.5, 3.4)).spans.tolist() == [[0, 1, 3], [1, 1, 3]]
    square = outlined([[1, 1], [1, 4], [3, 4], [3, 1]])
    assert square is not None
    assert square.kind is GeometryKind.MASK
    assert square.box == (1, 1, 3, 4)
    assert outlined([[1, 1], [1, 1.2], [1.2, 1]]) is None
    with pytest.raises(BadParameter, match="three corners"):
        outlined([[1, 1], [2, 2]])
    with pytest.raises(BadParameter, match="Points have no pixels"):
        pixels_of(Geometry.of_points(np.array([[1.0, 2.0]])))
