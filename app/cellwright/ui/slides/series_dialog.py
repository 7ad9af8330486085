"""Which pictures of a file that holds several are to be opened."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QListWidgetItem, QWidget

from cellwright.ui.looks.widgets import button, column, describe, label


class SeriesDialog(QDialog):
    """Lists the pictures of a file, each with a box to tick.

    Parameters
    ----------
    name : str
        Of the file.
    titles : sequence of str
        What its pictures are called; empty where they have no names.
    opened : collection of int
        Those that are open.

    Signals
    -------
    chosen(object)
        Number to title of those that were ticked.
    """

    chosen = Signal(object)

    def __init__(
        self, name: str, titles: Sequence[str], opened: Collection[int], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Pictures in this file")
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(name, "heading", wrap=True))
        said = f"{len(titles):,} pictures. Tick those to open; they join the list."
        layout.addWidget(label(said, "muted", wrap=True))
        self.list = QListWidget()
        describe(self.list, "Pictures in this file", "Tick the pictures to open.")
        for at, title in enumerate(titles):
            item = QListWidgetItem(f"{at + 1}. {title}" if title else f"Picture {at + 1}")
            item.setData(Qt.ItemDataRole.UserRole, (at, title))
            item.setCheckState(Qt.CheckState.Checked if at in opened else Qt.CheckState.Unchecked)
            if at in opened:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
                item.setText(f"{item.text()}  (open)")
            self.list.addItem(item)
        self.list.itemChanged.connect(self._update)
        layout.addWidget(self.list, 1)
        row = QHBoxLayout()
        row.addWidget(button("Tick all", "Tick every picture.", self._tick_all, name="Tick every picture"))
        row.addStretch(1)
        row.addWidget(button("Cancel", "Open nothing.", self.reject, name="Open nothing"))
        self._open = button("Open", "Open the ticked pictures.", self._take, name="Open the ticked pictures")
        self._open.setDefault(True)
        row.addWidget(self._open)
        layout.addLayout(row)
        self.setMinimumSize(420, 320)
        self._update()

    def ticked(self) -> dict[int, str]:
        """Return number and title of the pictures that are ticked and not open."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return dict(item.data(Qt.ItemDataRole.UserRole) for item in items if _is_ticked(item))

    def _tick_all(self) -> None:
        for row in range(self.list.count()):
            self.list.item(row).setCheckState(Qt.CheckState.Checked)

    def _update(self) -> None:
        count = len(self.ticked())
        self._open.setText(f"Open {count:,}" if count else "Open")
        self._open.setEnabled(count > 0)

    def _take(self) -> None:
        titles = self.ticked()
        self.accept()
        self.chosen.emit(titles)


def _is_ticked(item: QListWidgetItem) -> bool:
    is_enabled = bool(item.flags() & Qt.ItemFlag.ItemIsEnabled)
    return is_enabled and item.checkState() == Qt.CheckState.Checked
