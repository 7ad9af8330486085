"""The reading zone of a smear is where its cells lie in one layer, as the drawn wedge knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cellwright.core import BadParameter, Box, Objects, PixelSize, PixelSizeSource, SlideNotReadable
from cellwright.jobs import run_inline
from cellwright.testing.layout import Cell
from cellwright.testing.wedge import Wedge
from cellwright.workflows.reading_zone import FindReadingZone, ReadingZone
from cellwright.workflows.reading_zone_choice import FieldKind, SmearMap, ZoneRules, propose_zones
from cellwright.workflows.reading_zone_fields import learn_one_cell, measure_field
from cellwright.workflows.reading_zone_objects import map_of_objects

WEDGE = Wedge(3, (480, 1920), red_cell_px=20.0, glass_from=0.84, blurred=Box(0, 720, 240, 960))
SIZE = PixelSize(WEDGE.pixel_size_um, WEDGE.pixel_size_um, PixelSizeSource.USER)


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return WEDGE.read(WEDGE.box)


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return [cell for cell in WEDGE.cells_in(WEDGE.box) if WEDGE.box.contains_point(*cell.centre)]


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray) -> Path:
    path = tmp_path_factory.mktemp("wedge") / "wedge.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def found(picture: Path) -> ReadingZone:
    return run_inline(FindReadingZone(picture, pixel_size=SIZE))


def test_the_zone_is_the_single_layer_and_not_the_thick_the_thin_or_the_bare_part(found: ReadingZone) -> None:
    assert len(found.zones) == 1
    x = found.zones[0].outline[:, 1]
    one_layer = WEDGE.thick_until * WEDGE.shape[1], WEDGE.thin_from * WEDGE.shape[1]
    step = found.smear.step_px
    # Fields are as wide as they are: the edges of the zone are right to one of them and the change in thickness.
    assert one_layer[0] - 1.5 * step <= x.min() <= one_layer[0] + step
    assert one_layer[1] - step <= x.max() <= one_layer[1] + 1.5 * step
    assert "one layer" in found.reason and "mm²" in found.reason


def test_what_is_out_of_focus_is_left_out(found: ReadingZone) -> None:
    kinds = found.smear.kinds()
    assert kinds[0, 3] == FieldKind.BLURRED  # 720 to 960 at fields of 240
    assert kinds[1, 3] == FieldKind.MONOLAYER
    assert (kinds == FieldKind.BLURRED).sum() == 1
    assert found.zones[0].area_px == pytest.approx(found.zones[0].fields * found.smear.step_px**2)


def test_overlap_and_numbers_follow_the_layers_that_were_drawn(found: ReadingZone, cells: list[Cell]) -> None:
    smear = found.smear
    centres = np.array([cell.centre for cell in cells])
    drawn, _, _ = np.histogram2d(*centres.T, bins=(2, 7), range=((0, 480), (0, 1680)))
    counted = smear.density[:, :7] * (240 * WEDGE.pixel_size_um / 1e3) ** 2
    assert abs(counted.sum() / drawn.sum() - 1) < 0.15
    assert np.corrcoef(counted.ravel(), drawn.ravel())[0, 1] > 0.98
    mean = smear.overlap.mean(axis=0)
    assert mean[0] > 0.3 > mean[2] > mean[4] and mean[4] < 0.12


def test_bare_glass_is_not_read(found: ReadingZone) -> None:
    assert (found.smear.kinds()[:, -1] == FieldKind.GLASS).all()
    assert (found.smear.covered[:, -1] == 0).all()


def test_rules_choose_anew_without_reading(found: ReadingZone) -> None:
    strict = found.with_rules(ZoneRules(least_covered=0.7, most_covered=0.71))
    assert strict.zones == () and "No part of this smear is fit" in strict.reason and "too thin" in strict.reason
    with pytest.raises(BadParameter):
        ZoneRules(least_covered=0.9)


def test_found_cells_tell_the_same_zone_as_the_pixels_do(found: ReadingZone, cells: list[Cell]) -> None:
    boxes = np.array([cell.extent for cell in cells], np.float32)
    n = len(boxes)
    objects = Objects(
        np.arange(n, dtype=np.uint64).repeat(2).view("V16"),
        boxes,
        np.zeros(n, np.int16),
        np.ones(n, np.float32),
        ("RBC",),
    )
    smear = map_of_objects(objects, WEDGE.shape, SIZE)
    assert np.isnan(smear.sharpness).all()
    zone = propose_zones(smear)[0]
    assert abs(zone.outline[:, 1].min() - found.zones[0].outline[:, 1].min()) <= smear.step_px * 1.1
    assert abs(zone.outline[:, 1].max() - found.zones[0].outline[:, 1].max()) <= smear.step_px * 1.1
    with pytest.raises(BadParameter, match="analyze it first"):
        map_of_objects(Objects.empty(("RBC",)), WEDGE.shape)


def test_layers_of_one_disc_are_counted_by_the_light_they_take() -> None:
    """Hand-checked: two of four equal discs on one another are a quarter of the area hidden."""
    y, x = np.mgrid[:120, :120]
    density = np.zeros((120, 120))
    for cy, cx in ((30, 30), (30, 90), (90, 60), (90, 60)):
        density += 0.3 * (np.hypot(y - cy, x - cx) < 10)
    field = np.repeat(np.rint(231 * np.exp(-density) - 1)[..., None], 3, axis=2).astype(np.uint8)
    single = np.repeat(np.rint(231 * np.exp(-0.3 * (density > 0)) - 1)[..., None], 3, axis=2).astype(np.uint8)
    one = learn_one_cell([single] * 4, 20.0)
    assert one is not None and one.diameter_px == pytest.approx(20, abs=0.5)
    measures = measure_field(field, one)
    assert measures.cells == pytest.approx(4, abs=0.1)
    assert measures.overlap == pytest.approx(0.25, abs=0.02)
    assert measures.covered == 3 * (np.hypot(y - 60, x - 60) < 10).sum() / 120**2
    assert measures.alone == 1.0


def test_holes_in_a_zone_are_told_apart_from_it() -> None:
    covered = np.full((7, 7), 0.4, np.float32)
    covered[2:5, 2:5] = 0.95
    zeros, ones = np.zeros((7, 7), np.float32), np.ones((7, 7), np.float32)
    smear = SmearMap((690, 700), 100, covered, zeros, ones, ones, ones, np.ones((7, 7), bool))
    (zone,) = propose_zones(smear)
    assert len(zone.holes) == 1 and zone.fields == 40
    np.testing.assert_array_equal(np.sort(np.unique(zone.holes[0])), [200, 500])
    assert zone.outline.max(axis=0).tolist() == [690, 700]
    assert zone.area_px == 690 * 700 - 9 * 100**2


def test_an_empty_slide_and_a_grey_one_are_no_reason_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "glass.png"
    Image.fromarray(np.full((300, 400, 3), 240, np.uint8)).save(path)
    nothing = run_inline(FindReadingZone(path, red_cell_px=20.0))
    assert nothing.zones == () and nothing.one is None and "glass" in nothing.reason
    path = tmp_path / "grey.png"
    Image.fromarray(WEDGE.read(Box(0, 960, 240, 1200))[..., 1]).save(path)
    assert run_inline(FindReadingZone(path, red_cell_px=20.0)).zones


def test_a_picture_without_a_lamp_behind_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fluorescence.png"
    y, x = np.mgrid[:300, :400]
    spots = 12 + 180 * (np.sin(y / 9) * np.sin(x / 9) > 0.7)
    Image.fromarray(spots.astype(np.uint8)).save(path)
    with pytest.raises(BadParameter, match="transmitted light"):
        run_inline(FindReadingZone(path, red_cell_px=20.0))


def test_the_size_of_a_cell_must_be_known(picture: Path) -> None:
    with pytest.raises(BadParameter, match="red-cell-px"):
        run_inline(FindReadingZone(picture))
    with pytest.raises(BadParameter, match="Is the pixel size right"):
        run_inline(FindReadingZone(picture, red_cell_px=2.0))
    with pytest.raises(SlideNotReadable):
        run_inline(FindReadingZone(picture.with_name("none.png"), red_cell_px=20.0))


def test_fields_that_people_chose_to_label_are_fit(data_dir: Path) -> None:
    """Pictures of real smears were taken where cells lie in one layer: most are found so, whatever their stain."""
    pictures = sorted((data_dir / "blood_bccd_voc").rglob("*.jpg"))[::12][:20]
    assert len(pictures) == 20
    fit = 0
    for path in pictures:
        found = run_inline(FindReadingZone(path, red_cell_px=100.0))
        fit += bool(found.zones)
    assert fit >= 17


def test_the_wedge_is_the_same_whichever_box_it_is_read_through(pixels: np.ndarray) -> None:
    part = Box(100, 500, 200, 800)
    np.testing.assert_array_equal(WEDGE.read(part), pixels[100:200, 500:800])
