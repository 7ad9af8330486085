"""Intervals of counts in several fields hold the truth as often as they say, whether or not cells lie in clusters."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from cellwright.core import BadParameter
from cellwright.stats import (
    binomial_interval,
    bootstrap_interval,
    dispersion,
    poisson_interval,
    quasi_poisson_interval,
    share_of_fields_interval,
)

TIMES = 800
# With 800 runs chance alone moves 95 % by less than 0.8 points (one standard error).
LEAST, MOST = 0.93, 0.97


def fields(rng: np.random.Generator, k: int, mean: float, clustering: float) -> tuple[np.ndarray, np.ndarray]:
    """Counts of fields of different size whose rate varies: variance is the mean times 1 + clustering × mean."""
    areas = rng.uniform(0.5, 1.5, k)
    rates = rng.gamma(1 / clustering, clustering, k) if clustering else np.ones(k)
    return rng.poisson(mean * areas * rates), areas


@pytest.mark.parametrize("clustering", [0.0, 0.1], ids=["chance alone", "clustered"])
@pytest.mark.parametrize("method", ["quasi-Poisson", "bootstrap"])
def test_a_rate_is_held_as_often_as_said(method: str, clustering: float) -> None:
    rng = np.random.default_rng(11)
    held = 0
    for run in range(TIMES):
        counts, areas = fields(rng, 25, 20.0, clustering)
        if method == "bootstrap":
            interval = bootstrap_interval(counts, areas, draws=400, seed=run)
        else:
            interval = quasi_poisson_interval(counts, areas)
        held += 20.0 in interval
    assert LEAST <= held / TIMES <= MOST


def test_poisson_misses_clustered_counts_far_too_often() -> None:
    rng = np.random.default_rng(12)
    held = 0
    for _ in range(300):
        counts, areas = fields(rng, 25, 20.0, 0.1)
        held += 20.0 in poisson_interval(int(counts.sum())).scaled(1 / areas.sum())
    assert held / 300 < 0.85


@pytest.mark.parametrize("spread", [None, 40.0], ids=["the same share everywhere", "shares differ by field"])
def test_a_share_is_held_as_often_as_said(spread: float | None) -> None:
    rng = np.random.default_rng(13)
    held = wide = 0
    for run in range(TIMES):
        cells = rng.integers(40, 120, 25)
        shares = np.full(25, 0.2) if spread is None else rng.beta(0.2 * spread, 0.8 * spread, 25)
        counts = rng.binomial(cells, shares)
        interval = bootstrap_interval(counts, cells, is_share=True, draws=400, seed=run)
        held += 0.2 in interval
        within = binomial_interval(int(counts.sum()), int(cells.sum()))
        wide += min(interval.low, within.low) <= 0.2 <= max(interval.high, within.high)
    assert LEAST <= held / TIMES <= MOST
    assert held <= wide <= TIMES * (MOST + 0.01), "widened, a little on the safe side"


def test_pictures_chosen_for_one_cell_each_do_not_make_its_share_sure() -> None:
    """Six pictures of one white cell each, as sets of white cells are taken."""
    ones, cells = [1] * 6, [21, 22, 17, 16, 22, 15]
    low, high = bootstrap_interval(ones, cells, is_share=True)
    assert high - low < 0.02, "they agree with one another"
    assert tuple(share_of_fields_interval(ones, cells)) == tuple(binomial_interval(6, 113))
    differing = [0, 9, 1, 12, 0, 3]
    assert tuple(share_of_fields_interval(differing, cells)) == tuple(
        bootstrap_interval(differing, cells, is_share=True)
    )


def test_dispersion_tells_clusters_from_chance() -> None:
    rng = np.random.default_rng(3)
    chance = [dispersion(*fields(rng, 30, 20.0, 0.0)) for _ in range(200)]
    assert np.mean([each.ratio for each in chance]) == pytest.approx(1, abs=0.05)
    assert 0.01 <= np.mean([each.p_value < 0.05 for each in chance]) <= 0.1
    clustered = [dispersion(*fields(rng, 30, 20.0, 0.2)) for _ in range(50)]
    assert np.mean([each.ratio for each in clustered]) == pytest.approx(5, rel=0.3)
    assert np.mean([each.p_value < 0.05 for each in clustered]) > 0.95


def test_quasi_poisson_is_that_of_a_generalised_linear_model() -> None:
    counts, areas = fields(np.random.default_rng(5), 12, 20.0, 0.3)
    model = sm.GLM(counts, np.ones(12), family=sm.families.Poisson(), exposure=areas)
    fitted = model.fit(scale="X2", use_t=True)
    np.testing.assert_allclose(tuple(quasi_poisson_interval(counts, areas)), np.exp(fitted.conf_int()[0]), rtol=1e-6)
    assert dispersion(counts, areas).ratio == pytest.approx(fitted.scale)


def test_the_same_seed_gives_the_same_interval() -> None:
    counts, areas = fields(np.random.default_rng(5), 12, 20.0, 0.3)
    assert bootstrap_interval(counts, areas, seed=4) == bootstrap_interval(counts, areas, seed=4)
    assert bootstrap_interval(counts, areas, seed=4) != bootstrap_interval(counts, areas, seed=5)


def test_fields_that_agree_or_are_empty_have_an_interval_too() -> None:
    assert tuple(quasi_poisson_interval([0, 0])) == tuple(poisson_interval(0).scaled(0.5))
    assert 10.0 in bootstrap_interval([10, 10, 10])
    assert tuple(bootstrap_interval([0, 0], [50, 50], is_share=True)) == tuple(binomial_interval(0, 100))
    assert tuple(bootstrap_interval([50, 50], [50, 50], is_share=True)) == tuple(binomial_interval(100, 100))


def test_impossible_fields_are_refused() -> None:
    for call in (
        lambda: dispersion([3]),
        lambda: quasi_poisson_interval([3, -1]),
        lambda: bootstrap_interval([3, 4], [1.0, 0.0]),
        lambda: bootstrap_interval([3, 4], [2, 5], is_share=True),
        lambda: bootstrap_interval([3, 4], level=1.0),
    ):
        with pytest.raises(BadParameter):
            call()
