"""`Scene`: what a gesture meets on the picture, and how pixels are added to cells there."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import (
    AnnotatedObject,
    Edit,
    EditKind,
    Geometry,
    GeometryKind,
    ObjectChange,
    ObjectState,
    Status,
    added,
    painted,
    pixels_of,
    reshaped,
)
from cellwright.core import BadParameter, Box, Masks, Objects
from cellwright.ui.canvas.gestures import Corners


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What a gesture meets.

    Parameters
    ----------
    picture_id : int
        Where.
    shape : (int, int)
        Rows and columns of the picture; nothing is drawn outside.
    class_id : int
        Class of what is new.
    source : str
        Who draws: ``"person:NAME"``.
    chosen : AnnotatedObject or None
        The selected cell.
    near : callable
        The objects that reach into a box.
    pixels : callable
        The picture in a box, (H, W, 3) uint8.
    size_px : float
        Usual diameter of a cell.
    overwrite : bool
        Whether paint takes pixels from neighbours.
    is_hidden : callable
        Whether a cell is too unsure to be shown.
    said : Objects or None
        What the loaded model says of the surroundings of a click; None where it was not asked.
    classes : mapping of str to int
        Number of each class of the project, by its name.
    wants_class : bool
        Whether a person chose the class of what is new, so that the model's word on it does not matter.
    """

    picture_id: int
    shape: tuple[int, int]
    class_id: int
    source: str
    chosen: AnnotatedObject | None
    near: Callable[[Box], Sequence[AnnotatedObject]]
    pixels: Callable[[Box], NDArray[np.uint8]]
    size_px: float
    overwrite: bool = False
    is_hidden: Callable[[AnnotatedObject], bool] = lambda _each: False
    said: Objects | None = None
    classes: Mapping[str, int] = field(default_factory=dict)
    wants_class: bool = True

    def new(self, *places: Geometry) -> Edit:
        """Return the edit that adds objects; a person has drawn them, so they are accepted."""
        states = (ObjectState(place, self.class_id, None, self.source, Status.ACCEPTED) for place in places)
        return added(self.picture_id, states)

    def beside(self, around: Corners, own: AnnotatedObject | None) -> list[AnnotatedObject]:
        """Return the objects that reach into a box, but for one's own and the rejected."""
        return [
            each
            for each in self.near(whole_box(around))
            if (own is None or each.id != own.id) and each.state.status is not Status.REJECTED
        ]

    def hit(self, y: float, x: float) -> list[AnnotatedObject]:
        """Return the objects whose box holds a place: first those with a pixel there, then the smallest."""
        row, column = math.floor(y), math.floor(x)
        found = self.beside((row, column, row + 1, column + 1), None)
        return sorted(found, key=lambda each: (not holds(each.state.geometry, row, column), _area(each)))


def whole_box(corners: Corners) -> Box:
    """Return the box of whole pixels around corners."""
    y0, x0, y1, x1 = corners
    return Box(math.floor(y0), math.floor(x0), math.ceil(y1), math.ceil(x1))


def inside(box: Corners, shape: tuple[int, int]) -> Corners:
    """Return what of a box lies in the picture; `BadParameter` where that is less than a pixel."""
    y0, x0, y1, x1 = box
    kept = max(0.0, y0), max(0.0, x0), min(float(shape[0]), y1), min(float(shape[1]), x1)
    if kept[2] - kept[0] < 1 or kept[3] - kept[1] < 1:
        raise BadParameter("A box needs at least one pixel of the picture: draw a larger one.")
    return kept


def paint(pixels: Masks, onto: AnnotatedObject | None, scene: Scene) -> Edit:
    """Add pixels to an object, or begin one; neighbours keep theirs unless overwriting was asked for."""
    if not len(pixels.spans):
        raise BadParameter("That lies outside the picture.")
    others = scene.beside(_corners(pixels), onto)
    before = onto.state.geometry if onto is not None else None
    result = painted(before, pixels, [each.state.geometry for each in others], scene.overwrite)
    if result.geometry is None:
        raise BadParameter("Other cells have all of these pixels; switch on Paint over neighbours to take them.")
    if onto is not None and result.geometry == before:
        raise BadParameter("Nothing was added: these pixels belong to the cell already, or to its neighbours.")
    first = scene.new(result.geometry) if onto is None else reshaped(onto, result.geometry, EditKind.PAINT)
    losses = tuple(_lost(others[row], rest) for row, rest in result.changed_others)
    return replace(
        first, kind=EditKind.PAINT if losses or onto is not None else EditKind.ADD, objects=first.objects + losses
    )


def _lost(each: AnnotatedObject, rest: Geometry | None) -> ObjectChange:
    after = None if rest is None else replace(each.state, geometry=rest, status=Status.CORRECTED)
    return ObjectChange(each.id, each.picture_id, each.state, after)


def _corners(pixels: Masks) -> Corners:
    y0, x0, y1, x1 = (float(edge) for edge in pixels.boxes()[0])
    return y0, x0, y1, x1


def holds(geometry: Geometry, row: int, column: int) -> bool:
    """Whether an outline holds a pixel; boxes and points hold none."""
    if geometry.kind in (GeometryKind.BOX, GeometryKind.POINTS):
        return False
    spans = pixels_of(geometry).spans
    return bool(((spans[:, 0] == row) & (spans[:, 1] <= column) & (column < spans[:, 2])).any())


def _area(each: AnnotatedObject) -> float:
    return box_area(each.state.geometry.box)


def box_area(box: Corners) -> float:
    """Return the area of a box."""
    return (box[2] - box[0]) * (box[3] - box[1])
