"""Box arithmetic: swaps, overlaps and their bounds, against hand-worked cases and a plain numpy version."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cellwright.nets import boxes as B


def plain_overlap(a, b, kind):
    """One pair, in scalar Python, written from the papers' formulas."""
    iw = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    ih = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    inter = iw * ih
    wa, ha, wb, hb = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    union = wa * ha + wb * hb - inter
    iou = inter / union
    cw, ch = max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1])
    if kind == "iou":
        return iou
    if kind == "giou":
        return iou - (cw * ch - union) / (cw * ch)
    d2 = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    diou = iou - d2 / (cw**2 + ch**2)
    if kind == "diou":
        return diou
    v = 4 / math.pi**2 * (math.atan(wa / ha) - math.atan(wb / hb)) ** 2
    return diou - (v / (1 - iou + v) * v if v else 0.0)


side = st.floats(1, 50)
corner = st.floats(-50, 50)
box = st.tuples(corner, corner, side, side).map(lambda t: (t[0], t[1], t[0] + t[2], t[1] + t[3]))


@pytest.mark.parametrize("kind", ["iou", "giou", "diou", "ciou"])
@given(a=box, b=box)
def test_overlap_equals_the_plain_formula(kind, a, b):
    got = B.overlap(torch.tensor([a], dtype=torch.float64), torch.tensor([b], dtype=torch.float64), kind)
    assert got.item() == pytest.approx(plain_overlap(a, b, kind), abs=1e-6)


@pytest.mark.parametrize("kind", ["iou", "giou", "diou", "ciou"])
@given(a=box)
def test_a_box_overlaps_itself_wholly(kind, a):
    t = torch.tensor([a], dtype=torch.float64)
    assert B.overlap(t, t, kind).item() == pytest.approx(1.0, abs=1e-6)


def test_giou_still_pulls_boxes_that_do_not_touch():
    a = torch.tensor([[0.0, 0, 10, 10]], requires_grad=True)
    B.overlap(a, torch.tensor([[20.0, 0, 30, 10]]), "giou").sum().backward()
    # Moving the box right (x0 and x1 up) raises the overlap.
    assert a.grad[0, 2] > 0
    assert B.overlap(a, torch.tensor([[20.0, 0, 30, 10]]), "giou").item() == pytest.approx(-1 / 3)


@given(st.lists(box, min_size=1, max_size=6), st.lists(box, min_size=1, max_size=6))
def test_pairwise_iou_is_the_overlap_of_every_pair(left, right):
    table = B.pairwise_iou(torch.tensor(left, dtype=torch.float64), torch.tensor(right, dtype=torch.float64)).numpy()
    plain = np.array([[plain_overlap(a, b, "iou") for b in right] for a in left])
    np.testing.assert_allclose(table, plain, atol=1e-9)


@given(st.lists(box, min_size=1, max_size=6))
def test_swapping_and_recentring_go_there_and_back(rows):
    t = torch.tensor(rows, dtype=torch.float64)
    assert torch.equal(B.xyxy_from_yxyx(B.yxyx_from_xyxy(t)), t)
    torch.testing.assert_close(B.xyxy_from_cxcywh(B.cxcywh_from_xyxy(t)), t)


def test_a_known_box_in_every_convention():
    xyxy = torch.tensor([[2.0, 1.0, 6.0, 4.0]])
    assert B.yxyx_from_xyxy(xyxy).tolist() == [[1.0, 2.0, 4.0, 6.0]]
    assert B.cxcywh_from_xyxy(xyxy).tolist() == [[4.0, 2.5, 4.0, 3.0]]
