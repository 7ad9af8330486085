"""`InstanceScores`: how well objects are outlined, over many pictures and overlaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter
from cellwright.evaluate.assignment import matched_pairs
from cellwright.evaluate.inputs import Bools, Floats, Ints
from cellwright.evaluate.object_overlap import ObjectOverlaps, Pixels, object_overlaps
from cellwright.evaluate.ratios import mean, plain, share

INSTANCE_THRESHOLDS: tuple[float, ...] = tuple(i / 100 for i in range(50, 100, 5))
"""0.50, 0.55 … 0.95."""

AREA_EDGES: tuple[int, ...] = (0, 30, 60, 120, 300, 1000)
"""Pixels from which a true object belongs to the next group of sizes; the last group has no end."""


@dataclass(frozen=True, slots=True, eq=False)
class InstanceScores:
    """Counts of many pictures, and every score that follows from them.

    What is pooled is computed from the sums over all pictures; what is a mean over pictures leaves out those where
    neither side has an object, since there is nothing to score.

    Parameters
    ----------
    thresholds : (T,) ndarray of float64
        Smallest overlaps (intersection over union) that make a match.
    matched : (P, T) ndarray of int64
        Matched pairs on each picture (true positives).
    matched_iou : (P, T) ndarray of float64
        Sum of their overlaps.
    true, found : (P,) ndarray of int64
        Objects on each picture.
    aji_shared, aji_union : (P,) ndarray of int64
        Numerator and denominator of the aggregated Jaccard index, in pixels.
    true_by_area, matched_by_area : (P, A) ndarray of int64
        True objects in each group of `AREA_EDGES`, and those of them that are matched at the first threshold.
    """

    thresholds: Floats
    matched: Ints
    matched_iou: Floats
    true: Ints
    found: Ints
    aji_shared: Ints
    aji_union: Ints
    true_by_area: Ints
    matched_by_area: Ints

    def __len__(self) -> int:
        return len(self.true)

    def take(self, pictures: Bools | Ints) -> InstanceScores:
        """Return the scores of the pictures that a mask or an index array picks."""
        return InstanceScores(
            self.thresholds,
            self.matched[pictures],
            self.matched_iou[pictures],
            self.true[pictures],
            self.found[pictures],
            self.aji_shared[pictures],
            self.aji_union[pictures],
            self.true_by_area[pictures],
            self.matched_by_area[pictures],
        )

    def threshold_row(self, iou: float) -> int:
        """Return which column belongs to an overlap.

        Raises
        ------
        BadParameter
            If it was not among the thresholds.
        """
        near = np.flatnonzero(np.abs(self.thresholds - iou) < 1e-9)
        if not len(near):
            raise BadParameter(f"Overlap {iou} was not matched; there is: {self.thresholds.round(4).tolist()}.")
        return int(near[0])

    @property
    def invented(self) -> Ints:
        """(P, T) int64: found objects that match no true one (false positives)."""
        wrong: Ints = self.found[:, None] - self.matched
        return wrong

    @property
    def missed(self) -> Ints:
        """(P, T) int64: true objects that no found one matches (false negatives)."""
        missed: Ints = self.true[:, None] - self.matched
        return missed

    @property
    def ap(self) -> Floats:
        """(T,) float64, pooled: TP / (TP + FP + FN), StarDist's average precision; NaN where nothing is."""
        return share(self._tp, self._true + self._found - self._tp)

    @property
    def precision(self) -> Floats:
        """(T,) float64, pooled: matched of the found; NaN where nothing was found."""
        return share(self._tp, self._found)

    @property
    def recall(self) -> Floats:
        """(T,) float64, pooled: matched of the true; NaN where there are none."""
        return share(self._tp, self._true)

    @property
    def f1(self) -> Floats:
        """(T,) float64, pooled: harmonic mean of the two; NaN where nothing is."""
        return share(2 * self._tp, self._true + self._found)

    @property
    def mean_true_score(self) -> Floats:
        """(T,) float64, pooled: sum of the matched overlaps over the number of true objects."""
        return share(self._iou, self._true)

    @property
    def mean_matched_score(self) -> Floats:
        """(T,) float64, pooled: mean of the matched overlaps; the segmentation quality."""
        return share(self._iou, self._tp)

    @property
    def panoptic_quality(self) -> Floats:
        """(T,) float64, pooled: Kirillov et al., CVPR 2019, eq. 1, with this overlap for a match; theirs is 0.5."""
        return share(2 * self._iou, self._true + self._found)

    @property
    def picture_ap(self) -> Floats:
        """(P, T) float64: TP / (TP + FP + FN) of each picture; NaN where nothing is."""
        return share(self.matched, (self.true + self.found)[:, None] - self.matched)

    @property
    def picture_f1(self) -> Floats:
        """(P, T) float64: F1 of each picture; NaN where nothing is."""
        return share(2 * self.matched, (self.true + self.found)[:, None])

    @property
    def picture_pq(self) -> Floats:
        """(P, T) float64: panoptic quality of each picture; NaN where nothing is."""
        return share(2 * self.matched_iou, (self.true + self.found)[:, None])

    @property
    def picture_aji(self) -> Floats:
        """(P,) float64: aggregated Jaccard index of each picture; NaN where nothing is."""
        return share(self.aji_shared, self.aji_union)

    @property
    def mean_ap(self) -> Floats:
        """(T,) float64: mean of `picture_ap`, as most papers on nuclei report it."""
        return mean(self.picture_ap)

    @property
    def mean_f1(self) -> Floats:
        """(T,) float64: mean of `picture_f1`."""
        return mean(self.picture_f1)

    @property
    def mean_pq(self) -> Floats:
        """(T,) float64: mean of `picture_pq`."""
        return mean(self.picture_pq)

    @property
    def aji(self) -> float:
        """Aggregated Jaccard index, pooled (Kumar et al., IEEE TMI 36:1550, 2017, algorithm 1)."""
        return float(share(self.aji_shared.sum(), self.aji_union.sum()))

    @property
    def mean_aji(self) -> float:
        """Mean of `picture_aji`."""
        return float(mean(self.picture_aji))

    @property
    def count_error(self) -> float:
        """Mean over pictures with a true object of ``|found - true| / true``; NaN where there is none."""
        some = self.true > 0
        return float(mean(np.abs(self.found - self.true)[some] / self.true[some]))

    def over(self, values: Floats, low: float = 0.5, high: float = 0.9) -> float:
        """Return the mean of (T,) `values` over the overlaps from `low` to `high`, both included."""
        chosen = (self.thresholds >= low - 1e-9) & (self.thresholds <= high + 1e-9)
        return float(mean(values[chosen]))

    @property
    def recall_by_area(self) -> Floats:
        """(A,) float64, pooled: matched of the true objects of each group of sizes; NaN where there are none."""
        return share(self.matched_by_area.sum(axis=0), self.true_by_area.sum(axis=0))

    @property
    def ap_from_area(self) -> Floats:
        """(A,) float64, pooled, first threshold: `ap` where objects below each group of sizes need not be found.

        What was found wrongly counts whatever its size; small objects that were found count as right.
        """
        missed = (self.true_by_area - self.matched_by_area).sum(axis=0)[::-1].cumsum()[::-1]
        return share(self._tp[0], self._found + missed)

    @property
    def _tp(self) -> Ints:
        total: Ints = self.matched.sum(axis=0)
        return total

    @property
    def _iou(self) -> Floats:
        total: Floats = self.matched_iou.sum(axis=0)
        return total

    @property
    def _true(self) -> np.int64:
        return np.int64(self.true.sum())

    @property
    def _found(self) -> np.int64:
        return np.int64(self.found.sum())

    def to_dict(self) -> dict[str, object]:
        """Return the scores as values that JSON knows."""
        by_threshold = {
            "ap": self.ap,
            "mean_ap": self.mean_ap,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "mean_true_score": self.mean_true_score,
            "mean_matched_score": self.mean_matched_score,
            "panoptic_quality": self.panoptic_quality,
            "mean_panoptic_quality": self.mean_pq,
        }
        return {
            "pictures": len(self),
            "true": int(self._true),
            "found": int(self._found),
            "iou_thresholds": self.thresholds.round(6).tolist(),
            **{name: [plain(v) for v in values.tolist()] for name, values in by_threshold.items()},
            "ap_50_90": plain(self.over(self.ap)),
            "mean_ap_50_90": plain(self.over(self.mean_ap)),
            "aji": plain(self.aji),
            "mean_aji": plain(self.mean_aji),
            "count_error": plain(self.count_error),
            "by_area": [
                {"from_px": low, "true": int(true), "recall": plain(recall), "ap_from_here": plain(ap)}
                for low, true, recall, ap in zip(
                    AREA_EDGES, self.true_by_area.sum(axis=0), self.recall_by_area, self.ap_from_area, strict=True
                )
            ],
        }


