"""How many cells must be counted for a share to be known well enough, and how far a count has come."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cellwright.core import BadParameter
from cellwright.stats.intervals import binomial_interval

_MOST = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Adequacy:
    """Whether enough cells were counted; as text ``"need 457 cells for ±2.0 points at 5.0 %, 200 are counted"``.

    Parameters
    ----------
    share : float
        What the share is, or is thought to be.
    half_width : float
        How well it is to be known, as a share: 0.02 for ±2 points.
    counted, needed : int
        Cells.
    level : float
        Of the interval.
    dispersion : float
        How many times as many cells are needed because the share differs between fields; 1 for chance alone.
    """

    share: float
    half_width: float
    counted: int
    needed: int
    level: float
    dispersion: float = 1.0

    @property
    def is_enough(self) -> bool:
        """Whether no more cells are needed."""
        return self.counted >= self.needed

    @property
    def progress(self) -> float:
        """How far the count has come, 0 to 1."""
        return min(self.counted / self.needed, 1.0)

    def __str__(self) -> str:
        said = f"need {self.needed:,} cells for ±{100 * self.half_width:.1f} points at {100 * self.share:.1f} %"
        if self.dispersion > 1:
            said += f" in fields that differ {self.dispersion:.1f} times as much as by chance"
        return f"{said}, {self.counted:,} {'is' if self.counted == 1 else 'are'} counted"


def cells_needed(share: float, half_width: float, level: float = 0.95) -> int:
    """Return how many cells must be counted for a share to be known to ± `half_width`, in the long run.

    The size for which the normal interval is that wide: n = z² p (1 − p) / d². 457 cells for ±2 points at 5 %. An exact
    interval is a little wider, see `cells_needed_exactly`.

    Parameters
    ----------
    share : float
        What the share is thought to be, in [0, 1]; 0.5 is the worst case.
    half_width : float
        Half the width of the interval, in (0, 1).
    level : float
        Of the interval, in (0, 1).

    Raises
    ------
    BadParameter
        If a number is impossible.

    References
    ----------
    W. G. Cochran, Sampling techniques, 1977, section 4.4.
    """
    _refuse(share, half_width, level)
    from scipy.special import ndtri

    z = float(ndtri(0.5 + level / 2))
    return max(1, math.ceil(z * z * share * (1 - share) / half_width**2 - 1e-9))


def cells_needed_exactly(share: float, half_width: float, level: float = 0.95) -> int:
    """Return the least number of cells from which on the exact interval around `share` is at most ± `half_width`.

    Half the distance between the two ends of Clopper and Pearson's interval, with the count nearest to the share. Also
    right where a class is rare or absent, where the normal one promises too much: see `cells_needed` for parameters.
    """
    _refuse(share, half_width, level)

    def is_enough(n: int) -> bool:
        low, high = binomial_interval(round(share * n), n, level)
        return high - low <= 2 * half_width

    low, high = 0, 1
    while not is_enough(high):
        low, high = high, 2 * high
        if high > _MOST:
            raise BadParameter(f"±{half_width} would take more than {_MOST:,} cells; ask for less.")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    # Rounding to whole cells makes single sizes a little worse than the one before.
    while not all(is_enough(n) for n in range(high, high + max(2, math.ceil(1 / max(share, 1 / high))))):
        high += 1
        if high > _MOST:
            raise BadParameter(f"±{half_width} would take more than {_MOST:,} cells; ask for less.")
    return high


def adequacy(
    k: int, n: int, half_width: float, level: float = 0.95, *, share: float | None = None, dispersion: float = 1.0
) -> Adequacy:
    """Return how far a count has come: of `n` cells counted `k` are of the kind.

    Parameters
    ----------
    k, n : int
        ``0 <= k <= n``.
    half_width : float
        How well the share is to be known.
    level : float
        Of the interval.
    share : float, optional
        What to plan for; else the share that was counted, drawn a little towards a half ((k + 1) / (n + 2), Laplace),
        so that a class not seen yet does not seem to need no cells.
    dispersion : float
        Of the share between fields, 1 or more (the design effect of Kish, Survey sampling, 1965): so many times as many
        cells are needed.

    Raises
    ------
    BadParameter
        If a number is impossible.
    """
    if not 0 <= k <= n:
        raise BadParameter(f"{k} of {n} is no share; give counts with 0 <= k <= n.")
    if not 1 <= dispersion < math.inf:
        raise BadParameter(f"dispersion={dispersion} must be 1 or more: 1 is chance alone.")
    planned = (k + 1) / (n + 2) if share is None else share
    needed = math.ceil(cells_needed(planned, half_width, level) * dispersion - 1e-9)
    return Adequacy(planned, half_width, n, needed, level, dispersion)


def _refuse(share: float, half_width: float, level: float) -> None:
    if not (0 <= share <= 1 and 0 < half_width < 1 and 0 < level < 1):
        raise BadParameter(
            f"A share of {share} to ±{half_width} at level {level} cannot be: give shares from 0 to 1, such as 0.05."
        )
