"""The drawn chest radiograph: lungs darker than heart, known pixels, a heart as wide as asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from skimage.measure import label

from cellwright.bundled import bundled
from cellwright.testing import CHEST_CLASSES, ChestPhantom
from cellwright.testing.sample import main

if TYPE_CHECKING:
    from pathlib import Path


def test_lungs_are_dark_the_heart_is_bright_and_each_is_one_piece() -> None:
    chest = ChestPhantom(seed=5, side_px=256)
    film, mask = chest.read(), chest.mask()
    assert film.shape == mask.shape == (256, 256) and film.dtype == mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 1, 2, 3}
    right, left, heart = (film[mask == k].mean() for k in (1, 2, 3))
    assert max(right, left) + 60 < heart
    for k in (1, 2, 3):
        assert label(mask == k, connectivity=2).max() == 1
    # The patient faces us.
    assert np.nonzero(mask == 1)[1].mean() < np.nonzero(mask == 3)[1].mean() < np.nonzero(mask == 2)[1].mean()


def test_the_truth_is_the_mask() -> None:
    chest = ChestPhantom(seed=5, side_px=256)
    truth = chest.truth()
    assert truth.classes == CHEST_CLASSES and truth.class_index.tolist() == [0, 1, 2] and truth.masks is not None
    assert truth.masks.areas().tolist() == np.bincount(chest.mask().ravel())[1:].tolist()


def test_a_wider_heart_is_as_much_wider() -> None:
    usual, wide = (ChestPhantom(seed=5, side_px=400, heart_scale=s).truth().sizes[2] for s in (1.0, 1.3))
    assert wide[1] == pytest.approx(1.3 * usual[1], abs=1.5)
    assert wide[0] == usual[0]


def test_every_person_is_another_one_and_the_same_each_time() -> None:
    first, again, other = (ChestPhantom(seed=s, side_px=200).read() for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.mean(first != other) > 0.5


def test_shapes_lie_where_they_lie_in_real_chests(data_dir: Path) -> None:
    """Middle and size of lungs and heart are within what two hospitals' pictures span."""
    files = sorted((data_dir / "chest_lung_heart").glob("*/masks/*.png"))[::6]
    real = np.array([_places(np.asarray(Image.open(file))) for file in files])
    drawn = _places(ChestPhantom(seed=3).mask())
    assert len(real) > 30
    assert np.all(drawn >= real.min(axis=0)) and np.all(drawn <= real.max(axis=0))


def _places(mask: np.ndarray) -> np.ndarray:
    """Middle (y, x) and area of each of the three, in shares of the picture."""
    rows = []
    for k in (1, 2, 3):
        y, x = np.nonzero(mask == k)
        rows.append((y.mean() / mask.shape[0], x.mean() / mask.shape[1], len(y) / mask.size))
    return np.array(rows)


@pytest.mark.parametrize("picture", ["nuclei", "chest"])
def test_the_bundled_samples_are_what_the_command_draws(tmp_path: Path, picture: str) -> None:
    main(["--picture", picture, "--out", str(tmp_path / f"{picture}.png")])
    again = np.asarray(Image.open(tmp_path / f"{picture}.png"), int)
    shipped = np.asarray(Image.open(bundled(f"resources/samples/{picture}.png")), int)
    # Another processor may round an exponential the other way in the last place.
    assert np.abs(again - shipped).max() <= 1
    assert np.mean(again != shipped) < 1e-3
    assert json.loads((tmp_path / f"{picture}.json").read_text("utf-8")) == json.loads(
        bundled(f"resources/samples/{picture}.json").read_text("utf-8")
    )
