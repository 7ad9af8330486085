"""The simulation of a cluster keeps the laws that any cluster keeps, and agrees with cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cluster_simulation import AHEAD, THREADS, Load, simulate, where_the_time_goes

FREE = Load(1, 1, 10, 1, 1.0, 0.0, 1e9, 0.0, 0.0, 0.0, 0.0, 0.0)


def seconds(load: Load, seed: int = 0) -> float:
    return simulate(load, seed).hours * 3600


def test_cases_that_can_be_worked_out_by_hand() -> None:
    assert seconds(FREE) == pytest.approx(10.0)  # ten tiles, one after the other
    assert seconds(replace(FREE, workers=5)) == pytest.approx(2.0)
    assert seconds(replace(FREE, workers=64)) == pytest.approx(1.0)
    assert seconds(replace(FREE, block=4)) == pytest.approx(12.0)  # three blocks, the last as long as the others
    assert seconds(replace(FREE, slides=3, plan_s=2.0, finish_s=1.0)) == pytest.approx(39.0)
    # The second slide's fingerprint is taken while the first is counted; only the first one's is waited for.
    assert seconds(replace(FREE, slides=3, fingerprint_s=7.0)) == pytest.approx(37.0)
    # A store that serves one read of two seconds after the other.
    assert seconds(replace(FREE, workers=64, read_mb=2.0, store_mb_s=1.0)) == pytest.approx(21.0)


@settings(max_examples=25)
@given(
    slides=st.integers(1, 4),
    workers=st.integers(1, 6),
    tiles=st.integers(1, 60),
    block=st.integers(1, 9),
    at_once=st.integers(1, 3),
    deaths=st.sampled_from([0.0, 0.004]),
)
def test_every_block_is_answered_once_within_the_window_and_no_faster_than_its_work(
    slides: int, workers: int, tiles: int, block: int, at_once: int, deaths: float
) -> None:
    load = Load(slides, workers, tiles, block, 0.5, 0.1, 10.0, 1.0, 0.5, 0.5, 0.01, 0.02, at_once, deaths, 5.0)
    found = simulate(load, seed=3)
    blocks = slides * -(-tiles // block)
    assert found.answered == blocks
    assert found.most_under_way <= AHEAD * THREADS * workers
    assert found.hours * 3600 >= blocks * block * 0.5 / workers
    assert 0 < found.busy <= 1 and found.driver <= 1 and found.store <= 1


def test_deaths_cost_time_and_no_block() -> None:
    load = replace(FREE, slides=4, workers=4, tiles=400, block=4, hours_between_deaths=0.02)
    found = simulate(load)
    assert found.lost_blocks > 0 and found.answered == simulate(replace(load, hours_between_deaths=0.0)).answered
    assert found.hours > simulate(replace(load, hours_between_deaths=0.0)).hours


def test_slides_side_by_side_hide_planning() -> None:
    load = replace(FREE, slides=6, workers=2, plan_s=5.0)
    # The driver plans one slide while the workers have the other; what they send waits for it meanwhile.
    assert seconds(replace(load, at_once=2)) < seconds(load) - 10


def test_leaving_a_cost_out_never_makes_it_longer() -> None:
    load = Load(3, 4, 80, 4, 0.2, 0.5, 5.0, 2.0, 1.0, 1.0, 0.05, 0.05)
    told = where_the_time_goes(load)
    assert all(each.hours <= told["as it is"].hours + 1e-9 for each in told.values())
