"""`CanvasTools`: which tool the mouse is, what is seen while it draws, and one signal when a gesture is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal

from cellwright.ui.canvas.drawing import A_CLICK_PX, Brushing, Drawing, Place, Pointer, drawing_of
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.gestures import Gesture, Tool
from cellwright.ui.canvas.handles import Editable, Grip, grip_on_box, grip_on_point
from cellwright.ui.canvas.tool_sheet import ToolSheet, ToolView

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

SMALLEST_BRUSH, LARGEST_BRUSH = 0.5, 400.0
_STEP = 1.25
_BRUSHES = (Tool.PAINT, Tool.ERASE)
_OPACITY = 120
_ERASING = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Brush:
    """How large the brush is.

    Parameters
    ----------
    radius : float
        In pixels, from `SMALLEST_BRUSH` to `LARGEST_BRUSH`.
    is_of_screen : bool
        Whether these are pixels of the screen, so that the brush reaches further in the picture the further away one
        looks; else they are the picture's.
    """

    radius: float = 12.0
    is_of_screen: bool = True

    def on_picture(self, zoom: float) -> float:
        """Return the radius in level-0 pixels."""
        return self.radius / zoom if self.is_of_screen else self.radius

    def on_screen(self, zoom: float) -> float:
        """Return the radius in screen pixels."""
        return self.radius if self.is_of_screen else self.radius * zoom

    def scaled(self, factor: float) -> Brush:
        """Return a larger or smaller brush."""
        return replace(self, radius=min(max(self.radius * factor, SMALLEST_BRUSH), LARGEST_BRUSH))


class CanvasTools(QObject):
    """Looks at mouse and keys before the viewer does. Knows no objects but the one it is told to edit.

    Parameters
    ----------
    surface : QWidget
        What the mouse moves over.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.

    Signals
    -------
    gesture(object)
        A finished gesture, one of `cellwright.ui.canvas.gestures`.
    clicked(float, float)
        A click with a tool that draws by dragging: y, x in level-0 pixels.
    tool_changed(object)
        The `Tool` that the mouse now is.
    tool_ended()
        Esc was pressed: the drawing is gone, the mouse is `Tool.LOOK`.
    brush_changed(object)
        The `Brush`.
    """

    gesture = Signal(object)
    clicked = Signal(float, float)
    tool_changed = Signal(object)
    tool_ended = Signal()
    brush_changed = Signal(object)

    def __init__(self, surface: QWidget, viewport: Callable[[], Viewport | None]) -> None:
        super().__init__(surface)
        self._surface, self._viewport = surface, viewport
        self.sheet = ToolSheet(surface, viewport)
        self._tool = Tool.LOOK
        self._drawing: Drawing = Drawing()
        self._editable: Editable | None = None
        self._grip: Grip | None = None
        self._brush = Brush()
        self._colour = (240, 228, 66)
        self._at: Pointer | None = None
        self._pressed: Pointer | None = None
        self._is_panning = False
        self._is_viewers = False

    # ---- what the mouse is

    @property
    def tool(self) -> Tool:
        """The tool."""
        return self._tool

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand; a drawing under way is dropped."""
        if tool is self._tool:
            return
        self._tool = tool
        self.drop()
        self._drawing = drawing_of(tool, self._radius)
        self._show_cursor()
        self.tool_changed.emit(tool)

    @property
    def brush(self) -> Brush:
        """How large the brush is."""
        return self._brush

    def set_brush(self, brush: Brush) -> None:
        """Choose how large the brush is; a stroke under way keeps its own."""
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit(brush)
            self.follow()

    def enlarge_brush(self) -> None:
        """Make the brush a step larger."""
        self.set_brush(self._brush.scaled(_STEP))

    def reduce_brush(self) -> None:
        """Make the brush a step smaller."""
        self.set_brush(self._brush.scaled(1 / _STEP))

    def set_colour(self, red: int, green: int, blue: int) -> None:
        """Choose the colour of what is painted, such as that of its class."""
        self._colour = (red, green, blue)

    def set_editable(self, editable: Editable | None) -> None:
        """Tell which object has handles with the box tool, and points with the point tool."""
        self._editable, self._grip = editable, None
        self.follow()

    @property
    def is_drawing(self) -> bool:
        """Whether the button is down."""
        return self._pressed is not None

    def drop(self) -> None:
        """Drop the drawing under way; the tool stays."""
        self._drawing.forget()
        self._grip, self._pressed = None, None
        self.sheet.patch.clear()
        self.follow()

    def end(self) -> None:
        """Leave the tool, as Esc does."""
        if self._tool is not Tool.LOOK:
            self.set_tool(Tool.LOOK)
            self.tool_ended.emit()

    def follow(self) -> None:
        """Draw the sheet anew, after the view or an object changed."""
        self._show(None)

    # ---- events

    def takes(self, event: QMouseEvent) -> bool:
        """Act on the mouse; return whether nobody else should."""
        view = self._viewport()
        if view is None or self._tool in (Tool.LOOK, Tool.RULER):
            return False
        at = _pointer(event, view)
        self._at = at
        kind, is_left = event.type(), event.button() == Qt.MouseButton.LeftButton
        if self._is_given_away(kind, is_left):
            return False
        if kind == QEvent.Type.MouseButtonPress and is_left:
            self._press(at)
        elif kind == QEvent.Type.MouseButtonDblClick and is_left:
            self._double(at)
        elif kind == QEvent.Type.MouseMove:
            return self._move(at)
        elif kind == QEvent.Type.MouseButtonRelease and is_left:
            self._release(at)
        else:
            return False
        return True

    def _is_given_away(self, kind: QEvent.Type, is_left: bool) -> bool:
        """Return whether the viewer has the mouse: with Space held, and until the button is up again."""
        if self._is_panning and self._pressed is None and is_left:
            self._is_viewers = kind == QEvent.Type.MouseButtonPress
            return True
        given = self._is_viewers or (self._is_panning and self._pressed is None)
        if kind == QEvent.Type.MouseButtonRelease and is_left:
            self._is_viewers = False
        return given

    def takes_key(self, event: QKeyEvent) -> bool:
        """Act on a key; return whether nobody else should. Only while a tool is in hand."""
        if self._tool is Tool.LOOK:
            return False
        key, is_press = event.key(), event.type() == QEvent.Type.KeyPress
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._pan(is_press)
            return True
        act = self._keys().get(key)
        if act is None or event.modifiers() & ~_HARMLESS:
            return False
        if is_press:
            act()
        return True

    def wants_key(self, event: QKeyEvent) -> bool:
        """Return whether a key is the tool's, before the window looks for a shortcut."""
        if self._tool is Tool.LOOK or event.modifiers() & ~_HARMLESS:
            return False
        return event.key() == Qt.Key.Key_Space or event.key() in self._keys()

    def leave(self) -> None:
        """Take the mouse leaving the canvas."""
        self._at = None
        self.follow()

    def _keys(self) -> dict[int, Callable[[], None]]:
        keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Escape: self.end,
            Qt.Key.Key_Return: self._finish,
            Qt.Key.Key_Enter: self._finish,
            Qt.Key.Key_Backspace: self._step_back,
        }
        if self._tool in _BRUSHES:
            keys |= {Qt.Key.Key_BracketLeft: self.reduce_brush, Qt.Key.Key_BracketRight: self.enlarge_brush}
        return keys

    def _press(self, at: Pointer) -> None:
        self._pressed = at
        self._grip = self._grip_at(at)
        self._done(None if self._grip is not None else self._drawing.press(at))

    def _move(self, at: Pointer) -> bool:
        if self._pressed is None:
            self._drawing.hover(at)
        elif self._grip is not None:
            self._grip.drag(at)
        else:
            self._drawing.drag(at)
        self._show(self._patch_changed())
        return self._pressed is not None  # the place under the mouse is still told to the others

    def _release(self, at: Pointer) -> None:
        pressed, self._pressed = self._pressed, None
        grip, self._grip = self._grip, None
        if pressed is None:  # the second release of a double click
            return
        found = grip.release(at) if grip is not None else self._drawing.release(at)
        self._done(found)
        if found is None and at.is_near(pressed.place, A_CLICK_PX) and self._tool in (Tool.BOX, Tool.BOX_MASK):
            self.clicked.emit(at.y, at.x)

    def _double(self, at: Pointer) -> None:
        self._done(self._drawing.double(at))

    def _finish(self) -> None:
        self._done(self._drawing.finish())

    def _step_back(self) -> None:
        self._drawing.step_back()
        self.follow()

    def _done(self, found: Gesture | None) -> None:
        """Show what there is to see, and tell a finished gesture."""
        if found is not None:
            self.sheet.patch.clear()
            self._pressed = None
        self._show(self._patch_changed())
        if found is not None:
            self.gesture.emit(found)

    def _grip_at(self, at: Pointer) -> Grip | None:
        if self._tool is Tool.BOX:
            return grip_on_box(self._editable, at)
        return grip_on_point(self._editable, at) if self._tool is Tool.POINT else None

    def _pan(self, on: bool) -> None:
        """Give the mouse to the viewer, which moves the picture, or take it back."""
        self._is_panning = on
        self._show_cursor()
        self.follow()

    def _radius(self) -> float:
        view = self._viewport()
        return self._brush.on_picture(1.0 if view is None else view.zoom)

    # ---- what is seen

    def _show_cursor(self) -> None:
        if self._is_panning and self._tool is not Tool.LOOK:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._tool is Tool.LOOK:
            shape = Qt.CursorShape.ArrowCursor
        else:
            shape = Qt.CursorShape.CrossCursor
        self._surface.setCursor(shape)

    def _patch_changed(self) -> QRect | None:
        """Draw the stroke's last movement; return where, None where the tool is no brush."""
        view, drawing = self._viewport(), self._drawing
        if view is None or not isinstance(drawing, Brushing):
            return None
        if not drawing.path:
            return QRect(0, 0, view.width, view.height)
        colour = _ERASING if drawing.is_erasing else self._colour
        return self.sheet.patch.follow(drawing.path, drawing.radius, view, (*colour, _OPACITY))

    def _show(self, changed: QRect | None) -> None:
        if changed is None:
            self._patch_changed()  # the view may be another
        self.sheet.show_view(self._tool_view(), changed)

    def _tool_view(self) -> ToolView:
        view, chosen = self._viewport(), self._editable
        if view is None or self._tool in (Tool.LOOK, Tool.RULER):
            return ToolView()
        marks = self._grip.marks() if self._grip is not None else self._drawing.marks()
        handles, brush = None, None
        points: tuple[Place, ...] = ()
        if self._tool is Tool.BOX and chosen is not None:
            handles = chosen.box if self._grip is None else marks.box
        if self._tool is Tool.POINT and chosen is not None and chosen.points is not None:
            points = tuple((float(y), float(x)) for y, x in np.asarray(chosen.points)[:, :2])
        if self._tool in _BRUSHES and self._at is not None and not self._is_panning:
            radius = self._brush.on_screen(view.zoom)
            if isinstance(self._drawing, Brushing) and self._drawing.path:
                radius = self._drawing.radius * view.zoom
            brush = (self._at.place, radius)
        return ToolView(marks, handles, points, brush)


_HARMLESS = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


def _pointer(event: QMouseEvent, view: Viewport) -> Pointer:
    point = event.position()
    y, x = view.from_screen(point.y(), point.x())
    return Pointer(y, x, view.zoom, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
