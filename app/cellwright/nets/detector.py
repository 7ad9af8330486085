"""`TorchvisionDetector`: what torchvision's detectors have in common behind our interface."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cellwright.core import BadParameter
from cellwright.nets.assign import Truth
from cellwright.nets.truth import InstanceTruth, PictureInstances, StepLoss

Found = dict[str, Tensor]
"""What is found in one picture, best first: ``boxes`` (n, 4) xyxy in input pixels, ``scores`` (n,), ``labels`` (n,)
0 … C-1, and with masks ``masks`` (n, M, M) probabilities inside the box."""


class TorchvisionDetector(nn.Module):
    """A detector whose parts are torchvision's and whose picture is never resized.

    torchvision's own ``forward`` resizes, pads and draws masks into whole pictures; here tiles come in as the network
    sees them, so the parts are called one after another instead.

    Attributes
    ----------
    max_stride : int
        Height and width of an input must be multiples of it.
    num_classes : int
        C; background is torchvision's affair and has no index.
    detections : int
        D, most objects found in a picture.
    """

    max_stride = 32
    num_classes: int
    detections: int

    def forward(self, images: Tensor) -> list[Found]:
        """(N, 3, H, W) in [0, 1] → what is found in each picture."""
        raise NotImplementedError

    def predict(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → one row an object, see the subclass; rows of zeros follow the last."""
        found = self(images)
        rows = [F.pad(row, (0, 0, 0, self.detections - len(row))) for row in map(self._rows, found)]
        return torch.stack(rows)

    def loss(self, images: Tensor, truth: InstanceTruth | Truth) -> StepLoss:
        """Return what a batch costs, by torchvision's own rules."""
        raise NotImplementedError

    def _rows(self, found: Found) -> Tensor:
        """(n, 4 + C): box, and the score in the column of its class."""
        scores = F.one_hot(found["labels"], self.num_classes) * found["scores"][:, None]
        return torch.cat((found["boxes"], scores), 1).float()


def targets_of(truth: InstanceTruth | Truth, first_label: int, *, with_masks: bool) -> list[dict[str, Tensor]]:
    """Return a truth as torchvision's targets; boxes without an area are left out.

    Parameters
    ----------
    truth : InstanceTruth or Truth
        Objects with masks, or boxes alone.
    first_label : int
        Label of class 0: 1 where torchvision counts the background as 0.
    with_masks : bool
        Whether masks are learned.

    Raises
    ------
    BadParameter
        If masks are wanted and the truth has none.
    """
    pictures = _pictures(truth)
    targets = []
    for boxes, classes, masks, known in pictures:
        keep = (boxes[:, 2:] > boxes[:, :2]).all(1)
        target = {"boxes": boxes[keep].float(), "labels": classes[keep] + first_label}
        if with_masks:
            if masks is None:
                raise BadParameter("Mask R-CNN learns from outlines, but these objects have boxes only.")
            target["masks"] = masks[keep]
        if known is not None:
            target["known"] = known
        targets.append(target)
    return targets


def _pictures(truth: InstanceTruth | Truth) -> list[PictureInstances]:
    if isinstance(truth, Truth):
        rows = zip(truth.boxes, truth.classes, truth.valid, strict=True)
        known = [None] * len(truth.boxes) if truth.known is None else list(truth.known)
        return [
            PictureInstances(boxes[valid], classes[valid], None, seen)
            for (boxes, classes, valid), seen in zip(rows, known, strict=True)
        ]
    return [PictureInstances(*picture) for picture in truth.pictures]


@contextmanager
def in_mode(training: bool, *modules: nn.Module) -> Iterator[None]:
    """Let torchvision's modules take their training or their inference branch; what is inside them is left alone.

    Their flag alone decides what they return. Set on them and not on their children, it makes a prediction possible
    in the midst of training and a loss in the midst of judging, with the norms as they are.
    """
    before = [module.training for module in modules]
    for module in modules:
        module.training = training
    try:
        yield
    finally:
        for module, mode in zip(modules, before, strict=True):
            module.training = mode
