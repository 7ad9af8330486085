"""Box arithmetic on tensors: the only place where (y, x) boxes become (x, y) ones, and the overlaps a loss needs."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

OverlapKind = Literal["iou", "giou", "diou", "ciou"]


def xyxy_from_yxyx(boxes: Tensor) -> Tensor:
    """Swap (..., 4) boxes from y0, x0, y1, x1 to x0, y0, x1, y1."""
    return _swapped(boxes)


def yxyx_from_xyxy(boxes: Tensor) -> Tensor:
    """Swap (..., 4) boxes from x0, y0, x1, y1 to y0, x0, y1, x1."""
    return _swapped(boxes)


def _swapped(boxes: Tensor) -> Tensor:
    # Not by a list of indices: on a GPU that copies the list from the CPU, which a CUDA graph cannot record.
    a0, b0, a1, b1 = boxes.unbind(-1)
    return torch.stack((b0, a0, b1, a1), -1)


def cxcywh_from_xyxy(boxes: Tensor) -> Tensor:
    """Turn (..., 4) corner boxes into centre x, centre y, width, height."""
    low, high = boxes[..., :2], boxes[..., 2:]
    return torch.cat(((low + high) / 2, high - low), dim=-1)


def xyxy_from_cxcywh(boxes: Tensor) -> Tensor:
    """Turn (..., 4) boxes of centre x, centre y, width, height into corner boxes."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat((centre - half, centre + half), dim=-1)


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of every box of one set with every box of the other.

    Parameters
    ----------
    a, b : (..., N, 4) and (..., M, 4) tensors
        Corner boxes, xyxy.

    Returns
    -------
    (..., N, M) tensor
        In [0, 1]; 0 where both boxes are empty.
    """
    low = torch.maximum(a[..., :, None, :2], b[..., None, :, :2])
    high = torch.minimum(a[..., :, None, 2:], b[..., None, :, 2:])
    inter = (high - low).clamp_(min=0).prod(-1)
    area_a = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1)
    area_b = (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1)
    union = area_a[..., :, None] + area_b[..., None, :] - inter
    return inter / union.clamp_(min=1e-9)


def overlap(a: Tensor, b: Tensor, kind: OverlapKind = "ciou") -> Tensor:
    """Overlap of boxes paired row by row, as box-regression losses use it.

    Parameters
    ----------
    a, b : (..., 4) tensors
        Corner boxes, xyxy, of equal shape.
    kind : {"iou", "giou", "diou", "ciou"}
        Plain IoU; generalised (Rezatofighi et al., CVPR 2019, eq. 3 of Algorithm 1); distance and complete IoU
        (Zheng et al., AAAI 2020, eq. 7 and eq. 10).

    Returns
    -------
    (...) tensor
        1 for identical boxes; "iou" is at least 0, "giou" and "diou" above -1, "ciou" above -2. The loss is
        ``1 - overlap``.
    """
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    size_a, size_b = a[..., 2:] - a[..., :2], b[..., 2:] - b[..., :2]
    union = size_a.prod(-1) + size_b.prod(-1) - inter + 1e-9
    iou = inter / union
    if kind == "iou":
        return iou
    hull_low, hull_high = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    hull = hull_high - hull_low
    if kind == "giou":
        hull_area = hull.prod(-1) + 1e-9
        return iou - (hull_area - union) / hull_area
    diagonal2 = hull.square().sum(-1) + 1e-9
    distance2 = ((a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2).square().sum(-1)
    diou = iou - distance2 / diagonal2
    if kind == "diou":
        return diou
    return diou - _aspect_penalty(size_a, size_b, iou)


def _aspect_penalty(size_a: Tensor, size_b: Tensor, iou: Tensor) -> Tensor:
    """Return αv of CIoU (eq. 8, 9 and 11); α is a trade-off weight and takes no gradient."""
    angle_a = torch.atan2(size_a[..., 0], size_a[..., 1] + 1e-9)
    angle_b = torch.atan2(size_b[..., 0], size_b[..., 1] + 1e-9)
    v = (4 / math.pi**2) * (angle_a - angle_b).square()
    with torch.no_grad():
        alpha = v / (1 - iou + v + 1e-9)
    return alpha * v
