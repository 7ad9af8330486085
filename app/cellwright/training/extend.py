"""A head that answers for more classes than it did: old answers stay as they were, new ones begin modestly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from cellwright import nets
from cellwright.core import ModelNotUsable
from cellwright.nets.heads import GridHead, PointHead

if TYPE_CHECKING:
    from cellwright.zoo import ModelCard

NEW_BIAS = -2.0
"""Added to the logit of a class begun from another one: it is at first held for less likely than that."""


def extended_architecture(card: ModelCard, count: int) -> dict[str, Any]:
    """Return the architecture of a model with so many classes.

    Raises
    ------
    ModelNotUsable
        If its answers cannot be told apart by class.
    """
    architecture: dict[str, Any] = dict(card.architecture)
    if count == len(card.classes):
        return architecture
    if card.decoding.kind == "touching":
        raise ModelNotUsable(
            f"{card.name} tells objects of one class apart and cannot learn another; "
            "teach a model of stars or of regions the new class."
        )
    if "num_classes" in architecture:
        return architecture | {"num_classes": count}
    if card.decoding.kind == "stars":
        return architecture | {"head": {**architecture["head"], "classes": count}}
    return _with_pixel_classes(architecture, count + 1)


def _with_pixel_classes(architecture: dict[str, Any], count: int) -> dict[str, Any]:
    """Classes of pixels, the ground among them."""
    if "head" not in architecture:
        return architecture | {"classes": count}
    head = dict(architecture["head"])
    weights = head.get("class_weights")
    if weights is not None:
        head["class_weights"] = [*weights, *[1.0] * (count - len(weights))]
    return architecture | {"head": {**head, "classes": count}}


def extended(old: nn.Module, architecture: dict[str, Any], like: Mapping[int, int] | None = None) -> nn.Module:
    """Build a network with more classes that answers for the old ones as before.

    Parameters
    ----------
    old : nn.Module
        With the weights to keep.
    architecture : dict
        Of the new network; it differs in the number of classes alone.
    like : mapping of int to int, optional
        New class → old class whose answer it begins with, a little less likely; others begin by chance.

    Returns
    -------
    nn.Module
        With weights of its own.

    Raises
    ------
    ModelNotUsable
        If the two differ in more than the classes.
    """
    network = nets.build(architecture)
    own, given = network.state_dict(), old.state_dict()
    if own.keys() != given.keys():
        raise ModelNotUsable("The two networks differ in more than their classes; begin from the model itself.")
    with torch.no_grad():
        for name, value in own.items():
            if value.shape == given[name].shape:
                value.copy_(given[name])
            else:
                _take_over(value, given[name], _groups(network, name))
        _begin_like(network, like or {})
    network.load_state_dict(own)
    return network


def _groups(network: nn.Module, name: str) -> int:
    """Return in how many equal groups a tensor's rows come, each ending with the classes: anchors of a grid head."""
    head = getattr(network, "head", None)
    is_grid = isinstance(head, GridHead) and name.startswith("head.outputs")
    return int(head.anchors.shape[1]) if is_grid and isinstance(head, GridHead) else 1


def _take_over(new: Tensor, old: Tensor, groups: int) -> None:
    if new.shape[1:] != old.shape[1:] or new.shape[0] < old.shape[0]:
        raise ModelNotUsable("The two networks differ in more than their classes; begin from the model itself.")
    parts = new.view(groups, -1, *new.shape[1:])
    before = old.view(groups, -1, *old.shape[1:])
    parts[:, : before.shape[1]] = before


def _begin_like(network: nn.Module, like: Mapping[int, int]) -> None:
    head = getattr(network, "head", None)
    if isinstance(head, PointHead):
        answers = [(branch[-1], 0, 1) for branch in head.classify]  # type: ignore[index]
    elif isinstance(head, GridHead):
        answers = [(conv, 5, int(head.anchors.shape[1])) for conv in head.outputs]
    else:
        return
    for conv, first, groups in answers:
        weight, bias = (part.view(groups, -1, *part.shape[1:]) for part in (conv.weight, conv.bias))
        for new, old in like.items():
            weight[:, first + new] = weight[:, first + old]
            bias[:, first + new] = bias[:, first + old] + NEW_BIAS
