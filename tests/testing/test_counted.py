"""The drawn smear and the shipped model judge each other: taught on real smears alone, it counts drawn ones right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cellwright.inference import TileState
from cellwright.jobs import run_inline
from cellwright.testing import CLASSES, Smear
from cellwright.workflows import AnalyzePicture, count_table
from cellwright.zoo import find_model

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("seed", "red_cell_px"), [(21, 92.0), (24, 60.0)])
def test_a_field_of_many_tiles_is_counted_to_within_three_in_a_hundred(
    seed: int, red_cell_px: float, tmp_path: Path
) -> None:
    smear = Smear(seed=seed, shape=(1000, 1400), red_cell_px=red_cell_px, white_share=0.03)
    path = tmp_path / "field.png"
    per_inch = 25_400.0 / smear.pixel_size_um
    Image.fromarray(smear.read(smear.box)).save(path, dpi=(per_inch, per_inch))
    analysis = run_inline(AnalyzePicture(path, find_model("blood-cells-yolo"), "cpu", None))
    table = count_table(analysis, analysis.card.confidence_thresholds())
    found = np.array([table.row(name).count for name in CLASSES])
    truth = smear.truth().counts()
    assert table.is_complete
    assert analysis.coverage.count(TileState.ANALYSED) > 4
    assert truth[CLASSES.index("RBC")] > 90
    assert np.all(np.abs(found - truth) <= np.maximum(1, 0.03 * truth)), f"found {found}, drawn {truth}"
    # As many on a square millimetre as were drawn there, since the picture carries its pixel size.
    area_mm2 = 1000 * 1400 * smear.pixel_size_um**2 / 1e6
    assert table.area_mm2 == pytest.approx(area_mm2, rel=0.01)
