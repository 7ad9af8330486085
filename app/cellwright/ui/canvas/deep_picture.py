"""`DeepPicture`: a slide of any size on the canvas, coarse at once and sharp as its tiles come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.state.tile_grid import Span, TileGrid
from cellwright.ui.state.tile_loader import TileLoader

if TYPE_CHECKING:
    from cellwright.ui.state.loading import LoadedPicture

_ABOVE_BASE = 900_000
"""Above the coarse picture that is always there, below everything that was found."""

_COARSER = 2
"""The first tiles of a place are so many halvings coarser: a sixteenth of the reading."""

_TILES_A_FRAME = 4
"""So many new tiles are sent to the graphics card before the window may do something else."""

_SHEETS = 3
"""Sharp tiles, coarser ones below, and those of the last zoom until the sharp ones are there."""

_CLOSE_WAIT_S = 5.0


class DeepPicture(QObject):
    """The tiles of one slide at a time.

    Parameters
    ----------
    scene : vispy node
        Whose coordinates are x, y in level-0 pixels.
    ratio : float
        Device pixels per logical pixel.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.

    Signals
    -------
    changed()
        New tiles are drawn.
    """

    changed = Signal()
    _arrived = Signal()

    def __init__(
        self, scene: Any, ratio: float, viewport: Callable[[], Viewport | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._scene, self._ratio, self._viewport = scene, ratio, viewport
        self._loader: TileLoader | None = None
        self._sheets: list[Any] = []
        self._opacity = 1.0
        self._is_told = False
        # queued: emitted on a thread of the loader, received on the window's
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.setInterval(0)
        self._more.timeout.connect(self._put_new)

    @property
    def loader(self) -> TileLoader | None:
        """What reads the tiles; None while no slide is shown."""
        return self._loader

    @property
    def is_sharp(self) -> bool:
        """Whether every tile in view is drawn at the resolution of the screen."""
        span = self._sharp_span(0)
        sheet = self._sheet_at(span.level) if span is not None else None
        return span is None or (sheet is not None and all(sheet.has(key) for key in span))

    def show(self, picture: LoadedPicture) -> None:
        """Draw a slide that is still open; of a picture in memory nothing is drawn here."""
        self.clear()
        if picture.slide is not None:
            self._loader = TileLoader(picture.slide, picture.look, self._tell)
            self.follow()

    def update_look(self, picture: LoadedPicture) -> None:
        """Draw the same slide in another way; what is drawn stays until the new tiles are there."""
        if self._loader is None or picture.slide is None:
            self.show(picture)
            return
        self._loader.set_look(picture.look)
        for sheet in self._sheets:
            sheet.tiles_are_old()
        self.follow()

    def clear(self, wait_s: float = 0.0) -> None:
        """Draw nothing and read nothing."""
        if self._loader is not None:
            self._loader.close(wait_s)
            self._loader = None
        self._more.stop()
        for sheet in self._sheets:
            sheet.clear()

    def set_opacity(self, opacity: float) -> None:
        """Say how opaque the picture is, in [0, 1]; 0 hides it."""
        self._opacity = opacity
        for sheet in self._sheets:
            sheet.set_opacity(opacity)

    def remove(self) -> None:
        """Take everything out of the scene, before the scene itself goes."""
        self.clear(_CLOSE_WAIT_S)
        for sheet in self._sheets:
            sheet.parent = None
        self._sheets = []

    # ---- which tiles

    def follow(self) -> None:
        """Draw what is in view now, as far as it is there, and ask for the rest."""
        sharp = self._sharp_span(0)
        if self._loader is None or sharp is None:
            return
        grid = self._loader.grid
        coarse = self._coarse_span(grid, sharp.level)
        beyond = self._sharp_span(1) or sharp
        spans = [coarse, beyond] if coarse.level != sharp.level else [beyond]
        for span in spans:
            self._place(span, grid)
        self._put_kept()
        first = list(coarse) if coarse.level != sharp.level else []
        around = [key for key in beyond if not sharp.holds(key)]
        self._loader.want([*first, *sharp, *around])
        self._drop_older(sharp, coarse)

    def _sharp_span(self, margin: int) -> Span | None:
        view = self._viewport()
        if view is None or self._loader is None:
            return None
        grid = self._loader.grid
        return grid.span(view.bounds, grid.level_for(view.zoom * self._ratio), margin)

    def _coarse_span(self, grid: TileGrid, sharp: int) -> Span:
        view = self._viewport()
        bounds = view.bounds if view is not None else (0.0, 0.0, 0.0, 0.0)
        return grid.span(bounds, min(grid.top, sharp + _COARSER))

    def _place(self, span: Span, grid: TileGrid) -> None:
        sheet = self._sheet_at(span.level) or self._free_sheet(span.level)
        if span.is_empty:
            sheet.clear()
        elif sheet.span != span:
            sheet.show(span, grid.shape)

    def _sheet_at(self, level: int) -> Any:
        return next((sheet for sheet in self._sheets if sheet.span is not None and sheet.span.level == level), None)

    def _free_sheet(self, level: int) -> Any:
        """Return a sheet that is not used, or the one whose tiles lie furthest from this resolution."""
        free = next((sheet for sheet in self._sheets if sheet.span is None), None)
        if free is None and len(self._sheets) < _SHEETS:
            from cellwright.ui.canvas.tile_sheet import TileSheet  # late: brings vispy

            free = TileSheet(self._loader.grid.tile_px if self._loader is not None else 512, parent=self._scene)
            free.set_opacity(self._opacity)
            self._sheets.append(free)
        if free is None:
            free = max(self._sheets, key=lambda sheet: abs(sheet.span.level - level))
            free.clear()
        free.order = _ABOVE_BASE - level  # sharper tiles lie above coarser ones
        return free

    def _drop_older(self, sharp: Span, coarse: Span) -> None:
        """Let go of the tiles of another zoom, once the place can be seen without them."""
        sheet = self._sheet_at(sharp.level)
        if sheet is not None and all(sheet.has(key) for key in sharp):
            for older in self._sheets:
                if older.span is not None and older.span.level not in (sharp.level, coarse.level):
                    older.clear()

    # ---- tiles that are there

    def _tell(self) -> None:
        # one signal for all tiles that come before the window gets round to them
        if not self._is_told:
            self._is_told = True
            self._arrived.emit()

    def _on_arrived(self) -> None:
        self._is_told = False
        self._more.start()

    def _put_kept(self) -> None:
        """Draw tiles that were made before."""
        if self._put(_TILES_A_FRAME) and not self._more.isActive():
            self._more.start()

    def _put_new(self) -> None:
        loader = self._loader
        if loader is None:
            return
        loader.take_new()
        is_more = self._put(_TILES_A_FRAME)
        sharp = self._sharp_span(0)
        if is_more:
            self._more.start()
        elif sharp is not None:
            self._drop_older(sharp, self._coarse_span(loader.grid, sharp.level))
        self.changed.emit()

    def _put(self, most: int) -> bool:
        """Send tiles to the graphics card, coarse ones first; return whether there are more."""
        loader = self._loader
        if loader is None:
            return False
        sheets = [sheet for sheet in self._sheets if sheet.span is not None]
        for sheet in sorted(sheets, key=lambda sheet: -sheet.span.level):
            for key in sheet.span:
                if not sheet.is_current(key) and (pixels := loader.get(key)) is not None:
                    if most == 0:
                        return True
                    sheet.put(key, pixels)
                    most -= 1
        return False


def as_layer(picture: LoadedPicture) -> dict[str, Any]:
    """Return what napari is given of a picture, and where it lies.

    napari puts the middle of the first pixel at 0; with these its upper left corner is there, as in our boxes. Of a
    slide that is read as it is looked at, napari has the overview; `DeepPicture` lays sharper tiles over it.
    """
    if picture.is_deep:
        rows, columns = picture.overview.shape[:2]
        scale = (picture.shape[0] / rows, picture.shape[1] / columns)
        place = (scale[0] / 2, scale[1] / 2)
        return {"data": picture.overview, "scale": scale, "translate": place, "multiscale": False}
    levels = list(picture.levels)
    is_pyramid = len(levels) > 1
    return {"data": levels if is_pyramid else levels[0], "multiscale": is_pyramid, "translate": (0.5, 0.5)}
