"""`Queueing`: fills the queue, shows one thing after the other, and turns answers into steps of work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRectF, QTimer, Signal
from PySide6.QtWidgets import QWidget

from cellwright.annotation import AuditRecord, ReviewRecord, Status
from cellwright.core import Box, CellwrightError
from cellwright.jobs.queue import Job, Lane
from cellwright.ui.background.in_turn import InTurn
from cellwright.ui.correcting.project_link import StillWriting
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.review import answers
from cellwright.ui.review.audit_dialog import AuditChoice, AuditDialog
from cellwright.ui.review.cells import Cells
from cellwright.ui.review.crops import Crop, CutCrops, OpenSlides, Wanted, image_of
from cellwright.ui.review.gallery import Gallery
from cellwright.ui.review.project_side import Link, Window
from cellwright.ui.review.queue import BoxEdges, Queue, QueueItem, QueueKind, answer_classes, audited, doubtful, missed
from cellwright.ui.review.queue_panel import CUT_PX, QueuePanel
from cellwright.workflows.audit import Population, Strata, draw_audit, populations, strata_of, window_populations
from cellwright.workflows.empty_windows import FindEmptyWindows, ReadShapes

_REFILL_MS = 200
_STALE = -1
"""In place of how many cells the queue was filled from: it has to be filled anew when somebody sees it."""
_RIM, _WINDOW_RIM = 0.75, 0.15
_NO_PROJECT = "What you decide here is kept in a project. Start reviewing, and one is begun for you."
_NO_PICTURE = "Open a picture and analyze it: doubtful cells and places with missed ones are shown here one by one."
_NOTHING = {
    QueueKind.DOUBTFUL: "No doubtful cells: everything that was found here has been looked at.",
    QueueKind.WINDOWS: "No place was found where cells seem to be missing.",
    QueueKind.AUDIT: "Nothing of this audit is left on the pictures shown.",
}
_ALL_DONE = "All of it has been looked at."


class Queueing(QObject):
    """The queue and what it does.

    Parameters
    ----------
    window : Window
        Where it stands.
    gallery : Gallery
        Whose cells, of one or of all pictures, the queue is made from.

    Signals
    -------
    said(str)
        What was done, for the status line.
    """

    said = Signal(str)

    def __init__(self, window: Window, gallery: Gallery, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window, self._gallery = window, gallery
        self._link: Link | None = None
        self._slides = OpenSlides()
        self._number = 0
        self._generation = 0
        self._filled_from = 0
        self._asked: set[QueueItem] = set()
        self.queue = Queue()
        self.panel = QueuePanel()
        self.panel.installEventFilter(self)
        self.dialog: AuditDialog | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._follow)
        # a slider moves many times a second, and pictures change while one is opened
        self._refilling = QTimer(self)
        self._refilling.setSingleShot(True)
        self._refilling.setInterval(_REFILL_MS)
        self._refilling.timeout.connect(self._refill)
        panel = self.panel
        panel.queue_chosen.connect(self.choose)
        panel.said.connect(self.on_key)
        panel.class_chosen.connect(self.put)
        panel.place_asked.connect(self.show_place)
        panel.audit_asked.connect(self.ask_audit)
        panel.start_asked.connect(gallery.start)
        self._show()

    # ---- what stands in the queue

    def set_link(self, link: Link | None) -> None:
        """Belong to another project, or to none."""
        self._link = link
        self._generation += 1
        self.queue = Queue()
        self._asked.clear()
        self._number = 0
        if link is not None:
            link.journal_changed.connect(self._soon.start)
            link.records_changed.connect(self._name_things)
        self._name_things()
        if self.panel.isVisible():
            self.choose(QueueKind.DOUBTFUL)
        else:
            self._filled_from = _STALE
            self._show()

    def close(self) -> None:
        """Stop working, before the window goes."""
        self._soon.stop()
        self._refilling.stop()
        self._slides.close()
        if self.dialog is not None:
            self.dialog.close()

    def refill_soon(self) -> None:
        """Make the queue anew, because another picture or threshold is asked for; what is being looked at stays."""
        if self.queue.kind is not QueueKind.AUDIT:
            self._refilling.start()

    def _refill(self) -> None:
        if not self.panel.isVisible():
            self._filled_from = _STALE
            return
        item = self.queue.current
        self.choose(self.queue.kind, self._number)
        if item in self.queue.items:
            self.queue.at = self.queue.items.index(item)
            self._show()

    def choose(self, kind: QueueKind, number: int = 0) -> None:
        """Fill the queue."""
        self._generation += 1
        self._number, self._filled_from = number, 0
        self.panel.show_kind(kind, number)
        link = self._link
        if link is None:
            self._fill(kind, [])
        elif kind is QueueKind.DOUBTFUL:
            decisions = {each.name: self._window.threshold(each.name) for each in link.classes}
            cells = self._cells()
            self._filled_from = len(cells)
            self._fill(kind, doubtful(cells, link.classes, decisions))
        elif kind is QueueKind.AUDIT:
            self._fill(kind, audited(link.project.audit_items(number), self._every_cell(link), link.classes))
        else:
            self._fill(kind, [])
            self._look_for_windows(link)

    def _fill(self, kind: QueueKind, items: list[QueueItem]) -> None:
        self.queue = Queue(kind, items)
        self._note_answers()
        self.queue.go_on()
        self._show()

    def _cells(self) -> Cells:
        return self._gallery.cells_on(self._gallery.pictures())

    def _every_cell(self, link: Link) -> Cells:
        return self._gallery.cells_on([each.id for each in link.pictures])

    def _look_for_windows(self, link: Link) -> None:
        pictures = self._gallery.pictures()
        parts = tuple(self._gallery.missed_cells(number) for number in pictures)
        if not parts:
            return
        self.panel.show_words("Looking for places where cells may be missing…")
        operation = parts[0] if len(parts) == 1 else InTurn("Look for missed cells", parts)
        done = partial(self._on_windows, self._generation, pictures, link)
        self._window.submit_quietly(operation, Lane.FILES, done, listed=True)

    def _on_windows(self, generation: int, pictures: list[int], link: Link, job: Job[Any]) -> None:
        if generation != self._generation or link is not self._link:
            return  # something else was asked for meanwhile
        if job.result is None:
            self.panel.show_words("The picture could not be searched for missed cells.")
            return
        results = [job.result] if isinstance(job.operation, FindEmptyWindows) else job.result
        found = [item for number, windows in zip(pictures, results, strict=True) for item in missed(number, windows)]
        self._fill(QueueKind.WINDOWS, found)

    # ---- answers

    def on_key(self, key: str) -> None:
        """Answer, or step."""
        item = self.queue.current
        if key == "N":
            self.go_on()
        elif key == "P":
            self.queue.go_back()
            self._show()
        elif item is not None and key in ("A", "X"):
            self._answer(item, is_right=key == "A")
        elif item is not None and item.name is not None and self._link is not None:
            kind = next((each for each in self._link.classes if each.key == key), None)
            if kind is not None:
                self.put(kind.name)

    def go_on(self) -> None:
        """Go to the next thing that nobody has looked at."""
        if not self.queue.go_on():
            self.said.emit(_ALL_DONE)
        self._show()

    def put(self, name: str) -> None:
        """Say which class the thing is of."""
        item, link = self.queue.current, self._link
        if item is not None and item.name is not None and link is not None:
            ids = [item.name]
            self._attempt(item, lambda: answers.put(link, ids, name, item.draws))

    def _answer(self, item: QueueItem, *, is_right: bool) -> None:
        link = self._link
        if link is None:
            return
        if item.name is None:
            box = Box(*(round(edge) for edge in item.box))
            if not is_right:
                self.show_place()
            self._attempt(item, lambda: answers.judge_window(link, item.picture, box, item.draw, is_complete=is_right))
        else:
            ids, status = [item.name], Status.ACCEPTED if is_right else Status.REJECTED
            self._attempt(item, lambda: answers.judge(link, ids, status, item.draws))

    def _attempt(self, item: QueueItem, do: Callable[[], str]) -> None:
        """Do what an answer says, and go on; where the project is being written to, as soon as that is over."""
        if item in self._asked:
            return  # it waits already: a second press is no second answer
        self._asked.add(item)

        def answer() -> None:
            try:
                text = do()
            except StillWriting:
                raise  # it goes on waiting
            except CellwrightError:
                self._asked.discard(item)
                raise
            self._asked.discard(item)
            if text:
                self.said.emit(f"{text} · Ctrl+Z takes it back")
            self._note_answers()
            if item == self.queue.current:
                self.queue.go_on()
            self._show()

        self._window.when_free(answer)

    # ---- audits

    def ask_audit(self) -> None:
        """Ask how to draw, and draw."""
        link = self._link
        if link is None:
            return
        groups = self._groups(link, AuditChoice(1, Strata.NONE, 0))
        self.dialog = AuditDialog(sum(len(group.members) for group in groups), _as_widget(self._window))
        self.dialog.chosen.connect(self.draw)
        self.dialog.show()

    def draw(self, choice: AuditChoice) -> None:
        """Draw an audit, write it down, and begin with it; sizes of pictures are read first where windows are drawn."""
        link = self._link
        if link is None:
            return
        if not choice.windows:
            self._window.when_free(lambda: self._draw(link, choice, {}))
            return
        placed = [(each.id, path) for each in link.pictures if (path := self._gallery.path_of(each.id)) is not None]
        operation = ReadShapes(tuple(path for _, path in placed))

        def done(job: Job[Any]) -> None:
            if link is not self._link:
                return  # another project meanwhile
            if job.result is None:
                self._window.say(Message(Level.WARNING, "The sizes of the pictures could not be read; draw again."))
                return
            shapes = {number: shape for (number, _), shape in zip(placed, job.result, strict=True) if shape is not None}
            self._window.when_free(lambda: self._draw(link, choice, shapes))

        self._window.submit_quietly(operation, Lane.FILES, done)

    def _draw(self, link: Link, choice: AuditChoice, shapes: dict[int, tuple[int, int]]) -> None:
        numbers = link.project.next_audit()
        decisions = self._decisions(link)
        try:
            groups = self._groups(link, choice)
            windows = window_populations(link.project, shapes, decisions) if shapes else []
            thresholds = {each.name: decisions[each.id] for each in link.classes}
            step = draw_audit(
                groups, choice.size, choice.seed, link.author, numbers, thresholds, windows, choice.windows
            )
            link.apply(step)
        except StillWriting:
            raise  # it is drawn when that is over
        except CellwrightError as error:
            self._window.say(Message(Level.WARNING, str(error)))
            return
        self._name_things()
        self.panel.choose(QueueKind.AUDIT, numbers[0])
        self.said.emit(f"Audit {numbers[0]} drawn · Ctrl+Z takes it back")

    def _decisions(self, link: Link) -> dict[int, float]:
        return {each.id: self._window.threshold(each.name) for each in link.classes}

    def _groups(self, link: Link, choice: AuditChoice) -> list[Population]:
        return populations(link.project, choice.strata, decisions=self._decisions(link))

    # ---- what is shown

    def show_place(self) -> None:
        """Show the thing on its picture."""
        item = self.queue.current
        path = self._gallery.path_of(item.picture) if item is not None else None
        if item is not None and path is not None:
            self._window.go_to(path, Box(*(round(edge) for edge in item.box)), item.name)

    def _name_things(self) -> None:
        link = self._link
        if link is None:
            return
        self.panel.set_audits([(each.id, _audit_text(each)) for each in link.project.audits()])
        self.panel.set_classes(answer_classes(link.classes))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up when the queue comes into view."""
        if event.type() == QEvent.Type.Show:
            self._soon.start()
        return super().eventFilter(watched, event)

    def _follow(self) -> None:
        """Note what was answered, undone or redone elsewhere, and what is new; not while nobody sees it."""
        link = self._link
        if link is None or not self.panel.isVisible():
            self._show()  # what can be begun depends on what is open
            return
        self._name_things()
        kind = self.queue.kind
        if kind is QueueKind.AUDIT and self._number not in {each.id for each in link.project.audits()}:
            self.choose(QueueKind.DOUBTFUL)
            return
        self._note_answers()
        self.panel.show_progress(self.queue.progress)
        is_new = kind is QueueKind.DOUBTFUL and len(self._cells()) != self._filled_from
        if self._filled_from == _STALE or is_new:
            self._refill()

    def _note_answers(self) -> None:
        link, items = self._link, self.queue.items
        if link is None or not items:
            return
        reviewed: list[bytes] = []
        said: list[ReviewRecord] = []
        if self.queue.kind is QueueKind.AUDIT:
            said = link.project.audit_reviews(self._number)
        elif self.queue.kind is QueueKind.WINDOWS:
            said = link.project.window_reviews()
        else:
            for number in {item.picture for item in items}:
                table = link.table(number)
                reviewed += [each.tobytes() for each in table.objects.ids[table.marks.is_reviewed]]
        self.queue.follow(reviewed, said)

    def _show(self) -> None:
        panel, item = self.panel, self.queue.current
        panel.show_progress(self.queue.progress)
        if self._link is None:
            can_start = self._window.shown_picture() is not None
            panel.show_words(_NO_PROJECT if can_start else _NO_PICTURE, can_start=can_start)
            return
        if item is None:
            panel.show_words(_NOTHING[self.queue.kind])
            return
        panel.show_words("")
        panel.show_item(item.why, is_window=item.name is None)
        path = self._gallery.path_of(item.picture)
        if path is not None:
            rim = _WINDOW_RIM if item.name is None else _RIM
            wanted = Wanted(item.picture, item.name or b"", item.box)
            operation = CutCrops(self._slides, ((path, wanted),), CUT_PX, rim)
            self._window.submit_quietly(operation, Lane.FILES, partial(self._on_crop, item))
            if path == self._window.shown_picture() and self.panel.isVisible():
                self.show_place()

    def _on_crop(self, item: QueueItem, job: Job[Any]) -> None:
        if item is not self.queue.current or not job.result:
            return
        crop: Crop | None = job.result[0]
        if crop is None:
            self.panel.show_crop(None, QRectF(), [])
        else:
            found = self._found_in(item, crop.box) if item.name is None else []
            self.panel.show_crop(image_of(crop.pixels), _shares(item.box, crop.box), found)

    def _found_in(self, item: QueueItem, crop: Box) -> list[tuple[QRectF, str]]:
        """Return the cells found in a crop, each with the colour of its class: what is not among them was missed."""
        link = self._link
        if link is None:
            return []
        cells = self._gallery.cells_on([item.picture])
        y0, x0, y1, x1 = cells.boxes.T
        inside = (y0 < crop.y1) & (y1 > crop.y0) & (x0 < crop.x1) & (x1 > crop.x0)
        counted = inside & ~cells.marks.is_status(Status.REJECTED)
        return [
            (_shares(tuple(cells.boxes[row].tolist()), crop), link.classes[int(cells.class_index[row])].colour)
            for row in np.flatnonzero(counted)
        ]


def _shares(box: BoxEdges, crop: Box) -> QRectF:
    """Return where something lies in a crop, in shares of the crop's sides."""
    y0, x0, y1, x1 = box
    side = crop.height
    return QRectF((x0 - crop.x0) / side, (y0 - crop.y0) / side, (x1 - x0) / side, (y1 - y0) / side)


def _audit_text(audit: AuditRecord) -> str:
    drawn = {"objects": [0, 0], "windows": [0, 0]}
    for stratum in strata_of(audit):
        counted = drawn[str(stratum.get("of", "objects"))]
        counted[0] += int(str(stratum["size"]))
        counted[1] += int(str(stratum["population"]))
    cells, windows = drawn["objects"], drawn["windows"]
    words = f"Audit {audit.id}: {cells[0]:,} of {cells[1]:,} cells"
    return f"{words}, {windows[0]:,} of {windows[1]:,} windows" if windows[0] else words


def _as_widget(window: object) -> QWidget | None:
    return window if isinstance(window, QWidget) else None
