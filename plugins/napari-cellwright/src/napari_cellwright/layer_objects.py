"""The way back: the objects of a layer as they stand now, whoever drew or changed them, in whatever program."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.annotation import ClassRecord
from cellwright.core import BadParameter, Box, Masks, Objects
from cellwright.shapes import masks_from_labels, masks_from_polygons
from cellwright.workflows import Analysis, PictureInfo, drawn_by_people
from napari_cellwright.lazy_labels import PaintedLabels
from napari_cellwright.object_layers import KeptObjects
from napari_cellwright.picture_layers import KEPT
from napari_cellwright.placing import Plane

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Labels, Layer, Points, Shapes

DRAWN_BY = "person:napari"
"""Source of objects that neither a model nor a project brought."""

OTHER_CLASS = "object"
_COLOURS = ("#D55E00", "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442")
_ROUND_CORNERS = 64


def kept_of(layer: Layer) -> KeptObjects | None:
    """Return what is known of a layer that Cellwright made, None for any other."""
    kept = layer.metadata.get(KEPT)
    return kept if isinstance(kept, KeptObjects) else None


def objects_of(layer: Layer, plane: Plane = ()) -> tuple[Objects, NDArray[np.integer]]:
    """Return the objects of a labels, shapes or points layer as they stand now.

    Objects keep the id, class, score and source of their row of features; those that a person drew get an id of
    their own, score 1 and the class ``"object"``, or the layer's one class.

    Parameters
    ----------
    layer : napari.layers.Labels, Shapes or Points
        In pixels of its picture.
    plane : tuple of int
        Of a stack of labels, the one that is meant.

    Returns
    -------
    objects : Objects
        Labels and outlines have masks, rectangles and points have not.
    values : (N,) ndarray of int
        The label of each object, or its row in the layer.

    Raises
    ------
    BadParameter
        If the layer holds no objects.
    """
    from napari.layers import Labels, Points, Shapes

    if isinstance(layer, Labels):
        return _of_labels(layer, plane)
    if isinstance(layer, Shapes):
        return _of_shapes(layer)
    if isinstance(layer, Points):
        return _of_points(layer)
    raise BadParameter(f"{layer.name} holds no objects; choose a layer of labels, shapes or points.")


def analysis_of(layer: Layer, info: PictureInfo, plane: Plane = ()) -> tuple[Analysis, NDArray[np.integer]]:
    """Return a layer's objects as an analysis of a picture, with the model and coverage they came from where known."""
    objects, values = objects_of(layer, plane)
    kept = kept_of(layer)
    if kept is not None and tuple(objects.classes) == kept.analysis.card.class_names:
        return replace(kept.analysis.with_objects(objects), picture=info), values
    records = [
        ClassRecord(number, name, name, colour)
        for number, (name, colour) in enumerate(zip(objects.classes, colours_of(layer, objects), strict=True))
    ]
    return drawn_by_people(info, objects, records, [Box(0, 0, *info.shape)]), values


def colours_of(layer: Layer, objects: Objects) -> tuple[str, ...]:
    """Return ``#RRGGBB`` of each class: as the model's card has them, else customary ones."""
    kept = kept_of(layer)
    known = {} if kept is None else {kind.name: kind.colour for kind in kept.analysis.card.classes}
    return tuple(known.get(name, _COLOURS[number % len(_COLOURS)]) for number, name in enumerate(objects.classes))


def _of_labels(layer: Labels, plane: Plane) -> tuple[Objects, NDArray[np.integer]]:
    data = layer.data
    kept = kept_of(layer)
    if layer.multiscale and isinstance(data[0], PaintedLabels) and kept is not None:
        # Such labels cannot be painted on, so that they are what was found.
        return kept.objects, np.arange(1, len(kept.objects) + 1)
    whole = data[0] if layer.multiscale else data
    at = _within(plane, whole.shape[:-2])
    masks, values = masks_from_labels(np.asarray(whole[at] if at else whole))
    table = layer.features
    known = dict(zip(table["index"].tolist(), range(len(table)), strict=True)) if "index" in table else {}
    rows = [known.get(int(value)) for value in values.tolist()]
    return _objects(layer, rows, masks.boxes(), masks, values), values


