"""Which sizes of pictures a network takes, and the sentence for those it does not."""

from __future__ import annotations

import torch
from torch import Tensor

from cellwright.core import BadParameter


def require_multiples(images: Tensor, stride: int) -> None:
    """Let (N, C, H, W) pictures pass whose height and width are multiples of `stride`.

    Raises
    ------
    BadParameter
        If a side is no multiple.
    """
    # A recorded network is one for every size, and sizes are not numbers there.
    if torch.jit.is_tracing():  # type: ignore[attr-defined,no-untyped-call]
        return
    height, width = images.shape[-2:]
    if height % stride or width % stride:
        raise BadParameter(
            f"A picture of {width}×{height} pixels does not fit this network; "
            f"bring both sides to multiples of {stride}."
        )
