"""A model to run, and a place of its own for what engines keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellwright.inference import NmsKind
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds
from tests.tiny_model import write_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained model that finds something everywhere."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for converted models that all tests share, so that each model is converted once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache_of_its_own(converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what engines convert out of the person's own folder."""
    monkeypatch.setenv("CELLWRIGHT_CACHE_DIR", str(converted))
    monkeypatch.setenv("CELLWRIGHT_THREADS", "1")


def plain_card(tile_px: int, halo_px: int, nms: NmsKind = "greedy") -> ModelCard:
    """Return a card of two classes for detectors that are written in the test."""
    return ModelCard(
        name="oracle",
        title="Oracle",
        architecture={"kind": "oracle"},
        input=InputContract(tile_px=tile_px, halo_px=halo_px),
        classes=(
            ObjectClass(name="RBC", title="Red blood cell", colour="#D55E00", badge="R"),
            ObjectClass(name="PLT", title="Platelet", colour="#E69F00", badge="P"),
        ),
        thresholds=Thresholds(confidence={"RBC": 0.5, "PLT": 0.5}, nms=nms),
    )
