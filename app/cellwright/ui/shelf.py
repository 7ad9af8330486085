"""`Shelf`: the registered panels of a window, ours and those of other packages; each is made when it is first seen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QWidget

from cellwright.jobs.queue import Job, Lane
from cellwright.ui.background.find_panels import FindPanels
from cellwright.ui.correcting.drafts import is_draft
from cellwright.ui.looks.widgets import scrolling
from cellwright.ui.panels.late_panel import LatePanel
from cellwright.workflows.panels import PANELS, Panel, Place

if TYPE_CHECKING:
    from cellwright.jobs import Operation
    from cellwright.settings import Settings
    from cellwright.ui.actions.action_set import ActionSet, Handler
    from cellwright.ui.canvas import CanvasOptions
    from cellwright.ui.correcting.host import Opener
    from cellwright.ui.correcting.project_link import OpenProject
    from cellwright.ui.looks.theme import Theme
    from cellwright.ui.main_window import MainWindow
    from cellwright.ui.panels.banner import Message
    from cellwright.ui.state.session import Session
    from cellwright.workflows import Analysis

_log = logging.getLogger(__name__)

_AREAS = {Place.LEFT: Qt.DockWidgetArea.LeftDockWidgetArea, Place.RIGHT: Qt.DockWidgetArea.RightDockWidgetArea}
_HEIGHT_PX = 240


class WindowHost(QObject):
    """What registered panels are given of a window; see `cellwright.ui.panel_host.PanelHost`."""

    theme_changed = Signal(object)

    def __init__(self, window: MainWindow, show: Callable[[str], QWidget | None]) -> None:
        super().__init__(window)
        self._window = window
        self._show = show

    @property
    def session(self) -> Session:
        """See `PanelHost`."""
        return self._window.session

    @property
    def settings(self) -> Settings:
        """See `PanelHost`."""
        return self._window.settings

    @property
    def theme(self) -> Theme:
        """See `PanelHost`."""
        return self._window.theme

    @property
    def link(self) -> OpenProject | None:
        """See `PanelHost`."""
        return self._window.correcting.link

    @property
    def project_changed(self) -> SignalInstance:
        """See `PanelHost`."""
        return self._window.correcting.files.opened

    @property
    def kept_project(self) -> Path | None:
        """See `PanelHost`."""
        return None if self.link is None or is_draft(self.link.folder) else self.link.folder

    @property
    def actions(self) -> ActionSet:
        """See `PanelHost`."""
        return self._window.actions_set

    @property
    def options(self) -> CanvasOptions:
        """See `PanelHost`."""
        return self._window.options

    @property
    def opener(self) -> Opener:
        """See `PanelHost`."""
        return self._window.controller

    @property
    def widget(self) -> QWidget:
        """See `PanelHost`."""
        return self._window

    def submit(
        self, operation: Operation[Any], lane: Lane, done: Callable[[Job[Any]], None], *, listed: bool = True
    ) -> Job[Any]:
        """See `PanelHost`."""
        return self._window.controller.submit_quietly(operation, lane, done, listed=listed)

    def tell(self, message: Message) -> None:
        """See `PanelHost`."""
        self._window.say(message)

    def show_panel(self, name: str) -> QWidget | None:
        """See `PanelHost`."""
        return self._show(name)

    def show_cells(self, ids: Sequence[bytes], words: str) -> None:
        """See `PanelHost`."""
        self._window.reviewing.show_cells(ids, words)

    def show_dialog(self, dialog: QDialog) -> None:
        """See `PanelHost`."""
        self._window.commands.show_dialog(dialog)

    def set_options(self, options: CanvasOptions) -> None:
        """See `PanelHost`."""
        self._window.set_options(options)

    def refresh_objects(self) -> None:
        """See `PanelHost`."""
        self._window.presenter.refresh_objects()

    def centre_selected(self) -> None:
        """See `PanelHost`."""
        self._window.presenter.centre_selected()

    def analyses(self, *, of_all: bool = False) -> list[Analysis]:
        """See `PanelHost`."""
        return self._window.commands.analyses(of_all=of_all)


class Shelf(QObject):
    """The registered panels.

    Parameters
    ----------
    window : MainWindow
        Whose panels they are; its pages and places stand already.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.host = WindowHost(window, self.show)
        self._panels: dict[str, Panel] = {}
        self._late: dict[str, LatePanel] = {}
        self._waiting: list[Callable[[], object]] = []
        self._is_ready = False
        for name in PANELS.own():
            self.add(name, PANELS.load(name))

    def add(self, name: str, panel: Panel) -> None:
        """Give a declared panel its place; one of the same name that nobody has seen yet makes way."""
        if name in self._panels:
            if self._late[name].content is None:
                self._panels[name] = panel
            return
        late = LatePanel(panel.title)
        self._panels[name], self._late[name] = panel, late
        late.wanted.connect(partial(self._when_ready, partial(self._made, name)))
        if panel.place is Place.BOTTOM:
            self._window.tabs.put(late, panel.title, panel.order)
            at = self._window.tabs.indexOf(late)
            self._window.tabs.setTabToolTip(at, panel.tooltip)
        elif panel.place in _AREAS:
            self._window.places.add(panel.title, late, _AREAS[panel.place], _HEIGHT_PX, group=panel.group)
        else:
            late.setParent(self._window)
            late.hide()

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action that one of our panels does; others have no actions of their own."""
        return {
            key: partial(self._do, name, method)
            for name, panel in self._panels.items()
            for key, method in panel.actions
        }

    def entries(self) -> list[tuple[str, QAction]]:
        """Return an action for every page that has a place below the picture, to be listed with the panels."""
        made = []
        for name, panel in self._panels.items():
            if panel.place is Place.BOTTOM:
                action = QAction(panel.title, self)
                action.setToolTip(panel.tooltip or f"Show the page {panel.title}.")
                action.triggered.connect(lambda _checked=False, wanted=name: self.show(wanted))
                made.append((f"View: {panel.title}", action))
        return made

    def knows(self, name: str) -> bool:
        """Whether a panel of that name has its place."""
        return name in self._panels

    def begin(self) -> None:
        """Make panels from now on, since the viewer is loaded; look for those of other packages."""
        self._is_ready = True
        for work in self._waiting:
            work()
        self._waiting.clear()
        self._window.controller.submit_quietly(FindPanels(), Lane.FILES, self._on_found)

    def show(self, name: str) -> QWidget | None:
        """Bring a panel to the front; see `PanelHost.show_panel`."""
        late = self._late[name]
        if self._panels[name].place is Place.BOTTOM:
            dock = self._window.places.dock_of(self._window.tabs)
            dock.show()
            self._window.tabs.show_page(late)
        elif self._panels[name].place is Place.WINDOW:
            content = self._made(name) if self._is_ready else None
            if content is not None:
                content.show()
                content.raise_()
        else:
            dock = self._window.places.dock_of(late)
            dock.show()
            dock.raise_()
        return self._made(name) if self._is_ready else None

    def set_theme(self, theme: Theme) -> None:
        """Tell every panel of another look."""
        self.host.theme_changed.emit(theme)

    def stop(self) -> None:
        """Let every panel end what it does, before the window goes."""
        for name, late in self._late.items():
            stop = getattr(late.content, "stop", None)
            if callable(stop):
                self._guarded(name, stop)
            if self._panels[name].place is Place.WINDOW and late.content is not None:
                late.content.close()

    def _do(self, name: str, method: str, *state: bool) -> None:
        self.show(name)
        self._when_ready(partial(self._call, name, method, *state))

    def _call(self, name: str, method: str, *state: bool) -> None:
        content = self._made(name)
        if content is not None and method:
            self._guarded(name, partial(getattr(content, method), *state))
        elif content is not None and self._panels[name].place is Place.WINDOW:
            content.show()

    def _when_ready(self, work: Callable[[], object]) -> None:
        if self._is_ready:
            work()
        else:
            self._waiting.append(work)

    def _made(self, name: str) -> QWidget | None:
        """Return the widget of a panel, made now if need be; None where that failed."""
        late, panel = self._late[name], self._panels[name]
        if late.content is not None or name in PANELS.failures():
            return late.content
        content = self._guarded(name, lambda: panel.maker()(self.host))
        if not isinstance(content, QWidget):
            if name not in PANELS.failures():
                self._note(name, f"its maker gave {type(content).__name__}, which is no widget")
            return None
        if panel.place is Place.WINDOW:
            late.content = content
        else:
            late.fill(scrolling(content, panel.title) if panel.is_scrolling else content)
            late.content = content
        return content

    def _guarded(self, name: str, work: Callable[[], Any]) -> Any:
        """Do what a panel is there for; one of ours may not fail, one of another package must not take us along."""
        try:
            return work()
        except Exception as error:
            if PANELS.entries()[name].is_own:
                raise
            _log.exception("The panel %r failed", name)
            self._note(name, f"{type(error).__name__}: {error}")
            return None

    def _note(self, name: str, reason: str) -> None:
        PANELS.fail(name, reason)
        entry = PANELS.entries()[name]
        text = f"The panel “{self._panels[name].title}” of the package {entry.distribution} cannot be used ({reason})."
        if self._late[name].content is None:
            self._late[name].say_failed(text)

    def _on_found(self, job: Job[Mapping[str, Panel]]) -> None:
        known = set(self._panels)
        for name, panel in sorted((job.result or {}).items(), key=lambda each: each[1].order):
            self.add(name, panel)
            if name not in known and panel.place in _AREAS:
                self._window.places.restore_late(panel.title)
        if set(self._panels) - known:
            self._window.bars.list_panels()
