"""The line above the table in which a person writes which cells they mean: to select them, or to see them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from cellwright.annotation import FilterMistake, Status, Unmeasured, written_name
from cellwright.core import BadParameter
from cellwright.ui.correcting.filter_completer import FilterCompleter
from cellwright.ui.looks.widgets import as_panel, button, column, describe, label, restyle
from cellwright.ui.looks.wording import plural
from cellwright.ui.state.filtered import kinds_of, rows_meant, understood
from cellwright.ui.state.measurable import measurable, out_of_reach
from cellwright.ui.state.measured import Measured
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session

_EXAMPLE = "area_um2 > 40 and class == 'WBC'"
_HELP = (
    "Which cells you mean, as in: area_um2 > 40 and class == 'WBC'. Every column of the table and every other measured "
    "one can be named, besides area, width, height, x and y, which take a unit (area < 20 µm²); conditions are joined "
    "by and, or, not and brackets. Ctrl+Space lists the columns, Enter selects the cells."
)


class FilterLine(QWidget):
    """Says which cells of the picture shown a text means: selects them, or shows them alone.

    Parameters
    ----------
    session : Session
        Whose selection it is.

    Signals
    -------
    measure_asked(str)
        A column that the text names is to be measured.
    columns_asked()
        A person wants to choose the columns of the table.
    measure_again_asked()
        What was measured before the last change is to be measured again.
    summary_asked(bool)
        A person wants to see how numbers are spread, or the cells again.
    """

    measure_asked = Signal(str)
    measure_again_asked = Signal()
    columns_asked = Signal()
    summary_asked = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._session = session
        self._missing = ""
        self.line = QLineEdit()
        self.line.setPlaceholderText(f"Filter: {_EXAMPLE}")
        describe(self.line, "Select cells by a filter", _HELP)
        self.completer = FilterCompleter(self.line)
        self.said = label("", "muted", wrap=True)
        self.line.returnPressed.connect(self.select)
        self.line.textEdited.connect(self._check)
        listing = QShortcut("Ctrl+Space", self.line, context=Qt.ShortcutContext.WidgetShortcut)
        listing.activated.connect(self.list_columns)
        self._make_buttons()
        layout = column(self, margin=6, gap=4)
        layout.addLayout(self._first_row())
        layout.addLayout(self._second_row())
        session.current_changed.connect(self._on_picture)
        session.filter_changed.connect(self._on_filter)

    def _make_buttons(self) -> None:
        self.summary = button(
            "Summary", "Mean, median and ends of each column, by class or picture.", self._sum_up, "small"
        )
        self.summary.setCheckable(True)
        self.only = button(
            "Show only", "Show these cells alone, in picture, table and plots.", self._toggle_only, "small"
        )
        self.only.setCheckable(True)
        self.columns = button("Columns…", "Choose what is measured and shown.", self.columns_asked.emit, "small")
        self.measure_missing = button("Measure it", "Measure the column that the filter names.", self._ask, "small")
        self.measure_again = button("Measure again", "Measure the cells as they are now.", self._again, "small")
        self.measure_missing.hide()
        self.measure_again.hide()

    def _first_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        row.addWidget(button("Select", "Select the cells that the filter means (Enter).", self.select, "small"))
        for each in (self.only, self.summary, self.columns):
            row.addWidget(each)
        return row

    def _second_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.said, 1)
        row.addWidget(self.measure_missing)
        row.addWidget(self.measure_again)
        self.said.setVisible(False)
        return row

    def select(self) -> None:
        """Select what the text means among the cells that are shown; where only some are shown, show these instead."""
        if self.only.isChecked():
            self._show_only()
            return
        found = self._understood()
        if found is not None:
            self._session.select_rows(found.rows)
            more = f" · {found.hidden:,} more are not shown" if found.hidden else ""
            self._say(f"{plural(len(found.rows), 'cell')} selected{more}")

    def tell_behind(self) -> None:
        """Say that cells changed since they were measured, and offer to measure them again."""
        self._say("Cells changed since they were measured; numbers of changed ones are missing.", is_wrong=True)
        self.measure_again.show()

    def list_columns(self) -> None:
        """Show every column and word that a filter can name."""
        self._offer_words()
        self.completer.offer(everything=True)

    def _understood(self) -> MeantCells | None:
        """Return the cells that are meant; None, and say why, where that cannot be told."""
        picture = self._session.current
        if picture is None or picture.objects is None:
            self._say("Open and analyze a picture first.", is_wrong=True)
            return None
        try:
            return cells_meant(self.line.text(), picture, self._session)
        except FilterMistake as mistake:
            self._say(str(mistake), is_wrong=True)
            if isinstance(mistake, Unmeasured):
                self._missing = self.line.text()[mistake.start : mistake.end].strip("`")
                self.measure_missing.show()
            self.line.setSelection(mistake.start, max(1, mistake.end - mistake.start))
        except BadParameter as error:
            self._say(str(error), is_wrong=True)
        return None

    # ---- showing some alone

    def _toggle_only(self) -> None:
        if self.only.isChecked():
            self._show_only()
        else:
            self._session.show_only("")
            self._say("")

    def _show_only(self) -> None:
        text = self.line.text().strip()
        if not text:
            self._session.show_only("")
            self.only.setChecked(False)
            self._say("Write which cells you mean, then show only them.")
            return
        self._session.show_only("")  # what is meant is told of all cells
        if self._understood() is None:
            self.only.setChecked(False)
            return
        self._session.show_only(text)

    def _on_picture(self, _picture: Picture | None) -> None:
        self._say("")
        self._on_filter()

    def _on_filter(self) -> None:
        """Say what is left out, so that nobody takes some cells for all of them."""
        text, picture = self._session.only, self._session.current
        self.only.setChecked(bool(text))
        if not text or picture is None or picture.objects is None:
            return
        problem = self._session.only_problem(picture)
        if problem:
            self._say(f"All cells are shown: {problem}", is_wrong=True)
        else:
            shown, of = len(self._session.shown(picture)), len(self._session.showable(picture))
            self._say(f"Only {shown:,} of {of:,} cells are shown; counts are of all.")

    # ---- words, buttons

    def _check(self) -> None:
        """Take a complaint away while a person mends what it was about."""
        self._say("")
        self._offer_words()

    def _offer_words(self) -> None:
        picture = self._session.current
        measured = self._session.measured(picture) if picture is not None else None
        if measured is not None:
            self.completer.set_words(words_of(measured))

    def _sum_up(self) -> None:
        self.summary_asked.emit(self.summary.isChecked())

    def _ask(self) -> None:
        self.measure_asked.emit(self._missing)
        self._say("")

    def _again(self) -> None:
        self.measure_again_asked.emit()
        self._say("")

    def _say(self, text: str, *, is_wrong: bool = False) -> None:
        self.measure_missing.hide()
        self.measure_again.hide()
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.said.setProperty("kind", "warn" if is_wrong else "muted")
        restyle(self.said)


def with_filter(filter_line: FilterLine, table: QWidget) -> QWidget:
    """Return the table with the line above it, as one page."""
    page = QWidget()
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    layout = column(page, margin=0, gap=0)
    layout.addWidget(filter_line)
    layout.addWidget(table, 1)
    return page


@dataclass(frozen=True, slots=True, eq=False)
class MeantCells:
    """Which cells a filter means.

    Parameters
    ----------
    rows : (K,) ndarray of intp
        Those that can be selected.
    hidden : int
        How many more there are that are not shown: too unsure, of a hidden class, or rejected.
    """

    rows: NDArray[np.intp]
    hidden: int = 0


def cells_meant(text: str, picture: Picture, session: Session) -> MeantCells:
    """Return which cells of a picture a filter means; none for an empty text.

    What is not shown is not selected, as nobody would see what becomes of it. Rejected cells, which are never shown,
    are selected where the filter names them: so they can be brought back.

    Raises
    ------
    FilterMistake
        If the text cannot be understood.
    """
    objects, shown = picture.objects, session.shown(picture)
    if objects is None or not text.strip():
        return MeantCells(shown[:0])
    measured = session.measured(picture)
    assert measured is not None
    unmeasured = frozenset(name.lower() for name in measurable(picture))
    meant = understood(text, measured, unmeasured, out_of_reach(picture))
    rows = np.flatnonzero(rows_meant(meant, measured))
    is_shown = np.zeros(len(objects), np.bool_)
    is_shown[shown] = True
    marks = picture.marks
    if marks is not None and meant.asks_for("status", Status.REJECTED.value):
        is_shown |= marks.is_status(Status.REJECTED)
    chosen = rows[is_shown[rows]]
    return MeantCells(chosen, len(rows) - len(chosen))


def words_of(measured: Measured) -> list[str]:
    """Return what a filter can name here: columns as they are written, classes, and the words of the language."""
    lower = {name.lower(): name for name in measured.names}
    columns = [written_name(lower.get(name, name)) for name in kinds_of(measured)]
    classes = [f"'{name}'" for name in measured.objects.classes]
    return [*columns, *classes, *("and", "or", "not", "in", "contains")]
