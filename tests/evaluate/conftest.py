"""Made-up pictures with truth and detections, and the two reference implementations of the COCO scores."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from cellwright.evaluate import COCO_THRESHOLDS, PictureDetections, PictureTruth

Pictures = tuple[list[PictureDetections], list[PictureTruth]]
Reference = Callable[..., "tuple[np.ndarray, np.ndarray]"]


def _xywh(box: np.ndarray) -> list[float]:
    y0, x0, y1, x1 = (float(v) for v in box)
    return [x0, y0, x1 - x0, y1 - y0]


def _as_coco(
    found: Sequence[PictureDetections], truths: Sequence[PictureTruth], n_classes: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    annotations = [
        {"image_id": p, "category_id": int(c), "bbox": _xywh(b), "area": float((b[2] - b[0]) * (b[3] - b[1]))}
        | {"iscrowd": int(crowd)}
        for p, truth in enumerate(truths)
        for b, c, crowd in zip(truth.boxes, truth.class_index, truth.crowd, strict=True)
    ]
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    results = [
        {"image_id": p, "category_id": int(c), "bbox": _xywh(b), "score": float(s)}
        for p, d in enumerate(found)
        for b, c, s in zip(d.boxes, d.class_index, d.scores, strict=True)
    ]
    images = [{"id": p, "width": 10_000, "height": 10_000} for p in range(len(truths))]
    categories = [{"id": c, "name": str(c)} for c in range(n_classes)]
    return {"info": {}, "images": images, "annotations": annotations, "categories": categories}, results


def _reference(coco_class: Any, eval_class: Any) -> Reference:
    def score(
        found: Sequence[PictureDetections],
        truths: Sequence[PictureTruth],
        n_classes: int,
        max_detections: int = 100,
        iou_thresholds: Sequence[float] = COCO_THRESHOLDS,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return AP and recall, each (C, T), -1 where there is nothing to find."""
        dataset, results = _as_coco(found, truths, n_classes)
        with contextlib.redirect_stdout(io.StringIO()):
            truth = coco_class()
            truth.dataset = dataset
            truth.createIndex()
            answers = truth.loadRes(copy.deepcopy(results)) if results else coco_class()
            if not results:
                answers.dataset = {**dataset, "annotations": []}
                answers.createIndex()
            evaluation = eval_class(truth, answers, iouType="bbox")
            evaluation.params.imgIds = list(range(len(truths)))
            evaluation.params.catIds = list(range(n_classes))
            evaluation.params.maxDets = [max_detections]
            evaluation.params.iouThrs = np.asarray(iou_thresholds)
            evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
            evaluation.evaluate()
            evaluation.accumulate()
        precision = np.asarray(evaluation.eval["precision"])[..., 0, 0]  # (T, R, C)
        recall = np.asarray(evaluation.eval["recall"])[..., 0, 0]  # (T, C)
        return precision.mean(axis=1).T, recall.T

    return score


@pytest.fixture(scope="session", params=["pycocotools", "faster-coco-eval"])
def reference(request: pytest.FixtureRequest) -> Reference:
    """A function that scores pictures as another program does."""
    if request.param == "pycocotools":
        coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
        cocoeval = pytest.importorskip("pycocotools.cocoeval", reason="pycocotools is not installed")
        return _reference(coco.COCO, cocoeval.COCOeval)
    faster = pytest.importorskip("faster_coco_eval", reason="faster-coco-eval is not installed")
    return _reference(faster.COCO, faster.COCOeval_faster)


@pytest.fixture(scope="session")
def make_pictures() -> Callable[..., Pictures]:
    """Return a function that makes up pictures of cells and a detector that is neither good nor bad."""

    def make(
        seed: int,
        n_pictures: int = 12,
        n_classes: int = 3,
        cells: int = 20,
        whole_pixels: bool = False,
        score_levels: int | None = None,
        crowd_share: float = 0.0,
    ) -> Pictures:
        rng = np.random.default_rng(seed)
        found, truths = [], []
        for _ in range(n_pictures):
            n = int(rng.integers(0, cells))
            boxes = _random_boxes(rng, n, whole_pixels)
            classes = rng.integers(0, n_classes, n)
            truths.append(PictureTruth(boxes, classes, crowd=rng.random(n) < crowd_share))
            found.append(_detect(rng, boxes, classes, n_classes, whole_pixels, score_levels))
        return found, truths

    return make


def _random_boxes(rng: np.random.Generator, n: int, whole_pixels: bool) -> np.ndarray:
    corner = rng.uniform(0, 400, (n, 2))
    boxes = np.hstack([corner, corner + rng.uniform(8, 90, (n, 2))]).astype(np.float32)
    return boxes.round() if whole_pixels else boxes


def _detect(
    rng: np.random.Generator,
    boxes: np.ndarray,
    classes: np.ndarray,
    n_classes: int,
    whole_pixels: bool,
    score_levels: int | None,
) -> PictureDetections:
    seen = np.repeat(np.flatnonzero(rng.random(len(boxes)) < 0.9), 2)
    shaken = boxes[seen] + rng.normal(0, 4, (len(seen), 4)).astype(np.float32)
    shaken = shaken.round() if whole_pixels else shaken
    shaken[:, 2:] = np.maximum(shaken[:, 2:], shaken[:, :2] + 1)
    noise = _random_boxes(rng, int(rng.integers(0, 12)), whole_pixels)
    named = np.where(rng.random(len(seen)) < 0.85, classes[seen], rng.integers(0, n_classes, len(seen)))
    scores = rng.random(len(seen) + len(noise)).astype(np.float32)
    if score_levels is not None:
        scores = np.floor(scores * score_levels) / score_levels
    all_classes = np.concatenate([named, rng.integers(0, n_classes, len(noise))])
    return PictureDetections(np.vstack([shaken, noise]), all_classes, scores)
