"""The gate: takes what is surely better, refuses chance and harm, and shows what goes wrong."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageColor

from cellwright.core import Box, Masks, Objects
from cellwright.evaluate import PictureDetections, PictureTruth, match, score_detections
from cellwright.shapes import masks_from_labels
from cellwright.training.lesson import LessonPicture
from cellwright.workflows.case_crops import GAP_PX, SIDE_PX, draw_cases, window_of
from cellwright.workflows.gate import GateRules, compared
from cellwright.workflows.held_out import BoxShowing, OutlineShowing, PixelShowing
from cellwright.zoo import load_card
from tests.training.test_tune import write_beginner

RULES = GateRules()


def picture(objects=10, kinds=1):
    """Return a picture of squares side by side."""
    labels = np.zeros((12, 12 * objects), np.int32)
    for number in range(objects):
        labels[2:10, 12 * number + 2 : 12 * number + 10] = number + 1
    masks = masks_from_labels(labels)[0]
    return LessonPicture(Path("a.png"), "", labels.shape, masks.boxes(), np.arange(objects) % kinds, masks)


def showing(pictures, found, invented=None, kinds=1):
    """Return what a model shows that finds the first so many objects of each picture and invents some."""
    invented = invented or [0] * len(pictures)
    detections, masks, truths = [], [], []
    for each, count, more in zip(pictures, found, invented, strict=True):
        extra = Masks.from_spans(
            np.arange(more), np.array([[11, 3 * i, 3 * i + 2] for i in range(more)]).reshape(-1, 3), more
        )
        shown = Masks.concatenate([each.masks.take(np.arange(count)), extra])
        classes = np.concatenate([each.kinds[:count], np.zeros(more, np.int64)])
        detections.append(PictureDetections(shown.boxes(), classes, np.full(len(shown), 0.9)))
        masks.append((shown, each.masks))
        truths.append(PictureTruth(each.boxes, each.kinds))
    matches = match(detections, truths, kinds, 0.5, 1000, masks)
    hit = matches.outcome[0] == 1
    right = np.zeros((len(pictures), kinds), np.int64)
    np.add.at(right, (matches.picture[hit], matches.class_index[hit]), 1)
    count_of = lambda columns: np.array([np.bincount(c, minlength=kinds) for c in columns])  # noqa: E731
    return OutlineShowing(
        matches,
        tuple(as_objects(d, shown, kinds) for d, (shown, _) in zip(detections, masks, strict=True)),
        right,
        count_of([d.class_index for d in detections]),
        count_of([t.class_index for t in truths]),
    )


def as_objects(found, masks, kinds):
    ids = np.frombuffer(np.arange(2 * len(found.scores), dtype=np.uint64).tobytes(), "V16")
    names = ("a", "b")[:kinds]
    boxes, scores = found.boxes.astype(np.float32), found.scores.astype(np.float32)
    return Objects(ids, boxes, found.class_index.astype(np.int16), scores, names, "model:x@1", masks)


def verdict(before, after, objects=10, **rules):
    pictures = [picture(objects) for _ in before]
    return compared(showing(pictures, before), showing(pictures, after), pictures, ("a",), 1, GateRules(**rules))


def test_a_model_that_is_better_on_five_pictures_is_taken():
    said = verdict([2, 3, 2, 4, 3], [6, 7, 5, 8, 7])
    assert said.is_better and said.sentence.startswith("Better: AP@0.5 0.280 → 0.660")
    assert said.gain.low > 0 and said.pictures == 5


@pytest.mark.parametrize("after", [[5, 5, 5, 5, 5], [5, 6, 4, 5, 5], [9, 1, 5, 5, 6], [4, 4, 4, 4, 4]])
def test_what_is_as_good_mixed_or_worse_is_refused_in_plain_words(after):
    said = verdict([5] * 5, after)
    assert not said.is_better
    assert said.sentence.startswith("Not better: keep the old one.")


def test_with_few_pictures_each_must_be_better():
    assert verdict([5, 5, 5], [7, 7, 8]).is_better
    assert not verdict([5, 5, 5, 5], [9, 9, 9, 5]).is_better


def test_more_right_ones_do_not_pay_for_many_invented_ones():
    pictures = [picture(10) for _ in range(6)]
    before, after = showing(pictures, [5] * 6), showing(pictures, [10] * 6, [6] * 6)
    said = compared(before, after, pictures, ("a",), 1, GateRules())
    assert said.gain.low > 0 and not said.is_better
    assert "counts may be off" in said.sentence


def test_a_new_class_must_not_cost_the_old_ones():
    pictures = [picture(10, 2) for _ in range(6)]
    before = showing(pictures, [10] * 6, kinds=2)
    # Before, the second class is not known.
    old = np.where(np.arange(2) == 0, 1, 0)
    before = OutlineShowing(before.shown, before.looks, before.right * old, before.found * old, before.true)
    good = showing(pictures, [10] * 6, kinds=2)
    harmed = OutlineShowing(good.shown, good.looks, good.right - [2, 0], good.found - [2, 0], good.true)
    assert compared(before, good, pictures, ("a", "b"), 1, RULES).is_better
    said = compared(before, harmed, pictures, ("a", "b"), 1, RULES)
    assert not said.is_better and "what it knew before" in said.sentence
    assert said.per_class["b"] == (0.0, 1.0)


def test_chance_is_refused_and_skill_is_taken():
    rng = np.random.default_rng(0)
    taken = {"chance": 0, "skill": 0}
    for _ in range(40):
        pictures = [picture(20) for _ in range(5)]
        base = rng.binomial(20, 0.5, 5)
        for kind, chance in (("chance", 0.5), ("skill", 0.95)):
            after = rng.binomial(20, chance, 5)
            taken[kind] += compared(
                showing(pictures, base), showing(pictures, after), pictures, ("a",), 1, RULES
            ).is_better
    # One in twenty on average, so that five of forty are rare; skill is seen nearly always.
    assert taken["chance"] <= 5 and taken["skill"] >= 39


def test_the_worst_cases_are_at_most_twenty_what_was_right_before_first():
    pictures = [picture(20) for _ in range(5)]
    before, after = showing(pictures, [20] * 5), showing(pictures, [12] * 5, [3] * 5)
    said = compared(before, after, pictures, ("a",), 1, GateRules())
    assert len(said.worst) == 20
    assert {case.kind for case in said.worst} == {"missed", "invented"}
    assert said.worst[0].was_right and said.worst[0].kind == "missed"
    assert said.to_dict()["worst"][0]["picture"] == "a.png"
    invented = next(case for case in said.worst if case.kind == "invented")
    assert invented.box[0] == 11
    assert (invented.before, invented.after) == ("nothing", "a 0.90")
    assert (said.worst[0].before, said.worst[0].after) == ("a 0.90", "nothing")


def test_each_worst_case_is_drawn_with_what_either_model_found(tmp_path):
    grey = np.full((12, 120, 3), 128, np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png")
    pictures = [replace(picture(10), path=tmp_path / "a.png")]
    before, after = showing(pictures, [10]), showing(pictures, [9])
    card = load_card(write_beginner(tmp_path / "beginner", "stars"))
    said = compared(before, after, pictures, ("a",), 1, GateRules())
    (case,) = draw_cases(tmp_path / "cases", said.worst, before, after, pictures, card)
    assert case.crop == "01.png"
    drawn = np.asarray(Image.open(tmp_path / "cases" / case.crop).convert("RGB")).astype(int)
    assert drawn.shape == (SIDE_PX, 2 * SIDE_PX + GAP_PX, 3)
    colour = np.array(ImageColor.getrgb(card.classes[0].colour))
    left, right = drawn[:, :SIDE_PX], drawn[:, SIDE_PX + GAP_PX :]
    middle = slice(SIDE_PX // 2, None)  # of the window, whose right half holds the last object alone
    has_colour = lambda part: bool((part == colour).all(-1).any())  # noqa: E731
    assert has_colour(left[:, middle]) and not has_colour(right[:, middle])
    assert (right[:, middle] == 255).all(-1).any()  # what is true is drawn in both


@given(
    st.tuples(st.floats(0, 90), st.floats(0, 190), st.floats(1, 60), st.floats(1, 60)),
    st.tuples(st.integers(20, 200), st.integers(20, 200)),
)
def test_what_is_shown_of_a_case_lies_in_the_picture_and_holds_the_place(where, shape):
    y0, x0 = min(where[0], shape[0] - 2), min(where[1], shape[1] - 2)
    box = (y0, x0, min(y0 + where[2], shape[0]), min(x0 + where[3], shape[1]))
    window = window_of(box, shape)
    assert Box(0, 0, *shape).intersect(window) == window
    assert window.y0 <= (box[0] + box[2]) / 2 <= window.y1 and window.x0 <= (box[1] + box[3]) / 2 <= window.x1


def test_pixels_are_judged_by_dice():
    shared = np.array([[80], [90], [70]])
    before = PixelShowing(shared, np.full((3, 1), 100), np.full((3, 1), 100))
    after = PixelShowing(shared + 10, np.full((3, 1), 100), np.full((3, 1), 100))
    pictures = [picture(2) for _ in range(3)]
    said = compared(before, after, pictures, ("a",), 1, GateRules())
    assert said.is_better and (said.gain.old, said.gain.tuned) == (0.8, 0.9)
    assert [case.score for case in said.worst] == [0.8, 0.9, 1.0]


@settings(max_examples=25)
@given(st.integers(0, 2**31))
def test_a_plain_draw_has_the_average_precision_of_the_judges(seed):
    rng = np.random.default_rng(seed)
    truths, found = [], []
    for _ in range(4):
        boxes = rng.uniform(0, 50, (6, 2))
        boxes = np.concatenate([boxes, boxes + rng.uniform(8, 20, (6, 2))], 1)
        truths.append(PictureTruth(boxes, rng.integers(0, 2, 6)))
        rows = rng.integers(0, 6, 8)
        found.append(
            PictureDetections(boxes[rows] + rng.normal(0, 1.5, (8, 4)), rng.integers(0, 2, 8), rng.uniform(0, 1, 8))
        )
    matches = match(found, truths, 2, 0.5, 1000)
    true = np.array([np.bincount(t.class_index, minlength=2) for t in truths])
    shown = BoxShowing(matches, matches, (), true, true)
    expected = score_detections(found, truths, ("a", "b"), 0.5, 1000).ap_50()
    assert shown.scores(np.ones(4, int)) == pytest.approx(expected, nan_ok=True)
    # A picture drawn twice is as two pictures.
    twice = score_detections([*found, found[0]], [*truths, truths[0]], ("a", "b"), 0.5, 1000).ap_50()
    assert shown.scores(np.array([2, 1, 1, 1])) == pytest.approx(twice, nan_ok=True)
