"""Targets of star-convex networks are those of the reference package, and bring the objects back."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.shapes import edge_probability, labels_from_masks, star_distances, star_masks, targets

if TYPE_CHECKING:
    from pathlib import Path

pictures = hnp.arrays(np.int32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.integers(0, 3))


def their_distances(labels: NDArray[np.int32], rays: int, grid: int) -> NDArray[np.float32]:
    from stardist.geometry import star_dist

    return star_dist(labels, rays, (grid, grid))


def their_probability(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    from stardist.utils import edt_prob

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a picture of one object has no edge
        return edt_prob(labels)


@given(pictures, st.sampled_from([3, 8, 32]), st.sampled_from([1, 2, 4]))
def test_distances_are_those_of_the_reference_package(labels: NDArray[np.int32], rays: int, grid: int) -> None:
    np.testing.assert_array_equal(star_distances(labels, rays, grid), their_distances(labels, rays, grid))


@pytest.mark.parametrize("rays", [24, 32, 64, 96])
@pytest.mark.parametrize("grid", [1, 2, 3])
def test_distances_of_round_objects_too(nuclei: NDArray[np.int32], rays: int, grid: int) -> None:
    ours, theirs = star_distances(nuclei, rays, grid), their_distances(nuclei, rays, grid)
    # With 32 rays and fewer to the bit; the sine of a float32 angle may differ in its last place.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=0 if rays <= 32 else 1e-5)


@pytest.mark.parametrize("grid", [1, 2])
def test_numpy_walks_as_compiled_loops_walk(nuclei: NDArray[np.int32], grid: int) -> None:
    framed = np.pad(nuclei, 1)
    for rays in (12, 32):
        np.testing.assert_array_equal(targets._distances(framed, rays, grid), star_distances(nuclei, rays, grid))


@given(pictures, st.sampled_from([1, 2]))
def test_probability_is_that_of_the_reference_package(labels: NDArray[np.int32], grid: int) -> None:
    ours = edge_probability(labels, grid)
    np.testing.assert_allclose(ours, their_probability(labels)[::grid, ::grid], rtol=0, atol=1e-6)
    assert ((ours > 0) == (labels[::grid, ::grid] > 0)).all()


def test_numpy_measures_as_compiled_loops_measure(nuclei: NDArray[np.int32]) -> None:
    from cellwright.shapes import target_kernels

    np.testing.assert_array_equal(targets._squared_distances(nuclei), target_kernels.squared_distances(nuclei))
    np.testing.assert_array_equal(edge_probability(nuclei), their_probability(nuclei))


@given(st.lists(st.floats(6, 11), min_size=8, max_size=8), st.integers(0, 10**6))
@settings(max_examples=25)
def test_taught_and_drawn_again_a_star_is_the_same_within_a_pixel(radii: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = np.interp(np.arange(32) / 4, np.arange(9), [*radii, radii[0]])[None]
    middle = rng.uniform(15, 20, (1, 2))
    labels = labels_from_masks(star_masks(middle, lengths), (36, 36))
    at = np.rint(middle[0]).astype(int)
    drawn = labels_from_masks(star_masks(at[None], star_distances(labels, 32)[tuple(at)][None]), (36, 36))
    y, x = np.nonzero(drawn != labels)
    for a, b in zip(y, x, strict=True):  # every pixel that differs lies on the edge of the object
        around = labels[max(a - 1, 0) : a + 2, max(b - 1, 0) : b + 2]
        assert around.min() != around.max()


@given(st.floats(3, 14), st.tuples(st.integers(16, 20), st.integers(16, 20)))
def test_drawn_and_measured_again_rays_are_as_long(radius: float, middle: tuple[int, int]) -> None:
    labels = labels_from_masks(star_masks(np.array([middle]), np.full((1, 32), radius)), (40, 40))
    np.testing.assert_allclose(star_distances(labels, 32)[middle], radius, atol=1.5)


@pytest.mark.parametrize("rays", [12, 32])
def test_long_rays_of_large_objects_too(rays: int) -> None:
    y, x = np.mgrid[:150, :180]
    labels = ((y - 70) ** 2 + (x - 95) ** 2 < 68**2).astype(np.int32)
    labels[60:64, :150] = 2  # thin and long
    for grid in (1, 2):
        np.testing.assert_array_equal(star_distances(labels, rays, grid), their_distances(labels, rays, grid))


def test_pictures_at_the_edges_of_what_can_be() -> None:
    nothing = np.zeros((5, 7), np.int32)
    assert not star_distances(nothing, 32).any()
    assert not edge_probability(nothing).any()
    assert star_distances(np.zeros((0, 4), np.int32), 8).shape == (0, 4, 8)
    full = np.ones((5, 7), np.int32)
    np.testing.assert_array_equal(star_distances(full, 4)[2, 3], [3.5, 2.5, 3.5, 2.5])
    assert edge_probability(full).max() == 1
    single = np.zeros((3, 3), np.int32)
    single[1, 1] = 9
    np.testing.assert_allclose(star_distances(single, 4)[1, 1], 0.5, atol=1e-6)
    assert edge_probability(single)[1, 1] == 1
    assert star_distances(np.ones((7, 9), np.int32), 32, 2).shape == (4, 5, 32)


def test_numbers_far_apart_and_above_16_bits_are_labels_like_others() -> None:
    labels = np.zeros((6, 12), np.int64)
    labels[1:5, 1:5], labels[1:5, 5:11] = 5 << 40, 65537
    small = np.where(labels == 65537, 1, np.where(labels > 0, 2, 0)).astype(np.int32)
    np.testing.assert_array_equal(star_distances(labels, 16), star_distances(small, 16))
    np.testing.assert_array_equal(edge_probability(labels), edge_probability(small))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadParameter, match="rays"):
        star_distances(np.zeros((3, 3), np.int32), 2)
    with pytest.raises(BadParameter, match="grid"):
        edge_probability(np.zeros((3, 3), np.int32), 0)
    with pytest.raises(BadParameter, match="whole numbers"):
        star_distances(np.zeros((3, 3)), 8)  # type: ignore[arg-type]


def test_targets_of_real_nuclei_are_those_of_the_reference_package(data_dir: Path) -> None:
    from PIL import Image

    files = sorted((data_dir / "nuclei_dsb2018").rglob("*.png"))
    masks = [file for file in files if "mask" in str(file.parent) or "label" in str(file.parent)]
    assert masks
    for file in masks[:: len(masks) // 6]:
        with Image.open(file) as opened:
            labels = np.asarray(opened).astype(np.int32)[:256, :256]
        np.testing.assert_array_equal(star_distances(labels, 32, 2), their_distances(labels, 32, 2))
        np.testing.assert_allclose(edge_probability(labels), their_probability(labels), atol=1e-6)
