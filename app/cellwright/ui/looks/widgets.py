"""The small pieces that panels are put together from: words, buttons, rules, scrolling areas; all with names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from cellwright.ui.looks.theme import GRID_PX

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap


def label(text: str = "", kind: str = "", *, wrap: bool = False, selectable: bool = False) -> QLabel:
    """Return words; `kind` is one of title, heading, section, muted, number, warn, bad, good or empty."""
    made = QLabel(text)
    # plain: a file name may look like markup
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if kind:
        made.setProperty("kind", kind)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if wrap:
        # a wrapped label would otherwise keep the width of its longest line
        made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


def picture_label(pixmap: QPixmap, name: str) -> QLabel:
    """Return a small picture with a name for those who do not see it."""
    made = QLabel()
    made.setPixmap(pixmap)
    made.setAccessibleName(name)
    return made


def button(text: str, tooltip: str, on_click: Callable[[], object], kind: str = "", *, name: str = "") -> QPushButton:
    """Return a button.

    Parameters
    ----------
    text, tooltip : str
        What it says, and what it does in a sentence.
    on_click : callable
        Called without arguments.
    kind : str
        primary, link, small, recent or empty.
    name : str
        Accessible name where the text alone is not clear.
    """
    made = QPushButton(text)
    made.setToolTip(tooltip)
    made.setAccessibleName(name or text.replace("&", "").rstrip("…"))
    made.setAutoDefault(False)
    if kind:
        made.setProperty("kind", kind)
    made.clicked.connect(lambda _checked=False: on_click())
    return made


def describe(widget: QWidget, name: str, tooltip: str) -> QWidget:
    """Give a control its accessible name and its tooltip; return it."""
    widget.setAccessibleName(name)
    widget.setToolTip(tooltip)
    return widget


def as_panel(widget: QWidget) -> None:
    """Give a plain widget the ground of a panel."""
    widget.setObjectName("panel")
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)


def rule() -> QFrame:
    """Return a thin line between two groups."""
    line = QFrame()
    line.setObjectName("rule")
    return line


def column(parent: QWidget | None = None, margin: int = GRID_PX, gap: int = GRID_PX) -> QVBoxLayout:
    """Return a layout from top to bottom."""
    layout = QVBoxLayout(parent) if parent is not None else QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap)
    return layout


def scrolling(content: QWidget, name: str) -> QScrollArea:
    """Return a panel that scrolls from top to bottom when it is too small."""
    as_panel(content)
    area = _Scroll()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(name)
    area.setWidget(content)
    return area


class _Scroll(QScrollArea):
    """A scrolling area that is never narrower than its content."""

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the content and of the bar beside it."""
        content = self.widget()
        width = content.minimumSizeHint().width() if content is not None else 0
        return QSize(width + self.verticalScrollBar().sizeHint().width(), 60)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for more or less room when the content does: whoever holds the area does not look by itself."""
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.updateGeometry()
        return super().eventFilter(watched, event)


def empty(layout: QLayout) -> None:
    """Take every widget out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


def restyle(widget: QWidget) -> None:
    """Let the stylesheet look at a widget again after one of its properties changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
