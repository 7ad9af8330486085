"""A model that somebody recorded keeps every law of a model folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper
from PIL import Image

from cellwright.inference import record_sample
from cellwright.testing.models import ModelTests
from cellwright.zoo import (
    InputContract,
    ModelCard,
    ObjectClass,
    Sample,
    Thresholds,
    TouchingDecoding,
    WeightsFile,
    seal_model,
)


class TestSomebodysModel(ModelTests):
    """Discs that are redder than green, told apart by ground, inside and boundary."""

    @pytest.fixture(scope="class")
    def model_folder(self, tmp_path_factory: pytest.TempPathFactory, graphs: Any) -> Path:
        """Write the network, its card and a sample."""
        folder = tmp_path_factory.mktemp("shelf") / "discs"
        folder.mkdir()
        (folder / "model.onnx").write_bytes(red_over_green(graphs))
        picture = np.full((200, 260, 3), 40, np.uint8)
        y, x = np.mgrid[:200, :260]
        for row in range(20, 190, 32):
            for column in range(20, 250, 32):
                picture[(y - row) ** 2 + (x - column) ** 2 <= 100, 0] = 250
        Image.fromarray(picture).save(folder / "sample.png")
        card = ModelCard(
            name="discs",
            title="Discs",
            summary="Outlines red discs.",
            task="instances",
            architecture={"kind": "onnx", "convention": "boundary"},
            input=InputContract(tile_px=64, halo_px=24, stride=32, fit=False),
            classes=(ObjectClass(name="disc", title="Disc", colour="#0072B2", badge="D"),),
            decoding=TouchingDecoding(),
            thresholds=Thresholds(confidence={"disc": 0.5}),
            weights=WeightsFile(file="model.onnx", dtype="float32"),
            licence="BSD-3-Clause",
            sample=Sample(picture="sample.png", expected="sample.json"),
        )
        seal_model(folder, card)
        assert len(record_sample(folder, "cpu")) == 6 * 8
        return folder


def red_over_green(graphs: Any) -> bytes:
    """Return a network that answers (N, 3, H, W): ground, inside, and a boundary that is nowhere."""
    kernel = np.zeros((1, 3, 3, 3), np.float32)
    kernel[0, 0], kernel[0, 1] = 20 / 9, -20 / 9
    nodes = [
        helper.make_node("Conv", ["x", "kernel", "bias"], ["logit"], pads=[1] * 4),
        helper.make_node("Sigmoid", ["logit"], ["inside"]),
        helper.make_node("Sub", ["one", "inside"], ["ground"]),
        helper.make_node("Sub", ["inside", "inside"], ["nowhere"]),
        helper.make_node("Concat", ["ground", "inside", "nowhere"], ["y"], axis=1),
    ]
    constants = {"kernel": kernel, "bias": np.array([-8], np.float32), "one": np.ones(1, np.float32)}
    data: bytes = graphs.model(nodes, constants)
    return data
