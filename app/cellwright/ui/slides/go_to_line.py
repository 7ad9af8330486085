"""`GoToLine`: one line to type a place into."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QWidget

from cellwright.core import BadParameter, PixelSize
from cellwright.ui.looks.widgets import button, column, describe, label
from cellwright.ui.state.go_to import place_of


class GoToLine(QDialog):
    """Asks for a place of a picture.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the picture.
    pixel_size : PixelSize or None
        For lengths in µm.
    here : (float, float)
        y, x of the middle of the screen, offered to begin with.

    Signals
    -------
    chosen(float, float)
        y, x in level-0 pixels.
    """

    chosen = Signal(float, float)

    def __init__(
        self,
        shape: tuple[int, int],
        pixel_size: PixelSize | None,
        here: tuple[float, float],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to a place")
        self._shape, self._pixel_size = shape, pixel_size
        self.line = QLineEdit(f"{here[0]:.0f}, {here[1]:.0f}")
        describe(self.line, "Row and column", "Row, then column: in pixels, or with µm or mm behind the numbers.")
        self.line.selectAll()
        units = "px, or with µm or mm" if pixel_size is not None else "px"
        self.problem = label("", "warning", wrap=True)
        self.problem.hide()
        layout = column(self, margin=16, gap=10)
        layout.addWidget(label(f"Row, column ({units})"))
        layout.addWidget(self.line)
        layout.addWidget(self.problem)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Cancel", "Stay here.", self.reject))
        go = button("Go", "Bring this place to the middle.", self._accept, "primary", name="Go to the place")
        go.setDefault(True)
        row.addWidget(go)
        layout.addLayout(row)
        self.setMinimumWidth(320)

    def _accept(self) -> None:
        try:
            place = place_of(self.line.text(), self._pixel_size, self._shape)
        except BadParameter as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.chosen.emit(*place)
        self.accept()
