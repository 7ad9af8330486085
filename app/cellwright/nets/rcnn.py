"""Faster R-CNN and Mask R-CNN: torchvision's parts, put together from a card's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign

from cellwright.nets.assign import Truth, known_at
from cellwright.nets.detector import Found, TorchvisionDetector, in_mode, targets_of
from cellwright.nets.input_size import require_multiples
from cellwright.nets.parameters import make, need
from cellwright.nets.pyramid import Anchors, build_pyramid
from cellwright.nets.truth import InstanceTruth, StepLoss

_PARTS = {
    "loss_objectness": "objectness",
    "loss_rpn_box_reg": "proposals",
    "loss_classifier": "classes",
    "loss_box_reg": "box",
    "loss_mask": "mask",
}


class FasterRcnn(TorchvisionDetector):
    """Faster R-CNN with a feature pyramid (Ren et al., NeurIPS 2015; Lin et al., CVPR 2017).

    `predict` answers (N, D, 4 + C): xyxy in input pixels, and the score in the column of its class.

    Parameters
    ----------
    num_classes : int
        C, without background.
    backbone : mapping
        ``{"kind": name, **parameters}`` for `pyramid.build_pyramid`.
    anchor_sizes : sequence of sequences of float, optional
        Sides of each map's anchors in input pixels; 8 strides each if not given.
    anchor_ratios : sequence of float
        Heights over widths.
    candidates, proposals : int
        Boxes of each map before, and of the picture after, the suppression among proposals, at inference.
    candidates_train, proposals_train : int
        The same in training.
    rois_train : int
        Proposals of a picture that are learned from.
    roi_px : int
        Side of what RoIAlign reads for a box.
    roi_samples : int
        Samples along each side of a RoIAlign cell.
    box_width : int
        Units of both layers of the box head; 1024 in torchvision.
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
        candidates: int = 1000,
        proposals: int = 300,
        candidates_train: int = 2000,
        proposals_train: int = 1000,
        rois_train: int = 256,
        roi_px: int = 7,
        roi_samples: int = 2,
        box_width: int = 1024,
        floor: float = 0.05,
        nms_iou: float = 0.5,
        detections: int = 300,
    ) -> None:
        super().__init__()
        need(num_classes >= 1, f"A detector of {num_classes} classes finds nothing; give at least 1.")
        self.num_classes, self.detections = num_classes, detections
        pyramid = build_pyramid(backbone, "pool")
        anchors = Anchors(pyramid.strides, anchor_sizes or [[8 * s] for s in pyramid.strides], anchor_ratios)
        self.net = FasterRCNN(
            pyramid,
            rpn_anchor_generator=anchors,
            rpn_head=_ProposalHead(pyramid.out_channels, anchors.num_anchors_per_location()[0]),
            rpn_pre_nms_top_n_train=candidates_train,
            rpn_pre_nms_top_n_test=candidates,
            rpn_post_nms_top_n_train=proposals_train,
            rpn_post_nms_top_n_test=proposals,
            box_roi_pool=MultiScaleRoIAlign(pyramid.names, roi_px, roi_samples),
            box_head=TwoMLPHead(pyramid.out_channels * roi_px**2, box_width),
            box_predictor=_BoxPredictor(box_width, num_classes + 1),
            box_score_thresh=floor,
            box_nms_thresh=nms_iou,
            box_detections_per_img=detections,
            box_batch_size_per_image=rois_train,
        )
        # Their methods alone differ: what they hold was just made by torchvision.
        self.net.rpn.__class__, self.net.roi_heads.__class__ = _Proposals, _Regions

    def forward(self, images: Tensor) -> list[Found]:
        """(N, 3, H, W) in [0, 1] → what is found in each picture."""
        found, _ = self._run(images, None)
        return [_without_background(picture) for picture in found]

    def loss(self, images: Tensor, truth: InstanceTruth | Truth) -> StepLoss:
        """Return objectness and boxes of the proposals, classes and boxes (and masks) of the objects, added up."""
        targets = targets_of(truth, 1, with_masks=self._has_masks())
        _, losses = self._run(images, targets)
        parts = {_PARTS[name]: loss for name, loss in losses.items()}
        return StepLoss(torch.stack([*parts.values()]).sum(), parts)

    def _has_masks(self) -> bool:
        return False

    def _run(
        self, images: Tensor, targets: list[dict[str, Tensor]] | None
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        require_multiples(images, self.max_stride)
        net = self.net
        height, width = images.shape[-2:]
        listed = ImageList(images, [(int(height), int(width))] * len(images))
        with in_mode(targets is not None, net.rpn, net.roi_heads):
            maps = net.backbone(images)
            proposals, first = net.rpn(listed, maps, targets)
            found, second = net.roi_heads(maps, proposals, listed.image_sizes, targets)
        return found, {**first, **second}


class MaskRcnn(FasterRcnn):
    """Mask R-CNN (He et al., ICCV 2017): a mask of M×M pixels inside each box.

    `predict` answers (N, D, 4 + 2 + M·M): xyxy in input pixels, score, class 0 … C-1, and mask probabilities inside the
    box, row by row.

    Parameters
    ----------
    num_classes, backbone, **parameters
        See `FasterRcnn`.
    mask_px : int
        M, twice the side of what RoIAlign reads for a mask; 28 in the paper.
    mask_width : int
        Channels of the mask head; 256 in the paper.
    mask_convs : int
        Its 3×3 convolutions; 4 in the paper.
    """

    def __init__(
        self,
        num_classes: int,
        backbone: Mapping[str, Any],
        mask_px: int = 28,
        mask_width: int = 256,
        mask_convs: int = 4,
        **parameters: Any,
    ) -> None:
        super().__init__(num_classes, backbone, **parameters)
        need(mask_px >= 2 and mask_px % 2 == 0, f"The mask_px is {mask_px}; masks have an even side of 2 or more.")
        need(mask_convs >= 1, f"The mask_convs is {mask_convs}; the mask head needs at least 1.")
        self.mask_px = mask_px
        pyramid, heads = self.net.backbone, self.net.roi_heads
        samples = heads.box_roi_pool.sampling_ratio
        heads.mask_roi_pool = MultiScaleRoIAlign(pyramid.names, mask_px // 2, samples)
        heads.mask_head = MaskRCNNHeads(pyramid.out_channels, (mask_width,) * mask_convs, 1)
        heads.mask_predictor = _MaskPredictor(mask_width, mask_width, num_classes + 1)

    def _has_masks(self) -> bool:
        return True

    def _rows(self, found: Found) -> Tensor:
        scores, labels = found["scores"][:, None], found["labels"][:, None]
        return torch.cat((found["boxes"], scores, labels, found["masks"].flatten(1)), 1).float()


def _without_background(found: dict[str, Tensor]) -> Found:
    """Count classes from 0 and take masks (n, 1, M, M) as (n, M, M)."""
    plain = {**found, "labels": found["labels"] - 1}
    if "masks" in found:
        plain["masks"] = found["masks"].squeeze(1)
    return plain


class _Proposals(RegionProposalNetwork):  # type: ignore[misc]  # torchvision is not typed
    """Proposals, of which those on ground that nobody looked at are neither right nor wrong."""

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], list[Tensor]]:
        labels, boxes = super().assign_targets_to_anchors(anchors, targets)
        rows = zip(labels, anchors, targets, strict=True)
        return [_without_unknown(row, places, target) for row, places, target in rows], boxes


