"""What the answers of a bioimage.io model mean: as far as its description tells, and refused where it does not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from cellwright.core import ModelNotUsable
from cellwright.zoo.bioimageio_parts import Description, Tensor
from cellwright.zoo.decoding import (
    BoxDecoding,
    ClassDecoding,
    Decoding,
    LabelDecoding,
    StarDecoding,
    TouchingDecoding,
)
from cellwright.zoo.recorded import AXES_OF, DECODINGS_OF, Convention, OutputTensor
from cellwright.zoo.steps import Softmax, Step, read_steps

if TYPE_CHECKING:
    from pydantic import JsonValue

STARDIST_STEP = "stardist_postprocessing"
"""bioimage.io's name for making stars into objects, which the decoding of stars does here."""

_BOUNDARY = re.compile(r"bound|border|edge|contour|membrane", re.IGNORECASE)
_LABELS = re.compile(r"label|instance|segment|object|mask", re.IGNORECASE)
_GROUND = re.compile(r"back|ground|^bg$", re.IGNORECASE)
_NEEDS = (
    "say what the answers mean in the description: config: {cellwright: {convention: NAME}}, with one of "
    + ", ".join(name for name in get_args(Convention) if name != "cellwright")
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the answers of a model are read.

    Parameters
    ----------
    convention : str
        See `RecordedNetwork`.
    outputs : tuple of OutputTensor
        Which answers are read, and what is done to them first.
    decoding : Decoding
        How they become objects.
    classes : tuple of str
        Names of the classes of objects.
    confidence, nms_iou : float
        Thresholds.
    """

    convention: Convention
    outputs: tuple[OutputTensor, ...]
    decoding: Decoding
    classes: tuple[str, ...] = ("object",)
    confidence: float = 0.5
    nms_iou: float = 0.5


def reading_of(described: Description) -> Reading:
    """Say how the answers of a model are read.

    Raises
    ------
    ModelNotUsable
        If the description does not tell, or asks for what is not done here.
    """
    declared = described.ours.get("convention")
    if declared is not None and declared not in DECODINGS_OF:
        raise ModelNotUsable(f"config.cellwright.convention is {declared!r}; it can be {', '.join(DECODINGS_OF)}.")
    tensors = described.outputs
    names = _class_names(described)
    if declared == "stardist" or (declared is None and _is_stardist(described)):
        return _stars(described, names)
    first = tensors[0]
    steps = _steps(first)
    output = OutputTensor(axes=first.letters, steps=steps)
    if declared is None:
        declared = _told(first, steps, described)
    _refuse_other_grid(first, declared)
    return _read_as(declared, first, output, names, tensors)


def _read_as(
    convention: Any, first: Tensor, output: OutputTensor, names: tuple[str, ...], tensors: tuple[Tensor, ...]
) -> Reading:
    kinds = DECODINGS_OF[convention]
    if convention in {"yolo-v5", "yolo-v8", "yolo-nms", "detections"}:
        asked = AXES_OF[convention]
        outputs = tuple(OutputTensor(axes=axes) for axes in asked) if len(tensors) >= len(asked) else (output,)
        return Reading(convention, outputs, BoxDecoding(), names or ("object",))
    if kinds == ("labels",):
        own = tuple(name for name in first.channel_names if name) if first.channel_count > 1 else ()
        return Reading(convention, (output,), LabelDecoding(), names or own or ("object",))
    if kinds == ("touching",):
        decoding = _touching(first, convention)
        return Reading(convention, (output,), decoding, names or ("object",))
    if convention == "classes":
        given = first.channel_names[1:]
        own = tuple(name or f"class-{n}" for n, name in enumerate(given, 1))
        return Reading(convention, (output,), ClassDecoding(), names or own)
    return Reading(convention, (output,), ClassDecoding(), names or ("object",))


def _told(first: Tensor, steps: tuple[Step, ...], described: Description) -> Convention:
    """Return the convention that names of channels, types and steps tell."""
    names, count = first.channel_names, first.channel_count
    words = " ".join((described.name, *described.tags))
    if "instanseg" in words.lower():
        return "instanseg"
    if first.dtype.lstrip("u").startswith("int") and (_LABELS.search(f"{first.id} {first.description}")):
        return "labels"
    is_boundary = [bool(_BOUNDARY.search(name)) for name in names]
    if count == 2 and is_boundary == [False, True]:
        return "foreground-boundary"
    if count == 3 and sum(is_boundary) == 1 and not is_boundary[0] and _ends_in_softmax(steps):
        return "boundary"
    if count == 1 and not is_boundary[0] and set(first.letters) <= set("bcyx"):
        return "foreground"
    if count >= 2 and (_ends_in_softmax(steps) or _GROUND.search(names[0])) and not any(is_boundary):
        return "classes"
    raise ModelNotUsable(
        f"The {count} channels of the answer {first.id} ({', '.join(names)}) can mean several things; {_NEEDS}."
    )


def _is_stardist(described: Description) -> bool:
    if isinstance(described.config.get("stardist"), dict):
        return True
    steps = [step for tensor in described.outputs for step in tensor.postprocessing]
    return any(isinstance(step, dict) and step.get("id") == STARDIST_STEP for step in steps)


def _stars(described: Description, names: tuple[str, ...]) -> Reading:
    tensors = described.outputs[:2]
    first = tensors[0]
    grid = round(first.scale_of("y"))
    if grid not in (1, 2, 4) or grid != first.scale_of("x") or grid != first.scale_of("y"):
        raise ModelNotUsable(f"The stars stand on a grid of {first.scale_of('y'):g}; 1, 2 and 4 are understood.")
    thresholds = _star_thresholds(described)
    outputs = tuple(OutputTensor(axes=tensor.letters, steps=_steps(tensor)) for tensor in tensors)
    return Reading("stardist", outputs, StarDecoding(grid=grid), names or ("object",), *thresholds)


def _star_thresholds(described: Description) -> tuple[float, float]:
    words: Any = {}
    for tensor in described.outputs:
        for step in tensor.postprocessing:
            if isinstance(step, dict) and step.get("id") == STARDIST_STEP:
                given = step.get("kwargs")
                words = given if isinstance(given, dict) else {}
    said: Any = described.config.get("stardist")
    said = said.get("thresholds", {}) if isinstance(said, dict) else {}
    said = said if isinstance(said, dict) else {}
    confidence = words.get("prob_threshold", said.get("prob", 0.5))
    overlap = words.get("nms_threshold", said.get("nms", 0.4))
    if not all(isinstance(value, int | float) and 0 < value < 1 for value in (confidence, overlap)):
        raise ModelNotUsable(f"The thresholds of the stars, {confidence} and {overlap}, must lie between 0 and 1.")
    return float(confidence), float(overlap)


def _touching(first: Tensor, convention: str) -> TouchingDecoding:
    if convention == "foreground-boundary":
        return TouchingDecoding()
    places = [n for n, name in enumerate(first.channel_names) if _BOUNDARY.search(name)]
    boundary = places[0] if places and places[0] in (1, 2) else 2
    return TouchingDecoding(interior=3 - boundary, boundary=boundary)


def _steps(tensor: Tensor) -> tuple[Step, ...]:
    given: list[JsonValue] = [
        step for step in tensor.postprocessing if not (isinstance(step, dict) and step.get("id") == STARDIST_STEP)
    ]
    steps = read_steps(given, f"output {tensor.id}")
    for step in steps:
        if step.is_of_the_picture:
            name = getattr(step, "id", "")
            raise ModelNotUsable(
                f"The step {name} of the answer {tensor.id} depends on the whole picture, not on tiles."
            )
    return steps


def _refuse_other_grid(tensor: Tensor, convention: str) -> None:
    if "y" not in tensor.letters:
        return
    if tensor.scale_of("y") != 1.0 or tensor.scale_of("x") != 1.0:
        raise ModelNotUsable(
            f"The answer {tensor.id} has other pixels than the picture ({convention}), not understood."
        )
    if tensor.offset_of("y") or tensor.offset_of("x"):
        raise ModelNotUsable(
            f"The answer {tensor.id} is smaller than the picture by {abs(tensor.offset_of('y'))} pixels, which is not "
            "understood: record the network with padding."
        )


def _ends_in_softmax(steps: tuple[Step, ...]) -> bool:
    return any(isinstance(step, Softmax) for step in steps)


def _class_names(described: Description) -> tuple[str, ...]:
    given = described.ours.get("classes", ())
    return tuple(str(name) for name in given) if isinstance(given, list | tuple) else ()
