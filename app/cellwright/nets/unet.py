"""`Unet`: an encoder, a decoder and a head, put together from a card's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cellwright.nets.decoders import UnetDecoder
from cellwright.nets.dense import DenseNetwork
from cellwright.nets.dense_heads import build_dense_head
from cellwright.nets.encoders import build_encoder
from cellwright.nets.parameters import make

if TYPE_CHECKING:
    from torch import Tensor


class Unet(DenseNetwork):
    """U-Net (Ronneberger, Fischer & Brox, MICCAI 2015) with a choice of encoder, upsampling and head.

    Parameters
    ----------
    encoder, head : mapping
        ``{"kind": name, **parameters}`` for `encoders.build_encoder` and `dense_heads.build_dense_head`.
    decoder : mapping
        Parameters of `decoders.UnetDecoder`.
    """

    def __init__(self, encoder: Mapping[str, Any], decoder: Mapping[str, Any], head: Mapping[str, Any]) -> None:
        super().__init__()
        self.encoder = build_encoder(encoder)
        self.max_stride = self.encoder.strides[-1]
        self.decoder = make(
            "decoder",
            UnetDecoder,
            decoder,
            encoder_channels=self.encoder.channels,
            encoder_strides=self.encoder.strides,
        )
        self.head = build_dense_head(head, self.decoder.out_channels, self.decoder.stride)

    def features(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) → (N, C, H/s, W/s), s the decoder's stride."""
        x: Tensor = self.decoder(self.encoder(images))
        return x


def build_unet(parameters: Mapping[str, Any]) -> Unet:
    """Build a U-Net from a card's ``architecture`` (without its ``kind``).

    Raises
    ------
    UnknownName
        If an encoder or head is not known.
    ModelNotUsable
        If a parameter is missing, unknown or does not fit.
    """
    return make("U-Net", Unet, parameters)
