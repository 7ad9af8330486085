"""`Yolo`: a backbone, a neck and a head, put together from a card's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from cellwright.core import ModelNotUsable
from cellwright.nets.assign import Truth
from cellwright.nets.backbones import build_backbone
from cellwright.nets.heads import DetectionLoss, build_head
from cellwright.nets.input_size import require_multiples
from cellwright.nets.necks import build_neck


class Yolo(nn.Module):
    """One-stage detector.

    Parameters
    ----------
    num_classes : int
        C.
    backbone, neck, head : mapping
        ``{"kind": name, **parameters}`` for `backbones.build_backbone`, `necks.build_neck` and `heads.build_head`.

    Attributes
    ----------
    max_stride : int
        Height and width of an input must be multiples of it.
    """

    max_stride = 32

    def __init__(
        self, num_classes: int, backbone: Mapping[str, Any], neck: Mapping[str, Any], head: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.backbone = build_backbone(**backbone)
        self.neck = build_neck(channels=self.backbone.channels, **neck)
        self.head = build_head(channels=self.neck.channels, num_classes=num_classes, **head)

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, 3, H, W) in [0, 1] → the head's raw answers, one tensor a scale.

        Raises
        ------
        BadParameter
            If a side is not a multiple of `max_stride`.
        """
        require_multiples(images, self.max_stride)
        raw: list[Tensor] = self.head(self.neck(self.backbone(images)))
        return raw

    def predict(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → (N, A, 4 + C): xyxy boxes in input pixels, class probabilities; overlaps remain."""
        return self.head.decode(self(images))

    def loss(self, images: Tensor, truth: Truth) -> DetectionLoss:
        """Return what a batch costs."""
        return self.head.loss(self(images), truth)


def build_yolo(parameters: Mapping[str, Any]) -> Yolo:
    """Build a detector from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    ModelNotUsable
        If a parameter is missing or unknown.
    """
    try:
        return Yolo(**parameters)
    except TypeError as error:
        raise ModelNotUsable(f"The card's architecture does not describe a YOLO network: {error}.") from error
