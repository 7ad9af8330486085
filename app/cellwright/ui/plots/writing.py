"""A plot as a file: a picture of what is seen, or the table of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from cellwright.core import BadParameter, OutputNotWritable
from cellwright.core.atomic import replacing
from cellwright.ui.plots.plot_area import PlotArea
from cellwright.ui.state.plotting_table import plot_table

_TIMES = 3
"""Pixels of a PNG on each side of one of the screen: sharp in print at the width of a page."""


def write_plot(area: PlotArea, path: Path) -> None:
    """Write what is drawn; the suffix of the path says how.

    Raises
    ------
    BadParameter
        If the suffix is another, or nothing is drawn.
    OutputNotWritable
        If it cannot be written; what stood there is unchanged.
    """
    if area.cells is None:
        raise BadParameter("There is no plot to write: choose columns that the cells have.")
    writer = {".png": _png, ".svg": _svg, ".csv": _csv}.get(path.suffix.lower())
    if writer is None:
        raise BadParameter(f"{path.name}: a plot is written as .png, .svg or .csv.")
    writer(area, path)


def _csv(area: PlotArea, path: Path) -> None:
    from cellwright.export import write_csv

    assert area.cells is not None
    write_csv(path, plot_table(area.cells, area.gates), overwrite=True)


def _png(area: PlotArea, path: Path) -> None:
    size = area.view.viewport().size()
    image = QImage(size * _TIMES, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(_TIMES)  # words keep their size beside what is drawn
    image.fill(area.view.backgroundBrush().color())
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _render(area, painter)
    painter.end()
    with replacing(path) as part:
        if not image.save(str(part), b"PNG"):
            raise OutputNotWritable(f"{path} could not be written; choose another folder.")


def _svg(area: PlotArea, path: Path) -> None:
    size = area.view.viewport().size()
    with replacing(path) as part:
        made = QSvgGenerator()
        made.setFileName(str(part))
        made.setSize(QSize(size.width(), size.height()))
        made.setViewBox(QRectF(0, 0, size.width(), size.height()))
        made.setTitle(_title(area))
        painter = QPainter()
        if not painter.begin(made):
            raise OutputNotWritable(f"{path} could not be written; choose another folder.")
        painter.fillRect(QRectF(0, 0, size.width(), size.height()), area.view.backgroundBrush())
        _render(area, painter)
        painter.end()


def _render(area: PlotArea, painter: QPainter) -> None:
    view = area.view
    size = QSizeF(view.viewport().size())
    with _for_export(area, painter):
        view.scene().render(painter, QRectF(QPointF(0, 0), size), QRectF(view.mapToScene(0, 0), size))


@contextmanager
def _for_export(area: PlotArea, painter: QPainter) -> Iterator[None]:
    """Let points be drawn one by one, sharp at any size, instead of copied from small pictures of the screen."""
    scene = area.view.scene()
    items = [item for item in scene.items() if hasattr(item, "setExportMode")]
    options = {"painter": painter, "antialias": True, "resolutionScale": 1.0}
    for item in items:
        item.setExportMode(True, options)
    try:
        yield
    finally:
        for item in items:
            item.setExportMode(False)


def _title(area: PlotArea) -> str:
    cells = area.cells
    assert cells is not None
    of = ", ".join(picture.name for picture in cells.pictures[:5])
    return f"{' against '.join(axis.title for axis in reversed(cells.axes)) or 'Counts'}: {of}"
