"""A classifier small enough for a test and known by hand: it says whether a picture is red, green or blue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

    from cellwright.zoo import ModelCard

COLOURS = ("red", "green", "blue")
ARCHITECTURE: dict[str, Any] = {
    "kind": "classifier",
    "encoder": {"kind": "plain", "channels": [16], "convs": 1},
    "classes": 3,
    "head": {"channels": 0, "dropout": 0.0},
}
STEEPNESS = 12.0
"""Logits are so many times the mean of a colour, so that probabilities can be worked out by hand."""


def colour_network() -> nn.Module:
    """Return the network: its three first channels are red, green and blue, averaged over the picture."""
    import torch

    from cellwright import nets

    network: Any = nets.build(ARCHITECTURE).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        conv, norm = network.encoder.levels[0][0][0], network.encoder.levels[0][0][1]
        for channel in range(3):
            conv.weight[channel, channel, 1, 1] = 1.0
            network.head.weigh.weight[channel, channel] = STEEPNESS
        norm.weight.fill_((1 + norm.eps) ** 0.5)
    made: nn.Module = network
    return made


def colour_card(least: float = 0.6, of: tuple[str, ...] = ("WBC",), **crops: Any) -> ModelCard:
    """Return its card; crops are two boxes wide."""
    from cellwright.zoo import Crops, InputContract, ModelCard, ObjectClass, PictureDecoding, Thresholds

    return ModelCard(
        name="colours",
        title="Colours",
        task="classification",
        architecture=ARCHITECTURE,
        input=InputContract(tile_px=32, halo_px=0, stride=1, centre=0.5),
        classes=tuple(
            ObjectClass(name=name, title=name.title(), colour=colour, badge=name[0].upper())
            for name, colour in zip(COLOURS, ("#FF0000", "#00FF00", "#0000FF"), strict=True)
        ),
        decoding=PictureDecoding(),
        crops=Crops(of=of, side_boxes=2.0, **crops),
        thresholds=Thresholds(confidence=dict.fromkeys(COLOURS, least)),
    )


def write_colour_model(folder: Path, least: float = 0.6, **crops: Any) -> Path:
    """Write the model folder and return it."""
    from cellwright.zoo import write_model

    write_model(folder, colour_card(least, **crops), colour_network())
    return folder
