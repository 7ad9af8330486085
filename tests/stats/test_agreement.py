"""Kappas and limits of agreement against statsmodels, scipy and the papers' own examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as reference
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as their_fleiss

from cellwright.core import BadParameter
from cellwright.stats import (
    Weights,
    binomial_interval,
    cohen_kappa,
    confusion_limits,
    fleiss_kappa,
    limits_of_agreement,
)

TABLE = [[44, 5, 1], [7, 20, 3], [9, 5, 6]]
# Peak expiratory flow of 17 people by two meters (Bland & Altman 1986, table 1, first measurements).
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


@pytest.mark.parametrize("weights", list(Weights))
def test_cohens_kappa_and_its_interval_agree_with_statsmodels(weights: Weights) -> None:
    theirs = cohens_kappa(TABLE, wt=None if weights is Weights.NONE else weights.value)
    ours = cohen_kappa(TABLE, weights=weights)
    assert ours.value == pytest.approx(theirs.kappa)
    assert tuple(ours.interval) == pytest.approx((theirs.kappa_low, theirs.kappa_upp))


def test_fleiss_kappa_is_that_of_his_paper_and_of_statsmodels() -> None:
    """Six psychiatrists and thirty patients (Fleiss 1971): 0.430."""
    read = np.array(
        [
            [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0], [2, 0, 4, 0, 0],
            [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6], [1, 0, 0, 5, 0], [1, 1, 0, 4, 0],
            [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1], [0, 0, 5, 0, 1], [3, 0, 0, 1, 2], [5, 1, 0, 0, 0],
            [0, 2, 0, 4, 0], [1, 0, 2, 0, 3], [0, 0, 0, 0, 6], [0, 1, 0, 5, 0], [0, 2, 0, 1, 3], [2, 0, 0, 4, 0],
            [1, 0, 0, 4, 1], [0, 5, 0, 1, 0], [4, 0, 0, 0, 2], [0, 2, 0, 4, 0], [1, 0, 5, 0, 0], [0, 0, 0, 0, 6],
        ]
    )  # fmt: skip
    ours = fleiss_kappa(read)
    assert ours.value == pytest.approx(0.430, abs=5e-4)
    assert ours.value == pytest.approx(their_fleiss(read))
    assert 0.3 < ours.interval.low < 0.38
    assert 0.48 < ours.interval.high < 0.56


def readings(rng: np.random.Generator, cells: int, readers: int, agreeing: float) -> np.ndarray:
    """Every reader sees the class of a cell with a chance and else guesses."""
    shares = np.array([0.6, 0.3, 0.1])
    true = rng.choice(3, cells, p=shares)[:, None]
    guessed = rng.choice(3, (cells, readers), p=shares)
    return np.where(rng.random((cells, readers)) < agreeing, true, guessed)


def test_intervals_of_kappas_hold_the_truth_as_often_as_said() -> None:
    """Two readers agree beyond chance as often as both see the class: kappa is the square of that chance."""
    rng = np.random.default_rng(4)
    held = {"cohen": 0, "fleiss": 0}
    for _ in range(500):
        said = readings(rng, 250, 3, 0.8)
        table = np.zeros((3, 3), int)
        np.add.at(table, (said[:, 0], said[:, 1]), 1)
        held["cohen"] += 0.64 in cohen_kappa(table).interval
        held["fleiss"] += 0.64 in fleiss_kappa((said[:, :, None] == np.arange(3)).sum(1)).interval
    assert all(0.92 <= count / 500 <= 0.98 for count in held.values()), held


def test_full_agreement_is_1_and_one_class_alone_says_nothing() -> None:
    assert cohen_kappa([[5, 0], [0, 7]]).value == 1
    assert math.isnan(cohen_kappa([[5, 0], [0, 0]]).value)
    assert fleiss_kappa([[3, 0], [0, 3], [3, 0]]).value == 1
    assert math.isnan(fleiss_kappa([[3, 0], [3, 0]]).value)


def test_limits_of_agreement_are_those_of_bland_and_altman() -> None:
    """Mean difference −2.1 l/min, standard deviation 38.8, the mean's interval −22.0 to 17.8."""
    found = limits_of_agreement(WRIGHT, MINI)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.deviation == pytest.approx(38.8, abs=0.05)
    assert tuple(found.bias.interval) == pytest.approx((-22.0, 17.8), abs=0.1)
    # The paper takes 2 standard deviations, we take 1.96.
    assert (found.lower.value, found.upper.value) == pytest.approx(
        (-2.1176 - 1.96 * 38.765, -2.1176 + 1.96 * 38.765), abs=0.01
    )


def test_intervals_of_the_limits_are_quantiles_of_noncentral_t() -> None:
    found = limits_of_agreement(WRIGHT, MINI)
    n, z = 17, reference.norm.ppf(0.975)
    near, far = reference.nct.ppf([0.025, 0.975], n - 1, z * math.sqrt(n)) / math.sqrt(n)
    assert found.upper.interval.low == pytest.approx(found.bias.value + near * found.deviation, rel=1e-6)
    assert found.upper.interval.high == pytest.approx(found.bias.value + far * found.deviation, rel=1e-6)
    assert found.lower.interval.low == pytest.approx(found.bias.value - far * found.deviation, rel=1e-6)


def test_intervals_of_the_limits_hold_the_truth_as_often_as_said() -> None:
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(1000):
        held += 1.96 in limits_of_agreement(rng.normal(0, 1, 20), np.zeros(20)).upper.interval
    assert 0.93 <= held / 1000 <= 0.97


def test_a_confusion_matrix_has_ruemkes_limits() -> None:
    found = confusion_limits([[91, 9], [0, 0]])
    assert (found.low[0, 1], found.high[0, 1]) == tuple(binomial_interval(9, 100))
    assert np.isnan(found.shares[1]).all()


def test_impossible_tables_are_refused() -> None:
    for call in (
        lambda: cohen_kappa([[1, 2]]),
        lambda: cohen_kappa([[0, 0], [0, 0]]),
        lambda: fleiss_kappa([[3, 0], [1, 1]]),
        lambda: fleiss_kappa([[1, 0], [0, 1]]),
        lambda: limits_of_agreement([1, 2], [1, 2]),
        lambda: limits_of_agreement([1, 2, math.nan], [1, 2, 3]),
        lambda: confusion_limits([[-1]]),
    ):
        with pytest.raises(BadParameter):
            call()
