"""Count errors: how far the number of cells on each picture is from the number a person drew."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter
from cellwright.evaluate.inputs import Floats, Ints, PictureDetections, PictureTruth, check_pictures
from cellwright.evaluate.matching import FALSE_POSITIVE, TRUE_POSITIVE, Matches
from cellwright.evaluate.ratios import plain

EDGE_MARGIN = 0.01
"""Share of a picture's long side within which a box that ends there is cut by the edge."""


@dataclass(frozen=True, slots=True)
class CountErrors:
    """How well one class is counted, over many pictures.

    Parameters
    ----------
    pictures : int
        How many pictures.
    true_total, found_total : int
        Objects on all of them.
    relative_error : float
        Mean over the pictures that have such objects of |found - true| / true; NaN without such a picture.
    pictures_with_objects : int
        Over how many pictures that mean was taken.
    mean_absolute_error : float
        Mean of |found - true| over all pictures.
    root_mean_square_error : float
        Root of the mean of (found - true)² over all pictures.
    bias : float
        Mean of found - true over all pictures; above 0 where too many are found.
    limits_of_agreement : (float, float)
        bias ± 1.96 standard deviations of found - true (Bland and Altman).
    exact : float
        Share of the pictures where the two numbers are equal.
    """

    pictures: int
    true_total: int
    found_total: int
    relative_error: float
    pictures_with_objects: int
    mean_absolute_error: float
    root_mean_square_error: float
    bias: float
    limits_of_agreement: tuple[float, float]
    exact: float

    @property
    def total_relative_error(self) -> float:
        """(found - true) / true over all pictures together, where errors up and down cancel; NaN without objects."""
        return (self.found_total - self.true_total) / self.true_total if self.true_total else math.nan

    def to_dict(self) -> dict[str, object]:
        """Return the errors as values that JSON knows; None stands for NaN."""
        values: dict[str, object] = {**asdict(self), "total_relative_error": self.total_relative_error}
        values["limits_of_agreement"] = [plain(v) for v in self.limits_of_agreement]
        return {key: plain(v) if isinstance(v, float) else v for key, v in values.items()}


def picture_counts(
    detections: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    n_classes: int,
    thresholds: ArrayLike,
) -> tuple[Ints, Ints]:
    """Count what was found and what is true on each picture.

    Parameters
    ----------
    detections, truths : sequences of equal length
        One entry a picture.
    n_classes : int
        How many classes there are.
    thresholds : float or (C,) array_like of float
        Smallest score that counts.

    Returns
    -------
    found, true : (P, C) ndarray of int64
        Objects to be ignored are not among the true ones.

    Raises
    ------
    BadParameter
        If the lengths differ or a class has no name.
    """
    check_pictures(detections, truths, n_classes)
    smallest = np.broadcast_to(np.asarray(thresholds, np.float64), (n_classes,))
    found = [_bincount(d.class_index[d.scores >= smallest[d.class_index]], n_classes) for d in detections]
    true = [_bincount(t.class_index[~t.ignore], n_classes) for t in truths]
    return np.array(found, np.int64).reshape(-1, n_classes), np.array(true, np.int64).reshape(-1, n_classes)


def whole_counts(
    matches: Matches,
    detections: Sequence[PictureDetections],
    truths: Sequence[PictureTruth],
    shapes: Sequence[tuple[int, int]],
    thresholds: ArrayLike,
    margin: float = EDGE_MARGIN,
) -> tuple[Ints, Ints]:
    """Count what was found and what is true on each picture, cells that the picture's edge cuts left out.

    People who count cells leave out those that the edge of the field cuts, and no two people box the same slivers.
    A found object that is right counts as whole where the true one is; one that is wrong, by its own box.

    Parameters
    ----------
    matches : Matches
        Of `detections` and `truths`, at an overlap of 0.5 among others.
    detections, truths : sequences of equal length
        One entry a picture.
    shapes : sequence of (int, int)
        Rows and columns of each picture.
    thresholds : (C,) array_like of float
        Smallest score that counts.
    margin : float
        A box is cut that comes nearer to an edge than this share of the picture's long side.

    Returns
    -------
    found, true : (P, C) ndarray of int64

    Raises
    ------
    BadParameter
        If the lengths differ.
    """
    if not len(detections) == len(truths) == len(shapes) == matches.n_pictures:
        raise BadParameter(f"{len(shapes)} shapes and {len(truths)} truths for {matches.n_pictures} pictures.")
    found = np.zeros((len(truths), matches.n_classes), np.int64)
    true = np.zeros_like(found)
    smallest = np.broadcast_to(np.asarray(thresholds, np.float64), (matches.n_classes,))
    outcome, partner = (rows[matches.threshold_row(0.5)] for rows in (matches.outcome, matches.truth_row))
    kept = matches.scores >= smallest[matches.class_index]
    for i, (shown, truth, shape) in enumerate(zip(detections, truths, shapes, strict=True)):
        whole = _is_whole(truth.boxes, shape, margin)
        true[i] = _bincount(truth.class_index[whole & ~truth.ignore], matches.n_classes)
        own = np.flatnonzero(kept & (matches.picture == i))
        right, wrong = own[outcome[own] == TRUE_POSITIVE], own[outcome[own] == FALSE_POSITIVE]
        right = right[whole[partner[right]]]
        wrong = wrong[_is_whole(shown.boxes, shape, margin)[matches.row[wrong]]]
        found[i] = _bincount(matches.class_index[np.append(right, wrong)], matches.n_classes)
    return found, true


def count_errors(found: ArrayLike, true: ArrayLike) -> CountErrors:
    """Summarise how far the counts of one class are off.

    Parameters
    ----------
    found, true : (P,) array_like of int
        Counts on the same pictures, in the same order; at least one picture.

    Raises
    ------
    BadParameter
        If the lengths differ or there is no picture.
    """
    f, t = np.asarray(found, np.int64), np.asarray(true, np.int64)
    if f.shape != t.shape or f.ndim != 1 or not len(f):
        raise BadParameter(f"Counts of shapes {f.shape} and {t.shape}; give one number a picture for both.")
    off = (f - t).astype(np.float64)
    relative = relative_errors(f, t)
    known = relative[~np.isnan(relative)]
    spread = 1.96 * float(off.std(ddof=1)) if len(off) > 1 else math.nan
    bias = float(off.mean())
    return CountErrors(
        len(f),
        int(t.sum()),
        int(f.sum()),
        float(known.mean()) if len(known) else math.nan,
        len(known),
        float(np.abs(off).mean()),
        float(np.sqrt(np.mean(off**2))),
        bias,
        (bias - spread, bias + spread),
        float(np.mean(off == 0)),
    )


def relative_errors(found: ArrayLike, true: ArrayLike) -> Floats:
    """Return |found - true| / true for each picture; NaN where nothing is true."""
    f, t = np.asarray(found, np.float64), np.asarray(true, np.float64)
    result: Floats = np.divide(np.abs(f - t), t, out=np.full(f.shape, np.nan), where=t > 0)
    return result


def _is_whole(boxes: ArrayLike, shape: tuple[int, int], margin: float) -> NDArray[np.bool_]:
    """Whether boxes keep away from the edges."""
    y0, x0, y1, x1 = np.asarray(boxes, np.float64).reshape(-1, 4).T
    near = margin * max(shape)
    whole: NDArray[np.bool_] = (y0 > near) & (x0 > near) & (y1 < shape[0] - near) & (x1 < shape[1] - near)
    return whole


def _bincount(values: Ints, n: int) -> Ints:
    return np.bincount(values, minlength=n).astype(np.int64)
