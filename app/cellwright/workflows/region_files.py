"""Regions as GeoJSON, as QuPath draws and reads them: where to count, and where not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cellwright.core import BadParameter, Regions
from cellwright.core.atomic import replacing
from cellwright.workflows.reading_zone import ReadingZone

Polygon = NDArray[np.float64]

_MOST_BYTES = 64 * 2**20
_LEFT_OUT = ("ignore", "exclude", "artefact", "artifact")
"""Beginnings of the names of classes that mean what is not to be counted, capitals aside, as QuPath's ``Ignore*``."""


def read_regions(path: Path, *, tissue_only: bool = True) -> Regions:
    """Read where to count from a GeoJSON file.

    Polygons and multipolygons count, whatever tool drew them; holes and features of a class such as ``Ignore*`` are
    left out. Points and lines say nothing about areas and are passed by. Coordinates are x, y in level-0 pixels.

    Parameters
    ----------
    path : Path
        The file.
    tissue_only : bool
        See `cellwright.core.Regions`.

    Raises
    ------
    BadParameter
        If it cannot be read, is no GeoJSON, or holds no area to count in.
    """
    features = _features(path)
    include: list[Polygon] = []
    exclude: list[Polygon] = []
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict):
            raise BadParameter(f"{path}: feature {number} is no GeoJSON feature; export the regions again.")
        for outer, holes in _parts(feature.get("geometry"), f"{path}: feature {number}"):
            (exclude if _is_left_out(feature) else include).append(outer)
            exclude += holes
    if not include:
        raise BadParameter(f"{path} holds no area to count in; draw a polygon or rectangle and export it as GeoJSON.")
    return Regions(tuple(include), tuple(exclude), tissue_only)


def write_zones(path: str | Path, found: ReadingZone, *, overwrite: bool = False) -> Path:
    """Write the proposed areas as GeoJSON annotations, which `read_regions` and QuPath read; the reason goes with each.

    Raises
    ------
    OutputExists, OutputNotWritable
        If the file is there and `overwrite` is false, or it cannot be written.
    """
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [_closed(ring) for ring in (zone.outline, *zone.holes)]},
            "properties": {
                "objectType": "annotation",
                "name": f"Reading zone {number}",
                "classification": {"name": "Region*", "color": [0, 114, 178]},
                "reason": zone.reason,
                "area_px2": round(zone.area_px, 1),
            },
        }
        for number, zone in enumerate(found.zones, start=1)
    ]
    said = {"type": "FeatureCollection", "features": features}
    with replacing(path, overwrite=overwrite) as part:
        part.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Path(path)


def _features(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BadParameter(f"{path} is larger than {_MOST_BYTES // 2**20} MiB; that is no drawing of regions.")
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadParameter(f"{path} cannot be read ({error.strerror or error}); name a GeoJSON file.") from None
    except (ValueError, RecursionError):
        raise BadParameter(f"{path} is no GeoJSON; export the regions as GeoJSON and name that file.") from None
    if isinstance(said, list):
        return said
    kind = said.get("type") if isinstance(said, dict) else None
    if kind == "FeatureCollection" and isinstance(said.get("features"), list):
        features: list[Any] = said["features"]
        return features
    if kind == "Feature":
        return [said]
    if kind in {"Polygon", "MultiPolygon"}:
        return [{"geometry": said}]
    raise BadParameter(f"{path} is JSON but no GeoJSON; export the regions as GeoJSON and name that file.")


def _is_left_out(feature: Mapping[str, Any]) -> bool:
    properties = feature.get("properties")
    said = properties.get("classification") if isinstance(properties, dict) else None
    name = said.get("name") if isinstance(said, dict) else said
    return isinstance(name, str) and name.strip().casefold().startswith(_LEFT_OUT)


def _parts(geometry: object, where: str) -> Iterator[tuple[Polygon, list[Polygon]]]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in {"Polygon", "MultiPolygon"}:
        return
    coordinates = geometry.get("coordinates")
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list) or not all(isinstance(part, list) and part for part in parts):
        raise BadParameter(f"{where} is a {kind} without corners; export the regions again.")
    for part in parts:
        outer, *holes = (_ring(ring, where) for ring in part)
        yield outer, holes


def _ring(written: object, where: str) -> Polygon:
    """Return y, x of a ring without the closing point."""
    points = written if isinstance(written, list) else []
    corners = [point[:2] for point in points if isinstance(point, list) and len(point) >= 2]
    if len(corners) != len(points) or not all(_is_number(value) for corner in corners for value in corner):
        raise BadParameter(f"{where} has a corner that is no pair of numbers; export the regions again.")
    ring = np.array(corners, np.float64).reshape(-1, 2)[:, ::-1]
    if len(ring) > 1 and (ring[0] == ring[-1]).all():
        ring = ring[:-1]
    if len(ring) < 3:
        raise BadParameter(f"{where} has fewer than three corners; export the regions again.")
    return ring


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _closed(ring: Polygon) -> list[list[float]]:
    points = [[round(x, 2), round(y, 2)] for y, x in ring.tolist()]
    return [*points, points[0]]
