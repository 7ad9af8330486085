"""`Plots`: keeps a plot with the session, and turns gates into chosen cells, and those into steps of work."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QInputDialog, QStackedWidget, QWidget

from cellwright.core import CellwrightError
from cellwright.project.opening import GATES
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import as_panel, button, column, label
from cellwright.ui.panels.banner import Level, Message
from cellwright.ui.plots.choosing import Choosing
from cellwright.ui.plots.controls import PlotControls
from cellwright.ui.plots.gate_box import FORMATS, GateBox
from cellwright.ui.plots.naming import key_of
from cellwright.ui.plots.plot_area import PlotArea
from cellwright.ui.plots.tools import OF_ONE_AXIS, OF_TWO_AXES, PlotTool
from cellwright.ui.plots.words import chosen_words, is_found, notes_of, why_empty
from cellwright.ui.plots.writing import write_plot
from cellwright.ui.state.colouring import ByColumn
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.plotting import PlotSpec, Reach
from cellwright.ui.state.plotting_cells import PlottedCells, gather, with_columns
from cellwright.ui.state.plotting_gate import Gate, filter_text, with_axes
from cellwright.ui.state.plotting_gate_file import GateShelf

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from cellwright.ui.panel_host import PanelHost

_MUCH, _NOW_AND_THEN_MS = 100_000, 200


class Plots(QWidget):
    """The page of plots.

    Parameters
    ----------
    host : PanelHost
        The window.
    """

    def __init__(self, host: PanelHost, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._host, self._session = host, host.session
        self.choosing = Choosing(host)
        self.shelf = self._shelf_of_project()
        self.spec = PlotSpec()
        self.gate: Gate | None = None
        self._is_stale = True
        as_panel(self)
        self.controls = PlotControls()
        self.area = PlotArea(host.theme)
        self.gates = GateBox(host.theme, self.choosing.class_actions)
        self.notes = label("", "muted", wrap=True)
        self.notes.setTextFormat(Qt.TextFormat.RichText)
        self._build()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._when_seen)
        self._connect()
        self.gates.show_names([gate.name for gate in self.shelf.gates])

    def _build(self) -> None:
        middle = QWidget()
        layout = column(middle, margin=0, gap=0)
        self.area_or_words = QStackedWidget()
        self.empty = QWidget()
        words = column(self.empty, margin=16, gap=8)
        self.words = label("", "muted", wrap=True)
        self.analyze = button(
            "Analyze this picture",
            "Find the cells of this picture.",
            partial(self.choosing.do, "analyze.run"),
            "primary",
        )
        words.addStretch(1)
        words.addWidget(self.words)
        words.addWidget(self.analyze, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(2)
        self.area_or_words.addWidget(self.area)
        self.area_or_words.addWidget(self.empty)
        layout.addWidget(self.area_or_words, 1)
        self.notes.setContentsMargins(8, 0, 4, 3)
        layout.addWidget(self.notes)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.controls)
        row.addWidget(middle, 1)
        row.addWidget(self.gates)

    def _connect(self) -> None:
        session, gates = self._session, self.gates
        for signal in (session.objects_changed, session.measured_changed, session.picture_changed):
            signal.connect(self._on_picture)
        session.current_changed.connect(self._on_current)
        session.pictures_changed.connect(self._on_anything)
        session.filter_changed.connect(self._on_anything)
        session.selection_changed.connect(self._on_selection)
        self._host.theme_changed.connect(self.set_theme)
        self._host.project_changed.connect(self._on_project)
        self.controls.changed.connect(self.show_spec)
        self.area.gate_drawn.connect(self._on_gate)
        self.area.picked.connect(self._on_picked)
        gates.tool_chosen.connect(self.area.set_tool)
        gates.ends_typed.connect(self._on_ends)
        gates.reject_asked.connect(partial(self.choosing.do, "correct.reject"))
        gates.keep_asked.connect(self.keep_only)
        gates.show_asked.connect(self.show_only)
        gates.clear_asked.connect(self.clear_gate)
        gates.colour_asked.connect(self.colour_picture)
        gates.write_asked.connect(self.ask_path)
        gates.save_asked.connect(self.ask_name)
        gates.apply_asked.connect(self.apply_gate)
        gates.delete_asked.connect(self.delete_gate)

    def stop(self) -> None:
        """Follow the session no more, before the window goes."""
        session = self._session
        for signal in (session.objects_changed, session.measured_changed, session.picture_changed):
            signal.disconnect(self._on_picture)
        session.current_changed.disconnect(self._on_current)
        session.pictures_changed.disconnect(self._on_anything)
        session.filter_changed.disconnect(self._on_anything)
        session.selection_changed.disconnect(self._on_selection)
        self._host.project_changed.disconnect(self._on_project)
        self._soon.stop()
        self.area.close_plot()

    # ---- what is drawn

    def show_spec(self, spec: PlotSpec) -> None:
        """Draw something else."""
        self.spec = spec
        if self.gate is not None and not self._fits(self.gate):
            self.gate = None
        self._when_seen()

    def refresh(self) -> None:
        """Gather the cells and draw them."""
        picture = self._session.current
        measured = self._session.measured(picture) if picture is not None else None
        if measured is not None:
            self.spec = with_columns(self.spec, measured)
            self.controls.spec = self.spec
            self.controls.offer_columns(measured.known)
        self.controls.show_spec(self.spec)
        cells = gather(self._session, self.spec)
        words = why_empty(picture, cells)
        self.area_or_words.setCurrentWidget(self.empty if words else self.area)
        self.words.setText(words)
        self.analyze.setVisible(bool(words) and self._host.actions["analyze.run"].isEnabled() and not is_found(picture))
        self._show_cells(cells, is_drawn=not words)

    def _show_cells(self, cells: PlottedCells, *, is_drawn: bool) -> None:
        tools = (PlotTool.LOOK,) if not cells.axes else OF_ONE_AXIS if len(cells.axes) == 1 else OF_TWO_AXES
        self.gates.offer_tools(tools)
        self.gates.offer_outputs(is_drawn=is_drawn, column=self._colour_column())
        if is_drawn:
            self.area.show_cells(cells)
            self.area.set_tool(self.gates.tool)
        self.notes.setText(
            " · ".join(filter(None, (key_of(cells, is_short=True), escape(notes_of(cells))))) if is_drawn else ""
        )
        self._show_gate()
        self._show_chosen()

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self.area.set_theme(theme)
        self.gates.set_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up when the page comes into view."""
        super().showEvent(event)
        if self._is_stale:
            self._soon.start(0)

    def _when_seen(self) -> None:
        self._is_stale = not self.isVisible()
        if not self._is_stale:
            self.refresh()

    # ---- what is chosen

    def _on_gate(self, gate: Gate, adds: bool) -> None:
        self.gate = gate
        self.choosing.by_gate(gate, adds=adds)
        self._show_gate()

    def _on_ends(self, low: float, high: float) -> None:
        cells = self.area.cells
        if cells is None or len(cells.axes) != 1 or not low < high:
            return
        if cells.axes[0].is_log:
            low = max(low, 1e-300)
        try:
            self._on_gate(Gate(cells.axes, ((low,), (high,))), False)
        except CellwrightError as error:
            self._tell(error)

    def _on_picked(self, places: NDArray[np.intp], adds: bool) -> None:
        if self.area.cells is not None:
            self.choosing.by_click(self.area.cells, places, adds=adds)

    def _show_chosen(self) -> None:
        cells, session = self.area.cells, self._session
        chosen = len(session.selected_rows)
        self.gates.offer_verbs(chosen, can_filter=self.gate is not None and bool(filter_text(self.gate)))
        if cells is None or self.area_or_words.currentWidget() is self.empty:
            self.gates.say("")
            return
        mask = cells.are_chosen(session.current, session.selected_rows)
        self.area.show_chosen(mask)
        self.gates.say(chosen_words(cells, mask, session.current, self.gate))

    def _show_gate(self) -> None:
        cells = self.area.cells
        drawn = [gate for gate in self.shelf.gates if self.gate is None or gate.name != self.gate.name]
        self.area.show_gates([*drawn, *([self.gate] if self.gate is not None else [])])
        has_ends = cells is not None and len(cells.axes) == 1
        self.gates.show_gate(self.gate, has_ends=has_ends)

    # ---- what is done with the chosen cells

    def keep_only(self) -> None:
        """Reject every cell shown that is not chosen, as one step."""
        self.choosing.keep_only()

    def show_only(self) -> None:
        """Show only the cells in the gate."""
        self.choosing.show_only(self.gate)

    def clear_gate(self) -> None:
        """Take the gate away, and choose no cell."""
        self.gate = None
        self._show_gate()
        self._session.select(None)

    def colour_picture(self) -> None:
        """Let the colours in the picture stand for the column across, or up where there is no other."""
        name = self._colour_column()
        if name:
            self._host.set_options(replace(self._host.options, colour_by=ByColumn(name)))

    def _colour_column(self) -> str:
        names = [name for name, _ in self.spec.columns]
        return names[0] if names else ""

    # ---- gates with names

    def ask_name(self) -> None:
        """Ask what the gate that is drawn is to be called."""
        dialog = QInputDialog(self._host.widget)
        dialog.setWindowTitle("Save gate")
        dialog.setLabelText("A name, to find the gate again on other pictures:")
        dialog.setTextValue(self.gate.name if self.gate is not None else "")
        dialog.textValueSelected.connect(self.save_gate)
        self._host.show_dialog(dialog)

    def save_gate(self, name: str) -> None:
        """Keep the gate that is drawn under a name; one of the same name makes way."""
        name = name.strip()
        if self.gate is None or not name:
            return
        self.gate = self.gate.named(name)
        self.shelf.put(self.gate)
        self.gates.show_names([gate.name for gate in self.shelf.gates], name)
        self._show_gate()
        self._show_chosen()

    def apply_gate(self, name: str) -> None:
        """Show the columns of a gate, and choose its cells on the picture that is shown."""
        gate = self.shelf.named(name)
        if gate is None:
            return
        self.gate = gate
        if not self._fits(gate):
            self.spec = with_axes(self.spec, gate)
        self.refresh()
        self.gates.show_names([each.name for each in self.shelf.gates], name)
        self.choosing.by_gate(gate)

    def _shelf_of_project(self) -> GateShelf:
        """Return the gates of the project that a person keeps, and their own beside them; without one, their own."""
        folder, link, own = self._host.kept_project, self._host.link, GateShelf()
        if folder is None:
            return own
        path = folder / GATES
        # nothing is written into a project that was opened to look only
        return GateShelf(beside=GateShelf(path)) if link is None or link.is_read_only else GateShelf(path, own)

    def _on_project(self, _link: object) -> None:
        self.shelf = self._shelf_of_project()
        self.gates.show_names([gate.name for gate in self.shelf.gates], self.gate.name if self.gate is not None else "")
        self._show_gate()

    def delete_gate(self, name: str) -> None:
        """Forget a gate."""
        self.shelf.drop(name)
        if self.gate is not None and self.gate.name == name:
            self.gate = None
        self.gates.show_names([gate.name for gate in self.shelf.gates])
        self._show_gate()

    def _fits(self, gate: Gate) -> bool:
        return tuple((axis.name, axis.is_log) for axis in gate.axes) == self.spec.columns

    # ---- files

    def ask_path(self, suffix: str) -> None:
        """Ask where a plot is to be written, and write it there."""
        picture = self._session.current
        stem = picture.path.stem if picture is not None else "plot"
        folder = Path(self._host.settings.last_export_folder or Path.home())
        name = str(folder / f"{stem} {self.spec.kind.value}.{suffix}")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save plot", name, f"{FORMATS[suffix]} (*.{suffix})")
        if chosen:
            path = Path(chosen)
            self.write_to(path if path.suffix else path.with_suffix(f".{suffix}"))

    def write_to(self, path: Path) -> None:
        """Write the plot; see `write_plot`."""
        try:
            write_plot(self.area, path)
        except CellwrightError as error:
            self._tell(error)
            return
        self._host.settings.last_export_folder = str(path.parent)
        self._host.tell(Message(Level.GOOD, f"{path.name} was written to {path.parent}."))

    # ---- following

    def _on_picture(self, picture: Picture) -> None:
        if self.spec.reach is Reach.ALL or picture is self._session.current:
            self._follow()

    def _follow(self) -> None:
        """Draw anew: at once, but of very many cells, or while more are found, only now and then."""
        picture, cells = self._session.current, self.area.cells
        is_much = (cells is not None and len(cells) > _MUCH) or (picture is not None and picture.state.is_busy)
        if not self._soon.isActive():
            self._soon.start(_NOW_AND_THEN_MS if is_much else 0)

    def _on_current(self, _picture: Picture | None) -> None:
        if self.gate is not None and not self.gate.name:
            self.gate = None
        self._soon.start(0)

    def _on_anything(self) -> None:
        self._follow()

    def _on_selection(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._show_chosen()

    def _tell(self, error: CellwrightError) -> None:
        self._host.tell(Message(Level.WARNING, str(error)))


def make_plots(host: PanelHost) -> Plots:
    """Return the page of plots of a window."""
    return Plots(host)