class _Regions(RoIHeads):  # type: ignore[misc]  # torchvision is not typed
    """Regions, of which those on ground that nobody looked at are neither right nor wrong."""

    def select_training_samples(
        self, proposals: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], ...]:
        # Proposals whose middle nobody looked at are taken away: there is no way to mark one as neither.
        kept = [each[_looked_at(each, target)] for each, target in zip(proposals, targets, strict=True)]
        chosen: tuple[list[Tensor], ...] = super().select_training_samples(kept, targets)
        return chosen


def _looked_at(boxes: Tensor, target: dict[str, Tensor]) -> Tensor:
    """(n,) bool: whether somebody looked at the middle of each box."""
    known = known_at(target["known"][None] if "known" in target else None, (boxes[:, :2] + boxes[:, 2:]) / 2)
    return torch.ones(len(boxes), dtype=torch.bool, device=boxes.device) if known is None else known[0]


def _without_unknown(labels: Tensor, anchors: Tensor, target: dict[str, Tensor]) -> Tensor:
    """Mark anchors on unknown ground with -1, which torchvision leaves out."""
    return torch.where((labels == 0) & ~_looked_at(anchors, target), -torch.ones_like(labels), labels)


# Under autocast the layers below answer in bf16; places and losses are computed from what they answer, in float32.


class _ProposalHead(RPNHead):  # type: ignore[misc]  # torchvision is not typed
    def forward(self, x: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        objectness, boxes = super().forward(x)
        return [y.float() for y in objectness], [y.float() for y in boxes]


class _BoxPredictor(FastRCNNPredictor):  # type: ignore[misc]  # torchvision is not typed
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        classes, boxes = super().forward(x)
        return classes.float(), boxes.float()


class _MaskPredictor(MaskRCNNPredictor):  # type: ignore[misc]  # torchvision is not typed
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = super().forward(x)
        return y.float()


def build_faster_rcnn(parameters: Mapping[str, Any]) -> nn.Module:
    """Build a Faster R-CNN from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    UnknownName
        If the backbone is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("Faster R-CNN", FasterRcnn, parameters)


def build_mask_rcnn(parameters: Mapping[str, Any]) -> nn.Module:
    """Build a Mask R-CNN from a card's ``architecture`` (without its ``kind``); see `build_faster_rcnn`.

    Raises
    ------
    UnknownName
        If the backbone is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("Mask R-CNN", MaskRcnn, parameters)
