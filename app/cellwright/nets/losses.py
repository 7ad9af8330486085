"""Losses of the detectors: what a prediction costs against its target. Pure functions of tensors."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def smooth_labels(classes: Tensor, count: int, amount: float = 0.0) -> Tensor:
    """One-hot targets pulled towards one half: 1 - amount/2 for the class, amount/2 for the others.

    Parameters
    ----------
    classes : (T,) int64 tensor
        Class of each target.
    count : int
        Number of classes.
    amount : float
        In [0, 1); 0 gives plain one-hot rows.

    Returns
    -------
    (T, count) float32 tensor
    """
    hot = F.one_hot(classes, count).float()
    return hot * (1 - amount) + amount / 2


def focal_bce(logits: Tensor, targets: Tensor, gamma: float = 0.0, alpha: float = -1.0) -> Tensor:
    """Binary cross-entropy that looks away from what is already right (Lin et al., ICCV 2017, eq. 5).

    Parameters
    ----------
    logits, targets : (...) tensors
        Targets in [0, 1], soft ones allowed (then p_t is their expected agreement).
    gamma : float
        0 is plain cross-entropy; 2 is the published choice.
    alpha : float
        Weight of positives in [0, 1] against 1 - alpha for negatives; below 0 none.

    Returns
    -------
    (...) tensor
        One loss an entry, not reduced.
    """
    loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    if gamma > 0:
        p = logits.sigmoid()
        p_t = p * targets + (1 - p) * (1 - targets)
        loss = loss * (1 - p_t).pow(gamma)
    if alpha >= 0:
        loss = loss * (alpha * targets + (1 - alpha) * (1 - targets))
    return loss


def distribution_focal(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of the two bins that enclose a distance (distribution focal loss, Li et al., NeurIPS 2020, eq. 6).

    Parameters
    ----------
    logits : (T, 4, B) tensor
        Unnormalised weights of the distances 0 … B-1, in cells.
    target : (T, 4) tensor
        True distances in cells, in [0, B-1).

    Returns
    -------
    (T,) tensor
        Mean over the four sides.
    """
    bins = logits.shape[-1]
    target = target.clamp(0, bins - 1 - 1e-3)
    low = target.floor().long()
    share_high = target - low
    log_p = F.log_softmax(logits, dim=-1)
    low_p = log_p.gather(-1, low[..., None]).squeeze(-1)
    high_p = log_p.gather(-1, (low + 1)[..., None]).squeeze(-1)
    return -(low_p * (1 - share_high) + high_p * share_high).mean(-1)
