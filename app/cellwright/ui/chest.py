"""The cardiothoracic ratio of a chest radiograph as it is drawn: two lines and a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Masks, Objects
from cellwright.ui.canvas.marks import MeasuredLine

if TYPE_CHECKING:
    from cellwright.measure import CardiothoracicRatio, HorizontalLine

RIGHT_LUNG, LEFT_LUNG, HEART = "right-lung", "left-lung", "heart"
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
    masks = objects.masks
    if masks is None or not {RIGHT_LUNG, LEFT_LUNG, HEART} <= set(objects.classes):
        return None
    from cellwright.measure import cardiothoracic_ratio

    kinds = objects.class_index[rows]

    def of_class(name: str) -> Masks:
        return masks.take(rows[kinds == objects.classes.index(name)])

    try:
        return cardiothoracic_ratio(of_class(RIGHT_LUNG), of_class(LEFT_LUNG), of_class(HEART))
    except BadParameter:
        return None


def chest_lines(chest: CardiothoracicRatio) -> tuple[MeasuredLine, ...]:
    """Return the width of the chest and that of the heart, the latter with the ratio."""
    return (
        _line(chest.thorax_line, "", _CHEST_COLOUR),
        _line(chest.heart_line, f"CTR {chest.ratio:.2f}", _HEART_COLOUR),
    )


def _line(line: HorizontalLine, text: str, colour: str) -> MeasuredLine:
    return MeasuredLine((line.y, line.x0), (line.y, line.x1), text, colour)
