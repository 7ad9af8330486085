"""Teaching a finished model further: every kind of model, every choice of layers, and going on after a stop."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cellwright import nets
from cellwright.core import DatasetNotReadable
from cellwright.jobs import run_inline
from cellwright.training.lesson import Lesson
from cellwright.training.syllabus import Syllabus, epoch_order
from cellwright.training.tune import Tune
from cellwright.training.tuned_recipe import class_weights, shrink_of, tuned_recipe
from cellwright.zoo import (
    TASK_OF,
    InputContract,
    ModelCard,
    ObjectClass,
    Thresholds,
    load_card,
    load_network,
    verify,
    write_model,
)
from tests.training.lessons import disc_lesson

UNET = {
    "kind": "unet",
    "encoder": {"kind": "plain", "channels": [8, 16], "convs": 1, "stem_stride": 2},
    "decoder": {"channels": [8], "convs": 1},
}
YOLO = {
    "kind": "yolo",
    "num_classes": 1,
    "backbone": {"kind": "csp_darknet", "width": 0.125, "depth": 0.33},
    "neck": {"kind": "pan", "out": [16, 16, 32]},
    "head": {"kind": "point", "width": 16, "depth": 1, "bins": 8},
}
RCNN = {
    "kind": "mask-rcnn",
    "num_classes": 1,
    "backbone": {"kind": "mobilenet-v2-fpn", "fpn_channels": 8, "finest_stride": 4},
    "anchor_sizes": [[8], [16], [32], [64], [128]],
    "anchor_ratios": [1.0],
    "box_width": 16,
    "mask_width": 8,
    "mask_convs": 1,
}
KINDS = {
    "boxes": (YOLO, {"kind": "boxes"}),
    "stars": (UNET | {"head": {"kind": "stars", "rays": 8, "grid": 2, "pixels": True}}, {"kind": "stars", "grid": 2}),
    "touching": (UNET | {"head": {"kind": "classes", "classes": 3}}, {"kind": "touching"}),
    "classes": (UNET | {"head": {"kind": "classes", "classes": 2}}, {"kind": "classes"}),
    "regions": (RCNN, {"kind": "regions"}),
}


def write_beginner(folder, kind):
    """Write an untrained model of a kind and return its folder."""
    architecture, decoding = KINDS[kind]
    torch.manual_seed(1)
    card = ModelCard(
        name=folder.name,
        title="Beginner",
        task=TASK_OF[kind],
        decoding=decoding,
        architecture=architecture,
        input=InputContract(tile_px=64, halo_px=16, fit=kind == "boxes"),
        classes=(ObjectClass(name="disc", title="Disc", colour="#0072B2", badge="D"),),
        thresholds=Thresholds(confidence={"disc": 0.5}, floor=0.1),
    )
    write_model(folder, card, nets.build(architecture))
    return folder


@pytest.fixture
def lesson(tmp_path):
    made = disc_lesson(tmp_path / "pictures", ("disc",), 2, 1)
    made.save(tmp_path / "lesson")
    return tmp_path / "lesson"


def tune(lesson, model, out, **choices):
    defaults = {"steps": 2, "workers": 0, "device": "cpu", "minutes": 60.0}
    return run_inline(Tune(lesson, model, out, "taught", **(defaults | choices)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_can_be_taught(kind, lesson, tmp_path):
    model = write_beginner(tmp_path / "beginner", kind)
    trained = tune(lesson, model, tmp_path / "run")
    card = load_card(trained.model)
    parent = load_card(model)
    assert card.parent == parent.source.removeprefix("model:")
    assert card.decoding == parent.decoding and card.classes == parent.classes
    # Scores on what it was taught with are no scores: the card has none until it is judged.
    assert card.metrics is None and card.reliability == {}
    assert verify(trained.model) == ()
    rows = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(row["loss"]) for row in rows)
    assert not (tmp_path / "run" / "best.safetensors").exists()  # what is judged on chooses nothing


@pytest.mark.parametrize("kind", ["boxes", "stars"])
def test_what_is_frozen_stays_as_it_was(kind, lesson, tmp_path):
    model = write_beginner(tmp_path / "beginner", kind)
    looking = "backbone." if kind == "boxes" else "encoder."
    before = load_network(model).state_dict()
    for layers in ("frozen", "head", "full"):
        trained = tune(lesson, model, tmp_path / layers, layers=layers)
        after = load_network(trained.model).state_dict()
        moved = {name for name, value in after.items() if not torch.equal(value, before[name])}
        assert any(not name.startswith(looking) for name in moved)
        assert any(name.startswith(looking) for name in moved) == (layers == "full")


def test_teaching_goes_on_where_it_was_stopped(lesson, tmp_path):
    model = write_beginner(tmp_path / "beginner", "stars")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    tune(lesson, model, whole, steps=32)

    class Stopped(Exception):
        pass

    def stop(report):
        if report.done >= 600:
            raise Stopped

    operation = Tune(lesson, model, broken, "taught", steps=32, workers=0, device="cpu", minutes=60.0)
    with pytest.raises(Stopped):
        run_inline(operation, stop)
    assert (broken / "checkpoint.safetensors").exists()
    run_inline(replace(operation, resume=True))
    one, other = (load_file(folder / "model" / "weights.safetensors") for folder in (whole, broken))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_time_ends_a_training_whatever_its_steps(lesson, tmp_path):
    model = write_beginner(tmp_path / "beginner", "stars")
    trained = tune(lesson, model, tmp_path / "run", steps=100_000, minutes=0.02)
    assert trained.seconds >= 0.02 * 60 / 2  # most of its time, and not the hours that so many steps take
    assert (tmp_path / "run" / "model" / "card.json").exists()


def test_a_new_class_is_learned_beside_the_old(tmp_path):
    made = disc_lesson(tmp_path / "pictures", ("disc", "other"), 2, 1)
    made.save(tmp_path / "lesson")
    for kind in ("boxes", "stars"):
        model = write_beginner(tmp_path / kind, kind)
        trained = tune(tmp_path / "lesson", model, tmp_path / f"run-{kind}", steps=2)
        card = load_card(trained.model)
        assert card.class_names == ("disc", "other") and card.classes[1].badge == "O"
        assert card.thresholds.confidence.keys() == {"disc", "other"}


def test_a_new_class_leaves_the_statistics_of_the_norms_as_they_were(tmp_path):
    for classes in (("disc",), ("disc", "other")):
        folder = tmp_path / str(len(classes))
        disc_lesson(folder / "pictures", classes, 2, 1).save(folder / "lesson")
        model = write_beginner(folder / "beginner", "boxes")
        before = load_network(model).state_dict()
        after = load_network(tune(folder / "lesson", model, folder / "run").model).state_dict()
        looking = [name for name in before if name.startswith("backbone.")]
        changed = {name for name in looking if not torch.equal(before[name], after[name])}
        means = {name for name in looking if name.endswith("running_mean")}
        assert means and (not means & changed if len(classes) == 2 else means <= changed)
        assert any(name.endswith("weight") for name in changed)


def test_new_classes_count_more_where_they_are_rare_and_keep_their_colour(tmp_path):
    card = load_card(write_beginner(tmp_path / "beginner", "boxes"))
    lesson = disc_lesson(tmp_path / "pictures", ("disc", "other"), 2, 1)
    rare = replace(lesson, taught=tuple(replace(p, kinds=(np.arange(9) == 0).astype(np.int64)) for p in lesson.taught))
    assert lesson.objects_by_class == {"disc": 10, "other": 8} and rare.objects_by_class == {"disc": 16, "other": 2}
    assert class_weights(card, lesson, {}) == {"other": 1.25}
    # What it was called by so far is the other side of the same question.
    assert class_weights(card, rare, {1: 0}) == {"other": 5.0, "disc": 5.0}
    assert class_weights(card, disc_lesson(tmp_path / "old", ("disc",), 2, 1), {}) == {}
    assert class_weights(load_card(write_beginner(tmp_path / "stars", "stars")), rare, {}) == {}
    known, new = (
        tuned_recipe(card, tmp_path / "beginner", classes, 100, 0, "x").augment
        for classes in (("disc",), ("disc", "other"))
    )
    assert 0 < new.hue < 0.2 * known.hue and 0 < new.saturation < 0.2 * known.saturation
    assert (new.turn, new.flip, new.blur) == (known.turn, known.flip, known.blur)


def test_a_lesson_without_objects_teaches_nothing(tmp_path):
    model = write_beginner(tmp_path / "beginner", "stars")
    Lesson(("disc",), ()).save(tmp_path / "lesson")
    with pytest.raises(DatasetNotReadable, match="no object to learn from"):
        tune(tmp_path / "lesson", model, tmp_path / "run")


def test_large_objects_are_shown_smaller_where_pictures_are_seen_in_their_own_pixels(tmp_path):
    card = load_card(write_beginner(tmp_path / "beginner", "stars"))
    lesson = disc_lesson(tmp_path / "pictures", ("disc",), 2, 1)  # 22 pixels wide
    small = card.changed(input=card.input.model_copy(update={"object_px": 5.5}))
    alike = card.changed(input=card.input.model_copy(update={"object_px": 20.0}))
    assert shrink_of(small, lesson) == pytest.approx(4, rel=0.1)
    assert shrink_of(alike, lesson) == shrink_of(card, lesson) == 1


def test_an_epoch_shows_the_lesson_evenly_and_replays_others_each_time():
    syllabus = Syllabus("abc", range(100), length=12, share=0.5)
    first, second = (syllabus.order(0, epoch) for epoch in (0, 1))
    assert np.array_equal(first, epoch_order(syllabus, 0, 0))
    assert len(first) == 12
    for order in (first, second):
        assert np.bincount(order[order < 3]).tolist() == [2, 2, 2]
    assert set(first[first >= 3]) != set(second[second >= 3])
    assert len(Syllabus("abc", length=2).order(0, 0)) == 3
