"""Pixel size and objective: the surest tag counts, what disagrees is named, and nothing is made up."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from cellwright.core import PixelSize, PixelSizeSource
from cellwright.imaging import disagreement, open_slide
from cellwright.imaging.calibration import UNKNOWN, SizeClaim, plausible_magnification, settle
from tests.imaging.samples import scene
from tests.imaging.slide_samples import write_svs


def size(um: float) -> PixelSize:
    return PixelSize(um, um, PixelSizeSource.TAG)


def test_the_first_tag_counts_and_the_others_are_compared() -> None:
    claims = [SizeClaim(None, "300 dpi is no size"), SizeClaim(size(0.25), "one"), SizeClaim(size(0.5), "other")]
    assert settle(claims) == (size(0.25), "one, but 0.5 µm/px by the other")
    assert disagreement("one, but 0.5 µm/px by the other") == "0.5 µm/px by the other"
    assert settle(claims[:2]) == (size(0.25), "one")
    assert disagreement("one") == ""


def test_without_a_size_the_first_reason_is_told() -> None:
    assert settle([SizeClaim(None, "300 dpi is no size"), SizeClaim(None, "silent")]) == (None, "300 dpi is no size")
    assert settle([]) == (None, UNKNOWN)


@given(st.sampled_from([(20, 0.5), (40, 0.25), (40, 0.2275), (20, 0.4990), (63, 0.09), (100, 0.065), (10, 0.65)]))
def test_common_objectives_fit_their_pixels(pair: tuple[float, float]) -> None:
    assert settle([SizeClaim(size(pair[1]), "tag")], pair[0]) == (size(pair[1]), "tag")


@pytest.mark.parametrize(("magnification", "um"), [(40, 2.5), (40, 0.025), (20, 25.0)])
def test_a_slip_of_the_unit_is_noticed(magnification: float, um: float) -> None:
    _, note = settle([SizeClaim(size(um), "tag")], magnification)
    assert f"with {magnification:g}×" in disagreement(note)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("40", 40.0), ("20x", 20.0), (63.0, 63.0), ("", None), (0, None), ("nan", None), (1e9, None)],
)
def test_what_is_no_magnification_is_unknown(value: object, expected: float | None) -> None:
    assert plausible_magnification(value) == expected


def test_an_svs_whose_objective_and_mpp_disagree_says_so(tmp_path: Path) -> None:
    with open_slide(write_svs(tmp_path / "right.svs", scene(240, 240), mpp=0.25, app_mag=40, levels=1)) as slide:
        assert (slide.magnification, slide.pixel_size_note) == (40.0, "Aperio MPP")
    with open_slide(write_svs(tmp_path / "wrong.svs", scene(240, 240), mpp=2.5, app_mag=40, levels=1)) as slide:
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == 2.5
        assert disagreement(slide.pixel_size_note) == "with 40× about 0.25 µm/px would be expected"


def test_an_ome_tiff_whose_resolution_tags_disagree_says_so(tmp_path: Path) -> None:
    path = tmp_path / "two.ome.tif"
    tifffile.imwrite(
        path,
        scene(64, 64),
        photometric="rgb",
        resolution=(20_000, 20_000),
        resolutionunit="CENTIMETER",
        metadata={"axes": "YXS", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25},
    )
    with open_slide(path) as slide:
        assert slide.pixel_size is not None
        assert slide.pixel_size.x_um == 0.25
        assert disagreement(slide.pixel_size_note) == "0.5 µm/px by the TIFF resolution tags"


def test_a_missing_size_stays_missing(tmp_path: Path) -> None:
    path = tmp_path / "silent.svs"
    write_svs(path, scene(240, 240), levels=1)
    data = path.read_bytes().replace(b"|MPP = 0.5000", b"|Xyz = 0.5000")
    path.write_bytes(data)
    with open_slide(path) as slide:
        assert slide.pixel_size is None
        assert slide.magnification == 20.0
        assert slide.pixel_size_note == UNKNOWN
