"""The cardiothoracic ratio is the one that the data set's makers measured on the same outlines."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.core import BadParameter, Masks
from cellwright.measure import CardiothoracicRatio, cardiothoracic_ratio
from cellwright.testing import ChestPhantom
from cellwright.testing.labelled import objects_of


def measured(mask: np.ndarray) -> CardiothoracicRatio:
    found = objects_of(mask.astype(np.int32), ("a", "b", "c"), "test", {1: 0, 2: 1, 3: 2})
    assert found.masks is not None
    return cardiothoracic_ratio(*(found.masks.take(found.class_index == i) for i in range(3)))


def test_the_ratio_is_right_by_hand() -> None:
    mask = np.zeros((12, 30), np.uint8)
    mask[2:8, 3:9] = 1
    mask[9, 2:5] = 1
    mask[2:6, 20:27] = 2
    mask[6:9, 10:16] = 3
    mask[7, 9:19] = 3
    found = measured(mask)
    # Between the middles of outermost pixels: heart 9 … 18, lungs 2 … 26.
    assert found.ratio == 9 / 24
    assert (found.heart_line.y, found.heart_line.x0, found.heart_line.x1) == (7.5, 9.5, 18.5)
    # The left end lies in row 9, the right one in rows 2 to 5.
    assert (found.thorax_line.y, found.thorax_line.x0, found.thorax_line.x1) == (6.75, 2.5, 26.5)


def test_real_outlines_give_the_published_ratios(data_dir: Path) -> None:
    folder = data_dir / "chest_lung_heart"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = [measured(np.asarray(Image.open(folder / row["set"] / "masks" / row["file"]))).ratio for row in rows]
    np.testing.assert_allclose(found, [float(row["ctr_from_mask"]) for row in rows], atol=5.1e-5)
    published = [
        (ratio, float(row["ctr_published"])) for ratio, row in zip(found, rows, strict=True) if row["ctr_published"]
    ]
    assert len(published) == 70
    assert np.abs(np.subtract(*np.transpose(published))).mean() < 0.002


def test_a_wider_heart_gives_a_larger_ratio_in_proportion() -> None:
    usual, wide = (measured(ChestPhantom(seed=3, heart_scale=scale).mask()) for scale in (1.0, 1.2))
    assert wide.ratio == pytest.approx(1.2 * usual.ratio, rel=0.01)
    assert wide.thorax_line == usual.thorax_line


def test_what_cannot_be_measured_is_one_sentence() -> None:
    some = objects_of(np.ones((3, 3), np.int32), ("x",), "test").masks
    assert some is not None
    with pytest.raises(BadParameter, match="There is no heart to measure"):
        cardiothoracic_ratio(some, some, Masks.empty(1))
    thin = objects_of(np.ones((3, 1), np.int32), ("x",), "test").masks
    assert thin is not None
    with pytest.raises(BadParameter, match="one pixel wide"):
        cardiothoracic_ratio(thin, thin, some)
