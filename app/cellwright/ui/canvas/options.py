"""`CanvasOptions`: what is drawn over the picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CanvasOptions:
    """What is drawn over the picture.

    Parameters
    ----------
    boxes, labels, scale_bar, picture : bool
        What is visible.
    opacity, picture_opacity : float
        Of the boxes and of the picture, in [0, 1].
    """

    boxes: bool = True
    labels: bool = True
    scale_bar: bool = True
    picture: bool = True
    opacity: float = 1.0
    picture_opacity: float = 1.0
