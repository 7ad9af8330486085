"""`Showing`: how a model does on held-out pictures, so that any draw of these pictures can be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Box, Masks, Objects
from cellwright.evaluate import CELL_MAX_DETECTIONS, Matches, PictureDetections, PictureTruth, match, pixel_confusion
from cellwright.evaluate.matching import FALSE_POSITIVE, TRUE_POSITIVE
from cellwright.jobs import run_inline
from cellwright.project.pictures import slide_ref
from cellwright.shapes import labels_from_masks
from cellwright.workflows.analyze import AnalyzePicture
from cellwright.workflows.evaluate import JUDGED_FLOOR

if TYPE_CHECKING:
    from cellwright.training.lesson import LessonPicture
    from cellwright.zoo import ModelCard

Weights = NDArray[np.integer]
"""(P,) How often each picture was drawn."""

_RECALLS = np.linspace(0, 1, 101)


class Showing(Protocol):
    """What a model did on P pictures with C classes."""

    @property
    def metric(self) -> str:
        """Name of the score, see `zoo.score_title`."""
        ...

    def scores(self, drawn: Weights) -> NDArray[np.float64]:
        """(C,) float64: the score of each class on the pictures as drawn; NaN where it does not occur."""
        ...

    def count_bias(self, drawn: Weights) -> NDArray[np.float64]:
        """(C,) float64: (found - true) / true of each class, all drawn pictures together; NaN where there is none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class BoxShowing:
    """Boxes: COCO's average precision at an overlap of one half.

    Parameters
    ----------
    everything, shown : Matches
        Of all answers, and of what a person is shown.
    looks : tuple of Objects
        What a person is shown on each picture.
    found, true : (P, C) ndarray of int64
        Objects a person is shown, and those that are there.
    """

    everything: Matches
    shown: Matches
    looks: tuple[Objects, ...]
    found: NDArray[np.int64]
    true: NDArray[np.int64]

    @property
    def metric(self) -> str:
        """See `Showing`."""
        return "map_50"

    def scores(self, drawn: Weights) -> NDArray[np.float64]:
        """See `Showing`."""
        return np.array([self._score(c, drawn) for c in range(self.true.shape[1])])

    def count_bias(self, drawn: Weights) -> NDArray[np.float64]:
        """See `Showing`."""
        return _bias(self.found, self.true, drawn)

    def _score(self, c: int, drawn: Weights) -> float:
        positives = int(drawn @ self.true[:, c])
        if not positives:
            return float("nan")
        rows = self.everything.of_class(c)
        scores, outcome = self.everything.scores[rows], self.everything.outcome[0, rows]
        order = np.argsort(-scores, kind="stable")
        weight = drawn[self.everything.picture[rows][order]]
        right = np.cumsum(weight * (outcome[order] == TRUE_POSITIVE))
        wrong = np.cumsum(weight * (outcome[order] == FALSE_POSITIVE))
        precision = right / np.maximum(right + wrong, 1)
        falling = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        return float(falling[np.searchsorted(right / positives, _RECALLS, side="left")].mean())


@dataclass(frozen=True, slots=True, eq=False)
class OutlineShowing:
    """Outlines: TP / (TP + FP + FN) at an overlap of one half, StarDist's average precision.

    Parameters
    ----------
    shown, looks
        As for `BoxShowing`.
    right, found, true : (P, C) ndarray of int64
        Objects matched, shown and there.
    """

    shown: Matches
    looks: tuple[Objects, ...]
    right: NDArray[np.int64]
    found: NDArray[np.int64]
    true: NDArray[np.int64]

    @property
    def metric(self) -> str:
        """See `Showing`."""
        return "ap_50"

    def scores(self, drawn: Weights) -> NDArray[np.float64]:
        """See `Showing`."""
        right, found, true = (drawn @ part for part in (self.right, self.found, self.true))
        whole = true + found - right
        return _share(right, whole, true > 0)

    def count_bias(self, drawn: Weights) -> NDArray[np.float64]:
        """See `Showing`."""
        return _bias(self.found, self.true, drawn)


@dataclass(frozen=True, slots=True, eq=False)
class PixelShowing:
    """Classes of pixels: Dice.

    Parameters
    ----------
    shared, found, true : (P, C) ndarray of int64
        Pixels of each class that agree, were found and are there.
    looks : tuple of Objects
        As for `BoxShowing`; may be empty.
    """

    shared: NDArray[np.int64]
    found: NDArray[np.int64]
    true: NDArray[np.int64]
    looks: tuple[Objects, ...] = ()

    @property
    def metric(self) -> str:
        """See `Showing`."""
        return "dice"

    def scores(self, drawn: Weights) -> NDArray[np.float64]:
        """See `Showing`."""
        shared, found, true = (drawn @ part for part in (self.shared, self.found, self.true))
        return _share(2 * shared, true + found, true > 0)

    def count_bias(self, drawn: Weights) -> NDArray[np.float64]:
        """Of pixels: areas are what such a model counts."""
        return _bias(self.found, self.true, drawn)


def _bias(found: NDArray[np.int64], true: NDArray[np.int64], drawn: Weights) -> NDArray[np.float64]:
    counted, there = drawn @ found, drawn @ true
    return _share(counted - there, there, there > 0)


