"""`SlideLayers`: what a canvas draws of slides beside their cells: tiles, density, coverage, regions, overview."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QPointF

from cellwright.core import Coverage, PixelSize
from cellwright.ui.canvas.deep_picture import DeepPicture
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.many_objects import ManyObjects
from cellwright.ui.canvas.overview_map import OverviewMap
from cellwright.ui.canvas.region_hand import RegionHand
from cellwright.ui.canvas.region_tool import RegionTool
from cellwright.ui.canvas.slide_sheet import SlideSheet
from cellwright.ui.state.colouring import Legend
from cellwright.ui.state.density import density_legend

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cellwright.ui.canvas.options import CanvasOptions
    from cellwright.ui.state.loading import LoadedPicture


class SlideLayers(QObject):
    """The layers of one canvas.

    Parameters
    ----------
    scene : vispy node
        Whose coordinates are x, y in level-0 pixels.
    surface : QWidget
        What is painted over and where the mouse is.
    ratio : float
        Device pixels per logical pixel.
    viewport : callable
        Gives the present `Viewport`, None while no picture is shown.
    """

    def __init__(
        self,
        scene: Any,
        surface: QWidget,
        ratio: float,
        viewport: Callable[[], Viewport | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._scene, self._ratio, self._viewport = scene, ratio, viewport
        self.deep = DeepPicture(scene, ratio, viewport, self)
        self.many = ManyObjects(scene, viewport, self)
        self.sheet = SlideSheet(surface, viewport)
        self.overview = OverviewMap(surface, viewport)
        self.region_tool = RegionTool(surface, self._place_of, self._on_screen)
        self.region_hand = RegionHand(surface, self._place_of)
        self._ledger: Any = None
        self._coverage: Coverage | None = None
        self._is_ledger_shown = False
        self._is_hidden = False
        self._pixel_size: PixelSize | None = None
        self.many.density_changed.connect(self._show_legend)
        self.region_tool.changed.connect(self.sheet.show_draft)
        self.region_hand.changed.connect(self.sheet.show_draft)

    def show_picture(self, picture: LoadedPicture) -> None:
        """Show another picture."""
        self._end_regions()
        self.deep.show(picture)
        self.overview.show_picture(picture.overview, picture.shape)

    def update_picture(self, picture: LoadedPicture) -> None:
        """Show the same picture in another way."""
        self.deep.update_look(picture)
        self.overview.show_picture(picture.overview, picture.shape)

    def clear(self) -> None:
        """Show nothing."""
        self.deep.clear()
        self._end_regions()
        self.overview.show_picture(None, None)
        self.sheet.show_regions(())
        self.show_coverage(None)

    def follow(self) -> None:
        """Follow the place and the zoom."""
        self.deep.follow()
        self.many.follow()
        self.overview.follow()
        self.sheet.update()

    def set_look(self, options: CanvasOptions, hidden: bool) -> None:
        """Draw what a person chose."""
        self.deep.set_opacity(options.picture_opacity if options.picture else 0.0)
        self.many.set_look(options.density and not hidden, options.density_opacity)
        self.overview.set_wanted(options.overview)
        self._is_ledger_shown = options.coverage
        self._is_hidden = hidden
        self.sheet.setVisible(not hidden)
        self._draw_ledger()

    def set_pixel_size(self, size: PixelSize | None) -> None:
        """Say how large a pixel is, for the legend."""
        if size != self._pixel_size:
            self._pixel_size = size
            self._show_legend()

    def show_coverage(self, coverage: Coverage | None) -> None:
        """Take the account of the tiles; it is drawn where a person chose to see it."""
        self._coverage = coverage
        self._draw_ledger()

    def remove(self) -> None:
        """Take everything out of the scene, before the scene itself goes."""
        self.deep.remove()
        self.many.remove()
        if self._ledger is not None:
            self._ledger.parent = None
            self._ledger = None

    def _end_regions(self) -> None:
        """Draw and change no region any more: it would be one of another picture."""
        self.region_tool.stop()
        self.region_hand.stop()

    def _draw_ledger(self) -> None:
        is_shown = self._is_ledger_shown and not self._is_hidden
        shown = self._coverage if is_shown and self._coverage is not None and self._coverage.records else None
        if self._ledger is None and shown is not None:
            from cellwright.ui.canvas.ledger_image import UNDER_DENSITY, LedgerTiles  # late: brings vispy

            self._ledger = LedgerTiles(self._ratio, parent=self._scene)
            self._ledger.order = UNDER_DENSITY
        if self._ledger is not None:
            self._ledger.show(shown)
        if self.sheet.coverage is not shown:
            self.sheet.show_coverage(shown)

    def _show_legend(self) -> None:
        drawn = self.many.density
        legend: Legend | None = None if drawn is None else density_legend(*drawn, self._pixel_size)
        self.sheet.show_legend(legend)

    def _place_of(self, point: QPointF) -> tuple[float, float] | None:
        view = self._viewport()
        return None if view is None else view.from_screen(point.y(), point.x())

    def _on_screen(self, place: tuple[float, float]) -> QPointF:
        view = self._viewport()
        if view is None:
            return QPointF()
        y, x = view.points_to_screen(np.array([place], np.float64))[0]
        return QPointF(float(x), float(y))
