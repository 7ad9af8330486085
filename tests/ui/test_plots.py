"""The page of plots as a person uses it, drawn offscreen: gates, chosen cells both ways, steps that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from defusedxml.ElementTree import parse
from PIL import Image
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop, QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog

from cellwright.annotation import Status
from cellwright.export import read_table
from cellwright.ui.main_window import MainWindow
from cellwright.ui.plots.plots import Plots
from cellwright.ui.plots.tools import PlotTool
from cellwright.ui.plots.writing import SIZE
from cellwright.ui.state.colouring import MAP, ByColumn, colouring_of
from cellwright.ui.state.measured import MeasuredColumn, Taken
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.plotting import GroupBy, PlotKind, Reach
from cellwright.ui.state.plotting_density import POINTS_AT_MOST
from cellwright.ui.state.plotting_gate import OPEN_END, gated_rows
from cellwright.ui.state.plotting_gate_file import read_gates
from tests.patient_bot import PATIENCE_MS
from tests.ui.conftest import is_done
from tests.ui.known_boxes import KnownBoxes, make_objects
from tests.ui.test_accessibility import complaints

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT, NONE, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


def plots_of(window: MainWindow, qtbot: QtBot) -> Plots:
    page = window.shelf.show("plots")
    assert isinstance(page, Plots)
    qtbot.waitUntil(lambda: page.isVisible() and not page._is_stale and not page._soon.isActive())
    return page


@pytest.fixture
def page(analyzed: MainWindow, qtbot: QtBot) -> Plots:
    """The page of a window that shows an analyzed picture."""
    return plots_of(analyzed, qtbot)


def current(window: MainWindow) -> Picture:
    picture = window.session.current
    assert picture is not None
    return picture


def settle(page: Plots, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not page._soon.isActive())


def places_of(page: Plots, places: Sequence[tuple[float, float]]) -> list[QPoint]:
    """Places of the axes on the screen, once the axes have found their own."""
    points, before = [page.area.on_screen(*place).toPoint() for place in places], None
    while points != before:
        for _ in range(3):
            QCoreApplication.processEvents()
        points, before = [page.area.on_screen(*place).toPoint() for place in places], points
    return points


def drag(page: Plots, *places: tuple[float, float], keys: Qt.KeyboardModifier = NONE) -> None:
    """Drag the mouse over places of the axes."""
    port = page.area.view.viewport()
    points = places_of(page, places)
    QTest.mousePress(port, LEFT, keys, points[0])
    for point in points[1:]:
        for part in np.linspace(0, 1, 4):
            before = points[points.index(point) - 1]
            QTest.mouseMove(port, before + QPoint(*(round(part * d) for d in (point - before).toTuple())))
    QTest.mouseRelease(port, LEFT, keys, points[-1])


def offered(window: MainWindow, key: str) -> None:
    waited = QDeadlineTimer(PATIENCE_MS)
    while not window.actions_set[key].isEnabled() and not waited.hasExpired():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
    assert window.actions_set[key].isEnabled()


def test_an_empty_page_says_what_to_do(window: MainWindow, smear: Path, known: KnownBoxes, qtbot: QtBot) -> None:
    page = plots_of(window, qtbot)
    assert "Open a picture" in page.words.text()
    window.set_analyze_on_open(False)
    window.controller.open_paths([smear])
    qtbot.waitUntil(lambda: "Analyze the picture" in page.words.text())
    qtbot.waitUntil(window.actions_set["analyze.run"].isEnabled)
    page.refresh()
    assert page.analyze.isVisible()
    page.analyze.click()
    qtbot.waitUntil(lambda: is_done(window) and page.area_or_words.currentWidget() is page.area, timeout=30_000)
    assert not page.gates.chosen.isEnabled()
    window.session.set_all_thresholds(1.0)
    settle(page, qtbot)
    assert "Lower the confidence" in page.words.text()


def test_every_control_has_a_name_a_tooltip_and_focus(page: Plots, qtbot: QtBot) -> None:
    for kind in PlotKind:
        page.show_spec(replace(page.spec, kind=kind))
        assert complaints(page) == []


def test_choosers_follow_the_kind_of_plot(page: Plots) -> None:
    controls = page.controls
    assert page.spec.x == "area_bbox"
    assert controls.across.findText("score") >= 0
    assert controls.across.findText("class") < 0, "words have no place on an axis"
    controls.kind.activated.emit(list(PlotKind).index(PlotKind.HISTOGRAM))
    assert [controls.across.isVisible(), controls.up.isVisible(), controls.bins.isVisible()] == [True, False, True]
    controls.kind.activated.emit(list(PlotKind).index(PlotKind.BOX))
    assert page.spec.y == "area_bbox", "the column goes along"
    controls.y_log.click()
    assert page.spec.y_log
    assert page.area.plot.getAxis("left")._tickLevels is not None
    page.show_spec(replace(page.spec, kind=PlotKind.COUNTS))
    assert controls.as_shares.isVisible()
    controls.as_shares.click()
    assert "%" in page.area.plot.getAxis("left").labelText


def test_a_rectangle_chooses_cells_in_picture_and_table(page: Plots, analyzed: MainWindow, qtbot: QtBot) -> None:
    page.show_spec(replace(page.spec, x="centre-1", y="centre-0"))
    page.gates.tools[PlotTool.RECTANGLE].click()
    drag(page, (100, 100), (500, 400))
    assert page.gate is not None
    rows = gated_rows(analyzed.session, current(analyzed), page.gate)
    assert len(rows) > 3
    assert np.array_equal(analyzed.session.selected_rows, rows)
    low, high = page.gate.places.min(axis=0), page.gate.places.max(axis=0)
    assert np.allclose([*low, *high], [100, 100, 500, 400], atol=8)
    picked = analyzed.objects.view.selectionModel().selectedRows()
    assert sorted(analyzed.objects.model.object_rows[[index.row() for index in picked]].tolist()) == rows.tolist()
    assert page.gates.said.text().startswith(f"{len(rows)} of ")
    assert np.array_equal(page.area.cells.row[page.area._mask], rows)  # type: ignore[union-attr,index]
    drag(page, (600, 450), (790, 590), keys=SHIFT)
    assert np.isin(rows, analyzed.session.selected_rows).all()
    assert len(analyzed.session.selected_rows) > len(rows)
    page.gates.clear.trigger()
    assert page.gate is None
    assert not len(analyzed.session.selected_rows)


def test_a_lasso_chooses_what_lies_in_it(page: Plots, analyzed: MainWindow) -> None:
    page.show_spec(replace(page.spec, x="centre-1", y="centre-0"))
    page.gates.tools[PlotTool.LASSO].click()
    drag(page, (50, 50), (750, 50), (400, 550))
    assert page.gate is not None
    assert len(page.gate.corners) > 5
    x, y = page.area.cells.values  # type: ignore[union-attr]
    in_corner = (x < 120) & (y > 400)
    wanted = page.gate.holds((x, y))
    assert not (wanted & in_corner).any()
    assert 0 < wanted.sum() < len(x)
    assert np.array_equal(analyzed.session.selected_rows, page.area.cells.row[wanted])  # type: ignore[union-attr]


def test_a_threshold_is_dragged_or_typed(page: Plots, analyzed: MainWindow, qtbot: QtBot) -> None:
    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="score"))
    page.gates.tools[PlotTool.RANGE].click()
    drag(page, (0.7, 2), (0.9, 2))
    assert page.gate is not None
    assert np.allclose(sorted(corner[0] for corner in page.gate.corners), (0.7, 0.9), atol=0.02)
    page.gates.low.setText("0.8")
    page.gates.high.setText("")
    page.gates.low.returnPressed.emit()
    assert page.gate.corners == ((0.8,), (OPEN_END,))
    scores = current(analyzed).objects.scores  # type: ignore[union-attr]
    assert (scores[analyzed.session.selected_rows] >= 0.8).all()
    assert len(analyzed.session.selected_rows) == (scores >= 0.8).sum()
    page.gates.show_only.trigger()
    settle(page, qtbot)
    assert analyzed.session.only == "score >= 0.8"
    assert len(page.area.cells or ()) == (scores >= 0.8).sum()
    page.show_spec(replace(page.spec, kind=PlotKind.VIOLIN, y="score"))
    drag(page, (0, 0.85), (1, 0.95))
    assert np.allclose(sorted(corner[0] for corner in page.gate.corners), (0.85, 0.95), atol=0.02)


def test_what_a_gate_chose_gets_a_class_as_one_step(page: Plots, analyzed: MainWindow, qtbot: QtBot) -> None:
    session, picture = analyzed.session, current(analyzed)
    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="area_bbox"))
    page._on_ends(0, OPEN_END)
    chosen, before = session.selected_ids, picture.objects.class_index.copy()  # type: ignore[union-attr]
    assert len(chosen) == len(session.shown(picture)) > 20
    offered(analyzed, "correct.class_3")
    menu = page.gates.chosen.menu()
    menu.aboutToShow.emit()
    verbs = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert verbs[:4] == ["White blood cell", "Red blood cell", "Platelet", "Reject"]
    menu.actions()[2].trigger()
    link = analyzed.correcting.link
    assert link is not None
    entry = link.project.journal(1)[0]
    assert entry.objects == len(chosen)
    assert set(picture.objects.class_index[session.selected_rows].tolist()) == {2}  # type: ignore[union-attr]
    settle(page, qtbot)
    assert [group.name for group in page.area.cells.groups] == ["PLT"]  # type: ignore[union-attr]
    offered(analyzed, "edit.undo")
    analyzed.actions_set["edit.undo"].trigger()
    assert np.array_equal(picture.objects.class_index, before)  # type: ignore[union-attr]


@pytest.mark.parametrize("verb", ["reject", "keep"])
def test_rejecting_by_a_gate_is_one_step_that_can_be_taken_back(
    verb: str, page: Plots, analyzed: MainWindow, qtbot: QtBot
) -> None:
    session, picture = analyzed.session, current(analyzed)
    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="score"))
    before = session.shown(picture)
    ids = picture.objects.ids[before]  # type: ignore[union-attr]
    page._on_ends(0.8, OPEN_END)
    inside = session.selected_ids
    wanted = ids[np.isin(ids.view("S16"), inside.view("S16")) == (verb == "keep")]
    assert 0 < len(wanted) < len(ids)
    offered(analyzed, "correct.reject")
    (page.gates.reject if verb == "reject" else page.gates.keep).trigger()
    left = picture.objects.ids[session.shown(picture)]  # type: ignore[union-attr]
    assert sorted(left.tolist()) == sorted(wanted.tolist())
    assert picture.marks is not None
    assert picture.marks.is_status(Status.REJECTED).sum() == len(ids) - len(wanted)
    link = analyzed.correcting.link
    assert link is not None
    assert link.project.journal(1)[0].objects == len(ids) - len(wanted)
    if verb == "keep":
        assert sorted(session.selected_ids.tolist()) == sorted(inside.tolist())
    offered(analyzed, "edit.undo")
    analyzed.actions_set["edit.undo"].trigger()
    assert np.array_equal(session.shown(picture), before)


def test_a_click_chooses_the_cell_nearest_to_it(page: Plots, analyzed: MainWindow) -> None:
    page.show_spec(replace(page.spec, x="centre-1", y="centre-0"))
    cells = page.area.cells
    assert cells is not None
    at = 7
    drag(page, (float(cells.values[0][at]), float(cells.values[1][at])))
    assert analyzed.session.selected_rows.tolist() == [cells.row[at]]
    assert analyzed.selected.cell is not None
    QTest.mouseDClick(page.area.view.viewport(), LEFT, NONE, page.area.on_screen(1, 1).toPoint())


def test_a_click_on_a_bar_chooses_its_cells(page: Plots, analyzed: MainWindow) -> None:
    session, picture = analyzed.session, current(analyzed)
    page.show_spec(replace(page.spec, kind=PlotKind.COUNTS))
    drag(page, (1.0, 1.0))
    kinds = picture.objects.class_index[session.selected_rows]  # type: ignore[union-attr]
    assert set(kinds.tolist()) == {1}
    assert len(kinds) == analyzed.counts.table.row("RBC").count  # type: ignore[union-attr]
    page.show_spec(replace(page.spec, kind=PlotKind.BOX, y="score"))
    middle = float(np.median(picture.objects.scores[session.shown(picture)]))  # type: ignore[union-attr]
    drag(page, (0.1, middle))
    assert set(picture.objects.class_index[session.selected_rows].tolist()) == {0}  # type: ignore[union-attr]
    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="score"))
    found = page.area.cells
    assert found is not None
    low = float(found.values[0].min())
    box = page.area.plot.getViewBox()
    (left, right), _ = box.viewRange()
    drag(page, (low + 3 * (right - left) / box.width(), 0.2))  # three pixels of the screen into the first bar
    assert low in picture.objects.scores[session.selected_rows]  # type: ignore[union-attr]


def test_a_click_goes_to_the_picture_that_the_cell_lies_on(
    page: Plots, analyzed: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    first, session = current(analyzed), analyzed.session
    other = tmp_path / "other.png"
    Image.fromarray(np.full((600, 800, 3), 200, np.uint8)).save(other)
    analyzed.controller.open_paths([other])
    qtbot.waitUntil(lambda: is_done(analyzed) and current(analyzed).name == "other.png", timeout=30_000)
    page.show_spec(replace(page.spec, reach=Reach.ALL, group=GroupBy.PICTURE))
    settle(page, qtbot)
    cells = page.area.cells
    assert cells is not None
    assert [picture.name for picture in cells.pictures] == ["other.png", "smear.png"]
    place = int(np.flatnonzero(cells.on(first))[3])
    page._on_picked(np.array([place]), False)
    assert session.current is first
    assert session.selected == cells.row[place]


def test_what_is_chosen_elsewhere_stands_out_in_the_plot(page: Plots, analyzed: MainWindow) -> None:
    page.show_spec(replace(page.spec, x="centre-1", y="centre-0"))
    cells = page.area.cells
    assert cells is not None
    rows = cells.row[[2, 5, 11]]
    analyzed.session.select_rows(rows)
    (ring,) = page.area.cloud._rings
    x, y = ring.getData()
    assert sorted(zip(x.tolist(), y.tolist(), strict=True)) == sorted(
        zip(cells.values[0][[2, 5, 11]].tolist(), cells.values[1][[2, 5, 11]].tolist(), strict=True)
    )
    for kind in (PlotKind.HISTOGRAM, PlotKind.BOX, PlotKind.VIOLIN, PlotKind.COUNTS):
        page.show_spec(replace(page.spec, kind=kind))
        assert page.area._marks
    analyzed.session.select(None)
    assert not page.area._marks


def test_a_named_gate_chooses_on_the_next_picture(
    page: Plots, analyzed: MainWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    page.show_spec(replace(page.spec, x="centre-1", y="score", y_log=True))
    page.gates.tools[PlotTool.RECTANGLE].click()
    low, high = (float(part) for part in np.quantile(page.area.cells.placed[1], (0.2, 0.7)))  # type: ignore[union-attr]
    drag(page, (100, low), (600, high))
    gate = page.gate
    assert gate is not None
    page.gates.save.trigger()
    dialog = analyzed.commands.dialog
    assert isinstance(dialog, QInputDialog)
    dialog.setTextValue(" middling ")
    dialog.accept()
    other = tmp_path / "other.png"
    Image.fromarray(np.full((600, 800, 3), 200, np.uint8)).save(other)
    analyzed.controller.open_paths([other])
    qtbot.waitUntil(lambda: is_done(analyzed) and current(analyzed).name == "other.png", timeout=30_000)
    page.show_spec(replace(page.spec, kind=PlotKind.COUNTS, x="width", y_log=False))
    assert page.gate is None
    names = page.gates.gates.menu()
    next(action for action in names.actions() if action.text() == "middling").trigger()
    assert page.gate == gate.named("middling")
    assert (page.spec.kind, page.spec.x, page.spec.y, page.spec.y_log) == (PlotKind.SCATTER, "centre-1", "score", True)
    assert len(page.area._gate_items) == 2, "the outline and the name"
    rows = gated_rows(analyzed.session, current(analyzed), gate)
    assert len(rows)
    assert np.array_equal(analyzed.session.selected_rows, rows)
    page.gates.delete_asked.emit("middling")
    assert page.shelf.gates == ()
    assert [action.text() for action in names.actions()] == ["Save this gate…"]


def test_a_gate_kept_by_one_window_is_there_in_the_next(
    page: Plots, open_window: Callable[..., MainWindow], qtbot: QtBot
) -> None:
    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="score"))
    page._on_ends(0.5, 0.8)
    page.save_gate("unsure")
    again = plots_of(open_window(), qtbot)
    assert [gate.name for gate in again.shelf.gates] == ["unsure"]


def test_in_a_project_gates_belong_to_it_and_a_persons_own_are_offered_beside(
    page: Plots, analyzed: MainWindow, open_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    def names(of: Plots) -> list[str]:
        return [gate.name for gate in of.shelf.gates]

    page.show_spec(replace(page.spec, kind=PlotKind.HISTOGRAM, x="score"))
    page._on_ends(0.5, 0.8)
    page.save_gate("my own")
    files = analyzed.correcting.files
    files.create(tmp_path / "cells")
    page.save_gate("of the cells")
    assert names(page) == ["of the cells", "my own"]
    files.save_as(tmp_path / "copy")
    assert [gate.name for gate in read_gates(tmp_path / "copy" / "gates.json")] == ["of the cells"]
    page.delete_gate("of the cells")
    again = open_window()
    other = plots_of(again, qtbot)
    assert names(other) == ["my own"]
    again.correcting.files.open(tmp_path / "cells", read_only=True)
    assert names(other) == ["my own", "of the cells"]
    other.shelf.put(replace(other.shelf.gates[0], name="later"))
    again.correcting.files.close()
    assert names(other) == ["my own", "later"], "nothing is written into what is only looked at"
    assert [gate.name for gate in read_gates(tmp_path / "cells" / "gates.json")] == ["of the cells"]


def test_the_picture_is_coloured_by_any_column(page: Plots, analyzed: MainWindow, qtbot: QtBot) -> None:
    page.show_spec(replace(page.spec, x="height"))
    page.gates.colour.trigger()
    assert analyzed.options.colour_by == ByColumn("height")
    picture = current(analyzed)
    assert picture.objects is not None
    colours, legend = analyzed.presenter._colours_of(picture, picture.objects)
    assert legend is not None
    assert legend.title == "Height (px)"
    heights = picture.objects.sizes[:, 0]
    assert colours[heights.argmax()].tolist() == MAP[-1].tolist()
    assert analyzed.layers.colour_by.currentText() == "height (px)"
    analyzed.close()
    assert analyzed.settings.colour_by == "column:height"
    assert colouring_of("column:height") == ByColumn("height")
    assert colouring_of("nonsense").value == "class"


def test_many_cells_are_drawn_as_a_density(page: Plots, analyzed: MainWindow, qtbot: QtBot) -> None:
    picture = current(analyzed)
    analyzed.session.set_all_thresholds(0.05)
    with qtbot.waitSignal(page.area.drawn, timeout=20_000):
        analyzed.session.set_objects(picture, make_objects(POINTS_AT_MOST + 5000), picture.styles)
    qtbot.waitUntil(lambda: page.area.cloud.is_dense)
    qtbot.waitUntil(lambda: page.area.cloud._images[0].image is not None, timeout=20_000)  # type: ignore[index]
    image = page.area.cloud._images[0].image  # type: ignore[index]
    assert (image[..., 3] > 0).any()
    with qtbot.waitSignal(page.area.drawn, timeout=20_000):
        analyzed.session.select_rows(np.arange(10_000))
    assert page.area.cloud._images[1].isVisible()  # type: ignore[index]


@pytest.mark.parametrize("kind", list(PlotKind))
def test_a_plot_is_written_as_it_is_seen(kind: PlotKind, page: Plots, tmp_path: Path, analyzed: MainWindow) -> None:
    page.show_spec(
        replace(page.spec, kind=kind, x="area_bbox", y="area_bbox" if kind is not PlotKind.SCATTER else "score")
    )
    analyzed.session.select_rows(np.arange(5))
    for suffix in ("png", "svg", "csv"):
        page.write_to(tmp_path / f"plot.{suffix}")
    image = QImage(str(tmp_path / "plot.png"))
    assert image.size() == SIZE * 3
    assert image.pixelColor(2, 2).name() == "#ffffff"
    inks = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(inks) > 8
    drawing = parse(tmp_path / "plot.svg").getroot()
    assert drawing is not None
    words = " ".join("".join(part.itertext()) for part in drawing.iter("{http://www.w3.org/2000/svg}text"))
    assert "Cells" in words or "Area bbox (px²)" in words
    assert len(read_table(tmp_path / "plot.csv").columns) >= 3
    assert not any(item._exportOpts for item in page.area.view.scene().items() if hasattr(item, "_exportOpts"))


def test_a_plot_that_cannot_be_written_says_why(page: Plots, tmp_path: Path, analyzed: MainWindow) -> None:
    page.write_to(tmp_path / "plot.docx")
    message = analyzed.centre.banner.message
    assert message is not None
    assert ".png, .svg or .csv" in message.text


def test_a_plot_keeps_the_view_of_a_person_and_follows_the_theme(
    page: Plots, analyzed: MainWindow, qtbot: QtBot
) -> None:
    page.show_spec(replace(page.spec, x="centre-1", y="centre-0"))
    box = page.area.plot.getViewBox()
    box.setRange(xRange=(100, 200), yRange=(100, 200), padding=0)
    box.sigRangeChangedManually.emit([True, True])
    analyzed.session.set_visible("RBC", False)
    settle(page, qtbot)
    assert np.allclose(box.viewRange(), [[100, 200], [100, 200]])
    analyzed.set_theme("light")
    assert page.area.view.backgroundBrush().color().name() == analyzed.theme.panel
    assert np.allclose(box.viewRange(), [[100, 200], [100, 200]])
    page.area.hand.double_clicked.emit()
    assert box.viewRange()[0][1] > 500


def test_places_on_the_screen_and_on_the_axes_are_each_others(page: Plots) -> None:
    at = page.area.on_screen(300, 0.5)
    assert isinstance(at, QPointF)
    back = page.area.hand._on_axes(at)
    assert back.x() == pytest.approx(300, abs=8)


def test_what_is_measured_later_can_be_plotted_then(page: Plots, analyzed: MainWindow, qtbot: QtBot) -> None:
    session, picture = analyzed.session, current(analyzed)
    assert picture.objects is not None
    values = np.arange(len(picture.objects), dtype=np.float64)
    values[session.shown(picture)[:2]] = np.nan
    shine = MeasuredColumn("shine", "counts", values, "how bright a cell is", "shine", "intensity")
    taken = Taken(("intensity",), {"shine": shine}, np.isfinite(values))
    assert session.take_measured(picture, picture.objects, picture.pixel_size, taken)
    settle(page, qtbot)
    at = page.controls.across.findText("shine (counts)")
    assert at >= 0
    page.controls.across.activated.emit(at)
    assert page.area.plot.getAxis("bottom").labelText == "Shine (counts)"
    assert "2 cells without a value" in page.notes.text()
    assert np.array_equal(page.area.cells.values[0], values[session.shown(picture)[2:]])  # type: ignore[union-attr]
