"""Help ▸ Plugins: what other packages bring, and the reason where one of them cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QDialog, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from cellwright.ui.looks.widgets import button, column, describe, label

if TYPE_CHECKING:
    from cellwright.workflows.plugins import Plugin

_TITLES = ("Brings", "Name", "Package", "State")


class PluginsDialog(QDialog):
    """A table of the plugins that are installed.

    Parameters
    ----------
    plugins : sequence of Plugin
        As `cellwright.workflows.plugins.plugins` lists them from metadata; `show_tried` tells the rest.
    parent : QWidget or None
        The window.
    """

    def __init__(self, plugins: Sequence[Plugin], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Plugins")
        self.setAccessibleName("Plugins")
        self.resize(680, 380)
        layout = column(self, margin=16, gap=12)
        self.advice = label("", wrap=True)
        layout.addWidget(self.advice)
        self.table = QTableWidget(0, len(_TITLES))
        self._set_up()
        layout.addWidget(self.table, 1)
        layout.addStretch(0)
        close = button("Close", "Close this list.", self.accept, name="Close the list of plugins")
        close.setDefault(True)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self._show(plugins, tried=not plugins)

    def show_tried(self, plugins: Sequence[Plugin]) -> None:
        """Show what became of loading them."""
        self._show(plugins, tried=True)

    def _show(self, plugins: Sequence[Plugin], *, tried: bool) -> None:
        self.advice.setText(_advice(plugins) if tried else "Loading what is installed…")
        self.table.setVisible(bool(plugins))
        self.table.setRowCount(len(plugins))
        for row, plugin in enumerate(plugins):
            self._fill(row, plugin, tried=tried)

    def _set_up(self) -> None:
        table = self.table
        describe(table, "Plugins", "What each installed package brings, and whether it can be used.")
        table.setHorizontalHeaderLabels(list(_TITLES))
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.verticalHeader().hide()
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(len(_TITLES) - 1, QHeaderView.ResizeMode.Stretch)

    def _fill(self, row: int, plugin: Plugin, *, tried: bool) -> None:
        state = _state(plugin) if tried else "…"
        for at, text in enumerate((plugin.group, plugin.name, f"{plugin.distribution} {plugin.version}", state)):
            item = QTableWidgetItem(text)
            item.setToolTip(f"{text}\n{plugin.target}")
            self.table.setItem(row, at, item)


def _state(plugin: Plugin) -> str:
    if plugin.problem:
        return f"Cannot be used: {plugin.problem}."
    return "Ready, instead of Cellwright's own" if plugin.replaces_own else "Ready"


def _advice(plugins: Sequence[Plugin]) -> str:
    if not plugins:
        return (
            "No plugins are installed. Packages may bring readers of files, models, networks, measurements, formats of "
            "export and panels; "
            "docs/plugins.md shows how one is written."
        )
    broken = sum(bool(plugin.problem) for plugin in plugins)
    if broken:
        without = "it" if broken == 1 else "them"
        return f"{broken} of {len(plugins)} cannot be used; everything else works without {without}."
    return "All of them can be used."
