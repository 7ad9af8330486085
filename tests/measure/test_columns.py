"""Every column equals scikit-image's, compiled or not, and is right for pixels that are not square."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from skimage.measure import regionprops_table

from cellwright.core import Masks, PixelSize, PixelSizeSource
from cellwright.measure import Picture, measure, measure_labels
from cellwright.measure.geometry import COLUMNS
from cellwright.shapes import compiled, masks_from_labels
from cellwright.testing import Nuclei

SHARED = [
    "area",
    "area_bbox",
    "area_convex",
    "area_filled",
    "axis_major_length",
    "axis_minor_length",
    "bbox",
    "centroid",
    "eccentricity",
    "equivalent_diameter_area",
    "euler_number",
    "extent",
    "feret_diameter_max",
    "orientation",
    "perimeter",
    "perimeter_crofton",
    "solidity",
    "moments",
    "moments_central",
    "moments_normalized",
    "moments_hu",
    "intensity_mean",
    "intensity_median",
    "intensity_min",
    "intensity_max",
    "intensity_std",
]
# Where rounding decides in scikit-image: thin objects have a short axis of √rounding there and 0 here.
LOOSE = {"axis_minor_length": 1e-6, "eccentricity": 1e-6}


@pytest.fixture(params=["compiled", "numpy"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure once with the compiled loops and once without."""
    if request.param == "numpy":
        for module in ("moment_sums", "hulls", "holes", "boundary", "statistics_of", "texture"):
            monkeypatch.setattr(f"cellwright.measure.{module}.loops", lambda *_: None)


def measured(labels: np.ndarray, values: np.ndarray, pixel_size: PixelSize | None = None) -> dict[str, np.ndarray]:
    picture = Picture(values[:, :, None], ("c",))
    _, found = measure_labels(labels, ["geometry", "moments", "intensity"], pixels=picture, pixel_size=pixel_size)
    return {each.name.removesuffix("-c"): each.values for each in found}


def assert_equal(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    for name, values in theirs.items():
        if np.isnan(np.asarray(values, np.float64)).all():
            continue  # normalised moments of order 0 and 1, which mean nothing and are not declared
        expected = np.asarray(values, np.float64)
        if name.startswith("centroid"):
            expected = expected + 0.5
        if name == "orientation":
            has_direction = theirs["eccentricity"] > 1e-3
            apart = np.abs(np.sin(ours[name] - expected))[has_direction]  # half a turn is none
            assert apart.max(initial=0) < 1e-9
            continue
        size = np.maximum(1, np.abs(expected))
        if name.startswith("moments_central"):
            size = np.maximum(size, theirs["moments-0-0"] * theirs["feret_diameter_max"] ** sum(map(int, name[-3::2])))
        np.testing.assert_allclose((ours[name] - expected) / size, 0, atol=LOOSE.get(name, 1e-9), err_msg=name)


@pytest.mark.usefixtures("loops")
def test_a_field_of_nuclei_measures_column_by_column_as_scikit_image_measures_it() -> None:
    labels = Nuclei(seed=8, shape=(220, 240)).labels()
    values = np.random.default_rng(1).integers(0, 4096, labels.shape).astype(np.uint16)
    assert_equal(measured(labels, values), regionprops_table(labels, values, properties=SHARED))


@pytest.mark.usefixtures("loops")
def test_scattered_pixels_with_holes_and_many_parts_do_too() -> None:
    rng = np.random.default_rng(4)
    labels = ((rng.random((70, 90)) < 0.6) * rng.integers(1, 40, (70, 90))).astype(np.int32)
    labels[:30, :40] = (rng.random((30, 40)) < 0.8) * 41  # one large object with many holes
    values = rng.normal(10, 3, labels.shape)
    assert_equal(measured(labels, values), regionprops_table(labels, values, properties=SHARED))


@settings(max_examples=40)
@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 10), st.integers(1, 10)), elements=st.integers(0, 3)))
def test_numpy_measures_what_compiled_loops_measure(labels: np.ndarray) -> None:
    masks, _ = masks_from_labels(labels)
    picture = Picture(np.arange(labels.size).reshape(*labels.shape, 1) % 251, ("c",))
    columns = ["geometry", "moments", "intensity", "ring", "texture"]
    fast = measure(masks, columns, pixels=picture, pixel_size=PixelSize(0.5, 0.25, PixelSizeSource.USER))
    with pytest.MonkeyPatch.context() as patch:
        for module in ("moment_sums", "hulls", "holes", "boundary", "statistics_of", "texture"):
            patch.setattr(f"cellwright.measure.{module}.loops", lambda *_: None)
        slow = measure(masks, columns, pixels=picture, pixel_size=PixelSize(0.5, 0.25, PixelSizeSource.USER))
    for one, other in zip(fast, slow, strict=True):
        # A moment may be 0 but for rounding; those around it say how large rounding is.
        np.testing.assert_allclose(one.values, other.values, rtol=1e-9, atol=1e-9, err_msg=one.name)


