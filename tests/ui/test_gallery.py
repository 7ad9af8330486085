from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent, QMouseEvent

from cellwright.annotation import NOT_CLASSED, UNIDENTIFIED, Answer, Drawn, Status, Verdict
from cellwright.core import Box, CellwrightError, Objects
from cellwright.jobs import Operation
from cellwright.jobs.queue import Job, JobQueue, Lane
from cellwright.project import JournalEntry, Project
from cellwright.ui.background.work import Work
from cellwright.ui.correcting.project_link import OpenProject, StillWriting
from cellwright.ui.panels.banner import Message
from cellwright.ui.review.audit_dialog import AuditChoice
from cellwright.ui.review.bins import ALL, REJECTED
from cellwright.ui.review.crop_grid import CELLS_FORMAT
from cellwright.ui.review.gallery import Gallery
from cellwright.ui.review.queue import QueueKind
from cellwright.ui.review.queueing import Queueing
from cellwright.workflows.audit import Strata, strata_of
from cellwright.workflows.doubt import Order

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

CLASSES = [("NEU", "Neutrophil", "#0072B2", "1"), ("EOS", "Eosinophil", "#D55E00", "2")]
CELLS = 40


class Side:
    """A window that remembers what it was asked for."""

    def __init__(self, path: Path) -> None:
        self.work = Work(JobQueue())
        self.path = path
        self.messages: list[str] = []
        self.waiting: list[Callable[[], object]] = []
        self.verdicts: list[tuple[NDArray[np.void], Verdict]] = []
        self.went: list[tuple[Path, Box, bytes | None]] = []

    def submit_quietly(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = False
    ) -> Job[Any]:
        return self.work.submit_quietly(operation, lane, done, listed=listed)

    def say(self, message: Message) -> None:
        self.messages.append(message.text)

    def when_free(self, do: Callable[[], object]) -> None:
        try:
            do()
        except StillWriting:
            self.waiting.append(do)
        except CellwrightError as error:
            self.messages.append(str(error))

    def answer_many(self, ids: NDArray[np.void], verdict: Verdict, then: Callable[[JournalEntry | None], None]) -> None:
        self.verdicts.append((ids, verdict))

    def threshold(self, name: str) -> float:
        return 0.4

    def shown_picture(self) -> Path | None:
        return self.path

    def need_link(self) -> None:
        return None

    def go_to(self, path: Path, box: Box, name: bytes | None) -> None:
        self.went.append((path, box, name))


def found(n: int = CELLS) -> Objects:
    """Cells in a row of a picture, scores from 0.3 to 0.9, every other one an eosinophil."""
    rng = np.random.default_rng(0)
    left = 12 * np.arange(n) % 600
    top = 12 * np.arange(n) // 600 * 12
    boxes = np.stack([top, left, top + 10, left + 10], 1).astype(np.float32)
    return Objects(
        np.frombuffer(rng.bytes(16 * n), "V16"),
        boxes,
        (np.arange(n) % 2).astype(np.int16),
        np.linspace(0.3, 0.9, n).astype(np.float32),
        ("NEU", "EOS"),
        "model:blood@0123456789ab",
    )


@pytest.fixture
def side(tmp_path: Path, qtbot: QtBot) -> Iterator[Side]:
    path = tmp_path / "smear.png"
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 255, (200, 640, 3), np.uint8)).save(path)
    made = Side(path)
    yield made
    made.work.close()


@pytest.fixture
def link(tmp_path: Path, side: Side) -> Iterator[OpenProject]:
    project = Project.create(tmp_path / "p")
    (record,) = project.add_pictures([side.path], "A.")
    project.add_classes(CLASSES, "A.")
    project.add_objects(record.id, found(), "m")
    made = OpenProject(project, "A.")
    yield made
    made.close()


@pytest.fixture
def gallery(side: Side, link: OpenProject, qtbot: QtBot) -> Iterator[Gallery]:
    made = Gallery(side)
    qtbot.addWidget(made.panel)
    made.panel.resize(900, 400)
    made.panel.show()
    made.set_link(link)
    yield made
    made.close()


def settled(gallery: Gallery, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not gallery._soon.isActive())


def hover(gallery: Gallery, place: int) -> None:
    grid = gallery.panel.grid
    point = QPointF(grid.rect_of(place).center())
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, point, point, none, none, Qt.KeyboardModifier.NoModifier)
    grid.mouseMoveEvent(move)


def name_at(gallery: Gallery, place: int) -> bytes:
    return bytes(gallery.sorting.cells.ids[gallery.sorting.rows[place]].tobytes())


