"""The dialogs of the help menu: every key, and what this program is."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from cellwright import __version__
from cellwright.ui.looks.icons import app_icon
from cellwright.ui.looks.widgets import button, column, describe, label


class ShortcutsDialog(QDialog):
    """A table of every action that has a key, and whose keys they are.

    Parameters
    ----------
    actions : sequence of (str, QAction)
        Name as shown, and the action.
    scheme : str
        Whose keys are used.
    schemes : mapping
        Title of each scheme there is.
    parent : QWidget
        The window.

    Signals
    -------
    scheme_chosen(str)
        The keys of another program are wanted.
    """

    scheme_chosen = Signal(str)

    def __init__(
        self, actions: Sequence[tuple[str, QAction]], scheme: str, schemes: Mapping[str, str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAccessibleName("Keyboard shortcuts")
        self.resize(560, 560)
        self._table = QTableWidget(0, 2)
        self._set_up()
        self.schemes = QComboBox()
        describe(self.schemes, "Keys of", "Use the keys that you know from another program.")
        for name, title in schemes.items():
            self.schemes.addItem(title, name)
        self.schemes.setCurrentIndex(max(0, self.schemes.findData(scheme)))
        self.schemes.currentIndexChanged.connect(lambda _at: self.scheme_chosen.emit(self.schemes.currentData()))
        head = QHBoxLayout()
        head.addWidget(label("Keys as in"))
        head.addWidget(self.schemes)
        head.addStretch(1)
        layout = column(self, margin=16, gap=12)
        layout.addLayout(head)
        layout.addWidget(self._table)
        close = button("Close", "Close this list.", self.accept, name="Close the list")
        close.setDefault(True)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.show_keys(actions)

    def show_keys(self, actions: Sequence[tuple[str, QAction]]) -> None:
        """Show the keys of these actions."""
        rows = [(keys_text(action), name, action.statusTip()) for name, action in actions if action.shortcuts()]
        self._table.setRowCount(len(rows))
        for row, (keys, name, tip) in enumerate(rows):
            for column_index, text in enumerate((keys, name)):
                item = QTableWidgetItem(text)
                item.setToolTip(tip)
                self._table.setItem(row, column_index, item)

    def _set_up(self) -> None:
        table = self._table
        describe(table, "Keyboard shortcuts", "Every key and what it does.")
        table.setHorizontalHeaderLabels(["Key", "Does"])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(0, 200)


class AboutDialog(QDialog):
    """Version, licence and surroundings, ready to be copied into a report."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Cellwright")
        self.setAccessibleName("About Cellwright")
        self.setMinimumWidth(420)
        layout = column(self, margin=20, gap=12)
        head = QHBoxLayout()
        head.setSpacing(16)
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(QSize(64, 64)))
        mark.setAccessibleName("Cellwright")
        head.addWidget(mark)
        words = column(margin=0, gap=2)
        words.addWidget(label(f"Cellwright {__version__}", "heading"))
        words.addWidget(label("Find, count and measure cells.", "muted"))
        head.addLayout(words, 1)
        layout.addLayout(head)
        layout.addWidget(
            label(
                "BSD-3-Clause licence. For research: not a medical device, and not for diagnosis. "
                "Pictures stay on this computer.",
                wrap=True,
            )
        )
        self.facts = surroundings()
        layout.addWidget(label(self.facts, "muted", wrap=True, selectable=True))
        row = QHBoxLayout()
        row.addWidget(button("Copy", "Copy version and surroundings, for a report.", self._copy, name="Copy versions"))
        row.addStretch(1)
        close = button("Close", "Close this dialog.", self.accept, name="Close")
        close.setDefault(True)
        row.addWidget(close)
        layout.addLayout(row)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"Cellwright {__version__}\n{self.facts}")


def surroundings() -> str:
    """Return versions of what the program stands on, without importing anything heavy."""
    from importlib.metadata import PackageNotFoundError, version

    def known(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"{name} not installed"

    names = ("napari", "PySide6", "torch", "openvino", "numpy")
    return f"Python {platform.python_version()} on {platform.system()} {platform.machine()}\n" + ", ".join(
        map(known, names)
    )


def keys_text(action: QAction) -> str:
    """Return the keys of an action as the desktop writes them."""
    return ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())
