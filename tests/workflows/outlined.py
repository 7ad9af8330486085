"""Analyses with outlines, made of drawn pictures, so that every area is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cellwright.core import Box, Objects, PixelSize, PixelSizeSource
from cellwright.imaging import SlideRef
from cellwright.inference import Coverage, TileRecord, TileState
from cellwright.testing import ChestPhantom, Nuclei
from cellwright.workflows import Analysis, PictureInfo
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds

SIZE = PixelSize(0.5, 0.25, PixelSizeSource.USER)
CHEST = ChestPhantom(seed=3, side_px=160)
FIELD = Nuclei(seed=5, shape=(120, 160), diameter_px=20.0)
_COLOURS = ("#0072B2", "#009E73", "#D55E00")


def card(name: str, task: str, decoding: dict[str, Any], *classes: str) -> ModelCard:
    kinds = tuple(
        ObjectClass(name=each, title=each.replace("-", " ").capitalize(), colour=colour, badge=each[0].upper())
        for each, colour in zip(classes, _COLOURS, strict=False)
    )
    return ModelCard(
        name=name,
        title=name,
        task=task,
        decoding=decoding,
        architecture={"kind": "unet"},
        input=InputContract(tile_px=64, halo_px=16),
        classes=kinds,
        thresholds=Thresholds(confidence=dict.fromkeys(classes, 0.5)),
        weights={"sha256": "ab" * 32},
    )


CHEST_CARD = card("three-parts", "semantic", {"kind": "classes"}, "right-lung", "left-lung", "heart")
NUCLEI_CARD = card("nuclei", "instances", {"kind": "stars"}, "nucleus")


def analysis_of(
    path: Path, pixels: np.ndarray, found: Objects, made_by: ModelCard, pixel_size: PixelSize | None, *, half: bool
) -> Analysis:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    rows, columns = pixels.shape[:2]
    info = PictureInfo(SlideRef(path), path.name, (rows, columns), pixel_size, "", "cd" * 32)
    state = TileState.FAILED if half else TileState.ANALYSED
    middle = rows // 2
    coverage = Coverage(
        (
            TileRecord(Box(0, 0, middle, columns), TileState.ANALYSED),
            TileRecord(Box(middle, 0, rows, columns), state, "unreadable" if half else ""),
        )
    )
    found = Objects(
        found.ids, found.boxes, found.class_index, found.scores, made_by.class_names, made_by.source, found.masks
    )
    return Analysis(info, made_by, found, coverage, "cpu", "torch fp32", 1.5)


def chest(
    folder: Path, pixel_size: PixelSize | None = None, *, name: str = "chest.png", half: bool = False
) -> Analysis:
    return analysis_of(folder / "in" / name, CHEST.read(), CHEST.truth(), CHEST_CARD, pixel_size, half=half)


def nuclei(folder: Path, pixel_size: PixelSize | None = SIZE, *, name: str = "nuclei.png") -> Analysis:
    return analysis_of(folder / "in" / name, FIELD.read(FIELD.box), FIELD.truth(), NUCLEI_CARD, pixel_size, half=False)
