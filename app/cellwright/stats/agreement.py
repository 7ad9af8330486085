"""How far two or more readers agree on classes, beyond what chance would have it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter
from cellwright.stats.intervals import Interval, binomial_interval

Values = NDArray[np.float64]


class Weights(str, Enum):
    """How much a disagreement counts."""

    NONE = "none"
    """All the same: for kinds of cells."""
    LINEAR = "linear"
    """By how many steps classes are apart: for grades."""
    QUADRATIC = "quadratic"
    """By the square of it."""


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement beyond chance.

    Parameters
    ----------
    value : float
        1 for full agreement, 0 for chance; NaN where all said one class, which chance does too.
    interval : Interval
        Of the value.
    observed, expected : float
        Shares of agreement found, and given by chance.
    """

    value: float
    interval: Interval
    observed: float
    expected: float


def cohen_kappa(table: ArrayLike, level: float = 0.95, weights: Weights = Weights.NONE) -> Kappa:
    """Return the agreement of two readers of the same cells.

    Parameters
    ----------
    table : (C, C) array_like of int
        Cells by the class of the first reader (rows) and of the second (columns).
    level : float
        In (0, 1).
    weights : Weights
        How much a disagreement counts.

    Returns
    -------
    Kappa
        With the large-sample interval of Fleiss, Cohen and Everitt.

    Raises
    ------
    BadParameter
        If the table is not square, empty, or has impossible numbers.

    References
    ----------
    J. Cohen, Educ. Psychol. Meas. 20 (1960) 37; Psychol. Bull. 70 (1968) 213.
    J. L. Fleiss, J. Cohen, B. S. Everitt, Psychol. Bull. 72 (1969) 323, equation 9.
    """
    counts = np.asarray(table, np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not (counts >= 0).all() or not counts.sum():
        raise BadParameter(f"Two readers are compared by a square table of counts, not {counts.shape}.")
    n = float(counts.sum())
    p = counts / n
    w = _agreement(len(p), weights)
    rows, columns = p.sum(1), p.sum(0)
    observed, expected = float((w * p).sum()), float((w * np.outer(rows, columns)).sum())
    if expected >= 1:
        return Kappa(np.nan, Interval(-1.0, 1.0, level), observed, expected)
    kappa = (observed - expected) / (1 - expected)
    mean = (w @ columns)[:, None] + (w.T @ rows)[None, :]
    inner = float((p * (w * (1 - expected) - mean * (1 - observed)) ** 2).sum())
    variance = (inner - (observed * expected - 2 * expected + observed) ** 2) / (n * (1 - expected) ** 4)
    return Kappa(kappa, _around(kappa, max(variance, 0.0), level), observed, expected)


def fleiss_kappa(counts: ArrayLike, level: float = 0.95) -> Kappa:
    """Return the agreement of several readers.

    Parameters
    ----------
    counts : (N, C) array_like of int
        How many readers gave each cell each class; as many readers for every cell, at least 2.
    level : float
        In (0, 1).

    Returns
    -------
    Kappa
        With a jackknife interval over cells: cells are the sample, readers are those they are.

    Raises
    ------
    BadParameter
        If cells were read by different numbers of readers, or there are fewer than 2 cells.

    References
    ----------
    J. L. Fleiss, Psychol. Bull. 76 (1971) 378. K. L. Gwet, Br. J. Math. Stat. Psychol. 61 (2008) 29.
    B. Efron, C. Stein, Ann. Stat. 9 (1981) 586.
    """
    read = np.asarray(counts, np.float64)
    if read.ndim != 2 or len(read) < 2 or not (read >= 0).all() or len(set(read.sum(1).tolist())) != 1:
        raise BadParameter("Every cell is read by the same number of readers, and there are at least 2 cells.")
    readers, n = float(read[0].sum()), len(read)
    if readers < 2:
        raise BadParameter("Agreement takes at least 2 readers.")
    agreeing = ((read**2).sum(1) - readers) / (readers * (readers - 1))
    used = read / readers
    observed, expected = float(agreeing.mean()), float((used.mean(0) ** 2).sum())
    if expected >= 1:
        return Kappa(np.nan, Interval(-1.0, 1.0, level), observed, expected)
    kappa = (observed - expected) / (1 - expected)
    without = (agreeing.sum() - agreeing) / (n - 1)
    by_chance = (((used.sum(0) - used) / (n - 1)) ** 2).sum(1)
    known = by_chance < 1
    left = (without[known] - by_chance[known]) / (1 - by_chance[known])
    variance = (n - 1) / n * float(((left - left.mean()) ** 2).sum())
    return Kappa(kappa, _around(kappa, variance, level), observed, expected)


@dataclass(frozen=True, slots=True, eq=False)
class ConfusionLimits:
    """The table of two readers, as shares of the first one's classes, each with its exact limits.

    Parameters
    ----------
    shares, low, high : (C, C) ndarray of float64
        Of the cells in the row's class, how many the second reader put into the column's; NaN for a row without cells.
    level : float
        Of the limits.
    """

    shares: Values
    low: Values
    high: Values
    level: float


def confusion_limits(table: ArrayLike, level: float = 0.95) -> ConfusionLimits:
    """Return shares with the exact limits that Rümke's table has; `BadParameter` if a count is impossible."""
    counts = np.asarray(table, np.int64)
    if counts.ndim != 2 or not (counts >= 0).all():
        raise BadParameter(f"A confusion matrix is a table of counts, not {counts.shape}.")
    shares, low, high = (np.full(counts.shape, np.nan) for _ in range(3))
    for row, column in np.ndindex(*counts.shape):
        n = int(counts[row].sum())
        if n:
            shares[row, column] = counts[row, column] / n
            low[row, column], high[row, column] = binomial_interval(int(counts[row, column]), n, level)
    return ConfusionLimits(shares, low, high, level)


def _agreement(n: int, weights: Weights) -> Values:
    if weights is Weights.NONE or n < 2:
        return np.eye(n)
    apart = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) / (n - 1)
    return 1 - (apart if weights is Weights.LINEAR else apart**2)


def _around(value: float, variance: float, level: float) -> Interval:
    if not 0 < level < 1:
        raise BadParameter(f"level={level} must lie between 0 and 1, such as 0.95.")
    from scipy.special import ndtri

    half = float(ndtri(0.5 + level / 2)) * variance**0.5
    return Interval(max(value - half, -1.0), min(value + half, 1.0), level)
