"""Convolutions in 8 bits: which values a network's layers take, seen on pictures once and kept beside the weights.

A CPU multiplies 8-bit numbers about twice as fast as bfloat16. Inputs of every convolution are rounded to 256 steps
between the least and the largest value seen on training pictures, weights to 255 steps per channel of the output
(Jacob et al., CVPR 2018); sums, biases and what follows stay as they were, and so do the last convolutions, which
compute the answer. Nothing is trained again. Whether the rounding costs accuracy is measured when the file is made, and
a model that loses by it gets none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cellwright.core.atomic import replacing

FILE = "int8.json"
"""Stands in the model folder."""
_MOST_BYTES = 1 << 20
_STEPS, _WEIGHT_STEPS = 256, 255
_SAME = 1e-3
"""A layer is the one that was seen if the mean size of its weights agrees to this part."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LayerRange(_Part):
    """What one convolution is given.

    Attributes
    ----------
    weights : tuple of int
        Shape of its weights: output and input channels, rows, columns.
    mean : float
        Mean absolute weight, by which the layer is known again.
    low, high : float
        Least and largest input seen.
    """

    weights: tuple[int, int, int, int]
    mean: float = Field(ge=0, allow_inf_nan=False)
    low: float = Field(allow_inf_nan=False)
    high: float = Field(allow_inf_nan=False)


class EightBit(_Part):
    """How a model is run in 8 bits.

    Attributes
    ----------
    weights_sha256 : str
        Of the weights that the ranges belong to.
    layers : tuple of LayerRange
        The convolutions, in the order in which they compute.
    pictures : int
        How many pictures were looked at.
    data : str
        Of which set.
    measured : dict of str to (float, float)
        Name of a score to its value as the engine otherwise computes, and in 8 bits, on pictures held out.
    """

    weights_sha256: str
    layers: tuple[LayerRange, ...]
    pictures: int = Field(ge=1)
    data: str
    measured: dict[str, tuple[float, float]] = {}


def read_eight_bit(folder: Path, weights_sha256: str) -> EightBit | None:
    """Return how a model is run in 8 bits; None where nobody said, or it was said of other weights."""
    path = folder / FILE
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        found = EightBit.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.weights_sha256 == weights_sha256 else None


def write_eight_bit(folder: Path, said: EightBit) -> None:
    """Write it into a model folder, whole or not at all; `OutputNotWritable` where that cannot be."""
    words = said.model_dump(mode="json")
    layers = ",\n".join(f"  {json.dumps(each)}" for each in words.pop("layers"))
    others = json.dumps(words, indent=1).removeprefix("{").removesuffix("\n}")
    with replacing(folder / FILE) as part:
        part.write_text(f'{{{others},\n "layers": [\n{layers}\n ]\n}}\n', encoding="utf-8")


def observed(core: Any, model: Any, pictures: Iterable[NDArray[np.uint8]]) -> tuple[LayerRange, ...]:
    """Return the range of what every convolution of an OpenVINO model is given.

    Parameters
    ----------
    core, model : openvino.Core, openvino.Model
        The converted network.
    pictures : iterable of (1, H, W, 3) ndarray of uint8
        As the network sees them.
    """
    from cellwright.inference.openvino_engine import openvino

    ov = openvino()
    ops = ov.opset13
    probe = model.clone()
    asked = []
    for layer in _convolutions(probe):
        given = layer.input_value(0)
        every = np.arange(4)
        asked += [ops.reduce_min(given, every, False), ops.reduce_max(given, every, False)]
    watching = ov.Model([ops.result(each) for each in asked], probe.get_parameters())
    weights = [_weights(layer) for layer in _convolutions(model)]
    low, high = np.full(len(weights), np.inf), np.full(len(weights), -np.inf)
    compiled: dict[tuple[int, ...], Any] = {}
    for picture in pictures:
        if picture.shape not in compiled:
            shaped = watching.clone()
            shaped.reshape(list(picture.shape))
            compiled[picture.shape] = core.compile_model(shaped, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        answer = compiled[picture.shape]({0: picture})
        seen = np.array([float(answer[at]) for at in range(2 * len(weights))]).reshape(-1, 2)
        low, high = np.minimum(low, seen[:, 0]), np.maximum(high, seen[:, 1])
    return tuple(
        LayerRange(weights=each.shape, mean=float(np.abs(each).mean()), low=float(low[at]), high=float(high[at]))
        for at, each in enumerate(weights)
    )


def quantised(model: Any, said: EightBit) -> Any | None:
    """Return an OpenVINO model whose convolutions compute in 8 bits; None if its layers are not those that were seen.

    The rounding stands in the model as FakeQuantize operations, which OpenVINO's compiler turns into 8-bit kernels.
    """
    from cellwright.inference.openvino_engine import openvino

    ops = openvino().opset13
    rounded = model.clone()
    layers = _convolutions(rounded)
    if len(layers) != len(said.layers):
        return None
    given: dict[tuple[str, int], Any] = {}
    for layer, known in zip(layers, said.layers, strict=True):
        weights = _weights(layer)
        if weights.shape != known.weights or abs(np.abs(weights).mean() - known.mean) > _SAME * known.mean:
            return None
        if not _is_followed(layer):
            continue  # what computes the answer itself costs little and is felt most
        source = layer.input_value(0)
        key = source.get_node().get_friendly_name(), source.get_index()
        if key not in given:  # several layers may look at the same values
            low, high = (_constant(value) for value in _with_zero(known.low, known.high))
            given[key] = ops.fake_quantize(source, low, high, low, high, _STEPS)
        layer.input(0).replace_source_output(given[key].output(0))
        largest = np.maximum(np.abs(weights).reshape(len(weights), -1).max(1), 1e-8).reshape(-1, 1, 1, 1)
        low, high = ops.constant(-largest), ops.constant(largest)
        steps = ops.fake_quantize(ops.constant(weights), low, high, low, high, _WEIGHT_STEPS)
        layer.input(1).replace_source_output(steps.output(0))
    rounded.validate_nodes_and_infer_types()
    return rounded


def _with_zero(low: float, high: float) -> tuple[float, float]:
    """Widen a range so that 0, which is what borders are padded with, is one of its steps."""
    low, high = min(low, 0.0), max(high, 1e-6)
    step = (high - low) / (_STEPS - 1)
    below = round(-low / step)
    return -below * step, (_STEPS - 1 - below) * step


def _constant(value: float) -> Any:
    from cellwright.inference.openvino_engine import openvino

    return openvino().opset13.constant(np.full((1, 1, 1, 1), value, np.float32))


def _convolutions(model: Any) -> list[Any]:
    return [each for each in model.get_ordered_ops() if each.get_type_name() == "Convolution"]


def _is_followed(layer: Any) -> bool:
    """Whether another convolution comes after this one."""
    left, seen = [layer], set()
    while left:
        for output in left.pop().outputs():
            for reader in output.get_target_inputs():
                node = reader.get_node()
                if node.get_type_name() == "Convolution":
                    return True
                if node.get_friendly_name() not in seen:
                    seen.add(node.get_friendly_name())
                    left.append(node)
    return False


def _weights(layer: Any) -> NDArray[np.float32]:
    node = layer.input_value(1).get_node()
    while node.get_type_name() != "Constant":
        node = node.input_value(0).get_node()
    return np.asarray(node.get_data(), np.float32)
