"""What a click or a box around a cell means: its outline is found, by the loaded model where it says anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cellwright.annotation import (
    AnnotatedObject,
    Edit,
    EditKind,
    Geometry,
    GeometryKind,
    Status,
    found_at_click,
    found_in_box,
    painted,
    reshaped,
    reviewed,
)
from cellwright.core import BadParameter, Box, Objects
from cellwright.shapes import labels_from_masks
from cellwright.ui.canvas.gestures import BoxToMask, Clicked
from cellwright.ui.correcting.scene import Scene, box_area, inside, paint, whole_box

_RIM = 0.5
"""Of a box that is looked at around what it holds, in parts of its size."""

_REACH = 4.0
"""How far around a click the picture is looked at, in diameters of a cell."""


def clicked(gesture: Clicked, scene: Scene) -> Edit:
    """Return the edit that gives the cell under a click its outline.

    A cell that was found there but is too unsure to be shown is accepted as it is. Else what the loaded model says
    counts, and where it says nothing, what sets itself off from its surroundings.
    """
    place = (gesture.y, gesture.x)
    if not (0 <= gesture.y < scene.shape[0] and 0 <= gesture.x < scene.shape[1]):
        raise BadParameter("That lies outside the picture.")
    there = scene.hit(*place)
    unsure = _unsure(there, scene)
    if unsure is not None:
        return reviewed([unsure], Status.ACCEPTED)
    row = None if scene.said is None else said_at(scene.said, *place)
    found = _by_model(scene, row, place) or _by_colour(scene, place)
    if found is None:
        raise BadParameter("No cell stands out here: drag a box around it instead, or paint it.")
    return _found(found, there, _of_class(scene, row))


def box_to_mask(gesture: BoxToMask, scene: Scene) -> Edit:
    """Return the edit that gives the cell in a box its outline."""
    box = whole_box(inside(gesture.box, scene.shape))
    found = _in_box(scene, box)
    if found is None:
        raise BadParameter("No cell stands out in this box: draw it closer around the cell, or paint it.")
    return _found(found, scene.hit((box.y0 + box.y1) / 2, (box.x0 + box.x1) / 2), scene)


def said_at(said: Objects, y: float, x: float) -> int | None:
    """Return the row of the object that a model sees at a place: the surest with a pixel there, else the least box."""
    row, column = math.floor(y), math.floor(x)
    y0, x0, y1, x1 = said.boxes.T
    rows = np.flatnonzero((y0 <= y) & (y < y1) & (x0 <= x) & (x < x1))
    if said.masks is not None:
        for each in rows[np.argsort(-said.scores[rows], kind="stable")].tolist():
            spans = said.masks.take(np.array([each])).spans
            if ((spans[:, 0] == row) & (spans[:, 1] <= column) & (column < spans[:, 2])).any():
                return int(each)
        return None
    return int(rows[np.argmin(said.sizes[rows].prod(1))]) if len(rows) else None


def _unsure(there: Sequence[AnnotatedObject], scene: Scene) -> AnnotatedObject | None:
    """Return the cell with an outline that was found here and is not shown, where none that is shown lies over it."""
    first = next((each for each in there if each.state.geometry.kind is GeometryKind.MASK), None)
    return first if first is not None and scene.is_hidden(first) else None


def _by_model(scene: Scene, row: int | None, place: tuple[float, float]) -> Geometry | None:
    said = scene.said
    if said is None or row is None:
        return None
    y0, x0, y1, x1 = (float(edge) for edge in said.boxes[row])
    box = whole_box((y0, x0, y1, x1)).intersect(Box(0, 0, *scene.shape))
    if said.masks is None:
        return _in_box(scene, box)
    labels = labels_from_masks(said.masks.take(np.array([row])), (box.height, box.width), (box.y0, box.x0))
    return found_at_click(labels, (box.y0, box.x0), place, scene.size_px, labels=labels)


def _by_colour(scene: Scene, place: tuple[float, float]) -> Geometry | None:
    reach = math.ceil(_REACH * scene.size_px)
    y, x = math.floor(place[0]), math.floor(place[1])
    around = Box(y - reach, x - reach, y + reach + 1, x + reach + 1).intersect(Box(0, 0, *scene.shape))
    return found_at_click(scene.pixels(around), (around.y0, around.x0), place, scene.size_px)


def _in_box(scene: Scene, box: Box) -> Geometry | None:
    rim = math.ceil(_RIM * max(box.height, box.width))
    around = box.grow(rim).intersect(Box(0, 0, *scene.shape))
    return found_in_box(scene.pixels(around), (around.y0, around.x0), box)


def _of_class(scene: Scene, row: int | None) -> Scene:
    """Let what is new have the class that the model sees, unless a person chose one."""
    if scene.said is None or row is None or scene.wants_class:
        return scene
    name = scene.said.classes[int(scene.said.class_index[row])]
    return replace(scene, class_id=scene.classes.get(name, scene.class_id))


def _found(found: Geometry, there: Sequence[AnnotatedObject], scene: Scene) -> Edit:
    """Add a cell that was found; where only the box of one was known until now, it gets its outline."""
    boxed = next((each for each in there if each.state.geometry.kind is GeometryKind.BOX and _fits(each, found)), None)
    if boxed is not None:
        others = [each.state.geometry for each in scene.beside(found.box, boxed)]
        shape = painted(None, found.masks(), others).geometry
        if shape is not None:
            return reshaped(boxed, shape, EditKind.PAINT)
    return paint(found.masks(), None, scene)


def _fits(each: AnnotatedObject, found: Geometry) -> bool:
    """Whether a box is about as large as what was found in it, so that both mean one cell."""
    a, b = each.state.geometry.box, found.box
    shared = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    return shared > 0.25 * max(box_area(a), box_area(b))
