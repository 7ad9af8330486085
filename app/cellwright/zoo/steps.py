"""What is done to numbers before and after a recorded network: the steps of bioimage.io 0.5, and what each computes.

Each step takes an array whose axes are letters, one an axis: b (batch), c (channel), y, x, i (index).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, ValidationError, model_validator

from cellwright.core import ModelNotUsable
from cellwright.zoo.part import Part

AXIS_LETTERS = {"batch": "b", "channel": "c", "index": "i", "y": "y", "x": "x"}
"""Names of axes in bioimage.io, and the letters that stand for them here."""

Values = float | tuple[float, ...]
Percentile = Annotated[float, Field(ge=0.0, le=100.0)]


class Step(Part):
    """One step; `kwargs` are bioimage.io's, and unknown ones are mistakes."""

    @property
    def is_of_the_picture(self) -> bool:
        """Whether it depends on the whole picture, so that tiles cannot do it for themselves."""
        return False

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """Return the array after the step."""
        raise NotImplementedError


class AlongAxis(Part):
    """Numbers that are one for all, or one an entry of an axis."""

    axis: str | None = None

    def laid_out(self, values: Values, axes: str) -> NDArray[np.float32]:
        """Return numbers so that they broadcast against an array of `axes`."""
        given = np.asarray(values, np.float32)
        if given.ndim == 0:
            return given
        letter = AXIS_LETTERS.get(self.axis or "", "")
        if not letter or letter not in axes:
            raise ModelNotUsable(f"A step goes along the axis {self.axis!r}, which the tensor ({axes}) does not have.")
        shape = [1] * len(axes)
        shape[axes.index(letter)] = len(given)
        return given.reshape(shape)


class Jointly(Part):
    """Axes that a statistic is taken over; None for all."""

    axes: tuple[str, ...] | None = None
    eps: float = Field(default=1e-6, gt=0.0, le=0.1)

    def places(self, axes: str) -> tuple[int, ...]:
        """Return which axes of an array are taken together."""
        return _places(self.axes, axes)

    def is_per_channel(self, axes: str) -> bool:
        """Whether channels are taken apart from each other."""
        return "c" in axes and self.axes is not None and "channel" not in self.axes


class LinearWords(AlongAxis):
    """Of `scale_linear`."""

    gain: Values = 1.0
    offset: Values = 0.0


class ScaleLinear(Step):
    """``gain · x + offset``."""

    id: Literal["scale_linear"]
    kwargs: LinearWords

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        words = self.kwargs
        return array * words.laid_out(words.gain, axes) + words.laid_out(words.offset, axes)


class FixedWords(AlongAxis):
    """Of `fixed_zero_mean_unit_variance`."""

    mean: Values
    std: Values


class FixedMean(Step):
    """``(x - mean) / std`` with numbers that the description gives."""

    id: Literal["fixed_zero_mean_unit_variance"]
    kwargs: FixedWords

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        words = self.kwargs
        return (array - words.laid_out(words.mean, axes)) / words.laid_out(words.std, axes)


class ClipWords(Part):
    """Of `clip`."""

    min: float | None = None
    max: float | None = None
    min_percentile: Percentile | None = None
    max_percentile: Percentile | None = None
    axes: tuple[str, ...] | None = None


class Clip(Step):
    """Nothing below `min`, nothing above `max`."""

    id: Literal["clip"]
    kwargs: ClipWords

    @property
    def is_of_the_picture(self) -> bool:
        """Percentiles are."""
        return self.kwargs.min_percentile is not None or self.kwargs.max_percentile is not None

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        words, low, high = self.kwargs, self.kwargs.min, self.kwargs.max
        result = array if low is None else np.maximum(array, np.float32(low))
        result = result if high is None else np.minimum(result, np.float32(high))
        places = _places(words.axes, axes)
        if words.min_percentile is not None:
            result = np.maximum(result, _percentile(array, words.min_percentile, places))
        if words.max_percentile is not None:
            result = np.minimum(result, _percentile(array, words.max_percentile, places))
        return result


class RangeWords(Jointly):
    """Of `scale_range`."""

    min_percentile: Percentile = 0.0
    max_percentile: Percentile = 100.0
    reference_tensor: None = None

    @model_validator(mode="after")
    def _rises(self) -> RangeWords:
        if not self.min_percentile < self.max_percentile:
            raise ValueError(f"percentiles {self.min_percentile} and {self.max_percentile} must rise")
        return self


class ScaleRange(Step):
    """``(x - p) / (q - p + eps)`` with two percentiles of the picture; values beyond them are not cut off."""

    id: Literal["scale_range"]
    kwargs: RangeWords = RangeWords()

    @property
    def is_of_the_picture(self) -> bool:
        """Yes."""
        return True

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        words, places = self.kwargs, self.kwargs.places(axes)
        low = _percentile(array, words.min_percentile, places)
        high = _percentile(array, words.max_percentile, places)
        return (array - low) / (high - low + np.float32(words.eps))


