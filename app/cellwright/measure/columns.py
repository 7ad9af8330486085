"""`Column`: what a measurement is called, what it means, in which unit it comes and where it was written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from cellwright.core import PixelSize

_POWERS = {1: "", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶"}

SCIKIT_IMAGE = "scikit-image 0.26"


@dataclass(frozen=True, slots=True)
class Column:
    """A declared measurement, before anything is measured.

    Parameters
    ----------
    name : str
        As scikit-image 0.26 has it where it has it: ``"area"``. Numbers of a kind have a dash: ``"moments_hu-0"``.
    description : str
        What the values are, in plain words.
    formula : str
        How they are worked out.
    source : str
        Where that was written down.
    length : int
        Power of length in the unit: 1 for a diameter, 2 for an area, -2 for a density, 0 for what has none.
    unit : str
        Of what has no length: ``"rad"``, ``"counts"``, or nothing for plain numbers.
    dtype : {"float", "int"}
        Whether the values are whole numbers; those in µm never are.
    decimals : int
        Digits after the point that mean something in pixels; in µm there is one more for each power of length.
    of : str
        The channel or stain that was measured; it is added to the name.
    """

    name: str
    description: str
    formula: str
    source: str
    length: int = 0
    unit: str = ""
    dtype: Literal["float", "int"] = "float"
    decimals: int = 4
    of: str = ""

    def on(self, channel: str) -> Column:
        """Return the same measurement of one channel or stain."""
        return replace(self, of=channel)

    @property
    def key(self) -> str:
        """The name without any unit: ``"intensity_mean-red"``."""
        return f"{self.name}-{self.of}" if self.of else self.name

    def header(self, *, in_um: bool) -> str:
        """Return the name of the column in tables: ``"area_um2"`` with a pixel size, ``"area"`` without."""
        if not in_um or not self.length:
            return self.key
        if self.length < 0:
            return f"{self.key}_per_mm{-self.length}"
        return f"{self.key}_um{self.length if self.length > 1 else ''}"

    def written_unit(self, *, in_um: bool) -> str:
        """Return the unit as a person writes it."""
        if not self.length:
            return self.unit
        if self.length < 0:
            return f"1/{'mm' if in_um else 'px'}{_POWERS[-self.length]}"
        return f"{'µm' if in_um else 'px'}{_POWERS[self.length]}"

    def digits(self, *, in_um: bool) -> int:
        """Return how many digits after the point mean something."""
        if self.dtype == "int" and not (in_um and self.length):
            return 0
        return self.decimals + max(self.length, 0) if in_um else self.decimals


def sides(pixel_size: PixelSize | None) -> tuple[float, float]:
    """Return height and width of a pixel in µm, or 1 and 1 where nobody knows them: then all lengths are pixels."""
    return (1.0, 1.0) if pixel_size is None else (pixel_size.y_um, pixel_size.x_um)
