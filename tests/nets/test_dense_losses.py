"""Losses of pixels and stars against numbers worked out by hand, numpy, and what they must reduce to."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import BadParameter
from cellwright.nets.dense_heads import StarsHead
from cellwright.nets.dense_losses import (
    border_weights,
    class_loss,
    dice_loss,
    distance_loss,
    polar_iou_loss,
    probability_loss,
    tversky_loss,
)
from cellwright.nets.truth import StarTruth


def some_pixels():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 4, 5, 6, generator=generator)
    return logits, torch.randint(0, 4, (2, 5, 6), generator=generator), torch.rand(2, 5, 6, generator=generator)


def test_class_loss_without_focus_is_torchs_cross_entropy():
    logits, classes, _ = some_pixels()
    torch.testing.assert_close(class_loss(logits, classes), F.cross_entropy(logits, classes))
    weights = [0.5, 1.0, 2.0, 0.0]
    torch.testing.assert_close(
        class_loss(logits, classes, class_weights=weights),
        F.cross_entropy(logits, classes, torch.tensor(weights)),
    )
    unjudged = classes.clone()
    unjudged[:, :2] = -1
    torch.testing.assert_close(class_loss(logits, unjudged), F.cross_entropy(logits, unjudged, ignore_index=-1))


def test_class_loss_weighs_pixels_and_looks_away_from_what_is_right():
    logits, classes, weight = some_pixels()
    z, t, w = logits.double().numpy(), classes.numpy(), weight.double().numpy()
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    p_t = np.take_along_axis(p, t[:, None], 1)[:, 0]
    plain = (w * (1 - p_t) ** 2 * -np.log(p_t)).sum() / w.sum()
    assert class_loss(logits, classes, weight, gamma=2.0).item() == pytest.approx(plain, rel=1e-5)


def test_a_batch_that_nobody_judged_costs_nothing():
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)
    nothing = torch.full((1, 4, 4), -1)
    loss = class_loss(logits, nothing, gamma=1.0) + dice_loss(logits.softmax(1), nothing)
    loss.backward()
    assert torch.isfinite(logits.grad).all()
    assert loss.item() == 0


def test_focal_gradients_are_finite_where_the_answer_is_perfect():
    logits = torch.tensor([[[50.0]], [[-50.0]]]).reshape(1, 2, 1, 1).requires_grad_()
    class_loss(logits, torch.zeros(1, 1, 1, dtype=torch.long), gamma=0.5).backward()
    assert torch.isfinite(logits.grad).all()


def test_dice_of_masks_that_can_be_counted():
    # 3 pixels found, 2 true, 1 shared: Dice 2·1/(3+2) = 0.4; of 4 pixels the background shares 0: 2·0/(1+2) = 0.
    found, truth = torch.tensor([[[1, 1, 1, 0]]]), torch.tensor([[[1, 0, 0, 1]]])
    p = F.one_hot(found, 2).movedim(-1, 1).float()
    assert dice_loss(p, truth, skip_background=True, smooth=0.0).item() == pytest.approx(0.6)
    assert dice_loss(p, truth, smooth=0.0).item() == pytest.approx(1 - (0.4 + 0) / 2)
    # Unjudged pixels are as if they were not there: 2 found, 1 true, 1 shared: 2·1/(2+1).
    unjudged = torch.tensor([[[1, 0, -1, -1]]])
    assert dice_loss(p, unjudged, skip_background=True, smooth=0.0).item() == pytest.approx(1 / 3)


def test_dice_is_zero_for_the_truth_itself_and_classes_nobody_has_cost_nothing():
    truth = torch.tensor([[[0, 1, 1, 0]]])
    p = F.one_hot(truth, 3).movedim(-1, 1).float()
    assert dice_loss(p, truth).item() == pytest.approx(0)


def test_tversky_prices_missed_pixels_as_told():
    # TP 1, FP 2, FN 1.
    p = F.one_hot(torch.tensor([[[1, 1, 1, 0]]]), 2).movedim(-1, 1).float()
    truth = torch.tensor([[[1, 0, 0, 1]]])
    loss = tversky_loss(p, truth, 0.3, 0.7, skip_background=True, smooth=0.0)
    assert loss.item() == pytest.approx(1 - 1 / (1 + 0.3 * 2 + 0.7 * 1))


def plain_border_weights(labels, peak, sigma):
    """Ronneberger's eq. 2, one cell and one pixel at a time."""
    rows, columns = labels.shape
    cells = [np.argwhere(labels == value) for value in np.unique(labels[labels != 0])]
    w = np.ones(labels.shape)
    for y in range(rows):
        for x in range(columns):
            d = sorted(np.sqrt(((cell - (y, x)) ** 2).sum(1)).min() for cell in cells)
            if len(d) > 1:
                w[y, x] += peak * np.exp(-((d[0] + d[1]) ** 2) / (2 * sigma**2))
    return w


