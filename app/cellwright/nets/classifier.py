"""`Classifier`: an encoder, and a head that says what a whole picture shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from cellwright.nets.encoders import build_encoder
from cellwright.nets.input_size import require_multiples
from cellwright.nets.parameters import make, need
from cellwright.nets.truth import PictureTruth, StepLoss

if TYPE_CHECKING:
    from torch import Tensor


class ClassHead(nn.Module):
    """From the coarsest map of an encoder to one number a class: expand, average over the picture, weigh.

    Parameters
    ----------
    in_channels, classes : int
        Of the map, and of the answer.
    channels : int
        Width of the 1×1 expansion before averaging, as MobileNetV2 ends with 1280 (Sandler et al., CVPR 2018,
        table 2); 0 leaves it out.
    dropout : float
        Share of the averaged channels that is left out in training (Srivastava et al. 2014).
    smoothing : float
        Share of a label that is spread over all classes in training (Szegedy et al. 2016, section 7).
    mirrored : bool
        Whether `predict` answers with the mean over the picture and its three mirror images: cells have no right way
        up. In training they come by chance.
    """

    def __init__(
        self,
        in_channels: int,
        classes: int,
        channels: int = 1280,
        dropout: float = 0.2,
        smoothing: float = 0.0,
        mirrored: bool = False,
    ) -> None:
        from torchvision.ops.misc import Conv2dNormActivation

        super().__init__()
        need(classes >= 2, f"The head tells {classes} classes apart; it takes two or more.")
        need(channels >= 0, f"The head's channels is {channels}; give 0 or more.")
        need(0.0 <= dropout < 1.0, f"The head's dropout is {dropout}; give a share from 0 to below 1.")
        need(0.0 <= smoothing < 1.0, f"The head's smoothing is {smoothing}; give a share from 0 to below 1.")
        self.expand: nn.Module | None = None
        if channels:
            # In torchvision's layout, so that the last layer of a MobileNetV2 learned on ImageNet fits.
            self.expand = Conv2dNormActivation(in_channels, channels, kernel_size=1, activation_layer=nn.ReLU6)
        self.dropout = nn.Dropout(dropout)
        self.weigh = nn.Linear(channels or in_channels, classes)
        nn.init.normal_(self.weigh.weight, std=0.01)
        nn.init.zeros_(self.weigh.bias)
        self.classes, self.smoothing, self.mirrored = classes, smoothing, mirrored

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) → (N, K) logits."""
        x = features if self.expand is None else self.expand(features)
        x = self.dropout(x.mean((2, 3)))  # (N, channels)
        logits: Tensor = self.weigh(x)
        return logits


class Classifier(nn.Module):
    """Says which of K classes a whole picture shows.

    Parameters
    ----------
    encoder : mapping
        ``{"kind": name, **parameters}`` for `encoders.build_encoder`.
    classes : int
        How many there are.
    head : mapping
        Parameters of `ClassHead`.

    Attributes
    ----------
    max_stride : int
        Height and width of an input must be multiples of it.
    """

    def __init__(self, encoder: Mapping[str, Any], classes: int, head: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.encoder = build_encoder(encoder)
        self.max_stride = self.encoder.strides[-1]
        self.head = make("head", ClassHead, head or {}, in_channels=self.encoder.channels[-1], classes=classes)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → (N, K) logits, float32.

        Raises
        ------
        BadParameter
            If a side is not a multiple of `max_stride`.
        """
        require_multiples(images, self.max_stride)
        logits: Tensor = self.head(self.encoder(images)[-1])
        return logits.float()

    def predict(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) in [0, 1] → (N, K) probabilities, each row together 1; not calibrated."""
        if not self.head.mirrored:
            alone: Tensor = self(images).softmax(1)
            return alone
        views = (images, images.flip(3), images.flip(2), images.flip(2, 3))
        # Added up one by one: four pictures at once are no faster on a processor and take four times the memory.
        total: Tensor = self(views[0]).softmax(1)
        for view in views[1:]:
            total = total + self(view).softmax(1)
        return total / len(views)

    def loss(self, images: Tensor, truth: PictureTruth) -> StepLoss:
        """Return the cross-entropy of a batch, taken in float32, autocast or not."""
        logits = self(images)
        with torch.autocast(images.device.type, enabled=False):
            total = F.cross_entropy(logits, truth.classes, label_smoothing=self.head.smoothing)
        return StepLoss(total, {"class": total})


def build_classifier(parameters: Mapping[str, Any]) -> Classifier:
    """Build a classifier from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    UnknownName
        If the encoder is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("classifier", Classifier, parameters)
