"""Scores of named pictures: counted by hand, and temperatures that bring a known one back."""

import numpy as np
import pytest

from cellwright.core import BadParameter
from cellwright.evaluate import class_scores_of, coverage_at, fit_shared_temperature, least_for
from cellwright.inference.decoders.picture import calibrated_shares

NAMES = ("a", "b", "c")
P = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.4, 0.35, 0.25], [0.9, 0.05, 0.05]])
TRUE = [0, 0, 1, 1, 0]


def test_five_pictures_are_scored_as_by_hand():
    scores = class_scores_of(P, TRUE, NAMES)
    assert scores.confusion.tolist() == [[3, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert (scores.right, scores.pictures) == (4, 5)
    assert scores.accuracy == pytest.approx(0.8)
    assert scores.balanced_accuracy == pytest.approx((1 + 0.5) / 2)
    np.testing.assert_allclose(scores.precision, [3 / 4, 1, np.nan])
    np.testing.assert_allclose(scores.recall, [1, 1 / 2, np.nan])
    np.testing.assert_allclose(scores.f1, [6 / 7, 2 / 3, np.nan])
    assert scores.log_loss == pytest.approx(-np.log([0.8, 0.6, 0.7, 0.35, 0.9]).mean())
    # One picture a bin: the error is the mean of |1 - p| of the right ones and p of the wrong one.
    assert scores.ece == pytest.approx((0.2 + 0.4 + 0.3 + 0.4 + 0.1) / 5)


def test_naming_fewer_names_more_rightly():
    everything, sure = coverage_at(P, TRUE, 0.0), coverage_at(P, TRUE, 0.5)
    assert (everything.named, everything.right, sure.named, sure.right) == (5, 4, 4, 4)
    assert sure.coverage == pytest.approx(0.8) and sure.accuracy == 1.0
    # 0.45 is the first step above the 0.4 of the one that is wrong.
    assert least_for(P, TRUE, 0.99).least == pytest.approx(0.45)
    assert least_for(P, TRUE, 0.8).least == pytest.approx(0.3)


def test_where_nothing_is_right_enough_the_best_is_taken():
    assert least_for([[0.9, 0.1], [0.6, 0.4]], [1, 0], 0.9).accuracy == pytest.approx(0.5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_a_known_temperature_is_found_again(temperature):
    rng = np.random.default_rng(4)
    true = rng.dirichlet([1, 1, 1], 4000)
    kinds = (true.cumsum(1) < rng.random((4000, 1))).sum(1)
    told = calibrated_shares(true.astype(np.float32), 1 / temperature)
    assert fit_shared_temperature(told, kinds) == pytest.approx(temperature, rel=0.08)


def test_calibration_keeps_the_order_and_the_sum():
    p = np.random.default_rng(0).dirichlet([1, 1, 1, 1], 50).astype(np.float32)
    for temperature in (0.3, 1.0, 4.0):
        told = calibrated_shares(p, temperature)
        np.testing.assert_allclose(told.sum(1), 1, rtol=1e-5)
        assert (told.argmax(1) == p.argmax(1)).all()
    np.testing.assert_allclose(calibrated_shares(p, 1.0), p, rtol=1e-4)


@pytest.mark.parametrize(("p", "true"), [(P, [0]), (P, [0, 0, 1, 1, 3]), (P * 2, TRUE)])
def test_numbers_that_do_not_fit_are_refused(p, true):
    with pytest.raises(BadParameter):
        class_scores_of(p, true, NAMES)


def test_no_pictures_are_no_numbers():
    scores = class_scores_of(np.empty((0, 3)), [], NAMES)
    assert scores.pictures == 0 and np.isnan(scores.accuracy) and np.isnan(scores.balanced_accuracy)
    assert fit_shared_temperature(np.empty((0, 3)), []) == 1.0
