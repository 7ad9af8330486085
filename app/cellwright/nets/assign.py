"""Which prediction answers for which true box: the target assignments of the YOLO generations, as pure functions."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from cellwright.nets.boxes import pairwise_iou


class Truth(NamedTuple):
    """True boxes of a batch, padded to the longest list.

    ``boxes`` (N, G, 4) float32 xyxy in input pixels; ``classes`` (N, G) int64; ``valid`` (N, G) bool, False on padding.
    ``known`` (N, H, W) bool: where somebody looked, None everywhere; elsewhere nothing is said to be absent.
    """

    boxes: Tensor
    classes: Tensor
    valid: Tensor
    known: Tensor | None = None


class GridTargets(NamedTuple):
    """For one scale, the T grid cells that answer for a true box.

    ``where`` four (T,) int64 tensors: picture, anchor, row, column; ``boxes`` (T, 4) xyxy; ``classes`` (T,).
    """

    where: tuple[Tensor, Tensor, Tensor, Tensor]
    boxes: Tensor
    classes: Tensor


class PointTargets(NamedTuple):
    """For each of P points of each picture, what it should answer.

    ``boxes`` (N, P, 4) xyxy; ``scores`` (N, P, C) soft class targets in [0, 1]; ``positive`` (N, P) bool.
    """

    boxes: Tensor
    scores: Tensor
    positive: Tensor


def assign_to_grid(
    truth: Truth,
    anchors: Tensor,
    grid: tuple[int, int],
    stride: int,
    max_ratio: float = 4.0,
    *,
    neighbours: bool = True,
) -> GridTargets:
    """Give each true box to the anchors of like shape in the cell that holds its midpoint.

    This is the rule of YOLO v5: an anchor answers when neither side differs by more than `max_ratio`, and with
    `neighbours` the two nearest adjoining cells answer as well, which triples the positives.

    Parameters
    ----------
    truth : Truth
        True boxes in input pixels.
    anchors : (A, 2) tensor
        Widths and heights of this scale's anchors in input pixels.
    grid : tuple of int
        Rows and columns of the map.
    stride : int
        Input pixels per cell.
    max_ratio : float
        Largest factor between the sides of a box and of an anchor that answers for it.
    neighbours : bool
        Whether the two nearest adjoining cells answer as well.

    Returns
    -------
    GridTargets
    """
    rows, columns = grid
    picture, _ = truth.valid.nonzero(as_tuple=True)
    boxes, classes = truth.boxes[truth.valid], truth.classes[truth.valid]
    size = boxes[:, 2:] - boxes[:, :2]  # (B, 2)
    ratio = size[:, None] / anchors[None].to(size)  # (B, A, 2)
    fits = torch.maximum(ratio, 1 / ratio.clamp(min=1e-9)).amax(-1) < max_ratio
    which, anchor = fits.nonzero(as_tuple=True)
    boxes, classes, picture = boxes[which], classes[which], picture[which]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 / stride  # (T, 2) x, y in cells
    limit = torch.tensor([columns, rows], device=middle.device)
    cell = middle.floor().long()
    cells, keep = [cell], [torch.ones_like(picture, dtype=torch.bool)]
    if neighbours:
        for axis in (0, 1):
            step = torch.zeros(2, dtype=torch.long, device=cell.device)
            step[axis] = 1
            near_low = (middle[:, axis] - cell[:, axis]) < 0.5
            cells.append(torch.where(near_low[:, None], cell - step, cell + step))
            keep.append(torch.ones_like(picture, dtype=torch.bool))
    all_cells = torch.cat(cells)
    inside = ((all_cells >= 0) & (all_cells < limit)).all(1) & torch.cat(keep)
    repeat = len(cells)
    return GridTargets(
        (
            picture.repeat(repeat)[inside],
            anchor.repeat(repeat)[inside],
            all_cells[inside, 1],
            all_cells[inside, 0],
        ),
        boxes.repeat(repeat, 1)[inside],
        classes.repeat(repeat)[inside],
    )


def assign_by_alignment(
    scores: Tensor,
    boxes: Tensor,
    points: Tensor,
    truth: Truth,
    top: int = 10,
    alpha: float = 0.5,
    beta: float = 6.0,
) -> PointTargets:
    """Give each true box to the points that already answer it best (task-aligned, TOOD, Feng et al., ICCV 2021).

    A point inside a true box is worth t = s^α · u^β (eq. 1), s its score for the box's class and u its IoU with the
    box. The `top` best points of each box are its positives; a point wanted by several boxes goes to the one it
    overlaps most.
    The class target is t, scaled within each box so that its largest equals the largest IoU (section 3.2).

    Parameters
    ----------
    scores : (N, P, C) tensor
        Class probabilities, without gradient.
    boxes : (N, P, 4) tensor
        Predicted boxes, xyxy in input pixels, without gradient.
    points : (P, 2) tensor
        Where each prediction stands, x and y in input pixels.
    truth : Truth
        True boxes.
    top : int
        Most positives a box may have.
    alpha : float
        α, how much the score counts.
    beta : float
        β, how much the overlap counts.

    Returns
    -------
    PointTargets
    """
    n, p, _ = scores.shape
    g = truth.boxes.shape[1]
    if g == 0 or not bool(truth.valid.any()):
        none = torch.zeros(n, p, dtype=torch.bool, device=scores.device)
        return PointTargets(torch.zeros_like(boxes), torch.zeros_like(scores), none)
    inside = _points_inside(points, truth.boxes) & truth.valid[..., None]  # (N, G, P)
    iou = pairwise_iou(truth.boxes, boxes)  # (N, G, P)
    score = scores.transpose(1, 2).gather(1, truth.classes[..., None].expand(n, g, p))  # (N, G, P)
    worth = score.pow(alpha) * iou.pow(beta) * inside
    best = worth.topk(min(top, p), dim=-1)
    chosen = torch.zeros_like(worth, dtype=torch.bool).scatter_(-1, best.indices, best.values > 0) & inside
    # A point cannot answer for two boxes: it keeps the one it overlaps most.
    owner = (iou * chosen).argmax(1)  # (N, P)
    positive = chosen.any(1)
    chosen &= torch.nn.functional.one_hot(owner, g).transpose(1, 2).bool()
    worth = worth * chosen
    peak_worth = worth.amax(-1, keepdim=True)
    peak_iou = (iou * chosen).amax(-1, keepdim=True)
    scaled = (worth / peak_worth.clamp(min=1e-9) * peak_iou).amax(1)  # (N, P)
    target_class = truth.classes.gather(1, owner)
    target_scores = torch.zeros_like(scores)
    target_scores.scatter_(-1, target_class[..., None], (scaled * positive)[..., None].to(scores.dtype))
    target_boxes = truth.boxes.gather(1, owner[..., None].expand(n, p, 4))
    return PointTargets(target_boxes, target_scores, positive)


def known_at(known: Tensor | None, points: Tensor) -> Tensor | None:
    """Return whether somebody looked at places.

    Parameters
    ----------
    known : (N, H, W) bool tensor or None
        See `Truth`.
    points : (P, 2) tensor
        x and y in input pixels.

    Returns
    -------
    (N, P) bool tensor or None
        None where everything is known.
    """
    if known is None:
        return None
    x = points[:, 0].long().clamp(0, known.shape[2] - 1)
    y = points[:, 1].long().clamp(0, known.shape[1] - 1)
    return known[:, y, x]


def _points_inside(points: Tensor, boxes: Tensor) -> Tensor:
    """(N, G, P) bool: whether each point lies inside each box."""
    x, y = points[:, 0], points[:, 1]
    x0, y0, x1, y1 = boxes[..., None].unbind(-2)  # each (N, G, 1)
    return (x > x0) & (x < x1) & (y > y0) & (y < y1)