def status_of(link: OpenProject, name: bytes) -> Status:
    return link.objects([name])[0].state.status


def test_cells_that_count_stand_in_the_bin_of_their_class_the_least_sure_first(gallery: Gallery) -> None:
    sure = found().scores >= np.float32(0.4)
    counts = {each.name: each.count for each in gallery.sorting.bins()}
    assert counts[ALL] == sure.sum() == gallery.panel.grid.count
    assert counts["NEU"] + counts["EOS"] == counts[ALL]
    assert (counts[UNIDENTIFIED], counts[NOT_CLASSED], counts[REJECTED]) == (0, 0, 0)
    scores = gallery.sorting.cells.scores[gallery.sorting.rows]
    assert scores.tolist() == sorted(scores.tolist())
    assert str(gallery.sorting.progress()) == f"0 of {sure.sum()} reviewed"
    gallery.choose_bin("EOS")
    assert gallery.panel.grid.count == counts["EOS"]


def test_a_key_reclassifies_the_cell_under_the_pointer_and_everything_follows(
    gallery: Gallery, link: OpenProject, qtbot: QtBot
) -> None:
    gallery.choose_bin("NEU")
    before = gallery.panel.grid.count
    hover(gallery, 2)
    name = name_at(gallery, 2)
    with qtbot.waitSignal(link.changed):
        qtbot.keyClick(gallery.panel.grid, Qt.Key.Key_2)
    settled(gallery, qtbot)
    assert gallery.panel.grid.count == before - 1
    assert link.objects([name])[0].state.class_id == 2
    assert status_of(link, name) is Status.CORRECTED
    (review,) = link.project.reviews()
    assert (review.drawn, review.probability, review.object) == (Drawn.DOUBTFUL, None, name.hex())
    link.undo()
    settled(gallery, qtbot)
    assert gallery.panel.grid.count == before
    assert link.project.reviews() == []


def test_accept_and_reject_by_key_and_what_was_rejected_can_be_found_again(
    gallery: Gallery, link: OpenProject, qtbot: QtBot
) -> None:
    gallery.set_order(Order.PLACE)
    accepted, rejected = name_at(gallery, 0), name_at(gallery, 1)
    total = gallery.panel.grid.count
    for place, key in ((0, Qt.Key.Key_A), (1, Qt.Key.Key_X)):
        hover(gallery, place)
        qtbot.keyClick(gallery.panel.grid, key)
        settled(gallery, qtbot)
    assert status_of(link, accepted) is Status.ACCEPTED
    assert status_of(link, rejected) is Status.REJECTED
    assert gallery.panel.grid.count == total - 1
    assert {each.drawn for each in link.project.reviews()} == {Drawn.FREE}
    gallery.choose_bin(REJECTED)
    assert [name_at(gallery, 0)] == [rejected]
    assert gallery.look_of(0).is_rejected
    assert str(gallery.sorting.progress()) == f"2 of {total} reviewed"


def test_everything_in_view_is_accepted_as_one_step(gallery: Gallery, link: OpenProject, qtbot: QtBot) -> None:
    first, last = gallery.panel.grid.in_view
    journal = len(link.project.journal())
    gallery.accept_visible()
    settled(gallery, qtbot)
    assert gallery.sorting.progress().reviewed == last - first > 0
    assert len(link.project.journal()) == journal + 1
    gallery.set_unreviewed_only(True)
    assert gallery.panel.grid.count == gallery.sorting.progress().total - (last - first)
    link.undo()
    settled(gallery, qtbot)
    assert gallery.sorting.progress().reviewed == 0


def test_crops_dropped_on_a_bin_move_there_and_the_bin_of_the_unidentified_comes_about(
    gallery: Gallery, link: OpenProject, qtbot: QtBot
) -> None:
    grid, bins = gallery.panel.grid, gallery.panel.bins
    grid.go_to(3)
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=grid.rect_of(3).center())
    shift = Qt.KeyboardModifier.ShiftModifier
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, shift, grid.rect_of(5).center())
    names = [name_at(gallery, place) for place in (3, 4, 5)]
    row = next(at for at in range(bins.count()) if bins.item(at).data(Qt.ItemDataRole.UserRole) == UNIDENTIFIED)
    dragged = QMimeData()
    dragged.setData(CELLS_FORMAT, b"1")
    point = QPointF(bins.visualItemRect(bins.item(row)).center())
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    bins.dropEvent(QDropEvent(point, Qt.DropAction.MoveAction, dragged, left, none))
    settled(gallery, qtbot)
    assert [each.name for each in link.classes] == ["NEU", "EOS", UNIDENTIFIED]
    assert {link.objects([name])[0].state.class_id for name in names} == {3}
    counts = {each.name: each.count for each in gallery.sorting.bins()}
    assert counts[UNIDENTIFIED] == 3
    link.undo()
    settled(gallery, qtbot)
    assert [each.name for each in link.classes] == ["NEU", "EOS"]


