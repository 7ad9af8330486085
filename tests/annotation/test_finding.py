"""One click or one box finds the cell: on drawn cells that are known, and on real nuclei."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.io import imread
from skimage.measure import regionprops

from cellwright.annotation import Geometry, found_at_click, found_in_box, pixels_of
from cellwright.core import BadParameter, Box
from cellwright.datasets import read_dataset
from cellwright.shapes import labels_from_masks
from tests.annotation.pixels import disc

SHAPE = (120, 160)
ORIGIN = (5000, 7000)


def picture(*cells: NDArray[np.bool_], channels: int = 3) -> NDArray[np.uint8]:
    """Dark cells on bright, uneven ground, with noise."""
    ground = 190 + np.linspace(0, 20, SHAPE[1])[None] + np.zeros(SHAPE)
    for cell in cells:
        ground[cell] = 90
    noisy = ground[..., None] + np.random.default_rng(1).normal(0, 8, (*SHAPE, channels))
    return noisy.clip(0, 255).astype(np.uint8)


def overlap(found: Geometry | None, truth: NDArray[np.bool_], origin: tuple[int, int] = ORIGIN) -> float:
    if found is None:
        return 0.0
    drawn = labels_from_masks(pixels_of(found), (truth.shape[0], truth.shape[1]), origin) > 0
    return float((drawn & truth).sum() / (drawn | truth).sum())


ALONE = disc(40, 50, 18, SHAPE)
LEFT, RIGHT = disc(80, 80, 17, SHAPE), disc(80, 110, 17, SHAPE)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_a_click_anywhere_in_a_cell_finds_it(channels: int) -> None:
    crop = picture(ALONE, channels=channels)
    for dy, dx in ((0, 0), (9, 0), (-6, 7)):
        assert overlap(found_at_click(crop, ORIGIN, (5040.5 + dy, 7050.5 + dx), 36), ALONE) > 0.9


def test_a_grey_picture_of_any_scale_will_do() -> None:
    crop = picture(ALONE)[..., 0].astype(np.float32) / 7e4
    assert overlap(found_at_click(crop, ORIGIN, (5040, 7050), 30), ALONE) > 0.9
    assert overlap(found_in_box(crop, ORIGIN, Box(5020, 7030, 5060, 7070)), ALONE) > 0.8


def test_touching_cells_are_found_one_by_one() -> None:
    crop = picture(LEFT, RIGHT & ~LEFT)
    assert overlap(found_at_click(crop, ORIGIN, (5080, 7075), 34), LEFT) > 0.85
    assert overlap(found_at_click(crop, ORIGIN, (5080, 7115), 34), RIGHT & ~LEFT) > 0.85


def test_empty_ground_holds_no_cell() -> None:
    flat = np.full(SHAPE, 7, np.uint8)
    assert found_at_click(flat, ORIGIN, (5040, 7050), 36) is None
    assert found_in_box(flat, ORIGIN, Box(0, 0, 50, 50)) is None
    assert found_in_box(flat, ORIGIN, Box(5000, 7000, 5002, 7050)) is None


def noise(kind: str, seed: int) -> NDArray[np.uint8]:
    """Ground of 300 × 300 pixels without any cell."""
    rng = np.random.default_rng(seed)
    shape = (300, 300, 3)
    plain = rng.normal(size=shape)
    if kind.startswith("blurred"):
        smooth = gaussian_filter(plain, (float(kind.split()[1]),) * 2 + (0,))
        plain = smooth / smooth.std()
    pictures = {
        "photons": rng.poisson(12, shape),
        "salt": np.where(rng.random((*shape[:2], 1)) < 0.02, 255, 160) + np.zeros(3),
        "slope": 120 + 0.2 * np.arange(300)[None, :, None] + 4 * plain,
        "blocks": 150 + np.kron(plain[:38, :38], np.ones((8, 8, 1)))[:300, :300].round() * 5 + rng.normal(size=shape),
        "grey": 160 + 8 * plain[..., :1] + np.zeros(3),
    }
    return np.asarray(pictures.get(kind, 155 + 8 * plain)).clip(0, 255).astype(np.uint8)


KINDS = ("white", "grey", "photons", "salt", "slope", "blocks", "blurred 1", "blurred 2", "blurred 4")


def test_noise_of_any_kind_holds_no_cell() -> None:
    clicks = found = 0
    for seed, kind in enumerate(KINDS):
        crop, rng = noise(kind, seed), np.random.default_rng(seed)
        for size in (16, 36, 60):
            for y, x in rng.integers(20, 280, (4, 2)):
                clicks += 1
                found += found_at_click(crop, ORIGIN, (ORIGIN[0] + y, ORIGIN[1] + x), size) is not None
    assert clicks > 100
    assert found <= 0.02 * clicks


def test_real_ground_beside_cells_holds_no_cell(data_dir: Path) -> None:
    clicks = found = 0
    rng = np.random.default_rng(3)
    for crop, ground, size in (*nuclei_and_ground(data_dir), *blood_and_ground(data_dir)):
        places = np.argwhere(ground)
        for y, x in places[rng.integers(0, len(places), 6)] if len(places) else ():
            reach = math.ceil(4 * size)
            near = crop[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
            at = (min(y, reach) + 0.5, min(x, reach) + 0.5)
            clicks += 1
            found += found_at_click(near, (0, 0), at, size) is not None
    assert clicks > 100
    assert found <= 0.03 * clicks


def nuclei_and_ground(data_dir: Path) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_], float]]:
    folder = data_dir / "nuclei_dsb2018"
    for path in sorted((folder / "labels").iterdir())[5::50]:
        truth = imread(path)
        sizes = [region.equivalent_diameter_area for region in regionprops(truth)]  # type: ignore[no-untyped-call]
        size = float(np.median(sizes))
        picture = imread(next((folder / "images").glob(f"{path.stem}.*")))
        yield picture, distance_transform_edt(truth == 0) > max(3, 0.3 * size), size


def blood_and_ground(data_dir: Path) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_], float]]:
    labelled, _ = read_dataset(data_dir / "blood_txl_pbc", "yolo", "val")
    for each in labelled.pictures[::20]:
        picture = imread(each.path)[..., :3]
        free = np.ones(picture.shape[:2], bool)
        for y0, x0, y1, x1 in each.boxes.astype(int):
            free[max(0, y0 - 4) : y1 + 5, max(0, x0 - 4) : x1 + 5] = False
        sides = np.sqrt((each.boxes[:, 2:] - each.boxes[:, :2]).prod(1))
        yield picture, free, float(np.median(sides))


def test_what_the_network_said_comes_first() -> None:
    crop = picture(ALONE)
    labels = np.where(disc(40, 50, 11, SHAPE), 3, 0)
    labels[100:, :20] = 4
    found = found_at_click(crop, ORIGIN, (5040, 7050), 36, labels=labels)
    assert overlap(found, labels == 3) == 1.0
    besides = found_at_click(crop, ORIGIN, (5040 + 14, 7050), 36, labels=labels)
    assert overlap(besides, ALONE) > 0.9
    likely = np.where(LEFT | RIGHT, 0.9, 0.1)
    assert overlap(found_at_click(crop, ORIGIN, (5080, 7075), 34, probability=likely), LEFT) > 0.85
    assert found_at_click(crop, ORIGIN, (5040, 7050), 36, probability=likely) is None


def test_a_box_gives_the_cell_that_fills_it_and_nothing_outside() -> None:
    crop = picture(LEFT, RIGHT & ~LEFT)
    box = Box(5061, 7061, 5099, 7098)
    found = found_in_box(crop, ORIGIN, box)
    assert overlap(found, LEFT) > 0.8
    assert found is not None
    assert found.box[0] >= box.y0
    assert found.box[3] <= box.x1


def test_a_click_beside_the_picture_and_a_size_of_nothing_are_refused() -> None:
    crop = picture(ALONE)
    with pytest.raises(BadParameter, match="outside the picture"):
        found_at_click(crop, ORIGIN, (40, 50), 36)
    with pytest.raises(BadParameter, match="usual diameter"):
        found_at_click(crop, ORIGIN, (5040, 7050), 0)
    with pytest.raises(BadParameter, match="does not lie over"):
        found_at_click(crop, ORIGIN, (5040, 7050), 36, labels=np.zeros((3, 3), int))


def test_real_nuclei_are_found_by_a_click_and_better_by_a_box(data_dir: Path) -> None:
    folder = data_dir / "nuclei_dsb2018"
    clicked, boxed = [], []
    for path in sorted((folder / "labels").iterdir())[::60]:
        truth = imread(path)
        crop = imread(next((folder / "images").glob(f"{path.stem}.*")))
        regions = [each for each in regionprops(truth) if each.area >= 30][::7]  # type: ignore[no-untyped-call]
        size = float(np.median([region.equivalent_diameter_area for region in regions]))
        for region in regions[:12]:
            y, x = max(region.coords, key=lambda at: -np.hypot(*(at - region.centroid)))
            cell = truth == region.label
            clicked.append(overlap(found_at_click(crop, (0, 0), (y + 0.5, x + 0.5), size), cell, (0, 0)))
            box = Box(*region.bbox).grow(2).intersect(Box(0, 0, *truth.shape))
            boxed.append(overlap(found_in_box(crop, (0, 0), box), cell, (0, 0)))
    assert len(clicked) > 40
    assert np.median(clicked) > 0.75
    assert np.mean(np.array(boxed) >= 0.5) > 0.85
