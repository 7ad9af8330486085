"""`SlideSheet`: regions with their names, and the legends of density and coverage, painted over the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF

from cellwright.core import Coverage
from cellwright.ui.canvas.geometry import Viewport
from cellwright.ui.canvas.glass import GlassSheet
from cellwright.ui.canvas.marks import font, paint_legend
from cellwright.ui.state.colouring import Legend
from cellwright.ui.state.ledger import LedgerLook, looks_in
from cellwright.ui.state.region_shapes import RegionKind, RegionShape

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_MARGIN_PX = 12.0
_LEGEND_PX = 60.0
_LINE_PX = 20.0
_LOOKS = {
    RegionKind.INCLUDE: ("#F0E442", Qt.PenStyle.SolidLine),
    RegionKind.EXCLUDE: ("#CC79A7", Qt.PenStyle.DashLine),
    RegionKind.PROPOSED: ("#56B4E9", Qt.PenStyle.DotLine),
}
_PATTERNS = {
    0: None,
    1: Qt.BrushStyle.BDiagPattern,
    2: Qt.BrushStyle.FDiagPattern,
    3: Qt.BrushStyle.DiagCrossPattern,
    4: Qt.BrushStyle.Dense6Pattern,
}


class SlideSheet(GlassSheet):
    """Regions with their names and the legends, over the canvas; see `GlassSheet` for the parameters."""

    def __init__(self, over: QWidget, viewport: Callable[[], Viewport | None]) -> None:
        super().__init__(over, viewport, "Regions and legends over the picture")
        self.regions: tuple[RegionShape, ...] = ()
        self.chosen: RegionShape | None = None
        self.draft: NDArray[np.float64] | None = None
        self.draft_kind = RegionKind.INCLUDE
        self.legend: Legend | None = None
        self.coverage: Coverage | None = None

    def show_regions(self, regions: Sequence[RegionShape], chosen: RegionShape | None = None) -> None:
        """Paint these regions, one of them as chosen."""
        self.regions, self.chosen = tuple(regions), chosen
        self.update()

    def show_draft(self, corners: NDArray[np.float64] | None, kind: RegionKind) -> None:
        """Paint a region that is being drawn, (K, 2) y, x; None when it is not."""
        self.draft, self.draft_kind = corners, kind
        self.update()

    def show_legend(self, legend: Legend | None) -> None:
        """Say what the colours of the density stand for."""
        if legend != self.legend:
            self.legend = legend
            self.update()

    def show_coverage(self, coverage: Coverage | None) -> None:
        """Say what the patterns of tiles stand for."""
        self.coverage = coverage
        self.update()

    @property
    def _is_empty(self) -> bool:
        return not (self.regions or self.legend or self.coverage) and self.draft is None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint everything anew; there are never more than some dozen things."""
        viewport = self._viewport()
        if viewport is None or self._is_empty:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for region in self.regions:
            self._paint_region(painter, viewport, region)
        if self.draft is not None and len(self.draft):
            self._paint_draft(painter, viewport, self.draft)
        top = _MARGIN_PX
        if self.legend is not None:
            paint_legend(painter, self.legend, _MARGIN_PX)
            top += _LEGEND_PX
        if self.coverage is not None:
            self._paint_ledger(painter, looks_in(self.coverage), top)
        painter.end()

    def _paint_region(self, painter: QPainter, viewport: Viewport, region: RegionShape) -> None:
        colour, style = _LOOKS[region.kind]
        outline = _on_screen(viewport, region.corners)
        if not outline.boundingRect().intersects(QRectF(self.rect())):
            return
        is_chosen = self.chosen is not None and region is self.chosen
        painter.setBrush(_filling(region.kind, colour))
        painter.setPen(QPen(QColor(0, 0, 0, 170), 5.5 if is_chosen else 4.0))
        painter.drawPolygon(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colour), 3.0 if is_chosen else 2.0, style))
        painter.drawPolygon(outline)
        self._paint_name(painter, outline, region, colour)

    def _paint_name(self, painter: QPainter, outline: QPolygonF, region: RegionShape, colour: str) -> None:
        painter.setFont(font(12, bold=True))
        seen = outline.boundingRect().intersected(QRectF(self.rect()))
        width = QFontMetricsF(painter.font()).horizontalAdvance(region.name) + 12
        if seen.width() < width or seen.height() < 24:
            return
        ground = QRectF(seen.left() + 4, seen.top() + 4, width, 19)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 180))
        painter.drawRoundedRect(ground, 4, 4)
        painter.setPen(QColor(colour))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, region.name)

    def _paint_draft(self, painter: QPainter, viewport: Viewport, corners: NDArray[np.float64]) -> None:
        colour, _style = _LOOKS[self.draft_kind]
        outline = _on_screen(viewport, corners)
        is_painted = self.chosen is not None and np.array_equal(corners, self.chosen.corners)
        painter.setBrush(Qt.BrushStyle.NoBrush if is_painted else _filling(self.draft_kind, colour))  # never twice
        for ink, width in (("#000000", 4.0), (colour, 2.0)):
            painter.setPen(QPen(QColor(ink), width))
            painter.drawPolygon(outline)
        painter.setBrush(QColor(colour))
        for at in range(outline.count()):
            painter.drawEllipse(outline.at(at), 3.5, 3.5)

    def _paint_ledger(self, painter: QPainter, looks: Sequence[tuple[LedgerLook, int]], top: float) -> None:
        painter.setFont(font(12))
        words = [f"{look.title}: {count:,}" for look, count in looks]
        metrics = QFontMetricsF(painter.font())
        width = max((metrics.horizontalAdvance(text) for text in words), default=0.0) + 52
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 170))
        painter.drawRoundedRect(QRectF(_MARGIN_PX, top, width, _LINE_PX * len(looks) + 10), 5, 5)
        for row, ((look, _count), text) in enumerate(zip(looks, words, strict=True)):
            y = top + 5 + row * _LINE_PX
            sample = QRectF(_MARGIN_PX + 10, y + 3, 22, 14)
            painter.fillRect(sample, QColor("#f4ece6"))
            painter.fillRect(sample, QColor.fromRgbF(*look.ground))
            pattern = _PATTERNS[look.pattern]
            if pattern is not None:
                painter.fillRect(sample, QBrush(QColor.fromRgbF(*look.ink), pattern))
            painter.setPen(QColor("#ffffff"))
            words_at = QRectF(sample.right() + 8, y, width, _LINE_PX)
            painter.drawText(words_at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _on_screen(viewport: Viewport, corners: NDArray[np.float64]) -> QPolygonF:
    return QPolygonF([QPointF(float(x), float(y)) for y, x in viewport.points_to_screen(corners)])


def _filling(kind: RegionKind, colour: str) -> QBrush:
    ink = QColor(colour)
    if kind is RegionKind.EXCLUDE:
        ink.setAlpha(130)
        return QBrush(ink, Qt.BrushStyle.BDiagPattern)
    ink.setAlpha(26)
    return QBrush(ink)
