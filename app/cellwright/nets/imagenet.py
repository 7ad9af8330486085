"""Weights learned on ImageNet, read from a file and given to an encoder: where transfer learning begins."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cellwright.core import ModelNotUsable
from cellwright.nets import backbones
from cellwright.nets.classifier import ClassHead
from cellwright.nets.torchvision_encoders import MobileNetV2Encoder

_EXPANDED = 1280
"""Channels that MobileNetV2 ends with."""


def load_mobilenet_v2(network: nn.Module, path: Path) -> None:
    """Give the MobileNetV2 inside a network the weights of a file; everything behind it stays as it is.

    Parameters
    ----------
    network : nn.Module
        A `MobileNetV2Encoder`, the YOLO family's MobileNetV2 backbone, or a network that contains one of them.
    path : Path
        A file as `read_mobilenet_v2` takes it.

    Raises
    ------
    ModelNotUsable
        If there is no MobileNetV2 in the network, or the file is not readable or holds something else.
    """
    layers = _layers_in(network)
    tensors = read_mobilenet_v2(path)
    for place, layer in enumerate(layers):
        own = layer.state_dict()
        for name in own:
            if name.endswith("num_batches_tracked"):
                continue
            known = tensors.get(f"features.{place}.{name}")
            if known is None or known.shape != own[name].shape:
                raise ModelNotUsable(
                    f"{path} does not hold the weights of MobileNetV2: its layer {place} lacks {name!r} in the shape "
                    f"{tuple(own[name].shape)}. Give a file of torchvision's mobilenet_v2."
                )
            with torch.no_grad():
                own[name].copy_(known)


def read_mobilenet_v2(path: Path) -> dict[str, Tensor]:
    """Read an ``.npz`` of torchvision's ``mobilenet_v2`` weights.

    Arrays have torchvision's names. A weight may be split in two: ``NAME_q8`` int8 and, without its last word,
    ``.scale`` float32, one factor for each output channel; their product is the weight.

    Parameters
    ----------
    path : Path
        The file; nothing in it is unpickled.

    Returns
    -------
    dict of str to float tensors

    Raises
    ------
    ModelNotUsable
        If the file is missing, damaged or no such archive.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array and no names")
            arrays = {name: archive[name] for name in archive.files}
        return {name: torch.from_numpy(array) for name, array in _whole(arrays).items()}
    except FileNotFoundError as error:
        raise ModelNotUsable(f"There are no MobileNetV2 weights at {path}; give the path of the .npz file.") from error
    except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        # What numpy says would advise to unpickle, which is never done.
        raise ModelNotUsable(
            f"{path} is not an archive of named arrays of numbers; give an .npz of torchvision's mobilenet_v2."
        ) from error


def _whole(arrays: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.float32]]:
    """Multiply what was split into small integers and factors."""
    whole = {}
    for name, array in arrays.items():
        if name.endswith(".scale"):
            continue
        if name.endswith(".weight_q8"):
            factor = arrays[name.removesuffix("weight_q8") + "scale"].astype(np.float32)
            factor = factor.reshape(-1, *[1] * (array.ndim - 1))
            whole[name.removesuffix("_q8")] = array.astype(np.float32) * factor
        else:
            whole[name] = array.astype(np.float32)
    return whole


def _layers_in(network: nn.Module) -> list[nn.Module]:
    """Return the layers of the first MobileNetV2 in a network, in torchvision's order."""
    for module in network.modules():
        if isinstance(module, MobileNetV2Encoder):
            return [*module.features, *_expansions(network)]
        if isinstance(module, backbones.MobileNetV2):
            return [module.stem, *(layer for stage in module.stages for layer in stage.children())]
    raise ModelNotUsable(
        "ImageNet weights of MobileNetV2 were given, but the network has no MobileNetV2; choose that encoder."
    )


def _expansions(network: nn.Module) -> list[nn.Module]:
    """Return the expansion of a classifier's head that is as wide as MobileNetV2's own, its layer 18."""
    heads = [module for module in network.modules() if isinstance(module, ClassHead)]
    return [head.expand for head in heads if head.expand is not None and head.weigh.in_features == _EXPANDED]
