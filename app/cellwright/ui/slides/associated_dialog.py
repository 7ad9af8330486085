"""The small pictures that come with a slide, on request alone: a label may name a patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from cellwright.ui.looks.widgets import button, column, label, picture_label
from cellwright.ui.slides.reading import SlideFacts

_SIDE_PX = 320
_TITLES = {"label": "Label", "macro": "Whole glass", "thumbnail": "Thumbnail"}


class AssociatedDialog(QDialog):
    """Shows what comes with a slide.

    Parameters
    ----------
    name : str
        Of the slide.
    facts : SlideFacts
        What was read.
    pixel_size_note : str
        Which tag says how large a pixel is, and what disagrees with it.
    """

    def __init__(self, name: str, facts: SlideFacts, pixel_size_note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Label and whole glass")
        layout = column(self, margin=16, gap=12)
        layout.addWidget(label(name, "heading", wrap=True))
        layout.addWidget(label(_said(facts, pixel_size_note), "muted", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(12)
        for kind, picture in facts.associated:
            row.addLayout(_shown(kind, picture))
        row.addStretch(1)
        layout.addLayout(row)
        if facts.associated:
            text = "These pictures may name a patient. They are shown here alone: no export and no project takes them."
            layout.addWidget(label(text, "muted", wrap=True))
        layout.addStretch(1)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        close = button("Close", "Close this window.", self.accept, name="Close label and whole glass")
        close.setDefault(True)
        bottom.addWidget(close)
        layout.addLayout(bottom)
        self.setMinimumWidth(420)


def _said(facts: SlideFacts, note: str) -> str:
    lens = f"Objective {facts.magnification:g}×." if facts.magnification is not None else "The objective is not named."
    size = f" Pixel size: {note}." if note else ""
    none = "" if facts.associated else " No label or other picture comes with this file."
    return f"{lens}{size}{none}"


def _shown(kind: str, picture: NDArray[np.uint8] | str) -> QVBoxLayout:
    title = _TITLES.get(kind, kind.capitalize())
    layout = QVBoxLayout()
    layout.addWidget(label(title, "heading"))
    if isinstance(picture, str):
        layout.addWidget(label(picture, "muted", wrap=True))
    else:
        pixmap = pixmap_of(picture)
        size = pixmap.size().scaled(_SIDE_PX, _SIDE_PX, Qt.AspectRatioMode.KeepAspectRatio)
        smooth = Qt.TransformationMode.SmoothTransformation
        layout.addWidget(picture_label(pixmap.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth), title))
    layout.addStretch(1)
    return layout


def pixmap_of(pixels: NDArray[np.uint8]) -> QPixmap:
    """Return (Y, X, 3) pixels as a picture of Qt."""
    rows, columns = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    # copied: QImage would otherwise point into memory that numpy may give back
    return QPixmap.fromImage(QImage(data.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy())
