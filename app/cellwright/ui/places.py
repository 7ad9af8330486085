"""`Places`: where the panels of a window stand at first, and where a person left them."""

from __future__ import annotations

import base64

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from cellwright.settings import Settings

_LEFT_PX, _RIGHT_PX = 210, 310


class Places:
    """Puts panels around the picture.

    Parameters
    ----------
    window : QMainWindow
        Whose panels they are.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._heights: list[int] = []
        self._areas: list[Qt.DockWidgetArea] = []
        self.docks: list[QDockWidget] = []
        self._first = QByteArray()
        self._is_as_left = False
        corner, area = Qt.Corner, Qt.DockWidgetArea
        window.setCorner(corner.BottomLeftCorner, area.LeftDockWidgetArea)
        window.setCorner(corner.BottomRightCorner, area.RightDockWidgetArea)

    def add(
        self,
        title: str,
        content: QWidget,
        area: Qt.DockWidgetArea,
        height: int,
        *,
        is_named: bool = True,
        group: str = "",
    ) -> None:
        """Add a panel below those of its area.

        Parameters
        ----------
        title : str
            Its name, by which its place is remembered.
        content : QWidget
            What it shows.
        area : Qt.DockWidgetArea
            The side.
        height : int
            In pixels, at first.
        is_named : bool
            False where it says itself what it is.
        group : str
            Title of the panel it stands behind, with tabs for the two; empty or unknown for a place of its own.
        """
        dock = QDockWidget(title, self._window)
        dock.setObjectName(f"dock {title}")
        dock.setAccessibleName(title)
        dock.setWidget(content)
        features = QDockWidget.DockWidgetFeature
        dock.setFeatures(features.DockWidgetMovable | features.DockWidgetClosable | features.DockWidgetFloatable)
        if not is_named:
            dock.setTitleBarWidget(QWidget())
        self._window.addDockWidget(area, dock)
        before = next((other for other in self.docks if other.windowTitle() == group), None)
        if before is not None:
            self._window.tabifyDockWidget(before, dock)
            before.raise_()
        self.docks.append(dock)
        self._areas.append(area)
        self._heights.append(height)

    def restore(self, settings: Settings) -> None:
        """Put every panel where it was when the window was closed last, or in its first place."""
        self._first = self._window.saveState()
        self._lay_out()
        if settings.window_geometry:
            self._window.restoreGeometry(_bytes(settings.window_geometry))
        if settings.window_state:
            self._is_as_left = self._window.restoreState(_bytes(settings.window_state))

    def dock_of(self, content: QWidget) -> QDockWidget:
        """Return the panel that shows `content`.

        Raises
        ------
        LookupError
            If none does.
        """
        for dock in self.docks:
            if dock.widget() is content:
                return dock
        raise LookupError("no panel shows this widget")

    def restore_late(self, title: str) -> None:
        """Put a panel that came after the others where a person left it."""
        if self._is_as_left:
            self._window.restoreDockWidget(next(dock for dock in self.docks if dock.windowTitle() == title))

    def reset(self) -> None:
        """Put every panel back in its first place."""
        self._window.restoreState(self._first)
        self._lay_out()

    def remember(self, settings: Settings) -> None:
        """Note where everything stands."""
        settings.window_geometry = base64.b64encode(self._window.saveGeometry().data()).decode()
        settings.window_state = base64.b64encode(self._window.saveState().data()).decode()

    def _lay_out(self) -> None:
        area = Qt.DockWidgetArea
        for side, width in ((area.LeftDockWidgetArea, _LEFT_PX), (area.RightDockWidgetArea, _RIGHT_PX)):
            first = [dock for dock, at in zip(self.docks, self._areas, strict=True) if at == side][:1]
            self._window.resizeDocks(first, [width] * len(first), Qt.Orientation.Horizontal)
        for side in (area.LeftDockWidgetArea, area.RightDockWidgetArea, area.BottomDockWidgetArea):
            rows = [row for row, at in enumerate(self._areas) if at == side]
            heights = [self._heights[row] for row in rows]
            self._window.resizeDocks([self.docks[row] for row in rows], heights, Qt.Orientation.Vertical)


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode())
