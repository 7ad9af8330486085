"""`ManyObjects`: of more objects than can be drawn, those in view where they are few, else how densely they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal

from cellwright.ui.canvas.density_image import DensityImage, grown
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.options import ShownObjects
from cellwright.ui.state.density import Bounds, Density, Places, density_of, places_of
from cellwright.ui.state.latest import Latest

FEW = 600
"""Up to so many objects are drawn one by one, whatever they look like."""

MANY = 12_000
"""From so many objects on, no more than those in view are drawn."""

IN_VIEW = 4_000
"""So many objects in view are drawn one by one; of more, the density."""

SMALL_PX = 5.0
"""Objects that are smaller on the screen cannot be told apart; of more than `FEW`, the density is drawn."""

_CLOSE_WAIT_S = 5.0
_NONE: NDArray[np.intp] = np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class _Sorted:
    """The answer of the thread: where the objects of a picture lie."""

    shown: ShownObjects
    is_shown: NDArray[np.bool_]
    places: Places
    density: Density

    def part(self, rows: NDArray[np.intp]) -> ShownObjects:
        """Return some of the objects with everything that belongs to them."""
        shown = self.shown
        return replace(
            shown,
            objects=shown.objects.take(rows),
            rows=np.flatnonzero(self.is_shown[rows]),
            colours=shown.colours[rows],
            provenance=shown.provenance[rows] if shown.provenance is not None else None,
        )


class ManyObjects(QObject):
    """Decides what is drawn of the objects of a picture, however many there are.

    Where those in view are too many or too small to be told apart, a map of their density is drawn. More than `MANY`
    objects are sorted by place on a thread, and of them only those in and around the view are ever drawn.

    Parameters
    ----------
    scene : vispy node
        Whose coordinates are x, y in level-0 pixels.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.

    Signals
    -------
    part_changed(object)
        `ShownObjects` to be drawn from now on.
    density_changed()
        The density is drawn, at another scale, or no longer.
    """

    part_changed = Signal(object)
    density_changed = Signal()
    _answered = Signal()

    def __init__(self, scene: Any, viewport: Callable[[], Viewport | None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewport = viewport
        self._image = DensityImage(scene)
        self._latest: Latest[_Sorted] = Latest(self._answered.emit, "sort objects")
        # queued: emitted on the thread, received on the window's
        self._answered.connect(self._on_answer, Qt.ConnectionType.QueuedConnection)
        self._shown = ShownObjects()
        self._shape = (1, 1)
        self._sorted: _Sorted | None = None
        self._rows: NDArray[np.intp] | None = None
        self._covered: Bounds | None = None
        self._is_on = True
        self._drawn_scale: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether what was asked to be shown is drawn, in part or as a density."""
        return len(self._shown.rows) <= FEW or (self._sorted is not None and self._sorted.shown is self._shown)

    @property
    def density(self) -> tuple[Density, int] | None:
        """The density that is drawn and its scale; None while objects are."""
        scale = self._image.scale
        return None if scale is None or self._sorted is None else (self._sorted.density, scale)

    def show(self, shown: ShownObjects, shape: tuple[int, int] | None) -> None:
        """Draw these objects of a picture of that shape, and no others."""
        self._shown, self._shape = shown, shape or (1, 1)
        if len(shown.rows) <= MANY:
            self._latest.drop()
            self._sorted = _sort(shown, None, self._shape) if len(shown.rows) > FEW else None
            self._rows, self._covered = None, None
            if not self._is_density_better():
                self._end_density()
                self._hand_over(shown, None, None)
            else:
                self.follow()
            return
        before = self._sorted
        places = before.places if before is not None and before.shown.objects is shown.objects else None
        if before is None:
            self._hand_over(_none_of(shown), _NONE, None)
        self._latest.ask(lambda: _sort(shown, places, self._shape))

    def follow(self) -> None:
        """Draw what the present zoom and place ask for."""
        view, found = self._viewport(), self._sorted
        if view is None or found is None:
            return
        if self._is_density_better():
            self._draw_density(found, view)
        else:
            self._draw_objects(found, view)

    def _is_density_better(self) -> bool:
        view, found = self._viewport(), self._sorted
        if view is None or found is None:
            return False
        if not self._is_on and len(found.shown.rows) <= MANY:
            return False  # a person wants to see them one by one, and they can be drawn
        count = found.density.within(view.bounds)
        return count > IN_VIEW or (count > FEW and found.places.typical * view.zoom < SMALL_PX)

    def set_look(self, is_on: bool, opacity: float) -> None:
        """Say whether the density is drawn, and how opaque."""
        self._image.set_opacity(opacity)
        if is_on != self._is_on:
            self._is_on = is_on
            self.follow()

    def row_in_part(self, row: int) -> int | None:
        """Return where one of the objects stands in the part that is drawn; None where it is not in it."""
        if self._rows is None:
            return row
        at = int(np.searchsorted(self._rows, row))
        return at if at < len(self._rows) and self._rows[at] == row else None

    def remove(self) -> None:
        """Take everything out of the scene, before the scene itself goes."""
        self._latest.close(_CLOSE_WAIT_S)
        self._image.remove()

    # ---- drawing

    def _draw_objects(self, found: _Sorted, view: Viewport) -> None:
        self._end_density()
        if len(found.shown.rows) <= MANY:
            if self._rows is not None:
                self._hand_over(found.shown, None, None)
            return
        if self._covered is not None and _lies_in(view.bounds, self._covered) and self._rows is not None:
            return
        wide = grown(view.bounds, 0.5)
        covered = wide if found.density.within(wide) <= IN_VIEW else grown(view.bounds, 0.1)
        near = found.places.near(covered)
        self._hand_over(found.part(near), near, covered)

    def _draw_density(self, found: _Sorted, view: Viewport) -> None:
        if self._rows is None or len(self._rows):
            self._hand_over(_none_of(found.shown), _NONE, None)
        if self._is_on:
            self._image.show(found.density, view)
        else:
            self._image.clear()
        self._tell_density()

    def _end_density(self) -> None:
        self._image.clear()
        self._tell_density()

    def _tell_density(self) -> None:
        if self._image.scale != self._drawn_scale:
            self._drawn_scale = self._image.scale
            self.density_changed.emit()

    def _hand_over(self, part: ShownObjects, rows: NDArray[np.intp] | None, covered: Bounds | None) -> None:
        self._rows, self._covered = rows, covered
        self.part_changed.emit(part)

    def _on_answer(self) -> None:
        found = self._latest.take()
        if found is None or found.shown is not self._shown:
            return
        self._sorted, self._rows, self._covered = found, None, None
        self._image.clear()
        self._drawn_scale = None
        self.follow()


def _sort(shown: ShownObjects, places: Places | None, shape: tuple[int, int]) -> _Sorted:
    """Find out where objects lie; `places` from before where the objects are the same and only fewer are shown."""
    known = places if places is not None else places_of(shown.objects.boxes, shape)
    is_shown = np.zeros(len(shown.objects), bool)
    is_shown[shown.rows] = True
    return _Sorted(shown, is_shown, known, density_of(known, shown.rows))


def _none_of(shown: ShownObjects) -> ShownObjects:
    none = shown.objects.take(_NONE)
    return replace(shown, objects=none, rows=_NONE, colours=shown.colours[_NONE], provenance=None)


def _lies_in(inner: Bounds, outer: Bounds) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]
