"""The shipped model counts a drawn slide alike however it is cut; the large one is counted in the benchmark."""

from __future__ import annotations

import numpy as np
import pytest

from cellwright.core import Objects
from cellwright.inference import DetectOptions, Predictor, detect, open_predictor
from cellwright.testing.slides import KnownCells, KnownSlide

CELLS = KnownCells.on_seams((1700, 1700), ((512, 128), (1024, 128)), seed=3, cell_px=130, occupancy=1.0)
MOST = 1e-3
"""Of the objects counted, how many may differ."""


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return open_predictor("blood-cells-yolo", "cpu")


def counted(predictor: Predictor, options: DetectOptions) -> Objects:
    steps = detect(KnownSlide(CELLS, has_pixel_size=False), predictor, options)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Objects = end.value.objects
            return found.at_least(predictor.card.confidence_thresholds())


def test_the_shipped_model_counts_alike_whatever_the_tiles(predictor: Predictor) -> None:
    options = [DetectOptions(tile_px=512), DetectOptions(tile_px=1024, origin=(150, 310)), DetectOptions(tile_px=1728)]
    counts = np.array([counted(predictor, each).counts() for each in options])
    truth = CELLS.truth()
    assert len(truth) > 60
    assert np.ptp(counts, axis=0).max() <= MOST * len(truth)
    assert abs(counts[0].sum() - len(truth)) < 0.03 * len(truth)
