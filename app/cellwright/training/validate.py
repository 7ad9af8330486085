"""A look at pictures that are not trained on: what the network finds there, to be scored."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cellwright.evaluate import CELL_MAX_DETECTIONS, PictureDetections
from cellwright.inference import NmsKind, nms
from cellwright.nets.boxes import yxyx_from_xyxy
from cellwright.training.augment import FILL, Sample, fit

_LOWEST_SCORE = 0.001
"""Average precision integrates over all confidences, so nearly all boxes are kept."""


def find_all(
    network: nn.Module,
    pictures: Sequence[Sample],
    size_px: int,
    dtype: torch.dtype | None,
    device: torch.device,
    nms_iou: float = 0.6,
    nms_kind: NmsKind = "greedy",
) -> list[PictureDetections]:
    """Run the network over whole pictures, each fitted to `size_px` and padded to the network's stride.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode, with a `predict` and a `max_stride`.
    pictures : sequence of Sample
        In their own size.
    size_px : int
        Long side the network is shown.
    dtype : torch.dtype or None
        Number format for autocast; None for float32.
    device : torch.device
        Where the network is.
    nms_iou : float
        Boxes of one class that overlap more than this are taken for one.
    nms_kind : {"greedy", "diou", "merge"}
        How the one is chosen; see `inference.nms`.

    Returns
    -------
    list of PictureDetections
        At most `CELL_MAX_DETECTIONS` boxes a picture, in pixels of the picture.
    """
    return [_find(network, picture, size_px, dtype, device, nms_iou, nms_kind) for picture in pictures]


@torch.inference_mode()
def _find(
    network: nn.Module,
    picture: Sample,
    size_px: int,
    dtype: torch.dtype | None,
    device: torch.device,
    nms_iou: float,
    nms_kind: NmsKind,
) -> PictureDetections:
    fitted = fit(picture, size_px).image
    _, h, w = fitted.shape
    stride = int(network.max_stride)  # type: ignore[arg-type]
    padded = F.pad(fitted, (0, -w % stride, 0, -h % stride), value=FILL)
    images = to_network(padded[None], device)
    with torch.autocast(device.type, dtype or torch.bfloat16, enabled=dtype is not None):
        answer: Tensor = network.predict(images)[0].float()  # type: ignore[operator]
    boxes, probabilities = answer[:, :4], answer[:, 4:]
    place, kind = (probabilities > _LOWEST_SCORE).nonzero(as_tuple=True)
    boxes, scores = boxes[place], probabilities[place, kind]
    full_h, full_w = picture.image.shape[1:]
    scale = torch.tensor([full_h / h, full_w / w, full_h / h, full_w / w], device=device)
    limit = torch.tensor([full_h, full_w, full_h, full_w], device=device)
    corners = torch.minimum((yxyx_from_xyxy(boxes) * scale).clamp(min=0), limit)
    columns = corners.cpu().numpy(), scores.cpu().numpy(), kind.cpu().numpy()
    left = nms(*columns, nms_iou, nms_kind)
    rows = left.rows[:CELL_MAX_DETECTIONS]
    return PictureDetections(left.boxes[:CELL_MAX_DETECTIONS], columns[2][rows], columns[1][rows])


def to_network(images: Tensor, device: torch.device) -> Tensor:
    """(N, 3, H, W) uint8 → float32 in [0, 1], channels last, which both bf16 engines need to be fast."""
    moved = images.to(device, non_blocking=True)
    return moved.contiguous(memory_format=torch.channels_last).float().div_(255)
