"""The description of one of our models for bioimage.io (specification 0.5): everything another program needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from cellwright.zoo.card import ModelCard
from cellwright.zoo.decoding import StarDecoding, TouchingDecoding

FORMAT_VERSION = "0.5.4"
"""Of the specification that the description is written by; later ones read it too."""

TOLERANCE = 1e-3
"""By how much, relatively and absolutely, a program may answer otherwise than the test output."""

AUTHOR = "The Cellwright developers"


@dataclass(frozen=True, slots=True)
class Packed:
    """What a package holds beside its description.

    Parameters
    ----------
    weights, sha256 : str
        Name and hash of the ONNX file.
    opset : int
        Of the ONNX file.
    fixed_px : int or None
        The one side that the network takes; None for every multiple of the card's stride.
    channels : int
        Channels, or numbers an object, that it answers with.
    test_input, test_output, readme, cover : str
        Names of the files.
    """

    weights: str
    sha256: str
    opset: int
    fixed_px: int | None
    channels: int
    test_input: str = "test_input.npy"
    test_output: str = "test_output.npy"
    readme: str = "README.md"
    cover: str = "cover.png"


def description_of(card: ModelCard, packed: Packed, recorded: ModelCard) -> dict[str, Any]:
    """Return the description of a package.

    Parameters
    ----------
    card : ModelCard
        Of the model.
    packed : Packed
        What the package holds.
    recorded : ModelCard
        The card that Cellwright itself reads back from the package, under ``config: cellwright: card``.
    """
    own = recorded.model_dump(mode="json", exclude={"weights", "sample", "training", "metrics", "reliability"})
    return {
        "format_version": FORMAT_VERSION,
        "type": "model",
        "name": _plain_name(card),
        "description": card.summary or card.title,
        "authors": [{"name": AUTHOR}],
        "license": card.licence.split()[0] if card.licence else "BSD-3-Clause",
        "documentation": packed.readme,
        "covers": [packed.cover],
        "tags": _tags(card),
        "inputs": [_input(card, packed)],
        "outputs": [_output(card, packed)],
        "weights": {"onnx": {"source": packed.weights, "sha256": packed.sha256, "opset_version": packed.opset}},
        "config": {
            "bioimageio": {
                "reproducibility_tolerance": [
                    {
                        "relative_tolerance": TOLERANCE,
                        "absolute_tolerance": TOLERANCE,
                        "mismatched_elements_per_million": 100,
                    }
                ]
            },
            "cellwright": {"card": own},
        },
    }


def to_yaml(description: dict[str, Any]) -> str:
    """Return a description as the text of its file, without aliases."""

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - every value is written out
            return True

    return yaml.dump(description, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)


def answer_axes(card: ModelCard) -> str:
    """Return the axes of what a network of a card answers with: see `recorded.OutputTensor`."""
    if card.decoding.kind in {"boxes", "regions"}:
        return "bic"
    return "bc" if card.decoding.kind == "picture" else "bcyx"


def channel_names(card: ModelCard, channels: int) -> list[str]:
    """Return a name for each channel that a network answers with."""
    kinds, decoding = list(card.class_names), card.decoding
    if decoding.kind == "boxes":
        names = ["y0", "x0", "y1", "x1", *kinds]
    elif decoding.kind == "regions":
        names = ["y0", "x0", "y1", "x1", "score", "class"]
    elif isinstance(decoding, StarDecoding):
        told = kinds if len(kinds) > 1 else []
        pixels = 0 if decoding.foreground is None else decoding.grid**2
        rays = channels - 1 - pixels - len(told)
        names = ["probability", *(f"ray-{n}" for n in range(rays)), *(f"pixel-{n}" for n in range(pixels)), *told]
    elif isinstance(decoding, TouchingDecoding):
        places = {0: "ground", decoding.interior: "inside", decoding.boundary: "boundary"}
        names = [places.get(n, f"class-{n}") for n in range(channels)]
    elif decoding.kind == "classes":
        names = ["ground", *kinds]
    else:
        names = kinds
    return names + [f"mask-{n}" for n in range(channels - len(names))]


def _input(card: ModelCard, packed: Packed) -> dict[str, Any]:
    size: Any = packed.fixed_px or {"min": least_px(card), "step": card.input.stride}
    fixed = {"type": "batch", "size": 1} if packed.fixed_px and card.decoding.kind == "regions" else {"type": "batch"}
    scale = {} if card.input.um_per_px is None else {"scale": card.input.um_per_px, "unit": "micrometer"}
    stretched = card.input.contrast != "display"
    return {
        "id": "images",
        "description": "A picture in red, green and blue; greys have three equal channels.",
        "axes": [
            fixed,
            {"type": "channel", "id": "channel", "channel_names": ["red", "green", "blue"]},
            {"type": "space", "id": "y", "size": size, **scale},
            {"type": "space", "id": "x", "size": size, **scale},
        ],
        "data": {"type": "float32" if stretched else "uint8", **({} if stretched else {"range": [0, 255]})},
        "preprocessing": preprocessing_of(card),
        "test_tensor": {"source": packed.test_input},
    }


def preprocessing_of(card: ModelCard) -> list[dict[str, Any]]:
    """Return what brings the numbers of a picture to those that the network takes, as steps of bioimage.io."""
    axes = ["channel", "y", "x"]
    if card.input.contrast == "percentile":
        low, high = card.input.percentiles
        return [
            {"id": "scale_range", "kwargs": {"axes": axes, "min_percentile": low, "max_percentile": high}},
            {"id": "clip", "kwargs": {"min": 0.0, "max": 1.0}},
        ]
    return [{"id": "scale_linear", "kwargs": {"gain": 1 / 255, "offset": 0.0}}]


def _output(card: ModelCard, packed: Packed) -> dict[str, Any]:
    names = channel_names(card, packed.channels)
    channel = {"type": "channel", "id": "channel", "channel_names": names}
    kind = answer_axes(card)
    axes: list[dict[str, Any]] = [{"type": "batch"}]
    if kind == "bic":
        axes += [{"type": "index", "id": "index", "size": {"min": 1}}, channel]
    elif kind == "bc":
        axes += [channel]
    else:
        axes += [channel, _side(card, packed, "y"), _side(card, packed, "x")]
    return {
        "id": "answer",
        "description": _SAID[card.decoding.kind],
        "axes": axes,
        "data": {"type": "float32"},
        "test_tensor": {"source": packed.test_output},
    }


def _side(card: ModelCard, packed: Packed, name: str) -> dict[str, Any]:
    grid = card.decoding.grid if isinstance(card.decoding, StarDecoding) else 1
    um = card.input.um_per_px
    halo = 0 if packed.fixed_px else card.input.halo_px // grid
    return {
        "type": "space",
        "id": name,
        "size": {"tensor_id": "images", "axis_id": name},
        **({"halo": halo} if halo else {}),
        **({"scale": float(grid) * (um or 1.0)} if grid != 1 or um else {}),
        **({"unit": "micrometer"} if um else {}),
    }


def least_px(card: ModelCard) -> int:
    """Return the shortest side that a package asks for: of maps, one that leaves something between two halos."""
    stride, halo = card.input.stride, card.input.halo_px if answer_axes(card) == "bcyx" else 0
    return (2 * halo // stride + 1) * stride


def _plain_name(card: ModelCard) -> str:
    allowed = [letter if letter.isalnum() or letter in " _-()+" else " " for letter in card.title]
    return " ".join("".join(allowed).split()) or card.name


def _tags(card: ModelCard) -> list[str]:
    return ["cells", "microscopy", "2d", card.task, *card.class_names]


_SAID = {
    "boxes": "Boxes in pixels of the picture, and the probability of each class; suppression is left to do.",
    "regions": "Boxes, a score, the number of the class, and a mask in the box, row by row.",
    "stars": "Probability of an object, rays to its edge in pixels of the picture, and which pixels belong to it.",
    "touching": "Probability of ground, inside and boundary.",
    "classes": "Probability of the ground and of each class.",
    "labels": "Numbers of objects; 0 is the ground.",
    "picture": "Probability of each class for the whole picture.",
}
