"""The panel of one cell: its crop, what it was taken for, how large it is and who found it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from cellwright.annotation import Status
from cellwright.core import PixelSize
from cellwright.ui.looks.icons import badge
from cellwright.ui.looks.widgets import button, column, label
from cellwright.ui.looks.wording import size_text
from cellwright.ui.state.class_style import ClassStyle

CROP_PX = 132
_HINT = "Click a cell in the picture, or a row of the table."
_FACTS = ("Confidence", "Kind", "Size", "Area", "Centre")
"""What is said beside the crop, from top to bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class SelectedCell:
    """What is known of one cell.

    Parameters
    ----------
    crop : (Y, X, 3) ndarray of uint8 or None
        The cell with a rim; None while the picture is not there.
    style : ClassStyle
        Its class.
    score : float
        In [0, 1].
    box : (4,) ndarray
        y0, x0, y1, x1 in level-0 pixels.
    pixel_size : PixelSize or None
        Of the picture.
    source : str
        As in `Objects.source`.
    id_text : str
        Its stable id.
    area : str
        Area within its outline with the unit; empty where only the box is known.
    status : str
        What people think of it, in a word; empty while no project keeps it.
    history : tuple of str
        What happened to it, a line each, oldest first.
    kinds : str
        The likeliest kinds with their probabilities, a line each; empty where no classifier was asked.
    """

    crop: NDArray[np.uint8] | None
    style: ClassStyle
    score: float
    box: NDArray[np.float32]
    pixel_size: PixelSize | None
    source: str
    id_text: str
    area: str = ""
    status: str = ""
    history: tuple[str, ...] = ()
    kinds: str = ""


class SelectedPanel(QWidget):
    """Shows the selected cell.

    Signals
    -------
    centre_asked()
        The cell is to be brought to the middle.
    """

    centre_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell: SelectedCell | None = None
        self._hint = label(_HINT, "muted", wrap=True)
        self._body = QWidget()
        self._crop = QLabel()
        self._crop.setFixedSize(CROP_PX, CROP_PX)
        self._crop.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge = QLabel()
        self._title = label("", "section", wrap=True)
        self._values = {
            name: label("", selectable=True, wrap=True)
            for name in ("Confidence", "Kind", "Size", "Area", "Centre", "Found by")
        }
        self._titles: dict[str, QLabel] = {}
        self._history_title = label("History", "muted")
        self._history = label("", selectable=True, wrap=True)
        self._history.setAccessibleName("History of the selected cell")
        self._lay_out()
        self.show_cell(None)

    @property
    def cell(self) -> SelectedCell | None:
        """What is shown."""
        return self._cell

    def _lay_out(self) -> None:
        layout = column(self, margin=12, gap=8)
        layout.addWidget(self._hint)
        layout.addWidget(self._body)
        layout.addStretch(1)
        inside = column(self._body, margin=0, gap=8)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self._crop, 0, Qt.AlignmentFlag.AlignTop)
        facts = column(margin=0, gap=6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        facts.addLayout(head)
        for name in _FACTS:
            words = self._titles[name] = label(name, "muted")
            words.setContentsMargins(0, 2, 0, 0)
            facts.addWidget(words)
            facts.addWidget(self._values[name])
        facts.setSpacing(1)
        facts.addStretch(1)
        top.addLayout(facts, 1)
        inside.addLayout(top)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._history_title, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._history, 0, 1)
        grid.addWidget(label("Found by", "muted"), 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._values["Found by"], 1, 1)
        inside.addLayout(grid)
        buttons = QHBoxLayout()
        buttons.addWidget(
            button("Go to", "Bring the cell to the middle of the picture (G).", self.centre_asked.emit, "small")
        )
        buttons.addWidget(
            button("Copy id", "Copy the name of this cell that stays the same in every file.", self._copy_id, "small")
        )
        buttons.addStretch(1)
        inside.addLayout(buttons)

    def show_cell(self, cell: SelectedCell | None) -> None:
        """Show a cell, or how to select one."""
        self._cell = cell
        self._hint.setVisible(cell is None)
        self._body.setVisible(cell is not None)
        if cell is None:
            return
        self._badge.setPixmap(badge(cell.style.letter, cell.style.colour))
        self._badge.setAccessibleName(cell.style.title)
        self._title.setText(cell.style.title)
        self._crop.setAccessibleName(f"Crop of the selected {cell.style.title.lower()}")
        self._show_crop(cell.crop)
        y0, x0, y1, x1 = (float(side) for side in cell.box)
        size = size_text(y1 - y0, x1 - x0, cell.pixel_size)
        pixels = "" if cell.pixel_size is None else f"\n{size_text(y1 - y0, x1 - x0, None)}"
        self._values["Confidence"].setText(confidence_text(cell))
        self._history.setText("\n".join(cell.history))
        for words in (self._history, self._history_title):
            words.setVisible(bool(cell.history))
        self._values["Size"].setText(size + pixels)
        self._values["Area"].setText(cell.area)
        self._values["Kind"].setText(cell.kinds)
        for name, text in (("Area", cell.area), ("Kind", cell.kinds)):
            self._values[name].setVisible(bool(text))
            self._titles[name].setVisible(bool(text))
        self._values["Centre"].setText(f"y {(y0 + y1) / 2:,.0f}, x {(x0 + x1) / 2:,.0f}")
        self._values["Found by"].setText(source_text(cell.source))

    def _show_crop(self, pixels: NDArray[np.uint8] | None) -> None:
        if pixels is None or not pixels.size:
            self._crop.clear()
            return
        ratio = self.devicePixelRatioF()
        data = np.ascontiguousarray(pixels)
        image = QImage(data.data, data.shape[1], data.shape[0], 3 * data.shape[1], QImage.Format.Format_RGB888).copy()
        side = QSize(round(CROP_PX * ratio), round(CROP_PX * ratio))
        shown = QPixmap.fromImage(
            image.scaled(side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        )
        shown.setDevicePixelRatio(ratio)
        self._crop.setPixmap(shown)

    def _copy_id(self) -> None:
        if self._cell is not None:
            QGuiApplication.clipboard().setText(self._cell.id_text)


def confidence_text(cell: SelectedCell) -> str:
    """Return how sure a model was of a cell, and what people think of it: a person's word has no score."""
    if cell.status != Status.CORRECTED.value:
        return f"{cell.score:.3f}" + (f", {cell.status}" if cell.status else "")
    was_found = cell.source.startswith("model:")
    return f"{cell.status}; the model had {cell.score:.3f}" if was_found else cell.status


def source_text(source: str) -> str:
    """Return who found a cell in plain words: ``"model:NAME@HASH12"`` becomes ``"model NAME (HASH12)"``.

    Of a detector and a classifier both are named.
    """
    kind, _, who = source.partition(":")
    if not who.partition("@")[0]:
        return source or "unknown"
    # A person may have a plus in the name; a model's hash stands before it.
    parts = who.split("+") if "@" in who else [who]
    named = [part.partition("@") for part in parts]
    return f"{kind} {', '.join(f'{name} ({digest})' if digest else name for name, _, digest in named)}"
