"""Networks: modules, target assignment, losses and decoding, in torch; knows nothing of files, slides or windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cellwright.core import ModelNotUsable
from cellwright.registry import Registry, problem_if_not_callable

if TYPE_CHECKING:
    from torch import nn

OWN_ARCHITECTURES = {
    "yolo": "cellwright.nets.yolo:build_yolo",
    "unet": "cellwright.nets.unet:build_unet",
    "segnet": "cellwright.nets.segnet:build_segnet",
    "fcn": "cellwright.nets.fcn:build_fcn",
    "classifier": "cellwright.nets.classifier:build_classifier",
    "faster-rcnn": "cellwright.nets.rcnn:build_faster_rcnn",
    "mask-rcnn": "cellwright.nets.rcnn:build_mask_rcnn",
    "retinanet": "cellwright.nets.retinanet:build_retinanet",
}
"""The same lines that pyproject.toml declares."""


def _problem_of(loaded: object) -> str:
    return "" if hasattr(loaded, "open_engine") else problem_if_not_callable(loaded)


ARCHITECTURES: Registry[Callable[[Mapping[str, Any]], nn.Module]] = Registry(
    "cellwright.architectures", "architecture", OWN_ARCHITECTURES, _problem_of
)
"""Our own architectures and those of installed packages: each makes a network of a card's parameters, or has
``open_engine`` and computes by itself, see `cellwright.inference.engine.OpensEngine`."""


def build(architecture: Mapping[str, Any]) -> nn.Module:
    """Build the network that a card's ``architecture`` describes; nothing is downloaded.

    Every network takes pictures (N, 3, H, W) in [0, 1] whose sides are multiples of its ``max_stride``. ``predict``
    answers with one tensor, ``loss`` with what a batch costs beside its truth (see `truth` and `assign.Truth`).

    Parameters
    ----------
    architecture : mapping
        ``{"kind": name, **parameters}``; the names are those of `ARCHITECTURES`.

    Raises
    ------
    UnknownName
        If no architecture has that name.
    ModelNotUsable
        If the parameters do not fit it, or models of this kind compute by themselves.
    PluginNotUsable
        If it is a plugin's and cannot be loaded.
    """
    parameters = dict(architecture)
    kind = str(parameters.pop("kind", ""))
    make = ARCHITECTURES.load(kind)
    if not callable(make):
        raise ModelNotUsable(f"Models of the kind {kind!r} compute by themselves: there is no torch network to use.")
    return make(parameters)


def made_by(architecture: Mapping[str, Any]) -> str:
    """Return which package and version an architecture comes from; empty where it is our own or unknown."""
    entry = ARCHITECTURES.entries().get(str(architecture.get("kind", "")))
    return "" if entry is None or entry.is_own else f"{entry.distribution} {entry.version}"


__all__ = ["ARCHITECTURES", "build", "made_by"]
