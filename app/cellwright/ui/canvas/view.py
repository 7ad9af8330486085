"""`PictureCanvas`: napari's viewer as one widget of ours, with boxes, labels and clicks in level-0 pixels."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cellwright.core import Masks, PixelSize
from cellwright.ui.canvas.deep_picture import as_layer
from cellwright.ui.canvas.drags import CanvasDrags
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.gestures import Tool
from cellwright.ui.canvas.options import CanvasOptions, ShownObjects
from cellwright.ui.canvas.overlay import CanvasOverlay
from cellwright.ui.canvas.results import ResultLayers
from cellwright.ui.canvas.slide_layers import SlideLayers
from cellwright.ui.canvas.tools import CanvasTools
from cellwright.ui.state.measured_line import MeasuredLine

if TYPE_CHECKING:
    from cellwright.ui.looks.theme import Theme
    from cellwright.ui.state.loading import LoadedPicture

_ZOOM_STEP = 1.25


def import_viewer() -> None:
    """Import napari without making a widget; takes seconds, and may run on any thread."""
    # An empty name keeps napari from reading and writing the settings of a napari that the person uses for other work.
    os.environ["NAPARI_CONFIG"] = ""
    # Mesa's drivers and triton each bring an LLVM compiler: loaded after the first frame, which importing torchvision
    # does, triton crashes the process. Nothing here compiles with it, and torch does without.
    sys.modules.setdefault("triton", None)  # type: ignore[arg-type]
    import napari.components
    import napari.layers
    import napari.qt
    import vispy.color
    import vispy.scene.visuals

    # each makes, once in a process, what the window would wait for when the first picture and the first line are drawn
    napari.layers.Image(np.zeros((2, 2, 3), np.uint8), rgb=True)
    vispy.color.get_colormap("viridis")


class PictureCanvas(QWidget):
    """The picture, what was found on it, and labels.

    Signals
    -------
    clicked(float, float), double_clicked(float, float)
        y, x in level-0 pixels; a drag is no click.
    hovered(float, float)
        y, x under the mouse.
    view_changed()
        Zoom or place changed.
    gesture(object)
        A tool's finished gesture, one of `cellwright.ui.canvas.gestures`.
    tool_ended()
        A person left the tool with Esc.
    """

    clicked = Signal(float, float)
    double_clicked = Signal(float, float)
    hovered = Signal(float, float)
    view_changed = Signal()
    gesture = Signal(object)
    tool_ended = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        import_viewer()
        from napari.components import ViewerModel
        from napari.qt import QtViewer

        self._model: Any = ViewerModel()
        self._viewer: Any = QtViewer(self._model)
        self._viewer.setAcceptDrops(False)  # files dropped here are the window's
        self._native: QWidget = self._viewer.canvas.native
        self._native.setAcceptDrops(False)
        self._native.setAccessibleName("Picture")
        self._native.setToolTip("")
        # both: a key that the inner one lets pass goes on to the outer one
        self._native.installEventFilter(self)
        self._viewer.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._viewer)
        self._layer: Any = None
        self._picture: LoadedPicture | None = None
        self._views: dict[int, tuple[float, float, float]] = {}
        self._key: int | None = None
        self._is_fitted = False
        self._is_moving = False
        self._options = CanvasOptions()
        self._lit: int | None = None
        self._is_painted = False
        self._shown = ShownObjects()
        self._is_hidden = False
        scene, ratio = self._viewer.canvas.view.scene, self.devicePixelRatioF()
        self._results = ResultLayers(scene, ratio, self.viewport)
        self._overlay = CanvasOverlay(self._native, self.viewport)
        self.drags = CanvasDrags(self._native, self._place_of)
        self.tools = CanvasTools(self._native, self.viewport)
        self.slide = SlideLayers(scene, self._native, ratio, self.viewport, self)
        self.deep, self.many = self.slide.deep, self.slide.many
        self._connect()
        self.set_theme(theme)
        self.setFocusProxy(self._native)

    def _connect(self) -> None:
        self._model.scene.camera.events.connect(self._on_camera)
        self._viewer.canvas.events.draw.connect(self._on_first_paint)
        self._model.mouse_drag_callbacks.append(self._on_drag)
        self._model.mouse_double_click_callbacks.clear()  # napari would zoom in
        self._model.mouse_double_click_callbacks.append(self._on_double_click)
        self._model.mouse_move_callbacks.append(self._on_move)
        self.many.part_changed.connect(self._show_part)
        self.slide.overview.moved.connect(self.look_at)
        self.tools.gesture.connect(self.gesture)
        self.tools.tool_ended.connect(self.tool_ended)
        self.tools.clicked.connect(self.clicked)
        self.tools.tool_changed.connect(self._on_tool)
        # one repaint of the overlay a frame, however many events a movement makes
        self._repaint = QTimer(self)
        self._repaint.setSingleShot(True)
        self._repaint.setInterval(0)
        self._repaint.timeout.connect(self._after_view_change)

    # ---- what is shown

    @property
    def picture(self) -> LoadedPicture | None:
        """What is shown."""
        return self._picture

    @property
    def key(self) -> int | None:
        """Key of what is shown."""
        return self._key

    def update_picture(self, picture: LoadedPicture) -> None:
        """Show the same picture with another contrast, other channels or another plane; the place stays."""
        if self._key is None or self._layer is None or self._picture is None:
            return
        if len(picture.levels) != len(self._picture.levels) or picture.shape != self._picture.shape:
            self.show_picture(self._key, picture)
            return
        self._picture = picture
        self._layer.data = as_layer(picture)["data"]
        self.slide.update_picture(picture)
        self._overlay.update()

    @property
    def labels_drawn(self) -> int:
        """Number of labels in the last painting."""
        return self._overlay.labels_drawn

    def show_picture(self, key: int, picture: LoadedPicture) -> None:
        """Show a picture, where it was looked at last, else whole.

        Parameters
        ----------
        key : int
            Under which the place and zoom are remembered.
        picture : LoadedPicture
            What to show.
        """
        self.clear()
        self._picture, self._key = picture, key
        self._layer = self._model.add_image(rgb=True, name=picture.name, interpolation2d="linear", **as_layer(picture))
        self._apply_options()
        if key in self._views:
            self._set_view(*self._views[key])
        else:
            self.fit()
        self.slide.show_picture(picture)

    def clear(self) -> None:
        """Show nothing."""
        view = self.viewport()
        if self._key is not None and view is not None:
            # a whole picture stays whole, however large the window is by then
            self._views.pop(self._key, None)
            if not self._is_fitted:
                self._views[self._key] = (view.centre_y, view.centre_x, view.zoom)
        self._picture, self._key, self._layer = None, None, None
        self.slide.clear()
        if len(self._model.layers):  # napari looks for garbage each time, even where there is no layer
            self._model.layers.clear()
        self.show_objects(ShownObjects())
        self.set_selected(None)
        self.tools.set_editable(None)
        self.tools.drop()
        self.set_also_selected(np.zeros((0, 4), np.float32))

    def forget(self, key: int) -> None:
        """Drop the remembered place of a picture that was closed."""
        self._views.pop(key, None)

    def show_objects(self, shown: ShownObjects) -> None:
        """Draw these objects and no others; of very many those in view, or their density."""
        self.many.show(shown, self._picture.shape if self._picture is not None else None)

    def _show_part(self, shown: ShownObjects) -> None:
        self._shown = shown
        self._overlay.show_objects(shown)
        self._draw_results()

    def change_mask(self, row: int, mask: Masks) -> None:
        """Draw one of the shown objects as another mask at once, whatever else there is.

        The cost is that of its own surroundings on the screen, not of the picture or of the number of objects: for the
        moment between a stroke and the next `show_objects`.

        Parameters
        ----------
        row : int
            Of `ShownObjects.objects`, which have masks.
        mask : Masks
            One object, perhaps without pixels.
        """
        drawn = self.many.row_in_part(row)
        if self._is_painted and self._shown.has_masks and drawn is not None:
            self._results.change_mask(drawn, mask)

    def _draw_results(self) -> None:
        # not before the canvas has its place on the graphics card
        if self._is_painted:
            self._results.show(self._shown)
        self._apply_look()

    def _on_first_paint(self, _event: object) -> None:
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self, self._draw_results)

    def set_selected(self, box: NDArray[np.float32] | None, rings: tuple[NDArray[np.float32], ...] = ()) -> None:
        """Mark one object, or none: by the rings of its outline, (P, 2) y, x each, else by its box, y0, x0, y1, x1."""
        if box is not None or self._overlay.selected is not None:
            self._overlay.selected, self._overlay.selected_rings = box, rings
            self._overlay.update()

    def set_also_selected(self, boxes: NDArray[np.float32]) -> None:
        """Mark several objects, (K, 4) y0, x0, y1, x1, beside the one of `set_selected`; or none."""
        if len(boxes) or len(self._overlay.also_selected):
            self._overlay.also_selected = boxes
            self._overlay.update()

    def set_lit(self, index: int | None) -> None:
        """Let one class stand out and the others step back; None lets all stand equal."""
        if index != self._lit:
            self._lit = index
            self._apply_look()

    def set_lines(self, lines: tuple[MeasuredLine, ...], ruler: MeasuredLine | None = None) -> None:
        """Draw these measured lines over the picture and no others; the ruler stays when the results are hidden."""
        overlay = self._overlay
        if (lines, ruler) != (overlay.lines, overlay.ruler):
            overlay.lines, overlay.ruler = lines, ruler
            overlay.update()

    def set_hidden(self, hidden: bool) -> None:
        """Hide everything but the picture, or show it again."""
        if hidden != self._is_hidden:
            self._is_hidden = hidden
            self._apply_look()

    def set_pixel_size(self, size: PixelSize | None) -> None:
        """Tell the scale bar how large a pixel is."""
        self.slide.set_pixel_size(size)
        if size != self._overlay.pixel_size:
            self._overlay.pixel_size = size
            self._overlay.update()

    def set_options(self, options: CanvasOptions) -> None:
        """Choose what is drawn."""
        self._options = options
        self._apply_options()

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._model.theme = "dark" if theme.is_dark else "light"
        self._model.canvas.background_color_override = theme.canvas

    def _apply_options(self) -> None:
        self._overlay.show_scale_bar = self._options.scale_bar
        if self._layer is not None:
            self._layer.visible = self._options.picture
            self._layer.opacity = self._options.picture_opacity
        self._apply_look()

    def _apply_look(self) -> None:
        options, overlay = self._options, self._overlay
        self.slide.set_look(options, self._is_hidden)
        if self._is_painted:
            self._results.set_look(options, self._lit, self._is_hidden)
        is_drawn = options.draws_boxes(self._shown.has_masks)
        is_drawn = is_drawn or (self._shown.has_masks and (options.outlines or options.fill))
        overlay.show_labels = options.labels and is_drawn and self._lit is None and not self._is_hidden
        overlay.show_marks = not self._is_hidden
        overlay.show_provenance = is_drawn and self._lit is None and not self._is_hidden
        overlay.update()

    # ---- what the mouse does

    @property
    def tool(self) -> Tool:
        """What the mouse does."""
        return self.tools.tool

    def set_tool(self, tool: Tool) -> None:
        """Take a tool in hand; keys go to the picture from now on."""
        self.tools.set_tool(tool)
        if tool is not Tool.LOOK:
            self._native.setFocus()

    def _on_tool(self, tool: Tool) -> None:
        if tool is not Tool.LOOK:  # one thing at a time
            self.slide.region_tool.stop()
            self.slide.region_hand.stop()
        if (tool is Tool.RULER) != self.drags.is_ruling:
            self.drags.set_ruling(tool is Tool.RULER)

    # ---- where one looks

    def viewport(self) -> Viewport | None:
        """Return what is on the screen; None while no picture is shown."""
        if self._picture is None:
            return None
        camera = self._model.scene.camera
        y, x = camera.center[-2:]
        return Viewport(
            float(y), float(x), float(camera.zoom), max(1, self._native.height()), max(1, self._native.width())
        )

    def fit(self) -> None:
        """Show the whole picture with a small rim."""
        if self._picture is None:
            return
        rows, columns = self._picture.shape
        zoom = 0.98 * min(max(1, self._native.height()) / rows, max(1, self._native.width()) / columns)
        self._set_view(rows / 2, columns / 2, zoom)
        self._is_fitted = True

    def zoom_by(self, factor: float) -> None:
        """Enlarge (factor above 1) or reduce around the middle."""
        if self._picture is not None:
            self._model.scene.camera.zoom *= factor

    def zoom_in(self) -> None:
        """Show the picture a step larger."""
        self.zoom_by(_ZOOM_STEP)

    def zoom_out(self) -> None:
        """Show the picture a step smaller."""
        self.zoom_by(1 / _ZOOM_STEP)

    def actual_size(self) -> None:
        """Put one picture pixel on one device pixel."""
        if self._picture is not None:
            self._model.scene.camera.zoom = 1 / self.devicePixelRatioF()

    def centre_on(self, box: NDArray[np.float32]) -> None:
        """Bring a box to the middle, large enough to see and with its surroundings."""
        view = self.viewport()
        if view is None:
            return
        y0, x0, y1, x1 = (float(side) for side in box)
        height, width = max(1.0, y1 - y0), max(1.0, x1 - x0)
        largest = min(view.height / height, view.width / width) / 2
        wanted = max(view.zoom, 48 / max(height, width))
        self._set_view((y0 + y1) / 2, (x0 + x1) / 2, min(wanted, largest))

    def show_box(self, box: tuple[float, float, float, float]) -> None:
        """Bring y0, x0, y1, x1 wholly into view; the zoom stays where it is in view already."""
        view = self.viewport()
        if view is None:
            return
        y0, x0, y1, x1 = box
        zoom = 0.85 * min(view.height / max(1.0, y1 - y0), view.width / max(1.0, x1 - x0))
        self._set_view((y0 + y1) / 2, (x0 + x1) / 2, min(zoom, 4.0))

    def look_at(self, y: float, x: float, zoom: float | None = None) -> None:
        """Bring a place, in level-0 pixels, to the middle; with another zoom where one is given."""
        view = self.viewport()
        if view is not None:
            self._set_view(y, x, view.zoom if zoom is None else zoom)

    def _set_view(self, y: float, x: float, zoom: float) -> None:
        camera = self._model.scene.camera
        self._is_moving = True
        camera.center = (*camera.center[:-2], y, x)
        camera.zoom = zoom
        self._is_moving = False
        self._is_fitted = False

    # ---- events

    def _on_camera(self, _event: object) -> None:
        if not self._is_moving:
            self._is_fitted = False  # a person moved the picture
        self._overlay.update()
        self.tools.follow()
        self._repaint.start()

    def _after_view_change(self) -> None:
        self.slide.follow()
        self._results.follow()
        self.view_changed.emit()

    def _on_drag(self, _model: object, event: Any) -> Generator[None, None, None]:
        if event.button != 1:
            return
        start = np.array(event.pos, float)
        yield
        moved = 0.0
        while event.type == "mouse_move":
            moved = max(moved, float(np.abs(np.array(event.pos, float) - start).max()))
            yield
        if moved <= 3.0 and self._picture is not None:
            self.clicked.emit(*self._place(event))

    def _on_double_click(self, _model: object, event: Any) -> None:
        if self._picture is not None:
            self.double_clicked.emit(*self._place(event))

    def _on_move(self, _model: object, event: Any) -> None:
        if self._picture is not None:
            self.hovered.emit(*self._place(event))

    def _place(self, event: Any) -> tuple[float, float]:
        y, x = event.position[-2:]
        return float(y), float(x)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep keys from napari, whose own would turn the picture to 3D; and keep a whole picture whole."""
        if watched is self._native and event.type() == QEvent.Type.Resize and self._is_fitted:
            QTimer.singleShot(0, self, self._fit_again)
        if isinstance(event, QKeyEvent):
            return self._takes_key(event)
        if watched is self._native and event.type() == QEvent.Type.Leave:
            self.tools.leave()
        if watched is self._native and isinstance(event, QMouseEvent):
            return self.drags.takes(event) or self.tools.takes(event)
        return super().eventFilter(watched, event)

    def _takes_key(self, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            is_tools = self.tools.wants_key(event)
            event.setAccepted(is_tools)
            return is_tools
        event.setAccepted(self.tools.takes_key(event))
        return True

    def _place_of(self, point: QPointF) -> tuple[float, float] | None:
        """Return y, x in level-0 pixels of a point of the canvas."""
        view = self.viewport()
        return None if view is None else view.from_screen(point.y(), point.x())

    def _fit_again(self) -> None:
        if self._is_fitted:
            self.fit()

    def close_viewer(self) -> None:
        """Give the graphics card's memory back; the canvas is not used afterwards."""
        self.clear()
        self._repaint.stop()
        self.slide.remove()
        self._results.remove()
        self._viewer.close()
