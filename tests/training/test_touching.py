"""Pixels that touch: both sides of a meeting, nothing of the ground."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cellwright.training.crops import OUTSIDE
from cellwright.training.touching import INSIDE, TOUCHING, touching_classes


def test_two_halves_touch_along_their_line():
    labels = np.repeat([[1, 1, 1, 1, 2, 2, 2, 0]], 5, 0).astype(np.int32)
    one, two = (touching_classes(labels, reach)[2].tolist() for reach in (1, 2))
    assert one == [INSIDE] * 3 + [TOUCHING] * 2 + [INSIDE] * 2 + [0]
    assert two == [INSIDE] * 2 + [TOUCHING] * 4 + [INSIDE] + [0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_objects_stay_whole_and_the_ground_stays_ground(seed, reach):
    labels = np.random.default_rng(seed).integers(-1, 4, (12, 12)).astype(np.int32)
    classes = touching_classes(labels, reach)
    assert ((classes > 0) == (labels > 0)).all()
    assert ((classes == OUTSIDE) == (labels == OUTSIDE)).all()


@given(st.integers(0, 2**32 - 1))
def test_insides_of_neighbours_are_apart(seed):
    from scipy.ndimage import label

    blocks = np.random.default_rng(seed).permutation(np.arange(1, 17)).reshape(4, 4)
    labels = np.kron(blocks, np.ones((6, 6), int)).astype(np.int32)
    assert label(touching_classes(labels, 1) == INSIDE, np.ones((3, 3)))[1] == 16


def test_an_object_alone_touches_nothing():
    labels = np.zeros((20, 20), np.int32)
    labels[5:10, 5:10] = 7
    assert TOUCHING not in touching_classes(labels, 3)
