"""Counts corrected by an audit have no bias and hold the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter
from cellwright.stats import (
    AuditedStratum,
    corrected_count,
    count_curve,
    expected_count,
    poisson_interval,
    rogan_gladen,
)

TIMES = 1200
LEAST, MOST = 0.93, 0.97


def audited(
    rng: np.random.Generator, said: np.ndarray, true: np.ndarray, groups: np.ndarray, share: float
) -> list[AuditedStratum]:
    """Draw the same share of every group and say what was found of class 1."""
    strata = []
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        drawn = rng.choice(rows, max(2, round(share * len(rows))), replace=False)
        s, t = said[drawn] == 1, true[drawn] == 1
        strata.append(
            AuditedStratum(len(rows), len(drawn), int((t & ~s).sum()), int((s & ~t).sum()), int((s & t).sum()))
        )
    return strata


@pytest.mark.parametrize("by", ["all together", "class", "picture"])
def test_a_corrected_count_holds_the_truth_as_often_as_said(by: str) -> None:
    rng = np.random.default_rng(7)
    true = (rng.random(3000) < 0.3).astype(int)
    picture = np.sort(rng.integers(0, 6, 3000))
    # The model is bad, and worse on some pictures: no correction by one number for all would do.
    said = np.where(rng.random(3000) < 0.08 + 0.03 * picture, 1 - true, true)
    groups = {"all together": np.zeros(3000, int), "class": said, "picture": picture}[by]
    truth, found = int(true.sum()), []
    held = 0
    for _ in range(TIMES):
        estimate = corrected_count(int(said.sum()), audited(rng, said, true, groups, 0.1))
        found.append(estimate.value)
        held += truth in estimate.interval
    assert abs(np.mean(found) - truth) < 4 * np.std(found) / math.sqrt(TIMES)
    # Groups with few draws each are a little on the safe side.
    assert LEAST <= held / TIMES <= (MOST if by == "all together" else MOST + 0.01)
    assert truth not in poisson_interval(int(said.sum()))  # what was counted is no answer


def test_an_audit_without_a_mistake_is_no_certainty() -> None:
    low, high = corrected_count(400, [AuditedStratum(1000, 50, 0, 0, 20)]).interval
    assert low < 360
    assert high > 440
    assert low >= 20


def test_whoever_looks_at_everything_knows_everything() -> None:
    estimate = corrected_count(400, [AuditedStratum(1000, 1000, 30, 10, 390)])
    assert (estimate.value, *estimate.interval) == (420, 420, 420)


def test_a_stratified_audit_is_the_sum_of_its_groups() -> None:
    """By hand: 900 counted as the class of which 10 of 90 are none, 100 others of which 5 of 20 are."""
    estimate = corrected_count(900, [AuditedStratum(900, 90, 0, 10, 80), AuditedStratum(100, 20, 5, 0, 0)])
    assert estimate.value == pytest.approx(900 - 100 + 25)


@given(st.integers(1, 300), st.data())
def test_the_interval_is_around_the_estimate_and_within_what_can_be(population: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, population))
    missed = data.draw(st.integers(0, n))
    wrong = data.draw(st.integers(0, n - missed))
    right = data.draw(st.integers(0, n - missed - wrong))
    counted = data.draw(st.integers(wrong + right, population - missed))
    estimate = corrected_count(counted, [AuditedStratum(population, n, missed, wrong, right)])
    low, high = estimate.interval
    assert low <= estimate.value <= high


@pytest.mark.parametrize(("prevalence", "se", "sp"), [(0.1, 0.9, 0.97), (0.4, 0.8, 0.9)])
def test_rogan_and_gladen_hold_the_truth_as_often_as_said(prevalence: float, se: float, sp: float) -> None:
    rng = np.random.default_rng(21)
    held = 0
    for _ in range(TIMES):
        k = rng.binomial(500, prevalence * se + (1 - prevalence) * (1 - sp))
        right, spared = rng.binomial(150, se), rng.binomial(200, sp)
        held += prevalence in rogan_gladen(int(k), 500, (int(right), 150), (int(spared), 200)).interval
    assert LEAST <= held / TIMES <= MOST + 0.01


def test_rogan_and_gladen_by_hand() -> None:
    estimate = rogan_gladen(30, 100, (90, 100), (80, 100))
    assert estimate.value == pytest.approx((0.3 + 0.8 - 1) / (0.9 + 0.8 - 1))
    assert rogan_gladen(5, 100, (90, 100), (80, 100)).value == 0
    with pytest.raises(BadParameter):
        rogan_gladen(5, 100, (40, 100), (50, 100))


# What scores say -----------------------------------------------------------------------------------------------------


def test_an_expected_count_holds_the_truth_as_often_as_said_where_scores_are_calibrated() -> None:
    rng = np.random.default_rng(9)
    held = 0
    for _ in range(TIMES):
        p = rng.beta(0.5, 0.5, 400)
        held += int((rng.random(400) < p).sum()) in expected_count(p).interval
    assert 0.93 <= held / TIMES <= 0.98  # whole numbers cannot be held more exactly


def test_exact_and_normal_expected_counts_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    p = np.random.default_rng(9).beta(0.5, 0.5, 3000)
    exact = expected_count(p)
    monkeypatch.setattr("cellwright.stats.expected.EXACT_UP_TO", 0)
    normal = expected_count(p)
    assert exact.value == normal.value == pytest.approx(p.sum())
    assert tuple(exact.interval) == pytest.approx(tuple(normal.interval), abs=1.5)


def test_an_expected_count_of_equal_scores_is_binomial() -> None:
    from scipy.stats import binom

    low, high = expected_count(np.full(200, 0.3)).interval
    assert (low, high) == (binom.ppf(0.025, 200, 0.3), binom.ppf(0.975, 200, 0.3))
    assert tuple(expected_count([1.0, 1.0, 0.0]).interval) == (2, 2)
    assert expected_count([]).value == 0


def test_the_curve_of_counts_is_that_of_every_threshold() -> None:
    scores = np.random.default_rng(2).random(300)
    curve = count_curve(scores)
    for i in (0, 13, 50, 100):
        assert curve.counts[i] == (scores >= curve.thresholds[i]).sum()
        assert (curve.low[i], curve.high[i]) == pytest.approx(tuple(poisson_interval(int(curve.counts[i]))))
    assert curve.at(0.5) == (scores >= 0.5).sum()
    assert curve.steepness(0.5) == pytest.approx(
        ((scores >= 0.45).sum() - (scores >= 0.55).sum()) / (scores >= 0.5).sum()
    )
    assert count_curve([], [0.5]).counts.tolist() == [0]


def test_impossible_numbers_are_refused() -> None:
    for call in (
        lambda: AuditedStratum(10, 0, 0, 0),
        lambda: AuditedStratum(10, 11, 0, 0),
        lambda: AuditedStratum(10, 5, 3, 3),
        lambda: corrected_count(3, []),
        lambda: rogan_gladen(3, 2, (1, 2), (1, 2)),
        lambda: expected_count([0.2, 1.2]),
        lambda: expected_count([math.nan]),
        lambda: count_curve([0.2], [0.5, 0.4]),
    ):
        with pytest.raises(BadParameter):
            call()
