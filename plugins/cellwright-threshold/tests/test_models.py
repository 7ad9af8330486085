"""The shipped folders keep every law of a model, and a picture has one threshold however it is cut."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cellwright_threshold import MODELS
from cellwright_threshold.engine import THRESHOLD
from cellwright_threshold.rules import Rules
from cellwright_threshold.shelving import write_threshold_model
from numpy.typing import NDArray

from cellwright.core import BadParameter, ModelNotUsable, Objects, OutputExists
from cellwright.imaging import array_ref
from cellwright.inference import DetectOptions, open_predictor
from cellwright.nets import build
from cellwright.testing import Nuclei
from cellwright.testing.models import ModelTests, detected
from cellwright.workflows.plugins import plugins
from cellwright.zoo import ObjectClass, list_models, load_card, load_network

NAMES = ("threshold-haematoxylin", "threshold-nuclei")
FIELD = Nuclei(4, (300, 420), 18.0)


class TestFolders(ModelTests):
    tolerance = 0.0

    @pytest.fixture(scope="class", params=NAMES)
    def model_folder(self, request: pytest.FixtureRequest) -> Path:
        return MODELS / str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "of-my-own"
    write_threshold_model(path, Rules(), "Mine", summary="For a test.")
    return path


@pytest.fixture
def glowing() -> NDArray[Any]:
    return FIELD.read(FIELD.box)


def found(folder: Path, pixels: NDArray[Any], **options: Any) -> Objects:
    predictor = open_predictor(folder)
    with array_ref(pixels).open() as slide:
        return detected(slide, predictor, DetectOptions(picture_id="ab" * 32, **options)).objects


def test_the_models_stand_on_the_shelf_and_the_plugin_is_ready() -> None:
    assert set(NAMES) <= {model.name for model in list_models()}
    ours = [each for each in plugins() if each.distribution == "cellwright-threshold"]
    assert [(each.group, each.name, each.problem) for each in ours] == [
        ("architectures", "threshold", ""),
        ("models", "threshold", ""),
    ]


def test_drawn_nuclei_are_found(folder: Path, glowing: NDArray[Any]) -> None:
    objects = found(folder, glowing)
    assert len(objects) == pytest.approx(len(FIELD.truth()), rel=0.15)
    assert objects.masks is not None
    covered = FIELD.labels() > 0
    drawn = np.zeros(covered.shape, bool)
    for y, x0, x1 in objects.masks.spans:
        drawn[y, x0:x1] = True
    assert 2 * (drawn & covered).sum() / (drawn.sum() + covered.sum()) > 0.9


@pytest.mark.parametrize(("side", "origin"), [(300, (0, 0)), (277, (31, 77)), (400, (128, 5))])
def test_tiles_give_the_very_objects_of_the_whole(
    side: int, origin: tuple[int, int], tmp_path: Path, glowing: NDArray[Any]
) -> None:
    folder = tmp_path / "narrow"
    card = write_threshold_model(folder, Rules(), "Mine")
    narrow = card.changed(input=card.input.model_copy(update={"halo_px": 80, "tile_px": 256}))
    (folder / "card.json").write_text(narrow.to_json(), "utf-8")
    whole, tiled = found(folder, glowing), found(folder, glowing, tile_px=side, origin=origin)
    assert sorted(whole.id_strings()) == sorted(tiled.id_strings())
    assert whole.masks is not None
    assert tiled.masks is not None
    assert sorted(whole.masks.areas()) == sorted(tiled.masks.areas())


def test_a_dark_half_takes_the_threshold_of_the_whole(tmp_path: Path) -> None:
    """A tile of its own would find grain where the whole picture knows that nothing is there."""
    pixels = FIELD.read(FIELD.box)
    beside = np.random.default_rng(0).normal(9, 2, (300, 420)).clip(0, 255).astype(pixels.dtype)
    write_threshold_model(tmp_path / "m", Rules(separation=0.0), "Mine")
    alone, together = found(tmp_path / "m", pixels), found(tmp_path / "m", np.hstack([pixels, beside]))
    assert (together.boxes[:, 3] < 430).all()
    assert len(together) == pytest.approx(len(alone), rel=0.1)


def test_rules_are_checked_word_by_word_and_by_hash(folder: Path) -> None:
    rules = folder / "threshold.json"
    rules.write_text(json.dumps({"method": "otsu"}))
    with pytest.raises(ModelNotUsable, match="sha256 differs"):
        open_predictor(folder)
    rules.write_text(json.dumps({"metod": "otsu"}))
    with pytest.raises(ModelNotUsable, match="metod"):
        THRESHOLD.open_engine(folder, load_card(folder), "cpu")
    rules.unlink()
    with pytest.raises(ModelNotUsable, match="missing"):
        open_predictor(folder)


def test_a_graphics_card_and_training_are_refused_with_a_sentence(folder: Path) -> None:
    with pytest.raises(BadParameter, match="processor alone"):
        open_predictor(folder, "cuda")
    with pytest.raises(ModelNotUsable, match="computes by itself"):
        load_network(folder)
    with pytest.raises(ModelNotUsable, match="compute by themselves"):
        build({"kind": "threshold"})


def test_a_model_of_ones_own_is_not_replaced_unasked(folder: Path) -> None:
    kind = ObjectClass(name="colony", title="Colony", colour="#CC79A7", badge="C")
    with pytest.raises(OutputExists):
        write_threshold_model(folder, Rules(), "Other", kind=kind)
    card = write_threshold_model(folder, Rules(method="li"), "Other", kind=kind, overwrite=True)
    assert card == load_card(folder)
    assert card.class_names == ("colony",)


def test_a_folder_copied_elsewhere_is_the_same_model(folder: Path, tmp_path: Path, glowing: NDArray[Any]) -> None:
    shutil.copytree(folder, tmp_path / "elsewhere" / "of-my-own")
    there = found(tmp_path / "elsewhere" / "of-my-own", glowing)
    assert there.id_strings() == found(folder, glowing).id_strings()
