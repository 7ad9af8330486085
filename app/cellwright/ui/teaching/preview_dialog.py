"""`PreviewDialog`: training pictures as the network is shown them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from cellwright.ui.looks.widgets import column, label, picture_label

_SIDE_PX = 220
_COLUMNS = 4


class PreviewDialog(QDialog):
    """Samples side by side: turned, scaled and coloured by chance, with what is taught drawn on them."""

    def __init__(self, samples: Sequence[NDArray[np.uint8]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("How pictures are changed for training")
        self.setAccessibleName(self.windowTitle())
        layout = column(self)
        words = "Outlined is what is taught; what is dimmed was not looked at and teaches nothing."
        layout.addWidget(label(words, "muted"))
        grid = QGridLayout()
        for number, sample in enumerate(samples):
            shown = picture_label(pixmap_of(sample, _SIDE_PX), f"Training picture {number + 1}")
            grid.addWidget(shown, *divmod(number, _COLUMNS))
        layout.addLayout(grid)


def pixmap_of(pixels: NDArray[np.uint8], side_px: int) -> QPixmap:
    """Return (H, W, 3) uint8 pixels as a picture that fits a square."""
    kept = np.ascontiguousarray(pixels)
    image = QImage(kept.data, kept.shape[1], kept.shape[0], 3 * kept.shape[1], QImage.Format.Format_RGB888).copy()
    smooth = Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image).scaled(side_px, side_px, Qt.AspectRatioMode.KeepAspectRatio, smooth)
