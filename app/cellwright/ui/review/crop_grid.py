"""`CropGrid`: thousands of crops in rows; only those in view are drawn, and only those are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from cellwright.ui.looks.theme import DARK, Theme
from cellwright.ui.looks.widgets import describe
from cellwright.ui.review.crop_painting import CropLook, crop_tile, paint_ring

CELLS_FORMAT = "application/x-cellwright-cells"
"""What is dragged: the fact that it is cells of this gallery; which ones, the gallery knows itself."""

SMALLEST_PX, LARGEST_PX = 48, 192
_GAP_PX = 6
_MOST_TILES = 1000
_KEYS = {*"123456789", "A", "X", "N"}


class CropGrid(QAbstractScrollArea):
    """Crops in rows from left to right.

    Parameters
    ----------
    look_of : callable
        Returns how the crop at a place is drawn, a `CropLook`.

    Signals
    -------
    viewed(int, int)
        Crops from the first to before the second place are in view, in this order.
    current_changed(int)
        Another crop is the current one; -1 for none.
    key_pressed(str)
        A key that says something about cells: a digit, ``"A"``, ``"X"``, ``"N"``, ``"Delete"``.
    activated(int)
        Double click or Enter on a crop.
    chosen_changed()
        A person chose other crops.
    counted()
        Other crops are shown, and none is chosen.
    """

    viewed = Signal(int, int)
    current_changed = Signal(int)
    key_pressed = Signal(str)
    activated = Signal(int)
    chosen_changed = Signal()
    counted = Signal()

    def __init__(self, look_of: Callable[[int], CropLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look_of = look_of
        self._count, self._side = 0, 96
        self._theme = DARK
        self._hovered, self._current, self._anchor = -1, -1, -1
        self._chosen: set[int] = set()
        self._pressed: QPoint | None = None
        self._tiles: OrderedDict[int, QPixmap] = OrderedDict()
        self._waiting: set[int] = set()
        self._told = (-1, -1)
        describe(
            self,
            "Crops of cells",
            "A number gives the cell under the pointer its class; A accepts, X rejects, N goes to the next one.\n"
            "Drag crops onto a bin to move them there. Double click: see the cell on the picture.",
        )
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    # ---- what is shown

    @property
    def count(self) -> int:
        """Number of crops."""
        return self._count

    @property
    def columns(self) -> int:
        """Crops in a row."""
        return max(1, (self.viewport().width() - _GAP_PX) // self._pitch)

    @property
    def in_view(self) -> tuple[int, int]:
        """The first place in view, and the one after the last."""
        top, height = self.verticalScrollBar().value(), self.viewport().height()
        first = max(0, (top - _GAP_PX) // self._pitch) * self.columns
        last = ((top + height) // self._pitch + 1) * self.columns
        return min(first, self._count), min(last, self._count)

    @property
    def _pitch(self) -> int:
        return self._side + _GAP_PX

    def set_count(self, count: int, *, keep_place: bool) -> None:
        """Show so many crops.

        Parameters
        ----------
        count : int
            How many.
        keep_place : bool
            Whether they are nearly the same as before, so that nothing jumps; else the first is shown.
        """
        self._count = count
        self._chosen = set()
        self._current = min(self._current, count - 1) if keep_place else -1
        self._anchor = self._current
        self._update_bar()
        if not keep_place:
            self.verticalScrollBar().setValue(0)
        self._hovered = self.place_at(self.viewport().mapFromGlobal(self.cursor().pos()))
        self.refresh()
        self.counted.emit()

    def set_side(self, side_px: int) -> None:
        """Draw crops of another size; the first one in view stays so."""
        first = self.in_view[0]
        self._side = min(LARGEST_PX, max(SMALLEST_PX, side_px))
        self._update_bar()
        self.verticalScrollBar().setValue(first // self.columns * self._pitch)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Draw everything anew, and say what is in view."""
        self._tiles.clear()
        self._waiting.clear()
        self._told = (-1, -1)
        self._tell()
        self.viewport().update()

    def refresh_waiting(self) -> None:
        """Draw anew the crops that were not there yet."""
        for place in self._waiting:
            self._tiles.pop(place, None)
        self._waiting.clear()
        self.viewport().update()

    # ---- what is meant

    @property
    def current(self) -> int:
        """Place of the current crop, -1 for none."""
        return self._current

    def meant(self) -> list[int]:
        """Return the places that a key is about: the one under the pointer, all chosen ones if it is one of them.

        Where the pointer is elsewhere, those that are chosen, else the current one.
        """
        if self._hovered >= 0:
            return sorted(self._chosen) if self._hovered in self._chosen else [self._hovered]
        if self._chosen:
            return sorted(self._chosen)
        return [self._current] if 0 <= self._current < self._count else []

    def go_to(self, place: int) -> None:
        """Make a crop the current one and bring it into view."""
        if not 0 <= place < self._count:
            return
        self._current = self._anchor = place
        self._chosen = {place}
        self._bring_into_view(place)
        self.viewport().update()
        self.current_changed.emit(place)
        self.chosen_changed.emit()

    def choose(self, places: Sequence[int]) -> None:
        """Choose crops because their cells were selected elsewhere; the first comes into view."""
        if self._chosen == set(places):
            return
        self._chosen = set(places)
        if places and self._current not in self._chosen:
            self._current = self._anchor = places[0]
            self._bring_into_view(places[0])
        self.viewport().update()

    def _bring_into_view(self, place: int) -> None:
        top = _GAP_PX + place // self.columns * self._pitch
        bar = self.verticalScrollBar()
        if top < bar.value() or top + self._pitch > bar.value() + self.viewport().height():
            bar.setValue(top - self.viewport().height() // 3)

    def rect_of(self, place: int) -> QRect:
        """Return where a crop is drawn, in the coordinates of the viewport."""
        row, column = divmod(place, self.columns)
        left = _GAP_PX + column * self._pitch
        return QRect(left, _GAP_PX + row * self._pitch - self.verticalScrollBar().value(), self._side, self._side)

    def place_at(self, point: QPoint) -> int:
        """Return the place under a point of the viewport, -1 for none."""
        if not self.viewport().rect().contains(point):
            return -1
        x, y = point.x() - _GAP_PX, point.y() - _GAP_PX + self.verticalScrollBar().value()
        column, row = x // self._pitch, y // self._pitch
        place = row * self.columns + column
        is_on_it = x >= 0 and y >= 0 and x % self._pitch < self._side and y % self._pitch < self._side
        return place if is_on_it and column < self.columns and place < self._count else -1

    # ---- Qt

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what is in view."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._theme.panel)
        first, last = self.in_view
        for place in range(first, last):
            rect = self.rect_of(place)
            if rect.intersects(event.rect()):
                painter.drawPixmap(rect, self._tile(place))
                is_chosen = place in self._chosen or (place == self._current and self.hasFocus())
                if is_chosen or place == self._hovered:
                    paint_ring(painter, rect, self._theme.accent if is_chosen else self._theme.focus)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the rows to the new width."""
        super().resizeEvent(event)
        self._update_bar()
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer; drag once it moved far enough."""
        point = event.position().toPoint()
        if self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if (point - self._pressed).manhattanLength() >= QApplication.startDragDistance():
                self._drag()
            return
        self._hover(self.place_at(point))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a crop: with Ctrl one more, with Shift all up to it."""
        place = self.place_at(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or place < 0:
            return
        self._pressed = event.position().toPoint()
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self._chosen ^= {place}
        elif modifiers & Qt.KeyboardModifier.ShiftModifier and self._anchor >= 0:
            low, high = sorted((self._anchor, place))
            self._chosen = set(range(low, high + 1))
        elif place not in self._chosen:
            self._chosen = {place}
        if not modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = place
        self._current = place
        self.viewport().update()
        self.current_changed.emit(place)
        self.chosen_changed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the one of many chosen crops that was clicked, unless they were dragged."""
        if self._pressed is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            place = self.place_at(event.position().toPoint())
            chosen = {place} if place >= 0 else set()
            is_other, self._chosen = chosen != self._chosen, chosen
            self.viewport().update()
            if is_other:
                self.chosen_changed.emit()
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go to the cell."""
        place = self.place_at(event.position().toPoint())
        if place >= 0:
            self.activated.emit(place)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hover(-1)
        super().leaveEvent(event)

    def enterEvent(self, event: QEvent) -> None:
        """Take the keys, since they are about what is under the pointer."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().enterEvent(event)  # type: ignore[arg-type]

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl, larger or smaller crops."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_side(self._side + (8 if event.angleDelta().y() > 0 else -8))
            return
        super().wheelEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the gallery from the window's actions while the gallery has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._said(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Answer, or move among the crops."""
        said = self._said(event)
        if said:
            self.key_pressed.emit(said)
            return
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_Home: -self._count,
            Qt.Key.Key_End: self._count,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self._count:
            self._hovered = -1
            self.go_to(min(self._count - 1, max(0, max(self._current, 0) + step if self._current >= 0 else 0)))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.activated.emit(self._current)
        elif event.matches(QKeySequence.StandardKey.SelectAll) and self._count:
            self._chosen = set(range(self._count))
            self.viewport().update()
            self.chosen_changed.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Ask for room for some rows."""
        return QSize(560, 300)

    def chosen_rows(self) -> NDArray[np.intp]:
        """Return the places that are chosen, rising."""
        return np.array(sorted(self._chosen), np.intp)

    def _said(self, event: QKeyEvent) -> str:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return ""
        if event.key() == Qt.Key.Key_Delete:
            return "Delete"
        text = event.text().upper()
        return text if text in _KEYS else ""

    def _drag(self) -> None:
        self._pressed = None
        if not self._chosen:
            return
        drag, data = QDrag(self), QMimeData()
        data.setData(CELLS_FORMAT, QByteArray(b"1"))
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.MoveAction)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.viewport().update()

    def _on_scrolled(self, _value: int) -> None:
        self._hovered = self.place_at(self.viewport().mapFromGlobal(self.cursor().pos()))
        self._tell()
        self.viewport().update()

    def _tell(self) -> None:
        """Say what is in view, where that is something else than was said last."""
        if self.in_view != self._told:
            self._told = self.in_view
            self.viewed.emit(*self._told)

    def _tile(self, place: int) -> QPixmap:
        """Return a crop with its badge and frame, drawn once and kept while it is near the view."""
        found = self._tiles.get(place)
        if found is not None:
            self._tiles.move_to_end(place)
            return found
        look = self._look_of(place)
        if look.image is None:
            self._waiting.add(place)
        made = self._tiles[place] = crop_tile(look, self._side, self.devicePixelRatioF(), self._theme)
        while len(self._tiles) > _MOST_TILES:
            self._tiles.popitem(last=False)
        return made

    def _update_bar(self) -> None:
        rows = -(-self._count // self.columns)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, _GAP_PX + rows * self._pitch - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._pitch // 2)
