"""Opens files and folders that are dropped onto a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent

if TYPE_CHECKING:
    from cellwright.ui.main_window import MainWindow


class Dropping(QObject):
    """Watches what is dragged over a window.

    Parameters
    ----------
    window : MainWindow
        Takes the files.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take files and folders, and say on the start page that they may be dropped."""
        start = self._window.centre.start_page
        if isinstance(event, QDragEnterEvent) and _local_files(event.mimeData()):
            event.acceptProposedAction()
            start.set_dragging(True)
            return True
        if event.type() == QEvent.Type.DragLeave:
            start.set_dragging(False)
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            start.set_dragging(False)
            paths = _local_files(event.mimeData())
            if paths:
                event.acceptProposedAction()
                self._window.controller.open_paths(paths)
            return True
        return False


def _local_files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