def test_only_what_is_in_view_is_cut_and_a_crop_shows_the_pixels_of_its_cell(
    gallery: Gallery, side: Side, qtbot: QtBot
) -> None:
    gallery.panel.resize(420, 160)
    first, last = gallery.panel.grid.in_view
    row = int(gallery.sorting.rows[first])
    qtbot.waitUntil(lambda: gallery.crops.get(gallery.wanted(row)) is not None, timeout=10_000)
    image = gallery.crops.get(gallery.wanted(row))
    assert image is not None
    assert image.width() == image.height() == 96
    pixels = np.array(Image.open(side.path))
    y0, x0, y1, x1 = gallery.sorting.cells.boxes[row].astype(int)
    middle = image.pixelColor(48, 48)
    inside = pixels[y0:y1, x0:x1].reshape(-1, 3)
    assert (inside.min(0) <= np.array([middle.red(), middle.green(), middle.blue()])).all()
    assert last - first < gallery.panel.grid.count


def test_a_key_without_a_class_says_so_and_nothing_changes(gallery: Gallery, link: OpenProject, qtbot: QtBot) -> None:
    hover(gallery, 0)
    journal = len(link.project.journal())
    with qtbot.waitSignal(gallery.said) as said:
        qtbot.keyClick(gallery.panel.grid, Qt.Key.Key_9)
    assert "key 9" in said.args[0]
    assert len(link.project.journal()) == journal


def test_the_arrows_move_among_crops_and_enter_goes_to_the_picture(gallery: Gallery, side: Side, qtbot: QtBot) -> None:
    grid = gallery.panel.grid
    grid.go_to(0)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current == 1
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert grid.current == 1 + grid.columns
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    path, _, name = side.went[-1]
    assert (path, name) == (side.path.resolve(), name_at(gallery, grid.current))
    qtbot.keyClick(grid, Qt.Key.Key_N)
    assert grid.current == 2 + grid.columns


def test_unusual_cells_are_described_in_the_background_and_come_first(gallery: Gallery, qtbot: QtBot) -> None:
    gallery.set_order(Order.OUTLIERNESS)
    qtbot.waitUntil(lambda: bool(gallery.sorting.features) and not gallery._soon.isActive(), timeout=10_000)
    unlike = gallery.sorting.unlikeness()
    assert unlike is not None
    shown = unlike[gallery.sorting.rows]
    assert (np.diff(shown) <= 0).all()
    assert shown[0] > 0


