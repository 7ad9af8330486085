"""What the decoders of outlined objects share: putting tiles together so that no pixel has two objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.inference.candidates import Boxes
from cellwright.inference.seams import merge
from cellwright.inference.tiles import Tile


def join_outlined(answers: Iterable[tuple[Tile, Boxes]], unanswered: Sequence[Tile] = ()) -> Boxes:
    """Join outlined objects as `merge` does; a pixel of two stays with the surer, what nothing is left of is left out.

    Boxes are those of the pixels that remain.
    """
    from cellwright.shapes import without_overlaps

    found = merge(answers, unanswered)
    masks = found.masks or Masks.empty(len(found))
    return Boxes.outlined(without_overlaps(masks, found.scores), found.class_index, found.scores)


def outlined_from_labels(
    labels: NDArray[np.int32], origin: tuple[int, int], probability: NDArray[np.float32], min_area: float
) -> Boxes:
    """Return labelled objects of one class, each with its mean probability as score.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
        0 is the ground.
    origin : (int, int)
        y, x of the first pixel, in level-0 pixels.
    probability : (H, W) ndarray of float32
        That a pixel belongs to an object.
    min_area : float
        Objects of fewer pixels are left out.
    """
    from cellwright.shapes import masks_from_labels

    masks, _ = masks_from_labels(labels, origin)
    areas = masks.areas()
    kept = areas >= min_area
    masks, areas = masks.take(kept), areas[kept]
    scores = (span_sums(masks, origin, probability) / np.maximum(areas, 1)).astype(np.float32)
    return Boxes.outlined(masks, np.zeros(len(masks), np.int16), scores)


def span_sums(masks: Masks, origin: tuple[int, int], probability: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the sum of a (H, W) map over the pixels of each object, (N,) float64.

    Probabilities are counted in steps of 2^-16, so that sums are exact whatever the order of the pixels.
    """
    steps = np.zeros((probability.shape[0], probability.shape[1] + 1), np.int64)
    np.cumsum(np.rint(probability * np.float32(65536)).astype(np.int32), axis=1, out=steps[:, 1:])
    y, x0, x1 = (masks.spans - np.array([origin[0], origin[1], origin[1]], np.int32)).T
    before = np.zeros(len(y) + 1, np.int64)
    np.cumsum(steps[y, x1] - steps[y, x0], out=before[1:])
    sums: NDArray[np.float64] = (before[masks.starts[1:]] - before[masks.starts[:-1]]) / 65536.0
    return sums
