"""Counts, shares and densities with their intervals, and whether enough was counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDoubleSpinBox, QProgressBar, QWidget

from cellwright.core import BadParameter
from cellwright.stats import Simultaneous
from cellwright.ui.looks.widgets import column, describe, label, restyle
from cellwright.ui.looks.wording import (
    density_interval_text,
    density_text,
    percent_interval_text,
    percent_text,
)
from cellwright.ui.numbers.side import Side, beside, choose, combo, rows_of
from cellwright.ui.numbers.words import count_with, dispersion_sentence, dispersion_text, expected_text
from cellwright.ui.sets.tables import ReadTable
from cellwright.workflows.areas import finds_areas
from cellwright.workflows.sure_counts import CountKind, SureCount, SureCounts, count_adequacy, sure_counts

if TYPE_CHECKING:
    from cellwright.workflows import Analysis

_KINDS = {
    "Automatic": CountKind.AUTO,
    "Exact, cells independent": CountKind.EXACT,
    "Quasi-Poisson, pictures differ": CountKind.QUASI_POISSON,
    "Bootstrap of pictures": CountKind.BOOTSTRAP,
}
_TOGETHER = {
    "Each class for itself": Simultaneous.NONE,
    "All at once (Bonferroni)": Simultaneous.BONFERRONI,
    "All at once (Goodman)": Simultaneous.GOODMAN,
}
_HEADER = ("Class", "Count", "Expected", "Share", "Per mm²", "Spread")
_TIPS = (
    "",
    "Cells that reach the threshold, and the 95 % interval of the number to be expected on as much again.",
    "What calibrated scores lead one to expect, without any threshold: Σp ± half of its interval.",
    "Among all cells counted, with its 95 % interval.",
    "On a square millimetre of what was analyzed, with the 95 % interval of the count.",
    "Dispersion: how much more pictures differ than chance has it; 1 is chance alone.",
)
_DENSITY, _DISPERSION = 4, 5
_EMPTY = "Analyze a picture, and its numbers stand here with their intervals."
_AREAS = "This model measures areas and counts nothing: areas and their shares stand in the panel Counts."

_PLANNED = (
    "Planned for a share a little nearer to a half than the counted one, as if one cell more of the class and one of "
    "another had been seen: a class without any cells yet needs some, too."
)


class CountsPage(QWidget):
    """The table of numbers with intervals.

    Signals
    -------
    class_lit(object)
        Name of a class whose cells are to stand out; None for all.
    """

    class_lit = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._analyses: list[Analysis] = []
        self._thresholds: list[float] | None = None
        self.found: SureCounts | None = None
        self.table = ReadTable(
            "Numbers with intervals", "Click a class to let its cells stand out in the picture.", _HEADER, 1
        )
        for at, tip in enumerate(_TIPS):
            item = self.table.horizontalHeaderItem(at)
            if item is not None:
                item.setToolTip(tip)
        self.kinds = combo("What intervals suppose", "What the intervals of counts suppose.", _KINDS)
        self.together = combo("Intervals of shares", "Whether intervals of shares hold each or all at once.", _TOGETHER)
        self.kind_of = combo("Class to be known", "The class whose share is to be known well enough.")
        self.half = QDoubleSpinBox()
        self.half.setRange(0.1, 20.0)
        self.half.setSingleStep(0.5)
        self.half.setDecimals(1)
        self.half.setValue(2.0)
        self.half.setPrefix("± ")
        self.half.setSuffix(" %")
        describe(self.half, "How well", "How far the share of this class may be off, in points of per cent.")
        self.meter = QProgressBar()
        self.meter.setTextVisible(False)
        describe(self.meter, "Counted of what is needed", "How far the count has come.")
        self._wanted = rows_of(("Share of", self.kind_of), ("Known to", self.half))
        self.adequacy = label("", wrap=True)
        self.adequacy.setToolTip(_PLANNED)
        self.words = label("", "muted", wrap=True, selectable=True)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        side = Side("Choices for counts")
        side.add(self._wanted)
        side.add(self.meter)
        side.add(self.adequacy)
        side.row("Intervals", self.kinds)
        side.row("Shares", self.together)
        side.add(self.words)
        column(self, margin=0).addWidget(beside(self.table, side))

    def _connect(self) -> None:
        for box in (self.kinds, self.together):
            box.currentIndexChanged.connect(lambda _at: self._count())
        self.kind_of.currentIndexChanged.connect(lambda _at: self._measure())
        self.half.valueChanged.connect(lambda _value: self._measure())
        self.table.cellClicked.connect(lambda row, _column: self._light(row))

    def show_analyses(self, analyses: Sequence[Analysis], thresholds: Sequence[float]) -> None:
        """Count these pictures at these thresholds, one a class."""
        self._analyses, self._thresholds = list(analyses), list(thresholds)
        self._count()

    def text(self) -> str:
        """Return the table as a spreadsheet takes it."""
        if self.found is None:
            return ""
        names = ("class", "count", "low", "high", "expected", "low", "high", "share", "low", "high",
                 "per mm²", "low", "high", "dispersion")  # fmt: skip
        lines = ["\t".join(names)]
        lines += ["\t".join(_cells_of(each)) for each in (*self.found.rows, self.found.total)]
        lines += [self.found.count_method, self.found.share_method]
        return "\n".join(lines)

    def copy(self) -> None:
        """Put the table on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def _count(self) -> None:
        self.found = None
        empty = _EMPTY if not self._analyses else _AREAS if _are_areas(self._analyses) else ""
        if empty:
            self.table.show_rows([])
            self._say(empty, "muted")
            self._measure()
            return
        kind, together = CountKind[self.kinds.currentData()], Simultaneous[self.together.currentData()]
        problem = ""
        try:
            self.found = sure_counts(self._analyses, self._thresholds, kind=kind, simultaneous=together)
        except BadParameter as error:
            problem = f"{error} Exact ones, each for itself, are shown."
            self.found = sure_counts(self._analyses, self._thresholds, kind=CountKind.EXACT)
        self._fill(self.found)
        self._say(problem or self._sentence(self.found), "warn" if problem else "muted")
        choose(self.kind_of, {row.title: row.name for row in self.found.rows})
        self._measure()

    def _fill(self, found: SureCounts) -> None:
        rows = found.rows if len(found.rows) == 1 else (*found.rows, found.total)
        self.table.show_rows([_row(each) for each in rows])
        self.table.setColumnHidden(_DENSITY, found.total.per_mm2 is None)
        self.table.setColumnHidden(_DISPERSION, found.pictures < 2)

    def _sentence(self, found: SureCounts) -> str:
        allowed = not found.count_method.startswith("exact")
        parts = [
            dispersion_sentence(found.total.dispersion, is_allowed_for=allowed),
            f"Counts: {found.count_method}. Shares: {found.share_method}.",
        ]
        return "\n".join(part for part in parts if part)

    def _say(self, text: str, kind: str) -> None:
        self.words.setText(text)
        self.words.setProperty("kind", kind)
        restyle(self.words)

    def _measure(self) -> None:
        """Say whether enough was counted for the chosen class."""
        name = self.kind_of.currentData()
        # the share of the only class there is says nothing
        names = {row.name for row in self.found.rows} if self.found is not None else set()
        has_one = len(names) > 1 and name in names
        for widget in (self._wanted, self.meter, self.adequacy):
            widget.setVisible(has_one)
        if self.found is None or not has_one:
            return
        said = count_adequacy(self.found, name, self.half.value() / 100)
        self.meter.setValue(round(100 * said.progress))
        text = str(said)
        self.adequacy.setText(f"{text[:1].upper()}{text[1:]}: {'enough' if said.is_enough else 'not enough yet'}.")
        self.adequacy.setProperty("kind", "good" if said.is_enough else "warn")
        restyle(self.adequacy)

    def _light(self, row: int) -> None:
        if self.found is not None:
            self.class_lit.emit(self.found.rows[row].name if row < len(self.found.rows) else None)


def _are_areas(analyses: Sequence[Analysis]) -> bool:
    return all(finds_areas(each.card) for each in analyses)


def _row(row: SureCount) -> list[str]:
    share = (
        "" if row.share_interval is None else f"{percent_text(row.share)} ({percent_interval_text(row.share_interval)})"
    )
    dense = (
        "" if row.per_mm2 is None else f"{density_text(row.per_mm2)} ({density_interval_text(row.per_mm2_interval)})"
    )
    return [
        row.title,
        count_with(row.count, row.count_interval),
        expected_text(row.expected),
        share,
        dense,
        dispersion_text(row.dispersion),
    ]


def _cells_of(row: SureCount) -> list[str]:
    none = (None, None)
    values = (
        row.count,
        *row.count_interval,
        row.expected.value,
        *row.expected.interval,
        row.share,
        *(row.share_interval or none),
        row.per_mm2,
        *(row.per_mm2_interval or none),
        None if row.dispersion is None else row.dispersion.ratio,
    )
    return [row.title, *("" if value is None else f"{value:.6g}" for value in values)]
