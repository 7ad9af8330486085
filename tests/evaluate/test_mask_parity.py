"""The mask mAP equals that of pycocotools and faster-coco-eval on the same masks."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks
from cellwright.evaluate import PictureDetections, PictureTruth, score_detections

Stack = NDArray[np.bool_]
Picture = tuple[Stack, NDArray[np.int64], NDArray[np.float64], Stack, NDArray[np.int64], NDArray[np.bool_]]
"""Found masks, classes and scores; true masks, classes and crowd flags."""


def _masks(stack: Stack) -> Masks:
    walled = np.pad(stack, ((0, 0), (0, 0), (1, 1))).astype(np.int8)
    step = np.diff(walled, axis=2)
    i, y, x0 = np.nonzero(step > 0)
    _, _, x1 = np.nonzero(step < 0)
    return Masks.from_spans(i, np.stack([y, x0, x1], 1), len(stack))


def _discs(rng: np.random.Generator, n: int, side: int = 60) -> Stack:
    y, x = np.mgrid[:side, :side]
    centre, radius = rng.uniform(5, side - 5, (n, 2, 1, 1)), rng.uniform(3, 9, (n, 1, 1))
    made: Stack = (y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2 < radius**2
    return made


def _picture(rng: np.random.Generator, crowd_share: float) -> Picture:
    true = _discs(rng, int(rng.integers(0, 9)))
    seen = np.repeat(np.flatnonzero(rng.random(len(true)) < 0.9), 2)
    shift = rng.integers(-2, 3, (len(seen), 2))
    again = [np.roll(true[i], tuple(d), (0, 1)) for i, d in zip(seen, shift, strict=True)]
    found = np.concatenate([np.array(again, bool).reshape(-1, 60, 60), _discs(rng, int(rng.integers(0, 4)))])
    scores = np.round(rng.random(len(found)), 1)
    classes = rng.integers(0, 2, len(true))
    named = np.concatenate([classes[seen], rng.integers(0, 2, len(found) - len(seen))])
    return found, named, scores, true, classes, rng.random(len(true)) < crowd_share


def _ours(pictures: Sequence[Picture]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = [PictureDetections(_masks(p[0]).boxes(), p[1], p[2]) for p in pictures]
    truth = [PictureTruth(_masks(p[3]).boxes(), p[4], crowd=p[5]) for p in pictures]
    scores = score_detections(found, truth, "ab", masks=[(_masks(p[0]), _masks(p[3])) for p in pictures])
    return scores.average_precision, scores.recall


def _theirs(name: str, pictures: Sequence[Picture]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    codec: Any = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    if name == "pycocotools":
        coco_class = pytest.importorskip("pycocotools.coco").COCO
        eval_class = pytest.importorskip("pycocotools.cocoeval").COCOeval
    else:
        faster: Any = pytest.importorskip("faster_coco_eval", reason="faster-coco-eval is not installed")
        coco_class, eval_class = faster.COCO, faster.COCOeval_faster

    def coded(mask: Stack) -> dict[str, Any]:
        return dict(codec.encode(np.asfortranarray(mask.astype(np.uint8))))

    true = [
        {"image_id": i, "category_id": int(c), "segmentation": coded(m), "area": int(m.sum()), "iscrowd": int(w)}
        | {"bbox": [0, 0, 1, 1]}
        for i, p in enumerate(pictures)
        for m, c, w in zip(p[3], p[4], p[5], strict=True)
    ]
    true = [entry | {"id": number} for number, entry in enumerate(true, start=1)]
    found = [
        {"image_id": i, "category_id": int(c), "segmentation": coded(m), "score": float(s)}
        for i, p in enumerate(pictures)
        for m, c, s in zip(p[0], p[1], p[2], strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        dataset = coco_class()
        dataset.dataset = {
            "info": {},
            "images": [{"id": i, "width": 60, "height": 60} for i in range(len(pictures))],
            "annotations": true,
            "categories": [{"id": 0, "name": "a"}, {"id": 1, "name": "b"}],
        }
        dataset.createIndex()
        evaluation = eval_class(dataset, dataset.loadRes(found), iouType="segm")
        evaluation.params.maxDets = [100]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = np.asarray(evaluation.eval["precision"])[..., 0, 0]  # (T, R, C)
    return precision.mean(axis=1).T, np.asarray(evaluation.eval["recall"])[..., 0, 0].T


@pytest.mark.parametrize("name", ["pycocotools", "faster-coco-eval"])
@pytest.mark.parametrize("crowd_share", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(3))
def test_random_masks_score_the_same(name: str, crowd_share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = [_picture(rng, crowd_share) for _ in range(8)]
    for ours, theirs in zip(_ours(pictures), _theirs(name, pictures), strict=True):
        np.testing.assert_allclose(np.nan_to_num(ours, nan=-1), theirs, atol=1e-6)


def test_the_masks_count_and_not_the_boxes() -> None:
    corner = np.zeros((1, 20, 20), bool)
    corner[0, :, 0] = corner[0, 0] = True
    other = corner[:, ::-1, ::-1]  # the same box, two pixels in common
    found = [PictureDetections([[0, 0, 20, 20]], [0], [0.9])]
    truth = [PictureTruth([[0, 0, 20, 20]], [0])]
    assert score_detections(found, truth, "a").map_50 == pytest.approx(1)
    assert score_detections(found, truth, "a", masks=[(_masks(other), _masks(corner))]).map_50 == 0
    assert score_detections(found, truth, "a", masks=[(_masks(corner), _masks(corner))]).map_50 == pytest.approx(1)


def test_masks_of_other_objects_are_refused() -> None:
    found, truth = [PictureDetections([[0, 0, 2, 2]], [0], [0.9])], [PictureTruth([[0, 0, 2, 2]], [0])]
    with pytest.raises(BadParameter, match="one each"):
        score_detections(found, truth, "a", masks=[(Masks.empty(2), Masks.empty(1))])


def test_nothing_found_or_nothing_there_is_fine() -> None:
    nothing, none = PictureDetections(np.empty((0, 4)), [], []), PictureTruth(np.empty((0, 4)), [])
    one, true = PictureDetections([[0, 0, 2, 2]], [0], [0.9]), PictureTruth([[0, 0, 2, 2]], [0])
    for found, truth in ((nothing, none), (nothing, true), (one, none)):
        masks = [(Masks.empty(len(found)), Masks.empty(len(truth)))]
        scores = score_detections([found], [truth], "a", masks=masks)
        assert np.isnan(scores.map_50) == (len(truth) == 0)
