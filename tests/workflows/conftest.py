"""Analyses made by hand, so that every number in a table can be checked by eye."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.core import Box, Objects, PixelSize, PixelSizeSource
from cellwright.imaging import SlideRef
from cellwright.inference import Coverage, TileRecord, TileState
from cellwright.workflows import Analysis, PictureInfo
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds

CARD = ModelCard(
    name="three-kinds",
    title="Three kinds",
    architecture={"kind": "yolo"},
    input=InputContract(tile_px=64, halo_px=16),
    classes=(
        ObjectClass(name="WBC", title="White blood cell", colour="#0072B2", badge="W"),
        ObjectClass(name="RBC", title="Red blood cell", colour="#D55E00", badge="R"),
        ObjectClass(name="PLT", title="Platelet", colour="#E69F00", badge="P"),
    ),
    thresholds=Thresholds(confidence={"WBC": 0.5, "RBC": 0.4, "PLT": 0.3}),
    weights={"sha256": "ab" * 32},
    licence="BSD-3-Clause",
    citations=("A. Author, A paper, 2020.",),
)

BOXES = np.array([[10, 20, 30, 60], [0, 0, 10, 10], [40, 40, 80, 90], [5, 70, 15, 80]], np.float32)
CLASSES = np.array([0, 1, 1, 2], np.int16)
SCORES = np.array([0.9, 0.35, 0.45, 0.31], np.float32)


def coverage(*, failed: bool = False) -> Coverage:
    left = TileRecord(Box(0, 0, 100, 60), TileState.ANALYSED)
    right = TileRecord(Box(0, 60, 100, 120), TileState.FAILED if failed else TileState.ANALYSED, "unreadable")
    return Coverage((left, right))


@pytest.fixture
def make_analysis(tmp_path: Path) -> Callable[..., Analysis]:
    """Makes an analysis of a picture of 100 by 120 pixels with four objects, three of which count."""

    def make(
        name: str = "smear.png", pixel_size: PixelSize | None = None, *, failed: bool = False, n: int = 4
    ) -> Analysis:
        path = tmp_path / "in" / name
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (120, 100), (230, 220, 225)).save(path)
        ids = np.frombuffer(np.arange(4 * n, dtype=np.uint32).tobytes(), "V16")
        objects = Objects(ids, BOXES[:n], CLASSES[:n], SCORES[:n], CARD.class_names, CARD.source)
        info = PictureInfo(SlideRef(path), name, (100, 120), pixel_size, "by hand" if pixel_size else "", "cd" * 32)
        return Analysis(info, CARD, objects, coverage(failed=failed), "cpu", "torch fp32", 1.5, ("A note.",))

    return make


@pytest.fixture
def half_micron() -> PixelSize:
    return PixelSize(0.5, 0.25, PixelSizeSource.USER)