class ZeroMean(Step):
    """``(x - mean) / (std + eps)`` with the mean and deviation of the picture."""

    id: Literal["zero_mean_unit_variance"]
    kwargs: Jointly = Jointly()

    @property
    def is_of_the_picture(self) -> bool:
        """Yes."""
        return True

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        places = self.kwargs.places(axes)
        mean = array.mean(places, dtype=np.float64, keepdims=True)
        std = array.std(places, dtype=np.float64, keepdims=True)
        result: NDArray[np.float32] = ((array - mean) / (std + self.kwargs.eps)).astype(np.float32)
        return result


class BinarizeWords(AlongAxis):
    """Of `binarize`."""

    threshold: Values


class Binarize(Step):
    """1 above the threshold, else 0."""

    id: Literal["binarize"]
    kwargs: BinarizeWords

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        return (array > self.kwargs.laid_out(self.kwargs.threshold, axes)).astype(np.float32)


class Nothing(Part):
    """No words."""


class Sigmoid(Step):
    """``1 / (1 + e^-x)``."""

    id: Literal["sigmoid"]
    kwargs: Nothing = Nothing()

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:  # noqa: ARG002 - of each number
        """See `Step.apply`."""
        result: NDArray[np.float32] = np.float32(0.5) * (np.tanh(np.float32(0.5) * array) + np.float32(1))
        return result


class SoftmaxWords(Part):
    """Of `softmax`."""

    axis: str = "channel"


class Softmax(Step):
    """Shares that add up to 1 along an axis."""

    id: Literal["softmax"]
    kwargs: SoftmaxWords = SoftmaxWords()

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:
        """See `Step.apply`."""
        place = _places((self.kwargs.axis,), axes)
        grown = np.exp(array - array.max(place, keepdims=True))
        result: NDArray[np.float32] = grown / grown.sum(place, keepdims=True)
        return result


class TypeWords(Part):
    """Of `ensure_dtype`."""

    dtype: Literal[
        "float32", "float64", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool"
    ]


class EnsureType(Step):
    """Numbers of another type: fractions go where it has none."""

    id: Literal["ensure_dtype"]
    kwargs: TypeWords

    def apply(self, array: NDArray[np.float32], axes: str) -> NDArray[np.float32]:  # noqa: ARG002 - of each number
        """See `Step.apply`; what follows is computed in float32 again."""
        if self.kwargs.dtype.startswith("float"):
            return array
        if self.kwargs.dtype == "bool":
            is_set: NDArray[np.float32] = (array != 0).astype(np.float32)
            return is_set
        info = np.iinfo(self.kwargs.dtype)
        result: NDArray[np.float32] = np.trunc(np.clip(array, info.min, info.max)).astype(np.float32)
        return result


AnyStep = Annotated[
    ScaleLinear | FixedMean | Clip | ScaleRange | ZeroMean | Binarize | Sigmoid | Softmax | EnsureType,
    Field(discriminator="id"),
]


class _Steps(Part):
    steps: tuple[AnyStep, ...]


KNOWN = ("scale_linear", "fixed_zero_mean_unit_variance", "clip", "scale_range", "zero_mean_unit_variance", "binarize",
         "sigmoid", "softmax", "ensure_dtype")  # fmt: skip


def read_steps(given: Sequence[JsonValue], where: str) -> tuple[Step, ...]:
    """Read steps as they stand in a description.

    Raises
    ------
    ModelNotUsable
        If a step is unknown or its words do not fit; the message names the step and what is known.
    """
    for one in given:
        name = one.get("id") if isinstance(one, dict) else one
        if name not in KNOWN or not isinstance(one, dict):
            raise ModelNotUsable(f"{where}: the step {name!r} is not understood; known are {', '.join(KNOWN)}.")
    try:
        return _Steps.model_validate({"steps": given}).steps
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise ModelNotUsable(f"{where}: step {place}: {first['msg']}.") from error


def apply_steps(steps: Sequence[Step], array: NDArray[Any], axes: str) -> NDArray[np.float32]:
    """Return what an array becomes after all steps, one after the other."""
    result: NDArray[np.float32] = array.astype(np.float32, copy=False)
    for step in steps:
        result = step.apply(result, axes)
    return result


def _places(names: Sequence[str] | None, axes: str) -> tuple[int, ...]:
    if names is None:
        return tuple(range(len(axes)))
    letters = [AXIS_LETTERS.get(name, "") for name in names]
    strange = [name for name, letter in zip(names, letters, strict=True) if not letter or letter not in axes]
    if strange and strange != ["batch"]:
        raise ModelNotUsable(f"A step names the axis {strange[0]!r}, which the tensor ({axes}) does not have.")
    return tuple(axes.index(letter) for letter in letters if letter and letter in axes)


def _percentile(array: NDArray[np.float32], share: float, places: tuple[int, ...]) -> NDArray[np.float32]:
    result: NDArray[np.float32] = np.percentile(array, share, axis=places, keepdims=True).astype(np.float32)
    return result
