"""The line above the table in which a person writes which cells they mean; Enter selects them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from cellwright.annotation import Columns, Filter, FilterMistake, Status, columns_of_objects
from cellwright.annotation.filtering import Words
from cellwright.core import BadParameter
from cellwright.ui.looks.widgets import as_panel, button, column, describe, label
from cellwright.ui.looks.wording import plural
from cellwright.ui.state.colouring import areas_of
from cellwright.ui.state.marks import STATUSES
from cellwright.ui.state.picture import Picture
from cellwright.ui.state.session import Session

_EXAMPLE = "area < 200 px² and score < 0.6"
_HELP = (
    "Which cells to select, as in: area < 20 µm² and score < 0.4. There is area, width, height, x, y, score, class, "
    "status (unreviewed, accepted, corrected, rejected) and source, joined by and, or, not and brackets. "
    "Enter selects them."
)


class FilterLine(QWidget):
    """Selects the cells of the picture shown that a text means.

    Parameters
    ----------
    session : Session
        Whose selection it is.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        as_panel(self)
        self._session = session
        self.line = QLineEdit()
        self.line.setPlaceholderText(f"Select cells: {_EXAMPLE}")
        describe(self.line, "Select cells by a filter", _HELP)
        self.said = label("", "muted")
        self.line.returnPressed.connect(self.select)
        self.line.textEdited.connect(self._check)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self.said)
        row.addWidget(button("Select", "Select the cells that the filter means (Enter).", self.select, "small"))
        layout = column(self, margin=6, gap=0)
        layout.addLayout(row)

    def select(self) -> None:
        """Select what the text means among the cells that are shown."""
        picture = self._session.current
        if picture is None or picture.objects is None:
            self._say("Open and analyze a picture first.", is_wrong=True)
            return
        try:
            found = cells_meant(self.line.text(), picture, self._session)
        except FilterMistake as mistake:
            self._say(str(mistake), is_wrong=True)
            self.line.setSelection(mistake.start, max(1, mistake.end - mistake.start))
        except BadParameter as error:
            self._say(str(error), is_wrong=True)
        else:
            self._session.select_rows(found.rows)
            more = f" · {found.hidden:,} more are not shown" if found.hidden else ""
            self._say(f"{plural(len(found.rows), 'cell')} selected{more}", is_wrong=False)

    def _check(self) -> None:
        """Take a complaint away while a person mends what it was about."""
        self._say("", is_wrong=False)

    def _say(self, text: str, *, is_wrong: bool) -> None:
        self.said.setText(text)
        self.said.setProperty("kind", "warn" if is_wrong else "muted")
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)


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
    meant = Filter.parse(text, classes=objects.classes)
    rows = np.flatnonzero(meant.rows(_columns(picture)))
    chosen = np.intersect1d(rows, shown, assume_unique=True)
    marks = picture.marks
    if marks is not None and meant.asks_for("status", Status.REJECTED.value):
        chosen = np.union1d(chosen, rows[marks.is_status(Status.REJECTED)[rows]])
    return MeantCells(chosen, len(rows) - len(chosen))


def _columns(picture: Picture) -> Columns:
    objects, marks = picture.objects, picture.marks
    assert objects is not None
    areas = areas_of(objects, None)[0]
    if marks is None:
        return columns_of_objects(objects, picture.pixel_size, {"area": areas})
    words = {
        "status": Words(marks.status.astype(np.int32), tuple(status.value for status in STATUSES)),
        "source": Words(marks.source_index, marks.sources),
    }
    scores = np.where(marks.by_person, np.nan, objects.scores)
    return columns_of_objects(objects, picture.pixel_size, {"area": areas, "score": scores}, words)
