"""What napari's Save calls: objects of a layer into the files that Cellwright writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cellwright.core import BadParameter
from cellwright.export import (
    Column,
    OutlinedPicture,
    Table,
    write_csv,
    write_geojson,
    write_index_png,
    write_label_tiff,
    write_ome_tiff,
    write_ome_zarr,
    write_roi_zip,
    write_xlsx,
)
from napari_cellwright.layer_objects import colours_of, kept_of, objects_of
from napari_cellwright.placing import pixel_size_of

_PICTURES: Mapping[str, Callable[..., Path]] = {
    ".ome.tif": write_ome_tiff,
    ".ome.tiff": write_ome_tiff,
    ".ome.zarr": write_ome_zarr,
    ".tif": write_label_tiff,
    ".tiff": write_label_tiff,
    ".png": write_index_png,
    ".geojson": write_geojson,
    ".zip": write_roi_zip,
}
"""The longest ending of a file's name decides."""

_UNITS = (("_um2", "µm²"), ("_um", "µm"), ("_px2", "px²"), ("_px", "px"))


def write_labels(path: str, data: Any, properties: dict[str, Any]) -> list[str]:
    """Write a labels layer: as label image (TIFF, OME-TIFF, OME-Zarr), class image (PNG), GeoJSON or ImageJ's ROIs.

    Objects are numbered from 1 by rising label, as Cellwright numbers them.

    Parameters
    ----------
    path : str
        The file; its ending says which kind. napari has asked whether it may be replaced.
    data, properties
        The layer, as napari hands it over.

    Raises
    ------
    BadParameter
        If the ending is unknown, or the layer is no single plane.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    return _write_picture(path, data, properties, "labels")


def write_shapes(path: str, data: Any, properties: dict[str, Any]) -> list[str]:
    """Write a shapes layer as GeoJSON or ImageJ's ROIs; see `write_labels`."""
    return _write_picture(path, data, properties, "shapes")


def write_features(path: str, data: Any, properties: dict[str, Any]) -> list[str]:
    """Write the features of a labels, shapes or points layer as a table, CSV or Excel.

    Raises
    ------
    BadParameter
        If the ending is neither, or the layer has no features.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    del data  # napari hands it over to every writer
    features = properties.get("features")
    if features is None or not len(features.columns) or not len(features):
        raise BadParameter(f"{properties.get('name', 'This layer')} has no features; measure its objects first.")
    table = Table("objects", tuple(_column(str(name), features[name].tolist()) for name in features))
    if path.lower().endswith(".csv"):
        return [str(write_csv(path, table, overwrite=True))]
    if path.lower().endswith(".xlsx"):
        return [str(write_xlsx(path, [table], _notes(properties), overwrite=True))]
    raise BadParameter(f"{Path(path).name} ends in neither .csv nor .xlsx.")


def _write_picture(path: str, data: Any, properties: dict[str, Any], kind: str) -> list[str]:
    write = next((_PICTURES[ending] for ending in _PICTURES if path.lower().endswith(ending)), None)
    if write is None:
        raise BadParameter(f"Nothing is written as {Path(path).name}; its name may end in {', '.join(_PICTURES)}.")
    from napari.layers import Layer

    layer = Layer.create(data, {**properties, "visible": True}, kind)
    if layer.ndim > 2 and any(size > 1 for size in _stack(layer)):
        raise BadParameter(f"{layer.name} is a stack; save one plane of it, as Image ▸ Duplicate makes it.")
    objects, _ = objects_of(layer)
    kept = kept_of(layer)
    shape = kept.analysis.picture.shape if kept is not None else _shape(layer, objects.boxes)
    picture = OutlinedPicture(layer.name, shape, objects, colours_of(layer, objects), pixel_size_of(layer))
    return [str(write(path, picture, overwrite=True))]


def _stack(layer: Any) -> tuple[int, ...]:
    data = layer.data[0] if getattr(layer, "multiscale", False) else layer.data
    if hasattr(data, "shape"):
        return tuple(data.shape[:-2])
    return tuple(len({row[axis] for ring in data for row in ring.tolist()}) for axis in range(layer.ndim - 2))


def _shape(layer: Any, boxes: Any) -> tuple[int, int]:
    data = layer.data[0] if getattr(layer, "multiscale", False) else layer.data
    if hasattr(data, "shape"):
        rows, columns = data.shape[-2:]
        return int(rows), int(columns)
    # Nobody knows how large the picture under shapes is: it reaches at least as far as they do.
    far = np.ceil(boxes[:, 2:].max(0)) if len(boxes) else np.ones(2)
    return int(far[0]), int(far[1])


def _column(name: str, values: Sequence[Any]) -> Column:
    unit = next((unit for end, unit in _UNITS if name.endswith(end)), "")
    return Column(name, [each if isinstance(each, str | int | float | None) else str(each) for each in values], unit)


def _notes(properties: Mapping[str, Any]) -> list[str]:
    said = properties.get("metadata", {})
    known = [f"{key}: {said[key]}" for key in ("source", "coverage") if key in said]
    return [f"Layer {properties.get('name', '')}.", *known]
