"""What windows drawn at random say of all: without bias, and held as often as said, in clumps as well."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter
from cellwright.stats import (
    Estimate,
    Interval,
    SampledWindows,
    poisson_interval,
    ratio_interval,
    sampled_total,
    share_dispersion,
    sum_of,
)

TIMES = 1000


@pytest.mark.parametrize(
    ("mean", "clumping", "windows"), [(0.4, 0.0, 60), (0.4, 2.0, 60), (3.0, 0.5, 40)], ids=["rare", "in clumps", "many"]
)
def test_a_total_is_held_as_often_as_said(mean: float, clumping: float, windows: int) -> None:
    rng = np.random.default_rng(4)
    rates = mean * (rng.gamma(1 / clumping, clumping, 600) if clumping else np.ones(600))
    there = [rng.poisson(rates), rng.poisson(2 * rates[:200])]
    truth, held, found = sum(int(each.sum()) for each in there), 0, []
    for _ in range(TIMES):
        drawn = [rng.choice(each, windows, replace=False) for each in there]
        estimate = sampled_total([SampledWindows(len(a), b) for a, b in zip(there, drawn, strict=True)])
        found.append(estimate.value)
        held += truth in estimate.interval
    assert abs(np.mean(found) - truth) < 4 * np.std(found) / math.sqrt(TIMES)
    assert 0.93 <= held / TIMES <= 0.98, "a little on the safe side where finds are rare"


def test_windows_without_a_find_still_leave_room() -> None:
    low, high = sampled_total([SampledWindows(1000, np.zeros(50))]).interval
    assert low == 0
    assert high == pytest.approx(20 * poisson_interval(0).high * math.sqrt(0.95))


def test_whoever_looks_at_every_window_knows_the_total() -> None:
    estimate = sampled_total([SampledWindows(4, [1, 0, 2, 9]), SampledWindows(0, [])])
    assert (estimate.value, *estimate.interval) == (12, 12, 12)


def test_groups_add_up() -> None:
    """By hand: 10 finds on 20 of 100 windows are 50, 1 find on 10 of 30 is 3."""
    groups = [SampledWindows(100, [1] * 10 + [0] * 10), SampledWindows(30, [1] + [0] * 9)]
    assert sampled_total(groups).value == pytest.approx(53)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(0, 50))
def test_the_interval_is_around_the_estimate(counts: list[int], more: int) -> None:
    estimate = sampled_total([SampledWindows(len(counts) + more, counts)])
    assert sum(counts) <= estimate.interval.low <= estimate.value <= estimate.interval.high


def test_impossible_windows_are_refused() -> None:
    for call in (
        lambda: SampledWindows(3, []),
        lambda: SampledWindows(3, [1, 1, 1, 1]),
        lambda: SampledWindows(3, [-1]),
        lambda: sampled_total([]),
        lambda: sampled_total([SampledWindows(3, [1])], 1.0),
    ):
        with pytest.raises(BadParameter):
            call()


# Ratios and shares between fields ------------------------------------------------------------------------------------


def test_a_ratio_is_that_of_the_binomial_share() -> None:
    low, high = ratio_interval(9, 91)
    # Rümke: 9 of 100 are 4.2 to 16.4 %.
    assert (low, high) == pytest.approx((0.0420 / 0.9580, 0.1640 / 0.8360), rel=2e-3)
    assert ratio_interval(0, 100).low == 0
    assert ratio_interval(3, 0).high == math.inf
    with pytest.raises(BadParameter):
        ratio_interval(-1, 3)


def test_a_ratio_is_held_at_least_as_often_as_said() -> None:
    rng = np.random.default_rng(5)
    held = sum(0.1 in ratio_interval(int(rng.poisson(10)), int(rng.poisson(100))) for _ in range(TIMES))
    assert held / TIMES >= 0.945


def test_shares_that_differ_between_fields_are_told_from_chance() -> None:
    rng = np.random.default_rng(6)
    shares = np.array([0.6, 0.3, 0.1])
    chance = [share_dispersion(rng.multinomial(50, shares, 10)) for _ in range(100)]
    assert np.mean([each.ratio for each in chance if each is not None]) == pytest.approx(1, abs=0.05)
    mixed = share_dispersion([rng.multinomial(50, rng.dirichlet(8 * shares)) for _ in range(10)])
    assert mixed is not None
    assert mixed.ratio > 2
    assert mixed.p_value < 0.01
    assert share_dispersion([[3, 4], [0, 0]]) is None
    assert share_dispersion([[3, 0], [4, 0]]) is None
    with pytest.raises(BadParameter):
        share_dispersion([1, 2])


def test_independent_estimates_are_added_by_their_distances() -> None:
    both = sum_of([Estimate(10, Interval(7, 14), "one"), Estimate(5, Interval(1, 8), "other")])
    assert (both.value, *both.interval) == pytest.approx((15, 10, 20))
    assert both.method == "one + other"
    for estimates in ([], [Estimate(1, Interval(0, 2), ""), Estimate(1, Interval(0, 2, 0.9), "")]):
        with pytest.raises(BadParameter):
            sum_of(estimates)
