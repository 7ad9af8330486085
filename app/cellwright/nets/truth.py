"""What is true of a batch, in the form that each family of networks learns from, and what a step costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class PixelTruth(NamedTuple):
    """The class of every pixel of a batch.

    ``classes`` (N, H, W) int64: 0 is background, -1 is not judged; ``weight`` (N, H, W) float32, ≥ 0, how much each
    pixel counts (see `dense_losses.border_weights`), or None for all alike.
    """

    classes: Tensor
    weight: Tensor | None = None


class PictureTruth(NamedTuple):
    """What each picture of a batch shows: ``classes`` (N,) int64, 0 … K-1."""

    classes: Tensor


class StarTruth(NamedTuple):
    """Star-convex objects of a batch on a grid of h = H/g rows and w = W/g columns.

    ``probability`` (N, 1, h, w) float32 in [0, 1]: how far inside an object, 0 on background; ``distances``
    (N, R, h, w) float32: length of each ray to the object's edge in input pixels; ``classes`` (N, h, w) int64: 0 … C-1,
    -1 where there is no object, or None where classes are not learned; ``covered`` (N, g², h, w) float32, 0 or 1: which
    pixels of a grid point's square belong to objects, row by row, or None where that is not learned; ``known``
    (N, g², h, w) float32, 0 or 1: which of those pixels somebody looked at, or None where that is all of them.
    """

    probability: Tensor
    distances: Tensor
    classes: Tensor | None = None
    covered: Tensor | None = None
    known: Tensor | None = None


class PictureInstances(NamedTuple):
    """The n objects of one picture.

    ``boxes`` (n, 4) float32 xyxy in input pixels; ``classes`` (n,) int64, 0 … C-1; ``masks`` (n, H, W) bool, or None
    where only boxes are known; ``known`` (H, W) bool: where somebody looked, None everywhere.
    """

    boxes: Tensor
    classes: Tensor
    masks: Tensor | None = None
    known: Tensor | None = None


class InstanceTruth(NamedTuple):
    """The objects of each picture of a batch, in the order of the pictures."""

    pictures: list[PictureInstances]


class StepLoss(NamedTuple):
    """What a batch costs: ``total``, a scalar to descend, per picture on average, and its ``parts`` by name."""

    total: Tensor
    parts: dict[str, Tensor]
