"""Exact intervals against published tables, against scipy's distributions, and by their coverage."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from cellwright.core import BadParameter
from cellwright.stats import Interval, binomial_interval, poisson_interval, rate_interval


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Rümke's table for differential counts, in per cent.
    [(9, 100, 4.2, 16.4), (5, 100, 1.6, 11.3), (0, 100, 0.0, 3.6), (1, 100, 0.0, 5.4), (50, 100, 39.8, 60.2)],
)
def test_shares_agree_with_the_table_of_ruemke(k: int, n: int, low: float, high: float) -> None:
    interval = binomial_interval(k, n)
    assert (round(100 * interval.low, 1), round(100 * interval.high, 1)) == (low, high)


@pytest.mark.parametrize(
    ("k", "low", "high"),
    # Garwood's table, 95 %.
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (2, 0.242, 7.225), (5, 1.623, 11.668), (10, 4.795, 18.390)],
)
def test_counts_agree_with_the_table_of_garwood(k: int, low: float, high: float) -> None:
    interval = poisson_interval(k)
    assert interval.low == pytest.approx(low, abs=6e-4)
    assert interval.high == pytest.approx(high, abs=6e-4)


@given(n=st.integers(0, 100_000), data=st.data(), level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_shares_equal_the_beta_quantiles(n: int, data: st.DataObject, level: float) -> None:
    k = data.draw(st.integers(0, n))
    low, high = binomial_interval(k, n, level)
    tail = (1 - level) / 2
    assert low == pytest.approx(reference.beta.ppf(tail, k, n - k + 1) if k else 0.0, rel=1e-9)
    assert high == pytest.approx(reference.beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0, rel=1e-9)
    assert 0 <= low <= (k / n if n else 0.5) <= high <= 1


@given(k=st.integers(0, 1_000_000), level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_counts_equal_the_chi_square_quantiles(k: int, level: float) -> None:
    low, high = poisson_interval(k, level)
    tail = (1 - level) / 2
    assert low == pytest.approx(reference.chi2.ppf(tail, 2 * k) / 2 if k else 0.0, rel=1e-9)
    assert high == pytest.approx(reference.chi2.ppf(1 - tail, 2 * k + 2) / 2, rel=1e-9)
    assert low <= k <= high


@pytest.mark.parametrize("n", [10, 37, 100])
def test_intervals_of_shares_hold_the_truth_as_often_as_promised(n: int) -> None:
    intervals = [binomial_interval(k, n) for k in range(n + 1)]
    for share in np.linspace(0.001, 0.999, 97):
        chance = reference.binom.pmf(np.arange(n + 1), n, share)
        held = sum(c for c, interval in zip(chance, intervals, strict=True) if share in interval)
        assert held >= 0.95 - 1e-9


@pytest.mark.parametrize("mean", [0.05, 0.7, 3.0, 12.5, 60.0])
def test_intervals_of_counts_hold_the_truth_as_often_as_promised(mean: float) -> None:
    counts = np.arange(300)
    chance = reference.poisson.pmf(counts, mean)
    held = sum(c for k, c in zip(counts, chance, strict=True) if mean in poisson_interval(int(k)))
    assert held >= 0.95 - 1e-9


@given(k=st.integers(0, 1000), n=st.integers(1, 1000))
def test_the_share_of_the_others_has_the_mirrored_interval(k: int, n: int) -> None:
    k = min(k, n)
    a, b = binomial_interval(k, n), binomial_interval(n - k, n)
    assert (a.low, a.high) == pytest.approx((1 - b.high, 1 - b.low), abs=1e-12)


def test_more_cells_make_the_interval_narrower() -> None:
    widths = [high - low for low, high in (binomial_interval(n // 5, n) for n in (50, 500, 5000))]
    assert widths == sorted(widths, reverse=True)


def test_nothing_counted_leaves_every_share_possible() -> None:
    assert tuple(binomial_interval(0, 0)) == (0.0, 1.0)


def test_a_rate_is_the_count_per_area() -> None:
    low, high = rate_interval(10, 0.25)
    assert (low, high) == pytest.approx((4 * 4.795, 4 * 18.390), abs=5e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: binomial_interval(5, 4),
        lambda: binomial_interval(-1, 4),
        lambda: binomial_interval(1, 4, level=1.0),
        lambda: binomial_interval(1, 4, level=math.nan),
        lambda: poisson_interval(-1),
        lambda: rate_interval(3, 0.0),
        lambda: rate_interval(3, math.nan),
        lambda: rate_interval(3, math.inf),
    ],
)
def test_impossible_numbers_are_refused(call: object) -> None:
    with pytest.raises(BadParameter):
        call()  # type: ignore[operator]


def test_an_interval_unpacks_and_knows_what_lies_inside() -> None:
    interval = Interval(1.0, 2.0)
    assert tuple(interval) == (1.0, 2.0)
    assert 1.5 in interval
    assert 2.5 not in interval


def test_importing_the_room_loads_no_scipy() -> None:
    code = "import sys, cellwright.stats; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
