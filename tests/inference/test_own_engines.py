"""Models that compute by themselves: found by kind, shown the whole picture once, refused where they cannot be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable, PluginNotUsable
from cellwright.imaging import array_ref
from cellwright.inference import Detection, DetectOptions, OpensEngine, StudyingEngine, detect, open_predictor
from cellwright.inference.step import plan_steps, run_steps
from cellwright.nets import ARCHITECTURES, build
from cellwright.zoo import (
    InputContract,
    LabelDecoding,
    ModelCard,
    ObjectClass,
    Thresholds,
    WeightsFile,
    load_network,
    seal_model,
)

MODULE = """
import numpy as np
CELLWRIGHT_INTERFACE = 1
studied, asked = [], []

class Brighter:
    name, device, batch, notes = "brighter than the mean", "cpu", 2, ()

    def study(self, overview):
        studied.append(overview.shape)
        return (float(overview.mean()),)

    def run(self, images):
        return np.concatenate([self.run_studied(image[None], self.study(image)) for image in images])

    def run_studied(self, images, studied):
        asked.append(studied)
        return (images.mean(axis=3)[:, None] > studied[0]).astype(np.float32)

    def close(self):
        pass

class Kind:
    def open_engine(self, folder, card, device):
        assert (folder / card.weights.file).read_text() == "by the mean"
        return Brighter()

KIND = Kind()
NEITHER = 7
"""


@pytest.fixture(autouse=True)
def lab_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package with an architecture that computes by itself, and one that is nothing."""
    place = tmp_path / "site"
    info = place / "lab_engine-1.0.dist-info"
    info.mkdir(parents=True)
    (place / "lab_engine.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-engine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[cellwright.architectures]\nbrighter = lab_engine:KIND\nneither = lab_engine:NEITHER\n"
    )
    monkeypatch.syspath_prepend(str(place))
    ARCHITECTURES.refresh()
    yield
    ARCHITECTURES.refresh()
    sys.modules.pop("lab_engine", None)


def folder_of(place: Path, kind: str = "brighter", *, overview: bool = True) -> Path:
    place.mkdir()
    (place / "rules.txt").write_text("by the mean")
    card = ModelCard(
        name=place.name,
        title="Brighter",
        task="instances",
        architecture={"kind": kind},
        input=InputContract(tile_px=64, halo_px=16, stride=1, fit=False, overview=overview),
        classes=(ObjectClass(name="spot", title="Spot", colour="#009E73", badge="S"),),
        decoding=LabelDecoding(),
        thresholds=Thresholds(confidence={"spot": 0.5}),
        weights=WeightsFile(file="rules.txt"),
    )
    seal_model(place, card)
    return place


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """Dark, with a bright spot in its left half alone: a tile of its own at the right would find half of itself."""
    pixels = np.full((120, 400, 3), 10, np.uint8)
    pixels[:, 200:] = np.arange(10, 14, dtype=np.uint8)[np.arange(200) % 4][None, :, None]
    pixels[40:60, 50:80] = 250
    return pixels


def module() -> ModuleType:
    return sys.modules["lab_engine"]


def finished(folder: Path, picture: NDArray[np.uint8]) -> Detection:
    with array_ref(picture).open() as slide:
        steps = detect(slide, open_predictor(folder), DetectOptions(tile_px=64))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value


def test_the_whole_is_studied_once_and_holds_for_every_tile(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    found = finished(folder_of(tmp_path / "m"), picture)
    assert found.engine == "brighter than the mean"
    assert module().studied == [(120, 400, 3)]
    assert set(module().asked) == {(float(picture.mean()),)}
    assert found.objects.boxes.tolist() == [[40, 50, 60, 80]]


def test_without_an_overview_every_tile_is_a_whole(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    finished(folder_of(tmp_path / "m", overview=False), picture)
    assert len(set(module().asked)) > 1


def test_steps_that_travel_see_the_same_whole(tmp_path: Path, picture: NDArray[np.uint8]) -> None:
    folder = folder_of(tmp_path / "m")
    predictor = open_predictor(folder)
    with array_ref(picture).open() as slide:
        steps = plan_steps(slide, folder, predictor.card, "cpu", DetectOptions(tile_px=64))
        answers = run_steps(steps)
    assert len(steps) > 4
    assert len(set(module().asked)) == 1
    assert sum(len(boxes) for _, boxes in answers) >= 1


def test_the_protocols_say_what_is_needed(tmp_path: Path) -> None:
    open_predictor(folder_of(tmp_path / "m"))
    assert isinstance(module().KIND, OpensEngine)
    assert isinstance(module().Brighter(), StudyingEngine)


def test_there_is_no_network_to_train_or_export(tmp_path: Path) -> None:
    with pytest.raises(ModelNotUsable, match="computes by itself"):
        load_network(folder_of(tmp_path / "m"))
    with pytest.raises(ModelNotUsable, match="compute by themselves"):
        build({"kind": "brighter"})


def test_what_neither_builds_nor_opens_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PluginNotUsable, match="'neither' of the package 'lab-engine'"):
        open_predictor(folder_of(tmp_path / "m", "neither"))


def test_a_card_is_sealed_with_the_hash_of_its_file(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "m")
    (folder / "rules.txt").write_text("by the median")
    with pytest.raises(ModelNotUsable, match="sha256 differs"):
        open_predictor(folder)
