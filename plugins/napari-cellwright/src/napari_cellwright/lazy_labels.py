"""Labels of objects on pictures of any size: painted from the objects' runs where napari looks, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks
from cellwright.shapes import labels_from_masks

DENSE_PIXELS = 2**24
"""Up to so many pixels the labels are an ordinary array, which can be painted on."""

_STEP = 4
_SMALLEST_PX = 1024


class PaintedLabels:
    """Labels of one resolution: (Y, X) int32, row i of the objects being i + 1.

    Parameters
    ----------
    masks : Masks
        In level-0 pixels.
    shape : (int, int)
        Rows and columns of the picture at level 0.
    step : int
        Level-0 pixels per label; the one in the middle of them is taken.
    before : int
        Axes of one before rows and columns.
    """

    dtype = np.dtype(np.int32)

    def __init__(self, masks: Masks, shape: tuple[int, int], step: int = 1, before: int = 0) -> None:
        self._masks = masks if step == 1 else _sampled(masks, step)
        self._boxes = self._masks.boxes()
        self._rows, self._columns = max(1, shape[0] // step), max(1, shape[1] // step)
        self._before = before
        self.shape = (*(1,) * before, self._rows, self._columns)
        self.ndim = len(self.shape)
        self.size = int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> NDArray[np.int32]:
        asked = key if isinstance(key, tuple) else (key,)
        asked = (*asked, *(slice(None),) * (self.ndim - len(asked)))
        ranges, rests = [], []
        for each, size in zip(asked, self.shape, strict=True):
            chosen = range(size)[each] if isinstance(each, slice) else range(int(each), int(each) + 1)
            low, high = min(chosen, default=0), max(chosen, default=-1) + 1
            ranges.append((low, high))
            rests.append(slice(None, None, chosen.step) if isinstance(each, slice) else 0)
        (y0, y1), (x0, x1) = ranges[-2:]
        return self._painted(y0, x0, y1, x1)[(None,) * self._before][tuple(rests)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self[(slice(None),) * self.ndim]
        return whole if dtype is None else whole.astype(dtype)

    def _painted(self, y0: int, x0: int, y1: int, x1: int) -> NDArray[np.int32]:
        boxes = self._boxes
        rows = np.flatnonzero((boxes[:, 0] < y1) & (boxes[:, 2] > y0) & (boxes[:, 1] < x1) & (boxes[:, 3] > x0))
        shape = (max(0, y1 - y0), max(0, x1 - x0))
        return np.asarray(labels_from_masks(self._masks.take(rows), shape, (y0, x0), rows + 1), np.int32)


def labels_of(masks: Masks, shape: tuple[int, int], before: int = 0) -> Any:
    """Return labels of a picture: an array where it is small enough, else several resolutions that are painted lazily.

    Parameters
    ----------
    masks : Masks
        Row i becomes label i + 1; where two overlap, the earlier row is on top.
    shape : (int, int)
        Rows and columns of the picture.
    before : int
        Axes of one before rows and columns.
    """
    if shape[0] * shape[1] <= DENSE_PIXELS:
        return labels_from_masks(masks, shape).astype(np.int32, copy=False)[(None,) * before]
    made, step = [PaintedLabels(masks, shape, 1, before)], _STEP
    while max(shape) // step >= _SMALLEST_PX:
        made.append(PaintedLabels(masks, shape, step, before))
        step *= _STEP
    return made


def _sampled(masks: Masks, step: int) -> Masks:
    """Return the masks on a coarser grid, each of whose pixels is the middle one of step × step."""
    middle = step // 2
    y, x0, x1 = masks.spans.astype(np.int64).T
    kept = y % step == middle
    starts, ends = -((middle - x0[kept]) // step), -((middle - x1[kept]) // step)
    spans = np.stack([y[kept] // step, starts, ends], 1)
    return Masks.from_spans(masks.owners[kept], spans, len(masks))
