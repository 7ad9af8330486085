"""Networks: modules, target assignment, losses and decoding, in torch; knows nothing of files, slides or windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cellwright.core import unknown_name
from cellwright.nets.fcn import build_fcn
from cellwright.nets.segnet import build_segnet
from cellwright.nets.unet import build_unet
from cellwright.nets.yolo import build_yolo

if TYPE_CHECKING:
    from torch import nn


def _faster_rcnn(parameters: Mapping[str, Any]) -> nn.Module:
    from cellwright.nets.rcnn import build_faster_rcnn  # with torchvision, which takes a second to import

    return build_faster_rcnn(parameters)


def _mask_rcnn(parameters: Mapping[str, Any]) -> nn.Module:
    from cellwright.nets.rcnn import build_mask_rcnn

    return build_mask_rcnn(parameters)


def _retinanet(parameters: Mapping[str, Any]) -> nn.Module:
    from cellwright.nets.retinanet import build_retinanet

    return build_retinanet(parameters)


_ARCHITECTURES: Mapping[str, Callable[[Mapping[str, Any]], nn.Module]] = {
    "yolo": build_yolo,
    "unet": build_unet,
    "segnet": build_segnet,
    "fcn": build_fcn,
    "faster-rcnn": _faster_rcnn,
    "mask-rcnn": _mask_rcnn,
    "retinanet": _retinanet,
}


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Build the network that a card's ``architecture`` describes; nothing is downloaded.

    Every network takes pictures (N, 3, H, W) in [0, 1] whose sides are multiples of its ``max_stride``. ``predict``
    answers with one tensor, ``loss`` with what a batch costs beside its truth (see `truth` and `assign.Truth`).

    Parameters
    ----------
    architecture : mapping
        ``{"kind": name, **parameters}``; the names are "yolo", "unet", "segnet", "fcn", "faster-rcnn", "mask-rcnn" and
        "retinanet".

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
