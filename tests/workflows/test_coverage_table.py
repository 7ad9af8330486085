"""The account of tiles goes out as a table and as GeoJSON with everything that is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cellwright.core import Box, Coverage, OutputExists, TileRecord, TileState
from cellwright.export import write_csv, write_tiles_geojson
from cellwright.workflows.coverage_table import coverage_table

COVERAGE = Coverage(
    (
        TileRecord(Box(0, 0, 10, 20), TileState.ANALYSED),
        TileRecord(Box(0, 20, 10, 40), TileState.FAILED, "it cannot be decoded", 50.0),
        TileRecord(Box(10, 0, 20, 20), TileState.SKIPPED),
        TileRecord(Box(10, 20, 20, 40), TileState.EXCLUDED),
    ),
    "region",
)


def test_every_tile_is_a_row(tmp_path: Path) -> None:
    table = coverage_table([("a.svs", COVERAGE), ("b.svs", Coverage(COVERAGE.records[:1]))])
    text = write_csv(tmp_path / "coverage.csv", table).read_text("utf-8-sig").splitlines()
    assert text[0].split(",")[:3] == ["slide", "tile", "y0_px"]
    assert len(text) == 6
    assert text[2].startswith("a.svs,2,0,20,10,40,failed,50")
    assert text[2].endswith("it cannot be decoded")
    assert text[4].split(",")[6:8] == ["excluded", "0.0"]


def test_every_tile_is_a_rectangle_with_its_state(tmp_path: Path) -> None:
    path = write_tiles_geojson(tmp_path / "tiles.geojson", COVERAGE)
    features = json.loads(path.read_text("utf-8"))["features"]
    assert [each["properties"]["state"] for each in features] == ["analysed", "failed", "skipped", "excluded"]
    assert features[1]["geometry"]["coordinates"] == [[[20, 0], [40, 0], [40, 10], [20, 10], [20, 0]]]
    assert features[1]["properties"]["reason"] == "it cannot be decoded"
    assert features[1]["properties"]["asked_px"] == 50.0
    with pytest.raises(OutputExists):
        write_tiles_geojson(path, COVERAGE)
    write_tiles_geojson(path, Coverage(()), overwrite=True)
    assert json.loads(path.read_text("utf-8"))["features"] == []
