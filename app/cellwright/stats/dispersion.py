"""Counts of several fields or slides: how much more they differ than chance has it, and intervals that know it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellwright.core import BadParameter
from cellwright.stats.intervals import Interval, binomial_interval

Values = NDArray[np.float64]

DRAWS = 2000
"""Times that fields are drawn anew."""


@dataclass(frozen=True, slots=True)
class Dispersion:
    """How much fields differ, compared with chance alone.

    Parameters
    ----------
    ratio : float
        Pearson's χ² over its degrees of freedom: near 1 for chance alone, above for cells that lie in clusters; NaN
        where nothing was counted.
    p_value : float
        How likely chance alone gives so much or more.
    fields : int
        How many fields it was worked out from.
    """

    ratio: float
    p_value: float
    fields: int


def dispersion(counts: ArrayLike, exposures: ArrayLike | None = None) -> Dispersion:
    """Return the dispersion of counts around one common rate.

    Parameters
    ----------
    counts : (K,) array_like of int
        What was counted on each field; at least 2.
    exposures : (K,) array_like of float, optional
        Areas or numbers of cells; 1 each where not given.

    Raises
    ------
    BadParameter
        If there are fewer than 2 fields, or a number is impossible.

    References
    ----------
    R. A. Fisher, Biometrics 6 (1950) 17. P. McCullagh, J. A. Nelder, Generalized linear models, 1989, section 4.5.
    """
    y, m = _fields(counts, exposures)
    total = y.sum()
    if not total:
        return Dispersion(math.nan, 1.0, len(y))
    from scipy.special import gammaincc

    expected = m * total / m.sum()
    square = float(((y - expected) ** 2 / expected).sum())
    free = len(y) - 1
    return Dispersion(square / free, float(gammaincc(free / 2, square / 2)), len(y))


def share_dispersion(counts: ArrayLike) -> Dispersion | None:
    """Return how much more the shares of classes differ between fields than chance has it.

    Pearson's χ² of the table of fields and classes over its degrees of freedom: the factor by which a variance that
    supposes independent cells is too small. The p-value is that of the χ² law and is rough with few cells a field.

    Parameters
    ----------
    counts : (K, C) array_like of int
        Cells of each class on each field.

    Returns
    -------
    Dispersion or None
        None where fewer than two fields have cells, or fewer than two classes.

    Raises
    ------
    BadParameter
        If it is no table of counts.

    References
    ----------
    K. Pearson, Philos. Mag. 50 (1900) 157. McCullagh & Nelder 1989, section 5.5 (multinomial overdispersion).
    """
    table = np.asarray(counts, np.float64)
    if table.ndim != 2 or not (np.isfinite(table).all() and (table >= 0).all()):
        raise BadParameter(f"Shares are compared by a table of counts, fields by classes, not {table.shape}.")
    table = table[table.sum(1) > 0][:, table.sum(0) > 0]
    if min(table.shape) < 2:
        return None
    from scipy.special import gammaincc

    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    square = float(((table - expected) ** 2 / expected).sum())
    free = (table.shape[0] - 1) * (table.shape[1] - 1)
    return Dispersion(square / free, float(gammaincc(free / 2, square / 2)), table.shape[0])


def quasi_poisson_interval(counts: ArrayLike, exposures: ArrayLike | None = None, level: float = 0.95) -> Interval:
    """Return the interval of a rate whose variance is a multiple of what Poisson has, estimated from the fields.

    On the scale of the logarithm: log(Σy / Σm) ± t √(φ / Σy), φ being Pearson's χ² over its degrees of freedom but not
    less than 1, and t Student's quantile with as many degrees of freedom.

    Parameters
    ----------
    counts : (K,) array_like of int
        What was counted on each field; at least 2.
    exposures : (K,) array_like of float, optional
        Areas of the fields; 1 each where not given, and then the rate is per field.
    level : float
        In (0, 1).

    Returns
    -------
    Interval
        Of the rate. Where nothing was counted, that of Garwood.

    Raises
    ------
    BadParameter
        If there are fewer than 2 fields, or a number is impossible.

    References
    ----------
    R. W. M. Wedderburn, Biometrika 61 (1974) 439. McCullagh & Nelder 1989, sections 4.5 and 6.2.
    """
    y, m = _fields(counts, exposures)
    _refuse_level(level)
    total, free = float(y.sum()), len(y) - 1
    if not total:
        from cellwright.stats.intervals import rate_interval

        return rate_interval(0, float(m.sum()), level)
    from scipy.special import stdtrit

    phi = max(1.0, dispersion(y, m).ratio)
    half = float(stdtrit(free, 0.5 + level / 2)) * math.sqrt(phi / total)
    rate = total / float(m.sum())
    return Interval(rate * math.exp(-half), rate * math.exp(half), level)


def share_of_fields_interval(counts: ArrayLike, cells: ArrayLike, level: float = 0.95, seed: int = 0) -> Interval:
    """Return the interval of a share by how much fields differ, and nowhere narrower than chance among cells makes it.

    That of `bootstrap_interval`, widened where it must be to Clopper and Pearson's of all cells together, as
    `quasi_poisson_interval` takes no dispersion below 1: six pictures that were taken for their one white cell each
    agree with one another, which says nothing of how sure six cells are.

    Parameters
    ----------
    counts : (K,) array_like of int
        Cells of the kind on each field.
    cells : (K,) array_like of int
        All cells on each, 1 or more.
    level : float
        In (0, 1).
    seed : int
        Of the bootstrap.

    Raises
    ------
    BadParameter
        If there are fewer than 2 fields, or a number is impossible.
    """
    between = bootstrap_interval(counts, cells, level, is_share=True, seed=seed)
    within = binomial_interval(int(np.sum(counts)), int(np.sum(cells)), level)
    return Interval(min(between.low, within.low), max(between.high, within.high), level)


def bootstrap_interval(
    counts: ArrayLike,
    exposures: ArrayLike | None = None,
    level: float = 0.95,
    *,
    is_share: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return the interval of a rate or share by drawing whole fields anew: nothing is supposed of cells in one field.

    The ratio Σy / Σm is put on the scale of its logarithm (of its logit for a share), where it is closer to normal.
    Each draw's distance from the estimate is measured in its own standard error (linearised, between fields), and the
    quantiles of these distances replace the normal ones (bootstrap-t), which holds also with few fields, where plain
    percentiles are too narrow. The same counts and seed give the same interval.

    Parameters
    ----------
    counts : (K,) array_like of int
        What was counted on each field or slide; at least 2, better 10.
    exposures : (K,) array_like of float, optional
        Areas for a rate, cells counted for a share; 1 each where not given.
    level : float
        In (0, 1).
    is_share : bool
        Whether counts are parts of exposures.
    draws, seed : int
        How often fields are drawn anew, and of the random numbers.

    Returns
    -------
    Interval
        Where all fields agree, or nothing was counted, chance between fields cannot be seen: then as
        `quasi_poisson_interval` for a rate, and Clopper and Pearson's for a share.

    Raises
    ------
    BadParameter
        If there are fewer than 2 fields, or a number is impossible.

    References
    ----------
    B. Efron, R. J. Tibshirani, An introduction to the bootstrap, 1993, sections 12.5 and 12.6.
    A. C. Davison, D. V. Hinkley, Bootstrap methods and their application, 1997, section 2.4 and 3.8.
    """
    y, m = _fields(counts, exposures)
    _refuse_level(level)
    if is_share and bool((y > m).any()):
        raise BadParameter("A share is of what was counted: no field can have more of a kind than cells.")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, error = _ratio(y, m, is_share=is_share)
        if not (np.isfinite(ratio) and np.isfinite(error) and error > 0):
            return _without_spread(y, m, level, is_share=is_share)
        rows = np.random.default_rng(seed).integers(0, len(y), (draws, len(y)))
        drawn, errors = _ratio(y[rows], m[rows], is_share=is_share)
        distance = (drawn - ratio) / errors
    known = np.sort(distance[np.isfinite(distance)])
    if len(known) < draws // 2:
        return _without_spread(y, m, level, is_share=is_share)
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    ends = (float(ratio - high * error), float(ratio - low * error))
    back = _expit if is_share else math.exp
    return Interval(back(ends[0]), back(ends[1]), level)


