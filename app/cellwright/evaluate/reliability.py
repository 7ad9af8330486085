"""Reliability: whether eight in ten of the detections scored 0.8 are right."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cellwright.core import BadParameter
from cellwright.evaluate.inputs import Floats, Ints
from cellwright.evaluate.ratios import plain

_SMALLEST = 1e-7
"""Probabilities are kept this far from 0 and 1, so that one sure mistake does not cost infinitely much."""


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Confidence against the share that is right, in bins of equal width.

    Parameters
    ----------
    edges : (B + 1,) ndarray of float64
        Ends of the bins from 0 to 1; a bin holds its upper end, the first one 0 too.
    counts : (B,) ndarray of int64
        Detections in each bin.
    confidence, accuracy : (B,) ndarray of float64
        Mean score, and share of the detections that are right; NaN in an empty bin.
    log_loss : float
        Mean negative log-likelihood; NaN without detections.
    brier : float
        Mean of (score - right)²; NaN without detections.
    """

    edges: Floats
    counts: Ints
    confidence: Floats
    accuracy: Floats
    log_loss: float
    brier: float

    @property
    def expected_calibration_error(self) -> float:
        """ECE: |accuracy - confidence|, averaged over the detections; NaN without any (Guo et al. 2017)."""
        n = int(self.counts.sum())
        used = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[used]
        return float(np.sum(self.counts[used] * gaps) / n) if n else math.nan

    @property
    def maximum_calibration_error(self) -> float:
        """The largest |accuracy - confidence| of any bin; NaN without detections."""
        used = self.counts > 0
        return float(np.abs(self.accuracy - self.confidence)[used].max()) if used.any() else math.nan

    def to_dict(self) -> dict[str, object]:
        """Return the table as values that JSON knows; None stands for NaN."""
        return {
            "ece": plain(self.expected_calibration_error),
            "mce": plain(self.maximum_calibration_error),
            "log_loss": plain(self.log_loss),
            "brier": plain(self.brier),
            "edges": self.edges.round(6).tolist(),
            "counts": self.counts.tolist(),
            "confidence": [plain(v) for v in self.confidence],
            "accuracy": [plain(v) for v in self.accuracy],
        }


def reliability(scores: ArrayLike, right: ArrayLike, bins: int = 10) -> Reliability:
    """Compare scores with how often they are right.

    Parameters
    ----------
    scores : (N,) array_like of float
        In [0, 1].
    right : (N,) array_like of bool
        Whether each detection is right.
    bins : int
        How many, of equal width.

    Raises
    ------
    BadParameter
        If the lengths differ, a score is no probability, or there is no bin.
    """
    p, y = checked(scores, right)
    if bins < 1:
        raise BadParameter(f"bins={bins} leaves no bin; give 1 or more.")
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = np.bincount(place, weights=p, minlength=bins)
    hits = np.bincount(place, weights=y, minlength=bins)
    empty = np.full(bins, np.nan)
    return Reliability(
        edges,
        counts.astype(np.int64),
        np.divide(sums, counts, out=empty.copy(), where=counts > 0),
        np.divide(hits, counts, out=empty.copy(), where=counts > 0),
        log_loss(p, y),
        float(np.mean((p - y) ** 2)) if len(p) else math.nan,
    )


def log_loss(p: Floats, y: Floats) -> float:
    """Return the mean negative log-likelihood of outcomes `y` (0 or 1) under probabilities `p`; NaN without any."""
    safe = np.clip(p, _SMALLEST, 1 - _SMALLEST)
    return float(-np.mean(y * np.log(safe) + (1 - y) * np.log1p(-safe))) if len(p) else math.nan


def logits(p: Floats) -> Floats:
    """Return log(p / (1 - p)) of probabilities, kept finite at 0 and 1."""
    safe = np.clip(p, _SMALLEST, 1 - _SMALLEST)
    result: Floats = np.log(safe) - np.log1p(-safe)
    return result


def checked(scores: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    """Return scores and outcomes as float64 columns.

    Raises
    ------
    BadParameter
        If the lengths differ or a score is no probability.
    """
    p, y = np.asarray(scores, np.float64).reshape(-1), np.asarray(right, np.float64).reshape(-1)
    if len(p) != len(y):
        raise BadParameter(f"{len(p)} scores and {len(y)} outcomes; give one outcome a score.")
    if not ((p >= 0) & (p <= 1)).all():
        raise BadParameter("A score is no probability between 0 and 1.")
    return p, y
