"""Everything found on a picture as drawn in the scene: outlines and insides, boxes, middles; together or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Masks, Objects
from cellwright.ui.canvas.boxes import BoxLines
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.mask_image import MaskImage
from cellwright.ui.canvas.options import CanvasOptions, ShownObjects
from cellwright.ui.canvas.points import Dots
from cellwright.ui.state.colouring import ColourBy

_DIMMED = 0.18


class ResultLayers:
    """Draws `ShownObjects` as `CanvasOptions` ask for.

    Parameters
    ----------
    scene : vispy node
        Whose coordinates are x, y in level-0 pixels.
    ratio : float
        Device pixels per logical pixel.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.
    """

    def __init__(self, scene: Any, ratio: float, viewport: Callable[[], Viewport | None]) -> None:
        self._viewport = viewport
        self._masks = MaskImage(scene, ratio)
        self._boxes = BoxLines(scene, ratio)
        self._dots = Dots(scene, ratio)
        self._shown = ShownObjects()
        self._has_boxes_too = False

    def show(self, shown: ShownObjects) -> None:
        """Take these objects and no others; `set_look` draws all of them but the boxes."""
        self._shown = shown
        self._show_boxes(only_bare=shown.has_masks and not self._has_boxes_too)

    def _show_boxes(self, *, only_bare: bool) -> None:
        """Draw the boxes of all cells, or of those alone of which nothing else is known."""
        shown = self._shown
        rows, objects = shown.rows, shown.objects
        if only_bare and objects.masks is not None:
            rows = rows[objects.masks.counts[rows] == 0]
        own = None if shown.by is ColourBy.CLASS else shown.colours[rows]
        self._boxes.show(objects.boxes[rows], objects.class_index[rows], [style.colour for style in shown.styles], own)

    def set_look(self, options: CanvasOptions, lit: int | None, hidden: bool) -> None:
        """Draw what a person chose: which layers, which class stands out (None for none), or nothing at all."""
        shown = self._shown
        strengths = [1.0 if lit in (None, index) else _DIMMED for index in range(len(shown.styles))]
        if shown.has_masks and options.boxes_too != self._has_boxes_too:
            self._show_boxes(only_bare=not options.boxes_too)
        self._has_boxes_too = options.boxes_too
        has_boxes = (options.draws_boxes(shown.has_masks) or options.boxes) and not hidden
        self._boxes.set_look(has_boxes, [options.opacity * strength for strength in strengths])
        seen = shown.strengths(lit, _DIMMED)
        self._masks.show(
            shown.objects.masks,
            shown.colours,
            seen,
            fill=options.fill_opacity if options.fill and not hidden else 0.0,
            line=options.outlines_opacity if options.outlines and not hidden else 0.0,
            viewport=self._viewport(),
        )
        if options.points and not hidden:
            self._dots.show(centres_of(shown.objects), shown.colours, seen * options.points_opacity)
        else:
            self._dots.clear()

    def change_mask(self, row: int, mask: Masks) -> None:
        """Draw one object as another mask; see `MaskImage.change`."""
        self._masks.change(row, mask)
        self._masks.follow(self._viewport())  # it may reach beyond all others

    def follow(self) -> None:
        """Draw anew what depends on the part of the picture that is on the screen."""
        self._masks.follow(self._viewport())

    def remove(self) -> None:
        """Take everything out of the scene, before the scene itself goes."""
        for layer in (self._boxes, self._masks, self._dots):
            layer.remove()


def centres_of(objects: Objects) -> NDArray[np.float32]:
    """Return (N, 2) y, x of the middle of each object: of its pixels where they are known, else of its box."""
    if objects.masks is None:
        return objects.centres
    from cellwright.measure import centroids

    middles = centroids(objects.masks).astype(np.float32)
    return np.where(np.isnan(middles), objects.centres, middles)
