"""One channel of a picture in a list: whether it is seen, and in which colour."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QColorDialog, QHBoxLayout, QToolButton, QWidget

from cellwright.ui.looks.widgets import describe
from cellwright.ui.state.look import ChannelLook


class ChannelRow(QWidget):
    """A box to tick with the channel's name, and a button in its colour.

    Signals
    -------
    visible_changed(bool)
        The box was ticked or cleared.
    colour_changed(object)
        Red, green, blue, 0 … 255, were chosen.
    """

    visible_changed = Signal(bool)
    colour_changed = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.check = QCheckBox(name.replace("&", "&&"))
        describe(self.check, f"Show channel {name}", f"Show or hide the channel {name}.")
        self.check.toggled.connect(self.visible_changed.emit)
        self.colour = QToolButton()
        describe(self.colour, f"Colour of channel {name}", f"Choose the colour in which {name} is shown.")
        self.colour.clicked.connect(self._ask)
        self._shown = QColor("#ffffff")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.check, 1)
        row.addWidget(self.colour)

    def show_look(self, look: ChannelLook) -> None:
        """Show whether and how the channel is seen, without announcing a change."""
        self.check.blockSignals(True)
        self.check.setChecked(look.visible)
        self.check.blockSignals(False)
        self._shown = QColor(*look.colour)
        swatch = QPixmap(28, 14)
        swatch.fill(self._shown)
        self.colour.setIcon(QIcon(swatch))

    def _ask(self) -> None:
        dialog = QColorDialog(self._shown, self.window())
        dialog.setWindowTitle(f"Colour of {self.name}")
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.colorSelected.connect(lambda c: self.colour_changed.emit((c.red(), c.green(), c.blue())))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
