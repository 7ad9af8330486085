"""Files, folders, patterns and lists become slides, each once, and what leads to none is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from cellwright.core import BadParameter, Regions
from cellwright.workflows.batch import BatchItem, BatchReport, BatchSlide, ItemState, sentence_of
from cellwright.workflows.batch_sources import expanded, find_slides, series_of
from cellwright.workflows.region_files import read_regions
from tests.tiny_model import write_smear

SQUARE = [[10, 20], [110, 20], [110, 220], [10, 220], [10, 20]]


def write_region(path: Path, *features: object) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


def feature(coordinates: object, kind: str = "Polygon", name: str = "Tumour") -> dict[str, object]:
    properties = {"objectType": "annotation", "classification": {"name": name, "color": [1, 2, 3]}}
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


@pytest.fixture
def smears(tmp_path: Path) -> Path:
    folder = tmp_path / "slides [2026]"
    folder.mkdir()
    for number in (1, 2, 3):
        write_smear(folder / f"smear_{number}.png", (60, 80), number)
    return folder


@pytest.fixture
def several(tmp_path: Path) -> Path:
    path = tmp_path / "several.tif"
    with tifffile.TiffWriter(path) as file:
        for side in (64, 80, 96):
            file.write(np.full((side, side, 3), side, np.uint8), photometric="rgb", metadata=None)
    return path


def names(slides: tuple[BatchSlide, ...]) -> list[str]:
    return [slide.name for slide in slides]


def test_a_pattern_a_list_and_a_folder_name_the_same_slides(smears: Path, tmp_path: Path) -> None:
    wanted = ["smear_1.png", "smear_2.png", "smear_3.png"]
    listed = tmp_path / "night.txt"
    listed.write_text("# the night's slides\n\nslides [2026]/smear_1.png\nslides [[]2026]/smear_[23].png\n", "utf-8")
    pattern = Path(str(smears).replace("[2026]", "[[]2026]")) / "*.png"
    for words in ([smears], [pattern], [listed], [smears / "smear_1.png", smears, listed]):
        found = find_slides(words)
        assert names(found.slides) == wanted and found.left_out == () == found.notes
        assert all(slide.regions is None and slide.series == 0 for slide in found.slides)


def test_what_leads_to_nothing_is_named(smears: Path, tmp_path: Path) -> None:
    found = find_slides([smears / "smear_1.png", tmp_path / "lost.svs"])
    assert names(found.slides) == ["smear_1.png"] and "lost.svs" in str(found.left_out[0])
    with pytest.raises(BadParameter, match="No file fits"):
        find_slides([tmp_path / "*.svs"])
    empty = tmp_path / "none.txt"
    empty.write_text("\n# nothing\n", "utf-8")
    with pytest.raises(BadParameter, match="one slide a line"):
        expanded([empty])


def test_pictures_of_one_file_are_chosen_by_number_or_all(several: Path, smears: Path) -> None:
    assert series_of(several, "all") == (0, 1, 2)
    assert [slide.series for slide in find_slides([several, smears], series="all").slides] == [0, 1, 2, 0, 0, 0]
    second = find_slides([several], series="2").slides[0]
    assert second.series == 1 and second.name.startswith("several.tif · ")
    first = find_slides([several])
    assert first.slides[0].series == 0 and "holds 3 pictures" in first.notes[0] and "--series all" in first.notes[0]
    left = find_slides([several], series="4").left_out
    assert "holds 3 pictures" in str(left[0])
    assert "neither a number" in str(find_slides([several], series="0").left_out[0])


def test_regions_are_one_for_all_or_one_for_each(smears: Path, tmp_path: Path) -> None:
    one = write_region(tmp_path / "zone.geojson", feature([SQUARE]))
    for slide in find_slides([smears], regions=one).slides:
        assert slide.regions is not None and slide.regions.tissue_only
        np.testing.assert_array_equal(slide.regions.include[0], [[20, 10], [20, 110], [220, 110], [220, 10]])
    folder = tmp_path / "zones"
    folder.mkdir()
    write_region(folder / "smear_1.geojson", feature([SQUARE]))
    write_region(folder / "smear_2.png.geojson", feature([[[1, 1], [5, 1], [5, 5]]]))
    found = find_slides([smears], regions=folder, tissue_only=False)
    assert names(found.slides) == ["smear_1.png", "smear_2.png"]
    assert [len(slide.regions.include[0]) for slide in found.slides if slide.regions] == [4, 3]
    assert not any(slide.regions.tissue_only for slide in found.slides if slide.regions)
    assert "smear_3.geojson" in str(found.left_out[0])
    everything = find_slides([smears], tissue_only=False).slides[0].regions
    assert isinstance(everything, Regions) and everything.is_everything and not everything.tissue_only


def test_holes_and_what_is_to_be_ignored_are_left_out(tmp_path: Path) -> None:
    hole = [[30, 40], [50, 40], [50, 60], [30, 60], [30, 40]]
    ignored = [[60, 100], [80, 100], [80, 120]]
    other = [[300, 300], [400, 300], [400, 400], [300, 300]]
    path = write_region(
        tmp_path / "zone.geojson",
        feature([[SQUARE, hole], [other]], "MultiPolygon"),
        feature([ignored], name="Ignore*"),
        feature([1, 2], "Point"),
    )
    regions = read_regions(path)
    assert (len(regions.include), len(regions.exclude)) == (2, 2)
    inside = regions.contains([[30, 20], [50, 40], [105, 70], [105, 62], [310, 390]])
    assert inside.tolist() == [True, False, False, True, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no GeoJSON"),
        ('{"a": 1}', "no GeoJSON"),
        ("[]", "no area"),
        ('{"type": "FeatureCollection", "features": [3]}', "feature 1"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}', "three corners"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, "x"], [2, 2]]]}', "pair of numbers"),
        ('{"type": "Polygon", "coordinates": [[[0, 0], [1, NaN], [2, 2]]]}', "pair of numbers"),
        ('{"type": "Polygon", "coordinates": []}', "without corners"),
        ('{"type": "MultiPolygon", "coordinates": [3]}', "without corners"),
    ],
)
def test_a_file_that_says_nothing_of_use_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "zone.geojson"
    path.write_text(text, "utf-8")
    with pytest.raises(BadParameter, match=said):
        read_regions(path)


def test_a_batch_says_how_it_stands() -> None:
    item = BatchItem(0, Path("a.svs"))
    states = (ItemState.DONE, ItemState.DONE, ItemState.FAILED, ItemState.PARTLY, ItemState.WAITING)
    items = tuple(BatchItem(number, Path(f"{number}.svs"), state=state) for number, state in enumerate(states))
    assert sentence_of(items) == "1 of 5 slides failed, 1 done in part, 1 waiting, 2 done."
    assert sentence_of(items[:2]) == "All 2 slides are done." and sentence_of([item]) == "The slide is waiting."
    assert sentence_of([]) == "There is no slide in this batch."
    report = BatchReport(items)
    assert not report.is_complete and [each.number for each in report.to_retry] == [2, 3]
    assert BatchReport(items[:2]).is_complete
    assert BatchItem(0, Path("a"), state=ItemState.RUNNING, done=1, total=4).fraction == 0.25
