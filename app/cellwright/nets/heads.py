"""Heads: maps become boxes and classes, and, in training, a loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cellwright.core import unknown_name
from cellwright.nets.assign import Truth, assign_by_alignment, assign_to_grid, known_at
from cellwright.nets.backbones import Maps
from cellwright.nets.blocks import Conv
from cellwright.nets.boxes import OverlapKind, overlap, xyxy_from_cxcywh
from cellwright.nets.losses import distribution_focal, focal_bce, smooth_labels
from cellwright.nets.necks import Channels

STRIDES = (8, 16, 32)


class DetectionLoss(NamedTuple):
    """The loss of a batch and its parts, each a scalar tensor; `total` is what to minimise, a sum over the pictures."""

    total: Tensor
    box: Tensor
    classes: Tensor
    extra: Tensor
    """Objectness of a grid head, distribution focal loss of a point head."""

    @property
    def parts(self) -> dict[str, Tensor]:
        """The parts by name, as of every other network."""
        return {"box": self.box, "classes": self.classes, "extra": self.extra}


class Head(nn.Module):
    """Base of all heads."""

    num_classes: int

    def forward(self, maps: Maps) -> list[Tensor]:
        """Return the raw answer of each scale."""
        raise NotImplementedError

    def decode(self, raw: list[Tensor]) -> Tensor:
        """Return (N, A, 4 + C): xyxy boxes in input pixels and class probabilities."""
        raise NotImplementedError

    def loss(self, raw: list[Tensor], truth: Truth, weights: Tensor | None = None) -> DetectionLoss:
        """Return what the raw answers cost against the true boxes.

        Parameters
        ----------
        raw : list of Tensor
            From `forward`.
        truth : Truth
            True boxes of the batch.
        weights : (C,) float tensor, optional
            How much it counts which class an object is said to be of, by its true class; 1 each where nothing is given.
        """
        raise NotImplementedError


class GridHead(Head):
    """YOLO's own head: at each cell of three grids, boxes around given anchors.

    The centre is b = (g·σ(t) - (g - 1)/2 + c)·stride with grid sensitivity g (1 in YOLO v3; above 1 lets a centre reach
    the cell's edge, as YOLO v4 does), the size p·e^t, or p·(2σ(t))² where ``size="square"`` (bounded, as in YOLO v5).

    Parameters
    ----------
    channels : tuple of three int
        Channels of the neck's maps.
    num_classes : int
        C.
    anchors : sequence of 3 sequences of (w, h)
        Anchors of each scale in input pixels.
    grid_sensitivity : float
        g above; 2 with ``size="square"`` is YOLO v5's.
    size : {"exp", "square"}
        How t becomes a width.
    box_loss : {"iou", "giou", "diou", "ciou"}
        Overlap whose complement is the box loss.
    focal_gamma, label_smoothing : float
        See `losses`; 0 switches each off.
    """

    def __init__(
        self,
        channels: Channels,
        num_classes: int,
        anchors: Sequence[Sequence[Sequence[float]]],
        grid_sensitivity: float = 2.0,
        size: str = "square",
        box_loss: OverlapKind = "ciou",
        focal_gamma: float = 0.0,
        label_smoothing: float = 0.0,
        neighbours: bool = True,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.grid_sensitivity, self.size, self.box_loss = grid_sensitivity, size, box_loss
        self.focal_gamma, self.label_smoothing, self.neighbours = focal_gamma, label_smoothing, neighbours
        self.register_buffer("anchors", torch.tensor(anchors, dtype=torch.float32), persistent=False)  # (3, A, 2)
        self.anchors: Tensor
        per_cell = self.anchors.shape[1]
        self.outputs = nn.ModuleList(nn.Conv2d(c, per_cell * (5 + num_classes), 1) for c in channels)
        for conv, stride in zip(self.outputs, STRIDES, strict=True):
            start = conv.get_parameter("bias").detach().view(per_cell, -1)
            # Start from the base rates: about eight objects a picture of 640 pixels, classes equally likely.
            start[:, 4] = math.log(8 / (640 / stride) ** 2)
            start[:, 5:] = math.log(0.6 / max(1, num_classes - 0.999))

    def forward(self, maps: Maps) -> list[Tensor]:
        """Three maps → three tensors (N, A, H, W, 5 + C): t_x, t_y, t_w, t_h, objectness, classes."""
        raw = []
        for conv, x in zip(self.outputs, maps, strict=True):
            y = conv(x)  # (N, A·(5+C), H, W)
            n, _, h, w = y.shape
            raw.append(y.view(n, -1, 5 + self.num_classes, h, w).permute(0, 1, 3, 4, 2))
        return raw

    def boxes_of(self, t: Tensor, anchor: Tensor, cell: Tensor, stride: int) -> Tensor:
        """Decode (..., 4) raw values beside their anchors (..., 2) and cells (..., 2; x, y) into xyxy input pixels."""
        g = self.grid_sensitivity
        centre = (g * t[..., :2].sigmoid() - (g - 1) / 2 + cell) * stride
        grow = t[..., 2:4].clamp(max=8).exp() if self.size == "exp" else (2 * t[..., 2:4].sigmoid()).square()
        return xyxy_from_cxcywh(torch.cat((centre, anchor * grow), -1))

    def decode(self, raw: list[Tensor]) -> Tensor:
        """(N, ΣA·H·W, 4 + C): probability of a class is Pr(object)·Pr(class | object)."""
        parts = []
        for scale, (answer, stride) in enumerate(zip(raw, STRIDES, strict=True)):
            y = answer.float()
            n, _, h, w, _ = y.shape
            cell = _cells(h, w, y.device)
            boxes = self.boxes_of(y[..., :4], self.anchors[scale][:, None, None], cell, stride)
            probability = y[..., 4:5].sigmoid() * y[..., 5:].sigmoid()
            parts.append(torch.cat((boxes, probability), -1).reshape(n, -1, 4 + self.num_classes))
        return torch.cat(parts, 1)

    def loss(self, raw: list[Tensor], truth: Truth, weights: Tensor | None = None) -> DetectionLoss:
        """Box, class and objectness losses with the weights 0.05, 0.5·C/80 and 1 of YOLO v5, times the batch size."""
        box, classes, objectness = (torch.zeros((), device=raw[0].device) for _ in range(3))
        # Finer maps hold most of the empty cells: their objectness is weighted up so that small objects are learned.
        for scale, (answer, stride, balance) in enumerate(zip(raw, STRIDES, (4.0, 1.0, 0.4), strict=True)):
            y = answer.float()
            grid = (y.shape[2], y.shape[3])
            targets = assign_to_grid(truth, self.anchors[scale], grid, stride, neighbours=self.neighbours)
            wanted = torch.zeros_like(y[..., 4])
            if len(targets.classes):
                picture, anchor, row, column = targets.where
                picked = y[targets.where]  # (T, 5 + C)
                cell = torch.stack((column, row), -1).float()
                boxes = self.boxes_of(picked[:, :4], self.anchors[scale][anchor], cell, stride)
                agreement = overlap(boxes, targets.boxes, self.box_loss)
                box = box + (1 - agreement).mean()
                wanted[picture, anchor, row, column] = agreement.detach().clamp(min=0)
                labels = smooth_labels(targets.classes, self.num_classes, self.label_smoothing)
                wrong = focal_bce(picked[:, 5:], labels, self.focal_gamma)  # (T, C)
                classes = classes + (wrong if weights is None else wrong * weights[targets.classes, None]).mean()
            cost = focal_bce(y[..., 4], wanted, self.focal_gamma)
            middles = (_cells(*grid, y.device).reshape(-1, 2) + 0.5) * stride
            known = known_at(truth.known, middles)
            if known is not None:
                counted = known.view(-1, 1, *grid) | (wanted > 0)
                objectness = objectness + balance * (cost * counted).sum() / counted.sum().clamp(min=1)
            else:
                objectness = objectness + balance * cost.mean()
        n = raw[0].shape[0]
        box, classes = 0.05 * n * box, 0.5 * n * self.num_classes / 80 * classes
        objectness = n * objectness
        return DetectionLoss(box + classes + objectness, box, classes, objectness)


class PointHead(Head):
    """A decoupled head without anchors: each cell answers with classes and four distances, each as a distribution.

    Points and alignment after TOOD (Feng et al., ICCV 2021), distances as distributions after GFL (Li et al., NeurIPS
    2020), together as in PP-YOLOE (Xu et al. 2022). There is no objectness: the class score learns the IoU.

    Parameters
    ----------
    channels : tuple of three int
        Channels of the neck's maps.
    num_classes : int
        C.
    bins : int
        B; a distance is the mean of a distribution over 0 … B-1 cells.
    width : int
        Channels inside each branch.
    depth : int
        3×3 convolutions in each branch.
    box_loss : {"iou", "giou", "diou", "ciou"}
        Overlap whose complement is the box loss.
    focal_gamma : float
        See `losses.focal_bce`.
    """

    def __init__(
        self,
        channels: Channels,
        num_classes: int,
        bins: int = 16,
        width: int = 64,
        depth: int = 2,
        box_loss: OverlapKind = "ciou",
        focal_gamma: float = 0.0,
        act: str = "silu",
    ) -> None:
        super().__init__()
        self.num_classes, self.bins = num_classes, bins
        self.box_loss, self.focal_gamma = box_loss, focal_gamma

        def branch(c: int, out: int) -> nn.Sequential:
            convs = [Conv(c if i == 0 else width, width, 3, act=act) for i in range(depth)]
            return nn.Sequential(*convs, nn.Conv2d(width, out, 1))

        self.distance = nn.ModuleList(branch(c, 4 * bins) for c in channels)
        self.classify = nn.ModuleList(branch(c, num_classes) for c in channels)
        self.register_buffer("bin_values", torch.arange(bins, dtype=torch.float32), persistent=False)
        self.bin_values: Tensor
        for distance, classify, stride in zip(self.distance, self.classify, STRIDES, strict=True):
            _start_at(distance, 1.0)
            # Start from the base rate of about five objects a class in a picture of 640 pixels.
            _start_at(classify, math.log(5 / num_classes / (640 / stride) ** 2))

    def forward(self, maps: Maps) -> list[Tensor]:
        """Three maps → three tensors (N, 4·B + C, H, W)."""
        return [
            torch.cat((distance(x), classify(x)), 1)
            for distance, classify, x in zip(self.distance, self.classify, maps, strict=True)
        ]

    def decode(self, raw: list[Tensor]) -> Tensor:
        """(N, ΣH·W, 4 + C)."""
        distances, logits, points, strides = self._split(raw)
        boxes = self._boxes(distances, points, strides)
        return torch.cat((boxes, logits.sigmoid()), -1)

    def loss(self, raw: list[Tensor], truth: Truth, weights: Tensor | None = None) -> DetectionLoss:
        """Box, class and distribution losses, weighted 7.5, 0.5 and 1.5 and averaged over the sum of class targets."""
        distances, logits, points, strides = self._split(raw)
        boxes = self._boxes(distances, points, strides)
        with torch.no_grad():
            targets = assign_by_alignment(logits.sigmoid(), boxes, points, truth)
        mass = targets.scores.sum().clamp(min=1)
        positive = targets.positive
        cost = focal_bce(logits, targets.scores, self.focal_gamma)  # (N, P, C)
        if weights is not None:
            # The target of a point is of one class at most; where it has none, it is ground.
            asked = (targets.scores > 0).float()
            cost = cost * (asked @ weights + 1 - asked.sum(-1))[..., None]
        counted = known_at(truth.known, points)
        classes = (cost if counted is None else cost * (counted | positive)[..., None]).sum() / mass
        weight = targets.scores.sum(-1)[positive]
        wanted = targets.boxes[positive]
        box = ((1 - overlap(boxes[positive], wanted, self.box_loss)) * weight).sum() / mass
        place = positive.nonzero(as_tuple=True)[1]
        cells = _distances(points[place], wanted) / strides[place, None]
        extra = (distribution_focal(distances[positive], cells) * weight).sum() / mass
        n = raw[0].shape[0]
        box, classes, extra = 7.5 * n * box, 0.5 * n * classes, 1.5 * n * extra
        return DetectionLoss(box + classes + extra, box, classes, extra)

    def _split(self, raw: list[Tensor]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Distances (N, P, 4, B), class logits (N, P, C), points (P, 2) in pixels, strides (P,)."""
        flat, points, strides = [], [], []
        for y, stride in zip(raw, STRIDES, strict=True):
            h, w = y.shape[2:]
            flat.append(y.float().flatten(2).transpose(1, 2))
            points.append((_cells(h, w, y.device).reshape(-1, 2) + 0.5) * stride)
            strides.append(torch.full((h * w,), float(stride), device=y.device))
        joined = torch.cat(flat, 1)  # (N, P, 4B + C)
        distances = joined[..., : 4 * self.bins].reshape(*joined.shape[:2], 4, self.bins)
        return distances, joined[..., 4 * self.bins :], torch.cat(points), torch.cat(strides)

    def _boxes(self, distances: Tensor, points: Tensor, strides: Tensor) -> Tensor:
        mean = (F.softmax(distances, -1) * self.bin_values).sum(-1) * strides[
            :, None
        ]  # (N, P, 4) left, top, right, bottom
        return torch.cat((points - mean[..., :2], points + mean[..., 2:]), -1)


def _start_at(branch: nn.Module, value: float) -> None:
    """Set the bias of a branch's last convolution."""
    *_, last = branch.children()
    if isinstance(last, nn.Conv2d) and last.bias is not None:
        nn.init.constant_(last.bias, value)


def _distances(points: Tensor, boxes: Tensor) -> Tensor:
    """(T, 4): how far left, top, right and bottom of each box are from its point."""
    return torch.cat((points - boxes[:, :2], boxes[:, 2:] - points), -1)


def _cells(rows: int, columns: int, device: torch.device) -> Tensor:
    """(rows, columns, 2) float32: x and y of each cell."""
    y, x = torch.meshgrid(
        torch.arange(rows, device=device, dtype=torch.float32),
        torch.arange(columns, device=device, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack((x, y), -1)


_HEADS: Mapping[str, Callable[..., Head]] = {"grid": GridHead, "point": PointHead}


def build_head(kind: str, channels: Channels, num_classes: int, **parameters: Any) -> Head:
    """Build a head by name over a neck's channels.

    Raises
    ------
    UnknownName
        If no head has that name.
    """
    if kind not in _HEADS:
        raise unknown_name("head", kind, _HEADS)
    return _HEADS[kind](channels, num_classes, **parameters)
