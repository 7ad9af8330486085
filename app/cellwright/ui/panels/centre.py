"""The middle of the window: the start page or the picture, and a banner above either."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QOpenGLContext
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cellwright.ui.canvas import PictureCanvas
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import label, scrolling
from cellwright.ui.panels.banner import Banner
from cellwright.ui.panels.plane_bar import PlaneBar
from cellwright.ui.panels.start_page import StartPage

_NO_OPENGL = (
    "This computer offers no OpenGL, so the picture cannot be shown. "
    "Counting, the table and exporting work all the same."
)


class Centre(QWidget):
    """Start page, a page of words while the viewer gets ready, and the canvas.

    Signals
    -------
    canvas_made(object)
        The `PictureCanvas` is there from now on.
    """

    canvas_made = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("centre")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.banner = Banner(theme)
        self.start_page = StartPage(theme)
        self.planes = PlaneBar()
        self.canvas: PictureCanvas | None = None
        self._words = label("", "muted", wrap=True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._start = scrolling(self.start_page, "Start page")
        self.start_page.setObjectName("startPage")
        self._stack.addWidget(self._start)
        self._stack.addWidget(self._words)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.banner)
        # tools stand beside the picture
        self._beside = QHBoxLayout()
        self._beside.setSpacing(0)
        self._beside.addWidget(self._stack, 1)
        self._tools: QWidget | None = None
        layout.addLayout(self._beside, 1)
        layout.addWidget(self.planes)

    @property
    def is_start_page(self) -> bool:
        """Whether the start page is shown."""
        return self._stack.currentWidget() is self._start

    def make_canvas(self) -> PictureCanvas | None:
        """Build the canvas, once; None where there is no OpenGL."""
        if self.canvas is None and has_opengl():
            self.canvas = PictureCanvas(self._theme)
            self._stack.addWidget(self.canvas)
            self.canvas_made.emit(self.canvas)
        return self.canvas

    def put_beside(self, tools: QWidget) -> None:
        """Put tools to the left of the picture; they are seen while it is."""
        self._tools = tools
        self._beside.insertWidget(0, tools)
        tools.hide()

    def _show_tools(self, shown: bool) -> None:
        if self._tools is not None:
            self._tools.setVisible(shown)

    def show_start_page(self) -> None:
        """Show the start page."""
        self._show_tools(False)
        self.planes.hide()
        self._stack.setCurrentWidget(self._start)

    def show_words(self, text: str) -> None:
        """Show words in place of the picture."""
        self._words.setText(text)
        self._stack.setCurrentWidget(self._words)

    def show_canvas(self) -> None:
        """Show the picture."""
        self._show_tools(True)
        if self.canvas is None:
            self.show_words(_NO_OPENGL)
        else:
            self._stack.setCurrentWidget(self.canvas)

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._theme = theme
        self.banner.set_theme(theme)
        self.start_page.set_theme(theme)
        if self.canvas is not None:
            self.canvas.set_theme(theme)


def has_opengl() -> bool:
    """Return whether this display can draw the canvas."""
    # drawn to memory there: a context may come about, but no widget is painted with it
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return False
    return QOpenGLContext().create()
