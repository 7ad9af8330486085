"""Shows a folder in the desktop's file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def show_folder(folder: Path) -> None:
    """Open a folder in the file manager; nothing happens where there is none."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