def _of_shapes(layer: Shapes) -> tuple[Objects, NDArray[np.integer]]:
    corners = [_flat(np.asarray(data)) for data in layer.data]
    kinds = list(layer.shape_type)
    rows = np.arange(len(corners))
    if all(kind == "rectangle" and _is_upright(ring) for kind, ring in zip(kinds, corners, strict=True)):
        boxes = np.array([[*ring.min(0), *ring.max(0)] for ring in corners], np.float32).reshape(-1, 4)
        return _objects(layer, rows.tolist(), boxes, None, rows), rows
    rings = [_ellipse(ring) if kind == "ellipse" else ring for kind, ring in zip(kinds, corners, strict=True)]
    areas = np.array([kind not in ("line", "path") for kind in kinds])
    masks = masks_from_polygons([ring for ring, is_area in zip(rings, areas, strict=True) if is_area])
    rows = rows[areas]
    return _objects(layer, rows.tolist(), masks.boxes(), masks, rows), rows


def _of_points(layer: Points) -> tuple[Objects, NDArray[np.integer]]:
    middle = _flat(np.asarray(layer.data))
    rows = np.arange(len(middle))
    table = layer.features
    size = np.zeros((len(middle), 2))
    if {"height_px", "width_px"} <= set(table.columns):
        size = table[["height_px", "width_px"]].to_numpy(np.float64)
    boxes = np.concatenate([middle - size / 2, middle + size / 2], 1).astype(np.float32)
    return _objects(layer, rows.tolist(), boxes, None, rows), rows


def _within(plane: Plane, stack: Sequence[int]) -> Plane:
    """Return the plane of a layer that may have fewer axes than the picture's, or hold one plane alone."""
    last = ((0,) * len(stack) + plane)[len(plane) :]
    return tuple(min(index, size - 1) for index, size in zip(last, stack, strict=True))


def _flat(points: NDArray[Any]) -> NDArray[np.float64]:
    """Return y, x of corners of pixels."""
    return points[..., -2:].astype(np.float64) + 0.5


def _is_upright(ring: NDArray[np.float64]) -> bool:
    return all(len(np.unique(np.round(ring[:, axis], 3))) <= 2 for axis in (0, 1))


def _ellipse(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a ring for the ellipse in a (turned) rectangle of four corners."""
    middle = corners.mean(0)
    down, across = (corners[3] - corners[0]) / 2, (corners[1] - corners[0]) / 2
    turn = np.linspace(0, 2 * np.pi, _ROUND_CORNERS, endpoint=False)[:, None]
    ring: NDArray[np.float64] = middle + np.cos(turn) * down + np.sin(turn) * across
    return ring


def _objects(
    layer: Layer,
    rows: Sequence[int | None],
    boxes: NDArray[np.float32],
    masks: Masks | None,
    values: NDArray[np.integer],
) -> Objects:
    table, kept = layer.features, kept_of(layer)
    known = () if kept is None else kept.objects.classes
    other = known[0] if len(known) == 1 else OTHER_CLASS
    classes = _column(table, "class", rows, other)
    names = tuple(dict.fromkeys([*known, *classes])) or (OTHER_CLASS,)
    index = {name: number for number, name in enumerate(names)}
    scores = np.array(_column(table, "score", rows, 1.0), np.float64)
    ids = [
        _id(layer, text, value) for text, value in zip(_column(table, "uuid", rows, ""), values.tolist(), strict=True)
    ]
    return Objects(
        np.array([each.bytes for each in ids], "V16"),
        boxes,
        np.array([index[name] for name in classes], np.int16),
        np.clip(np.nan_to_num(scores, nan=1.0), 0, 1).astype(np.float32),
        names,
        DRAWN_BY if kept is None else kept.objects.source,
        masks,
    )


def _column(table: pd.DataFrame, name: str, rows: Sequence[int | None], other: Any) -> list[Any]:
    import pandas as pd

    if name not in table:
        return [other] * len(rows)
    values = table[name].tolist()
    found = [other if row is None or row >= len(values) else values[row] for row in rows]
    return [other if pd.isna(value) or value == "" else value for value in found]


def _id(layer: Layer, text: object, value: int) -> uuid.UUID:
    """Return the id of a row, or for what was drawn one that stays the same for this layer and number."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, f"napari {layer.unique_id} {value}")
