"""Scoring boxes and outlines, against pycocotools and StarDist on the same objects."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.rows import Row, milliseconds
from cellwright.evaluate import (
    INSTANCE_THRESHOLDS,
    PictureDetections,
    PictureTruth,
    instance_scores,
    score_detections,
)

CLASSES = ("WBC", "RBC", "PLT")
_CLASS_SHARE = (0.06, 0.91, 0.03)  # as in a blood smear


def make_smears(n_pictures: int = 239, seed: int = 0) -> tuple[list[PictureDetections], list[PictureTruth]]:
    """Make up detections and truth like those of a validation set of smears.

    Parameters
    ----------
    n_pictures : int
        How many; 239 is the size of the set that the shipped model is judged on.
    seed : int
        Of the random numbers.

    Returns
    -------
    detections, truths : lists of one entry a picture
        About 17 cells and 60 detections a picture, as a detector gives above a score of 0.05.
    """
    rng = np.random.default_rng(seed)
    pairs = [_make_smear(rng) for _ in range(n_pictures)]
    return [found for found, _ in pairs], [truth for _, truth in pairs]


def _make_smear(rng: np.random.Generator) -> tuple[PictureDetections, PictureTruth]:
    n = int(rng.integers(8, 28))
    corner = rng.uniform(0, 500, (n, 2))
    boxes = np.hstack([corner, corner + rng.uniform(30, 120, (n, 2))]).astype(np.float32)
    classes = rng.choice(len(CLASSES), n, p=_CLASS_SHARE)
    seen = np.repeat(np.arange(n), rng.integers(1, 6, n))
    shaken = boxes[seen] + rng.normal(0, 4, (len(seen), 4)).astype(np.float32)
    scores = rng.uniform(0.05, 1, len(seen)).astype(np.float32)
    return PictureDetections(shaken, classes[seen], scores), PictureTruth(boxes, classes)


def reference_inputs(found: Sequence[PictureDetections], truths: Sequence[PictureTruth]) -> tuple[Any, Any]:
    """Return the same boxes as a pair of pycocotools' COCO objects."""
    from pycocotools.coco import COCO

    annotations = [
        {"id": 0, "image_id": p, "category_id": int(c), "bbox": _xywh(b), "area": 1.0, "iscrowd": 0}
        for p, truth in enumerate(truths)
        for b, c in zip(truth.boxes, truth.class_index, strict=True)
    ]
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    results = [
        {"image_id": p, "category_id": int(c), "bbox": _xywh(b), "score": float(s)}
        for p, d in enumerate(found)
        for b, c, s in zip(d.boxes, d.class_index, d.scores, strict=True)
    ]
    truth_set = COCO()
    truth_set.dataset = {
        "info": {},
        "images": [{"id": p} for p in range(len(truths))],
        "annotations": annotations,
        "categories": [{"id": c, "name": name} for c, name in enumerate(CLASSES)],
    }
    truth_set.createIndex()
    return truth_set, truth_set.loadRes(results)


def _xywh(box: np.ndarray) -> list[float]:
    y0, x0, y1, x1 = (float(v) for v in box)
    return [x0, y0, x1 - x0, y1 - y0]


def reference_scores(truth_set: Any, answers: Any) -> float:
    """Return pycocotools' mAP, asked for no more than ours gives: one area range and one limit of detections."""
    from pycocotools.cocoeval import COCOeval

    evaluation = COCOeval(truth_set, answers, "bbox")
    evaluation.params.maxDets = [100]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    return float(evaluation.eval["precision"].mean())


def compare(n_pictures: int = 239, repeats: int = 5) -> dict[str, float]:
    """Time both on the same boxes.

    Building pycocotools' index is not counted; bringing our arrays together is.

    Returns
    -------
    dict
        ``ours_ms`` and ``pycocotools_ms`` (medians), ``ratio``, and ``difference`` of the two mAP.
    """
    found, truths = make_smears(n_pictures)
    with contextlib.redirect_stdout(io.StringIO()):
        truth_set, answers = reference_inputs(found, truths)
        their_map = reference_scores(truth_set, answers)
        theirs = milliseconds(lambda: reference_scores(truth_set, answers), repeats)
    our_map = score_detections(found, truths, CLASSES).map_50_95
    ours = milliseconds(lambda: score_detections(found, truths, CLASSES), repeats)
    return {
        "ours_ms": ours,
        "pycocotools_ms": theirs,
        "ratio": theirs / ours,
        "difference": abs(our_map - their_map),
    }


def make_labels(n: int = 1000, side: int = 1024, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Make up a label image of so many discs, and the same a little moved, as a segmentation of it."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-12:13, -12:13]
    truth, found = np.zeros((2, side, side), np.int32)
    for label in range(1, n + 1):
        disc = y**2 + x**2 < rng.uniform(6, 12) ** 2
        cy, cx = rng.integers(16, side - 16, 2)
        dy, dx = rng.integers(-2, 3, 2)
        truth[cy - 12 : cy + 13, cx - 12 : cx + 13][disc] = label
        found[cy + dy - 12 : cy + dy + 13, cx + dx - 12 : cx + dx + 13][disc] = label
    return truth, found


def compare_outlines(repeats: int = 3) -> dict[str, float]:
    """Time the scores of outlines on one picture of 1,000 objects, at ten overlaps.

    Returns
    -------
    dict
        ``ours_ms`` and ``stardist_ms`` (medians), ``ratio``, and the largest ``difference`` of the ten AP.
    """
    from stardist.matching import matching

    truth, found = make_labels()
    theirs = [stats.accuracy for stats in matching(truth, found, thresh=INSTANCE_THRESHOLDS)]
    ours_ms = milliseconds(lambda: instance_scores([(truth, found)]), repeats)
    stardist_ms = milliseconds(lambda: matching(truth, found, thresh=INSTANCE_THRESHOLDS), repeats)
    difference = float(np.abs(instance_scores([(truth, found)]).ap - theirs).max())
    return {"ours_ms": ours_ms, "stardist_ms": stardist_ms, "ratio": stardist_ms / ours_ms, "difference": difference}


def run() -> list[Row]:
    """Time the scoring of a validation set and of a crowded picture, with the reference beside each."""
    outlines = compare_outlines()
    same = f"stardist.matching; the ten AP differ by at most {outlines['difference']:.1g}"
    measured = compare()
    note = f"pycocotools, one area and one limit; the two mAP differ by {measured['difference']:.1g}"
    times = "at least 10 times as fast is asked for"
    return [
        Row("mAP of 239 smears, ten overlaps", measured["ours_ms"], measured["pycocotools_ms"], note=note),
        Row("the same, times as fast", measured["ratio"], unit="×", note=times, bar=10, higher_is_better=True),
        Row("AP of 1,000 outlines, ten overlaps", outlines["ours_ms"], outlines["stardist_ms"], note=same),
    ]
