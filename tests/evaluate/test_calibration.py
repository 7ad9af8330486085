"""Scores that mean what they say: known temperatures are found again, and honesty never gets worse."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from cellwright.core import BadParameter
from cellwright.evaluate import apply_temperature, fit_calibration, fit_temperature, match, reliability
from cellwright.evaluate.calibration import TEMPERATURE_RANGE
from cellwright.evaluate.reliability import log_loss


def honest(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and outcomes where 0.8 means eight in ten."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.7, 0.7, n)
    return p, rng.random(n) < p


@pytest.mark.parametrize("temperature", [0.4, 1.0, 1.7, 3.0])
def test_a_known_temperature_is_found_again(temperature: float) -> None:
    p, right = honest(60_000)
    extreme = apply_temperature(p, 1 / temperature)
    assert fit_temperature(extreme, right) == pytest.approx(temperature, rel=0.05)


@given(seed=st.integers(0, 1000), n=st.integers(30, 300), skew=st.floats(0.3, 3))
def test_the_fit_is_that_of_a_general_minimiser(seed: int, n: int, skew: float) -> None:
    p, right = honest(n, seed)
    p = apply_temperature(p, skew)
    fitted = fit_temperature(p, right)
    y = right.astype(float)
    if 0 < y.sum() < n:
        result = minimize_scalar(
            lambda t: log_loss(apply_temperature(p, t), y), bounds=TEMPERATURE_RANGE, method="bounded"
        )
        assert log_loss(apply_temperature(p, fitted), y) <= result.fun + 1e-9
        assert log_loss(apply_temperature(p, fitted), y) <= log_loss(p, y) + 1e-12
    else:
        assert fitted == 1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50), st.floats(0.1, 10))
def test_a_temperature_keeps_the_order_and_can_be_undone(scores: list[float], temperature: float) -> None:
    ordered = np.sort(scores)
    scaled = apply_temperature(ordered, temperature)
    assert (np.diff(scaled) >= 0).all()
    assert ((scaled >= 0) & (scaled <= 1)).all()
    inner = np.clip(ordered, 0.01, 0.99)
    np.testing.assert_allclose(apply_temperature(apply_temperature(inner, 0.9), 1 / 0.9), inner, atol=1e-9)


@pytest.mark.parametrize(
    ("scores", "right"),
    [([], []), ([0.9] * 29, [True] * 14 + [False] * 15), ([0.9] * 99, [True] * 99), ([0.1] * 99, [False] * 99)],
)
def test_too_little_to_say_leaves_the_scores_alone(scores: list[float], right: list[bool]) -> None:
    assert fit_temperature(scores, right) == 1.0


def test_scores_that_say_nothing_stop_at_the_end_of_the_range() -> None:
    p, _ = honest(500)
    assert fit_temperature(p, np.random.default_rng(1).random(500) < 0.5) <= TEMPERATURE_RANGE[1]
    assert fit_temperature(p, p < 0.5) == TEMPERATURE_RANGE[1]
    assert fit_temperature(p, p > 0.5) == TEMPERATURE_RANGE[0]


def test_reliability_checked_by_hand() -> None:
    table = reliability([0.1, 0.15, 0.9, 0.9, 1.0, 0.0], [False, True, True, False, True, False], bins=2)
    assert table.counts.tolist() == [3, 3]
    np.testing.assert_allclose(table.confidence, [0.25 / 3, 2.8 / 3])
    np.testing.assert_allclose(table.accuracy, [1 / 3, 2 / 3])
    assert table.expected_calibration_error == pytest.approx(0.5 * 0.25 + 0.5 * 0.8 / 3)
    assert table.maximum_calibration_error == pytest.approx(0.8 / 3)
    assert table.brier == pytest.approx((0.01 + 0.7225 + 0.01 + 0.81) / 6)


def test_honest_scores_have_a_small_error_and_extreme_ones_a_large_one() -> None:
    p, right = honest(20_000)
    assert reliability(p, right).expected_calibration_error < 0.02
    extreme = apply_temperature(p, 0.3)
    assert reliability(extreme, right).expected_calibration_error > 0.08


def test_nothing_found_has_no_error() -> None:
    table = reliability([], [])
    assert math.isnan(table.expected_calibration_error)
    assert math.isnan(table.maximum_calibration_error)
    assert table.to_dict()["ece"] is None
    json.dumps(table.to_dict(), allow_nan=False)


def test_a_class_is_calibrated_on_what_was_matched(make_pictures: Any) -> None:
    found, truths = make_pictures(0, n_pictures=60)
    matches = match(found, truths, 4)
    fitted = fit_calibration(matches, ["WBC", "RBC", "PLT", "absent"])
    for c, calibration in enumerate(fitted[:3]):
        outcome = matches.outcome[0, matches.of_class(c)]
        assert (calibration.detections, calibration.right) == (len(outcome), int((outcome == 1).sum()))
        assert calibration.is_fitted
        assert calibration.after.log_loss <= calibration.before.log_loss
        assert calibration.after.log_loss <= calibration.held_out.log_loss + 1e-9
        assert calibration.held_out.counts.sum() == len(outcome)
    assert not fitted[3].is_fitted
    assert fitted[3].temperature == 1
    json.dumps([calibration.to_dict() for calibration in fitted], allow_nan=False)


def test_detections_on_crowds_and_below_the_floor_are_left_out(make_pictures: Any) -> None:
    found, truths = make_pictures(0, n_pictures=30, crowd_share=0.4)
    matches = match(found, truths, 3, [0.5])
    fitted = fit_calibration(matches, ["WBC", "RBC", "PLT"], floor=0.5)
    kept = (matches.outcome[0] != 2) & (matches.scores >= 0.5)
    assert sum(c.detections for c in fitted) == int(kept.sum())
    assert all(c.before.counts[:4].sum() == 0 for c in fitted)


@pytest.mark.parametrize(
    "call",
    [
        lambda: fit_temperature([0.5], [True, False]),
        lambda: fit_temperature([1.5], [True]),
        lambda: fit_temperature([math.nan], [True]),
        lambda: apply_temperature([0.5], 0.0),
        lambda: reliability([0.5], [True], bins=0),
        lambda: fit_calibration(match([], [], 1, [0.5]), ["a", "b"]),
        lambda: fit_calibration(match([], [], 1, [0.75]), ["a"]),
    ],
)
def test_what_cannot_be_calibrated_is_refused(call: Any) -> None:
    with pytest.raises(BadParameter):
        call()
