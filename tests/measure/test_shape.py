"""Area, perimeter and centroid agree with scikit-image, with hand-made shapes and with geometry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.measure import perimeter_crofton, regionprops

from cellwright.core import Masks, Objects, PixelSize, PixelSizeSource
from cellwright.measure import IN_FILES, centroids, perimeters, told_both_ways
from cellwright.testing import Nuclei
from cellwright.testing.labelled import objects_of


def masks_of(labels: np.ndarray) -> Masks:
    masks = objects_of(labels.astype(np.int32), ("x",), "test").masks
    assert masks is not None
    return masks


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)))
def test_any_shapes_measure_as_scikit_image_measures_them(labels: np.ndarray) -> None:
    masks = masks_of(labels)
    values = np.unique(labels[labels > 0])
    framed = np.pad(labels, 2)
    expected = [perimeter_crofton(framed == value, directions=4) for value in values]
    np.testing.assert_allclose(perimeters(masks), expected, atol=1e-9)
    regions = regionprops(labels)
    np.testing.assert_allclose(masks.areas(), [r.area for r in regions])
    np.testing.assert_allclose(
        centroids(masks).reshape(-1, 2), np.array([r.centroid for r in regions]).reshape(-1, 2) + 0.5
    )


def test_a_field_of_nuclei_measures_as_scikit_image_measures_it() -> None:
    field = Nuclei(seed=8, shape=(200, 240))
    labels, masks = field.labels(), field.truth().masks
    assert masks is not None
    regions = regionprops(np.pad(labels, 1))
    np.testing.assert_allclose(perimeters(masks), [r.perimeter_crofton for r in regions], atol=1e-9)


@pytest.mark.parametrize("radius", [10.0, 25.5])
@pytest.mark.parametrize("pixel", [(1.0, 1.0), (0.5, 0.25), (1.0, 3.0)])
def test_a_disc_has_the_perimeter_of_a_circle(radius: float, pixel: tuple[float, float]) -> None:
    y, x = ((np.arange(160) + 0.5 - 80) * side for side in pixel)
    radius *= max(pixel)
    around = perimeters(masks_of((y[:, None] ** 2 + x[None, :] ** 2 <= radius**2).astype(np.int32)), pixel)
    assert around[0] == pytest.approx(2 * np.pi * radius, rel=0.06 if pixel[0] != pixel[1] else 0.02)


def test_columns_are_right_by_hand() -> None:
    labels = np.zeros((8, 10), np.int32)
    labels[2:4, 3:7] = 1
    columns = {
        c.name: c
        for c in told_both_ways(
            objects_of(labels, ("x",), "test"), IN_FILES, PixelSize(0.5, 0.25, PixelSizeSource.USER)
        )
    }
    values = {name: column.values.tolist()[0] for name, column in columns.items()}
    assert (values["area"], values["area_um2"]) == (8, 1.0)
    assert (values["centroid-0"], values["centroid-1"]) == (3, 5)
    assert (values["centroid-0_um"], values["centroid-1_um"]) == (1.5, 1.25)
    # Two rows across, four columns down, five diagonals each way.
    assert values["perimeter_crofton"] == pytest.approx(np.pi / 4 * (2 + 4 + 10 / np.sqrt(2)))
    assert columns["area_um2"].unit == "µm²"


def test_without_a_pixel_size_or_masks_values_are_unknown() -> None:
    labels = np.ones((2, 2), np.int32)
    found = objects_of(labels, ("x",), "test")
    for column in told_both_ways(found, IN_FILES, None):
        assert np.isnan(column.values).all() == column.name.endswith(("_um", "_um2"))
    bare = Objects(found.ids, found.boxes, found.class_index, found.scores, found.classes)
    assert all(np.isnan(c.values).all() and len(c.values) == 1 for c in told_both_ways(bare, IN_FILES, None))
    assert [len(c.values) for c in told_both_ways(Objects.empty(("x",)), IN_FILES, None)] == [0] * 8


def test_objects_without_pixels_stand_between_others_without_harm() -> None:
    one = masks_of(np.ones((3, 3), np.int32))
    masks = Masks.concatenate([Masks.empty(1), one, Masks.empty(2), one.shifted(1, -40), Masks.empty(1)])
    alone = perimeters(one)[0]
    np.testing.assert_allclose(perimeters(masks), [0, alone, 0, 0, alone, 0])
    middle = centroids(masks)
    assert middle[1].tolist() == [1.5, 1.5] and middle[4].tolist() == [2.5, -38.5] and np.isnan(middle[0]).all()


def test_moving_shapes_changes_no_size() -> None:
    masks = Nuclei(seed=2, shape=(80, 90)).truth().masks
    assert masks is not None
    moved = masks.shifted(-300, 100_000)
    np.testing.assert_array_equal(perimeters(moved), perimeters(masks))
    np.testing.assert_allclose(centroids(moved), centroids(masks) + np.array([-300, 100_000]))
