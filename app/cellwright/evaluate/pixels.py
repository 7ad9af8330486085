"""`PixelScores`: how well the class of each pixel is told, over many pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.evaluate.inputs import Bools, Floats, Ints
from cellwright.evaluate.ratios import mean, plain, share

ClassMap = NDArray[np.integer]
"""(H, W): 0 is background, label c + 1 is class c, what is below 0 is judged neither way."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelScores:
    """Pixels of many pictures by true and found class, and every score that follows.

    What is pooled is computed from the sums over all pictures; what is a mean over pictures leaves out those where
    neither side has a pixel of the class.

    Parameters
    ----------
    classes : tuple of str
        Names, background not among them.
    confusion : (P, C + 1, C + 1) ndarray of int64
        Pixels of each picture by true label (rows) and found label (columns), background first.
    """

    classes: tuple[str, ...]
    confusion: Ints

    def __len__(self) -> int:
        return len(self.confusion)

    def take(self, pictures: Bools | Ints) -> PixelScores:
        """Return the scores of the pictures that a mask or an index array picks."""
        return PixelScores(self.classes, self.confusion[pictures])

    @property
    def accuracy(self) -> float:
        """Share of all pixels, background among them, that have the right label, pooled."""
        return float(share(np.trace(self.confusion.sum(axis=0)), self.confusion.sum()))

    @property
    def mean_accuracy(self) -> float:
        """Mean over pictures of the share of pixels that have the right label."""
        return float(mean(share(np.trace(self.confusion, axis1=1, axis2=2), self.confusion.sum(axis=(1, 2)))))

    @property
    def picture_iou(self) -> Floats:
        """(P, C) float64: intersection over union (Jaccard index) of each class on each picture; NaN where absent."""
        shared, true, found = self._parts(self.confusion)
        return share(shared, true + found - shared)

    @property
    def picture_dice(self) -> Floats:
        """(P, C) float64: 2 · shared / (true + found) of each class on each picture; NaN where absent."""
        shared, true, found = self._parts(self.confusion)
        return share(2 * shared, true + found)

    @property
    def iou(self) -> Floats:
        """(C,) float64: intersection over union of each class, pooled."""
        shared, true, found = self._parts(self.confusion.sum(axis=0, keepdims=True))
        return share(shared, true + found - shared).reshape(-1)

    @property
    def dice(self) -> Floats:
        """(C,) float64: Dice coefficient of each class, pooled."""
        shared, true, found = self._parts(self.confusion.sum(axis=0, keepdims=True))
        return share(2 * shared, true + found).reshape(-1)

    @property
    def mean_iou(self) -> Floats:
        """(C,) float64: mean of `picture_iou`."""
        return mean(self.picture_iou)

    @property
    def mean_dice(self) -> Floats:
        """(C,) float64: mean of `picture_dice`."""
        return mean(self.picture_dice)

    @staticmethod
    def _parts(confusion: Ints) -> tuple[Ints, Ints, Ints]:
        """Return (P, C) pixels that are shared, true and found, background left out."""
        shared = np.diagonal(confusion, axis1=1, axis2=2)
        return shared[:, 1:], confusion.sum(axis=2)[:, 1:], confusion.sum(axis=1)[:, 1:]

    def to_dict(self) -> dict[str, object]:
        """Return the scores as values that JSON knows."""
        columns = {"iou": self.iou, "dice": self.dice, "mean_iou": self.mean_iou, "mean_dice": self.mean_dice}
        return {
            "pictures": len(self),
            "accuracy": plain(self.accuracy),
            "mean_accuracy": plain(self.mean_accuracy),
            "per_class": {
                name: {score: plain(values[c]) for score, values in columns.items()}
                for c, name in enumerate(self.classes)
            },
        }


def pixel_scores(pictures: Iterable[tuple[ClassMap, ClassMap]], classes: Sequence[str]) -> PixelScores:
    """Score the class of every pixel of many pictures.

    Parameters
    ----------
    pictures : iterable of (truth, found)
        Two (H, W) ndarrays of int a picture: 0 is background, c + 1 is class c. Pixels below 0 in either are judged
        neither way.
    classes : sequence of str
        Names.

    Raises
    ------
    BadParameter
        If two maps differ in size, or a label has no class.
    """
    n = len(classes) + 1
    counted = [pixel_confusion(truth, found, n) for truth, found in pictures]
    return PixelScores(tuple(classes), np.array(counted, np.int64).reshape(-1, n, n))


def pixel_confusion(truth: ClassMap, found: ClassMap, n_labels: int) -> Ints:
    """Count the pixels of one picture by true and found label, background being label 0.

    Parameters
    ----------
    truth, found : (H, W) ndarray of int
        Labels below `n_labels`; below 0 is judged neither way.
    n_labels : int
        Classes and background.

    Returns
    -------
    (n_labels, n_labels) ndarray of int64
        Rows: true. Columns: found.

    Raises
    ------
    BadParameter
        If the maps differ in size, or a label is too high.
    """
    if truth.shape != found.shape:
        raise BadParameter(f"Class maps of {truth.shape} and {found.shape} cannot be compared; give the same size.")
    highest = max(int(truth.max(initial=0)), int(found.max(initial=0)))
    if highest >= n_labels:
        raise BadParameter(f"Label {highest} is no class of {n_labels - 1}; name all the classes.")
    t, f = truth.ravel(), found.ravel()
    judged = (t >= 0) & (f >= 0)
    if not judged.all():
        t, f = t[judged], f[judged]
    key = t.astype(np.int64) * n_labels + f
    counts: Ints = np.bincount(key, minlength=n_labels * n_labels).reshape(n_labels, n_labels).astype(np.int64)
    return counts
