"""On real smears the shipped model gives the same objects on every engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.bundled import bundled
from cellwright.core import Objects
from cellwright.inference import detect_file, open_predictor
from cellwright.inference.openvino_engine import is_installed
from cellwright.zoo import CARD_FILE, load_card

SHIPPED = bundled("models", "blood-cells-yolo")


@pytest.fixture(scope="module")
def smears(data_dir: Path) -> list[Path]:
    """Every 16th validation picture: all three sources of the set are among them."""
    if not (SHIPPED / CARD_FILE).is_file():
        pytest.skip(f"no model is shipped at {SHIPPED} yet")
    lines = (data_dir / "blood_txl_pbc" / "manifest.csv").read_text().splitlines()
    names = [line.split(",")[0] for line in lines[1:] if line.endswith(",val")]
    pictures = {path.name: path for path in (data_dir / "blood_txl_pbc").rglob("*.jpg")}
    return [pictures[Path(name).name] for name in names[::16]]


@pytest.fixture(scope="module")
def reference(smears: list[Path]) -> list[Objects]:
    """What torch finds in float32."""
    predictor = open_predictor(SHIPPED, "cpu:torch-fp32")
    return [detect_file(smear, predictor).objects for smear in smears]


def best_partners(ours: Objects, theirs: Objects) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Overlap with, and difference in score from, the object of the same class that each of ours overlaps most."""
    low = np.maximum(ours.boxes[:, None, :2], theirs.boxes[None, :, :2])
    high = np.minimum(ours.boxes[:, None, 2:], theirs.boxes[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    iou = common / (ours.sizes.prod(1)[:, None] + theirs.sizes.prod(1)[None] - common)
    iou[ours.class_index[:, None] != theirs.class_index[None]] = 0
    partner = iou.argmax(1)
    return iou[np.arange(len(ours)), partner], np.abs(ours.scores - theirs.scores[partner])


@pytest.mark.skipif(not is_installed(), reason="OpenVINO is not installed")
def test_openvino_in_float32_finds_the_very_objects_of_torch(smears: list[Path], reference: list[Objects]) -> None:
    predictor = open_predictor(SHIPPED, "cpu:openvino-f32")
    for smear, theirs in zip(smears, reference, strict=True):
        ours = detect_file(smear, predictor).objects
        assert ours.counts().tolist() == theirs.counts().tolist()
        iou, score = best_partners(ours, theirs)
        assert iou.min() > 0.999
        assert score.max() < 1e-3


@pytest.mark.parametrize("device", ["cpu:openvino-bf16", "cpu:torch-bf16", "cuda"])
def test_half_precision_finds_the_same_cells(smears: list[Path], reference: list[Objects], device: str) -> None:
    """Numbers of eight significant bits move an edge by a pixel at most places, and a score by a hundredth."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs CUDA")
    if "openvino" in device and not is_installed():
        pytest.skip("OpenVINO is not installed")
    thresholds = load_card(SHIPPED).confidence_thresholds()
    predictor = open_predictor(SHIPPED, device)
    overlap, score = [], []
    for smear, theirs in zip(smears, reference, strict=True):
        ours = detect_file(smear, predictor).objects
        counted = theirs.at_least(thresholds)
        difference = ours.at_least(thresholds).counts() - counted.counts()
        assert np.abs(difference).max() <= 1, smear.name
        iou, change = best_partners(counted, ours)
        overlap.append(iou)
        score.append(change)
    iou, change = np.concatenate(overlap), np.concatenate(score)
    assert np.quantile(iou, 0.02) > 0.95
    assert iou.min() > 0.8
    assert np.quantile(change, 0.98) < 0.03
