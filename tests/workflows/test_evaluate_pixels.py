"""Judging outlines and classes of pixels: drawn pictures whose truth is changed by a known amount."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cellwright.core import DatasetNotReadable
from cellwright.datasets import LabelledPicture, LabelledSet, read_dataset
from cellwright.evaluate import instance_scores
from cellwright.shapes import coco_rle, labels_from_masks
from cellwright.workflows import Analysis, OutlineEvaluation
from cellwright.workflows.evaluate_pixels import compare_pixels, judge_pixels
from tests.workflows.outlined import CHEST_CARD, chest, nuclei

Labels = NDArray[np.integer]


def labels_of(analysis: Analysis, *, classes: bool) -> Labels:
    objects = analysis.objects
    assert objects.masks is not None
    values = objects.class_index.astype(np.int32) + 1 if classes else None
    return labels_from_masks(objects.masks, analysis.picture.shape, values=values)


def labelled(root: Path, analysis: Analysis, truth: Labels, kind: str = "") -> LabelledSet:
    """Write the truth as a label image and read it as a person's set is read."""
    name = analysis.picture.path.name
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "images" / name).write_bytes(analysis.picture.path.read_bytes())
    Image.fromarray(truth.astype(np.uint16)).save(root / "labels" / name)
    (root / "manifest.csv").write_text(f"file,split,kind\n{name},val,{kind}\n")
    return read_dataset(root, classes=analysis.card.class_names)[0]


def judged(*pairs: tuple[LabelledPicture, Analysis]) -> OutlineEvaluation:
    outcomes = [compare_pixels(picture, analysis) for picture, analysis in pairs]
    _, report = read_dataset(pairs[0][0].path.parents[1], classes=pairs[0][1].card.class_names)
    return judge_pixels(pairs[0][1].card, Path("data"), "val", outcomes, report, (), time.monotonic())


def test_a_chest_found_as_it_was_drawn_is_perfect(tmp_path: Path) -> None:
    made = chest(tmp_path)
    picture = labelled(tmp_path / "set", made, labels_of(made, classes=True), "hospital")[0]
    evaluation = judged((picture, made))
    scores = evaluation.scores
    assert scores.pixels.dice.tolist() == [1, 1, 1]
    assert scores.pixels.accuracy == 1
    assert scores.ratio_error == 0
    assert scores.objects is None
    assert evaluation.mask_scores is None
    assert evaluation.worst[0].score == 1
    assert list(scores.by_kind()) == ["hospital"]
    json.dumps(evaluation.to_dict(), allow_nan=False)


def test_a_heart_drawn_wider_costs_dice_and_ratio_by_hand(tmp_path: Path) -> None:
    made = chest(tmp_path)
    truth = labels_of(made, classes=True)
    heart = truth == 3
    truth = np.where(np.roll(heart, 5, axis=1), 3, truth)  # lies over a part of the left lung, as in an X-ray
    evaluation = judged((labelled(tmp_path / "set", made, truth)[0], made))
    drawn = (truth == 3).sum()
    assert evaluation.scores.pixels.dice[2] == pytest.approx(2 * heart.sum() / (heart.sum() + drawn))
    assert evaluation.scores.pixels.dice[0] == 1 > evaluation.scores.pixels.dice[1]
    lungs = np.flatnonzero(np.isin(truth, (1, 2)).any(axis=0))
    before, after = (np.ptp(np.flatnonzero(part.any(axis=0))) for part in (heart, truth == 3))
    assert after > before
    assert evaluation.scores.ratio_error == pytest.approx((after - before) / np.ptp(lungs), abs=1e-6)


def test_a_chest_without_a_heart_has_no_ratio_and_says_so(tmp_path: Path) -> None:
    made = chest(tmp_path)
    picture = labelled(tmp_path / "set", made, labels_of(made, classes=True))[0]
    found = made.with_objects(made.objects.take(made.objects.class_index < 2))
    scores = judged((picture, found)).scores
    assert scores.pixels.dice[2] == 0
    assert np.isnan(scores.ratio_error)
    assert scores.ratios_missing == 1


def test_nuclei_score_as_their_label_images_do(tmp_path: Path) -> None:
    made = nuclei(tmp_path)
    truth = labels_of(made, classes=False)
    changed = np.roll(truth, 3, axis=0)
    changed[changed == changed.max()] = 0
    evaluation = judged((labelled(tmp_path / "set", made, changed, "drawn")[0], made))
    plain = instance_scores([(changed, truth)])
    assert evaluation.scores.objects is not None
    assert evaluation.scores.objects.to_dict() == plain.to_dict()
    assert evaluation.scores.by_class[0].to_dict() == plain.to_dict()
    both = ((changed > 0) & (truth > 0)).sum()
    assert evaluation.scores.pixels.dice[0] == pytest.approx(2 * both / ((changed > 0).sum() + (truth > 0).sum()))
    row = evaluation.scores.pictures()[0]
    assert row.score == plain.picture_ap[0, 0]
    assert (row.kind, row.values["found"]) == ("drawn", len(made.objects))
    assert evaluation.mask_scores is not None
    assert 0 < evaluation.mask_scores.map_50 <= 1
    json.dumps(evaluation.to_dict(), allow_nan=False)


