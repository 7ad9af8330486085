"""The account of a slide's tiles as GeoJSON, to be laid over the slide in QuPath and elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from cellwright.core import Coverage, TileRecord, TileState
from cellwright.core.atomic import replacing
from cellwright.export.colour import rgb_of

STATE_COLOURS = {
    TileState.ANALYSED: "#009E73",
    TileState.FAILED: "#D55E00",
    TileState.PENDING: "#E69F00",
    TileState.SKIPPED: "#999999",
    TileState.EXCLUDED: "#56B4E9",
}
"""Colours of tiles, told apart by people who see few (Okabe and Ito, 2008)."""


def write_tiles_geojson(path: str | Path, coverage: Coverage, *, overwrite: bool = False) -> Path:
    """Write every tile as a rectangle with its state, and its reason where it failed.

    Coordinates are x, y on pixel edges in level-0 pixels, as QuPath has them.

    Raises
    ------
    OutputExists
        If the file is there and `overwrite` is false.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    features = [_feature(number, record) for number, record in enumerate(coverage.records)]
    with replacing(path, overwrite=overwrite) as part, part.open("w", encoding="utf-8") as stream:
        stream.write('{"type": "FeatureCollection", "features": [\n')
        stream.write(",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features))
        stream.write("\n]}\n")
    return Path(path)


def _feature(number: int, record: TileRecord) -> dict[str, object]:
    box, state = record.box, record.state
    ring = [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1], [box.x0, box.y0]]
    said = f"tile {number + 1}: {state.value}"
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "objectType": "annotation",
            "name": f"{said} ({record.reason})" if record.reason else said,
            "classification": {"name": state.value, "color": list(rgb_of(STATE_COLOURS[state]))},
            "state": state.value,
            "reason": record.reason,
            "asked_px": record.area_px,
        },
    }