def _share(part: NDArray[np.int64], whole: NDArray[np.int64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Divide; NaN where that means nothing."""
    shares: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(whole), np.nan), where=where)
    return shares


def shown_on(
    folder: Path, card: ModelCard, pictures: Sequence[LessonPicture], classes: tuple[str, ...], device: str = "auto"
) -> Showing:
    """Look at held-out pictures with a model, as a person would.

    Parameters
    ----------
    folder, card : Path, ModelCard
        The model; its classes are the first of `classes`.
    pictures : sequence of LessonPicture
        With what is true. Objects found on what nobody looked at are left out.
    classes : tuple of str
        All that are judged.
    device : str
        See `AnalyzePicture`.

    Raises
    ------
    SlideNotReadable
        If a picture cannot be analysed.
    """
    refs = [slide_ref(picture.path) for picture in pictures]
    found_on = [run_inline(AnalyzePicture(ref, folder, device)).objects for ref in refs]
    looks = [_shown(card, picture, objects) for picture, objects in zip(pictures, found_on, strict=True)]
    count = len(classes)
    if card.task == "semantic":
        return _pixels(pictures, looks, count)
    older = len(card.classes)
    truths = [_truth(picture, older, count) for picture in pictures]
    true = _by_class([t.class_index[~t.ignore] for t in truths], count)
    found = _by_class([objects.class_index for objects in looks], count)
    if card.task == "detection":
        shown = match(_detections(looks), truths, count, 0.5, CELL_MAX_DETECTIONS)
        asked = [AnalyzePicture(ref, folder, device, floor=JUDGED_FLOOR, every_class=True) for ref in refs]
        every = [_known(p, run_inline(each).objects) for p, each in zip(pictures, asked, strict=True)]
        everything = match(_detections(every), truths, count, 0.5, CELL_MAX_DETECTIONS)
        return BoxShowing(everything, shown, tuple(looks), found, true)
    masks = [(_masks(objects), _true_masks(p, older, count)) for p, objects in zip(pictures, looks, strict=True)]
    shown = match(_detections(looks), truths, count, 0.5, CELL_MAX_DETECTIONS, masks)
    hit = shown.outcome[0] == TRUE_POSITIVE
    right = np.zeros_like(true)
    np.add.at(right, (shown.picture[hit], shown.class_index[hit]), 1)
    return OutlineShowing(shown, tuple(looks), right, found, true)


def _shown(card: ModelCard, picture: LessonPicture, objects: Objects) -> Objects:
    kept = objects if card.task == "semantic" else objects.at_least(card.confidence_thresholds())
    return _known(picture, kept)


def _known(picture: LessonPicture, objects: Objects) -> Objects:
    """Leave out what has its middle where nobody looked."""
    if picture.known is None or not len(objects):
        return objects
    h, w = picture.shape
    seen = picture.seen()
    y, x = objects.centres.astype(int).T
    return objects.take(seen[y.clip(0, h - 1), x.clip(0, w - 1)])


def _truth(picture: LessonPicture, older: int, count: int) -> PictureTruth:
    """Return what is true; objects of newer classes are judged neither way where an older class is answered."""
    extra = _doubled(picture, older, count)
    ignore = np.arange(len(picture) + len(extra)) >= len(picture)
    rows = np.concatenate([np.arange(len(picture)), extra[:, 0]])
    return PictureTruth(picture.boxes[rows], np.concatenate([picture.kinds, extra[:, 1]]), ignore)


def _true_masks(picture: LessonPicture, older: int, count: int) -> Masks:
    masks = Masks.empty() if picture.masks is None else picture.masks
    extra = _doubled(picture, older, count)
    return masks.take(np.concatenate([np.arange(len(picture)), extra[:, 0]]).astype(np.int64))


def _doubled(picture: LessonPicture, older: int, count: int) -> NDArray[np.int64]:
    """(E, 2) row and older class of each object of a newer class: a model without that class says what it can."""
    if older == count:
        return np.empty((0, 2), np.int64)
    rows = np.flatnonzero(picture.kinds >= older)
    return np.stack([np.repeat(rows, older), np.tile(np.arange(older), len(rows))], 1).astype(np.int64)


def _detections(looks: Sequence[Objects]) -> list[PictureDetections]:
    return [PictureDetections(objects.boxes, objects.class_index, objects.scores) for objects in looks]


def _masks(objects: Objects) -> Masks:
    return Masks.empty(len(objects)) if objects.masks is None else objects.masks


def _by_class(columns: Sequence[NDArray[np.integer]], count: int) -> NDArray[np.int64]:
    return np.array([np.bincount(column, minlength=count) for column in columns], np.int64).reshape(-1, count)


def _pixels(pictures: Sequence[LessonPicture], looks: Sequence[Objects], count: int) -> PixelShowing:
    tables = []
    for picture, objects in zip(pictures, looks, strict=True):
        labels = picture.labels(by_class=True)
        inside = _masks(objects).clipped(Box(0, 0, *picture.shape))
        found = labels_from_masks(inside, picture.shape, values=objects.class_index.astype(np.int64) + 1)
        tables.append(pixel_confusion(labels, found.astype(np.int32), count + 1))
    confusion = np.array(tables, np.int64).reshape(-1, count + 1, count + 1)
    shared = np.diagonal(confusion, axis1=1, axis2=2)[:, 1:]
    return PixelShowing(shared, confusion.sum(1)[:, 1:], confusion.sum(2)[:, 1:], tuple(looks))
