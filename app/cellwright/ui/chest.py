"""The cardiothoracic ratio of a chest radiograph as it is drawn: two lines and a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects
from cellwright.ui.state.measured_line import MeasuredLine

if TYPE_CHECKING:
    from cellwright.measure import CardiothoracicRatio, HorizontalLine

_HEART_COLOUR, _CHEST_COLOUR = "#F0E442", "#56B4E9"


def chest_of(objects: Objects, rows: NDArray[np.intp]) -> CardiothoracicRatio | None:
    """Measure the cardiothoracic ratio on the objects shown.

    Parameters
    ----------
    objects : Objects
        All of them.
    rows : (M,) ndarray of intp
        Those that are shown.

    Returns
    -------
    CardiothoracicRatio or None
        None where these are no lungs and heart, or one of the three is missing.
    """
    from cellwright.workflows import CHEST_CLASSES, ratio_of

    if objects.masks is None or not set(CHEST_CLASSES) <= set(objects.classes):
        return None
    return ratio_of(objects.masks.take(rows), objects.class_index[rows], objects.classes)


def chest_lines(chest: CardiothoracicRatio) -> tuple[MeasuredLine, ...]:
    """Return the width of the chest and that of the heart, the latter with the ratio."""
    return (
        _line(chest.thorax_line, "", _CHEST_COLOUR),
        _line(chest.heart_line, f"CTR {chest.ratio:.2f}", _HEART_COLOUR),
    )


def _line(line: HorizontalLine, text: str, colour: str) -> MeasuredLine:
    return MeasuredLine((line.y, line.x0), (line.y, line.x1), text, colour)
