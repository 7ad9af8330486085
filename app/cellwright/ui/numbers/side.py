"""The column of choices and words beside a table or a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from cellwright.ui.looks.widgets import as_panel, column, describe, label, scrolling

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

_WIDTH_PX = 270
_WORDS_PX = 60


class Side(QWidget):
    """Rows of choices, then words, from top to bottom.

    Parameters
    ----------
    name : str
        For those who do not see it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.body: QVBoxLayout = column(self, margin=8, gap=6)

    def minimumSizeHint(self) -> QSize:
        """Ask for the height that wrapped words need at the present width."""
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(hint.height(), self.body.minimumHeightForWidth(max(self.width(), 1))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask anew: words wrap otherwise at another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def row(self, words: str, *widgets: QWidget) -> None:
        """Add choices beside each other, the first of them wide, with the words before them."""
        self.body.addLayout(_line(words, widgets))

    def add(self, widget: QWidget) -> None:
        """Add a widget of its own row."""
        self.body.addWidget(widget)


def rows_of(*rows: tuple[str, QWidget]) -> QWidget:
    """Return choices below each other, each with the words before it, to be shown and hidden as one."""
    made = QWidget()
    inside = column(made, margin=0, gap=6)
    for words, widget in rows:
        inside.addLayout(_line(words, (widget,)))
    return made


def _line(words: str, widgets: Sequence[QWidget]) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(6)
    if words:
        said = label(words, "muted")
        said.setFixedWidth(_WORDS_PX)
        line.addWidget(said)
    for at, widget in enumerate(widgets):
        line.addWidget(widget, 0 if at else 1)
    return line


def combo(name: str, tooltip: str, choices: Mapping[str, object] | None = None) -> QComboBox:
    """Return a choice among words, each with what it stands for; it gives way where there is little room."""
    made = QComboBox()
    describe(made, name, tooltip)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(6)
    for words, meant in (choices or {}).items():
        # Qt makes a plain text of an enumeration that is one; by its name it stays what it is.
        made.addItem(words, meant.name if isinstance(meant, Enum) else meant)
    return made


def choose(box: QComboBox, choices: Mapping[str, object]) -> None:
    """Offer other choices; what is chosen stays so if it is still among them."""
    if [box.itemText(at) for at in range(box.count())] == list(choices) and [
        box.itemData(at) for at in range(box.count())
    ] == list(choices.values()):
        return
    before = box.currentData()
    box.blockSignals(True)
    box.clear()
    for words, meant in choices.items():
        box.addItem(words, meant)
    box.setCurrentIndex(max(0, box.findData(before)))
    box.blockSignals(False)


def beside(main: QWidget, side: Side) -> QSplitter:
    """Return a table or drawing with its choices at the right, which scroll where they have too little room."""
    split = QSplitter(Qt.Orientation.Horizontal)
    split.addWidget(main)
    as_panel(main)
    area: QScrollArea = scrolling(side, side.accessibleName())
    area.setMinimumWidth(_WIDTH_PX)
    split.addWidget(area)
    side.body.addStretch(1)
    split.setStretchFactor(0, 1)
    split.setStretchFactor(1, 0)
    split.setSizes([600, _WIDTH_PX])
    split.setChildrenCollapsible(False)
    return split
