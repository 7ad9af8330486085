"""Gallery and queue in the real window: what is decided there is seen in the picture, the table and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cellwright.annotation import Drawn, Status
from cellwright.core import Box
from cellwright.ui.main_window import MainWindow
from cellwright.ui.review.queue import QueueKind
from cellwright.workflows.audit import strata_of
from tests.ui.known_boxes import KnownBoxes

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def begin(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_set["review.gallery"].trigger()
    gallery = window.reviewing.gallery
    gallery.panel._start.click()
    qtbot.waitUntil(lambda: gallery.panel.grid.count > 0)


def settled(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not window.reviewing.gallery._soon.isActive() and window.presenter.is_up_to_date)


def test_a_decision_in_the_gallery_is_seen_everywhere_at_once(analyzed: MainWindow, qtbot: QtBot) -> None:
    window, gallery = analyzed, analyzed.reviewing.gallery
    begin(window, qtbot)
    picture = window.session.current
    assert picture is not None
    assert picture.objects is not None
    assert gallery.panel.grid.count == int(window.session.counted(picture).sum())
    row = int(gallery.sorting.rows[0])
    name = gallery.sorting.cells.ids[row].tobytes()
    before = window.objects.model.rowCount()
    other = next(each for each in gallery.sorting.classes if each.name != gallery.sorting.classes[0].name)
    gallery.panel.grid.go_to(0)
    gallery.on_key(other.key)
    settled(window, qtbot)
    (at,) = np.flatnonzero(picture.objects.ids == np.frombuffer(name, "V16")[0])
    assert picture.objects.classes[picture.objects.class_index[at]] == other.name
    assert picture.marks is not None
    gallery.panel.grid.go_to(1)
    rejected = gallery.sorting.cells.ids[gallery.sorting.rows[1]].tobytes()
    gallery.on_key("X")
    settled(window, qtbot)
    assert window.objects.model.rowCount() == before - 1
    assert not window.session.counted(picture)[picture.objects.ids == np.frombuffer(rejected, "V16")[0]].any()
    window.actions_set["edit.undo"].trigger()
    settled(window, qtbot)
    assert window.objects.model.rowCount() == before


def test_what_is_corrected_on_the_picture_is_seen_in_the_gallery(analyzed: MainWindow, qtbot: QtBot) -> None:
    window, gallery = analyzed, analyzed.reviewing.gallery
    begin(window, qtbot)
    count = gallery.panel.grid.count
    picture = window.session.current
    assert picture is not None
    window.session.select(int(window.session.shown(picture)[0]))
    delete = window.actions_set["correct.delete"]
    qtbot.waitUntil(delete.isEnabled)
    delete.trigger()
    settled(window, qtbot)
    assert gallery.panel.grid.count == count - 1
    window.session.set_all_thresholds(0.95)
    settled(window, qtbot)
    assert gallery.panel.grid.count == int(window.session.counted(picture).sum()) < count


def test_a_crop_leads_to_its_cell_and_the_queue_to_the_next(analyzed: MainWindow, qtbot: QtBot) -> None:
    window, gallery, queueing = analyzed, analyzed.reviewing.gallery, analyzed.reviewing.queueing
    begin(window, qtbot)
    gallery.go_to(3)
    assert window.session.selected_id == gallery.sorting.cells.ids[gallery.sorting.rows[3]].tobytes()
    window.actions_set["review.queue"].trigger()
    qtbot.waitUntil(lambda: queueing.queue.current is not None)
    item = queueing.queue.current
    assert item is not None
    queueing.on_key("A")
    link = window.correcting.link
    assert link is not None
    assert item.name is not None
    assert link.objects([item.name])[0].state.status is Status.ACCEPTED
    assert [each.drawn for each in link.project.reviews()] == [Drawn.DOUBTFUL]
    following = queueing.queue.current
    assert following is not None
    assert window.session.selected_id == following.name


def test_a_picture_whose_every_cell_is_marked_is_remembered(analyzed: MainWindow, qtbot: QtBot) -> None:
    window = analyzed
    window.actions_set["review.picture"].trigger()
    window.actions_set["review.picture"].trigger()
    link = window.correcting.link
    assert link is not None
    assert link.project.regions_reviewed(1) == [Box(0, 0, 600, 800)]
    picture = window.session.current
    assert picture is not None
    assert picture.marks is not None
    counted = window.session.counted(picture)
    assert (picture.marks.is_status(Status.ACCEPTED) == counted).all()
    assert len(link.project.reviews()) == int(counted.sum())
    window.actions_set["edit.undo"].trigger()
    assert link.project.regions_reviewed(1) == []


def test_an_audit_is_drawn_from_the_menu(analyzed: MainWindow, known: KnownBoxes, qtbot: QtBot) -> None:
    window, queueing = analyzed, analyzed.reviewing.queueing
    begin(window, qtbot)
    window.actions_set["review.audit"].trigger()
    assert queueing.dialog is not None
    queueing.dialog._size.setValue(5)
    queueing.dialog.accept()
    qtbot.waitUntil(lambda: queueing.queue.kind is QueueKind.AUDIT, timeout=20_000)
    picture = window.session.current
    link = window.correcting.link
    assert picture is not None
    assert link is not None
    (audit,) = link.project.audits()
    of = {str(each["of"]): 0 for each in strata_of(audit)}
    for each in strata_of(audit):
        of[str(each["of"])] += int(str(each["population"]))
    assert of["objects"] == int(window.session.counted(picture).sum())
    assert of["windows"] > 0 and audit.population == sum(of.values())
    assert len(queueing.queue.items) == audit.size
