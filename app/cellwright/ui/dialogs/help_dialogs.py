"""The dialogs of the help menu: every key, and what this program is."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
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
    """A table of every action that has a key.

    Parameters
    ----------
    actions : sequence of (str, QAction)
        Name as shown, and the action.
    parent : QWidget
        The window.
    """

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAccessibleName("Keyboard shortcuts")
        self.resize(560, 560)
        rows = [(keys_text(action), name, action.statusTip()) for name, action in actions if action.shortcuts()]
        table = QTableWidget(len(rows), 2)
        describe(table, "Keyboard shortcuts", "Every key and what it does.")
        table.setHorizontalHeaderLabels(["Key", "Does"])
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for row, (keys, name, tip) in enumerate(rows):
            for column_index, text in enumerate((keys, name)):
                item = QTableWidgetItem(text)
                item.setToolTip(tip)
                table.setItem(row, column_index, item)
        table.setColumnWidth(0, 200)
        layout = column(self, margin=16, gap=12)
        layout.addWidget(table)
        close = button("Close", "Close this list.", self.accept, name="Close the list")
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


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
        row.addWidget(button("Close", "Close this dialog.", self.accept, name="Close"))
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
