"""Cells measured in the window: what is chosen, taken beside it, taken again after corrections, and summed up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from cellwright.jobs import run_inline
from cellwright.jobs.queue import Job, JobState, Lane
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.correcting.parts import part_of
from cellwright.ui.dialogs.columns_dialog import Choice, ColumnsDialog
from cellwright.ui.looks.wording import plural
from cellwright.ui.measured_keeping import MeasuredKeeping
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.panels.objects_columns import ID
from cellwright.ui.state.measurable import measurable, offer_of
from cellwright.ui.state.measured import CELLS, taken_of, title_of, without_unit
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.summary import Summarise, SummaryRow, grouped_cells

if TYPE_CHECKING:
    from cellwright.core import Objects, PixelSize
    from cellwright.measure import Measurement
    from cellwright.ui.main_window import MainWindow

_REST_MS = 1200
"""So long after the last correction or step of a slider cells are measured again."""

_SUMMARY_MS = 150
_MOST_FOLLOWED = 200_000
"""More cells than this are measured again only when a person asks; up to so many are summed up at once."""


class MeasuringCells(QObject):
    """The measurements of one window.

    Parameters
    ----------
    window : MainWindow
        Where they are shown.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._table, self._line = window.objects, window.filter_line
        self._keeping = MeasuredKeeping(window)
        self._jobs: dict[int, Job[tuple[Measurement, ...]]] = {}
        self._summary_job: Job[tuple[SummaryRow, ...]] | None = None
        self._follow_timer = self._timer(_REST_MS, self._follow)
        self._summary_timer = self._timer(_SUMMARY_MS, self._sum_up)
        self._table.set_columns(tuple(window.settings.table_columns))
        self._table.columns_asked.connect(self.choose_columns)
        self._table.columns_chosen.connect(self._show_columns)
        self._table.summary.asked.connect(self._sum_up)
        self._line.columns_asked.connect(self.choose_columns)
        self._line.measure_asked.connect(self._on_measure_asked)
        self._line.measure_again_asked.connect(self.measure_again)
        self._line.summary_asked.connect(self.show_summary)
        session = self._session
        session.measured_changed.connect(self._on_measured)
        session.filter_changed.connect(self._on_filter)
        session.current_changed.connect(self._on_current)
        window.destroyed.connect(self._follow_timer.stop)

    def _timer(self, ms: int, call: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(call)
        return timer

    def handlers(self) -> Mapping[str, Handler]:
        """Return what does each declared action."""
        return {
            "measure.cells": self.choose_columns,
            "measure.again": self.measure_again,
            "measure.columns": self.choose_columns,
            "measure.filter": self._to_the_filter,
            "measure.summary": self.show_summary,
        }

    def stop(self) -> None:
        """Follow no more, before the window goes."""
        self._keeping.stop()
        session = self._session
        session.measured_changed.disconnect(self._on_measured)
        session.filter_changed.disconnect(self._on_filter)
        session.current_changed.disconnect(self._on_current)
        self._follow_timer.stop()
        self._summary_timer.stop()

    # ---- choosing

    def choose_columns(self) -> None:
        """Let a person choose what the table shows and what is measured for it."""
        self._open_dialog(())

    def _on_measure_asked(self, name: str) -> None:
        self._open_dialog((name,))

    def _open_dialog(self, ticked: Sequence[str]) -> None:
        picture = self._session.current
        choices = choices_for(self._window, picture) if picture is not None else []
        if not choices:
            self._window.say(Message(Level.INFO, "Open and analyze a picture first; then its cells can be measured."))
            return
        shown = [each.name for each in self._table.model.columns]
        many = sum(each.objects is not None for each in self._session.pictures) > 1
        dialog = ColumnsDialog(choices, shown, self._note(picture), many=many, last=ID, parent=self._window)
        dialog.chosen.connect(self._on_chosen)
        matching = {each.name.lower(): each.name for each in choices}
        dialog.tick([matching[name.lower()] for name in ticked if name.lower() in matching])
        self._window.commands.show_dialog(dialog)

    @staticmethod
    def _note(picture: Picture | None) -> str:
        if picture is None or picture.objects is None or picture.objects.masks is not None:
            return ""
        return "Only the boxes of these cells are known: shape, brightness, staining and texture need outlines."

    def _on_chosen(self, names: tuple[str, ...], to_measure: tuple[str, ...], of_all: bool) -> None:
        self._show_columns(names)
        picture = self._session.current
        if to_measure and picture is not None:
            self.measure(self._session.pictures if of_all else (picture,), to_measure)

    def _show_columns(self, names: tuple[str, ...]) -> None:
        self._window.settings.table_columns = list(names)
        self._table.set_columns(names)
        self._window.presenter.refresh_selection()
        self._summary_timer.start()

    # ---- measuring

    def measure(self, pictures: Sequence[Picture], words: Sequence[str], *, quietly: bool = False) -> None:
        """Measure columns, besides those measured before, on the cells that count; beside the window.

        Parameters
        ----------
        pictures : sequence of Picture
            Those without cells are left out.
        words : sequence of str
            Names of columns, with or without unit.
        quietly : bool
            Whether it only follows a correction, so that nobody need be told.
        """
        for picture in pictures:
            measured = self._session.measured(picture)
            if measured is None or picture.is_unreadable or not len(measured):
                continue
            before = measured.taken.asked if measured.taken is not None else ()
            asked = self._offered(picture, (*before, *(without_unit(word) for word in words)))
            if asked:
                self._start(picture, asked, quietly=quietly)

    def measure_again(self) -> None:
        """Measure the picture shown as it was measured last."""
        picture = self._session.current
        measured = self._session.measured(picture) if picture is not None else None
        if picture is None or measured is None or measured.taken is None:
            self.choose_columns()
            return
        self.measure((picture,), ())

    @staticmethod
    def _offered(picture: Picture, words: Sequence[str]) -> tuple[str, ...]:
        """Return those columns that a picture can have: another one may have other channels."""
        offer = offer_of(picture)
        keys = offer.by_key() if offer is not None else {}
        return tuple(dict.fromkeys(word for word in words if word in keys))

    def _start(self, picture: Picture, asked: tuple[str, ...], *, quietly: bool) -> None:
        from cellwright.imaging import SlideRef
        from cellwright.workflows.measuring import MeasureObjects

        running = self._jobs.pop(picture.key, None)
        if running is not None:
            running.cancel()
        objects, size, counted = picture.objects, picture.pixel_size, self._session.counted(picture)
        assert objects is not None
        source = part_of(picture)  # every channel, whichever of them a model was shown
        ref = source if isinstance(source, SlideRef) else SlideRef(source.absolute())
        operation = MeasureObjects(ref, objects.take(np.flatnonzero(counted)), asked, size, name=picture.name)
        done = partial(self._on_done, picture, objects, size, counted, quietly)
        self._jobs[picture.key] = self._window.controller.submit_quietly(
            operation, Lane.FILES, done, listed=not quietly
        )

    def _on_done(
        self,
        picture: Picture,
        objects: Objects,
        size: PixelSize | None,
        counted: NDArray[np.bool_],
        quietly: bool,
        job: Job[tuple[Measurement, ...]],
    ) -> None:
        if self._jobs.get(picture.key) is job:
            self._jobs.pop(picture.key)
        if job.result is None:
            if job.state is JobState.FAILED:
                self._window.controller.say_failed(job)
            return
        asked: tuple[str, ...] = getattr(job.operation, "columns", ())
        offer = offer_of(picture)
        groups = {key: name for key, (name, _) in offer.by_key().items()} if offer is not None else {}
        if not self._session.take_measured(picture, objects, size, taken_of(asked, job.result, counted, groups)):
            if not quietly or len(objects) <= _MOST_FOLLOWED:
                self.measure((picture,), asked, quietly=True)  # cells were corrected meanwhile
            return
        if not quietly:
            said = (
                f"{plural(int(counted.sum()), 'cell')} of {picture.name} measured: {plural(len(job.result), 'column')}."
            )
            self._window.say(Message(Level.GOOD, said, action_text="Choose columns", action=self.choose_columns))

    # ---- following corrections

    def _on_measured(self, picture: Picture) -> None:
        if picture is self._session.current:
            self._follow_timer.start()
            if self._table.is_summing_up:
                self._summary_timer.start()

    def _on_filter(self) -> None:
        self._follow_timer.start()
        if self._table.is_summing_up:
            self._summary_timer.start()

    def _on_current(self, _picture: Picture | None) -> None:
        self._on_filter()

    def _follow(self) -> None:
        """Measure the picture shown again if its cells are no longer those that were measured."""
        picture = self._session.current
        if picture is None or picture.state.is_busy or picture.key in self._jobs or not self._is_behind(picture):
            return
        assert picture.objects is not None
        if len(picture.objects) > _MOST_FOLLOWED:
            self._line.tell_behind()
        else:
            self.measure((picture,), (), quietly=True)

    def _is_behind(self, picture: Picture) -> bool:
        measured = self._session.measured(picture)
        if measured is None or measured.taken is None or not measured.taken.asked:
            return False
        return measured.is_behind or not np.array_equal(measured.taken.rows, self._session.counted(picture))

    # ---- summing up

    def show_summary(self, on: bool) -> None:
        """Show how numbers are spread in place of the cells, or the cells again."""
        self._line.summary.setChecked(on)
        self._window.actions_set.set_checked("measure.summary", on)
        self._table.sum_up(on)
        if on:
            self._sum_up()

    def _sum_up(self) -> None:
        if not self._table.is_summing_up:
            return
        if self._summary_job is not None:
            self._summary_job.cancel()
            self._summary_job = None
        cells = grouped_cells(self._session, self._table.summary.group_by)
        names = tuple(each.name for each in self._table.model.columns if not each.is_words)
        operation = Summarise(cells, names)
        if sum(len(part.rows) for part in cells) <= _MOST_FOLLOWED:
            self._table.summary.show_rows(run_inline(operation))
            return
        self._table.summary.show_rows((), "Summing up…")
        self._summary_job = self._window.controller.submit_quietly(operation, Lane.FILES, self._on_summed_up)

    def _on_summed_up(self, job: Job[tuple[SummaryRow, ...]]) -> None:
        if job is self._summary_job and job.result is not None:
            self._table.summary.show_rows(job.result)

    def _to_the_filter(self) -> None:
        self._window.tabs.setCurrentIndex(0)
        self._line.line.setFocus()
        self._line.line.selectAll()


def choices_for(window: MainWindow, picture: Picture) -> list[Choice]:
    """Return every column that the table can show of a picture: those that have values, and those to be measured."""
    measured, offer = window.session.measured(picture), offer_of(picture)
    if measured is None:
        return []
    titles = {CELLS: "Cell", **({name: each.title for name, each in offer.sets.items()} if offer is not None else {})}
    found = [
        Choice(each.name, each.title, each.description, titles.get(each.group, "Others"), True)
        for each in measured.known.values()
    ]
    found.insert(
        1, Choice(ID, ID, "name of this cell that stays the same in every table and file", titles[CELLS], True)
    )
    there = {each.name for each in found}
    in_um = picture.pixel_size is not None
    for name, (group, column) in measurable(picture).items():
        if name not in there:
            unit = column.written_unit(in_um=in_um)
            title = title_of(name, unit)
            found.append(Choice(name, title, column.description, titles[group], False))
    order = list(dict.fromkeys(each.group for each in found))
    return sorted(found, key=lambda each: order.index(each.group))
