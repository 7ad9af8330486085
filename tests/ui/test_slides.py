"""Places, regions, coverage and batches of slides in a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from cellwright.core import BadParameter, Box, Coverage, PixelSize, PixelSizeSource, Regions, TileRecord, TileState
from cellwright.imaging import open_slide
from cellwright.ui.main_window import MainWindow
from cellwright.ui.slides.batch_page import row_of
from cellwright.ui.slides.reading import ReadAssociated, ReadThumbnail, SlideFacts
from cellwright.ui.slides.regions_panel import area_text
from cellwright.ui.state.go_to import place_of
from cellwright.ui.state.ledger import LOOKS, looks_in, tiles_of
from cellwright.ui.state.picture import Picture, PictureState
from cellwright.ui.state.region_shapes import CountWhere, RegionKind, RegionShape, next_name, regions_of
from cellwright.workflows.batch import BatchItem, ItemState
from tests.imaging.slide_samples import tczyx, write_ome_zarr

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

SIZE = PixelSize(0.5, 0.25, PixelSizeSource.TAG)
SQUARE = np.array([[100, 100], [100, 300], [200, 300], [200, 100]], np.float64)


def shape(name: str = "Region 1", kind: RegionKind = RegionKind.INCLUDE) -> RegionShape:
    return RegionShape(name, kind, SQUARE)


# ---- going to a place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("120, 340", (120, 340)),
        ("120 340", (120, 340)),
        ("  120.5 ; 340 px", (120.5, 340)),
        ("100 µm, 50 µm", (200, 200)),
        ("100, 50 um", (200, 200)),
        ("0.1 mm 50 µm", (200, 200)),
        ("100µm 50µm", (200, 200)),
    ],
)
def test_a_place_is_typed_in_pixels_or_lengths(text: str, place: tuple[float, float]) -> None:
    assert place_of(text, SIZE, (1000, 1000)) == pytest.approx(place)


@pytest.mark.parametrize("text", ["", "12", "here", "12, 13, 14 15", "5 miles, 3 miles", "2000, 10", "-5, 3"])
def test_what_is_no_place_is_told_in_words(text: str) -> None:
    with pytest.raises(BadParameter):
        place_of(text, SIZE, (1000, 1000))


def test_lengths_need_a_pixel_size() -> None:
    with pytest.raises(BadParameter, match="how large a pixel"):
        place_of("3 mm, 4 mm", None, (1000, 1000))


# ---- regions as values


def test_what_is_counted_follows_the_choice() -> None:
    drawn = (shape(), shape("Left out 1", RegionKind.EXCLUDE), shape("Reading zone 1", RegionKind.PROPOSED))
    tissue = regions_of(drawn, CountWhere.TISSUE)
    assert (len(tissue.include), len(tissue.exclude), tissue.tissue_only) == (0, 1, True)
    chosen = regions_of(drawn, CountWhere.REGIONS)
    assert (len(chosen.include), len(chosen.exclude), chosen.tissue_only) == (1, 1, False)
    assert regions_of(drawn, CountWhere.WHOLE).is_everything


def test_names_are_given_once() -> None:
    assert next_name([shape("Region 1"), shape("Region 3")], RegionKind.INCLUDE) == "Region 2"
    assert next_name([], RegionKind.EXCLUDE) == "Left out 1"


def test_areas_are_told_as_people_would() -> None:
    assert shape().area_px == 20_000
    assert area_text(20_000, None) == "20,000 px²"
    assert area_text(20_000, SIZE) == "2,500 µm²"
    assert area_text(80_000_000, SIZE) == "10 mm²"


# ---- the account of tiles


def coverage() -> Coverage:
    states = list(TileState)
    return Coverage(tuple(TileRecord(Box(0, i * 10, 10, i * 10 + 10), state, "") for i, state in enumerate(states)))


def test_every_state_of_a_tile_has_a_look_and_no_two_the_same_pattern() -> None:
    assert {look.state for look in LOOKS} == set(TileState)
    assert len({look.pattern for look in LOOKS}) == len(LOOKS)
    boxes, looks = tiles_of(coverage())
    assert boxes.shape == (5, 4)
    assert [LOOKS[int(at)].state for at in looks] == list(TileState)
    assert {look.state: count for look, count in looks_in(coverage())} == dict.fromkeys(TileState, 1)


# ---- in the window


def panel_names(window: MainWindow) -> list[str]:
    table = window.slides.regioning.panel.list
    items = [table.item(row, 0) for row in range(table.rowCount())]
    return [item.text() for item in items if item is not None]


def test_regions_are_listed_renamed_and_taken_away(analyzed: MainWindow) -> None:
    regioning, picture = analyzed.slides.regioning, analyzed.session.current
    assert picture is not None
    regioning._on_drawn(SQUARE, RegionKind.INCLUDE)
    regioning._on_drawn(SQUARE + 50, RegionKind.EXCLUDE)
    assert panel_names(analyzed) == ["Region 1", "Left out 1"]
    assert regioning.panel.chosen_where is CountWhere.REGIONS
    regioning.panel.where.setCurrentIndex(2)
    assert regioning.regions(picture).is_everything
    regioning.panel.where.setCurrentIndex(1)
    item = regioning.panel.list.item(0, 0)
    assert item is not None
    item.setText("Thin part")
    assert panel_names(analyzed) == ["Thin part", "Left out 1"]
    regioning.panel.list.setCurrentCell(1, 0)
    regioning.panel._on_delete()
    assert panel_names(analyzed) == ["Thin part"]
    assert [each.tolist() for each in regioning.regions(picture).include] == [SQUARE.tolist()]


def test_regions_of_a_project_are_steps_that_undo_takes_back(
    analyzed: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    regioning, files = analyzed.slides.regioning, analyzed.correcting.files
    picture = analyzed.session.current
    assert picture is not None
    regioning._on_drawn(SQUARE, RegionKind.INCLUDE)  # before there is a project
    files.create(tmp_path / "project")
    link = files.link
    assert link is not None
    qtbot.waitUntil(lambda: link.picture_id(picture.path) is not None, timeout=20_000)
    qtbot.waitUntil(lambda: len(regioning.store.shapes(picture)) == 1, timeout=10_000)
    number = link.picture_id(picture.path)
    assert number is not None
    assert len(link.project.regions_of_interest(number).include) == 1
    regioning._on_drawn(SQUARE + 40, RegionKind.EXCLUDE)
    assert [each.name for each in link.project.region_records(number)] == ["Region 1", "Left out 1"]
    assert panel_names(analyzed) == ["Region 1", "Left out 1"]
    link.undo()
    assert panel_names(analyzed) == ["Region 1"]
    link.redo()
    assert panel_names(analyzed) == ["Region 1", "Left out 1"]


def test_regions_drawn_without_a_project_are_kept_in_a_draft_that_undo_knows(
    analyzed: MainWindow, qtbot: QtBot
) -> None:
    regioning, picture = analyzed.slides.regioning, analyzed.session.current
    assert picture is not None
    regioning._on_drawn(SQUARE, RegionKind.INCLUDE)
    link = analyzed.correcting.files.link
    assert link is not None
    qtbot.waitUntil(lambda: any(link.project.region_records(each.id) for each in link.pictures), timeout=20_000)
    assert panel_names(analyzed) == ["Region 1"]
    regioning._on_reshaped(regioning.store.shapes(picture)[0], SQUARE + 25)
    assert [each.corners.tolist() for each in regioning.store.shapes(picture)] == [(SQUARE + 25).tolist()]
    link.undo()
    assert [each.corners.tolist() for each in regioning.store.shapes(picture)] == [SQUARE.tolist()]


def test_a_folder_of_ome_zarr_belongs_to_a_project_and_is_opened_with_it(
    window: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    files, place = window.correcting.files, write_ome_zarr(tmp_path / "slide.ome.zarr", tczyx(), 3)
    files.create(tmp_path / "project")
    window.controller.open_paths([place])
    link = files.link
    assert link is not None
    qtbot.waitUntil(lambda: link.picture_id(place) is not None, timeout=20_000)
    files.close()
    assert not window.session.pictures
    files.open(tmp_path / "project")
    assert [each.path for each in window.session.pictures] == [place]
    assert window.centre.banner.message is None, "nothing is said to be gone"


def test_a_proposal_becomes_a_region_when_it_is_accepted(analyzed: MainWindow) -> None:
    regioning, picture = analyzed.slides.regioning, analyzed.session.current
    assert picture is not None
    regioning.store.put(picture, [shape("Reading zone 1", RegionKind.PROPOSED)])
    assert regioning.regions(picture).include == ()
    assert not regioning.panel.accept.isHidden()
    regioning.panel.accept.click()
    assert len(regioning.regions(picture).include) == 1
    assert regioning.panel.accept.isHidden()


def test_what_a_count_misses_is_said_and_can_be_retried(analyzed: MainWindow, qtbot: QtBot) -> None:
    regioning, picture = analyzed.slides.regioning, analyzed.session.current
    assert picture is not None
    regioning.set_coverage(picture, coverage())
    assert "could not be analysed" in regioning.panel.coverage.text()
    assert not regioning.panel.retry.isHidden()
    assert picture.analysis is not None
    assert not picture.analysis.is_complete
    with qtbot.waitSignal(regioning.count_asked) as asked:
        regioning.count_asked.disconnect(analyzed.slides.batching.count)
        regioning.panel.retry.click()
    assert asked.args is not None
    assert asked.args[0] is picture
    assert isinstance(asked.args[1], Regions)
    assert asked.args[2] is True


def test_a_batch_is_shown_slide_by_slide(analyzed: MainWindow, smear: Path) -> None:
    batching, page, picture = analyzed.slides.batching, analyzed.slides.batching.page, analyzed.session.current
    assert picture is not None
    batching.take_open()
    (item,) = page.table.items
    assert page.start.isEnabled()
    running = replace(item, state=ItemState.RUNNING, done=3, total=12, said="Tile 3 of 12")
    page.change(running)
    batching._tell_picture(running)
    assert picture.state.is_busy
    assert picture.fraction == pytest.approx(0.25)
    assert row_of(running)[:3] == ("smear.png", "running", "25 %")
    failed = replace(item, state=ItemState.FAILED, said=f"{smear}: it is damaged.")
    page.change(failed)
    batching._tell_picture(failed)
    assert row_of(failed)[4] == "it is damaged."
    assert picture.state is PictureState.FAILED
    assert not page.retry.isHidden()
    assert "failed" in page.said.text()


def test_large_files_are_not_analyzed_before_anyone_knows_how_large_they_are(
    open_window: Callable[..., MainWindow], tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.ui.test_tiles import pixels_of, write_pyramid

    monkeypatch.setattr("cellwright.ui.state.loading.PYRAMID_PIXELS", 1_000_000)
    monkeypatch.setattr("cellwright.ui.state.loading.LARGE_FILE_BYTES", 1000)
    window = open_window()
    window.controller.open_paths([write_pyramid(tmp_path / "slide.tif", pixels_of(1300, 1100))])
    qtbot.waitUntil(lambda: window.centre.banner.message is not None, timeout=30_000)
    message, picture = window.centre.banner.message, window.session.current
    assert message is not None
    assert picture is not None
    assert "1,100 × 1,300 pixels" in message.text
    assert picture.state is PictureState.OPEN
    counted: list[tuple[Picture, Regions]] = []
    monkeypatch.setattr(window.slides.batching, "count_each", counted.extend)
    window.actions_set["analyze.run"].trigger()
    assert [slide for slide, _ in counted] == [picture]
    assert counted[0][1].tissue_only


def test_an_item_says_how_many_cells_it_has() -> None:
    counts = (("RBC", 1_234_000), ("WBC", 567))
    item = BatchItem(
        0, Path("a.svs"), name="a.svs", state=ItemState.DONE, objects=2_000_000, counts=counts, said="All tiles."
    )
    assert row_of(item) == ("a.svs", "done", "100 %", "1,234,567", "All tiles.")


# ---- thumbnails, label and macro


def result_of(operation: ReadThumbnail | ReadAssociated) -> object:
    work = operation.run()
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_every_picture_of_the_list_gets_a_thumbnail(window: MainWindow, smear: Path, qtbot: QtBot) -> None:
    window.controller.analyze_on_open = False
    other = smear.with_name("other.png")
    other.write_bytes(smear.read_bytes())
    window.controller.open_paths([smear, other])
    qtbot.waitUntil(lambda: len(window.pictures._thumbnails) == 2, timeout=30_000)


def test_a_thumbnail_is_small_and_looks_like_the_picture(smear: Path) -> None:
    pixels = result_of(ReadThumbnail(smear))
    assert isinstance(pixels, np.ndarray)
    assert pixels.shape == (72, 96, 3)
    with open_slide(smear) as slide:
        assert slide.shape == (600, 800)


def test_a_picture_without_label_says_so(smear: Path) -> None:
    facts = result_of(ReadAssociated(smear))
    assert isinstance(facts, SlideFacts)
    assert facts.associated == ()


def test_label_and_macro_of_a_slide_are_read(data_dir: Path) -> None:
    facts = result_of(ReadAssociated(data_dir / "formats" / "CMU-1-Small-Region.svs"))
    assert isinstance(facts, SlideFacts)
    assert facts.magnification == 20
    names = [name for name, _ in facts.associated]
    assert "label" in names
    assert all(isinstance(picture, np.ndarray) and picture.shape[2] == 3 for _, picture in facts.associated)


# ---- asking about the pixel size


def test_a_missing_pixel_size_is_asked_about_quietly_and_red_cells_say_what_would_fit(
    analyzed: MainWindow, qtbot: QtBot
) -> None:
    picture, button = analyzed.session.current, analyzed.status.pixel_size
    assert picture is not None
    qtbot.waitUntil(lambda: picture.fitting_pixel_size is not None, timeout=10_000)
    qtbot.waitUntil(lambda: button.text().endswith("µm?"), timeout=10_000)
    assert picture.fitting_pixel_size is not None
    assert picture.fitting_pixel_size.x_um == pytest.approx(7.5 / 24, rel=0.05), "the drawn cells are 24 pixels wide"
    assert picture.pixel_size is None, "nobody has agreed"
    assert analyzed.centre.banner.message is None
    analyzed.commands.set_pixel_size()
    dialog = analyzed.commands.dialog
    assert dialog is not None
    assert not dialog.accept_button.isEnabled(), "no number is entered for a person"  # type: ignore[attr-defined]
    assert any("would fit" in each.text() for each in dialog.findChildren(QLabel))
    dialog.width_um.setValue(0.3)  # type: ignore[attr-defined]
    dialog.accept_button.click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: "unknown" not in button.text(), timeout=10_000)


def test_a_pixel_size_that_red_cells_contradict_is_asked_about(analyzed: MainWindow, qtbot: QtBot) -> None:
    picture, banner = analyzed.session.current, analyzed.centre.banner
    assert picture is not None
    analyzed.session.set_pixel_size(picture, PixelSize(1.0, 1.0, PixelSizeSource.USER))
    qtbot.waitUntil(lambda: banner.message is not None and "is the pixel size right" in banner.message.text)
    assert banner.message is not None
    assert banner.message.action is not None
    banner.message.action()
    assert picture.user_pixel_size is not None
    assert picture.user_pixel_size.x_um == pytest.approx(7.5 / 24, rel=0.05)
