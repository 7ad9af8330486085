"""`Pages`: sheets of paper that are filled from top to bottom, as figures of matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellwright.export.report_charts import GREY, INK, LINE
from cellwright.export.report_type import FONT, shortened, wrapped, writable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE = (595.28, 841.89)
"""Width and height of a page, A4, in points."""
MARGIN = 48.0
WIDTH = PAGE[0] - 2 * MARGIN
"""What can be written on, in points."""

_TOP, _BOTTOM = 50.0, 62.0
_SMALL = 7.5
_INCH = 72.0


class Pages:
    """Sheets that are filled from top to bottom; places are in points from the left and from the top.

    Parameters
    ----------
    head : str
        At the head of every page but the first.
    foot : str
        At the foot of every page, before its number.
    """

    def __init__(self, head: str, foot: str) -> None:
        self._head, self._foot = head, foot
        self.figures: list[Figure] = []
        self.y = 0.0
        self.start()

    def start(self) -> None:
        """Take a new sheet."""
        from matplotlib.backends.backend_pdf import FigureCanvasPdf
        from matplotlib.figure import Figure

        figure = Figure(figsize=(PAGE[0] / _INCH, PAGE[1] / _INCH))
        FigureCanvasPdf(figure)
        self.figures.append(figure)
        self.y = _TOP
        if len(self.figures) > 1:
            self.line(MARGIN, 34.0, shortened(self._head, WIDTH, _SMALL), _SMALL, colour=GREY)
            self.rule(39.0, LINE)

    @property
    def left_over(self) -> float:
        """How much of the sheet is free, in points."""
        return PAGE[1] - _BOTTOM - self.y

    def need(self, height: float) -> bool:
        """Take a new sheet unless so much is free; return whether one was taken."""
        if self.left_over >= height or self.y <= _TOP:
            return False
        self.start()
        return True

    def line(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, colour: str = INK, align: str = "left"
    ) -> None:
        """Write one line whose letters stand on `y`."""
        self.figures[-1].text(
            x / PAGE[0],
            1 - y / PAGE[1],
            writable(text, is_bold=bold),
            fontsize=size,
            fontfamily=FONT,
            fontweight="bold" if bold else "normal",
            color=colour,
            horizontalalignment=align,
            verticalalignment="baseline",
        )

    def paragraph(
        self,
        text: str,
        size: float,
        *,
        x: float = MARGIN,
        width: float = WIDTH,
        bold: bool = False,
        colour: str = INK,
        leading: float = 1.42,
    ) -> None:
        """Write sentences; they go on on the next sheet."""
        for words in wrapped(text, width, size, is_bold=bold):
            self.need(size * leading)
            self.y += size * leading
            self.line(x, self.y - 0.3 * size, words, size, bold=bold, colour=colour)

    def rule(
        self, y: float, colour: str = INK, *, x: float = MARGIN, width: float = WIDTH, thickness: float = 0.6
    ) -> None:
        """Draw a level line."""
        from matplotlib.lines import Line2D

        ends = [x / PAGE[0], (x + width) / PAGE[0]], [1 - y / PAGE[1]] * 2
        self.figures[-1].add_artist(Line2D(*ends, color=colour, linewidth=thickness))

    def frame(
        self, y: float, height: float, *, x: float = MARGIN, width: float = WIDTH, fill: str = "none", edge: str = INK
    ) -> None:
        """Draw a rectangle behind what is written."""
        from matplotlib.patches import Rectangle

        corner = x / PAGE[0], 1 - (y + height) / PAGE[1]
        size = width / PAGE[0], height / PAGE[1]
        figure = self.figures[-1]
        figure.add_artist(
            Rectangle(
                corner, *size, facecolor=fill, edgecolor=edge, linewidth=0.7, zorder=-1, transform=figure.transFigure
            )
        )

    def picture(self, pixels: NDArray[np.uint8], x: float, y: float, width: float, height: float) -> None:
        """Place a picture, its pixels as they are."""
        axes = self.axes(x, y, width, height)
        axes.imshow(pixels, interpolation="none", aspect="auto")
        axes.set_axis_off()

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Return axes at a place."""
        place = x / PAGE[0], 1 - (y + height) / PAGE[1], width / PAGE[0], height / PAGE[1]
        return self.figures[-1].add_axes(place)

    def number(self) -> None:
        """Write foot and number onto every sheet, now that it is known how many there are."""
        last = self.figures
        for page, figure in enumerate(last, start=1):
            self.figures = [figure]
            y = PAGE[1] - 42.0
            self.rule(y, LINE)
            self.line(PAGE[0] - MARGIN, y + 12, f"{page} / {len(last)}", _SMALL, colour=GREY, align="right")
            for row, words in enumerate(wrapped(self._foot, WIDTH - 48, _SMALL)[:2]):
                self.line(MARGIN, y + 12 + row * 10, words, _SMALL, colour=GREY)
        self.figures = last
