"""What was found as napari layers: outlines as labels, boxes as shapes, many boxes and places as points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import Objects
from cellwright.workflows import Analysis, count_table
from napari_cellwright.lazy_labels import labels_of
from napari_cellwright.picture_layers import KEPT, LayerTuple
from napari_cellwright.placing import Placement

if TYPE_CHECKING:
    import pandas as pd
    from napari.layers import Layer

MOST_SHAPES = 3000
"""napari draws some thousand shapes at once and a million points: of more boxes than this, squares are drawn."""

_MIDDLE = 0.5
"""napari's first pixel has its middle at 0, ours its corner."""

_OUTLINE, _EDGE = 12, 45
"""Outlines and the edges of boxes are as many times narrower than cells."""

_PLACE_PX = 12.0
_OPACITY = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class KeptObjects:
    """What is known of a layer of objects beside what napari shows.

    Parameters
    ----------
    analysis : Analysis
        Picture, model, coverage, and the objects as they were found.
    objects : Objects
        Those of the layer, as they were when it was made.
    """

    analysis: Analysis
    objects: Objects


def layers_of_analysis(
    analysis: Analysis,
    placement: Placement,
    least_score: float | None = None,
    more: Callable[[Objects], dict[str, list[str]]] | None = None,
) -> list[LayerTuple]:
    """Return the layers of the objects that count.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    placement : Placement
        How they come to lie on the picture.
    least_score : float, optional
        Score from which an object counts; None takes what the model's card says for each class.
    more : callable, optional
        Gives further columns of features, or others, for the objects that count.

    Returns
    -------
    list of (data, properties, kind)
        Labels where there are outlines, shapes or points of the others; features hold ``uuid``, ``class``, ``score``
        and ``source`` of each object, and metadata the counts with their intervals.
    """
    objects = analysis.counted(least_score)
    features = features_of(objects)
    if more is not None:
        features = features.assign(**more(objects))
    colours = np.array([kind.colour for kind in analysis.card.classes], object)[objects.class_index]
    outlined = np.zeros(len(objects), np.bool_) if objects.masks is None else objects.masks.counts > 0
    found = f"{analysis.picture.name} · {analysis.card.name}"
    parts = [(name, rows) for name, rows in (("", outlined), (" · boxes", ~outlined)) if rows.any()]
    if not parts:
        parts = [("", outlined if objects.masks is not None else ~outlined)]
    made: list[LayerTuple] = []
    for name, rows in parts:
        chosen, table = objects.take(rows), features[rows].reset_index(drop=True)
        said = {"name": found + (name if len(parts) > 1 else ""), "metadata": _metadata(analysis, chosen, least_score)}
        is_labels = chosen.masks is not None and (rows is outlined)
        if is_labels:
            made.append(_labels(chosen, table, colours[rows], placement, analysis.picture.shape, said))
        else:
            made.append(_boxes(chosen, table, colours[rows], placement, said))
    return made


def as_layer(made: LayerTuple) -> Layer:
    """Return a layer of its parts; labels that Cellwright made are shown as outlines, so that the cells can be seen."""
    from napari.layers import Layer

    data, properties, kind = made
    layer = Layer.create(data, properties, kind)
    kept = layer.metadata.get(KEPT)
    if kind == "labels" and isinstance(kept, KeptObjects):
        layer.contour = _outline_px(kept.objects)
    return layer


def features_of(objects: Objects) -> pd.DataFrame:
    """Return id, class, score and source of every object, in row order."""
    import pandas as pd

    return pd.DataFrame(
        {
            "uuid": objects.id_strings(),
            "class": [objects.classes[index] for index in objects.class_index.tolist()],
            "score": objects.scores.astype(np.float64),
            "source": [objects.source] * len(objects),
        }
    )


def counts_said(analysis: Analysis, objects: Objects, level: float = 0.95) -> list[str]:
    """Return a line for each class, with its exact interval: ``"RBC 312 (278 to 349)"``."""
    table = count_table(analysis.with_objects(objects), 0.0, level=level)
    rows = (*table.rows, table.total) if len(table.rows) > 1 else table.rows
    return [
        f"{row.title} {row.count:,} ({row.count_interval.low:,.0f} to {row.count_interval.high:,.0f})" for row in rows
    ]


