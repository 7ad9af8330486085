"""Brightness, staining, rings and texture against scikit-image, by hand, and in the light of optics."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.color import rgb2hed
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

from cellwright.core import BadParameter, PixelSize, PixelSizeSource
from cellwright.measure import MeasureOptions, Picture, measure_labels
from cellwright.measure.rings import grown, ring_reach
from cellwright.measure.stains import VECTORS, stain_densities
from cellwright.measure.texture import binary_patterns, grey_levels
from cellwright.shapes import labels_from_masks, masks_from_labels
from cellwright.testing import Nuclei


def named(labels: np.ndarray, picture: Picture, *columns: str, **how: object) -> dict[str, np.ndarray]:
    _, found = measure_labels(labels, columns, pixels=picture, **how)
    return {each.name: each.values for each in found}


# Staining ------------------------------------------------------------------------------------------------------------


def test_stains_are_scikit_images_where_these_are_not_cut_off() -> None:
    rgb = np.random.default_rng(1).integers(60, 256, (40, 50, 3)).astype(np.uint8)
    theirs = rgb2hed(rgb)
    ours = stain_densities(rgb, 255)
    lengths = np.linalg.norm(VECTORS, axis=1)
    seen = theirs > 1e-9  # below 0 they are cut off there
    np.testing.assert_allclose((ours / 6 / lengths)[seen], theirs[seen], rtol=1e-6)
    assert (ours[~seen] < 1e-9).all()


@pytest.mark.parametrize("stain", [0, 1, 2])
def test_a_drawn_stain_is_found_again(stain: int) -> None:
    """Light through one stain alone, by Lambert and Beer, has that density and none of the others."""
    vector = np.array(VECTORS[stain]) / np.linalg.norm(VECTORS[stain])
    density = np.linspace(0, 1.2, 7)
    light = 200 * 10 ** (-density[:, None] * vector)
    found = stain_densities(light, 200)
    np.testing.assert_allclose(found, np.outer(density, np.eye(3)[stain]), atol=1e-9)


def test_stained_cells_have_columns_of_each_stain_and_grey_pictures_none() -> None:
    labels = np.zeros((6, 8), np.int32)
    labels[1:3, 1:4] = 1
    vector = np.array(VECTORS[0]) / np.linalg.norm(VECTORS[0])
    light = np.full((6, 8, 3), 240.0)
    light[labels == 1] = 240 * 10 ** (-0.7 * vector)
    picture = Picture(light, ("red", "green", "blue"), is_rgb=True, full_scale=240)
    found = named(labels, picture, "stain")
    assert found["intensity_mean-haematoxylin"] == pytest.approx([0.7])
    assert found["intensity_integrated-haematoxylin"] == pytest.approx([6 * 0.7])
    assert found["intensity_mean-eosin"] == pytest.approx([0], abs=1e-9)
    assert len(found) == 18
    with pytest.raises(BadParameter):
        stain_densities(light[:, :, :2], 255)
    with pytest.raises(KeyError):
        named(labels, Picture(light[:, :, :1], ("grey",)), "intensity_mean-haematoxylin")


# Rings ---------------------------------------------------------------------------------------------------------------


def test_a_ring_is_a_disc_grown_less_every_object() -> None:
    labels = np.zeros((9, 12), np.int32)
    labels[4, 4] = 1
    labels[4, 6] = 2
    values = np.ones((9, 12)) * 10
    values[labels == 1] = 40
    values[:, 6:] = 20
    found = named(labels, Picture(values[:, :, None], ("c",)), "ring", options=MeasureOptions(ring=2))
    # A disc of radius 2 has 13 pixels; the object and its neighbour two columns further are cut out.
    assert found["area_ring"][0] == 11
    # Of the 11 none is on the right of column 5 but what the neighbour took.
    assert found["intensity_mean_ring-c"][0] == 10
    assert found["nucleus_cytoplasm_ratio-c"][0] == 4
    assert found["intensity_std_ring-c"][0] == 0


def test_a_ring_in_um_is_round_on_the_slide() -> None:
    assert ring_reach(1.0, (0.5, 0.25)) == [(-2, 0), (-1, 3), (0, 4), (1, 3), (2, 0)]
    dot, _ = masks_from_labels(np.pad(np.ones((1, 1), np.int32), 8))
    ring = labels_from_masks(grown(dot, 1.0, (0.5, 0.25)), (17, 17)) > 0
    y, x = np.mgrid[-8:9, -8:9]
    np.testing.assert_array_equal(ring, np.hypot(0.5 * y, 0.25 * x) <= 1 + 1e-9)


def test_a_ring_that_is_all_taken_has_no_value() -> None:
    labels = np.array([[1, 2, 3]], np.int32)
    found = named(labels, Picture(np.ones((1, 3, 1)), ("c",)), "ring", options=MeasureOptions(ring=1))
    assert found["area_ring"].tolist() == [0, 0, 0]
    assert np.isnan(found["intensity_mean_ring-c"]).all()
    assert np.isnan(found["nucleus_cytoplasm_ratio-c"]).all()


def test_area_of_a_ring_is_in_um() -> None:
    labels = np.pad(np.ones((1, 1), np.int32), 4)
    size = PixelSize(0.5, 0.5, PixelSizeSource.USER)
    picture = Picture(np.ones((9, 9, 1)), ("c",))
    found = named(labels, picture, "area_ring", pixel_size=size, options=MeasureOptions(ring=1))
    assert found["area_ring_um2"] == pytest.approx([12 * 0.25])


# Texture -------------------------------------------------------------------------------------------------------------


def test_co_occurrences_are_scikit_images_over_four_directions() -> None:
    field = Nuclei(seed=6, shape=(90, 100))
    labels = field.labels()
    values = np.random.default_rng(2).integers(0, 256, labels.shape).astype(np.uint8)
    found = named(labels, Picture(values[:, :, None], ("c",)), "texture", options=MeasureOptions(levels=16))
    for row, value in enumerate(np.unique(labels[labels > 0])):
        # Pixels outside get a level of their own, which is struck out.
        levels = np.where(labels == value, values // 16, 16)
        angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
        pairs = graycomatrix(levels.astype(np.uint8), [1], angles, 17, symmetric=True)[:16, :16].sum(3, keepdims=True)
        assert pairs.sum() > 0
        for name in ("contrast", "dissimilarity", "homogeneity", "ASM", "energy", "correlation", "entropy"):
            expected = graycoprops(pairs / pairs.sum(), name)[0, 0]
            assert found[f"glcm_{name}-c"][row] == pytest.approx(expected, rel=1e-9), name


def test_binary_patterns_are_scikit_images() -> None:
    rng = np.random.default_rng(3)
    for values in (rng.integers(0, 256, (30, 40)), rng.integers(0, 3, (30, 40)), rng.integers(0, 60000, (30, 40))):
        theirs = local_binary_pattern(values, 8, 1, "uniform")
        # At the edge of the picture scikit-image sees 0 beyond it, we what lies at the edge.
        np.testing.assert_array_equal(binary_patterns(values)[2:-2, 2:-2], theirs[2:-2, 2:-2])


def test_shares_of_patterns_add_up_to_one() -> None:
    labels = Nuclei(seed=6, shape=(90, 100)).labels()
    values = np.random.default_rng(2).integers(0, 256, labels.shape)
    found = named(labels, Picture(values[:, :, None], ("c",)), "lbp-*")
    assert len(found) == 10
    np.testing.assert_allclose(np.sum(list(found.values()), axis=0), 1)


def test_an_even_object_has_no_contrast() -> None:
    labels = np.pad(np.ones((4, 5), np.int32), 2)
    found = named(labels, Picture(np.full((8, 9, 1), 77, np.uint8), ("c",)), "texture")
    assert (found["glcm_contrast-c"], found["glcm_ASM-c"], found["glcm_correlation-c"]) == ([0], [1], [1])
    alone = named(np.eye(1, dtype=np.int32), Picture(np.ones((1, 1, 1), np.uint8), ("c",)), "glcm_*")
    assert all(np.isnan(values).all() for values in alone.values())


def test_grey_levels_share_the_range_equally() -> None:
    assert grey_levels(np.array([0, 7, 8, 255]), 0, 256, 32).tolist() == [0, 0, 1, 31]
    assert grey_levels(np.array([-5.0, 0.5, 2.0]), 0.0, 1.0, 4).tolist() == [0, 2, 3]


def test_options_that_make_no_sense_are_refused() -> None:
    for wrong in ({"ring": 0}, {"radius": -1}, {"levels": 1}, {"levels": 300}, {"blank": 0}, {"ring": np.inf}):
        with pytest.raises(BadParameter):
            MeasureOptions(**wrong)
    with pytest.raises(BadParameter):
        Picture(np.ones((3, 3)), ("c",))
