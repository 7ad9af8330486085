"""Heads that answer for every pixel: classes, and star-convex objects."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cellwright.core import BadParameter
from cellwright.nets.blocks import Conv
from cellwright.nets.dense_losses import (
    class_loss,
    covered_loss,
    dice_loss,
    distance_loss,
    polar_iou_loss,
    probability_loss,
    tversky_loss,
)
from cellwright.nets.parameters import choose, need
from cellwright.nets.truth import PixelTruth, StarTruth, StepLoss

SHORTEST_PX = 1e-3
"""No ray is shorter, so that every star has an area."""


class DenseHead(nn.Module):
    """Base of the heads; what they return is float32 even under autocast."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) of the decoder → raw answers."""
        raise NotImplementedError

    def decode(self, raw: Tensor) -> Tensor:
        """Return what the network predicts, in plain probabilities and pixels."""
        raise NotImplementedError

    def loss(self, raw: Tensor, truth: Any) -> StepLoss:
        """Return what the raw answers cost against the truth."""
        raise NotImplementedError


class ClassesHead(DenseHead):
    """The class of every pixel; class 0 is background.

    Parameters
    ----------
    channels, stride : int
        Of the map that comes in.
    classes : int
        K ≥ 2, background included.
    resize : {"bilinear", "shuffle"}
        How answers reach full resolution when the map is coarser: interpolated, or each coarse pixel answers for its
        stride² pixels by itself (Shi et al., CVPR 2016), which keeps edges one pixel thin.
    cross_entropy, dice : float
        Weights of the losses' parts; 0 leaves one out.
    focal_gamma : float
        Above 0 the cross-entropy is focal; see `dense_losses.class_loss`.
    class_weights : sequence of K floats, optional
        How much the pixels of each class count in the cross-entropy.
    """

    def __init__(
        self,
        channels: int,
        stride: int,
        classes: int,
        resize: str = "bilinear",
        cross_entropy: float = 1.0,
        dice: float = 1.0,
        focal_gamma: float = 0.0,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        need(classes >= 2, f"A head of {classes} classes cannot tell anything apart; count the background as one.")
        need(resize in {"bilinear", "shuffle"}, f"The head's resize is {resize!r}; it can be 'bilinear' or 'shuffle'.")
        need(
            class_weights is None or len(class_weights) == classes,
            f"The head has {classes} classes, its class_weights must be as many.",
        )
        need(cross_entropy > 0 or dice > 0, "The head has neither cross_entropy nor dice to learn from; set one.")
        self.classes, self.stride, self.resize = classes, stride, resize
        self.cross_entropy, self.dice, self.focal_gamma = cross_entropy, dice, focal_gamma
        self.class_weights = None if class_weights is None else tuple(class_weights)
        self.answer = nn.Conv2d(channels, classes * (stride**2 if resize == "shuffle" else 1), 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H/stride, W/stride) → logits (N, K, H, W)."""
        y: Tensor = self.answer(x).float()
        if self.stride == 1:
            return y
        if self.resize == "shuffle":
            return F.pixel_shuffle(y, self.stride)
        return F.interpolate(y, scale_factor=float(self.stride), mode="bilinear", align_corners=False)

    def decode(self, raw: Tensor) -> Tensor:
        """(N, K, H, W): probabilities that sum to 1 over the classes."""
        return raw.softmax(1)

    def loss(self, raw: Tensor, truth: PixelTruth) -> StepLoss:
        """Return cross-entropy (or focal loss) and Dice, as the weights say."""
        parts = {}
        if self.cross_entropy > 0:
            entropy = class_loss(raw, truth.classes, truth.weight, self.class_weights, self.focal_gamma)
            parts["cross_entropy"] = self.cross_entropy * entropy
        if self.dice > 0:
            parts["dice"] = self.dice * dice_loss(raw.softmax(1), truth.classes)
        return StepLoss(torch.stack([*parts.values()]).sum(), parts)


class StarsHead(DenseHead):
    """Star-convex objects (StarDist, Schmidt et al., MICCAI 2018), with classes (Weigert & Schmidt, ISBIC 2022).

    Each grid point answers with the probability that it lies inside an object and with the lengths of rays from itself
    to that object's edge. Asked to, it also says which pixels of its square belong to objects at all: a few dozen rays
    round corners off, and with the pixels an outline can be made exact.

    Parameters
    ----------
    channels, stride : int
        Of the map that comes in.
    rays : int
        R ≥ 3, evenly spread.
    grid : {1, 2, 4}
        Input pixels per grid point; the map must come at this stride, or be coarser and resized.
    classes : int
        C; below 2 there is no class to tell.
    pixels : bool
        Whether to say which pixels belong to objects: g² channels, one a pixel of the point's square, row by row.
    resize : {"none", "shuffle"}
        With "shuffle" each point of a coarser map answers for its (stride / grid)² grid points by itself (Shi et al.,
        CVPR 2016), so that nothing wide is computed on the fine grid.
    width : int
        Channels of a 3×3 convolution in front of the answers (128 in the reference implementation); 0 for none.
    typical_px : float
        Length at which untrained rays begin, in input pixels: about the radius of an object.
    distance : {"softplus", "relu"}
        How an answer becomes a length: always positive with a gradient everywhere, or linear and cut at
        `SHORTEST_PX`, as in the reference implementation.
    distance_loss : {"l1", "polar-iou"}
        See `dense_losses.distance_loss` and `dense_losses.polar_iou_loss`.
    probability_weight, distance_weight, class_weight, pixel_weight : float
        Weights of the losses' parts; StarDist uses 1 and 0.2 for the first two.
    act : str
        See `blocks.activation`.
    """

    def __init__(
        self,
        channels: int,
        stride: int,
        rays: int = 32,
        grid: int = 1,
        classes: int = 0,
        pixels: bool = False,
        resize: str = "none",
        width: int = 0,
        typical_px: float = 10.0,
        distance: str = "softplus",
        distance_loss: str = "l1",
        probability_weight: float = 1.0,
        distance_weight: float = 0.2,
        class_weight: float = 1.0,
        pixel_weight: float = 1.0,
        act: str = "relu",
    ) -> None:
        super().__init__()
        need(rays >= 3, f"A star of {rays} rays has no area; give at least 3.")
        need(resize in {"none", "shuffle"}, f"The head's resize is {resize!r}; it can be 'none' or 'shuffle'.")
        need(
            grid == stride or (resize == "shuffle" and grid > 0 and stride % grid == 0),
            f"The stars stand on a grid of {grid}, but the decoder ends at a stride of {stride}: "
            f"give it {'more' if stride > grid else 'fewer'} channels.",
        )
        need(distance in {"softplus", "relu"}, f"The head's distance is {distance!r}; it can be 'softplus' or 'relu'.")
        need(
            distance_loss in {"l1", "polar-iou"},
            f"The head's distance_loss is {distance_loss!r}; it can be 'l1' or 'polar-iou'.",
        )
        need(typical_px > 0, "The head's typical_px must be above 0.")
        self.rays, self.grid, self.classes = rays, grid, classes if classes > 1 else 0
        self.typical_px, self.distance, self.distance_loss = typical_px, distance, distance_loss
        self.probability_weight, self.distance_weight = probability_weight, distance_weight
        self.class_weight, self.pixel_weight = class_weight, pixel_weight
        self.pixels = grid**2 if pixels else 0
        self.finer = stride // grid
        self.features: nn.Module = Conv(channels, width, 3, act=act) if width else nn.Identity()
        self.answer = nn.Conv2d(width or channels, (1 + rays + self.pixels + self.classes) * self.finer**2, 1)
        self._begin()

    def _begin(self) -> None:
        """Start where every ray has the typical length and about one point in five lies in an object."""
        bias = self.answer.bias
        if bias is None:
            return
        each = self.finer**2  # rows of one answer, see `pixel_shuffle`
        with torch.no_grad():
            self.answer.weight[each : each * (1 + self.rays)] *= 0.1
            bias.zero_()
            bias[:each] = math.log(0.2 / 0.8)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) → (N, 1 + R (+ g²) (+ C), h, w): logit of being inside, what becomes lengths, more logits."""
        y: Tensor = self.answer(self.features(x)).float()
        return F.pixel_shuffle(y, self.finer) if self.finer > 1 else y

    def decode(self, raw: Tensor) -> Tensor:
        """Return (N, 1 + R (+ g²) (+ C), h, w), as `forward`.

        Probability, lengths ≥ `SHORTEST_PX` in input pixels, probabilities of the pixels, of the classes if C > 1.
        """
        logit, t, pixels, classes = self._split(raw)
        lengths = self._lengths(t)
        # Where lengths cannot be below 0, adding is cheaper than cutting, on the largest array there is.
        lengths = lengths + SHORTEST_PX if self.distance == "softplus" else lengths.clamp(min=SHORTEST_PX)
        more = [*([pixels.sigmoid()] if self.pixels else []), *([classes.softmax(1)] if self.classes else [])]
        return torch.cat((logit.sigmoid(), lengths, *more), 1)

    def loss(self, raw: Tensor, truth: StarTruth) -> StepLoss:
        """Return probability, distance, pixel and class losses, as the weights say."""
        logit, t, pixels, classes = self._split(raw)
        distances = self._lengths(t)
        known = truth.known
        # A grid point stands on the first pixel of its square.
        at_points = None if known is None else known[:, :1]
        if self.distance_loss == "l1":
            length = distance_loss(distances, truth.distances, truth.probability)
        else:
            length = polar_iou_loss(distances, truth.distances, truth.probability)
        parts = {
            "probability": self.probability_weight * probability_loss(logit, truth.probability, at_points),
            "distance": self.distance_weight * length,
        }
        if self.pixels:
            if truth.covered is None:
                raise BadParameter("The network tells which pixels belong to objects, but this truth does not; add it.")
            cost = probability_loss(pixels, truth.covered, known)
            cost = cost + covered_loss(pixels.sigmoid(), truth.covered, known)
            parts["pixels"] = self.pixel_weight * cost
        if self.classes:
            if truth.classes is None:
                raise BadParameter("The network tells classes of objects apart, but this truth has none; give them.")
            cost = class_loss(classes, truth.classes) + tversky_loss(classes.softmax(1), truth.classes)
            parts["class"] = self.class_weight * cost
        return StepLoss(torch.stack([*parts.values()]).sum(), parts)

    def _lengths(self, t: Tensor) -> Tensor:
        """Input pixels; `typical_px` for 0, and below 0 for a low `t` where the distance is "relu"."""
        if self.distance == "softplus":
            return F.softplus(t) * (self.typical_px / math.log(2))
        return (1 + t) * self.typical_px

    def _split(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Channels of the probability, of the rays, of the pixels and of the classes."""
        rays, pixels = 1 + self.rays, 1 + self.rays + self.pixels
        return y[:, :1], y[:, 1:rays], y[:, rays:pixels], y[:, pixels:]


_HEADS: Mapping[str, Callable[..., DenseHead]] = {"classes": ClassesHead, "stars": StarsHead}


def build_dense_head(description: Mapping[str, Any], channels: int, stride: int) -> DenseHead:
    """Build a head from ``{"kind": name, **parameters}`` over a map of so many channels at a stride.

    Raises
    ------
    UnknownName
        If no head has that name.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return choose("head", _HEADS, description, channels=channels, stride=stride)
