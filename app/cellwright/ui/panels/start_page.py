"""What is seen when nothing is open: where to drop, what to press, what was open before."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImageReader, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from cellwright.ui.looks.icons import app_icon, icon
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import button, column, empty, label, restyle
from cellwright.ui.state.samples import SAMPLES

_RECENT_SHOWN = 6
_PROJECTS_SHOWN = 4
_NAME_CHARS = 30
_THUMBNAIL_PX = 72
_FORMATS = "PNG, JPEG, TIFF, DICOM, OME-Zarr, CZI, LIF, ND2, slides of scanners and more"


class StartPage(QWidget):
    """The start page.

    Signals
    -------
    open_asked(), folder_asked()
        A button was pressed.
    sample_asked(str)
        Name of the sample whose button was pressed.
    recent_chosen(str), project_chosen(str)
        Path of a recent file, or folder of a recent project.
    new_project_asked(), open_project_asked()
        A button was pressed.
    """

    open_asked = Signal()
    folder_asked = Signal()
    sample_asked = Signal(str)
    recent_chosen = Signal(str)
    project_chosen = Signal(str)
    new_project_asked = Signal()
    open_project_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Start page")
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        middle = column(margin=24, gap=16)
        outer.addLayout(middle, 8)
        outer.addStretch(1)
        middle.addStretch(2)
        middle.addLayout(self._head())
        self._drop = self._drop_area()
        middle.addWidget(self._drop)
        middle.addWidget(label("Or try a sample", "section"))
        middle.addLayout(self._sample_row())
        lists = self._lists = QHBoxLayout()
        lists.setSpacing(24)
        self._recent_title = label("Recent pictures", "section")
        self._recent = column(margin=0, gap=0)
        lists.addLayout(_list(self._recent_title, self._recent), 1)
        self._projects = column(margin=0, gap=0)
        lists.addLayout(_list(label("Projects", "section"), self._projects), 1)
        middle.addLayout(lists)
        middle.addStretch(3)
        self.set_theme(theme)
        self.set_recent([])
        self.set_projects([])

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(16)
        mark = QLabel()
        mark.setPixmap(app_icon().pixmap(QSize(56, 56)))
        mark.setAccessibleName("Cellwright")
        row.addWidget(mark)
        words = column(margin=0, gap=2)
        words.addWidget(label("Cellwright", "title"))
        words.addWidget(
            label("Find, count and measure cells, and take away numbers you can trust.", "muted", wrap=True)
        )
        row.addLayout(words, 1)
        return row

    def _drop_area(self) -> QFrame:
        area = QFrame()
        area.setObjectName("dropArea")
        area.setMinimumHeight(190)
        area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        area.setMaximumHeight(300)
        inside = QVBoxLayout(area)
        inside.setSpacing(10)
        inside.addStretch(1)
        self._drop_icon = QLabel()
        self._drop_icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._drop_icon.setAccessibleName("Drop pictures here")
        inside.addWidget(self._drop_icon)
        for text, kind in (
            ("Drop pictures or a folder here", "heading"),
            (_FORMATS, "muted"),
            ("They stay where they are, on this computer", "muted"),
        ):
            words = label(text, kind, wrap=True)
            words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            inside.addWidget(words)
        inside.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(button("Open…", "Choose one or more pictures (Ctrl+O).", self.open_asked.emit, "primary"))
        buttons.addWidget(button("Open folder…", "Choose a folder of pictures (Ctrl+Shift+O).", self.folder_asked.emit))
        buttons.addStretch(1)
        inside.addLayout(buttons)
        inside.addStretch(1)
        return area

    def _sample_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        for sample in SAMPLES:
            # the spaces keep the words off the picture; a style sheet cannot
            card = button(
                f"  {sample.title}",
                sample.tooltip,
                partial(self.sample_asked.emit, sample.name),
                "sample",
                name=sample.title,
            )
            card.setIcon(_thumbnail(sample.path))
            card.setIconSize(QSize(_THUMBNAIL_PX, _THUMBNAIL_PX))
            card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            row.addWidget(card, 1)
        return row

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._drop_icon.setPixmap(icon("drop", theme.muted).pixmap(QSize(40, 40)))

    def set_dragging(self, active: bool) -> None:
        """Show that what is held over the window may be dropped."""
        self._drop.setProperty("active", active)
        restyle(self._drop)

    def set_recent(self, paths: Sequence[str]) -> None:
        """Show recent files, newest first."""
        empty(self._recent)
        shown = list(paths)[:_RECENT_SHOWN]
        self._recent_title.setVisible(bool(shown))
        # without any, projects stand where they would
        self._lists.setStretch(0, 1 if shown else 0)
        self._lists.setSpacing(24 if shown else 0)
        for path in shown:
            self._recent.addWidget(self._recent_button(path))

    def set_projects(self, projects: Sequence[tuple[str, str]]) -> None:
        """Show how to begin a project, and recent ones, newest first: folder and title of each."""
        empty(self._projects)
        for folder, title in projects[:_PROJECTS_SHOWN]:
            text = title.replace("&", "&&")
            go_on = partial(self.project_chosen.emit, folder)
            self._projects.addWidget(button(text, folder, go_on, "recent", name=f"Open the project {title}"))
        for text, tip, asked in (
            ("New project…", "Make a folder that keeps pictures and corrections (Ctrl+N).", self.new_project_asked),
            ("Open project…", "Go on with an earlier project (Ctrl+Alt+O).", self.open_project_asked),
        ):
            self._projects.addWidget(button(text, tip, asked.emit, "recent"))

    def _recent_button(self, path: str) -> QWidget:
        name, folder = Path(path).name, str(Path(path).parent)
        short = folder if len(folder) <= _NAME_CHARS else "…" + folder[-_NAME_CHARS:]
        text = f"{name}    {short}".replace("&", "&&")
        return button(text, path, lambda: self.recent_chosen.emit(path), "recent", name=f"Open {name}")


def _list(title: QWidget, entries: QVBoxLayout) -> QVBoxLayout:
    made = column(margin=0, gap=4)
    made.addWidget(title)
    made.addLayout(entries)
    made.addStretch(1)
    return made


def _thumbnail(path: Path) -> QIcon:
    """Return a small square out of the middle of a picture; an empty icon where it cannot be read."""
    reader = QImageReader(str(path))
    size = reader.size()
    if not size.isValid():
        return QIcon()
    side = min(size.width(), size.height())
    image = reader.read().copy(QRect((size.width() - side) // 2, (size.height() - side) // 2, side, side))
    wanted = QSize(2 * _THUMBNAIL_PX, 2 * _THUMBNAIL_PX)
    mode = Qt.TransformationMode.SmoothTransformation
    return QIcon(QPixmap.fromImage(image.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatio, mode)))
