"""Which found object is which true one: one to one, as many pairs above a threshold as there can be."""

from __future__ import annotations

import numpy as np

from cellwright.evaluate.inputs import Bools, Floats, Ints
from cellwright.evaluate.object_overlap import ObjectOverlaps


def matched_pairs(overlaps: ObjectOverlaps, iou: float) -> Bools:
    """Return which pairs are matched.

    The matching is the optimal one of StarDist (Weigert et al., WACV 2020): as many pairs with at least this overlap as
    possible, and of equally many the ones with the largest sum of overlaps, those below the threshold among them. Where
    no object is in two such pairs, that is all of them; only the others need an assignment to be solved.

    Parameters
    ----------
    overlaps : ObjectOverlaps
        Of one picture.
    iou : float
        Smallest overlap, in (0, 1].

    Returns
    -------
    (P,) ndarray of bool
        For each pair of `overlaps`, whether its objects are one and the same.
    """
    ious = overlaps.ious
    good: Bools = ious >= iou
    true_rows, found_rows = overlaps.pairs.T
    n, m = len(overlaps.true_areas), len(overlaps.found_areas)
    rivals = np.bincount(true_rows[good], minlength=n)[true_rows] > 1
    rivals |= np.bincount(found_rows[good], minlength=m)[found_rows] > 1
    rivals &= good
    if not rivals.any():
        return good
    part = _parts(overlaps)
    for number in np.unique(part[rivals]):
        rows = np.flatnonzero(part == number)
        good[rows] = _assigned(overlaps.pairs[rows], ious[rows], iou, min(n, m))
    return good


def _parts(overlaps: ObjectOverlaps) -> Ints:
    """Return for each pair the number of its part: objects that are not linked by pairs do not compete."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, m = len(overlaps.true_areas), len(overlaps.found_areas)
    true_rows, found_rows = overlaps.pairs.T
    linked = coo_array((np.ones(len(overlaps.pairs)), (true_rows, n + found_rows)), shape=(n + m, n + m))
    _, part = connected_components(linked, directed=False)
    numbers: Ints = np.asarray(part, np.int64)[true_rows]
    return numbers


def _assigned(pairs: Ints, ious: Floats, iou: float, fewer: int) -> Bools:
    """Solve one part; `fewer` is the number of objects on the side of the picture that has fewer."""
    from scipy.optimize import linear_sum_assignment

    t, i = np.unique(pairs[:, 0], return_inverse=True)
    f, j = np.unique(pairs[:, 1], return_inverse=True)
    overlap = np.zeros((len(t), len(f)))
    overlap[i, j] = ious
    # The sum of overlaps decides between equally many matches and stays below one match.
    rows, columns = linear_sum_assignment((overlap >= iou) + overlap / (2 * fewer), maximize=True)
    chosen = np.zeros(overlap.shape, bool)
    chosen[rows, columns] = overlap[rows, columns] >= iou
    matched: Bools = chosen[i, j]
    return matched
