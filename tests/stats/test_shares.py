"""Simultaneous intervals, sample sizes and comparisons of differentials against tables, statsmodels and chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference
from statsmodels.stats.proportion import multinomial_proportions_confint

from cellwright.core import BadParameter
from cellwright.stats import (
    Simultaneous,
    adequacy,
    binomial_interval,
    cells_needed,
    cells_needed_exactly,
    compare_differentials,
    ruemke_limits,
    share_intervals,
)

COUNTS = [91, 49, 37, 43, 6, 3]


def test_goodman_agrees_with_statsmodels() -> None:
    found = share_intervals(COUNTS, 0.95, Simultaneous.GOODMAN)
    theirs = multinomial_proportions_confint(COUNTS, 0.05, method="goodman")
    np.testing.assert_allclose([tuple(each) for each in found], theirs, atol=1e-9)


def test_bonferroni_is_the_exact_interval_at_a_higher_level() -> None:
    found = share_intervals(COUNTS, 0.95, Simultaneous.BONFERRONI)
    for count, interval in zip(COUNTS, found, strict=True):
        assert tuple(interval) == tuple(binomial_interval(count, sum(COUNTS), 1 - 0.05 / 6))
        assert interval.level == 0.95


@pytest.mark.parametrize(("method", "least"), [(Simultaneous.BONFERRONI, 0.95), (Simultaneous.GOODMAN, 0.93)])
def test_simultaneous_intervals_hold_all_shares_at_once(method: Simultaneous, least: float) -> None:
    shares = np.array([0.6, 0.28, 0.06, 0.04, 0.02])
    rng = np.random.default_rng(1)
    held = 0
    for counts in rng.multinomial(400, shares, 600).tolist():
        intervals = share_intervals(counts, 0.95, method)
        held += all(share in interval for share, interval in zip(shares, intervals, strict=True))
    assert held / 600 >= least - 0.015


def test_shares_each_for_itself_miss_one_of_many_more_often() -> None:
    shares = np.full(10, 0.1)
    rng = np.random.default_rng(2)
    held = 0
    for counts in rng.multinomial(400, shares, 300).tolist():
        held += all(share in interval for share, interval in zip(shares, share_intervals(counts), strict=True))
    assert held / 300 < 0.85


def test_ruemkes_limits_of_a_differential() -> None:
    limits = ruemke_limits([9, 5, 0, 86])
    said = [(round(100 * low, 1), round(100 * high, 1)) for low, high in limits]
    assert said[:3] == [(4.2, 16.4), (1.6, 11.3), (0.0, 3.6)]


def test_457_cells_tell_5_per_cent_to_2_points() -> None:
    assert cells_needed(0.05, 0.02) == 457
    said = adequacy(10, 200, 0.02, share=0.05)
    assert str(said) == "need 457 cells for ±2.0 points at 5.0 %, 200 are counted"
    assert str(adequacy(0, 1, 0.02, share=0.05)).endswith(", 1 is counted")
    assert not said.is_enough
    assert said.progress == pytest.approx(200 / 457)
    assert cells_needed(0.5, 0.05) == 385  # as in every textbook


@pytest.mark.parametrize(("share", "half"), [(0.05, 0.02), (0.0, 0.02), (0.3, 0.05), (0.5, 0.1)])
def test_the_exact_size_is_the_least_that_is_enough(share: float, half: float) -> None:
    n = cells_needed_exactly(share, half)
    low, high = binomial_interval(round(share * n), n)
    assert high - low <= 2 * half
    low, high = binomial_interval(round(share * (n - 1)), n - 1)
    assert high - low > 2 * half
    assert n >= cells_needed(share, half)


def test_a_class_not_seen_yet_still_needs_cells() -> None:
    assert adequacy(0, 10, 0.02).needed > 500


def test_fields_that_differ_need_as_many_times_the_cells() -> None:
    said = adequacy(10, 200, 0.02, share=0.05, dispersion=2.5)
    assert said.needed == 1143  # 457 two and a half times
    assert "differ 2.5 times as much as by chance" in str(said)
    for dispersion in (0.5, float("inf"), float("nan")):
        with pytest.raises(BadParameter):
            adequacy(10, 200, 0.02, dispersion=dispersion)


def test_differentials_agree_with_fisher_and_newcombe() -> None:
    first, second = [56, 34, 6, 4], [48, 28, 20, 4]
    found = compare_differentials(first, second)
    for a, b, each in zip(first, second, found, strict=True):
        table = [[a, 100 - a], [b, 100 - b]]
        assert each.p_value == pytest.approx(reference.fisher_exact(table).pvalue, rel=1e-9)
    assert not found[2].may_be_the_same
    assert found[3].may_be_the_same
    # Newcombe 1998, table II, case (a), method 10: 56/70 − 48/80.
    (newcombe, _) = compare_differentials([56, 14], [48, 32])
    assert tuple(newcombe.difference) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(a=st.integers(0, 40), b=st.integers(0, 40), n=st.integers(1, 40), m=st.integers(1, 40))
def test_fisher_is_fishers_for_any_counts(a: int, b: int, n: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    each = compare_differentials([a, n - a], [b, m - b])[0]
    assert each.p_value == pytest.approx(reference.fisher_exact([[a, n - a], [b, m - b]]).pvalue, rel=1e-6)


def test_impossible_numbers_are_refused() -> None:
    for call in (
        lambda: share_intervals([-1, 2]),
        lambda: share_intervals([1, 2], 1.5),
        lambda: cells_needed(0.1, 0.0),
        lambda: cells_needed(1.2, 0.1),
        lambda: adequacy(3, 2, 0.1),
        lambda: compare_differentials([1], [1, 2]),
        lambda: compare_differentials([0], [0]),
    ):
        with pytest.raises(BadParameter):
            call()


def test_nothing_counted_leaves_every_share_open() -> None:
    for method in Simultaneous:
        assert [tuple(each) for each in share_intervals([0, 0], method=method)] == [(0.0, 1.0)] * 2
