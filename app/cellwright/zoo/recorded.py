"""`RecordedNetwork`: the ``architecture`` of a card whose network is a recorded graph that other programs made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from cellwright.core import ModelNotUsable
from cellwright.zoo.card import ModelCard
from cellwright.zoo.decoding import StarDecoding
from cellwright.zoo.foreign import is_plain_name
from cellwright.zoo.part import Part
from cellwright.zoo.steps import AnyStep

Convention = Literal[
    "cellwright",
    "yolo-v5",
    "yolo-v8",
    "yolo-nms",
    "detections",
    "foreground",
    "classes",
    "boundary",
    "foreground-boundary",
    "stardist",
    "instanseg",
    "labels",
]

DECODINGS_OF: Mapping[str, tuple[str, ...]] = {
    "cellwright": ("boxes", "stars", "regions", "touching", "classes", "labels", "picture"),
    "yolo-v5": ("boxes",),
    "yolo-v8": ("boxes",),
    "yolo-nms": ("boxes",),
    "detections": ("boxes",),
    "foreground": ("classes",),
    "classes": ("classes",),
    "boundary": ("touching",),
    "foreground-boundary": ("touching",),
    "stardist": ("stars",),
    "instanseg": ("labels",),
    "labels": ("labels",),
}
"""Which decodings of a card fit what a network answers with."""

AXES_OF: Mapping[str, tuple[str, ...]] = {
    "yolo-v5": ("bic",),
    "yolo-v8": ("bci",),
    "yolo-nms": ("bic",),
    "detections": ("bic", "bi", "bi"),
    "stardist": ("bcyx", "bcyx"),
}
"""Axes of the outputs, in their order, where a card says nothing; every other convention has one output ``bcyx``."""


def _refuse_statistics(steps: tuple[AnyStep, ...]) -> None:
    if names := [step.id for step in steps if step.is_of_the_picture]:
        raise ValueError(f"the step {names[0]} depends on the whole picture; say it with the card's input.contrast")


class InputTensor(Part):
    """What the network takes.

    Parameters
    ----------
    axes : str
        One letter an axis: ``"bcyx"``, ``"byxc"``, or without b or c where the network has none.
    channels : "rgb", "bgr" or "grey"
        In which order colours come; grey is their mean.
    values : "unit", "bytes" or "spread"
        What the picture's 256 steps are before `steps`: 0 to 1, 0 to 255, or deviations from the mean of a picture
        whose contrast is ``"spread"``.
    least_px : int
        The shortest side that it takes; longer ones are longer by multiples of the card's stride. Pictures are padded
        to the next. 0 where every multiple of the stride is taken.
    fixed_px : int or None
        The one side of a square that it takes, where it takes no other and its file does not say so itself. What is
        larger goes in parts, what is smaller is padded.
    steps : tuple of Step
        What is done to the numbers, pixel by pixel; what depends on the whole picture is the card's ``input.contrast``.
    """

    axes: str = Field(default="bcyx", pattern=r"^[bcyx]{2,4}$")
    channels: Literal["rgb", "bgr", "grey"] = "rgb"
    values: Literal["unit", "bytes", "spread"] = "unit"
    least_px: int = Field(default=0, ge=0, le=8192)
    fixed_px: int | None = Field(default=None, ge=16, le=8192)
    steps: tuple[AnyStep, ...] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> InputTensor:
        if len(set(self.axes)) != len(self.axes) or not {"y", "x"} <= set(self.axes):
            raise ValueError(f"axes={self.axes!r} must name y and x, and no axis twice")
        if "c" not in self.axes and self.channels != "grey":
            raise ValueError(f"axes={self.axes!r} have no channels, so that channels must be 'grey'")
        _refuse_statistics(self.steps)
        return self


class OutputTensor(Part):
    """One of the things that the network answers with.

    Parameters
    ----------
    name : str
        Name of the output; empty for the one at this place.
    axes : str
        One letter an axis; i counts objects or places.
    steps : tuple of Step
        What is done to the numbers before the convention reads them: a sigmoid where the network answers with logits.
    """

    name: str = ""
    axes: str = Field(pattern=r"^[bcyxi]{1,4}$")
    steps: tuple[AnyStep, ...] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> OutputTensor:
        if len(set(self.axes)) != len(self.axes):
            raise ValueError(f"axes={self.axes!r} name an axis twice")
        _refuse_statistics(self.steps)
        return self


class RecordedNetwork(Part):
    """How to run a recorded network, and how to read its answers.

    Parameters
    ----------
    kind : "onnx" or "torchscript"
        What runs it.
    convention : str
        How its answers are to be read; see docs/model-exchange.md.
    input : InputTensor
        What it takes.
    outputs : tuple of OutputTensor
        What it answers with, in the convention's order; empty for the convention's own.
    external : dict of str to str
        Files beside an ONNX file that hold its weights, and the sha256 of each.
    """

    kind: Literal["onnx", "torchscript"]
    convention: Convention
    input: InputTensor = InputTensor()
    outputs: tuple[OutputTensor, ...] = ()
    external: dict[str, str] = Field(default={})

    @field_validator("external")
    @classmethod
    def _stay_inside(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not is_plain_name(name):
                raise ValueError(f"{name!r} does not name a file inside the model folder")
        return value

    @property
    def tensors(self) -> tuple[OutputTensor, ...]:
        """The outputs, with the convention's own where the card names none."""
        if self.outputs:
            return self.outputs
        return tuple(OutputTensor(axes=axes) for axes in AXES_OF.get(self.convention, ("bcyx",)))


def recorded_network(card: ModelCard) -> RecordedNetwork:
    """Return how the recorded network of a card is run.

    Raises
    ------
    ModelNotUsable
        If a word of the architecture is wrong, or the convention does not fit the card's decoding and classes.
    """
    try:
        recorded = RecordedNetwork.model_validate(dict(card.architecture))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ModelNotUsable(f"The architecture of {card.name} is wrong: {place}: {first['msg']}.") from error
    kinds = DECODINGS_OF[recorded.convention]
    if card.decoding.kind not in kinds:
        raise ModelNotUsable(
            f"{card.name} answers by the convention {recorded.convention!r}, which needs the decoding "
            f"{' or '.join(kinds)}, not {card.decoding.kind}; correct its card."
        )
    needed = card.input.contrast == "spread"
    if needed != (recorded.input.values == "spread"):
        raise ModelNotUsable(f"{card.name}: input.contrast and the values of its network must both be 'spread' or not.")
    if recorded.convention == "stardist" and isinstance(card.decoding, StarDecoding) and card.decoding.foreground:
        raise ModelNotUsable(f"{card.name} answers as StarDist does, without pixels; leave decoding.foreground out.")
    return recorded


def one_size_stride(fixed_px: int, decoding: str) -> int:
    """Return the stride for the card of a network that takes one size alone.

    Pictures are padded to multiples of it before the network sees them, so it should be small; what numbers its
    objects must be asked tile by tile and never in parts, and gets a stride as long as its tile.
    """
    return fixed_px if decoding == "labels" else math.gcd(fixed_px, 32)
