"""The compiled loop of the COCO matching. Imported where it is used, since importing numba takes a while."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FALSE_POSITIVE, TRUE_POSITIVE, IGNORED = 0, 1, 2


@njit(cache=True, nogil=True)
def match_groups(
    found: NDArray[np.float64],
    found_ends: NDArray[np.int64],
    truth: NDArray[np.float64],
    truth_ends: NDArray[np.int64],
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    thresholds: NDArray[np.float64],
    outcome: NDArray[np.int8],
    partner: NDArray[np.int64],
) -> None:
    """Match the detections of each group to its true objects, at every threshold in one pass.

    A group is one class on one picture. Detections come surest first and true objects with the ignored ones last, as
    the COCO rules ask. A detection takes the free object it overlaps most, the later one where two overlap alike, and
    an ignored one only where no other will do.

    Parameters
    ----------
    found, truth : (D, 4) and (G, 4) ndarray of float64
        y0, x0, y1, x1, group after group.
    found_ends, truth_ends : (K + 1,) ndarray of int64
        Group ``k`` is ``ends[k] … ends[k + 1]``.
    ignored, crowd : (G,) ndarray of bool
        See `PictureTruth`.
    thresholds : (T,) ndarray of float64
        Smallest overlap that counts.
    outcome : (T, D) ndarray of int8
        Written: `FALSE_POSITIVE`, `TRUE_POSITIVE` or `IGNORED`.
    partner : (T, D) ndarray of int64
        Written: row of `truth`, or -1.
    """
    widest = 0
    for k in range(len(truth_ends) - 1):
        widest = max(widest, truth_ends[k + 1] - truth_ends[k])
    taken = np.zeros((len(thresholds), widest), np.bool_)
    near = np.empty(widest, np.int64)
    overlap = np.empty(widest, np.float64)
    lowest = thresholds.min()
    for k in range(len(found_ends) - 1):
        first, last = truth_ends[k], truth_ends[k + 1]
        if first == last:
            continue  # the caller filled in "false positive"
        taken[:, : last - first] = False
        for d in range(found_ends[k], found_ends[k + 1]):
            n = _find_near(found[d], truth, crowd, first, last, lowest, near, overlap)
            for t in range(len(thresholds)):
                chosen = _choose(thresholds[t], near[:n], overlap[:n], taken[t], first, ignored, crowd)
                if chosen >= 0:
                    taken[t, chosen - first] = True
                    outcome[t, d] = IGNORED if ignored[chosen] else TRUE_POSITIVE
                    partner[t, d] = chosen


@njit(cache=True, nogil=True)
def match_listed(
    found_ends: NDArray[np.int64],
    truth_ends: NDArray[np.int64],
    listed_ends: NDArray[np.int64],
    listed: NDArray[np.int64],
    overlaps: NDArray[np.float64],
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
    thresholds: NDArray[np.float64],
    outcome: NDArray[np.int8],
    partner: NDArray[np.int64],
) -> None:
    """Match as `match_groups` does, with overlaps that are known already, such as those of masks.

    Parameters
    ----------
    listed_ends : (D + 1,) ndarray of int64
        Detection ``d`` overlaps the true objects ``listed[ends[d] : ends[d + 1]]``.
    listed : (L,) ndarray of int64
        Rows of the true objects, rising within a detection and all of its group.
    overlaps : (L,) ndarray of float64
        How much.
    found_ends, truth_ends, ignored, crowd, thresholds, outcome, partner
        As in `match_groups`.
    """
    widest = 0
    for k in range(len(truth_ends) - 1):
        widest = max(widest, truth_ends[k + 1] - truth_ends[k])
    taken = np.zeros((len(thresholds), widest), np.bool_)
    for k in range(len(found_ends) - 1):
        first, last = truth_ends[k], truth_ends[k + 1]
        taken[:, : last - first] = False
        for d in range(found_ends[k], found_ends[k + 1]):
            near = listed[listed_ends[d] : listed_ends[d + 1]]
            overlap = overlaps[listed_ends[d] : listed_ends[d + 1]]
            for t in range(len(thresholds)):
                chosen = _choose(thresholds[t], near, overlap, taken[t], first, ignored, crowd)
                if chosen >= 0:
                    taken[t, chosen - first] = True
                    outcome[t, d] = IGNORED if ignored[chosen] else TRUE_POSITIVE
                    partner[t, d] = chosen


@njit(cache=True, nogil=True)
def _find_near(
    box: NDArray[np.float64],
    truth: NDArray[np.float64],
    crowd: NDArray[np.bool_],
    first: int,
    last: int,
    lowest: float,
    near: NDArray[np.int64],
    overlap: NDArray[np.float64],
) -> int:
    """Write which true objects a box overlaps enough, and how much, in their order; return how many."""
    y0, x0, y1, x1 = box[0], box[1], box[2], box[3]
    area = (y1 - y0) * (x1 - x0)
    n = 0
    for g in range(first, last):
        h = min(y1, truth[g, 2]) - max(y0, truth[g, 0])
        w = min(x1, truth[g, 3]) - max(x0, truth[g, 1])
        if h <= 0 or w <= 0:
            continue
        whole = area
        if not crowd[g]:
            whole += (truth[g, 2] - truth[g, 0]) * (truth[g, 3] - truth[g, 1]) - h * w
        iou = h * w / whole
        if iou >= lowest:
            near[n] = g
            overlap[n] = iou
            n += 1
    return n


@njit(cache=True, nogil=True)
def _choose(
    threshold: float,
    near: NDArray[np.int64],
    overlap: NDArray[np.float64],
    taken: NDArray[np.bool_],
    first: int,
    ignored: NDArray[np.bool_],
    crowd: NDArray[np.bool_],
) -> int:
    """Return the true object that a detection takes, or -1."""
    best = threshold
    chosen = -1
    for c in range(len(near)):
        g = near[c]
        if taken[g - first] and not crowd[g]:
            continue
        if chosen >= 0 and not ignored[chosen] and ignored[g]:
            break  # the ignored ones come last, and an object to be found is preferred to any of them
        if overlap[c] >= best:
            best = overlap[c]
            chosen = g
    return chosen