def test_real_nuclei_measure_as_scikit_image_measures_them(data_dir: Path) -> None:
    files = sorted((data_dir / "nuclei_dsb2018" / "labels").glob("*.png"))
    for file in files[:: max(1, len(files) // 4)]:
        with Image.open(file) as opened:
            labels = np.asarray(opened).astype(np.int32)
        values = np.random.default_rng(0).integers(0, 256, labels.shape).astype(np.uint8)
        assert_equal(measured(labels, values), regionprops_table(labels, values, properties=SHARED))


def test_square_pixels_in_um_are_scikit_images_with_their_spacing() -> None:
    labels = Nuclei(seed=3, shape=(160, 150)).labels()
    values = np.ones(labels.shape)
    shared = [name for name in SHARED if name not in ("bbox", "moments_hu")]
    theirs = regionprops_table(labels, values, properties=shared, spacing=(0.25, 0.25))
    ours = measured(labels, values, PixelSize(0.25, 0.25, PixelSizeSource.TAG))
    in_um = {column.key: column.header(in_um=True) for column in COLUMNS}
    for name, expected in theirs.items():
        if name.startswith(("moments", "intensity", "centroid", "orientation")):
            continue
        np.testing.assert_allclose(ours[in_um[name]], expected, rtol=1e-7, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(ours["centroid-0_um"], theirs["centroid-0"] + 0.125)
    np.testing.assert_allclose(ours["moments_central-2-1_um3"], theirs["moments_central-2-1"], rtol=1e-9, atol=1e-6)


# Pixels that are not square ------------------------------------------------------------------------------------------

TALL = PixelSize(0.5, 0.25, PixelSizeSource.USER)


def one(
    labels: np.ndarray, pixel_size: PixelSize | None = None, columns: tuple[str, ...] = ("all",)
) -> dict[str, float]:
    _, found = measure_labels(labels.astype(np.int32), columns, pixel_size=pixel_size)
    return {each.name: float(each.values[0]) for each in found}


def test_what_scikit_image_measures_with_a_spacing_is_measured_as_there() -> None:
    """Areas, axes, angle and Feret's diameter of pixels twice as high as wide."""
    labels = Nuclei(seed=3, shape=(160, 150)).labels()
    names = ["area", "area_convex", "axis_major_length", "axis_minor_length", "eccentricity", "orientation"]
    names += ["feret_diameter_max", "solidity", "moments_central"]
    theirs = regionprops_table(labels, properties=names, spacing=(0.5, 0.25))
    _, found = measure_labels(labels, ["all"], pixel_size=TALL)
    ours = {each.name: each.values for each in found}
    for name in (
        "area_um2",
        "area_convex_um2",
        "axis_major_length_um",
        "axis_minor_length_um",
        "feret_diameter_max_um",
    ):
        np.testing.assert_allclose(ours[name], theirs[name.rpartition("_um")[0]], rtol=1e-8, err_msg=name)
    np.testing.assert_allclose(np.sin(ours["orientation"] - theirs["orientation"]), 0, atol=1e-6)
    np.testing.assert_allclose(ours["moments_central-0-2_um2"], theirs["moments_central-0-2"], rtol=1e-9)


def test_the_chain_of_a_rectangle_counts_width_along_rows_and_height_along_columns() -> None:
    labels = np.zeros((12, 14))
    labels[2:8, 3:12] = 1  # 6 rows, 9 columns: the chain goes around the middles of border pixels
    found = one(labels, TALL)
    # Each of the four corner pixels has one link of each kind, and their mean stands for both.
    assert found["perimeter_um"] == pytest.approx(2 * (8 * 0.25 + 5 * 0.5))
    assert one(labels)["perimeter"] == pytest.approx(2 * (8 + 5))


def test_the_chain_of_a_diamond_counts_the_hypotenuse() -> None:
    y, x = np.mgrid[-8:9, -8:9]
    labels = np.pad(np.abs(y) + np.abs(x) <= 6, 1)
    steps = 4 * 6
    assert one(labels)["perimeter"] == pytest.approx(steps * math.sqrt(2))
    assert one(labels, TALL)["perimeter_um"] == pytest.approx(steps * math.hypot(0.5, 0.25))


@pytest.mark.parametrize("name", ["perimeter", "perimeter_crofton", "feret_diameter_max", "axis_major_length"])
def test_turning_the_picture_and_its_pixels_changes_no_length(name: str) -> None:
    labels = Nuclei(seed=3, shape=(160, 150)).labels()
    flat = PixelSize(0.25, 0.5, PixelSizeSource.USER)
    _, (upright,) = measure_labels(labels, [name], pixel_size=TALL)
    _, (turned,) = measure_labels(labels.T, [name], pixel_size=flat)
    np.testing.assert_allclose(turned.values, upright.values, rtol=1e-9)


@pytest.mark.parametrize("pixel", [(1.0, 1.0), (1.0, 0.5), (0.4, 1.0)])
def test_an_ellipse_measures_the_same_whatever_the_pixels(pixel: tuple[float, float]) -> None:
    """Drawn on pixels of any shape it has the axes, angle, diameter, normalised moments and Hu numbers of geometry."""
    long, short, angle = 60.0, 30.0, 0.6
    y, x = ((np.arange(int(260 / side)) + 0.5) * side - 130 for side in pixel)
    along = y[:, None] * math.cos(angle) + x[None, :] * math.sin(angle)
    across = -y[:, None] * math.sin(angle) + x[None, :] * math.cos(angle)
    found = one((along / long) ** 2 + (across / short) ** 2 <= 1, PixelSize(*pixel, PixelSizeSource.USER))
    assert found["area_um2"] == pytest.approx(math.pi * long * short, rel=3e-3)
    assert found["axis_major_length_um"] == pytest.approx(2 * long, rel=3e-3)
    assert found["axis_minor_length_um"] == pytest.approx(2 * short, rel=3e-3)
    assert found["orientation"] == pytest.approx(angle, abs=5e-3)
    assert found["feret_diameter_max_um"] == pytest.approx(2 * long, abs=1.5)  # a pixel more at most
    around = math.pi * (3 * (long + short) - math.sqrt((3 * long + short) * (long + 3 * short)))
    assert found["perimeter_crofton_um"] == pytest.approx(around, rel=0.03)
    # A chain of steps in eight directions is too long, the more so the less square pixels are.
    assert found["perimeter_um"] == pytest.approx(around, rel=0.09 if pixel == (1.0, 1.0) else 0.13)
    # ν20 + ν02 of an ellipse is (a/b + b/a) / 4π.
    assert found["moments_hu-0"] == pytest.approx((long / short + short / long) / (4 * math.pi), rel=5e-3)
    assert found["moments_hu-1"] == pytest.approx(((long / short - short / long) / (4 * math.pi)) ** 2, rel=1e-2)
    assert found["aspect_ratio"] == pytest.approx(2, rel=5e-3)
    assert found["roundness"] == pytest.approx(0.5, rel=5e-3)


def test_shape_factors_by_hand() -> None:
    disc = np.hypot(*np.mgrid[-30:31, -30:31]) <= 28
    found = one(disc)
    assert found["circularity"] == pytest.approx(1, abs=0.02)
    assert found["roundness"] == pytest.approx(1, abs=0.01)
    assert found["aspect_ratio"] == pytest.approx(1)
    dot = one(np.array([[0, 0], [0, 1]]))
    assert dot["axis_major_length"] == dot["eccentricity"] == 0
    assert math.isnan(dot["aspect_ratio"])
    assert math.isnan(dot["roundness"])


def test_an_object_without_pixels_has_its_box_alone() -> None:
    boxes = np.array([[10, 20, 14, 30]], np.float32)
    found = {each.name: each.values[0] for each in measure(Masks.empty(1), boxes=boxes)}
    assert found["area_bbox"] == 40
    assert (found["bbox-0"], found["bbox-3"]) == (10, 30)
    assert {name for name, value in found.items() if not np.isnan(value)} == {
        *("area_bbox", "width", "height", "centre-0", "centre-1"),
        *(f"bbox-{i}" for i in range(4)),
    }


def test_loops_of_the_room_are_found() -> None:
    for name in (
        "moment_kernels",
        "hull_kernels",
        "hole_kernels",
        "boundary_kernels",
        "intensity_kernels",
        "texture_kernels",
    ):
        assert compiled.loops(name, "measure") is not None
