"""`LatePanel`: the place of a registered panel, which is filled when it is first seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from cellwright.ui.looks.widgets import column, empty, label

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_WAITS = "This panel is shown as soon as the viewer is loaded."


class LatePanel(QWidget):
    """A place that asks to be filled once somebody looks at it.

    Parameters
    ----------
    title : str
        Of the panel.

    Signals
    -------
    wanted()
        It is seen, and still empty.
    """

    wanted = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.content: QWidget | None = None
        self._has_asked = False
        # A timer of its own goes with the panel, whatever is still to come.
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(0)
        self._settled.timeout.connect(self._ask)
        self._layout = column(self, margin=0, gap=0)
        self._say(_WAITS)

    def fill(self, content: QWidget) -> None:
        """Show the panel itself."""
        empty(self._layout)
        self.content = content
        self._layout.addWidget(content)
        self.setFocusProxy(content)

    def say_failed(self, reason: str) -> None:
        """Show why there is no panel."""
        self._say(reason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ask to be filled, if it is still seen when the window has settled."""
        # Qt does not hide a panel that stands behind another: it is shown out of sight, where it is never painted
        super().paintEvent(event)
        if self.content is None and not self._has_asked:
            self._settled.start()

    def _ask(self) -> None:
        if self.content is None and not self._has_asked and not self.visibleRegion().isEmpty():
            self._has_asked = True
            self.wanted.emit()

    def _say(self, text: str) -> None:
        empty(self._layout)
        said = label(text, "muted", wrap=True)
        said.setContentsMargins(12, 12, 12, 12)
        self._layout.addWidget(said)
        self._layout.addStretch(1)