def _metadata(analysis: Analysis, objects: Objects, least_score: float | None) -> dict[str, Any]:
    limits = analysis.default_thresholds if least_score is None else (least_score,) * len(analysis.card.classes)
    return {
        KEPT: KeptObjects(analysis, objects),
        "source": objects.source,
        "counts with 95 % intervals": counts_said(analysis, objects),
        "least score": dict(zip(analysis.card.class_names, limits, strict=True)),
        "coverage": analysis.coverage.sentence(),
        "notes": list(analysis.notes),
    }


def _labels(
    objects: Objects,
    features: pd.DataFrame,
    colours: NDArray[np.object_],
    placement: Placement,
    shape: tuple[int, int],
    said: dict[str, Any],
) -> LayerTuple:
    assert objects.masks is not None
    data = labels_of(objects.masks, shape, len(placement.plane))
    features.insert(0, "index", np.arange(1, len(objects) + 1))
    properties = {
        **said,
        **placement.of_pixels(),
        "features": features,
        "opacity": _OPACITY,
        "multiscale": isinstance(data, list),
    }
    if len(objects.classes) > 1:
        properties["colormap"] = _by_class(colours)
    return data, properties, "labels"


def _outline_px(objects: Objects) -> int:
    """Return how wide outlines are, in pixels."""
    if not len(objects):
        return 1
    return int(np.clip(round(float(np.median(objects.sizes)) / _OUTLINE), 1, 6))


def _by_class(colours: NDArray[np.object_]) -> Any:
    from napari.utils import DirectLabelColormap

    drawn: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    drawn |= dict(enumerate(colours.tolist(), start=1))
    return DirectLabelColormap(color_dict=drawn)


def _boxes(
    objects: Objects,
    features: pd.DataFrame,
    colours: NDArray[np.object_],
    placement: Placement,
    said: dict[str, Any],
) -> LayerTuple:
    said = {**said, **placement.of_points()}
    sizes = objects.sizes
    features["height_px"], features["width_px"] = sizes[:, 0].astype(float), sizes[:, 1].astype(float)
    is_place = len(objects) > 0 and bool((sizes.max(1) <= 1).all())
    if len(objects) > MOST_SHAPES or is_place:
        return _points(objects, features, colours, placement, said)
    corners = objects.boxes.astype(np.float64) - _MIDDLE
    y0, x0, y1, x1 = corners.T
    flat = np.stack([np.stack([y0, x0], 1), np.stack([y0, x1], 1), np.stack([y1, x1], 1), np.stack([y1, x0], 1)], 1)
    data = [_on_plane(rectangle, placement) for rectangle in flat]
    width = max(1.0, float(np.median(sizes)) / _EDGE) if len(objects) else 1.0
    properties = {
        **said,
        "ndim": 2 + len(placement.plane),
        "shape_type": "rectangle",
        "features": features,
        "edge_color": colours.tolist() if len(objects) else "#FFFFFF",
        "face_color": "transparent",
        "edge_width": width,
    }
    return data, properties, "shapes"


def _points(
    objects: Objects,
    features: pd.DataFrame,
    colours: NDArray[np.object_],
    placement: Placement,
    said: dict[str, Any],
) -> LayerTuple:
    size = objects.sizes.mean(1)
    properties = {
        **said,
        "ndim": 2 + len(placement.plane),
        "features": features,
        "symbol": "square",
        "size": np.where(size > 1, size, _PLACE_PX),
        "border_color": colours.tolist(),
        "border_width": 0.08,
        "face_color": "transparent",
    }
    return _on_plane(objects.centres.astype(np.float64) - _MIDDLE, placement), properties, "points"


def _on_plane(points: NDArray[np.float64], placement: Placement) -> NDArray[np.float64]:
    """Return (N, D) coordinates that begin with the plane's index."""
    before = np.broadcast_to(np.asarray(placement.plane, float), (len(points), len(placement.plane)))
    return np.concatenate([before, points], 1)
