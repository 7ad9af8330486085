"""The command palette: every action by name, found by a few letters, with its key."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cellwright.ui.actions.fuzzy import rank
from cellwright.ui.looks.widgets import describe

_ACTION, _KEYS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_WIDTH, _HEIGHT, _ROW, _ICON = 560, 400, 32, 18


class CommandPalette(QDialog):
    """A line to type in and the actions that fit; Enter does the marked one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("palette")
        self.setAccessibleName("Find a command")
        self._actions: list[tuple[str, QAction]] = []
        self._window = parent
        blank = QPixmap(_ICON, _ICON)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type what you want to do")
        self.line.setMinimumHeight(34)
        describe(self.line, "Command to find", "Type a few letters of a command.")
        self.list = QListWidget()
        self.list.setItemDelegate(_KeyDelegate(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(_ICON, _ICON))
        describe(self.list, "Commands that fit", "Up and Down choose, Enter does it.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self.line.textChanged.connect(self._fill)
        self.line.returnPressed.connect(self.run_current)
        self.list.itemClicked.connect(lambda _item: self.run_current())
        self.line.installEventFilter(self)
        self.resize(_WIDTH, _HEIGHT)

    def open_with(self, actions: Sequence[tuple[str, QAction]]) -> None:
        """Show the palette over its window.

        Parameters
        ----------
        actions : sequence of (str, QAction)
            Name as shown, such as ``"View: Fit picture"``, and the action.
        """
        self._actions = list(actions)
        self.line.clear()
        self._fill("")
        parent = self._window
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + 72)
        self.show()
        self.line.setFocus()

    def run_current(self) -> None:
        """Do the marked action."""
        row = self.list.currentRow()
        if row < 0:
            return
        action: QAction = self.list.item(row).data(_ACTION)
        self.close()
        if action.isEnabled():
            action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Up and Down in the line move through the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
                event.key()
            )  # type: ignore[call-overload]
            if step is not None and self.list.count():
                self.list.setCurrentRow(min(self.list.count() - 1, max(0, self.list.currentRow() + step)))
                return True
        return super().eventFilter(watched, event)

    def _fill(self, query: str) -> None:
        self.list.clear()
        for name, action in rank(query, self._actions, lambda pair: pair[0]):
            # an empty icon keeps names in line
            item = QListWidgetItem(self._blank if action.icon().isNull() else action.icon(), name)
            item.setData(_ACTION, action)
            item.setData(_KEYS, action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            item.setToolTip(action.toolTip())
            item.setSizeHint(QSize(100, _ROW))
            if not action.isEnabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self._mark_first()

    def _mark_first(self) -> None:
        rows = (row for row in range(self.list.count()) if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled)
        self.list.setCurrentRow(next(rows, -1))


class _KeyDelegate(QStyledItemDelegate):
    """Paints the key of an action at the right end of its row."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint the row, then the key."""
        super().paint(painter, option, index)
        keys = index.data(_KEYS)
        if keys:
            painter.save()
            painter.setFont(option.font)
            role = (
                option.palette.ColorRole.HighlightedText
                if option.state & option.state.State_Selected
                else option.palette.ColorRole.PlaceholderText
            )
            painter.setPen(option.palette.color(role))
            place = option.rect.adjusted(0, 0, -12, 0)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)
            painter.restore()
