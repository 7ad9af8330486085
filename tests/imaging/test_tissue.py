"""What is on a slide is found, glass is not, and where nothing is found that is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellwright.core import Box
from cellwright.imaging import Light, Tissue, find_tissue, open_slide, tissue_of
from cellwright.testing import Nuclei
from cellwright.testing.slides import KnownCells, KnownSlide


@pytest.mark.parametrize(("occupancy", "cell_px"), [(0.9, 48), (0.02, 48), (0.002, 24)])
def test_no_cell_of_a_smear_lies_on_what_is_taken_for_glass(occupancy: float, cell_px: int) -> None:
    island = Box(0, 0, 2000, 1600)
    slide = KnownSlide(KnownCells((4000, 4000), cell_px=cell_px, occupancy=occupancy, islands=(island,)))
    tissue = find_tissue(slide)
    assert tissue.light is Light.STAINED
    boxes = slide.truth().boxes.astype(int)
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2]).min(1) >= 2 * tissue.downsample]  # a pale speck may be missed
    assert len(boxes) > 20
    assert all(tissue.touches(Box(*box)) for box in boxes.tolist())
    assert not tissue.touches(Box(2100, 1700, 4000, 4000))
    assert "glass" in tissue.sentence()


def noisy(shape: tuple[int, int], white: float, noise: float) -> np.ndarray:
    return np.clip(np.random.default_rng(0).normal(white, noise, (*shape, 3)), 0, 255)


def test_pale_tissue_beside_dark_tissue_is_tissue() -> None:
    picture = noisy((300, 400), 243, 1.5)
    picture[50:250, 50:150] *= [0.45, 0.25, 0.5]
    picture[50:250, 200:350] *= [0.95, 0.86, 0.93]
    tissue = tissue_of(picture.astype(np.uint8), 1.0, is_rgb=True)
    assert tissue.mask[55:245, 55:145].all()
    assert tissue.mask[55:245, 205:345].all()
    assert tissue.mask.mean() == pytest.approx((200 * 100 + 200 * 150) / (300 * 400), abs=0.03)


def test_a_field_full_of_tissue_is_all_tissue() -> None:
    picture = noisy((200, 200), 200, 10) * [0.9, 0.5, 0.8]
    picture[::40] = 243  # gaps through which the lamp is seen
    assert tissue_of(picture.astype(np.uint8), 1.0, is_rgb=True).share > 0.9


def test_holes_in_tissue_belong_to_it() -> None:
    picture = noisy((200, 200), 243, 1.0)
    picture[50:150, 50:150] *= 0.5
    picture[90:110, 90:110] = 243
    assert tissue_of(picture.astype(np.uint8), 1.0, is_rgb=True).mask[50:150, 50:150].all()


@pytest.mark.parametrize("white", [255, 243, 180])
def test_empty_glass_is_empty_and_says_so(white: int) -> None:
    tissue = tissue_of(noisy((300, 300), white, 1.5).astype(np.uint8), 4.0, is_rgb=True)
    assert tissue.is_empty
    assert tissue.share == 0
    assert "every part" in tissue.sentence()


def test_nuclei_that_shine_are_found_and_the_dark_is_not() -> None:
    nuclei = Nuclei(seed=3, shape=(400, 400))
    shining = nuclei.read(nuclei.box).reshape(400, 400, -1)
    dark = np.full((400, 400, shining.shape[2]), int(np.percentile(shining, 10)), shining.dtype)
    noise = np.random.default_rng(1).integers(0, 3, dark.shape).astype(shining.dtype)
    tissue = tissue_of(np.concatenate([shining, dark + noise], axis=1), 1.0, is_rgb=False)
    assert tissue.light is Light.FLUORESCENT
    for y0, x0, y1, x1 in nuclei.truth().boxes.astype(int).tolist():
        assert tissue.touches(Box(y0, x0, y1, x1))
    assert tissue.mask[:, 420:].mean() < 0.02


def test_a_box_is_looked_up_at_its_place() -> None:
    mask = np.zeros((10, 10), np.bool_)
    mask[3, 4] = True
    tissue = Tissue(mask, 8.0, Light.STAINED, 0.05)
    assert tissue.touches(Box(24, 32, 25, 33))
    assert tissue.touches(Box(0, 0, 32, 40))
    assert not tissue.touches(Box(0, 0, 24, 80))
    assert not tissue.touches(Box(32, 0, 80, 80))
    assert not tissue.touches(Box(500, 500, 600, 600))
    assert not tissue.touches(Box(24, 32, 24, 40))


def test_real_slides(data_dir: Path) -> None:
    with open_slide(data_dir / "formats" / "CMU-1-Small-Region.svs") as slide:
        section = find_tissue(slide)
    assert section.light is Light.STAINED
    assert 0.3 < section.share < 0.5
    with open_slide(data_dir / "formats" / "test3-DAPI-2-387.ndpi") as slide:
        shining = find_tissue(slide)
    assert shining.light is Light.FLUORESCENT
    assert 0.5 < shining.share < 0.95
