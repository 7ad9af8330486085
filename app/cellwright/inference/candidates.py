"""From a network's raw answer to few, calibrated boxes: everything below the floor goes before suppression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks, ModelNotUsable
from cellwright.inference.suppression import NmsKind, nms

_EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1, where their logits are infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Found objects before they have ids, column by column.

    Parameters
    ----------
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1.
    class_index : (N,) ndarray of int16
        Position in the model's classes.
    scores : (N,) ndarray of float32
        Calibrated.
    masks : Masks, optional
        The pixels of each object; None where only boxes are known.
    """

    boxes: NDArray[np.float32]
    class_index: NDArray[np.int16]
    scores: NDArray[np.float32]
    masks: Masks | None = None

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Boxes:
        """Return the rows that a mask or index array picks."""
        masks = None if self.masks is None else self.masks.take(rows)
        return Boxes(self.boxes[rows], self.class_index[rows], self.scores[rows], masks)

    @property
    def nbytes(self) -> int:
        """Memory of the columns."""
        masks = 0 if self.masks is None else self.masks.starts.nbytes + self.masks.spans.nbytes
        return self.boxes.nbytes + self.class_index.nbytes + self.scores.nbytes + masks

    @staticmethod
    def outlined(masks: Masks, class_index: NDArray[np.int16], scores: NDArray[np.float32]) -> Boxes:
        """Return objects that are known by their pixels; those without any are left out."""
        full = masks.counts > 0
        masks = masks.take(full)
        return Boxes(masks.boxes(), class_index[full], scores[full], masks)

    @staticmethod
    def concatenate(parts: Sequence[Boxes]) -> Boxes:
        """Return the rows of all parts, one after the other; no rows where there is no part."""
        if not parts:
            return Boxes(np.empty((0, 4), np.float32), np.empty(0, np.int16), np.empty(0, np.float32))
        masks = [part.masks for part in parts if part.masks is not None]
        return Boxes(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.class_index for part in parts]),
            np.concatenate([part.scores for part in parts]),
            Masks.concatenate(masks) if masks else None,
        )


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


def calibrated_rows(
    probabilities: NDArray[np.float32], class_index: NDArray[np.int16], temperatures: tuple[float, ...]
) -> NDArray[np.float32]:
    """Return (N,) probabilities calibrated each by the temperature of its class; see `calibrated`."""
    columns = np.broadcast_to(probabilities[:, None], (len(probabilities), len(temperatures)))
    scores: NDArray[np.float32] = calibrated(columns, temperatures)[np.arange(len(probabilities)), class_index]
    return scores


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
    """Pick the boxes worth keeping from the answer to one picture: `above_floor`, then `suppressed`.

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
    return suppressed(above_floor(raw, cut), cut)


def above_floor(raw: NDArray[np.float32], cut: Cut) -> Boxes:
    """Return every box that reaches the floor, in the network's order; see `best_boxes`.

    Every place of the network's grid answers with at most one box, of its likeliest class, unless `cut` asks for every
    class.
    """
    refuse_not_finite(raw)
    probabilities = raw[:, 4:]
    # The floor holds for calibrated scores; moved back through the calibration it cuts raw ones, so that only the few
    # rows that pass are calibrated at all.
    rows = np.flatnonzero((probabilities >= raw_floors(cut)).any(axis=1))
    scores = calibrated(probabilities[rows], cut.temperatures)
    if cut.every_class:
        place, kinds = np.nonzero(scores >= cut.floor)
    else:
        place, kinds = np.arange(len(rows)), scores.argmax(axis=1)
        keep = scores[place, kinds] >= cut.floor
        place, kinds = place[keep], kinds[keep]
    boxes = np.ascontiguousarray(raw[rows[place], :4])
    return Boxes(boxes, kinds.astype(np.int16), scores[place, kinds])


def suppressed(found: Boxes, cut: Cut) -> Boxes:
    """Return one box an object, per class, by falling score; see `nms`."""
    left = nms(found.boxes, found.scores, found.class_index, cut.nms_iou, cut.nms_kind)
    return replace(found.take(left.rows), boxes=left.boxes)


def raw_floors(cut: Cut) -> NDArray[np.float32]:
    """(1, C): the raw probability below which no score of a class reaches the floor once it is calibrated."""
    floor = np.full((1, len(cut.temperatures)), cut.floor, np.float32)
    return calibrated(floor, tuple(1 / t for t in cut.temperatures)) * np.float32(1 - 1e-4)


def refuse_not_finite(answer: NDArray[np.float32]) -> None:
    """Raise `ModelNotUsable` if a network answered with infinity or what is no number."""
    if not np.isfinite(answer).all():
        raise ModelNotUsable(
            "The network answered with numbers that are not finite; verify the model, or try another device."
        )
