"""`Curves`: loss, and the score on held-out pictures, while a model is taught."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from cellwright.ui.looks.theme import OKABE_ITO, Theme
from cellwright.ui.looks.widgets import column, label
from cellwright.zoo import score_title

_HELD_OUT = "Held-out pictures"
SCORES = ("map_50", "ap_50", "dice")
"""Scores of which the first that a training has is drawn."""


def read_rows(metrics: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's metrics.jsonl, the later of two for one epoch; nothing before there is one."""
    try:
        lines = metrics.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    rows: dict[int, dict[str, Any]] = {}
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue  # the last line may be half written
        rows[int(row["epoch"])] = row
    return list(rows.values())


class Curves(QWidget):
    """Two plots beside each other; made when they are first needed, since the plotting library takes long to load."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves of the training")
        self.setToolTip("Left: what mistakes cost in training. Right: the score on pictures that are not learned from.")
        self.setMinimumHeight(64)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        # Words above the plots, since a title inside one is cut where the plot is narrow.
        self.titles = label("Loss", "muted"), label(_HELD_OUT, "muted")
        for title in self.titles:
            title.setParent(self)
            title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            title.hide()
        self._areas: tuple[Any, ...] = ()
        self._plots: tuple[Any, Any] | None = None
        self._theme: Theme | None = None
        self.rows: list[dict[str, Any]] = []

    def set_theme(self, theme: Theme) -> None:
        """Follow the look of the window."""
        self._theme = theme
        if self._plots is not None:
            self._paint()

    def show_rows(self, rows: list[dict[str, Any]]) -> None:
        """Draw the epochs so far."""
        if rows == self.rows:
            return
        self.rows = rows
        if not rows:
            if self._plots is not None:
                self._draw()
            return
        if self._plots is None:
            self._make()
        self._draw()

    def _make(self) -> None:
        from pyqtgraph import PlotWidget

        made = []
        for title, name in zip(self.titles, ("Loss", "Score on held-out pictures"), strict=True):
            area = PlotWidget()
            area.setAccessibleName(name)
            # Asks for half a screen otherwise.
            area.setMinimumSize(60, 44)
            area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
            plot = area.getPlotItem()
            plot.setLabel("bottom", "Epoch")
            plot.setMouseEnabled(x=False, y=False)
            plot.hideButtons()
            plot.setMenuEnabled(False)
            side = column(margin=0, gap=0)
            side.addWidget(title)
            side.addWidget(area, 1)
            self._layout.addLayout(side, 1)
            title.show()
            made.append(area)
        self._areas = tuple(made)
        self._plots = made[0].getPlotItem(), made[1].getPlotItem()
        self._plots[1].setYRange(0, 1)
        self._paint()

    def _paint(self) -> None:
        if self._theme is None or self._plots is None:
            return
        for area, plot in zip(self._areas, self._plots, strict=True):
            area.setBackground(self._theme.panel)
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(self._theme.muted)
                plot.getAxis(side).setTextPen(self._theme.muted)

    def _draw(self) -> None:
        if self._plots is None:
            return
        from pyqtgraph import mkPen

        losses, scores = self._plots
        for plot in (losses, scores):
            plot.clear()
        if not self.rows:
            return
        losses.plot([r["epoch"] for r in self.rows], [r["loss"] for r in self.rows], pen=mkPen(OKABE_ITO[5], width=2))
        name = next((each for each in SCORES if any(each in row for row in self.rows)), None)
        if name is not None:
            known = [row for row in self.rows if name in row]
            pen = mkPen(OKABE_ITO[3], width=2)
            scores.plot([r["epoch"] for r in known], [r[name] for r in known], pen=pen, symbol="o", symbolSize=5)
            self.titles[1].setText(f"{score_title(name)}, held out")
