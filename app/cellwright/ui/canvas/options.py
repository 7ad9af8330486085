"""`CanvasOptions`: what is drawn over the picture; `ShownObjects`: which objects, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects
from cellwright.ui.state.class_style import ClassStyle
from cellwright.ui.state.colouring import ColourBy, Colouring, Legend


@dataclass(frozen=True, slots=True)
class CanvasOptions:
    """What is drawn over the picture.

    Parameters
    ----------
    boxes, labels, scale_bar, picture : bool
        What is visible; `boxes` holds for cells of which only the box is known.
    opacity, picture_opacity : float
        Of the boxes and of the picture, in [0, 1].
    outlines, fill, points : bool
        Whether the outlines, the insides and the middles of cells are drawn.
    boxes_too : bool
        Whether cells with an outline have their box drawn as well.
    density : bool
        Whether a map of their density stands for cells that are too many to be drawn.
    coverage, overview : bool
        Whether the account of the tiles and the small map in the corner are drawn.
    outlines_opacity, fill_opacity, points_opacity, density_opacity : float
        In [0, 1].
    colour_by : ColourBy or ByColumn
        What the colours stand for.
    """

    boxes: bool = True
    labels: bool = True
    scale_bar: bool = True
    picture: bool = True
    opacity: float = 1.0
    picture_opacity: float = 1.0
    outlines: bool = True
    fill: bool = True
    points: bool = False
    boxes_too: bool = False
    density: bool = True
    coverage: bool = False
    overview: bool = True
    density_opacity: float = 1.0
    outlines_opacity: float = 1.0
    fill_opacity: float = 0.25
    points_opacity: float = 1.0
    colour_by: Colouring = ColourBy.CLASS

    def draws_boxes(self, has_masks: bool) -> bool:
        """Whether boxes are drawn, given whether there are outlines."""
        return self.boxes_too if has_masks else self.boxes

    def with_boxes(self, on: bool, has_masks: bool) -> CanvasOptions:
        """Return the same with the boxes of such cells drawn or not."""
        return replace(self, boxes_too=on) if has_masks else replace(self, boxes=on)


@dataclass(frozen=True, slots=True, eq=False)
class ShownObjects:
    """What was found on the picture, and how it is to be drawn.

    Parameters
    ----------
    objects : Objects
        All N objects, shown or not.
    rows : (M,) ndarray of intp
        Which of them are drawn.
    styles : tuple of ClassStyle
        One a class.
    colours : (N, 3) ndarray of uint8
        Of each object.
    legend : Legend or None
        What the colours stand for, where that is a number.
    by : ColourBy or ByColumn
        What the colours stand for.
    provenance : (N,) ndarray of uint8 or None
        `Provenance` of each object; None where no project keeps them.
    """

    objects: Objects = field(default_factory=lambda: Objects.empty(()))
    rows: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    styles: tuple[ClassStyle, ...] = ()
    colours: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 3), np.uint8))
    legend: Legend | None = None
    by: Colouring = ColourBy.CLASS
    provenance: NDArray[np.uint8] | None = None

    @property
    def has_masks(self) -> bool:
        """Whether there are outlines."""
        return self.objects.masks is not None

    def strengths(self, lit: int | None, dimmed: float) -> NDArray[np.float32]:
        """Return (N,) how much of each object is seen: 0 if it is not drawn, `dimmed` if another class stands out."""
        seen = np.zeros(len(self.objects), np.float32)
        kinds = self.objects.class_index[self.rows]
        seen[self.rows] = 1.0 if lit is None else np.where(kinds == lit, 1.0, dimmed)
        return seen
