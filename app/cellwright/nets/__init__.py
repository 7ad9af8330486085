"""Networks: modules, target assignment, losses and decoding, in torch; knows nothing of files, slides or windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cellwright.core import unknown_name
from cellwright.nets.fcn import build_fcn
from cellwright.nets.segnet import build_segnet
from cellwright.nets.unet import build_unet
from cellwright.nets.yolo import build_yolo

if TYPE_CHECKING:
    from torch import nn

_ARCHITECTURES = {"yolo": build_yolo, "unet": build_unet, "segnet": build_segnet, "fcn": build_fcn}


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Build the network that a card's ``architecture`` describes.

    Parameters
    ----------
    architecture : mapping
        ``{"kind": name, **parameters}``; the names are "yolo", "unet", "segnet", "fcn".

    Raises
    ------
    UnknownName
        If no architecture has that name.
    ModelNotUsable
        If the parameters do not fit it.
    """
    parameters = dict(architecture)
    kind = str(parameters.pop("kind", ""))
    if kind not in _ARCHITECTURES:
        raise unknown_name("architecture", kind, _ARCHITECTURES)
    return _ARCHITECTURES[kind](parameters)


__all__ = ["build"]
