"""Losses of networks that answer for every pixel: classes of pixels and star-convex objects. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor


def class_loss(
    logits: Tensor,
    classes: Tensor,
    weight: Tensor | None = None,
    class_weights: Sequence[float] | None = None,
    gamma: float = 0.0,
) -> Tensor:
    """Cross-entropy of each pixel's class, weighted, and focal where `gamma` says so (Lin et al., ICCV 2017, eq. 4).

    Parameters
    ----------
    logits : (N, K, ...) tensor
        Unnormalised class scores.
    classes : (N, ...) int64 tensor
        0 … K-1; -1 is not judged.
    weight : (N, ...) tensor, optional
        How much each pixel counts, ≥ 0.
    class_weights : sequence of K floats, optional
        How much each class counts.
    gamma : float
        0 is plain cross-entropy; above it, pixels that are already right count less.

    Returns
    -------
    scalar tensor
        Weighted mean over the judged pixels; 0 where none is judged.
    """
    judged = classes >= 0
    classes = classes.clamp(min=0)
    log_p = F.log_softmax(logits, 1).gather(1, classes[:, None]).squeeze(1)  # (N, ...)
    loss = -log_p
    if gamma > 0:
        loss = loss * (-log_p.expm1()).clamp(min=1e-6).pow(gamma)  # 0 to a power below 1 has no slope
    counts = judged.to(loss.dtype)
    if weight is not None:
        counts = counts * weight
    if class_weights is not None:
        counts = counts * torch.as_tensor(class_weights, dtype=loss.dtype, device=loss.device)[classes]
    return (loss * counts).sum() / counts.sum().clamp(min=1e-6)


def tversky_loss(
    probabilities: Tensor,
    classes: Tensor,
    alpha: float = 0.5,
    beta: float = 0.5,
    *,
    skip_background: bool = False,
    smooth: float = 1.0,
) -> Tensor:
    """One minus the Tversky index TP / (TP + α·FP + β·FN) of soft masks (Salehi et al., MLMI 2017, eq. 2).

    Counts are pooled over the batch, which keeps pictures without a class from shaking the loss; the mean is over
    classes. α = β = ½ is Dice.

    Parameters
    ----------
    probabilities : (N, K, ...) tensor
        Of each class, in [0, 1].
    classes : (N, ...) int64 tensor
        0 … K-1; -1 is not judged.
    alpha, beta : float
        Prices of a false and of a missed pixel.
    skip_background : bool
        Leave class 0 out of the mean.
    smooth : float
        Added above and below, in pixels: a class that is neither there nor predicted costs nothing.

    Returns
    -------
    scalar tensor
        In [0, 1].
    """
    k = probabilities.shape[1]
    judged = (classes >= 0).to(probabilities.dtype)[:, None]  # (N, 1, ...)
    truth = F.one_hot(classes.clamp(min=0), k).movedim(-1, 1).to(probabilities.dtype) * judged  # (N, K, ...)
    p = probabilities * judged
    over = [d for d in range(p.ndim) if d != 1]
    hit = (p * truth).sum(over)  # (K,)
    wrong, missed = p.sum(over) - hit, truth.sum(over) - hit
    index = (hit + smooth) / (hit + alpha * wrong + beta * missed + smooth).clamp(min=1e-7)
    return 1 - index[1 if skip_background and k > 1 else 0 :].mean()


def dice_loss(probabilities: Tensor, classes: Tensor, *, skip_background: bool = False, smooth: float = 1.0) -> Tensor:
    """One minus the soft Dice coefficient 2·Σpt / (Σp + Σt), mean over classes (after Milletari et al., 3DV 2016).

    Parameters
    ----------
    probabilities : (N, K, ...) tensor
        Of each class, in [0, 1].
    classes : (N, ...) int64 tensor
        0 … K-1; -1 is not judged.
    skip_background : bool
        Leave class 0 out of the mean.
    smooth : float
        Added above and below, in pixels of half the sum of both masks; see `tversky_loss`.

    Returns
    -------
    scalar tensor
        In [0, 1].
    """
    return tversky_loss(probabilities, classes, 0.5, 0.5, skip_background=skip_background, smooth=smooth)


def border_weights(
    labels: NDArray[np.integer], peak: float = 10.0, sigma: float = 5.0, balance: NDArray[np.floating] | None = None
) -> NDArray[np.float32]:
    """Weigh pixels between neighbouring cells up, so that a network learns to part them (Ronneberger et al. 2015).

    w(x) = w_c(x) + w₀·exp(-(d₁(x) + d₂(x))² / 2σ²), eq. 2, where d₁ and d₂ are the distances to the nearest and to the
    second nearest cell. Terms below w₀·4·10⁻⁶ (cells further than 5σ away) are left out, which makes the cost depend on
    the cells' areas and not on their number times the picture.

    Parameters
    ----------
    labels : (H, W) int ndarray
        0 is background, every other value one cell.
    peak : float
        w₀, the weight added where two cells touch.
    sigma : float
        σ in pixels.
    balance : (H, W) float ndarray, optional
        w_c, which evens out how often classes occur; 1 everywhere if not given.

    Returns
    -------
    (H, W) ndarray of float32
    """
    nearest, second = _two_nearest(labels, math.ceil(5 * sigma))
    base = np.ones(labels.shape) if balance is None else np.asarray(balance, np.float64)
    reach = np.exp(-((nearest + second) ** 2) / (2 * sigma**2))
    return np.asarray(base + peak * reach, np.float32)


def _two_nearest(labels: NDArray[np.integer], reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances (H, W) to the nearest and second nearest cell, 0 inside a cell, inf beyond `reach`."""
    from scipy.ndimage import distance_transform_edt, find_objects

    nearest, second = np.full(labels.shape, np.inf), np.full(labels.shape, np.inf)
    # Found by rank: label values may be large and far apart.
    values, ranks = np.unique(labels, return_inverse=True)
    ranks = ranks.reshape(labels.shape) + int(values[0] != 0)
    for rank, box in enumerate(find_objects(ranks.astype(np.int32)), start=1):
        near = tuple(slice(max(0, part.start - reach), part.stop + reach) for part in box)
        distance = distance_transform_edt(ranks[near] != rank)
        distance[distance > reach] = np.inf
        first, later = nearest[near], second[near]
        second[near] = np.minimum(later, np.maximum(first, distance))
        nearest[near] = np.minimum(first, distance)
    return nearest, second


