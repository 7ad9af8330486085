"""`begin`: what a network knows before its training, taken over from a finished model or from ImageNet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cellwright.core import ModelNotUsable
from cellwright.training.parts import encoder_name
from cellwright.training.provenance import FROM_SCRATCH
from cellwright.training.recipe import Recipe
from cellwright.zoo import ModelCard, find_model, load_card, load_network

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a training began with, in words for the card, and the model it is a continuation of, if any."""

    words: str = FROM_SCRATCH
    parent: str | None = None


def begin(
    network: nn.Module, recipe: Recipe, model: str | Path | None = None, encoder_weights: Path | None = None
) -> Beginning:
    """Give a network the weights it begins with.

    Parameters
    ----------
    network : nn.Module
        With weights from chance.
    recipe : Recipe
        Says whether all of a model is taken over, all but its head, or its encoder alone.
    model : str or Path or None
        A finished model, by name or folder.
    encoder_weights : Path or None
        File of MobileNetV2's weights from ImageNet; `nets.imagenet` reads it.

    Raises
    ------
    ModelNotUsable
        If the weights do not fit the network.
    """
    if model is not None and encoder_weights is not None:
        raise ModelNotUsable("A training begins with a model or with the weights of an encoder; give one of the two.")
    if encoder_weights is not None:
        return _from_imagenet(network, encoder_weights)
    if model is None:
        return Beginning()
    folder = find_model(model)
    card = load_card(folder)
    other = load_network(folder, card)
    name = card.source.removeprefix("model:")
    if recipe.start == "encoder":
        _give(_encoder(network), _encoder(other), f"The encoder of {card.name} is another one than the recipe's")
        return Beginning(f"the encoder of {name}")
    if recipe.start == "body":
        _give_body(network, other, f"{card.name} has another architecture than the recipe")
        return Beginning(f"{name}, its head anew")
    _check_classes(card, recipe)
    _give(network, other, f"{card.name} has another architecture than the recipe")
    return Beginning(name, name)


def _check_classes(card: ModelCard, recipe: Recipe) -> None:
    if card.class_names != recipe.data.classes:
        raise ModelNotUsable(
            f"{card.name} finds {', '.join(card.class_names)}, the recipe asks for {', '.join(recipe.data.classes)}; "
            'start from a model with the same classes, or take its encoder alone with start = "encoder".'
        )


def _give(network: nn.Module, other: nn.Module, trouble: str) -> None:
    try:
        network.load_state_dict(other.state_dict())
    except RuntimeError as error:
        raise ModelNotUsable(f"{trouble}; start from one like it.") from error


def _give_body(network: nn.Module, other: nn.Module, trouble: str) -> None:
    """Take over every part but the one called head."""
    for name, part in network.named_children():
        if name != "head":
            if not hasattr(other, name):
                raise ModelNotUsable(f"{trouble}; start from one like it.")
            _give(part, getattr(other, name), trouble)


def _encoder(network: nn.Module) -> nn.Module:
    name = encoder_name(network)
    if name is None:
        raise ModelNotUsable("This network has no part that is called its encoder; start from scratch.")
    return network.get_submodule(name)


def _from_imagenet(network: nn.Module, path: Path) -> Beginning:
    from cellwright.nets.imagenet import load_mobilenet_v2

    load_mobilenet_v2(network, path)
    return Beginning(f"an encoder taught on ImageNet ({path.name})")
