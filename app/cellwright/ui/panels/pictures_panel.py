"""The panel with the open pictures: what each is called, how far it has come, how many cells were counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QMenu, QVBoxLayout, QWidget

from cellwright.ui.looks.icons import icon
from cellwright.ui.looks.theme import Theme
from cellwright.ui.looks.widgets import as_panel, describe, label
from cellwright.ui.looks.wording import plural
from cellwright.ui.state.marks import Provenance
from cellwright.ui.state.picture import Picture, PictureState
from cellwright.ui.state.session import Session

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

_KEY = Qt.ItemDataRole.UserRole
_SIDE_PX, _MARK_PX = 38, 14
_LOOK_MS = 150
_MOST_LETTERS = 26


class PicturesPanel(QWidget):
    """The list of open pictures.

    Parameters
    ----------
    session : Session
        What is open.
    count_of : callable
        Number of cells that count on a picture.

    Signals
    -------
    close_asked(int), analyze_asked(int)
        Key of a picture to be closed or analyzed.
    thumbnail_wanted(int)
        Key of a picture that has come into sight without a thumbnail.
    """

    close_asked = Signal(int)
    analyze_asked = Signal(int)
    thumbnail_wanted = Signal(int)

    def __init__(
        self, session: Session, count_of: Callable[[Picture], int], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        as_panel(self)
        self._session, self._count_of, self._theme = session, count_of, theme
        self._items: dict[int, QListWidgetItem] = {}
        self._thumbnails: dict[int, QPixmap] = {}
        self._hint = label("Nothing is open. Drop pictures on the window, or press Ctrl+O.", "muted", wrap=True)
        self._hint.setContentsMargins(12, 8, 12, 8)
        self.list = _List()
        describe(self.list, "Open pictures", "Click a picture to show it; Delete closes it.")
        self.list.setIconSize(QSize(_SIDE_PX, _SIDE_PX))
        self.list.setUniformItemSizes(True)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self._hint)
        layout.addWidget(self.list, 1)
        # thumbnails are read of what is in sight alone: a list may hold thousands
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._ask_thumbnails)
        self.list.verticalScrollBar().valueChanged.connect(lambda _value: self._look.start())
        self.list.currentItemChanged.connect(self._on_current)
        self.list.delete_asked.connect(self._close_current)
        self.list.customContextMenuRequested.connect(self._menu)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Show the list anew."""
        self.list.blockSignals(True)
        self.list.clear()
        self._items = {}
        for picture in self._session.pictures:
            item = QListWidgetItem()
            item.setData(_KEY, picture.key)
            self._items[picture.key] = item
            self.list.addItem(item)
            self._fill(item, picture)
        self.list.blockSignals(False)
        self._hint.setVisible(not self._items)
        self.list.setVisible(bool(self._items))
        self._thumbnails = {key: kept for key, kept in self._thumbnails.items() if key in self._items}
        self._look.start()
        self.mark_current()

    def refresh_picture(self, picture: Picture) -> None:
        """Show one entry anew."""
        item = self._items.get(picture.key)
        if item is not None:
            self._fill(item, picture)

    def set_thumbnail(self, key: int, picture: QPixmap) -> None:
        """Show a picture small beside its name."""
        item, shown = self._items.get(key), self._session.picture_with_key(key)
        self._thumbnails[key] = _squared(picture)
        if item is not None and shown is not None:
            self._fill(item, shown)

    def _ask_thumbnails(self) -> None:
        """Ask for the thumbnails of the entries that are in sight."""
        inside = self.list.viewport().rect()
        for key, item in self._items.items():
            if key not in self._thumbnails and self.list.visualItemRect(item).intersects(inside):
                self.thumbnail_wanted.emit(key)

    def mark_current(self) -> None:
        """Mark the picture that is shown."""
        current = self._session.current
        self.list.blockSignals(True)
        self.list.setCurrentItem(self._items.get(current.key) if current is not None else None)  # type: ignore[arg-type]
        self.list.blockSignals(False)

    def _fill(self, item: QListWidgetItem, picture: Picture) -> None:
        name, colour = _mark(picture.state, self._theme)
        mark, thumbnail = icon(name, colour, selected=self._theme.on_accent), self._thumbnails.get(picture.key)
        item.setIcon(mark if thumbnail is None else _with_mark(thumbnail, icon(name, colour), self._theme))
        said = self._said(picture)
        item.setText(f"{picture.name}\n{said}")
        item.setToolTip(f"{picture.path}\n{picture.problem or said}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{picture.name}, {said}")
        item.setSizeHint(QSize(120, _SIDE_PX + 8))

    def _said(self, picture: Picture) -> str:
        if picture.state is PictureState.FAILED:
            return "could not be read" if picture.is_unreadable else _why_failed(picture)
        if picture.state is PictureState.QUEUED:
            return "waiting"
        if picture.state is PictureState.ANALYZING:
            return "analyzing…" if picture.fraction is None else f"analyzing… {100 * picture.fraction:.0f} %"
        if picture.objects is None:
            return "not analyzed yet"
        is_of_regions = picture.analysis is not None and picture.analysis.card.task == "semantic"
        said = plural(self._count_of(picture), "region" if is_of_regions else "cell")
        if picture.state is PictureState.CANCELLED:
            return f"{said}, stopped early"
        reviewed = 0 if picture.marks is None else int((picture.marks.provenance == Provenance.CORRECTED).sum())
        if reviewed:
            said = f"{said}, {reviewed:,} corrected"
        is_partial = picture.analysis is not None and not picture.analysis.is_complete
        return f"{said}, incomplete" if is_partial else said

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._session.show(self._session.picture_with_key(item.data(_KEY)))

    def _close_current(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.close_asked.emit(item.data(_KEY))

    def _menu(self, at: QPoint) -> None:
        item = self.list.itemAt(at)
        if item is None:
            return
        key = item.data(_KEY)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Analyze", lambda: self.analyze_asked.emit(key))
        menu.addAction("Close", lambda: self.close_asked.emit(key))
        menu.popup(self.list.viewport().mapToGlobal(at))


class _List(QListWidget):
    """A list that says when Delete is pressed."""

    delete_asked = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tell of Delete; the list knows the other keys."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)


def _why_failed(picture: Picture) -> str:
    """Return the first words of why an analysis failed; all of them stand in the tooltip."""
    why = picture.problem.replace(str(picture.path), picture.name)
    why = why.removeprefix(picture.name).lstrip(": ")
    said = f"failed: {why}" if why else "could not be analyzed"
    return said if len(said) <= _MOST_LETTERS else f"{said[: _MOST_LETTERS - 1].rstrip()}…"


def _squared(picture: QPixmap) -> QPixmap:
    """Return a picture that fills a square, twice as fine as it is shown, for sharp screens."""
    side = 2 * _SIDE_PX
    smooth, fills = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.KeepAspectRatioByExpanding
    scaled = picture.scaled(side, side, fills, smooth)
    return scaled.copy((scaled.width() - side) // 2, (scaled.height() - side) // 2, side, side)


def _with_mark(thumbnail: QPixmap, mark: QIcon, theme: Theme) -> QIcon:
    """Return a thumbnail with the state of its picture in a corner."""
    drawn = QPixmap(thumbnail)
    painter = QPainter(drawn)
    side = 2 * _MARK_PX
    place = QRect(drawn.width() - side - 2, drawn.height() - side - 2, side, side)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.panel))
    painter.drawEllipse(place.adjusted(-2, -2, 2, 2))
    mark.paint(painter, place)
    painter.end()
    shown = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        shown.addPixmap(drawn, mode)
    return shown


def _mark(state: PictureState, theme: Theme) -> tuple[str, str]:
    """Return icon and colour of a state."""
    return {
        PictureState.OPEN: ("picture", theme.muted),
        PictureState.QUEUED: ("waiting", theme.muted),
        PictureState.ANALYZING: ("waiting", theme.focus),
        PictureState.DONE: ("good", theme.good),
        PictureState.CANCELLED: ("warning", theme.warn),
        PictureState.FAILED: ("error", theme.bad),
    }[state]