def probability_loss(logits: Tensor, probability: Tensor, known: Tensor | None = None) -> Tensor:
    """Binary cross-entropy of the object probability against its soft target, mean over the grid (StarDist).

    ``known``, 0 or 1 and of the same shape, leaves out what nobody looked at.
    """
    if known is None:
        return F.binary_cross_entropy_with_logits(logits, probability)
    loss = F.binary_cross_entropy_with_logits(logits, probability, reduction="none")
    return (loss * known).sum() / known.sum().clamp(min=1)


def covered_loss(probability: Tensor, covered: Tensor, known: Tensor | None = None, *, smooth: float = 1.0) -> Tensor:
    """One minus the soft Dice coefficient 2·Σpt / (Σp + Σt) of one mask (after Milletari et al., 3DV 2016).

    Parameters
    ----------
    probability, covered : tensor
        Of the same shape, in [0, 1]; sums run over the whole batch.
    known : tensor, optional
        Of the same shape, 0 or 1; what is not known is left out of every sum.
    smooth : float
        Added above and below, in pixels.
    """
    if known is not None:
        probability, covered = probability * known, covered * known
    hit = 2 * (probability * covered).sum() + smooth
    return 1 - hit / (probability.sum() + covered.sum() + smooth)


def distance_loss(distances: Tensor, wanted: Tensor, probability: Tensor, *, background: float = 1e-4) -> Tensor:
    """Absolute error of ray lengths where there is an object (Schmidt et al., MICCAI 2018, section 2.1).

    A grid point counts by its target probability, so that rays of points deep inside an object count most; elsewhere
    the rays are only held gently towards 0, as the reference implementation does.

    Parameters
    ----------
    distances, wanted : (N, R, h, w) tensor
        Ray lengths in pixels.
    probability : (N, 1, h, w) tensor
        Target object probability in [0, 1]; 0 is background.
    background : float
        Weight of the mean length of rays that start on background.

    Returns
    -------
    scalar tensor
        In pixels.
    """
    error = ((distances - wanted).abs() * probability).mean() / probability.mean().clamp(min=1e-7)
    if background > 0:
        error = error + background * ((1 - probability) * distances.abs()).mean()
    return error


def polar_iou_loss(distances: Tensor, wanted: Tensor, probability: Tensor) -> Tensor:
    """Logarithm of union over intersection of two stars, to first order (PolarMask, Xie et al., CVPR 2020, eq. 8).

    log(Σ max(d, d*) / Σ min(d, d*)) of each grid point, weighted by its target probability. Small and large objects
    count alike, which an error in pixels does not grant.

    Parameters
    ----------
    distances, wanted : (N, R, h, w) tensor
        Ray lengths, > 0 where there is an object.
    probability : (N, 1, h, w) tensor
        Target object probability.

    Returns
    -------
    scalar tensor
        0 for equal stars.
    """
    distances, wanted = distances.clamp(min=1e-3), wanted.clamp(min=1e-3)
    high = torch.maximum(distances, wanted).sum(1, keepdim=True)
    low = torch.minimum(distances, wanted).sum(1, keepdim=True)
    return ((high / low).log() * probability).mean() / probability.mean().clamp(min=1e-7)
