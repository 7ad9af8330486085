"""Our own architectures keep the laws that those of other packages inherit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from cellwright.nets import OWN_ARCHITECTURES
from cellwright.nets.assign import Truth
from cellwright.nets.truth import PictureTruth, PixelTruth
from cellwright.testing.architectures import ArchitectureTests
from tests.nets.networks import DENSE, DETECTORS, instance_truth

YOLO = {
    "kind": "yolo",
    "num_classes": 2,
    "backbone": {"kind": "csp_darknet", "width": 0.125},
    "neck": {"kind": "pan", "out": [16, 24, 32]},
    "head": {"kind": "point", "width": 16, "depth": 1},
}
CLASSIFIER = {"kind": "classifier", "encoder": {"kind": "plain", "channels": [8, 16]}, "classes": 3}
WORDS: dict[str, Mapping[str, Any]] = {
    "unet": DENSE["nearest"],
    "segnet": DENSE["segnet"],
    "fcn": DENSE["fcn"],
    "classifier": CLASSIFIER,
    "yolo": YOLO,
    **DETECTORS,
}


TWO = torch.tensor([[0], [1]])


def test_every_one_of_ours_is_here() -> None:
    assert set(WORDS) == set(OWN_ARCHITECTURES)


class TestOwnArchitectures(ArchitectureTests):
    @pytest.fixture(params=sorted(WORDS))
    def architecture(self, request: pytest.FixtureRequest) -> Mapping[str, Any]:
        return WORDS[request.param]

    @pytest.fixture
    def truth(self, architecture: Mapping[str, Any]) -> Any:
        if architecture["kind"] in DETECTORS:
            return instance_truth()
        if architecture["kind"] == "yolo":
            return Truth(torch.tensor([[[12.0, 10, 40, 30]], [[50, 20, 80, 60]]]), TWO, torch.tensor([[True], [True]]))
        if architecture["kind"] == "classifier":
            return PictureTruth(TWO[:, 0])
        return PixelTruth(torch.randint(0, 3, (2, *self.size), generator=torch.Generator().manual_seed(3)))
