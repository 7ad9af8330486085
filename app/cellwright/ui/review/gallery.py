"""`Gallery`: keeps the panel of crops with the project, and turns keys, drops and buttons into steps of work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QTimer, Signal

from cellwright.annotation import Draw, Drawn, Status
from cellwright.core import Box, CellwrightError
from cellwright.jobs.queue import Job, Lane
from cellwright.project import place_of
from cellwright.ui.correcting.corrections import AT_ONCE
from cellwright.ui.correcting.project_link import StillWriting
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.review import answers
from cellwright.ui.review.bins import PICKED, Sorting, class_with_key, letter_of
from cellwright.ui.review.cells import Cells, cells_of, decisions_in, joined, masks_of
from cellwright.ui.review.crop_painting import CropLook
from cellwright.ui.review.crops import CropStore, Wanted
from cellwright.ui.review.gallery_panel import GalleryPanel
from cellwright.ui.review.project_side import Link, Window
from cellwright.ui.state.marks import Provenance
from cellwright.workflows.cell_features import DescribeCells
from cellwright.workflows.doubt import Order, Pairs, same_places
from cellwright.workflows.empty_windows import FindEmptyWindows

_MOST_COMPARED = 200_000
_AHEAD_ROWS = 4
"""So many rows beyond what is in view are cut as well."""


class Gallery(QObject):
    """The gallery and what it does.

    Parameters
    ----------
    window : Window
        Where it stands.

    Signals
    -------
    said(str)
        What was done, for the status line.
    """

    said = Signal(str)

    def __init__(self, window: Window, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._link: Link | None = None
        self._every_picture = False
        self._tables: dict[int, tuple[object, list[float], Cells]] = {}
        self._places: dict[int, tuple[NDArray[np.float32], Pairs]] = {}
        self._paths: dict[int, Path] = {}
        self._describing: set[int] = set()
        self._features: dict[bytes, Any] = {}
        self.sorting = Sorting()
        self._provenance = self.sorting.cells.marks.provenance
        self.panel = GalleryPanel(self.look_of)
        self.panel.installEventFilter(self)
        self.crops = CropStore(window.submit_quietly, self.path_of, self)
        # several pictures change in one step: one look at all of them afterwards
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._when_seen)
        self._is_stale = False
        self._connect()

    def _connect(self) -> None:
        panel, grid = self.panel, self.panel.grid
        panel.order_chosen.connect(self.set_order)
        panel.unreviewed_only_changed.connect(self.set_unreviewed_only)
        panel.every_picture_changed.connect(self.set_every_picture)
        panel.accept_visible_asked.connect(self.accept_visible)
        panel.start_asked.connect(self.start)
        panel.bins.bin_chosen.connect(self.choose_bin)
        panel.bins.dropped.connect(self.put_chosen)
        grid.key_pressed.connect(self.on_key)
        grid.viewed.connect(self._on_viewed)
        grid.activated.connect(self.go_to)
        self.crops.arrived.connect(grid.refresh_waiting)

    # ---- what is shown

    @property
    def link(self) -> Link | None:
        """The project."""
        return self._link

    def set_link(self, link: Link | None) -> None:
        """Show another project, or none."""
        self._link = link
        self._tables.clear()
        self._places.clear()
        self._features.clear()
        self._describing.clear()
        self.crops.forget()
        self._paths.clear()
        if link is not None:
            link.changed.connect(self._on_changed)
            link.records_changed.connect(self._on_records)
        self._when_seen()

    def close(self) -> None:
        """Stop working, before the window goes."""
        self._soon.stop()
        self.crops.close()

    def start(self) -> None:
        """Begin to review: a project comes about where there is none."""
        try:
            self._window.need_link()
        except StillWriting as words:
            self.said.emit(str(words).partition(";")[0])
        except CellwrightError as error:
            self._window.say(Message(Level.WARNING, str(error)))
        self.refresh()

    def follow_picture(self) -> None:
        """Show the cells of the picture that is shown now."""
        if not self._every_picture:
            self._soon.start()

    def follow_thresholds(self) -> None:
        """Count anew after a threshold moved."""
        self._soon.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up when the gallery comes into view."""
        if event.type() == QEvent.Type.Show and self._is_stale:
            self._soon.start()
        return super().eventFilter(watched, event)

    def _when_seen(self) -> None:
        """Follow at once while the gallery is in view; else a correction does not wait for it."""
        self._is_stale = not self.panel.isVisible()
        if not self._is_stale:
            self.refresh()

    def refresh(self) -> None:
        """Read what changed, sort, and draw."""
        link, sorting = self._link, self.sorting
        before = sorting.chosen, sorting.order, tuple(np.unique(sorting.cells.picture))
        if link is None:
            sorting.cells, sorting.classes = Cells.empty(), ()
        else:
            sorting.classes = link.classes
            sorting.cells = joined([self._cells(link, number) for number in self.pictures()])
        self._provenance = sorting.cells.marks.provenance
        sorting.features = self._features
        sorting.sort()
        after = sorting.chosen, sorting.order, tuple(np.unique(sorting.cells.picture))
        self.panel.bins.show_bins(sorting.bins(), sorting.chosen)
        self.panel.grid.set_count(len(sorting.rows), keep_place=before == after)
        self.panel.show_progress(sorting.progress())
        can_start = link is None and self._window.shown_picture() is not None
        self.panel.show_words(has_cells=len(sorting.cells) > 0, can_start=can_start)
        if sorting.order is Order.OUTLIERNESS:
            self._describe()

    def pictures(self) -> list[int]:
        """Return the numbers of the pictures whose cells are shown."""
        if self._link is None:
            return []
        if self._every_picture:
            return [each.id for each in self._link.pictures]
        path = self._window.shown_picture()
        number = self._link.picture_id(path) if path is not None else None
        return [] if number is None else [number]

    def path_of(self, number: int) -> Path | None:
        """Return where the picture with a number lies, None where the project has no such picture."""
        if number not in self._paths and self._link is not None:
            self._paths = {each.id: self._path(self._link, each.path) for each in self._link.pictures}
        return self._paths.get(number)

    def _place(self, number: int) -> Path:
        path = self.path_of(number)
        if path is None:
            raise CellwrightError("The picture is not in the project any more.")
        return path

    def cells_on(self, pictures: Sequence[int]) -> Cells:
        """Return the cells of some pictures, whichever are shown."""
        return joined([self._cells(self._need(), number) for number in pictures])

    def missed_cells(self, number: int) -> FindEmptyWindows:
        """Return the operation that looks for missed cells on a picture, knowing all that was found there."""
        link = self._need()
        table = link.table(number)
        objects, marks = table.objects, table.marks
        decisions = np.array(decisions_in(objects.classes, self._window.threshold), np.float32)
        counts = marks.counted(objects.scores >= decisions[objects.class_index])
        is_candidate = ~counts & ~marks.is_reviewed
        return FindEmptyWindows(
            self._place(number),
            objects.boxes[counts],
            objects.boxes[is_candidate],
            objects.scores[is_candidate],
            tuple(link.project.regions_reviewed(number)),
        )

    def set_order(self, order: Order) -> None:
        """Sort in another way."""
        self.sorting.order = order
        self.refresh()

    def set_unreviewed_only(self, on: bool) -> None:
        """Leave out what has been looked at, or not."""
        self.sorting.is_unreviewed_only = on
        self.refresh()

    def set_every_picture(self, on: bool) -> None:
        """Show the cells of all pictures, or of the one that is shown."""
        self._every_picture = on
        self.refresh()

    def choose_bin(self, name: str) -> None:
        """Show the cells of one bin."""
        self.sorting.chosen = name
        self.refresh()

    def show_chosen(self, ids: Sequence[bytes], words: str) -> None:
        """Show some cells of the project, whatever their picture, in a bin of their own.

        Parameters
        ----------
        ids : sequence of bytes
            Their ids, 16 bytes each; cells that were deleted have no crop and are left out.
        words : str
            What the number says that points at them.
        """
        if self._link is None:
            self.start()
        sorting = self.sorting
        sorting.picked = np.frombuffer(b"".join(ids), "V16")
        sorting.picked_title, sorting.chosen, sorting.is_unreviewed_only = words, PICKED, False
        self._every_picture = True
        self.panel.show_choices(every_picture=True, unreviewed_only=False)
        self.refresh()

    def look_of(self, place: int) -> CropLook:
        """Return how the crop at a place is drawn."""
        sorting, cells = self.sorting, self.sorting.cells
        row = int(sorting.rows[place])
        kind = sorting.classes[int(cells.class_index[row])]
        score = float(cells.scores[row])
        return CropLook(
            self.crops.get(self.wanted(row)),
            kind.colour,
            letter_of(kind),
            "by hand" if np.isnan(score) else f"{score:.2f}",
            Provenance(int(self._provenance[row])),
            bool(cells.marks.status[row] == _REJECTED),
        )

    def wanted(self, row: int) -> Wanted:
        """Return what names the crop of a cell."""
        number, name = self.sorting.cells.key(row)
        y0, x0, y1, x1 = self.sorting.cells.boxes[row].tolist()
        return Wanted(number, name, (y0, x0, y1, x1))

    # ---- what is done

    def on_key(self, key: str) -> None:
        """Answer for the cells that are meant."""
        places = self.panel.grid.meant()
        if key == "N":
            self.go_on()
        elif key in ("A", "X", "Delete"):
            self._judge(places, Status.ACCEPTED if key == "A" else Status.REJECTED)
        else:
            kind = class_with_key(self.sorting.classes, key)
            if kind is None:
                self.said.emit(f"No class has the key {key}.")
            else:
                self._put(places, kind.name)

    def put_chosen(self, name: str) -> None:
        """Put the chosen crops into a bin."""
        self._put(self.panel.grid.chosen_rows().tolist(), name)

    def put(self, ids: list[bytes], name: str) -> None:
        """Put cells into a bin."""
        if len(ids) > AT_ONCE:
            put = partial(answers.put_many, name=name, drawn=self._drawn(), say=self._tell)
            self._window.when_free(lambda: put(self._window, self._need(), _as_array(ids)))
        else:
            draws = self._draws(ids)
            self._window.when_free(lambda: self._tell(answers.put(self._need(), ids, name, draws)))

    def accept_visible(self) -> None:
        """Accept every crop in view that counts, as one step."""
        first, last = self.panel.grid.in_view
        rejected = self.sorting.cells.marks.status[self.sorting.rows] == _REJECTED
        self._judge([place for place in range(first, last) if not rejected[place]], Status.ACCEPTED)

    def go_on(self) -> None:
        """Make the next cell that nobody has looked at the current one."""
        place = self.sorting.next_unreviewed(self.panel.grid.current)
        if place is None:
            self.said.emit("Every cell of this bin has been reviewed.")
        else:
            self.panel.grid.go_to(place)

    def go_to(self, place: int) -> None:
        """Show a cell on its picture."""
        row = int(self.sorting.rows[place])
        number, name = self.sorting.cells.key(row)
        y0, x0, y1, x1 = (round(edge) for edge in self.sorting.cells.boxes[row].tolist())
        self._window.go_to(self._place(number), Box(y0, x0, y1, x1), name)

    def _judge(self, places: list[int], status: Status) -> None:
        ids = self._ids(places)
        if len(ids) > AT_ONCE:
            judge = partial(answers.judge_many, status=status, drawn=self._drawn(), say=self._tell)
            self._window.when_free(lambda: judge(self._window, _as_array(ids)))
        else:
            draws = self._draws(ids)
            self._window.when_free(lambda: self._tell(answers.judge(self._need(), ids, status, draws)))

    def _put(self, places: list[int], name: str) -> None:
        self.put(self._ids(places), name)

    def _ids(self, places: list[int]) -> list[bytes]:
        return [self.sorting.cells.ids[self.sorting.rows[place]].tobytes() for place in places]

    def _draws(self, ids: list[bytes]) -> dict[UUID, Draw]:
        return {UUID(bytes=each): Draw(self._drawn()) for each in ids}

    def _drawn(self) -> Drawn:
        """Return how cells came before the person: sorted by doubt, on purpose; else freely."""
        return Drawn.DOUBTFUL if self.sorting.order is Order.DOUBT else Drawn.FREE

    def _need(self) -> Link:
        if self._link is None:
            raise CellwrightError("There is no project to keep this in; analyze a picture first.")
        return self._link

    def _tell(self, text: str) -> None:
        if text:
            self.said.emit(f"{text} · Ctrl+Z takes it back")

    # ---- following

    def _on_records(self) -> None:
        self._paths.clear()  # a moved picture may have been found again
        self._soon.start()

    def _on_changed(self, _number: int) -> None:
        self._soon.start()

    def _cells(self, link: Link, number: int) -> Cells:
        """Return the cells of a picture; worked out anew only where its table or a threshold is another."""
        table = link.table(number)
        decisions = decisions_in(table.objects.classes, self._window.threshold)
        kept = self._tables.get(number)
        if kept is None or kept[0] is not table or kept[1] != decisions:
            places = self._same_places(number, table.objects.boxes)
            found = cells_of(number, table.objects, table.marks, decisions, places)
            kept = self._tables[number] = (table, decisions, found)
        return kept[2]

    def _same_places(self, number: int, boxes: NDArray[np.float32]) -> Pairs:
        """Return which boxes are of one place; worked out anew only where a box is another."""
        kept = self._places.get(number)
        if kept is None or not np.array_equal(kept[0], boxes):
            # None overlap where the whole would keep a person waiting: doubt is then about the threshold alone.
            compared = boxes if len(boxes) <= _MOST_COMPARED else boxes[:0]
            kept = self._places[number] = (boxes, same_places(compared))
        return kept[1]

    def _on_viewed(self, first: int, last: int) -> None:
        ahead = _AHEAD_ROWS * self.panel.grid.columns
        rows = self.sorting.rows
        # What is in view first, then what comes next, then what was just left.
        order = [*range(first, last), *range(last, min(len(rows), last + ahead)), *range(max(0, first - ahead), first)]
        self.crops.want([self.wanted(int(rows[place])) for place in order if place < len(rows)])

    def _describe(self) -> None:
        """Describe the cells that nobody has described, picture by picture, in the background."""
        link = self._link
        if link is None:
            return
        for number in self.pictures():
            cells = self._cells(link, number)
            is_new = np.array([each.tobytes() not in self._features for each in cells.ids], bool)
            if not is_new.any() or number in self._describing:
                continue
            self._describing.add(number)
            ids = cells.ids[is_new]
            masks = masks_of(link.table(number).objects, ids)
            operation = DescribeCells(self._place(number), cells.boxes[is_new], masks)
            done = partial(self._on_described, number, [each.tobytes() for each in ids], link)
            self._window.submit_quietly(operation, Lane.FILES, done, listed=True)

    def _on_described(self, number: int, ids: list[bytes], link: Link, job: Job[Any]) -> None:
        if link is not self._link:
            return
        if job.result is None:
            return  # what cannot be read stays in `_describing`, so that it is not tried again and again
        self._describing.discard(number)
        self._features.update(zip(ids, job.result, strict=True))
        self._soon.start()

    @staticmethod
    def _path(link: Link, path: str) -> Path:
        return place_of(link.project.folder, path)


_REJECTED = tuple(Status).index(Status.REJECTED)


def _as_array(ids: Sequence[bytes]) -> NDArray[np.void]:
    return np.frombuffer(b"".join(ids), "V16")
