"""Learning what whole pictures show: samples, balance, and from a recipe to a model that names colours."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from cellwright.core import BadParameter, DatasetNotReadable
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.training import Train
from cellwright.training.gather import gather
from cellwright.training.recipe import Augment, Data, Look, Phase
from cellwright.training.syllabus import Balanced, epoch_order
from cellwright.training.whole_pictures import ShownPicture, as_shown, load_whole, make_view
from cellwright.workflows import ClassEvaluation, EvaluateModel
from cellwright.zoo import load_card, verify
from tests.tiny_classifier import colour_card

STILL = Augment(flip=0, turn=False, hue=0, saturation=0, brightness=0, contrast=0)
PHASE = Phase(epochs=1, size_px=64, scale=(1.0, 1.0))
RECIPE = """
name = "colours"
title = "Colours"
task = "pictures"
val_size_px = 64
val_every = 2

[architecture]
kind = "classifier"
encoder = { kind = "plain", channels = [8, 16], convs = 1 }
head = { channels = 0, dropout = 0.0 }

[data]
classes = ["blue", "red"]
test_split = "test"

[look]
centre = 0.8

[[phases]]
epochs = 6
size_px = 64
scale = [0.9, 1.1]

[augment]
rotate_deg = 30
shift = 0.05
gamma = 0.1
tint = 0.05

[optimise]
learning_rate = 3e-2
batch = 4
warmup_epochs = 0
ema_decay = 0.5

[card]
summary = "Says whether a picture is red or blue."
tile_px = 64
halo_px = 0
trained_on = "drawn"
judged_on = "drawn"
licence = "CC0"
crops = { of = ["WBC"] }

[card.classes]
red = { title = "Red", colour = "#FF0000", badge = "R" }
blue = { title = "Blue", colour = "#0000FF", badge = "B" }
"""


def picture(shape=(90, 100), seed=0):
    image = torch.from_numpy(np.random.default_rng(seed).integers(0, 255, (3, *shape), np.uint8))
    return ShownPicture(image, 0, None)


def paint(folder, count=12):
    rng = np.random.default_rng(2)
    for kind, colour in (("red", (200, 40, 40)), ("blue", (40, 40, 200))):
        (folder / kind).mkdir(parents=True)
        for number in range(count):
            noisy = np.clip(np.array(colour) + rng.normal(0, 20, (50, 60, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(folder / kind / f"{kind}{number}.png")
    return folder


def test_nothing_asked_for_is_what_inference_shows():
    for centre in (0.5, 0.8):
        shown = as_shown(picture().image, 64, centre)
        made = make_view(picture(), PHASE, STILL, centre, np.random.default_rng(0)).image
        # The square of an odd rim begins a pixel apart.
        assert made.shape == shown.shape == (3, 64, 64)
        np.testing.assert_allclose(made.float().mean(), shown.float().mean(), atol=3)


def test_a_sample_depends_on_its_generator_alone():
    asked = Augment(rotate_deg=45, shift=0.1, gamma=0.2, tint=0.2, blur=0.5, noise=0.5)
    phase = Phase(epochs=1, size_px=64, scale=(0.5, 1.5))
    one, same, other = (make_view(picture(), phase, asked, 0.8, np.random.default_rng(s)).image for s in (3, 3, 4))
    assert torch.equal(one, same) and not torch.equal(one, other) and one.dtype == torch.uint8


def test_what_lies_beyond_an_edge_is_no_grey_corner():
    white = ShownPicture(torch.full((3, 40, 50), 255, dtype=torch.uint8), 0, None)
    phase = Phase(epochs=1, size_px=64, scale=(0.4, 0.4))
    still = STILL.model_copy(update={"rotate_deg": 180.0, "shift": 0.3})
    for seed in range(8):
        assert int(make_view(white, phase, still, 1.0, np.random.default_rng(seed)).image.min()) >= 253


def test_rare_classes_are_shown_as_often_as_others():
    kinds = [0] * 90 + [1] * 10
    pictures = Balanced(range(100), kinds)
    shown = np.concatenate([epoch_order(pictures, 0, epoch) for epoch in range(20)])
    assert len(shown) == 2000 and 0.45 < np.mean(np.asarray(kinds)[shown]) < 0.55
    np.testing.assert_array_equal(epoch_order(pictures, 0, 3), epoch_order(pictures, 0, 3))


def test_a_picture_of_several_cells_teaches_no_class(data_dir):
    part = Data(format="yolo", classes=("WBC", "RBC"))
    with pytest.raises(DatasetNotReadable, match="one each"):
        load_whole(data_dir / "blood_txl_pbc", "val", part, Look())


def test_corrections_do_not_teach_a_classifier_yet(tmp_path):
    with Project.create(tmp_path / "project") as project, pytest.raises(BadParameter, match="train it from a recipe"):
        gather(project, colour_card(), 0.2, 0)


def test_from_a_recipe_to_a_model_that_is_evaluated(tmp_path):
    data = paint(tmp_path / "data")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    trained = run_inline(Train(tmp_path / "recipe.toml", data, tmp_path / "run", device="cpu", workers=0))
    assert trained.scores["accuracy"] == 1.0 and trained.model is not None
    assert (tmp_path / "run" / "confusion.png").is_file() and (tmp_path / "run" / "curves.png").is_file()
    card = load_card(trained.model)
    assert card.task == "classification" and card.crops is not None and card.crops.of == ("WBC",)
    assert card.input.centre == 0.8 and card.metrics is not None and card.metrics.scores["accuracy"] == 1.0
    assert len({*card.calibration.temperature.values()}) == 1
    assert verify(trained.model) == ()
    evaluation = run_inline(EvaluateModel(trained.model, data, device="cpu:torch-fp32"))
    assert isinstance(evaluation, ClassEvaluation)
    assert (evaluation.split, evaluation.scores.pictures, evaluation.scores.accuracy) == ("test", 4, 1.0)
    assert evaluation.accuracy_interval().low == pytest.approx(0.025 ** (1 / 4), abs=1e-6)
    said = json.loads(json.dumps(evaluation.to_dict()))
    assert said["confusion"]["shown_by_named"] == [[2, 0], [0, 2]] and len(said["worst_pictures"]) == 4


def test_it_goes_on_from_where_it_stopped(tmp_path):
    data = paint(tmp_path / "data", 8)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE.replace("epochs = 6", "epochs = 2"))
    whole = run_inline(Train(recipe, data, tmp_path / "whole", device="cpu", workers=0))
    steps = Train(recipe, data, tmp_path / "stopped", device="cpu", workers=0).run()
    for progress in steps:
        if progress.message.endswith("saved"):
            break
    steps.close()
    gone_on = run_inline(Train(recipe, data, tmp_path / "stopped", device="cpu", workers=0, resume=True))
    assert gone_on.scores == whole.scores
