"""`Subject`: what is measured, handed to every set of measurements; `MeasurementSet`: what a plugin offers."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Box, Masks
from cellwright.measure.columns import Column

Values = NDArray[np.float64]
Boxes = NDArray[np.float32]


class Needs(str, Enum):
    """What a set of measurements looks at, and so how many objects it is given at once."""

    OUTLINES = "outlines"
    """The pixels an object has. It is given some objects at a time."""
    PIXELS = "pixels"
    """Also the picture's values. It is given the objects of a tile, with a rim around them."""
    OTHERS = "others"
    """All objects of the picture at once, without the picture's values."""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """What a person may choose; lengths are in µm where the pixel size is known, else in pixels.

    Parameters
    ----------
    ring : float
        Width of the ring around an object, > 0.
    radius : float
        How far neighbours are counted, > 0.
    levels : int
        Grey levels of co-occurrence matrices, 2 to 256.
    blank : float or None
        Value of a channel where no stain is (brightest glass); None takes the largest value of the pixel type.

    Raises
    ------
    BadParameter
        If a number cannot be.
    """

    ring: float = 5.0
    radius: float = 50.0
    levels: int = 32
    blank: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("ring", self.ring), ("radius", self.radius)):
            if not 0 < value < math.inf:
                raise BadParameter(f"{name}={value} must be a length above 0.")
        if not 2 <= self.levels <= 256:
            raise BadParameter(f"levels={self.levels} must lie between 2 and 256.")
        if self.blank is not None and not 0 < self.blank < math.inf:
            raise BadParameter(f"blank={self.blank} must be a value above 0, such as 255.")


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Values of a part of a picture.

    Parameters
    ----------
    values : (H, W, C) ndarray
        Whole numbers or floats.
    channels : tuple of str
        A name for each of the C.
    origin : (int, int)
        y, x of the first pixel in level-0 pixels.
    is_rgb : bool
        Whether the channels are red, green and blue of transmitted light, so that stains can be told apart.
    full_scale : float
        The largest value a channel can have.
    ranges : tuple of (float, float)
        Of each channel, the values that grey levels are spread between, the same for every part of a picture; none
        for 0 to full scale.

    Raises
    ------
    BadParameter
        If there is not one name a channel.
    """

    values: NDArray[Any]
    channels: tuple[str, ...]
    origin: tuple[int, int] = (0, 0)
    is_rgb: bool = False
    full_scale: float = 255.0
    ranges: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or self.values.shape[2] != len(self.channels):
            raise BadParameter(
                f"A picture is (H, W, C) values with a name for each channel, not {self.values.shape} "
                f"and {len(self.channels)} names."
            )

    def range_of(self, channel: int) -> tuple[float, float]:
        """Return the values that grey levels of a channel, by its number, are spread between."""
        return self.ranges[channel] if self.ranges else (0.0, self.full_scale + (self.values.dtype.kind in "iu"))

    @property
    def box(self) -> Box:
        """Where it lies in level-0 pixels."""
        y, x = self.origin
        return Box(y, x, y + self.values.shape[0], x + self.values.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is measured.

    Parameters
    ----------
    masks : Masks
        N objects; one without pixels is known by its box alone.
    boxes : (N, 4) ndarray of float32
        y0, x0, y1, x1 of each in level-0 pixels.
    pixel : (float, float)
        Height and width of a pixel; every length and area that is answered is in their unit.
    options : MeasureOptions
        What a person chose.
    picture : Picture or None
        For sets that need pixels: values that hold every object and the rim that was asked for.
    around : Masks or None
        For sets that need pixels: other objects that reach into the picture's part.
    looked_at : Box or None
        For sets that need others: where objects were looked for; None where nobody knows.
    """

    masks: Masks
    boxes: Boxes
    pixel: tuple[float, float] = (1.0, 1.0)
    options: MeasureOptions = field(default_factory=MeasureOptions)
    picture: Picture | None = None
    around: Masks | None = None
    looked_at: Box | None = None

    def __len__(self) -> int:
        return len(self.masks)


@runtime_checkable
class MeasurementSet(Protocol):
    """What an entry point of the group ``cellwright.measurements`` is: some measurements that are taken together."""

    @property
    def title(self) -> str:
        """What the set is about, in plain words."""
        ...

    @property
    def needs(self) -> Needs:
        """What it looks at."""
        ...

    def columns(self, channels: Sequence[str], *, is_rgb: bool) -> tuple[Column, ...]:
        """Declare what can be measured on a picture with these channels; nobody is asked for more."""
        ...

    def rim_px(self, options: MeasureOptions, pixel: tuple[float, float]) -> int:
        """Return how many pixels around an object's box are looked at; 0 for sets that need no pixels."""
        ...

    def measure(self, subject: Subject, wanted: Collection[str]) -> Mapping[str, NDArray[Any]]:
        """Return an (N,) array for each of the wanted keys, NaN where an object has no answer.

        An object's values may depend on itself, on the pixels within the rim and, for sets that need others, on the
        other objects; never on the order of the objects or on which of them are measured together.
        """
        ...
