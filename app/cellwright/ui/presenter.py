"""Shows the session in the window: every panel and the canvas follow it, each at most once a turn of the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication

from cellwright.core import Box, Objects
from cellwright.ui.canvas import ShownObjects
from cellwright.ui.canvas.geometry import object_at
from cellwright.ui.chest import chest_lines, chest_of
from cellwright.ui.overlaps import offers_overlap
from cellwright.ui.panels.counts_panel import ratio_text
from cellwright.ui.panels.selected_panel import SelectedCell
from cellwright.ui.state.colouring import ByColumn, ColourBy, Legend, areas_of, measured_colours, object_colours
from cellwright.ui.state.emptiness import nothing_shown, why_empty
from cellwright.ui.state.marks import STATUSES
from cellwright.ui.state.measured import MeasuredColumn
from cellwright.ui.state.numbers import area_table_of, count_table_of
from cellwright.ui.state.picture import Picture, PictureState
from cellwright.ui.state.told_apart import kinds_said

if TYPE_CHECKING:
    from cellwright.measure import CardiothoracicRatio
    from cellwright.ui.canvas import PictureCanvas
    from cellwright.ui.main_window import MainWindow
    from cellwright.ui.state.loading import LoadedPicture
    from cellwright.workflows import AreaTable, CountTable

_PROGRESS_MS = 100

# While results stream in, panels follow the boxes in a frame of their own: one for both would take too long.
_BETWEEN_FRAMES_MS = 60

_MUCH = 100_000
"""From so many objects on, sorting the table takes longer than a frame."""


class Presenter(QObject):
    """Follows one session.

    Parameters
    ----------
    window : MainWindow
        Whose panels show it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._shown = np.zeros(0, np.intp)
        self._on_canvas: tuple[int, LoadedPicture] | None = None
        # a slider moves faster than boxes, counts and table follow: only the last place of a turn is shown
        self._objects_timer = self._timer(0, self.refresh_objects)
        self._list_timer = self._timer(_PROGRESS_MS, self._refresh_list)
        self._panels_timer = self._timer(_BETWEEN_FRAMES_MS, self._refresh_panels)
        self._timers = (self._objects_timer, self._list_timer, self._panels_timer)
        self._stale: set[int] = set()
        self._chest: CardiothoracicRatio | None = None
        self._coloured: tuple[Objects, object, tuple[NDArray[np.uint8], Legend | None]] | None = None
        self._column_colours: tuple[MeasuredColumn, tuple[NDArray[np.uint8], Legend]] | None = None
        self._counted: tuple[AreaTable | None, CountTable | None] = (None, None)
        session = self._session
        session.pictures_changed.connect(self._on_pictures)
        session.picture_changed.connect(self._on_picture)
        session.current_changed.connect(self._on_current)
        session.objects_changed.connect(self._on_objects)
        session.filter_changed.connect(self._on_filter)
        session.selection_changed.connect(self._on_selection)
        session.measured_changed.connect(self._on_measured)
        window.controller.loaded.connect(self._on_loaded)
        window.centre.canvas_made.connect(self._on_canvas_made)

    def _timer(self, ms: int, call: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(call)
        return timer

    def stop(self) -> None:
        """Follow no more, before the window goes."""
        self._window.measuring.cells.stop()
        session = self._session
        session.pictures_changed.disconnect(self._on_pictures)
        session.picture_changed.disconnect(self._on_picture)
        session.current_changed.disconnect(self._on_current)
        session.objects_changed.disconnect(self._on_objects)
        session.filter_changed.disconnect(self._on_filter)
        session.selection_changed.disconnect(self._on_selection)
        session.measured_changed.disconnect(self._on_measured)
        for timer in self._timers:
            timer.stop()

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that the session said so far is shown."""
        return not any(timer.isActive() for timer in self._timers)

    # ---- what the session says

    def _on_pictures(self) -> None:
        self._window.pictures.refresh()
        self._window.update_actions()

    def _on_picture(self, picture: Picture) -> None:
        self._stale.add(picture.key)
        if not self._list_timer.isActive():
            self._list_timer.start()
        if picture is not self._session.current or picture.state.is_busy:
            return
        if picture.state is PictureState.FAILED and self._window.controller.loaded_picture(picture) is None:
            self._window.centre.show_words(picture.problem)
        self._objects_timer.start()

    def _on_current(self, picture: Picture | None) -> None:
        window = self._window
        window.pictures.mark_current()
        window.show_title()
        self.show_display(picture)
        if picture is None:
            self._on_canvas = None
            if window.centre.canvas is not None:
                window.centre.canvas.clear()
            window.centre.show_start_page()
        elif window.controller.loaded_picture(picture) is None:
            window.centre.show_words(picture.problem or f"Opening {picture.name}…")
        self._objects_timer.start()

    def _on_loaded(self, picture: Picture, loaded: LoadedPicture) -> None:
        if picture is not self._session.current:
            return
        self._on_canvas = (picture.key, loaded)
        canvas = self._window.centre.canvas
        self._window.proposing.look_at(picture)
        self.show_display(picture)
        if canvas is not None and canvas.key == picture.key:
            canvas.update_picture(loaded)
            self.refresh_selection()
            return
        if canvas is not None:
            canvas.show_picture(picture.key, loaded)
            self._window.centre.show_canvas()
        elif self._window.is_viewer_ready:
            self._window.centre.show_canvas()
        else:
            self._window.centre.show_words("Getting the viewer ready…")
        self.refresh_objects()

    def _on_canvas_made(self, canvas: PictureCanvas) -> None:
        canvas.set_options(self._window.options)
        canvas.clicked.connect(self._on_click)
        canvas.double_clicked.connect(self._on_double_click)
        canvas.hovered.connect(self._on_hover)
        canvas.view_changed.connect(self._on_view)
        canvas.drags.contrast_dragged.connect(self._window.display.drag)
        self._window.measuring.watch(canvas)
        self._window.correcting.tools.watch(canvas)
        if self._on_canvas is not None:
            canvas.show_picture(*self._on_canvas)
            self._window.centre.show_canvas()
            self.refresh_objects()

    def show_display(self, picture: Picture | None) -> None:
        """Show what can be chosen of a picture: brightness, channels, plane."""
        display, planes = self._window.display, self._window.centre.planes
        if picture is None or picture.facts is None or picture.look is None:
            display.clear()
            planes.show_picture(None, None, 0)
            return
        display.show_picture(picture.facts, picture.look, picture.analysed_channel)
        planes.show_picture(picture.facts, picture.look, picture.analyzed_planes)

    def _on_objects(self, picture: Picture) -> None:
        self._on_picture(picture)
        if picture is self._session.current:
            self._objects_timer.start()

    def _on_measured(self, picture: Picture) -> None:
        if picture is not self._session.current:
            return
        if isinstance(self._window.options.colour_by, ByColumn):
            self._objects_timer.start()
        elif not self._objects_timer.isActive():
            self._panels_timer.start()

    def _on_filter(self) -> None:
        self._objects_timer.start()
        self._stale.update(picture.key for picture in self._session.pictures if picture.objects is not None)
        self._list_timer.start()

    def _on_selection(self) -> None:
        if self._objects_timer.isActive() or self._panels_timer.isActive():
            return  # the selection is shown with the objects, a moment later
        self.refresh_selection()
        self._show_counts()

    # ---- what the canvas says

    def _on_click(self, y: float, x: float) -> None:
        picture = self._session.current
        if picture is None or picture.objects is None:
            return
        row = object_at(picture.objects, self._shown, y, x)
        if QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._add_to_selection(row)
        else:
            self._session.select(row)

    def _add_to_selection(self, row: int | None) -> None:
        """Select a cell beside those selected; one that is selected is taken out."""
        if row is not None:
            rows = self._session.selected_rows
            is_in = bool((rows == row).any())
            self._session.select_rows(rows[rows != row] if is_in else np.append(rows, row), None if is_in else row)

    def _on_double_click(self, y: float, x: float) -> None:
        self._on_click(y, x)
        self.centre_selected()

    def _on_hover(self, y: float, x: float) -> None:
        picture = self._session.current
        if picture is not None:
            self._window.status.show_place(y, x, picture.pixel_size)

    def _on_view(self) -> None:
        canvas = self._window.centre.canvas
        view = canvas.viewport() if canvas is not None else None
        if view is not None:
            self._window.status.show_zoom(view.zoom * self._window.devicePixelRatioF())

    def centre_selected(self) -> None:
        """Bring the selected cell to the middle of the picture."""
        picture, row = self._session.current, self._session.selected
        canvas = self._window.centre.canvas
        if canvas is not None and picture is not None and picture.objects is not None and row is not None:
            canvas.centre_on(picture.objects.boxes[row])

    # ---- what is shown

    def refresh_objects(self) -> None:
        """Show boxes, table, counts and the selected cell anew."""
        self._objects_timer.stop()
        picture = self._session.current
        if picture is not None:
            self._shown = self._session.shown(picture)
            self._draw(picture)
        is_much = picture is not None and picture.objects is not None and len(picture.objects) > _MUCH
        if picture is not None and (picture.state.is_busy or is_much):
            self._panels_timer.start()  # anew with each step of a slider: panels follow when it rests
        else:
            self._refresh_panels()

    def _refresh_panels(self) -> None:
        """Show table, counts and the selected cell anew."""
        self._panels_timer.stop()
        picture = self._session.current
        objects = picture.objects if picture is not None else None
        if picture is None or objects is None:
            self._show_nothing(picture)
        else:
            self._shown = self._session.shown(picture)
            measured = self._session.measured(picture)
            assert measured is not None
            self._window.objects.show_objects(measured, self._shown, picture.styles)
            if not len(self._shown):
                self._window.objects.show_empty(nothing_shown(picture, objects), can_analyze=False)
        measured = self._session.measured(picture) if picture is not None else None
        self._window.layers.offer_columns(() if measured is None else tuple(measured.known.values()))
        self._refresh_counts()
        self.refresh_selection()
        self._show_status(picture)
        self._window.model_panel.offer_overlap(offers_overlap(picture))
        self._window.model_panel.show_scale(picture)
        self._window.correcting.refresh()
        if picture is not None and picture.facts is not None and picture.facts.is_stack:
            self.show_display(picture)
        self._window.update_actions()

    def _show_nothing(self, picture: Picture | None) -> None:
        self._shown = np.zeros(0, np.intp)
        can_analyze = picture is not None and _can_analyze(picture) and self._session.card is not None
        self._window.objects.show_empty(why_empty(picture), can_analyze)

    def _draw(self, picture: Picture) -> None:
        objects = picture.objects
        self._window.set_has_masks(objects is not None and objects.masks is not None)
        self._chest = chest_of(objects, self._shown) if objects is not None else None
        canvas = self._window.centre.canvas
        if canvas is None or self._on_canvas is None or self._on_canvas[0] != picture.key:
            return
        by = self._window.options.colour_by
        if objects is None or not len(objects):
            canvas.show_objects(ShownObjects())
        else:
            colours, legend = self._colours_of(picture, objects)
            provenance = picture.marks.provenance if picture.marks is not None else None
            shown = ShownObjects(objects, self._shown, picture.styles, colours, legend, by, provenance)
            canvas.show_objects(shown)
        canvas.set_pixel_size(picture.pixel_size)
        self.draw_lines(picture)

    def _colours_of(self, picture: Picture, objects: Objects) -> tuple[NDArray[np.uint8], Legend | None]:
        """Return the colours of all objects; a slider changes which are shown, not what they look like."""
        by, known = self._window.options.colour_by, self._coloured
        measured = self._session.measured(picture)
        if isinstance(by, ByColumn) and measured is not None:
            name = measured.name_of(by.name)
            if name is not None and not measured.known[name].is_words:
                return self._colours_by(measured.column(name))
        by = by if isinstance(by, ColourBy) else ColourBy.CLASS
        key = (picture.styles, by, picture.pixel_size)
        if known is None or known[0] is not objects or known[1] != key:
            known = self._coloured = (objects, key, object_colours(objects, *key))
        return known[2]

    def _colours_by(self, column: MeasuredColumn) -> tuple[NDArray[np.uint8], Legend]:
        """Return the colours of a column; it is the same one until something is measured anew."""
        if self._column_colours is None or self._column_colours[0] is not column:
            self._column_colours = (column, measured_colours(column))
        return self._column_colours[1]

    def draw_lines(self, picture: Picture) -> None:
        """Draw what is measured on a picture: by a model, and with the ruler."""
        canvas = self._window.centre.canvas
        if canvas is not None:
            ruler = picture.ruler.line(picture.pixel_size) if picture.ruler is not None else None
            canvas.set_lines(chest_lines(self._chest) if self._chest is not None else (), ruler)

    def hide_results(self, hidden: bool) -> None:
        """Show the bare picture, or what was found on it again."""
        canvas = self._window.centre.canvas
        if canvas is not None:
            canvas.set_hidden(hidden)

    def _refresh_counts(self) -> None:
        picture = self._session.current
        areas = area_table_of(self._session, picture) if picture is not None else None
        table = count_table_of(self._session, picture) if picture is not None and areas is None else None
        self._counted = (areas, table)
        self._show_counts()

    def _show_counts(self) -> None:
        """Show the numbers as they were counted last; a selection changes which stand out, and not the numbers."""
        picture, counts = self._session.current, self._window.counts
        areas, table = self._counted
        if picture is not None and areas is not None:
            ratio = ratio_text(self._chest, picture.pixel_size) if self._chest is not None else ("", "")
            counts.show_areas(areas, picture.styles, *self._state_of(picture), ratio)
            return
        if picture is None or table is None:
            failed = picture is not None and picture.state is PictureState.FAILED
            counts.show_hint("No counts: this picture could not be analyzed." if failed else why_empty(picture))
            return
        counts.show_counts(table, picture.styles, *self._state_of(picture))

    def _state_of(self, picture: Picture) -> tuple[set[str], str | None, tuple[str, ...]]:
        """Return which classes are hidden, which stands out, and what to know beside the numbers."""
        hidden = {style.name for style in picture.styles if not self._session.is_visible(style.name)}
        notes = tuple(picture.analysis.notes) if picture.analysis is not None else ()
        return hidden, self._session.lit_class, notes

    def refresh_selection(self) -> None:
        """Mark the selected cell in picture, table and panel, and the class that stands out."""
        picture, row = self._session.current, self._session.selected
        window = self._window
        window.objects.select_objects(self._session.selected_rows, row)
        cell = self._cell(picture, row) if picture is not None and row is not None else None
        window.selected.show_cell(cell)
        canvas = window.centre.canvas
        if canvas is not None and picture is not None:
            if cell is None or row is None:
                canvas.set_selected(None)
            else:
                canvas.set_selected(cell.box, _rings(picture.objects, row))
            names = [style.name for style in picture.styles]
            canvas.set_also_selected(self._boxes_of(picture, self._session.selected_rows))
            lit = self._session.lit_class
            canvas.set_lit(names.index(lit) if lit in names else None)
        window.update_actions()

    @staticmethod
    def _boxes_of(picture: Picture, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the boxes of several selected cells; none where at most one is selected, which is marked itself."""
        several = picture.objects is not None and len(rows) > 1
        return picture.objects.boxes[rows] if several and picture.objects is not None else np.zeros((0, 4), np.float32)

    def _cell(self, picture: Picture, row: int) -> SelectedCell | None:
        objects = picture.objects
        if objects is None or row >= len(objects):
            return None
        box = objects.boxes[row]
        loaded = self._window.controller.loaded_picture(picture)
        crop = loaded.crop(_around(box, loaded.shape)) if loaded is not None else None
        one = objects.take(np.array([row]))
        style = picture.styles[int(objects.class_index[row])]
        areas, unit = areas_of(one, picture.pixel_size)
        is_outlined = objects.masks is not None and objects.masks.counts[row] > 0
        area = f"{areas[0]:,.1f} {unit}" if is_outlined else ""
        correcting, name = self._window.correcting, objects.ids[row].tobytes()
        source, status = objects.source, ""
        if picture.marks is not None:
            source, status = correcting.source(name) or source, STATUSES[picture.marks.status[row]].value
        return SelectedCell(
            crop,
            style,
            float(objects.scores[row]),
            box,
            picture.pixel_size,
            source,
            one.id_strings()[0],
            area,
            status,
            correcting.history(picture, name),
            kinds_said(picture, row),
        )

    def _show_status(self, picture: Picture | None) -> None:
        status = self._window.status
        if picture is None:
            status.clear_picture()
            return
        note = "entered by hand" if picture.user_pixel_size is not None else picture.pixel_size_note
        loaded = self._window.controller.loaded_picture(picture)
        lens = loaded.magnification if loaded is not None else None
        status.show_picture(picture.shape, picture.pixel_size, note, lens)
        if picture.pixel_size is None and picture.fitting_pixel_size is not None:
            status.ask_pixel_size(picture.fitting_pixel_size)

    def _refresh_list(self) -> None:
        for key in self._stale:
            picture = self._session.picture_with_key(key)
            if picture is not None:
                self._window.pictures.refresh_picture(picture)
        self._stale.clear()


def _rings(objects: Objects | None, row: int) -> tuple[NDArray[np.float32], ...]:
    """Return the outlines of one object, (P, 2) y, x each; none where only its box is known."""
    if objects is None or objects.masks is None:
        return ()
    from cellwright.shapes import contours

    found = contours(objects.masks.take(np.array([row])))
    return tuple(found.ring(k) for k in range(len(found)))


def _around(box: NDArray[np.float32], shape: tuple[int, int]) -> Box:
    """Return a square around a box with a rim of a sixth, moved into the picture where it would stand out of it."""
    y0, x0, y1, x1 = (float(side) for side in box)
    half = max(4.0, 0.5 * max(y1 - y0, x1 - x0) * 4 / 3)
    y, x = (y0 + y1) / 2, (x0 + x1) / 2
    side = min(1024, round(2 * half))
    top = min(max(0, round(y - side / 2)), max(0, shape[0] - side))
    left = min(max(0, round(x - side / 2)), max(0, shape[1] - side))
    return Box(top, left, top + side, left + side)


def _can_analyze(picture: Picture) -> bool:
    return not picture.state.is_busy and not picture.is_unreadable and not picture.is_being_read
