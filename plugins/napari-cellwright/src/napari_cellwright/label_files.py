"""Label images and outlines in files, as layers of labels and shapes, with what a table beside them says."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter
from cellwright.export import read_table
from cellwright.imaging import open_slide
from napari_cellwright.lazy_pixels import LevelPixels, OpenSlide, levels_of
from napari_cellwright.picture_layers import LayerTuple, grid_of

if TYPE_CHECKING:
    import pandas as pd

_MIDDLE = 0.5
_FOLDERS = ("labels", "ome-tiff", "masks")
_ENDINGS = ("_labels", "-labels", ".labels", "_label", "_masks", "_mask")
_TIFF = (".tif", ".tiff")
_TABLES = ("objects.csv", "objects.parquet", "results.xlsx", "results.sqlite")
_MOST_BYTES = 512 * 2**20
_KEPT = ("uuid", "class", "score")


def is_label_file(path: Path) -> bool:
    """Whether a TIFF or PNG holds labels, as its name, its folder or the program that wrote it say; never raises."""
    if not path.is_file() or path.suffix.lower() not in (*_TIFF, ".png"):
        return False
    stem = path.name[: -len(path.suffix)].removesuffix(".ome").lower()
    if not stem.endswith(_ENDINGS) and path.parent.name not in _FOLDERS:
        return False
    with contextlib.suppress(OSError, ValueError), open_slide(path) as slide:
        return slide.dtype.kind in "iu" and len(slide.channels) == 1
    return False


def read_labels(path: Path) -> list[LayerTuple]:
    """Return a label image as a labels layer; of results of Cellwright, with id, class and score of every object.

    Raises
    ------
    SlideNotReadable
        If it cannot be read.
    """
    slide = open_slide(path)
    dtype = slide.dtype
    arrays = [
        LevelPixels(OpenSlide(slide.ref, slide), level, slide.n_t, slide.n_z, (0,), dtype).as_dask()
        for level in levels_of(slide)[:1]
    ]
    # Labels that can be painted on are an array in memory; napari wants them signed or at most 32 bits wide.
    data = np.asarray(arrays[0])
    said: dict[str, Any] = {"name": path.name, **grid_of(slide)}
    features = _features(path)
    if features is not None:
        said["features"] = features
    return [(data.astype(np.int32) if dtype.itemsize < 4 or data.max(initial=0) < 2**31 else data, said, "labels")]


def read_geojson(path: Path) -> list[LayerTuple]:
    """Return the outlines of a GeoJSON file, as QuPath and Cellwright write them, with the scale that it tells.

    Polygons become a layer of shapes (an object in several parts, as many shapes; holes are not drawn), points one of
    points. Features hold ``uuid``, ``class`` and what was measured.

    Raises
    ------
    BadParameter
        If it is no GeoJSON, or holds neither polygons nor points.
    """
    rings: list[NDArray[np.float64]] = []
    places: list[NDArray[np.float64]] = []
    ring_rows: list[dict[str, Any]] = []
    place_rows: list[dict[str, Any]] = []
    for feature in _geojson(path):
        row = _properties(feature)
        for kind, points in _parts(feature.get("geometry"), path):
            (rings if kind == "polygon" else places).append(points)
            (ring_rows if kind == "polygon" else place_rows).append(row)
    if not rings and not places:
        raise BadParameter(f"{path} holds neither polygons nor points to draw; export the annotations again.")
    import pandas as pd

    made: list[LayerTuple] = []
    grid = _grid_in((*ring_rows, *place_rows))
    if rings:
        said: dict[str, Any] = {"name": path.stem, "shape_type": "polygon", "features": pd.DataFrame(ring_rows)}
        said |= grid | {"face_color": "transparent", "edge_color": "#E69F00", "edge_width": 1}
        made.append((rings, said, "shapes"))
    if places:
        said = {"name": f"{path.stem} · points", "features": pd.DataFrame(place_rows), "face_color": "transparent"}
        said |= grid
        made.append((np.stack(places), said | {"border_color": "#E69F00"}, "points"))
    return made


def _grid_in(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the scale of the picture that outlines lie on; nothing where nobody said it.

    GeoJSON knows pixels alone, and Cellwright tells of every object in µm too where it lies: without that, outlines
    would be drawn beside the cells of a picture that has a scale.
    """
    scale = []
    for name in ("centroid-0", "centroid-1"):
        told = [(row[name], row[f"{name}_um"]) for row in rows if name in row and f"{name}_um" in row]
        pixels = sum(px for px, _ in told)
        if not pixels > 0:
            return {}
        scale.append(sum(um for _, um in told) / pixels)
    if not all(0 < um < math.inf for um in scale):
        return {}
    return {"scale": tuple(scale), "units": ("um", "um"), "axis_labels": ("y", "x")}


