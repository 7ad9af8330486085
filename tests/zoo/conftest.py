"""Cards for the tests of the zoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cellwright.zoo import Calibration, InputContract, ModelCard, ObjectClass, Thresholds


def _card(**parts: Any) -> ModelCard:
    values: dict[str, Any] = {
        "name": "two-kinds",
        "title": "Two kinds",
        "architecture": {"kind": "yolo"},
        "input": InputContract(tile_px=64, halo_px=16),
        "classes": (
            ObjectClass(name="RBC", title="Red blood cell", colour="#D55E00", badge="R"),
            ObjectClass(name="PLT", title="Platelet", colour="#E69F00", badge="P"),
        ),
        "thresholds": Thresholds(confidence={"RBC": 0.4, "PLT": 0.3}),
        "calibration": Calibration(temperature={"PLT": 1.5}),
        "weights": {"sha256": "0" * 64},
    }
    return ModelCard(**{**values, **parts})


@pytest.fixture
def card() -> Callable[..., ModelCard]:
    """Makes the card of a model with two classes, with some parts replaced."""
    return _card
