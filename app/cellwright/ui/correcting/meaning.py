"""What a gesture on the picture means, as an edit: pure functions from gesture and objects to `Edit`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

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
    cut,
    deleted,
    erased,
    filled,
    found_at_click,
    found_in_box,
    outlined,
    painted,
    pixels_of,
    point_added,
    point_moved,
    reshaped,
    resized,
    split,
    split_by_seeds,
)
from cellwright.core import BadParameter, Box, Masks
from cellwright.shapes import intersection, stroke
from cellwright.ui.canvas.gestures import (
    BoxChanged,
    BoxDrawn,
    BoxToMask,
    Clicked,
    Corners,
    Filled,
    Gesture,
    LineDrawn,
    PointMoved,
    PointPlaced,
    PolygonDrawn,
    SeedsPlaced,
    Stroke,
)

_RIM = 0.5
"""Of a box that is looked at around what it holds, in parts of its size."""
_REACH = 4.0
"""How far around a click the picture is looked at, in diameters of a cell."""


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
        return sorted(found, key=lambda each: (not _holds(each.state.geometry, row, column), _area(each)))


def edit_of(gesture: Gesture, scene: Scene) -> Edit:
    """Return what a gesture does.

    Raises
    ------
    BadParameter
        If it does nothing; says why, and what would do something.
    """
    for kind, meaning in _MEANINGS.items():
        if isinstance(gesture, kind):
            return meaning(gesture, scene)
    raise BadParameter(f"A {type(gesture).__name__} changes nothing.")


def whole_box(corners: Corners) -> Box:
    """Return the box of whole pixels around corners."""
    y0, x0, y1, x1 = corners
    return Box(math.floor(y0), math.floor(x0), math.ceil(y1), math.ceil(x1))


# ---- boxes


def _box_drawn(gesture: BoxDrawn, scene: Scene) -> Edit:
    return scene.new(Geometry.of_box(*_inside(gesture.box, scene.shape)))


def _box_changed(gesture: BoxChanged, scene: Scene) -> Edit:
    one = scene.chosen
    if one is None or one.id != gesture.id:
        raise BadParameter("Select the cell first, then move or resize its box.")
    return reshaped(one, resized(one.state.geometry, _inside(gesture.box, scene.shape)))


def _inside(box: Corners, shape: tuple[int, int]) -> Corners:
    y0, x0, y1, x1 = box
    kept = max(0.0, y0), max(0.0, x0), min(float(shape[0]), y1), min(float(shape[1]), x1)
    if kept[2] - kept[0] < 1 or kept[3] - kept[1] < 1:
        raise BadParameter("A box needs at least one pixel of the picture: draw a larger one.")
    return kept


# ---- masks


def _stroke(gesture: Stroke, scene: Scene) -> Edit:
    pixels = _on_picture(stroke(gesture.path, gesture.radius_px), scene.shape)
    if gesture.is_erasing:
        return _erase(gesture, pixels, scene)
    return _paint(pixels, _painted_on(gesture, pixels, scene), scene)


def _painted_on(gesture: Stroke, pixels: Masks, scene: Scene) -> AnnotatedObject | None:
    """Return the cell that a stroke adds to: the chosen one where it meets it, else the one it begins on."""
    one = scene.chosen
    if one is not None and _meets(one, pixels):
        return one
    y, x = gesture.path[0]
    under = next(iter(scene.hit(y, x)), None)
    if under is None or not _is_outlined(under):
        return None
    return under if _holds(under.state.geometry, math.floor(y), math.floor(x)) else None


def _paint(pixels: Masks, onto: AnnotatedObject | None, scene: Scene) -> Edit:
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


def _meets(each: AnnotatedObject, pixels: Masks) -> bool:
    if each.state.geometry.kind is GeometryKind.POINTS:
        return False
    return bool(len(intersection(pixels_of(each.state.geometry), pixels).spans))


def _lost(each: AnnotatedObject, rest: Geometry | None) -> ObjectChange:
    after = None if rest is None else replace(each.state, geometry=rest, status=Status.CORRECTED)
    return ObjectChange(each.id, each.picture_id, each.state, after)


def _erase(gesture: Stroke, pixels: Masks, scene: Scene) -> Edit:
    one = scene.chosen
    if one is None:
        y, x = gesture.path[0]
        one = next((each for each in scene.hit(y, x) if _is_outlined(each)), None)
    if one is None:
        raise BadParameter("Begin on a cell with an outline, or select one, to erase a part of it.")
    rest = erased(one.state.geometry, pixels)
    if rest is None:
        return deleted([one])
    if rest == one.state.geometry:
        raise BadParameter("Nothing was erased: the stroke does not touch the selected cell.")
    return reshaped(one, rest, EditKind.ERASE)


def _fill(gesture: Filled, scene: Scene) -> Edit:
    tried = [scene.chosen] if scene.chosen is not None else scene.hit(gesture.y, gesture.x)
    for one in tried:
        if _is_outlined(one):
            others = [each.state.geometry for each in scene.beside(one.state.geometry.box, one)]
            return reshaped(one, filled(one.state.geometry, gesture.y, gesture.x, others), EditKind.PAINT)
    raise BadParameter("There is no hole here: click into a gap that a cell encloses on all sides.")


def _polygon(gesture: PolygonDrawn, scene: Scene) -> Edit:
    drawn = outlined(gesture.points)
    if drawn is None:
        raise BadParameter("This outline encloses no pixel: draw a larger one.")
    return _paint(_on_picture(drawn.masks(), scene.shape), None, scene)


def _scissors(gesture: LineDrawn, scene: Scene) -> Edit:
    low, high = gesture.points.min(0), gesture.points.max(0)
    tried = [scene.chosen] if scene.chosen is not None else []
    tried += scene.beside((low[0], low[1], high[0] + 1, high[1] + 1), scene.chosen)
    for one in tried:
        if one.state.geometry.kind is GeometryKind.POINTS:
            continue
        parts = cut(one.state.geometry, gesture.points)
        if len(parts) > 1:
            return split(one, parts, scene.source)
    raise BadParameter("No cell was cut: draw the line across one, from outside to outside.")


def _seeds(gesture: SeedsPlaced, scene: Scene) -> Edit:
    one = scene.chosen
    if one is None:
        one = next(iter(scene.hit(*gesture.points[0])), None)
    if one is None or one.state.geometry.kind is GeometryKind.POINTS:
        raise BadParameter("Select the cell that is to be split, then click once into each of its parts.")
    box = whole_box(one.state.geometry.box).intersect(Box(0, 0, *scene.shape))
    parts = split_by_seeds(one.state.geometry, gesture.points, scene.pixels(box), (box.y0, box.x0))
    return split(one, parts, scene.source)


# ---- points


def _point_placed(gesture: PointPlaced, scene: Scene) -> Edit:
    rows, columns = scene.shape
    if not (0 <= gesture.y <= rows and 0 <= gesture.x <= columns):
        raise BadParameter("That lies outside the picture.")
    one = scene.chosen
    if one is not None and one.state.geometry.kind is GeometryKind.POINTS:
        return reshaped(one, point_added(one.state.geometry, gesture.y, gesture.x))
    return scene.new(point_added(None, gesture.y, gesture.x))


def _point_moved(gesture: PointMoved, scene: Scene) -> Edit:
    one = scene.chosen
    if one is None or one.id != gesture.id:
        raise BadParameter("Select the cell whose point is to be moved.")
    return reshaped(one, point_moved(one.state.geometry, gesture.number, gesture.y, gesture.x))


# ---- help


def _clicked(gesture: Clicked, scene: Scene) -> Edit:
    reach = _REACH * scene.size_px
    around = Box(
        math.floor(gesture.y - reach),
        math.floor(gesture.x - reach),
        math.ceil(gesture.y + reach),
        math.ceil(gesture.x + reach),
    ).intersect(Box(0, 0, *scene.shape))
    if around.is_empty or not (0 <= gesture.y < scene.shape[0] and 0 <= gesture.x < scene.shape[1]):
        raise BadParameter("That lies outside the picture.")
    place = (gesture.y, gesture.x)
    found = found_at_click(scene.pixels(around), (around.y0, around.x0), place, scene.size_px)
    if found is None:
        raise BadParameter("No cell stands out here: drag a box around it instead, or paint it.")
    return _found(found, scene.hit(*place), scene)


def _box_to_mask(gesture: BoxToMask, scene: Scene) -> Edit:
    box = whole_box(_inside(gesture.box, scene.shape))
    rim = math.ceil(_RIM * max(box.height, box.width))
    around = Box(box.y0 - rim, box.x0 - rim, box.y1 + rim, box.x1 + rim).intersect(Box(0, 0, *scene.shape))
    found = found_in_box(scene.pixels(around), (around.y0, around.x0), box)
    if found is None:
        raise BadParameter("No cell stands out in this box: draw it closer around the cell, or paint it.")
    return _found(found, scene.hit((box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2), scene)


def _found(found: Geometry, there: Sequence[AnnotatedObject], scene: Scene) -> Edit:
    """Add a cell that was found; where only the box of one was known until now, it gets its outline."""
    boxed = next((each for each in there if each.state.geometry.kind is GeometryKind.BOX and _fits(each, found)), None)
    if boxed is not None:
        others = [each.state.geometry for each in scene.beside(found.box, boxed)]
        shape = painted(None, found.masks(), others).geometry
        if shape is not None:
            return reshaped(boxed, shape, EditKind.PAINT)
    return _paint(found.masks(), None, scene)


def _fits(each: AnnotatedObject, found: Geometry) -> bool:
    """Whether a box is about as large as what was found in it, so that both mean one cell."""
    a, b = each.state.geometry.box, found.box
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return shared > 0.25 * max(_box_area(a), _box_area(b))


# ---- shared


def _on_picture(pixels: Masks, shape: tuple[int, int]) -> Masks:
    return pixels.clipped(Box(0, 0, *shape))


def _corners(pixels: Masks) -> Corners:
    y0, x0, y1, x1 = (float(edge) for edge in pixels.boxes()[0])
    return y0, x0, y1, x1


def _is_outlined(each: AnnotatedObject) -> bool:
    return each.state.geometry.kind in (GeometryKind.MASK, GeometryKind.POLYGON)


def _holds(geometry: Geometry, row: int, column: int) -> bool:
    if geometry.kind in (GeometryKind.BOX, GeometryKind.POINTS):
        return False
    spans = pixels_of(geometry).spans
    return bool(((spans[:, 0] == row) & (spans[:, 1] <= column) & (column < spans[:, 2])).any())


def _area(each: AnnotatedObject) -> float:
    return _box_area(each.state.geometry.box)


def _box_area(box: Corners) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


_MEANINGS: dict[type, Callable[[Any, Scene], Edit]] = {
    BoxDrawn: _box_drawn,
    BoxChanged: _box_changed,
    Stroke: _stroke,
    Filled: _fill,
    PolygonDrawn: _polygon,
    LineDrawn: _scissors,
    SeedsPlaced: _seeds,
    PointPlaced: _point_placed,
    PointMoved: _point_moved,
    Clicked: _clicked,
    BoxToMask: _box_to_mask,
}
