"""How the count of a class depends on its threshold, beside what calibrated scores lead one to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cellwright.stats import CountCurve, Estimate
from cellwright.ui.looks.widgets import column, label
from cellwright.ui.looks.wording import interval_text
from cellwright.ui.numbers.curve_view import CurveView
from cellwright.ui.numbers.side import Side, beside, choose, combo
from cellwright.ui.numbers.words import expected_text
from cellwright.workflows.sure_counts import sure_counts, threshold_curves

if TYPE_CHECKING:
    from cellwright.workflows import Analysis

_STEEP = 0.1
_AROUND = 0.05
_NEUTRAL = "#56B4E9"


class ThresholdPage(QWidget):
    """A curve a class.

    Signals
    -------
    threshold_chosen(str, float)
        A class and its new threshold.
    """

    threshold_chosen = Signal(str, float)

    def __init__(self) -> None:
        super().__init__()
        self._curves: dict[str, CountCurve] = {}
        self._expected: dict[str, Estimate] = {}
        self._thresholds: dict[str, float] = {}
        self._colours: Mapping[str, str] = {}
        self.view = CurveView()
        self.classes = combo("Class of the curve", "The class whose count is drawn.")
        self.words = label("", wrap=True, selectable=True)
        self.note = label(
            "Where the curve is steep, the count is a matter of opinion. The expected number needs no threshold; it is "
            "right as far as scores are calibrated on pictures like these.",
            "muted",
            wrap=True,
        )
        side = Side("Choices for the curve")
        side.row("Class", self.classes)
        side.add(self.words)
        side.add(self.note)
        column(self, margin=0).addWidget(beside(self.view, side))
        self.classes.currentIndexChanged.connect(lambda _at: self._draw())
        self.view.threshold_chosen.connect(lambda at: self.threshold_chosen.emit(self.classes.currentData(), at))

    def show_analyses(
        self, analyses: Sequence[Analysis], thresholds: Mapping[str, float], colours: Mapping[str, str]
    ) -> None:
        """Draw the curves of these pictures together, at these thresholds by class."""
        self._thresholds, self._colours = dict(thresholds), colours
        if not analyses:
            self._curves, self._expected = {}, {}
            choose(self.classes, {})
            self._draw()
            return
        self._curves = threshold_curves(analyses)
        found = sure_counts(analyses, [thresholds.get(name, 0.5) for name in analyses[0].objects.classes])
        self._expected = {row.name: row.expected for row in found.rows}
        choose(self.classes, {row.title: row.name for row in found.rows})
        self._draw()

    def _draw(self) -> None:
        name = self.classes.currentData()
        curve = self._curves.get(name)
        if curve is None:
            self.view.show_curve(None, 0.5, None, _NEUTRAL)
            self.words.setText("Analyze a picture, and the curves of its classes stand here.")
            return
        threshold, expected = self._thresholds.get(name, 0.5), self._expected[name]
        self.view.show_curve(curve, threshold, expected, self._colours.get(name, _NEUTRAL))
        counted = curve.at(threshold)
        steep = curve.steepness(threshold, _AROUND)
        verdict = "it matters where the threshold stands" if abs(steep) > _STEEP else "it hardly matters"
        self.words.setText(
            f"{counted:,} counted at {threshold:.2f}, {expected_text(expected)} expected "
            f"({interval_text(expected.interval)}).\nWithin ±{_AROUND:.2f} of the threshold the count changes by "
            f"{100 * abs(steep):.0f} %: {verdict}."
        )
