"""The ruler: how far it is from one place of the picture to another, and what that says about the scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cellwright.core import PixelSize
from cellwright.ui.looks.units import length_text
from cellwright.ui.state.measured_line import MeasuredLine

if TYPE_CHECKING:
    from cellwright.zoo import ModelCard

_COLOUR = "#F0E442"


@dataclass(frozen=True, slots=True)
class Ruler:
    """A straight way over the picture.

    Parameters
    ----------
    start, end : (float, float)
        y, x in level-0 pixels.
    """

    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def length_px(self) -> float:
        """Length in level-0 pixels."""
        return math.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])

    def text(self, size: PixelSize | None) -> str:
        """Return the length, in µm too where the pixel size is known."""
        pixels = f"{self.length_px:,.1f} px"
        if size is None:
            return pixels
        um = math.hypot((self.end[0] - self.start[0]) * size.y_um, (self.end[1] - self.start[1]) * size.x_um)
        return f"{length_text(float(f'{um:.3g}'))} · {pixels}"

    def line(self, size: PixelSize | None) -> MeasuredLine:
        """Return how it is drawn."""
        return MeasuredLine(self.start, self.end, self.text(size), _COLOUR)


def scale_words(across_px: float, card: ModelCard | None) -> str:
    """Return what cells of this diameter mean for a model; empty where they are as large as it knows them.

    Parameters
    ----------
    across_px : float
        Diameter of a typical cell in level-0 pixels.
    card : ModelCard or None
        Of the model; one that does not say how large its cells were has nothing to compare with.
    """
    known = card.input.object_px if card is not None else None
    if card is None or known is None or across_px <= 0:
        return ""
    factor, like = across_px / known, card.input.scale_tolerance
    if 1 / like <= factor <= like:
        return ""
    said = f"{factor:.1f} times as large as" if factor > 1 else f"{1 / factor:.1f} times smaller than"
    return f"A cell of {across_px:,.0f} px is {said} those the model was trained on ({known:,.0f} px)."
