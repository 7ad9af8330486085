"""Outlines as GeoJSON that QuPath opens: one feature an object, with its class, colour and measurements."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cellwright.core.atomic import replacing
from cellwright.export.colour import rgb_of
from cellwright.export.outlined import OutlinedPicture, Polygon, Ring
from cellwright.measure import IN_FILES, told_both_ways


def write_geojson(path: str | Path, picture: OutlinedPicture, *, overwrite: bool = False) -> Path:
    """Write the objects as a GeoJSON FeatureCollection of QuPath detections.

    Coordinates are x, y on pixel edges in level-0 pixels, as QuPath has them; holes are inner rings and an object in
    several parts is a MultiPolygon. Where only boxes are known, these are the polygons. Objects without pixels inside
    the picture are left out. Memory grows with the outlines.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    with replacing(path, overwrite=overwrite) as part, part.open("w", encoding="utf-8") as stream:
        stream.write('{"type": "FeatureCollection", "features": [')
        for number, feature in enumerate(_features(picture)):
            stream.write(",\n" if number else "\n")
            stream.write(json.dumps(feature, ensure_ascii=False, allow_nan=False))
        stream.write("\n]}\n")
    return Path(path)


def _features(picture: OutlinedPicture) -> Iterator[dict[str, Any]]:
    objects = picture.objects
    outlines = picture.outlines()
    measured = told_both_ways(objects, IN_FILES, picture.pixel_size)
    numbers = {column.name: column.values.round(column.decimals).tolist() for column in measured}
    numbers["score"] = objects.scores.round(5).tolist()
    kinds = [
        {"name": name, "color": list(rgb_of(colour))}
        for name, colour in zip(objects.classes, picture.colours, strict=True)
    ]
    rows = zip(objects.id_strings(), objects.class_index.tolist(), outlines, strict=True)
    for row, (name, kind, parts) in enumerate(rows):
        if parts:
            yield {
                "type": "Feature",
                "id": name,
                "geometry": _geometry(parts),
                "properties": {
                    "objectType": "detection",
                    "classification": kinds[kind],
                    "isLocked": False,
                    "measurements": {
                        title: values[row] for title, values in numbers.items() if math.isfinite(values[row])
                    },
                },
            }


def _geometry(parts: list[Polygon]) -> dict[str, Any]:
    polygons = [[_closed(ring) for ring in part] for part in parts]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _closed(ring: Ring) -> list[list[float]]:
    points = [[_short(x), _short(y)] for x, y in ring.tolist()]
    return [*points, points[0]]


def _short(value: float) -> float:
    return int(value) if value.is_integer() else round(value, 3)
