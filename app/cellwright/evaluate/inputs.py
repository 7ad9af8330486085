"""What is judged and what it is judged against: boxes of one picture, found and true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False, init=False)
class PictureDetections:
    """What a model found on one picture.

    Parameters
    ----------
    boxes : (N, 4) array_like of float
        y0, x0, y1, x1 in pixels.
    class_index : (N,) array_like of int
        0 … number of classes - 1.
    scores : (N,) array_like of float
        Higher means surer; no NaN.

    Raises
    ------
    BadParameter
        If the lengths differ, a box is not finite, or a score is not a number.
    """

    boxes: Floats
    class_index: Ints
    scores: Floats

    def __init__(self, boxes: ArrayLike, class_index: ArrayLike, scores: ArrayLike) -> None:
        checked = _boxes(boxes)
        object.__setattr__(self, "boxes", checked)
        object.__setattr__(self, "class_index", _column(class_index, np.int64, checked, "classes"))
        object.__setattr__(self, "scores", _column(scores, np.float64, checked, "scores"))
        if np.isnan(self.scores).any():
            raise BadParameter("A score is not a number; the model that gave it is damaged.")

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True, eq=False, init=False)
class PictureTruth:
    """What people drew on one picture.

    Parameters
    ----------
    boxes : (M, 4) array_like of float
        y0, x0, y1, x1 in pixels.
    class_index : (M,) array_like of int
        0 … number of classes - 1.
    ignore : (M,) array_like of bool, optional
        Objects judged neither way: a detection on one is no mistake, and missing one is none (VOC's "difficult").
    crowd : (M,) array_like of bool, optional
        Objects that stand for many (COCO's "iscrowd"): ignored as above, any number of detections may lie on one, and
        the overlap is the part of the detection that lies inside. Every crowd is in `ignore` as well.

    Raises
    ------
    BadParameter
        If the lengths differ or a box is not finite.
    """

    boxes: Floats
    class_index: Ints
    ignore: Bools
    crowd: Bools

    def __init__(
        self,
        boxes: ArrayLike,
        class_index: ArrayLike,
        ignore: ArrayLike | None = None,
        crowd: ArrayLike | None = None,
    ) -> None:
        checked = _boxes(boxes)
        crowds = _column(np.zeros(len(checked)) if crowd is None else crowd, np.bool_, checked, "crowd flags")
        ignored = crowds if ignore is None else _column(ignore, np.bool_, checked, "ignore flags") | crowds
        object.__setattr__(self, "boxes", checked)
        object.__setattr__(self, "class_index", _column(class_index, np.int64, checked, "classes"))
        object.__setattr__(self, "ignore", ignored)
        object.__setattr__(self, "crowd", crowds)

    def __len__(self) -> int:
        return len(self.boxes)


def check_pictures(detections: Sequence[PictureDetections], truths: Sequence[PictureTruth], n_classes: int) -> None:
    """Make sure that there is one entry a picture on both sides and every class has a name.

    Raises
    ------
    BadParameter
        If not.
    """
    if len(detections) != len(truths):
        raise BadParameter(f"{len(detections)} pictures with detections and {len(truths)} with truth; give one each.")
    for picture, (found, truth) in enumerate(zip(detections, truths, strict=True)):
        for index in (found.class_index, truth.class_index):
            if len(index) and not 0 <= index.min() <= index.max() < n_classes:
                raise BadParameter(f"Picture {picture} has a class outside 0 … {n_classes - 1}; name all the classes.")


def _boxes(values: ArrayLike) -> Floats:
    boxes = np.asarray(values, np.float64)
    boxes = boxes.reshape(-1, 4) if boxes.size == 0 else boxes
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise BadParameter(f"Boxes of shape {boxes.shape} are none; give (N, 4): y0, x0, y1, x1.")
    if not np.isfinite(boxes).all():
        raise BadParameter("A box has a corner that is not a finite number.")
    return boxes


def _column(values: ArrayLike, dtype: type[Scalar], boxes: Floats, name: str) -> NDArray[Scalar]:
    column = np.asarray(values)
    if column.shape != (len(boxes),) and not column.size == len(boxes) == 0:
        raise BadParameter(f"{len(boxes)} boxes and {name} of shape {column.shape} do not fit together.")
    return column.reshape(-1).astype(dtype)
