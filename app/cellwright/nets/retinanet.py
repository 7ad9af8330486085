"""RetinaNet: torchvision's parts, put together from a card's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import RetinaNet, RetinaNetHead

from cellwright.nets.assign import Truth
from cellwright.nets.detector import Found, TorchvisionDetector, targets_of
from cellwright.nets.input_size import require_multiples
from cellwright.nets.parameters import make, need
from cellwright.nets.pyramid import Anchors, build_pyramid
from cellwright.nets.truth import InstanceTruth, StepLoss


class Retinanet(TorchvisionDetector):
    """RetinaNet (Lin et al., ICCV 2017): one stage, focal loss, a feature pyramid.

    `predict` answers (N, D, 4 + C): xyxy in input pixels, and the score in the column of its class.

    Parameters
    ----------
    num_classes : int
        C.
    backbone : mapping
        ``{"kind": name, **parameters}`` for `pyramid.build_pyramid`; the paper's pyramid begins at a stride of 8.
    anchor_sizes : sequence of sequences of float, optional
        Sides of each map's anchors in input pixels; 4 strides times 1, 2^⅓ and 2^⅔ if not given.
    anchor_ratios : sequence of float
        Heights over widths.
    head_groups : int
        Group norms in the head, so many groups each, which training from scratch needs; 0 for none, as in the paper.
    candidates : int
        Best boxes of each map that go to the suppression.
    floor : float
        Lowest score that is answered, in [0, 1].
    nms_iou : float
        Overlap above which the weaker of two boxes of one class is dropped.
    detections : int
        D, most objects of a picture.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: Mapping[str, Any],
        anchor_sizes: Sequence[Sequence[float]] | None = None,
        anchor_ratios: Sequence[float] = (0.5, 1.0, 2.0),
        head_groups: int = 32,
        candidates: int = 1000,
        floor: float = 0.05,
        nms_iou: float = 0.5,
        detections: int = 300,
    ) -> None:
        super().__init__()
        need(num_classes >= 1, f"A detector of {num_classes} classes finds nothing; give at least 1.")
        self.num_classes, self.detections = num_classes, detections
        pyramid = build_pyramid({"finest_stride": 8, **backbone}, "convolved")
        need(
            head_groups >= 0 and (head_groups == 0 or pyramid.out_channels % head_groups == 0),
            f"The backbone's {pyramid.out_channels} fpn_channels do not divide into {head_groups} head_groups.",
        )
        sizes = anchor_sizes or [[4 * stride * 2 ** (k / 3) for k in range(3)] for stride in pyramid.strides]
        anchors = Anchors(pyramid.strides, sizes, anchor_ratios)
        norm = partial(nn.GroupNorm, head_groups) if head_groups else None
        self.net = RetinaNet(
            pyramid,
            num_classes,
            anchor_generator=anchors,
            head=_Head(pyramid.out_channels, anchors.num_anchors_per_location()[0], num_classes, norm_layer=norm),
            score_thresh=floor,
            nms_thresh=nms_iou,
            detections_per_img=detections,
            topk_candidates=candidates,
        )

    def forward(self, images: Tensor) -> list[Found]:
        """(N, 3, H, W) in [0, 1] → what is found in each picture."""
        maps, raw, anchors = self._run(images)
        per_map = [
            len(anchors[0]) * x.shape[2] * x.shape[3] // sum(y.shape[2] * y.shape[3] for y in maps) for x in maps
        ]
        split = {name: list(torch.split(y, per_map, 1)) for name, y in raw.items()}
        sizes = [(int(images.shape[2]), int(images.shape[3]))] * len(images)
        found: list[Found] = self.net.postprocess_detections(
            split, [list(torch.split(a, per_map)) for a in anchors], sizes
        )
        return found

    def loss(self, images: Tensor, truth: InstanceTruth | Truth) -> StepLoss:
        """Return the focal loss of the classes and the absolute error of the boxes, added up."""
        targets = targets_of(truth, 0, with_masks=False)
        _, raw, anchors = self._run(images)
        losses = self.net.compute_loss(targets, raw, anchors)
        parts = {"classes": losses["classification"], "box": losses["bbox_regression"]}
        return StepLoss(torch.stack([*parts.values()]).sum(), parts)

    def _run(self, images: Tensor) -> tuple[list[Tensor], dict[str, Tensor], list[Tensor]]:
        require_multiples(images, self.max_stride)
        maps = list(self.net.backbone(images).values())
        raw: dict[str, Tensor] = self.net.head(maps)
        listed = ImageList(images, [(int(images.shape[2]), int(images.shape[3]))] * len(images))
        return maps, raw, self.net.anchor_generator(listed, maps)


class _Head(RetinaNetHead):  # type: ignore[misc]  # torchvision is not typed
    def forward(self, x: list[Tensor]) -> dict[str, Tensor]:
        # Under autocast the layers answer in bf16; places and losses are computed from it in float32.
        return {name: y.float() for name, y in super().forward(x).items()}


def build_retinanet(parameters: Mapping[str, Any]) -> Retinanet:
    """Build a RetinaNet from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    UnknownName
        If the backbone is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("RetinaNet", Retinanet, parameters)
