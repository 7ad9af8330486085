"""Measured tables of pictures and projects: units, ids, tiles that agree with the whole, and the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from cellwright.cli import main
from cellwright.core import Box, Objects, PixelSize, PixelSizeSource, Region, UnknownName
from cellwright.imaging import SlideRef, open_slide
from cellwright.inference import Coverage, TileRecord, TileState
from cellwright.jobs import run_inline
from cellwright.measure import MeasureOptions, Picture, measure
from cellwright.project import Project
from cellwright.testing import Nuclei
from cellwright.workflows import Analysis, PictureInfo
from cellwright.workflows.measuring import MeasureAnalyses, MeasureObjects, SlidePixels, unique_names
from cellwright.zoo import InputContract, ModelCard, ObjectClass, Thresholds, WeightsFile

CARD = ModelCard(
    name="nuclei-known",
    title="Nuclei",
    architecture={},
    input=InputContract(tile_px=64, halo_px=16),
    classes=(ObjectClass(name="nucleus", title="Nucleus", colour="#0072B2", badge="N"),),
    thresholds=Thresholds(confidence={"nucleus": 0.5}),
    weights=WeightsFile(sha256="ab" * 32),
)
SIZE = PixelSize(0.5, 0.5, PixelSizeSource.TAG)


def analysis_of(path: Path, objects: Objects, pixel_size: PixelSize | None) -> Analysis:
    with open_slide(path) as slide:
        info = PictureInfo(slide.ref, path.name, slide.shape, pixel_size, "", "cd" * 32)
    tile = TileRecord(Box(0, 0, *info.shape), TileState.ANALYSED)
    return Analysis(info, CARD, objects, Coverage((tile,)), "cpu", "torch", 1.0)


@pytest.fixture
def nuclei(tmp_path: Path) -> tuple[Path, Objects]:
    """A drawn field as a colour picture, and what is on it."""
    field = Nuclei(seed=4, shape=(260, 300))
    path = tmp_path / "nuclei.tif"
    rng = np.random.default_rng(0)
    tifffile.imwrite(path, rng.integers(0, 256, (260, 300, 3)).astype(np.uint8), photometric="rgb", tile=(64, 64))
    return path, field.truth()


def test_a_table_has_ids_units_and_what_was_asked_for(nuclei: tuple[Path, Objects]) -> None:
    path, objects = nuclei
    table = run_inline(MeasureAnalyses((analysis_of(path, objects, SIZE),), ("area", "intensity_mean", "neighbours")))
    assert table.header[:6] == ["uuid", "picture", "class", "score", "area_um2", "intensity_mean-red"]
    assert table.column("uuid").values == objects.id_strings()
    assert objects.masks is not None
    np.testing.assert_allclose(table.column("area_um2").values, objects.masks.areas() * 0.25)
    assert table.column("area_um2").unit == "µm²"
    assert table.column("neighbour_density_per_mm2").unit == "1/mm²"


def test_one_picture_without_a_pixel_size_puts_all_in_pixels(nuclei: tuple[Path, Objects]) -> None:
    path, objects = nuclei
    both = (analysis_of(path, objects, SIZE), analysis_of(path, objects, None))
    table = run_inline(MeasureAnalyses(both, ("area",)))
    assert table.header[4:] == ["area"]
    values = np.asarray(table.column("area").values)
    np.testing.assert_array_equal(values[: len(objects)], values[len(objects) :])


def test_tiles_and_the_whole_picture_agree_to_the_last_digit(
    nuclei: tuple[Path, Objects], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, objects = nuclei
    assert objects.masks is not None
    with open_slide(path) as slide:
        values = slide.read(Region(Box(0, 0, *slide.shape)))
    picture = Picture(values, ("red", "green", "blue"), is_rgb=True, full_scale=255.0)
    options = MeasureOptions(ring=4, radius=40)
    whole = measure(objects.masks, ["all"], pixels=picture, boxes=objects.boxes, options=options)
    monkeypatch.setattr("cellwright.measure.in_parts.TILE_PX", 50)
    monkeypatch.setattr("cellwright.measure.in_parts._SPANS_AT_ONCE", 100)
    with open_slide(path) as slide:
        tiled = measure(objects.masks, ["all"], pixels=SlidePixels(slide), boxes=objects.boxes, options=options)
    assert len(whole) > 190
    for one, other in zip(whole, tiled, strict=True):
        assert one.name == other.name
        np.testing.assert_array_equal(one.values, other.values, err_msg=one.name)


def test_an_unknown_column_is_said_with_the_nearest_one(nuclei: tuple[Path, Objects]) -> None:
    with pytest.raises(UnknownName, match="'area'"):
        run_inline(MeasureAnalyses((analysis_of(*nuclei, None),), ("aera",)))


def test_channels_become_names_of_columns() -> None:
    assert unique_names(["DAPI", "dapi", "Alexa 488, w1", ""]) == ("dapi", "dapi_2", "alexa_488_w1", "channel")


@pytest.fixture
def project(nuclei: tuple[Path, Objects], tmp_path: Path) -> Path:
    path, objects = nuclei
    with Project.create(tmp_path / "cells") as made:
        (picture,) = made.add_pictures([path], "A.")
        made.add_classes([("nucleus", "Nucleus", "#0072B2", "")], "A.")
        made.add_objects(picture.id, objects, "A.")
    return tmp_path / "cells"


def test_a_project_is_measured_from_the_command_line(
    project: Path, nuclei: tuple[Path, Objects], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "cells.csv"
    words = ["measure", str(project), "--columns", "geometry,stain", "--pixel-size", "0.5", "--out", str(out), "--json"]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["objects"] == len(nuclei[1])
    assert said["columns"]["area_um2"]["unit"] == "µm²"
    with out.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(nuclei[1])
    assert {"uuid", "area_um2", "intensity_mean-haematoxylin"} <= set(rows[0])
    assert main(words) == 2, "the file is there"
    assert main(["measure", str(project), "--columns", "geometry"]) == 0
    assert "feret_diameter_max" in capsys.readouterr().out


def test_what_can_be_measured_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "--list", "--json"]) == 0
    listed = {each["column"] for each in json.loads(capsys.readouterr().out)}
    assert {"area", "moments_hu-0", "glcm_contrast-CHANNEL", "neighbour_touching"} <= listed


@pytest.mark.parametrize("words", [["measure"], ["measure", "x.png", "--out", "table.doc"], ["measure", "nowhere.png"]])
def test_words_that_make_no_sense_end_in_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_objects_known_by_their_boxes_have_neighbours(tmp_path: Path) -> None:
    path = tmp_path / "boxes.png"
    Image.fromarray(np.full((60, 60, 3), 200, np.uint8)).save(path)
    boxes = np.array([[0, 0, 10, 10], [0, 30, 10, 40]], np.float32)
    objects = Objects(
        np.frombuffer(bytes(range(32)), "V16"), boxes, np.zeros(2, np.int16), np.ones(2, np.float32), ("nucleus",)
    )
    table = run_inline(MeasureAnalyses((analysis_of(path, objects, None),), ("area", "neighbour_distance", "ring")))
    np.testing.assert_allclose(table.column("neighbour_distance").values, [30, 30])
    assert np.isnan(np.asarray(table.column("area").values)).all()
    assert SlideRef(path).open().shape == (60, 60)


def test_objects_of_a_plane_are_measured_on_that_plane_and_all_its_channels(tmp_path: Path) -> None:
    path = tmp_path / "stack.ome.tif"
    t, z, c = np.indices((2, 3, 2))
    pixels = np.broadcast_to((4000 * t + 1000 * z + 300 * c).astype(np.uint16)[..., None, None], (2, 3, 2, 260, 300))
    tifffile.imwrite(path, pixels.copy(), metadata={"axes": "TZCYX", "Channel": {"Name": ["DAPI", "GFP"]}})
    objects = Nuclei(seed=4, shape=(260, 300)).truth()
    operation = MeasureObjects(SlideRef(path, z=2, t=1), objects, ("intensity_mean", "area"), SIZE, name="a plane")
    steps = list(operation.run())
    assert operation.title == "Measure a plane"
    assert (steps[0].done, steps[-1].done, steps[-1].total) == (0, len(objects), len(objects))
    found = {each.name: each.values for each in run_inline(operation)}
    assert objects.masks is not None
    assert np.array_equal(found["area_um2"], objects.masks.areas() * 0.25)
    assert (found["intensity_mean-dapi"] == 6000).all() and (found["intensity_mean-gfp"] == 6300).all()
