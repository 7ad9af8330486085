"""Weights come back as they were written, or a sentence says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from cellwright import nets
from cellwright.core import Masks, ModelNotUsable, Objects, OutputExists
from cellwright.registry import Registry
from cellwright.shapes import masks_from_labels
from cellwright.zoo import ModelCard, Sample, file_sha256, load_network, verify, write_expected, write_model
from cellwright.zoo.sample import read_expected, read_expected_masks, sample_problems


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)


def build_tiny(parameters: Mapping[str, Any]) -> Tiny:
    return Tiny(**parameters)


@pytest.fixture
def tiny_card(card: Callable[..., ModelCard], monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    own = {"tiny": f"{__name__}:build_tiny"}
    monkeypatch.setattr(nets, "ARCHITECTURES", Registry("cellwright.nobody_declares_this", "architecture", own))
    return card(architecture={"kind": "tiny"})


def test_weights_come_back_in_half_precision_ready_to_predict(tmp_path: Path, tiny_card: ModelCard) -> None:
    network = Tiny()
    variance, batches = network.norm.running_var, network.norm.num_batches_tracked
    assert variance is not None
    assert batches is not None
    variance[0] = 1e6  # more than half precision can say
    batches.fill_(70_001)
    written = write_model(tmp_path / "m", tiny_card, network)
    again = load_network(tmp_path / "m")
    assert written.weights.sha256 == file_sha256(tmp_path / "m" / "weights.safetensors")
    assert not again.training
    assert not any(p.requires_grad for p in again.parameters())
    for name, value in network.state_dict().items():
        found = again.state_dict()[name]
        assert found.dtype == value.dtype
        torch.testing.assert_close(found, value, rtol=1e-3, atol=1e-6)
    assert torch.equal(again.state_dict()["norm.running_var"], variance)


def test_a_model_is_not_replaced_unless_agreed(tmp_path: Path, tiny_card: ModelCard) -> None:
    first = write_model(tmp_path, tiny_card, Tiny())
    with pytest.raises(OutputExists):
        write_model(tmp_path, tiny_card, Tiny())
    assert write_model(tmp_path, tiny_card, Tiny(), overwrite=True).model_hash != first.model_hash
    assert sorted(p.name for p in tmp_path.iterdir()) == ["card.json", "weights.safetensors"]


def test_changed_weights_are_refused(tmp_path: Path, tiny_card: ModelCard) -> None:
    write_model(tmp_path, tiny_card, Tiny())
    path = tmp_path / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelNotUsable, match="sha256 differs"):
        load_network(tmp_path)
    assert "sha256 differs" in verify(tmp_path)[0]
    path.unlink()
    with pytest.raises(ModelNotUsable, match="cannot be read"):
        load_network(tmp_path)
    assert "missing" in verify(tmp_path)[0]


def test_weights_of_another_architecture_are_refused(tmp_path: Path, tiny_card: ModelCard) -> None:
    write_model(tmp_path, tiny_card, nn.Conv2d(3, 4, 3))
    with pytest.raises(ModelNotUsable, match="do not fit the architecture"):
        load_network(tmp_path)


def found(*rows: tuple[int, float, tuple[float, float, float, float]]) -> Objects:
    return Objects(
        np.zeros(len(rows), "V16"),
        np.array([r[2] for r in rows], np.float32).reshape(-1, 4),
        np.array([r[0] for r in rows], np.int16),
        np.array([r[1] for r in rows], np.float32),
        ("RBC", "PLT"),
    )


def test_the_sample_is_compared_box_by_box(tmp_path: Path) -> None:
    cell, platelet = (0, 0.9, (0.0, 0.0, 20.0, 20.0)), (1, 0.8, (30.0, 30.0, 40.0, 40.0))
    write_expected(tmp_path / "expected.json", found(cell, platelet), "0" * 64, "1" * 64)
    expected = read_expected(tmp_path / "expected.json")
    cut = (0.5, 0.5)
    assert sample_problems(expected, found(platelet, cell), cut) == ()
    assert sample_problems(expected, found(platelet, (0, 0.85, (0.4, 0.3, 20.4, 20.0))), cut) == ()
    assert "was not found" in sample_problems(expected, found(cell), cut)[0]
    assert "scored 0.700" in sample_problems(expected, found(cell, (1, 0.7, platelet[2])), cut)[0]
    assert (
        "is not expected" in sample_problems(expected, found(cell, platelet, (1, 0.6, (50.0, 0.0, 60.0, 9.0))), cut)[0]
    )
    # A second box over the same cell is one too many, however well it fits.
    assert "is not expected" in sample_problems(expected, found(cell, platelet, cell), cut)[0]
    # Within the tolerance of the threshold, either answer is right.
    assert sample_problems(expected, found(cell, platelet, (1, 0.51, (50.0, 0.0, 60.0, 9.0))), cut) == ()


def test_a_model_with_its_sample_is_verified_whole(tmp_path: Path, tiny_card: ModelCard) -> None:
    sample = Sample(picture="sample/picture.png", expected="sample/expected.json")
    written = write_model(tmp_path, tiny_card.changed(sample=sample), Tiny())
    answer = found((0, 0.9, (0.0, 0.0, 20.0, 20.0)))
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "picture.png").write_bytes(b"picture")
    digest = file_sha256(tmp_path / "sample" / "picture.png")
    write_expected(tmp_path / "sample" / "expected.json", answer, digest, written.model_hash)
    assert verify(tmp_path) == ()
    assert verify(tmp_path, lambda folder, picture: answer) == ()
    assert "was not found" in verify(tmp_path, lambda folder, picture: found())[0]
    (tmp_path / "sample" / "picture.png").write_bytes(b"other")
    assert "not the one" in verify(tmp_path)[0]


def outlined(*boxes: tuple[int, int, int, int], score: float = 0.9) -> Objects:
    """Rectangles with masks."""
    labels = np.zeros((60, 60), np.int32)
    for number, (y0, x0, y1, x1) in enumerate(boxes, start=1):
        labels[y0:y1, x0:x1] = number
    masks, _ = masks_from_labels(labels)
    n = len(boxes)
    kinds, scores = np.zeros(n, np.int16), np.full(n, score, np.float32)
    return Objects(np.zeros(n, "V16"), masks.boxes(), kinds, scores, ("RBC", "PLT"), "", masks)


def test_outlines_of_a_sample_read_back_and_are_compared_pixel_by_pixel(tmp_path: Path) -> None:
    path, cut = tmp_path / "expected.json", (0.5, 0.5)
    written = outlined((0, 0, 10, 10), (20, 20, 40, 30))
    write_expected(path, written, "0" * 64, "1" * 64)
    expected = read_expected(path)
    masks = read_expected_masks(path, expected)
    assert masks is not None and written.masks is not None and masks.equals(written.masks)
    assert sample_problems(expected, written, cut, masks) == ()
    assert sample_problems(expected, outlined((0, 0, 10, 10), (20, 20, 40, 29)), cut, masks) == ()
    moved = sample_problems(expected, outlined((0, 0, 10, 10), (23, 23, 43, 33)), cut, masks)
    assert len(moved) == 2
    # The same box, half of whose pixels are missing.
    hollow = outlined((0, 0, 10, 10), (20, 20, 40, 30))
    assert hollow.masks is not None
    spans = hollow.masks.spans.copy()
    spans[10:20, 2] -= 9
    half = replace(hollow, masks=Masks(hollow.masks.starts, spans))
    assert "was not found" in sample_problems(expected, half, cut, masks)[0]
    assert sample_problems(expected, replace(written, masks=None), cut, masks) == (
        "Outlines are expected, but none were found.",
    )
    path.with_suffix(".npz").write_bytes(b"PK no")
    with pytest.raises(ModelNotUsable, match="cannot be read"):
        read_expected_masks(path, expected)
    path.with_suffix(".npz").unlink()
    with pytest.raises(ModelNotUsable, match="cannot be read"):
        read_expected_masks(path, expected)
