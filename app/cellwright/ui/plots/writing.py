"""A plot as a file: a picture of what is seen, or the table of what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from cellwright.core import BadParameter, OutputNotWritable
from cellwright.core.atomic import replacing
from cellwright.ui.looks.theme import LIGHT
from cellwright.ui.plots.plot_area import PlotArea
from cellwright.ui.state.plotting_table import plot_table

SIZE = QSize(720, 480)
"""Of a figure, in the pixels that words are measured in; the window may show it smaller."""
_TIMES = 3
"""Pixels of a PNG on each side of one of those: sharp in print at the width of a page."""


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
    image = QImage(SIZE * _TIMES, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(_TIMES)  # words keep their size beside what is drawn
    with _printed(area) as printed:
        painter = QPainter(image)
        _render(printed, painter)
        painter.end()
    with replacing(path) as part:
        if not QImageWriter(str(part), QByteArray(b"png")).write(image):
            raise OutputNotWritable(f"{path} could not be written; choose another folder.")


def _svg(area: PlotArea, path: Path) -> None:
    with _printed(area) as printed, replacing(path) as part:
        made = QSvgGenerator()
        made.setFileName(str(part))
        made.setSize(SIZE)
        made.setViewBox(QRectF(QPointF(0, 0), QSizeF(SIZE)))
        made.setTitle(_title(area))
        painter = QPainter()
        if not painter.begin(made):
            raise OutputNotWritable(f"{path} could not be written; choose another folder.")
        _render(printed, painter)
        painter.end()


@contextmanager
def _printed(area: PlotArea) -> Iterator[PlotArea]:
    """Give the same plot on a white ground, at the size of a figure; nobody sees it."""
    printed = PlotArea(LIGHT)
    printed.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    printed.resize(SIZE)
    printed.show()  # lays it out
    try:
        printed.like(area)
        yield printed
    finally:
        printed.close_plot()
        printed.close()
        printed.deleteLater()


def _render(area: PlotArea, painter: QPainter) -> None:
    size = QSizeF(area.view.viewport().size())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(QPointF(0, 0), size), area.view.backgroundBrush())
    with _one_by_one(area, painter):
        area.view.scene().render(painter, QRectF(QPointF(0, 0), size), QRectF(area.view.mapToScene(0, 0), size))


@contextmanager
def _one_by_one(area: PlotArea, painter: QPainter) -> Iterator[None]:
    """Let points be drawn one by one, sharp at any size, instead of copied from small pictures of the screen."""
    items = [item for item in area.view.scene().items() if hasattr(item, "setExportMode")]
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
