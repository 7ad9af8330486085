"""Counts corrected by what people found when they looked at some objects again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cellwright.core import BadParameter
from cellwright.stats.estimate import Estimate
from cellwright.stats.intervals import Interval


@dataclass(frozen=True, slots=True)
class AuditedStratum:
    """What an audit found in one of its groups, about one class.

    Objects were drawn without replacement, each of the group equally likely, so every one stands for
    ``population / looked_at`` of them: its Horvitz-Thompson weight.

    Parameters
    ----------
    population : int
        Objects in the group.
    looked_at : int
        How many were drawn and answered, 1 or more where the group has objects.
    missed : int
        Of these, how many are of the class but were counted as another.
    wrong : int
        How many were counted as the class but are none.
    right : int
        How many were counted as the class and are.

    Raises
    ------
    BadParameter
        If the numbers do not fit each other.
    """

    population: int
    looked_at: int
    missed: int
    wrong: int
    right: int = 0

    def __post_init__(self) -> None:
        parts = (self.missed, self.wrong, self.right)
        fits = min(parts) >= 0 and sum(parts) <= self.looked_at <= self.population
        if not fits or (self.population and not self.looked_at):
            raise BadParameter(
                f"Of {self.population} objects {self.looked_at} were looked at, {parts} of them missed, wrong, right: "
                f"that does not fit. Every group needs an answer."
            )


def corrected_count(counted: int, strata: Sequence[AuditedStratum], level: float = 0.95) -> Estimate:
    """Return how many objects of a class there really are among those the model found.

    Prediction-powered: the model's count of all objects, plus what the audit says it is wrong by, weighted by one over
    the probability with which each object was drawn, θ = Σ f + Σ (y − f) / π (Angelopoulos et al. 2023; the difference
    estimator of Särndal). However bad the model is, the estimate has no bias; the better it is, the narrower the
    interval. The interval puts together, group by group, Wilson's intervals of the shares that were missed and wrong
    (MOVER of Zou & Donner, with the correlation of two parts of one sample), corrected for drawing without
    replacement, so that it neither collapses where no mistake was seen nor stays open where all were looked at.

    It says nothing of objects that the model did not find at all.

    Parameters
    ----------
    counted : int
        Objects that the model counts as the class, in all groups together.
    strata : sequence of AuditedStratum
        What was found, at least one.
    level : float
        In (0, 1).

    Raises
    ------
    BadParameter
        If there is no group or a number is impossible.

    References
    ----------
    A. N. Angelopoulos et al., Science 382 (2023) 669. D. G. Horvitz, D. J. Thompson, J. Am. Stat. Assoc. 47 (1952) 663.
    G. Y. Zou, A. Donner, Stat. Med. 27 (2008) 1693. W. G. Cochran, Sampling techniques, 1977, sections 2.6 and 5.3.
    """
    z = _quantile(level)
    if not strata or counted < 0:
        raise BadParameter("A count is corrected by an audit of at least one group; there is none.")
    value, down, up = float(counted), 0.0, 0.0
    for group in (each for each in strata if each.population):
        missed, wrong = group.missed / group.looked_at, group.wrong / group.looked_at
        value += group.population * (missed - wrong)
        lower, upper = _difference(missed, wrong, _effective(group), z)
        down += (group.population * lower) ** 2
        up += (group.population * upper) ** 2
    least = sum(group.right + group.missed for group in strata)
    most = sum(group.population - (group.looked_at - group.right - group.missed) for group in strata)
    low, high = max(value - math.sqrt(down), least), min(value + math.sqrt(up), most)
    return Estimate(value, Interval(min(low, value), max(high, value), level), "prediction-powered, stratified")


def rogan_gladen(
    k: int, n: int, sensitivity: tuple[int, int], specificity: tuple[int, int], level: float = 0.95
) -> Estimate:
    """Return the true share of a class from the share that was counted and how often the model is right.

    p = (k/n + Sp − 1) / (Se + Sp − 1), with the interval of Lang & Reiczigel, which takes into account that share,
    sensitivity and specificity are all known from samples.

    Parameters
    ----------
    k, n : int
        How many of how many were counted as the class.
    sensitivity : (int, int)
        How many of how many objects of the class are counted as it.
    specificity : (int, int)
        How many of how many other objects are counted as another.
    level : float
        In (0, 1).

    Raises
    ------
    BadParameter
        If a number is impossible, or the model tells nothing: Se + Sp is not above 1.

    References
    ----------
    W. J. Rogan, B. Gladen, Am. J. Epidemiol. 107 (1978) 71. Z. Lang, J. Reiczigel, Prev. Vet. Med. 113 (2014) 13.
    """
    z = _quantile(level)
    for part, whole in ((k, n), sensitivity, specificity):
        if not 0 <= part <= whole or not whole:
            raise BadParameter(f"{part} of {whole} is no share; give counts with 0 <= part <= whole, whole above 0.")
    se, sp = sensitivity[0] / sensitivity[1], specificity[0] / specificity[1]
    if se + sp <= 1:
        raise BadParameter(
            f"With sensitivity {se:.2f} and specificity {sp:.2f} the counted share says nothing of the true one."
        )
    value = min(max((k / n + sp - 1) / (se + sp - 1), 0.0), 1.0)
    apparent, m = (k + z * z / 2) / (n + z * z), n + z * z
    se, m_se = (sensitivity[0] + 1) / (sensitivity[1] + 2), sensitivity[1] + 2
    sp, m_sp = (specificity[0] + 1) / (specificity[1] + 2), specificity[1] + 2
    if se + sp <= 1:
        return Estimate(value, Interval(0.0, 1.0, level), "Rogan and Gladen, nothing known")
    share = (apparent + sp - 1) / (se + sp - 1)
    of_se, of_sp = se * (1 - se) / m_se, sp * (1 - sp) / m_sp
    shift = 2 * z * z * (share * of_se - (1 - share) * of_sp)
    variance = apparent * (1 - apparent) / m + share**2 * of_se + (1 - share) ** 2 * of_sp
    half = z * math.sqrt(variance) / (se + sp - 1)
    low, high = (min(max(share + shift + side * half, 0.0), 1.0) for side in (-1, 1))
    return Estimate(value, Interval(min(low, value), max(high, value), level), "Rogan and Gladen, Lang and Reiczigel")


def _effective(group: AuditedStratum) -> float:
    """Return the size of the sample that would say as much, had objects been drawn with replacement."""
    left = group.population - group.looked_at
    return group.looked_at * (group.population - 1) / left if left else math.inf


def _difference(one: float, other: float, n: float, z: float) -> tuple[float, float]:
    """Return how far the difference of two shares of one sample may lie below and above what was found."""
    low1, high1 = _wilson(one, n, z)
    low2, high2 = _wilson(other, n, z)
    odds = one * other / max((1 - one) * (1 - other), 1e-12)
    correlation = -min(math.sqrt(odds), 1.0)
    lower = math.sqrt((one - low1) ** 2 + (high2 - other) ** 2 - 2 * correlation * (one - low1) * (high2 - other))
    upper = math.sqrt((high1 - one) ** 2 + (other - low2) ** 2 - 2 * correlation * (high1 - one) * (other - low2))
    return lower, upper


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    if math.isinf(n):
        return p, p
    square = z * z / n
    half = z * math.sqrt(p * (1 - p) / n + square / (4 * n))
    # Rounding must not put an end on the wrong side of a share of 0 or 1.
    return min((p + square / 2 - half) / (1 + square), p), max((p + square / 2 + half) / (1 + square), p)


def _quantile(level: float) -> float:
    if not 0 < level < 1:
        raise BadParameter(f"level={level} must lie between 0 and 1, such as 0.95.")
    from scipy.special import ndtri

    return float(ndtri(0.5 + level / 2))