def test_border_weights_of_a_picture_that_can_be_counted():
    labels = np.array([[7, 0, 0, 300]])
    # Between them d₁ + d₂ = 1 + 2; on each cell 0 + 3.
    expected = 1 + 10 * np.exp(-9 / 2)
    np.testing.assert_allclose(border_weights(labels, 10, 1.0), np.full((1, 4), expected), rtol=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.sampled_from([1.0, 3.0, 5.0]))
def test_border_weights_equal_the_formula(seed, cells, sigma):
    rng = np.random.default_rng(seed)
    labels = np.zeros((14, 17), np.int64)
    for value in range(1, cells + 1):
        y, x = rng.integers(0, 14), rng.integers(0, 17)
        labels[y : y + rng.integers(1, 5), x : x + rng.integers(1, 5)] = value * 1000
    got = border_weights(labels, 10.0, sigma)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, plain_border_weights(labels, 10.0, sigma), atol=1e-4)


def test_one_cell_alone_has_no_border_to_learn_and_the_balance_is_kept():
    labels = np.zeros((8, 8), np.int32)
    labels[2:5, 2:5] = 1
    balance = np.where(labels > 0, 3.0, 0.5)
    np.testing.assert_allclose(border_weights(labels, balance=balance), balance)
    np.testing.assert_allclose(border_weights(np.zeros((4, 4), np.uint16)), 1)
    np.testing.assert_allclose(border_weights(np.ones((4, 4), np.uint16)), 1)


def test_distance_loss_counts_points_by_their_probability_and_leaves_background_out():
    wanted, found = torch.zeros(1, 2, 1, 3), torch.zeros(1, 2, 1, 3)
    probability = torch.tensor([1.0, 0.25, 0.0]).reshape(1, 1, 1, 3)
    wanted[0, :, 0, 0], found[0, :, 0, 0] = torch.tensor([4.0, 6.0]), torch.tensor([5.0, 3.0])  # mean error 2
    wanted[0, :, 0, 1], found[0, :, 0, 1] = 2.0, 6.0  # mean error 4
    found[0, :, 0, 2] = 1000.0  # background
    expected = (1 * 2 + 0.25 * 4) / 1.25
    assert distance_loss(found, wanted, probability, background=0.0).item() == pytest.approx(expected)
    held = 1e-4 * (0 * 4 + 0.75 * 6 + 1 * 1000) / 3
    assert distance_loss(found, wanted, probability).item() == pytest.approx(expected + held)


def test_polar_iou_is_the_log_of_union_over_intersection():
    wanted, found = torch.full((1, 4, 1, 2), 2.0), torch.full((1, 4, 1, 2), 2.0)
    found[0, :, 0, 0] = torch.tensor([1.0, 2.0, 4.0, 2.0])  # Σmax 2+2+4+2 = 10, Σmin 1+2+2+2 = 7
    probability = torch.tensor([0.5, 0.0]).reshape(1, 1, 1, 2)
    assert polar_iou_loss(found, wanted, probability).item() == pytest.approx(np.log(10 / 7), rel=1e-6)
    assert polar_iou_loss(wanted, wanted, probability).item() == 0
    assert torch.isfinite(polar_iou_loss(found, torch.zeros_like(found), torch.zeros(1, 1, 1, 2)))


def test_a_picture_without_objects_teaches_that_there_is_none():
    logit = torch.zeros(1, 1, 4, 4, requires_grad=True)
    nothing = torch.zeros(1, 1, 4, 4)
    probability_loss(logit, nothing).backward()
    assert (logit.grad > 0).all()
    distances = torch.rand(1, 8, 4, 4, requires_grad=True)
    distance_loss(distances, torch.zeros(1, 8, 4, 4), nothing).backward()
    assert torch.isfinite(distances.grad).all()


def test_the_class_of_background_points_is_not_judged():
    torch.manual_seed(0)
    head = StarsHead(4, 1, rays=4, classes=2)
    raw = torch.randn(1, 7, 3, 3)
    probability = torch.ones(1, 1, 3, 3)
    probability[..., 0] = 0
    classes = torch.ones(1, 3, 3, dtype=torch.long)
    classes[..., 0] = -1
    other = raw.clone()
    other[:, 5:, :, 0] += torch.randn(1, 2, 3)
    truth = StarTruth(probability, torch.rand(1, 4, 3, 3), classes)
    torch.testing.assert_close(head.loss(raw, truth).parts["class"], head.loss(other, truth).parts["class"])
    with pytest.raises(BadParameter, match="truth has none"):
        head.loss(raw, truth._replace(classes=None))
