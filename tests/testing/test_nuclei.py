"""The drawn fluorescence field: every pixel has at most one owner, wherever it is read from."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.measure import label, regionprops

from cellwright.core import Box
from cellwright.testing import NUCLEI_CLASSES, Nuclei
from cellwright.testing.sample import SAMPLE_NUCLEI

if TYPE_CHECKING:
    from pathlib import Path

FIELD = Nuclei(seed=3, shape=(240, 300))


@cache
def _whole() -> tuple[np.ndarray, np.ndarray]:
    return FIELD.read(FIELD.box), FIELD.labels()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 200), st.integers(0, 260), st.integers(1, 90), st.integers(1, 90))
def test_a_tile_shows_and_owns_what_the_whole_picture_does_there(y: int, x: int, height: int, width: int) -> None:
    picture, labels = _whole()
    box = Box(y, x, min(240, y + height), min(300, x + width))
    np.testing.assert_array_equal(FIELD.read(box), picture[box.y0 : box.y1, box.x0 : box.x1])
    np.testing.assert_array_equal(FIELD.labels(box), labels[box.y0 : box.y1, box.x0 : box.x1])


def test_every_nucleus_is_one_piece_without_holes_and_some_touch() -> None:
    labels = _whole()[1]
    touching = 0
    for region in regionprops(labels):
        assert label(region.image, connectivity=2).max() == 1
        assert region.euler_number == 1
        around = np.pad(labels, 1)[
            region.slice[0].start : region.slice[0].stop + 2, region.slice[1].start : region.slice[1].stop + 2
        ]
        touching += bool(set(np.unique(around)) - {0, region.label})
    assert touching >= 5


def test_masks_are_the_label_image() -> None:
    labels, truth = _whole()[1], FIELD.truth()
    assert truth.classes == NUCLEI_CLASSES and truth.masks is not None
    values, areas = np.unique(labels[labels > 0], return_counts=True)
    assert truth.masks.areas().tolist() == areas.tolist() and len(truth) == len(values)
    part = FIELD.truth(Box(50, 60, 200, 250))
    assert set(part.id_strings()) <= set(truth.id_strings())
    assert part.boxes[:, :2].min() >= 50 and part.masks is not None
    assert int(part.masks.areas().sum()) == int((labels[50:200, 60:250] > 0).sum())


def test_nuclei_are_bright_and_the_ground_is_dim() -> None:
    picture, labels = _whole()
    assert picture.dtype == np.uint8
    assert picture[labels > 0].mean() > 5 * picture[labels == 0].mean()
    assert np.percentile(picture[labels == 0], 90) < np.percentile(picture[labels > 0], 10)


def test_a_camera_of_12_bits_sees_the_same_nuclei() -> None:
    deep = Nuclei(seed=3, shape=(240, 300), is_16_bit=True)
    picture = deep.read(deep.box)
    assert picture.dtype == np.uint16 and 1000 < picture.max() <= 4095
    np.testing.assert_array_equal(deep.labels(), _whole()[1])
    np.testing.assert_allclose(picture / 16, _whole()[0], atol=0.6)


def test_a_corner_of_a_huge_field_is_drawn_at_once() -> None:
    slide = Nuclei(seed=1, shape=(100_000, 100_000))
    box = Box(99_800, 99_800, 100_000, 100_000)
    assert slide.read(box).shape == (200, 200)
    assert 5 <= len(slide.truth(box)) <= 60


def test_a_field_without_nuclei_has_no_objects() -> None:
    empty = Nuclei(seed=6, shape=(64, 80), crowding=0.0)
    assert len(empty.truth()) == 0
    assert empty.read(empty.box).max() < 30


def test_the_sample_has_the_light_of_real_fields(data_dir: Path) -> None:
    """Ground, nuclei and their ratio lie within what real 8-bit fluorescence fields span."""
    import csv

    with (data_dir / "nuclei_dsb2018" / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "fluorescence"][::30]
    real = []
    for row in rows:
        picture = np.asarray(Image.open(data_dir / "nuclei_dsb2018" / "images" / row["file"]).convert("L"))
        inside = np.asarray(Image.open(data_dir / "nuclei_dsb2018" / "labels" / row["file"])) > 0
        real.append(_light(picture, inside))
    drawn = _light(SAMPLE_NUCLEI.read(SAMPLE_NUCLEI.box), SAMPLE_NUCLEI.labels() > 0)
    assert len(real) > 10
    assert np.all(drawn >= np.min(real, axis=0)) and np.all(drawn <= np.max(real, axis=0))


def _light(picture: np.ndarray, inside: np.ndarray) -> list[float]:
    ground, nuclei = float(np.median(picture[~inside])), float(np.median(picture[inside]))
    spread = float(picture[inside].std() / picture[inside].mean())
    return [ground, nuclei, nuclei / max(ground, 1.0), spread]


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_is_another_field(seed: int) -> None:
    other = Nuclei(seed=seed, shape=(240, 300))
    assert np.mean(other.labels() != _whole()[1]) > 0.2
