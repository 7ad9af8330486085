"""`Bars`: menus, tool bars and the lists of what was open lately, built from the declared actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolBar

from cellwright.ui.actions.action_set import choices
from cellwright.ui.correcting.drafts import title_of

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from cellwright.ui.main_window import MainWindow

_DEVICES = {"auto": "Fastest there is", "cpu": "Processor", "cuda": "Graphics card (CUDA)"}
_SUBMENUS = {
    "recent": "Open &recent",
    "recent_projects": "Recent pro&jects",
    "panels": "&Panels",
    "models": "&Model",
    "devices": "&Device",
}


class Bars:
    """What a person picks commands from.

    Parameters
    ----------
    window : MainWindow
        Whose they are; its panels and commands stand already.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._pages: list[tuple[str, QAction]] = []
        actions = window.actions_set
        actions.bind(window.commands.handlers())
        actions.fill_menus(window.menuBar(), _SUBMENUS)
        self._make_bar()
        self._make_tools()
        actions.set_theme(window.theme)
        self.list_panels()
        choices(actions.submenu("devices"), _DEVICES, window.controller.device, window.set_device)
        self.show_recent()
        self.show_recent_projects()
        window.check_layers()
        actions.set_checked("view.light_theme", not window.theme.is_dark)
        actions.set_checked("analyze.on_open", window.settings.analyze_on_open)

    def pages(self) -> list[tuple[str, QAction]]:
        """Return what brings each registered page to the front, for the command palette."""
        return self._pages

    def list_panels(self) -> None:
        """Offer every panel and every registered page in the menu."""
        menu = self._window.actions_set.submenu("panels")
        menu.clear()
        for dock in self._window.places.docks:
            action = dock.toggleViewAction()
            action.setToolTip(f"Show or hide the panel {dock.windowTitle()}.")
            menu.addAction(action)
        self._pages = self._window.shelf.entries()
        if self._pages:
            menu.addSeparator()
        for _, action in self._pages:
            menu.addAction(action)

    def show_recent(self) -> None:
        """List the pictures that were open lately, on the start page and in the menu."""
        window = self._window
        recent = [path for path in window.settings.recent_files if Path(path).is_file()]
        window.centre.start_page.set_recent(recent)
        menu = window.actions_set.submenu("recent")
        menu.clear()
        menu.setEnabled(bool(recent))
        for path in recent:
            action = menu.addAction(Path(path).name.replace("&", "&&"))
            action.setToolTip(path)
            action.triggered.connect(lambda _checked=False, picked=path: window.controller.open_paths([picked]))

    def show_recent_projects(self) -> None:
        """List the projects that were open lately, on the start page and in the menu."""
        window = self._window
        recent = [folder for folder in window.settings.recent_projects if Path(folder).is_dir()]
        window.centre.start_page.set_projects([(folder, title_of(Path(folder))) for folder in recent])
        menu = window.actions_set.submenu("recent_projects")
        menu.clear()
        menu.setEnabled(bool(recent))
        for folder in recent:
            action = menu.addAction(title_of(Path(folder)).replace("&", "&&"))
            action.setToolTip(folder)
            action.triggered.connect(lambda _checked=False, at=Path(folder): window.correcting.files.open(at))

    def _make_bar(self) -> None:
        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setAccessibleName("Tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        self._window.addToolBar(bar)
        self._window.actions_set.fill_toolbar(bar)

    def _make_tools(self) -> None:
        """Put the tools of the mouse beside the picture."""
        bar = QToolBar("Tools of the mouse")
        bar.setAccessibleName("Tools of the mouse")
        bar.setOrientation(Qt.Orientation.Vertical)
        bar.setIconSize(QSize(18, 18))
        self._window.actions_set.fill_tools(bar)
        self._window.centre.put_beside(bar)
