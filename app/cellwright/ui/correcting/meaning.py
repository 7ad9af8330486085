"""What a gesture on the picture means, as an edit: pure functions from gesture and objects to `Edit`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cellwright.annotation import (
    AnnotatedObject,
    Edit,
    EditKind,
    Geometry,
    GeometryKind,
    cut,
    deleted,
    erased,
    filled,
    outlined,
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
    Filled,
    Gesture,
    LineDrawn,
    PointMoved,
    PointPlaced,
    PolygonDrawn,
    SeedsPlaced,
    Stroke,
)
from cellwright.ui.correcting.helping import box_to_mask, clicked
from cellwright.ui.correcting.scene import Scene, holds, inside, paint, whole_box


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


# ---- boxes


def _box_drawn(gesture: BoxDrawn, scene: Scene) -> Edit:
    return scene.new(Geometry.of_box(*inside(gesture.box, scene.shape)))


def _box_changed(gesture: BoxChanged, scene: Scene) -> Edit:
    one = scene.chosen
    if one is None or one.id != gesture.id:
        raise BadParameter("Select the cell first, then move or resize its box.")
    return reshaped(one, resized(one.state.geometry, inside(gesture.box, scene.shape)))


# ---- masks


def _stroke(gesture: Stroke, scene: Scene) -> Edit:
    pixels = _on_picture(stroke(gesture.path, gesture.radius_px), scene.shape)
    if gesture.is_erasing:
        return _erase(gesture, pixels, scene)
    return paint(pixels, _painted_on(gesture, pixels, scene), scene)


def _painted_on(gesture: Stroke, pixels: Masks, scene: Scene) -> AnnotatedObject | None:
    """Return the cell that a stroke adds to: the chosen one where it meets it, else the one it begins on."""
    one = scene.chosen
    if one is not None and _meets(one, pixels):
        return one
    y, x = gesture.path[0]
    under = next(iter(scene.hit(y, x)), None)
    if under is None or not _is_outlined(under):
        return None
    return under if holds(under.state.geometry, math.floor(y), math.floor(x)) else None


def _meets(each: AnnotatedObject, pixels: Masks) -> bool:
    if each.state.geometry.kind is GeometryKind.POINTS:
        return False
    return bool(len(intersection(pixels_of(each.state.geometry), pixels).spans))


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
    return paint(_on_picture(drawn.masks(), scene.shape), None, scene)


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


# ---- shared


def _on_picture(pixels: Masks, shape: tuple[int, int]) -> Masks:
    return pixels.clipped(Box(0, 0, *shape))


def _is_outlined(each: AnnotatedObject) -> bool:
    return each.state.geometry.kind in (GeometryKind.MASK, GeometryKind.POLYGON)


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
    Clicked: clicked,
    BoxToMask: box_to_mask,
}
