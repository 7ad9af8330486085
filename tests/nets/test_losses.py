"""Losses against numpy and against what they must reduce to."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.ops import sigmoid_focal_loss

from cellwright.nets.losses import distribution_focal, focal_bce, smooth_labels


def test_focal_loss_without_focus_is_cross_entropy():
    x, t = torch.randn(50), torch.rand(50)
    torch.testing.assert_close(focal_bce(x, t), F.binary_cross_entropy_with_logits(x, t, reduction="none"))


def test_focal_loss_equals_torchvisions_on_hard_labels():
    x, t = torch.randn(50), torch.randint(0, 2, (50,)).float()
    torch.testing.assert_close(focal_bce(x, t, 2.0, 0.25), sigmoid_focal_loss(x, t, 0.25, 2.0))


def test_label_smoothing_moves_half_the_amount_each_way():
    assert smooth_labels(torch.tensor([1]), 3, 0.2).tolist() == [
        [pytest.approx(0.1), pytest.approx(0.9), pytest.approx(0.1)]
    ]
    assert smooth_labels(torch.tensor([0, 2]), 3).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_distribution_loss_equals_a_numpy_version():
    rng = np.random.default_rng(0)
    logits, target = rng.normal(size=(7, 4, 8)), rng.uniform(0, 6.9, (7, 4))
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    low = np.floor(target).astype(int)
    rows, sides = np.indices(low.shape)
    plain = -((low + 1 - target) * np.log(p[rows, sides, low]) + (target - low) * np.log(p[rows, sides, low + 1]))
    got = distribution_focal(torch.tensor(logits), torch.tensor(target))
    np.testing.assert_allclose(got.numpy(), plain.mean(-1), rtol=1e-6)


def test_distribution_loss_is_least_at_the_two_enclosing_bins():
    target = torch.tensor([[2.25] * 4])
    right = torch.full((1, 4, 8), -30.0)
    right[..., 2], right[..., 3] = float(np.log(0.75)), float(np.log(0.25))
    wrong = torch.roll(right, 1, -1)
    assert distribution_focal(right, target) < distribution_focal(wrong, target)


def test_distances_beyond_the_last_bin_do_not_fail():
    assert torch.isfinite(distribution_focal(torch.zeros(1, 4, 8), torch.full((1, 4), 99.0))).all()
