"""`BinList`: the bins of the gallery with their counts; a click shows one, crops dropped on one move there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QIcon
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from cellwright.ui.looks.icons import badge_icon
from cellwright.ui.looks.widgets import describe
from cellwright.ui.looks.wording import count_text
from cellwright.ui.review.bins import Bin
from cellwright.ui.review.crop_grid import CELLS_FORMAT

_NEUTRAL = "#6C7684"
_NAME = Qt.ItemDataRole.UserRole


class BinList(QListWidget):
    """The bins.

    Signals
    -------
    bin_chosen(str)
        The bin of that name is to be shown.
    dropped(str)
        The crops that are dragged are to be put into the bin of that name.
    """

    bin_chosen = Signal(str)
    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        describe(self, "Bins", "Click a bin to see its cells; drop crops on it to move them there.")
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.setIconSize(QSize(18, 18))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._targets: set[str] = set()
        self._shown: list[Bin] = []
        self.currentItemChanged.connect(self._on_current)

    def show_bins(self, bins: Sequence[Bin], chosen: str) -> None:
        """Show these bins with their counts."""
        if list(bins) == self._shown and self._name(self.currentItem()) == chosen:
            return
        self.blockSignals(True)
        if [each.name for each in bins] != [each.name for each in self._shown]:
            self.clear()
            for _ in bins:
                self.addItem(QListWidgetItem())
        for row, each in enumerate(bins):
            self._fill(self.item(row), each)
            if each.name == chosen:
                self.setCurrentRow(row)
        self.blockSignals(False)
        self._shown = list(bins)
        self._targets = {each.name for each in bins if each.is_target}

    def _fill(self, item: QListWidgetItem, each: Bin) -> None:
        item.setData(_NAME, each.name)
        key = f"   [{each.key}]" if each.key else ""
        item.setText(f"{each.title}  {count_text(each.count)}{key}")
        item.setIcon(badge_icon(each.letter, each.colour or _NEUTRAL) if each.letter else QIcon())
        item.setToolTip(f"{each.title}: {count_text(each.reviewed)} of {count_text(each.count)} reviewed.")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome crops."""
        if event.mimeData().hasFormat(CELLS_FORMAT):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Say where crops can be dropped."""
        name = self._name(self.itemAt(event.position().toPoint()))
        if event.mimeData().hasFormat(CELLS_FORMAT) and name in self._targets:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell where crops were dropped."""
        name = self._name(self.itemAt(event.position().toPoint()))
        if event.mimeData().hasFormat(CELLS_FORMAT) and name in self._targets:
            event.acceptProposedAction()
            self.dropped.emit(name)

    def _on_current(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is not None:
            self.bin_chosen.emit(self._name(item))

    @staticmethod
    def _name(item: QListWidgetItem | None) -> str:
        return "" if item is None else str(item.data(_NAME))