def _ratio(y: Values, m: Values, *, is_share: bool) -> tuple[Values, Values]:
    """Return the ratio of sums on its scale and its standard error there, along the last axis."""
    k = y.shape[-1]
    total, size = y.sum(-1), m.sum(-1)
    share = total / size
    spread = ((y - share[..., None] * m) ** 2).sum(-1) * k / (k - 1)
    error = np.sqrt(spread) / size
    if is_share:
        return np.log(share / (1 - share)), error / (share * (1 - share))
    return np.log(share), error / share


def _without_spread(y: Values, m: Values, level: float, *, is_share: bool) -> Interval:
    if not is_share:
        return quasi_poisson_interval(y, m, level)
    return binomial_interval(int(y.sum()), int(m.sum()), level)


def _expit(z: float) -> float:
    return 0.5 * (1 + math.tanh(0.5 * z))


def _fields(counts: ArrayLike, exposures: ArrayLike | None) -> tuple[Values, Values]:
    y = np.asarray(counts, np.float64)
    m = np.ones_like(y) if exposures is None else np.asarray(exposures, np.float64)
    if y.ndim != 1 or y.shape != m.shape or len(y) < 2:
        raise BadParameter(f"Fields are compared from 2 on, each with its area; there are {y.shape} and {m.shape}.")
    if not (np.isfinite(y).all() and (y >= 0).all() and np.isfinite(m).all() and (m > 0).all()):
        raise BadParameter("Counts are 0 or more and areas above 0, all of them known.")
    return y, m


def _refuse_level(level: float) -> None:
    if not 0 < level < 1:
        raise BadParameter(f"level={level} must lie between 0 and 1, such as 0.95.")
