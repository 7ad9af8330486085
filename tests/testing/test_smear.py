"""The drawn smear: what a place looks like depends on the seed and the place alone, and every cell is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cellwright.bundled import bundled
from cellwright.core import Box
from cellwright.testing import CLASSES, Smear
from cellwright.testing.sample import SAMPLE, main

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Smear(seed=3, shape=(300, 400), red_cell_px=40.0, white_share=0.05, platelet_share=0.2)


@settings(max_examples=12)
@given(st.integers(0, 250), st.integers(0, 350), st.integers(1, 120), st.integers(1, 120))
def test_a_tile_shows_what_the_whole_picture_shows_there(y: int, x: int, height: int, width: int) -> None:
    whole = _whole()
    box = Box(y, x, min(300, y + height), min(400, x + width))
    np.testing.assert_array_equal(SMALL.read(box), whole[box.y0 : box.y1, box.x0 : box.x1])


_drawn: list[np.ndarray] = []


def _whole() -> np.ndarray:
    if not _drawn:
        _drawn.append(SMALL.read(SMALL.box))
    return _drawn[0]


def test_every_cell_of_a_part_is_a_cell_of_the_whole() -> None:
    whole = set(SMALL.truth().id_strings())
    parts = [SMALL.truth(Box(y, x, y + 150, x + 200), least_visible=0.5) for y in (0, 150) for x in (0, 200)]
    assert all(set(part.id_strings()) <= whole for part in parts)
    assert len(set().union(*(part.id_strings() for part in parts))) > 0.8 * len(whole)


def test_boxes_enclose_what_is_dark() -> None:
    picture, truth = _whole(), SMALL.truth()
    covered = np.zeros(SMALL.shape, bool)
    for y0, x0, y1, x1 in truth.boxes:
        covered[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))] = True
    absorbing = picture[..., 1] < 190
    assert np.mean(covered[absorbing]) > 0.97
    for y0, x0, y1, x1 in truth.boxes:
        inside = absorbing[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
        assert inside.mean() > 0.35


def test_another_seed_is_another_smear() -> None:
    other = Smear(seed=4, shape=(300, 400), red_cell_px=40.0, white_share=0.05, platelet_share=0.2)
    assert set(other.truth().id_strings()).isdisjoint(SMALL.truth().id_strings())
    assert np.mean(other.read(other.box) != _whole()) > 0.5


def test_a_corner_of_a_slide_of_a_hundred_gigapixels_is_drawn_at_once() -> None:
    slide = Smear(seed=1, shape=(320_000, 320_000))
    box = Box(319_700, 319_700, 320_000, 320_000)
    assert slide.read(box).shape == (300, 300, 3)
    assert 2 <= len(slide.truth(box)) <= 30


def test_red_cells_are_as_common_as_asked() -> None:
    dense = Smear(seed=5, shape=(900, 900), red_cell_px=40.0, crowding=0.95).truth()
    sparse = Smear(seed=5, shape=(900, 900), red_cell_px=40.0, crowding=0.40).truth()
    ratio = dense.counts()[CLASSES.index("RBC")] / sparse.counts()[CLASSES.index("RBC")]
    assert ratio == pytest.approx(0.95 / 0.40, rel=0.2)


def test_a_field_without_cells_is_bright_and_has_no_objects() -> None:
    empty = Smear(seed=6, shape=(128, 128), crowding=0.0, platelet_share=0.0)
    assert len(empty.truth()) == 0
    assert empty.read(empty.box).mean() > 200


def test_the_bundled_sample_is_what_the_command_draws(tmp_path: Path) -> None:
    main(["--out", str(tmp_path / "smear.png")])
    with Image.open(tmp_path / "smear.png") as again, Image.open(bundled("resources/samples/smear.png")) as shipped:
        difference = np.abs(np.asarray(again, int) - np.asarray(shipped, int))
        assert again.info["dpi"] == shipped.info["dpi"]
    # Another processor may round an exponential the other way in the last place.
    assert difference.max() <= 1
    assert np.mean(difference > 0) < 1e-3
    assert json.loads((tmp_path / "smear.json").read_text("utf-8")) == json.loads(
        bundled("resources/samples/smear.json").read_text("utf-8")
    )


def test_the_bundled_sample_has_cells_of_each_class() -> None:
    counts = dict(zip(CLASSES, SAMPLE.truth().counts(), strict=True))
    assert counts["WBC"] >= 3
    assert counts["PLT"] >= 3
    assert counts["RBC"] >= 25


def test_the_sample_has_the_colours_of_a_stained_smear(data_dir: Path) -> None:
    """Background and red cells differ from real ones by less than real smears do among themselves."""
    drawn = _tones(SAMPLE.read(SAMPLE.box))
    files = sorted((data_dir / "blood_txl_pbc" / "images").glob("*.jpg"))[::40]
    real = np.array([_tones(np.asarray(Image.open(file).convert("RGB"))) for file in files])
    assert len(real) > 15
    assert np.all(drawn >= real.min(axis=0) - 8)
    assert np.all(drawn <= real.max(axis=0) + 8)


def _tones(picture: np.ndarray) -> np.ndarray:
    """Red, green and blue at the 10th, 50th and 90th percentile of brightness, each the mean of its neighbourhood."""
    flat = picture.reshape(-1, 3).astype(float)
    order = flat[np.argsort(flat.sum(axis=1))]
    n = len(order)
    return np.concatenate([order[int(q * n) - n // 50 : int(q * n) + n // 50].mean(axis=0) for q in (0.1, 0.5, 0.9)])