def test_ten_thousand_crops_are_drawn_a_screen_at_a_time(
    side: Side, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.create(tmp_path / "many")
    (record,) = project.add_pictures([side.path], "A.")
    project.add_classes(CLASSES, "A.")
    many = found(10_000)
    many = Objects(many.ids, many.boxes, many.class_index, np.full(10_000, 0.8, np.float32), many.classes, many.source)
    project.add_objects(record.id, many, "m")
    link = OpenProject(project, "A.")
    gallery = Gallery(side)
    qtbot.addWidget(gallery.panel)
    gallery.panel.resize(900, 400)
    with qtbot.waitExposed(gallery.panel):
        gallery.panel.show()
    gallery.set_link(link)
    assert gallery.panel.grid.count == 10_000
    grid, drawn = gallery.panel.grid, []
    monkeypatch.setattr(grid, "_look_of", lambda place: (drawn.append(place), gallery.look_of(place))[1])
    bar, screens = grid.verticalScrollBar(), 0
    for value in np.linspace(0, bar.maximum(), 60).astype(int).tolist():
        drawn.clear()
        bar.setValue(value)
        grid.viewport().repaint()
        first, last = grid.in_view
        screens += bool(drawn)
        # What a screen takes must not grow with how many crops there are; the benchmark says how long a frame is.
        assert set(drawn) <= set(range(first, last)) and last - first < 200
    assert screens >= 59, "the first may have been drawn before"
    gallery.close()
    link.close()


# ---- queue


@pytest.fixture
def queueing(side: Side, gallery: Gallery, link: OpenProject, qtbot: QtBot) -> Iterator[Queueing]:
    made = Queueing(side, gallery)
    qtbot.addWidget(made.panel)
    made.panel.resize(300, 700)
    made.panel.show()
    made.set_link(link)
    yield made
    made.close()


def test_the_queue_begins_with_the_least_sure_and_goes_on_after_an_answer(
    queueing: Queueing, link: OpenProject, qtbot: QtBot
) -> None:
    first = queueing.queue.current
    assert first is not None
    assert queueing.queue.progress.reviewed == 0
    qtbot.keyClick(queueing.panel, Qt.Key.Key_A)
    assert queueing.queue.progress.reviewed == 1
    second = queueing.queue.current
    assert second is not None
    assert second is not first
    qtbot.keyClick(queueing.panel, Qt.Key.Key_2)
    qtbot.keyClick(queueing.panel, Qt.Key.Key_N)
    qtbot.keyClick(queueing.panel, Qt.Key.Key_P)
    assert {each.drawn for each in link.project.reviews()} == {Drawn.DOUBTFUL}
    assert first.name is not None
    assert status_of(link, first.name) is Status.ACCEPTED
    total = queueing.queue.progress.total
    assert str(queueing.queue.progress) == f"2 of {total} reviewed"
    link.undo()
    qtbot.waitUntil(lambda: queueing.queue.progress.reviewed == 1)


def test_an_audit_is_drawn_written_down_and_answered_with_its_probability(
    queueing: Queueing, link: OpenProject, qtbot: QtBot
) -> None:
    queueing.draw(AuditChoice(6, Strata.CLASS, 3))
    assert queueing.queue.kind is QueueKind.AUDIT
    assert len(queueing.queue.items) == link.project.audits()[0].size == 6
    assert strata_of(link.project.audits()[0])[0]["thresholds"] == {"NEU": 0.4, "EOS": 0.4}
    queueing.on_key("A")
    (review,) = link.project.reviews()
    assert review.drawn is Drawn.AUDIT
    assert review.audit == 1
    assert review.probability == queueing.queue.items[0].draw.probability
    assert str(link.project.audit_progress(1)) == "1 of 6 reviewed"
    # What was answered for the audit is done with; what is answered elsewhere is not an answer for the audit.
    queueing.choose(QueueKind.DOUBTFUL)
    audited = {item.object for item in link.project.audit_items(1)}
    at = next(row for row, item in enumerate(queueing.queue.items) if item.name and item.name.hex() in audited)
    queueing.queue.at = at
    queueing.on_key("A")
    queueing.choose(QueueKind.AUDIT, 1)
    assert queueing.queue.progress.reviewed == 1


def test_an_audit_draws_windows_too_so_that_missed_cells_can_be_estimated(
    queueing: Queueing, link: OpenProject, qtbot: QtBot
) -> None:
    queueing.draw(AuditChoice(4, Strata.NONE, 3, windows=5))
    qtbot.waitUntil(lambda: queueing.queue.kind is QueueKind.AUDIT, timeout=20_000)
    windows = [item for item in queueing.queue.items if item.name is None]
    assert len(windows) >= 5 and len(queueing.queue.items) == link.project.audits()[0].size
    assert "windows" in queueing.panel._kinds.currentText()
    queueing.queue.at = queueing.queue.items.index(windows[0])
    queueing.on_key("A")
    (review,) = link.project.reviews()
    assert (review.drawn, review.object, review.answer) == (Drawn.AUDIT, None, Answer.NOTHING_MISSED)
    assert review.probability == windows[0].draw.probability
    assert link.project.audit_progress(1).reviewed == queueing.queue.progress.reviewed == 1


def test_windows_with_missed_cells_are_asked_about_and_remembered(
    tmp_path: Path, side: Side, queueing: Queueing, link: OpenProject, qtbot: QtBot
) -> None:
    queueing.panel.choose(QueueKind.WINDOWS)
    qtbot.waitUntil(lambda: bool(queueing.queue.items), timeout=20_000)
    window = queueing.queue.current
    assert window is not None
    assert window.name is None
    queueing.on_key("A")
    box = Box(*(round(edge) for edge in window.box))
    assert link.project.regions_reviewed(1) == [box]
    assert queueing.queue.progress.reviewed == 1
    queueing.on_key("X")
    assert side.went
    assert [each.drawn for each in link.project.reviews()] == [Drawn.EMPTY_WINDOW] * 2


def test_without_a_project_both_panels_offer_to_begin_one(side: Side, qtbot: QtBot) -> None:
    gallery = Gallery(side)
    queueing = Queueing(side, gallery)
    qtbot.addWidget(gallery.panel)
    qtbot.addWidget(queueing.panel)
    gallery.refresh()
    for panel in (gallery.panel, queueing.panel):
        panel.show()
        assert panel._start.isVisible()
        panel._start.click()
    gallery.close()
    queueing.close()