def test_coco_masks_and_label_images_score_the_same(tmp_path: Path) -> None:
    made = nuclei(tmp_path)
    truth = np.roll(labels_of(made, classes=False), 2, axis=1)
    truth[:, :2] = 0
    by_labels = labelled(tmp_path / "labels", made, truth)
    assert by_labels[0].labels is not None
    masks = by_labels[0].labels.masks()
    folder = tmp_path / "coco" / "images"
    folder.mkdir(parents=True)
    (folder / "n.png").write_bytes(made.picture.path.read_bytes())
    boxes = [[float(x0), float(y0), float(x1 - x0), float(y1 - y0)] for y0, x0, y1, x1 in masks.boxes()]
    coded: list[Any] = coco_rle(masks, made.picture.shape)
    content = {
        "images": [{"id": 1, "file_name": "n.png"}],
        "categories": [{"id": 4, "name": "Nucleus"}],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 4, "bbox": box, "segmentation": dict(rle)}
            for i, (box, rle) in enumerate(zip(boxes, coded, strict=True))
        ],
    }
    (tmp_path / "coco" / "set.json").write_text(json.dumps(content))
    by_coco, report = read_dataset(tmp_path / "coco", classes=made.card.class_names)
    assert report.format == "coco"
    first, second = compare_pixels(by_labels[0], made), compare_pixels(by_coco[0], made)
    assert np.array_equal(first.confusion, second.confusion)
    assert np.array_equal(first.overlaps[0].shared, second.overlaps[0].shared)


def test_what_nobody_judges_costs_nothing(tmp_path: Path) -> None:
    made = nuclei(tmp_path)
    truth = labels_of(made, classes=False)
    whole = labelled(tmp_path / "set", made, truth)[0]
    ignore = np.arange(len(whole)) < 2
    ignored = LabelledPicture(
        whole.path, whole.size, whole.boxes, whole.class_index, ignore=ignore, labels=whole.labels
    )
    outcome = compare_pixels(ignored, made)
    scores = instance_scores([outcome.overlaps[0]])
    assert scores.ap[0] == 1
    assert scores.true[0] == scores.found[0] == len(whole) - 2
    assert outcome.confusion.sum() == (~np.isin(truth, (1, 2))).sum()


def test_the_worst_picture_comes_first_and_parts_are_kept_apart(tmp_path: Path) -> None:
    good, bad = nuclei(tmp_path, name="good.png"), nuclei(tmp_path, name="bad.png")
    truth = labels_of(good, classes=False)
    first = labelled(tmp_path / "one", good, truth, "a")[0]
    second = labelled(tmp_path / "two", bad, np.roll(truth, 5, axis=0), "b")[0]
    evaluation = judged((first, good), (second, bad))
    assert [p.path.name for p in evaluation.worst] == ["bad.png", "good.png"]
    kinds = evaluation.scores.by_kind()
    assert kinds["a"].objects is not None
    assert kinds["b"].objects is not None
    assert kinds["a"].objects.ap[0] == 1 > kinds["b"].objects.ap[0]


def test_nothing_found_and_nothing_there_are_fine(tmp_path: Path) -> None:
    made = nuclei(tmp_path)
    nothing = made.with_objects(made.objects.take(np.zeros(len(made.objects), bool)))
    truth = labels_of(made, classes=False)
    there = labelled(tmp_path / "set", made, truth)[0]
    empty = labelled(tmp_path / "empty", made, np.zeros_like(truth))[0]
    evaluation = judged((there, nothing), (empty, made), (empty, nothing))
    assert evaluation.scores.objects is not None
    assert evaluation.scores.objects.picture_ap[:2, 0].tolist() == [0, 0]
    assert len(evaluation.worst) == 2
    json.dumps(evaluation.to_dict(), allow_nan=False)


def test_labels_of_another_meaning_are_refused_with_the_reason(tmp_path: Path) -> None:
    chest_made, nuclei_made = chest(tmp_path), nuclei(tmp_path)
    picture = labelled(tmp_path / "set", chest_made, labels_of(chest_made, classes=True))[0]
    with pytest.raises(DatasetNotReadable, match="each object"):
        compare_pixels(picture, nuclei_made)
    boxes = LabelledPicture(picture.path, picture.size, picture.boxes, picture.class_index)
    with pytest.raises(DatasetNotReadable, match="no outlines"):
        compare_pixels(boxes, chest_made)
    assert CHEST_CARD.task == "semantic"