def _geojson(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadParameter(f"{path} is larger than {_MOST_BYTES >> 20} MiB; draw its objects from their labels.")
        read = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        if isinstance(error, BadParameter):
            raise
        raise BadParameter(f"{path} cannot be read as GeoJSON: {error}. Export it again.") from error
    features = read.get("features", [read]) if isinstance(read, dict) else read
    if not isinstance(features, list):
        raise BadParameter(f"{path} is no GeoJSON: its features are no list. Export it again.")
    return (each for each in features if isinstance(each, dict))


def _properties(feature: Mapping[str, Any]) -> dict[str, Any]:
    said = feature.get("properties")
    said = said if isinstance(said, dict) else {}
    kind = said.get("classification")
    row: dict[str, Any] = {
        "uuid": str(feature.get("id", "")),
        "class": str(kind.get("name", "object")) if isinstance(kind, dict) else "object",
    }
    numbers = said.get("measurements")
    if isinstance(numbers, dict):
        row |= {str(name): value for name, value in numbers.items() if isinstance(value, int | float)}
    return row


def _parts(geometry: object, path: Path) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Return outer rings and points in napari's coordinates: y before x, the middle of a pixel at whole numbers."""
    if not isinstance(geometry, dict):
        return
    kind = geometry.get("type")
    given: Any = geometry.get("coordinates")
    try:
        if kind == "Polygon":
            yield "polygon", _turned(given[0])[:-1]
        elif kind == "MultiPolygon":
            for each in given:
                yield "polygon", _turned(each[0])[:-1]
        elif kind in ("Point", "MultiPoint"):
            for place in _turned([given] if kind == "Point" else given):
                yield "point", place
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise BadParameter(f"{path}: the coordinates of a {kind} make no sense; export it again.") from error


def _turned(points: Any) -> NDArray[np.float64]:
    array = np.asarray(points, np.float64)
    if array.ndim != 2 or array.shape[1] < 2 or not np.isfinite(array).all():
        raise ValueError("no points")
    return array[:, 1::-1] - _MIDDLE


def _features(path: Path) -> pd.DataFrame | None:
    """Return the rows of a label image from the table of objects beside its folder."""
    import pandas as pd

    table = next((path.parent.parent / name for name in _TABLES if (path.parent.parent / name).is_file()), None)
    if table is None or path.parent.name not in _FOLDERS:
        return None
    with contextlib.suppress(BadParameter, KeyError, ValueError, OSError):
        read = read_table(table)
        frame = pd.DataFrame({column.name: column.values for column in read.columns})
        stem = path.name[: -len(path.suffix)].removesuffix(".ome")
        frame = frame[frame["picture"].map(lambda name: name == stem or Path(name).stem == stem)]
        numbers = pd.to_numeric(frame["label"]).astype(int)
        known = frame[[name for name in _KEPT if name in frame]].copy()
        known["score"] = pd.to_numeric(known["score"])
        known.insert(0, "index", numbers)
        return known.reset_index(drop=True) if len(known) else None
    return None
