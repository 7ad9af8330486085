"""Where to count on a smear, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cellwright.core import Box
from cellwright.testing.wedge import Wedge
from cellwright.workflows.region_files import read_regions

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def smear(tmp_path_factory: pytest.TempPathFactory) -> Path:
    wedge = Wedge(5, (240, 1200), red_cell_px=20.0, thick_until=0.3, thin_from=0.7, glass_from=0.9)
    path = tmp_path_factory.mktemp("smear") / "smear.png"
    Image.fromarray(wedge.read(Box(0, 0, 240, 1200))).save(path)
    return path


def test_the_zone_is_told_with_its_reason_and_written_as_geojson(cellwright: Run, smear: Path, tmp_path: Path) -> None:
    out = tmp_path / "zone.geojson"
    said = cellwright("reading-zone", smear, "--red-cell-px", 20, "--out", out)
    assert said.code == 0
    assert "one layer" in said.err and "Written" in said.err and "Where to count" in said.out
    regions = read_regions(out)
    assert regions.contains([[120, 600]])[0] and not regions.contains([[120, 50]])[0]
    written = json.loads(out.read_text("utf-8"))["features"][0]["properties"]
    assert "one layer" in written["reason"] and written["objectType"] == "annotation"
    again = cellwright("reading-zone", smear, "--red-cell-px", 20, "--out", out)
    assert again.code == 2 and "--overwrite" in again.err


def test_a_program_reads_it_as_json(cellwright: Run, smear: Path) -> None:
    said = cellwright("reading-zone", smear, "--pixel-size", 0.375, "--json").json
    outline = np.array(said["zones"][0]["outline_yx"])
    assert outline[:, 1].min() <= 480 and outline[:, 1].max() >= 720
    assert sum(said["share_of_fields"].values()) == pytest.approx(1.0)


def test_a_slide_without_a_zone_or_a_pixel_size_says_so(cellwright: Run, tmp_path: Path) -> None:
    glass = tmp_path / "glass.png"
    Image.fromarray(np.full((200, 300, 3), 235, np.uint8)).save(glass)
    said = cellwright("reading-zone", glass, "--red-cell-px", 20)
    assert said.code == 1 and "No part of this smear is fit" in said.err
    assert cellwright("reading-zone", glass).code == 2
