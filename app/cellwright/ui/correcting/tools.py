"""Which tool the mouse is: one at a time, the same in menu, tool bar and picture; Esc always leaves it."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject

from cellwright.annotation import GeometryKind
from cellwright.ui.actions.action_set import Handler
from cellwright.ui.canvas import Editable, PictureCanvas, Tool
from cellwright.ui.correcting.corrections import Corrections
from cellwright.ui.correcting.drawing import Drawing
from cellwright.ui.correcting.host import Host
from cellwright.ui.state.colouring import rgb

TOOLS = {
    Tool.BOX: "Drag to draw a box; drag the selected box or its handles to change it.",
    Tool.PAINT: "Paint over a cell to add to it, beside cells to begin a new one. [ and ] change the brush.",
    Tool.ERASE: "Erase a part of the selected cell, or of the one under the mouse. [ and ] change the brush.",
    Tool.FILL: "Click into the hole of a cell.",
    Tool.POLYGON: "Click corner by corner, or draw freely; a double click or Enter closes the outline.",
    Tool.SCISSORS: "Draw a line across a cell to split it.",
    Tool.SEEDS: "Click once into each cell that the selected one should become; Enter ends.",
    Tool.LASSO: "Draw around cells to select them; with Shift they join those selected.",
    Tool.POINT: "Click to place a point; drag a point to move it.",
    Tool.CLICK: "Click a cell, and its outline is found.",
    Tool.BOX_MASK: "Drag a box around a cell, and its outline is found.",
}
"""What the status line says while a tool is in hand."""


def action_of(tool: Tool) -> str:
    """Return the key of the action that takes a tool in hand."""
    return f"tool.{tool.value}"


class Tools(QObject):
    """The tools of one window.

    Parameters
    ----------
    host : Host
        The window.
    corrections : Corrections
        Knows the class of what is drawn next.
    drawing : Drawing
        Makes steps of gestures.
    """

    def __init__(self, host: Host, corrections: Corrections, drawing: Drawing, parent: QObject) -> None:
        super().__init__(parent)
        self._host, self._corrections, self._drawing = host, corrections, drawing
        self._canvas: PictureCanvas | None = None
        self.tool = Tool.LOOK
        host.session.selection_changed.connect(self._show_editable)
        host.session.objects_changed.connect(self._on_objects)
        host.session.current_changed.connect(self._on_current)

    def stop(self) -> None:
        """Follow the session no more, before the window goes."""
        session = self._host.session
        session.selection_changed.disconnect(self._show_editable)
        session.objects_changed.disconnect(self._on_objects)
        session.current_changed.disconnect(self._on_current)

    def handlers(self) -> dict[str, Handler]:
        """Return what does each declared action of tools."""
        return {
            **{action_of(tool): partial(self._on_action, tool) for tool in TOOLS},
            "tool.brush_larger": partial(self._resize_brush, larger=True),
            "tool.brush_smaller": partial(self._resize_brush, larger=False),
            "tool.overwrite": self._set_overwrite,
        }

    def watch(self, canvas: PictureCanvas) -> None:
        """Draw on a canvas."""
        self._canvas = canvas
        canvas.gesture.connect(self._drawing.take)
        canvas.tool_ended.connect(self.leave)
        canvas.set_tool(self.tool)
        self._host.actions_set["edit.ruler"].toggled.connect(self._on_ruler)
        self._show_editable()

    @property
    def is_drawing(self) -> bool:
        """Whether a person is drawing just now."""
        return self._canvas is not None and self._canvas.tools.is_drawing

    def take(self, tool: Tool) -> None:
        """Take a tool in hand."""
        self.tool = tool
        actions = self._host.actions_set
        if tool is not Tool.LOOK:
            actions["edit.ruler"].setChecked(False)
        for each in TOOLS:
            actions.set_checked(action_of(each), each is tool)
        if self._canvas is not None:
            self._canvas.set_tool(tool)
            self._canvas.tools.set_colour(*self._colour())
        if tool in TOOLS:
            self._host.status.showMessage(f"{TOOLS[tool]} Esc leaves the tool.")
        else:
            self._host.status.clearMessage()
        self._show_editable()

    def leave(self) -> bool:
        """Put the tool away; return whether there was one."""
        had_one = self.tool is not Tool.LOOK
        if had_one:
            self.take(Tool.LOOK)
        return had_one

    def _on_action(self, tool: Tool, on: bool) -> None:
        if on or self.tool is tool:
            self.take(tool if on else Tool.LOOK)

    def _on_ruler(self, on: bool) -> None:
        if on:
            self.leave()

    def _on_current(self, picture: object) -> None:
        if picture is None:
            self.leave()
        self._show_editable()

    def _on_objects(self, picture: object) -> None:
        if picture is self._host.session.current:
            self._show_editable()

    def _set_overwrite(self, on: bool) -> None:
        self._drawing.overwrite = on

    def _resize_brush(self, *, larger: bool) -> None:
        if self._canvas is not None:
            tools = self._canvas.tools
            tools.enlarge_brush() if larger else tools.reduce_brush()

    def _colour(self) -> tuple[int, int, int]:
        styles = self._corrections.styles()
        wanted = next((style for style in styles if style.name == self._corrections.new_class), None)
        chosen = wanted or (styles[0] if styles else None)
        return rgb(chosen.colour) if chosen is not None else (0, 158, 115)

    def _show_editable(self) -> None:
        """Give the selected cell handles, where the tool has them."""
        if self._canvas is None:
            return
        editable = self._editable() if self.tool in (Tool.BOX, Tool.POINT) else None
        self._canvas.tools.set_editable(editable)

    def _editable(self) -> Editable | None:
        session = self._host.session
        picture, row = session.current, session.selected
        if picture is None or picture.objects is None or row is None or len(session.selected_rows) != 1:
            return None
        name = UUID(bytes=picture.objects.ids[row].tobytes())
        if self.tool is Tool.BOX:
            y0, x0, y1, x1 = (float(edge) for edge in picture.objects.boxes[row])
            return Editable(name, (y0, x0, y1, x1))
        found = self._corrections.known([name.bytes])
        if not found or found[0].state.geometry.kind is not GeometryKind.POINTS:
            return None
        return Editable(name, points=found[0].state.geometry.points()[:, :2])
