"""Of two views of one object at a seam the surer one stands for it, whatever else the tiles offer."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import Box
from cellwright.inference.candidates import Boxes
from cellwright.inference.seams import merge
from cellwright.inference.tiles import plan_tiles


def boxes(rows, scores):
    return Boxes(np.array(rows, np.float32).reshape(-1, 4), np.zeros(len(rows), np.int16), np.array(scores, np.float32))


@given(own=st.floats(0.0625, 1, width=32), guest=st.floats(0.0625, 1, width=32))
def test_the_surer_of_two_views_counts_once(own, guest):
    left, right = plan_tiles(Box(0, 0, 64, 96), 64, 16)[:2]
    seam = left.owner.x1
    mine = boxes([(20, seam - 12, 40, seam + 10)], [own])
    theirs = boxes([(20, seam - 13, 40, seam + 10)], [guest])
    merged = merge([(left, mine), (right, theirs)])
    assert merged.scores.tolist() == [max(np.float32(own), np.float32(guest))]
    if own == guest:
        assert merged.boxes[0, 1] == seam - 12


@given(st.lists(st.floats(0.0625, 1, width=32), min_size=1, max_size=6), st.floats(0.0625, 0.875, width=32))
def test_lowering_the_floor_hides_nothing(scores, floor):
    left, right = plan_tiles(Box(0, 0, 64, 96), 64, 16)[:2]
    seam = left.owner.x1
    views = [(10 * k, seam - 11 + k % 2, 10 * k + 8, seam + 9) for k in range(len(scores))]
    weak = [0.05] * len(scores)
    high = merge([(left, boxes([], [])), (right, boxes(views, scores))])
    low = merge([(left, boxes(views, weak)), (right, boxes(views, scores))])
    np.testing.assert_array_equal(np.sort(low.scores[low.scores >= floor]), np.sort(high.scores[high.scores >= floor]))