def instance_scores(
    pictures: Iterable[tuple[Pixels, Pixels] | ObjectOverlaps], thresholds: ArrayLike = INSTANCE_THRESHOLDS
) -> InstanceScores:
    """Score the objects of many pictures.

    Parameters
    ----------
    pictures : iterable of (truth, found) or ObjectOverlaps
        One entry a picture, see `object_overlaps`; taken one by one, so that a generator keeps one in memory.
    thresholds : (T,) array_like of float
        Smallest overlaps that make a match, in (0, 1].

    Raises
    ------
    BadParameter
        If a threshold is impossible, or two label images differ in size.
    """
    asked = np.atleast_1d(np.asarray(thresholds, np.float64))
    if not len(asked) or not ((asked > 0) & (asked <= 1)).all():
        raise BadParameter(f"Overlaps {asked.tolist()} must lie above 0 and at most at 1.")
    rows = [_score(p if isinstance(p, ObjectOverlaps) else object_overlaps(*p), asked) for p in pictures]
    shape = (len(rows), len(asked))
    true, found, shared, union = np.array([row.single for row in rows], np.int64).reshape(-1, 4).T
    return InstanceScores(
        asked,
        np.array([row.matched for row in rows], np.int64).reshape(shape),
        np.array([row.matched_iou for row in rows], np.float64).reshape(shape),
        true,
        found,
        shared,
        union,
        np.array([row.true_by_area for row in rows], np.int64).reshape(-1, len(AREA_EDGES)),
        np.array([row.matched_by_area for row in rows], np.int64).reshape(-1, len(AREA_EDGES)),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    matched: list[int]
    matched_iou: list[float]
    single: tuple[int, int, int, int]
    true_by_area: Ints
    matched_by_area: Ints


def _score(overlaps: ObjectOverlaps, thresholds: Floats) -> _Row:
    ious = overlaps.ious
    pairs = [matched_pairs(overlaps, float(t)) for t in thresholds]
    chosen = [ious[matched] for matched in pairs]
    shared, union = _aggregated(overlaps)
    counts = len(overlaps.true_areas), len(overlaps.found_areas)
    group = np.searchsorted(AREA_EDGES, overlaps.true_areas, side="right") - 1
    by_area = [np.bincount(groups, minlength=len(AREA_EDGES)) for groups in (group, group[overlaps.pairs[pairs[0], 0]])]
    return _Row([len(c) for c in chosen], [float(c.sum()) for c in chosen], (*counts, shared, union), *by_area)


def _aggregated(overlaps: ObjectOverlaps) -> tuple[int, int]:
    """Return what the aggregated Jaccard index divides: each true object with the found one it overlaps most.

    A found object may serve several true ones; those that serve none add their pixels to the denominator. Of equal
    overlaps the first object is taken.
    """
    true_rows, found_rows = overlaps.pairs.T
    order = np.lexsort((found_rows, -overlaps.ious, true_rows))
    _, first = np.unique(true_rows[order], return_index=True)
    best = order[first]
    alone = np.ones(len(overlaps.true_areas), bool)
    alone[true_rows[best]] = False
    unused = np.ones(len(overlaps.found_areas), bool)
    unused[found_rows[best]] = False
    union = overlaps.unions[best].sum() + overlaps.true_areas[alone].sum() + overlaps.found_areas[unused].sum()
    return int(overlaps.shared[best].sum()), int(union)
