"""From a network's raw answer to few, calibrated boxes: everything below the floor goes before suppression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.core import ModelNotUsable
from cellwright.inference.suppression import NmsKind, nms

_EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1, where their logits are infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Found boxes, column by column.

    Parameters
    ----------
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1.
    class_index : (N,) ndarray of int16
        Position in the model's classes.
    scores : (N,) ndarray of float32
        Calibrated.
    """

    boxes: NDArray[np.float32]
    class_index: NDArray[np.int16]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Boxes:
        """Return the rows that a mask or index array picks."""
        return Boxes(self.boxes[rows], self.class_index[rows], self.scores[rows])


@dataclass(frozen=True, slots=True)
class Cut:
    """What is kept of a raw answer.

    Parameters
    ----------
    floor : float
        Calibrated score below which nothing is kept.
    temperatures : tuple of float
        One a class, see `calibrated`.
    nms_iou : float
        Threshold of suppression.
    nms_kind : {"greedy", "diou", "merge"}
        See `nms`.
    every_class : bool
        Whether each place of the network's grid may answer with a box of every class that reaches the floor, instead of
        its likeliest alone. Average precision is measured so, since a second guess costs nothing there; counts are not.
    """

    floor: float
    temperatures: tuple[float, ...]
    nms_iou: float
    nms_kind: NmsKind = "greedy"
    every_class: bool = False


def calibrated(probabilities: NDArray[np.float32], temperatures: tuple[float, ...]) -> NDArray[np.float32]:
    """Return σ(logit(p) / T) for (N, C) probabilities with one temperature a class (Guo et al., ICML 2017).

    A temperature above 1 draws confidences towards one half, below 1 away from it; their order within a class stays.
    """
    divisor = np.asarray(temperatures, np.float64)
    if (divisor == 1.0).all():
        return probabilities
    p = np.clip(probabilities.astype(np.float64), _EPSILON, 1 - _EPSILON)
    logits = (np.log(p) - np.log1p(-p)) / divisor
    return (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)


def best_boxes(raw: NDArray[np.float32], cut: Cut) -> Boxes:
    """Pick the boxes worth keeping from the answer to one picture.

    Every place of the network's grid answers with at most one box, of its likeliest class, unless `cut` asks for every
    class; then boxes are suppressed per class.

    Parameters
    ----------
    raw : (A, 4 + C) ndarray of float32
        y0, x0, y1, x1 in pixels of the network's input, and the probability of each class.
    cut : Cut
        What to keep.

    Returns
    -------
    Boxes
        By falling score, in pixels of the network's input.

    Raises
    ------
    ModelNotUsable
        If the answer holds numbers that are not finite: nothing can be said about such a tile.
    """
    if not np.isfinite(raw).all():
        raise ModelNotUsable(
            "The network answered with numbers that are not finite; verify the model, or try another device."
        )
    probabilities = raw[:, 4:]
    # The floor holds for calibrated scores; moved back through the calibration it cuts raw ones, so that only the few
    # rows that pass are calibrated at all.
    floors = calibrated(
        np.full((1, len(cut.temperatures)), cut.floor, np.float32), tuple(1 / t for t in cut.temperatures)
    )
    rows = np.flatnonzero((probabilities >= floors * (1 - 1e-4)).any(axis=1))
    scores = calibrated(probabilities[rows], cut.temperatures)
    if cut.every_class:
        place, kinds = np.nonzero(scores >= cut.floor)
    else:
        place, kinds = np.arange(len(rows)), scores.argmax(axis=1)
        keep = scores[place, kinds] >= cut.floor
        place, kinds = place[keep], kinds[keep]
    rows, best = rows[place], scores[place, kinds]
    left = nms(np.ascontiguousarray(raw[rows, :4]), best, kinds, cut.nms_iou, cut.nms_kind)
    return Boxes(left.boxes, kinds[left.rows].astype(np.int16), best[left.rows])
