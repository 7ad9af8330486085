"""A slide that is damaged in the middle is counted everywhere else, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from cellwright.core import Box, Regions, TileState
from cellwright.inference import DetectOptions
from cellwright.jobs import run_inline
from cellwright.project import Project
from cellwright.testing.oracles import OracleModel
from cellwright.testing.slides import KnownCells, KnownSlide, write_pyramid
from cellwright.workflows.slide_run import SlideRun

CELLS = KnownCells.on_seams((1200, 1400), ((256, 40),), cell_px=28, seed=2)


def flip(path: Path, row: int, column: int) -> None:
    """Flip bytes of the stored tile that holds a pixel."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        across = -(-page.imagewidth // page.tilewidth)
        number = row // page.tilelength * across + column // page.tilewidth
        start, length = page.dataoffsets[number], page.databytecounts[number]
    data = bytearray(path.read_bytes())
    middle = start + length // 2
    data[middle : middle + 40] = bytes(255 - each for each in data[middle : middle + 40])
    path.write_bytes(data)


def test_flipped_bytes_in_the_middle_are_a_failed_tile_and_a_correct_rest(tmp_path: Path) -> None:
    path = write_pyramid(tmp_path / "drawn.tif", KnownSlide(CELLS), quality=None)  # loss would hide the oracle's code
    flip(path, 600, 700)
    with Project.create(tmp_path / "p") as project:
        project.add_pictures([path], "A.")
    model = OracleModel(CELLS, 256, 40)
    summary = run_inline(SlideRun(tmp_path / "p", 1, model, DetectOptions(tile_px=256), Regions.everything()))
    failed = [each for each in summary.coverage.records if each.state is TileState.FAILED]
    assert 1 <= len(failed) <= 9  # those that read the stored tile
    assert any(each.box.contains_point(600, 700) for each in failed)
    assert all("decoded" in each.reason for each in failed)
    assert not summary.coverage.is_complete
    assert f"{len(failed)} tile" in summary.coverage.headline()
    with Project(tmp_path / "p", read_only=True) as project:
        found = {tuple(box) for box in project.columns(1).boxes.tolist()}
    truth = CELLS.truth().boxes
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    lost = np.any([[each.box.contains_point(y, x) for y, x in middle.tolist()] for each in failed], axis=0)
    assert found == {tuple(box) for box in truth[~lost].tolist()}
    assert lost.sum() > 10


def test_regions_are_read_from_a_jpeg_pyramid_alone(tmp_path: Path) -> None:
    """Tiles outside the region are never read: what is damaged there is nobody's loss."""
    path = write_pyramid(tmp_path / "drawn.tif", KnownSlide(CELLS), quality=None)
    flip(path, 1100, 1300)
    with Project.create(tmp_path / "p") as project:
        project.add_pictures([path], "A.")
    regions = Regions.of_boxes(Box(0, 0, 500, 500))
    summary = run_inline(SlideRun(tmp_path / "p", 1, OracleModel(CELLS, 256, 40), DetectOptions(tile_px=256), regions))
    assert summary.coverage.is_complete
    assert any(
        "part of the overview cannot be decoded" in note for note in summary.notes
    )  # of so small a slide it is the slide
    assert summary.objects == regions.centres_inside(CELLS.truth().boxes).sum()
