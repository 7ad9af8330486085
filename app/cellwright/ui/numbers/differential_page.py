"""The white-cell differential in the window: kinds with limits, what stands beside and apart, and its sign-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QWidget

from cellwright.annotation import LaboratoryFactorRecord
from cellwright.core import CellwrightError
from cellwright.stats import Interval, ShareDifference, Simultaneous
from cellwright.ui.looks.widgets import button, column, label, restyle
from cellwright.ui.looks.wording import count_text, interval_text, percent_interval_text, percent_text
from cellwright.ui.numbers.side import Side, beside, combo
from cellwright.ui.sets.tables import ReadTable
from cellwright.workflows.cell_roles import CellRole
from cellwright.workflows.differential import NOT_A_DEVICE, Differential, DifferentialRow, compare, differential
from cellwright.workflows.differential_cells import FieldCells
from cellwright.workflows.differential_signing import Signature
from cellwright.workflows.per_microlitre import PerMicrolitre

_HEADER = ("Class", "n", "Share", "Limits", "To review", "Other", "Difference")
_UNREVIEWED, _OTHER, _DIFFERENCE = 4, 5, 6
_TIPS = (
    "",
    "Cells that count.",
    "Of the white cells whose kind is told; what is no white cell is told for each 100 of them.",
    "Rümke's 95 % limits: between them lies the true share.",
    "Cells that nobody has looked at: none may be left when the differential is signed off.",
    "The same kind in the other differential.",
    "This less the other, with its interval, and how likely chance alone differs as much (Fisher).",
)
_LIMITS = {
    "Rümke, each for itself": Simultaneous.NONE,
    "All at once (Bonferroni)": Simultaneous.BONFERRONI,
    "All at once (Goodman)": Simultaneous.GOODMAN,
}
_NOTHING_YET = "Analyze pictures of a smear, and its white cells stand here by kind."
_NO_PROJECT = "A differential is signed off in a project that is kept: save it first (File, Save project as)."


@dataclass(frozen=True, slots=True)
class Lab:
    """What a project says beside its cells.

    Parameters
    ----------
    factors : tuple of LaboratoryFactorRecord
        Of the laboratory.
    can_sign : bool
        Whether there is a project that is kept and can be written.
    """

    factors: tuple[LaboratoryFactorRecord, ...] = ()
    can_sign: bool = False


class DifferentialPage(QWidget):
    """The differential.

    Signals
    -------
    cells_asked(object, str)
        Ids of cells, and what the number behind them says.
    class_lit(object)
        Name of a class whose cells are to stand out.
    sign_asked(), withdraw_asked(), factors_asked(), compare_asked()
        A button was pressed.
    """

    cells_asked = Signal(object, str)
    class_lit = Signal(object)
    sign_asked = Signal()
    withdraw_asked = Signal()
    factors_asked = Signal()
    compare_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fields: list[FieldCells] = []
        self._lab = Lab()
        self._other: tuple[str, Differential] | None = None
        self.found: Differential | None = None
        self._rows: list[DifferentialRow | None] = []
        self.table = ReadTable(
            "Differential", "Click a class to let its cells stand out; Enter or a double click shows them.", _HEADER, 1
        )
        for at, tip in enumerate(_TIPS):
            item = self.table.horizontalHeaderItem(at)
            if item is not None:
                item.setToolTip(tip)
        self.limits = combo("Limits", "Whether limits hold for each kind alone or for all at once.", _LIMITS)
        self.state = label("", wrap=True)
        self.signed = label("", wrap=True, selectable=True)
        self.estimates = label("", wrap=True, selectable=True)
        self.words = label("", "muted", wrap=True, selectable=True)
        self.sign = button("Sign off…", "Put your name under this differential.", self.sign_asked.emit, "primary")
        self.withdraw = button("Withdraw", "Take the latest signature back.", self.withdraw_asked.emit, "small")
        self.waiting = button("Show unreviewed", "Show what must still be looked at.", self._show_waiting)
        self.factors = button("Factors per µL…", "Enter your laboratory's own factors.", self.factors_asked.emit)
        self.against = button("Compare…", "Compare with the differential of another project.", self.compare_asked.emit)
        self._lay_out()

    def _lay_out(self) -> None:
        side = Side("Choices for the differential")
        for widget in (self.state, self.waiting, self.sign, self.signed, self.withdraw, self.estimates):
            side.add(widget)
        side.row("Limits", self.limits)
        for widget in (self.factors, self.against, self.words):
            side.add(widget)
        column(self, margin=0).addWidget(beside(self.table, side))
        self.limits.currentIndexChanged.connect(lambda _at: self._count())
        self.table.cellClicked.connect(lambda at, _column: self._light(at))
        self.table.row_chosen.connect(self._show_cells)

    def show_cells_of(self, fields: Sequence[FieldCells], lab: Lab) -> None:
        """Count these cells."""
        self._fields, self._lab = list(fields), lab
        self._count()

    def show_signatures(self, signatures: Sequence[Signature]) -> None:
        """Say who signed, and whether that holds."""
        text = "\n".join(str(each) for each in signatures[:2])
        self.signed.setText(text)
        self.signed.setVisible(bool(text))
        self.withdraw.setVisible(bool(text) and self._lab.can_sign)
        holds = bool(signatures) and signatures[0].holds
        if holds:
            self.state.setText("Every cell is reviewed, and the differential is signed off.")
        self.signed.setProperty("kind", "good" if holds else "warn")
        restyle(self.signed)

    def compare_with(self, name: str, other: Differential | None) -> None:
        """Show another differential beside this one; None for none."""
        self._other = None if other is None else (name, other)
        self._count()

    def text(self) -> str:
        """Return the table as a spreadsheet takes it."""
        if self.found is None:
            return ""
        lines = ["\t".join(_HEADER[: _UNREVIEWED + 1])]
        lines += ["\t".join([each.title, *_numbers(each)]) for each in self.found.every_row]
        lines += [_estimate_text(each) for each in self.found.estimates]
        return "\n".join([*lines, f"{self.found.method}.", self.signed.text(), *self.found.notes])

    def _count(self) -> None:
        self.found = None
        if self._fields:
            try:
                self.found = differential(
                    self._fields, simultaneous=Simultaneous[self.limits.currentData()], factors=self._lab.factors
                )
            except CellwrightError as error:
                self.words.setText(str(error))
        found = self.found
        for widget in (self.waiting, self.sign, self.estimates, self.factors, self.against, self.state):
            widget.setVisible(found is not None)
        if found is None:
            self._rows = []
            self.table.show_rows([])
            self.show_signatures([])
            self.words.setText(f"{_NOTHING_YET}\n\n{NOT_A_DEVICE}")
            return
        self._fill(found)
        self._say(found)

    def _fill(self, found: Differential) -> None:
        apart = {} if self._other is None or not found.white else self._differences(found, self._other[1])
        self._rows = [each for each in found.rows if each.count or len(found.rows) > 1]
        rows = [[each.title, *_numbers(each), *apart.get(each.title, ("", ""))] for each in found.rows]
        if len(found.rows) > 1:
            self._rows.append(None)
            rows.append(["White cells", count_text(found.white), "", "", "", "", ""])
        for each in (*found.beside, *(row for row in found.apart if row.count)):
            self._rows.append(each)
            rows.append([each.title, *_numbers(each), "", ""])
        self.table.show_rows(rows)
        for column_at in (_OTHER, _DIFFERENCE):
            self.table.setColumnHidden(column_at, not apart)
        if None in self._rows:
            bold = QFont(self.table.font())
            bold.setBold(True)
            for at in range(self.table.columnCount()):
                item = self.table.item(self._rows.index(None), at)
                if item is not None:
                    item.setFont(bold)
            self.table.resizeColumnsToContents()

    @staticmethod
    def _differences(found: Differential, other: Differential) -> dict[str, tuple[str, str]]:
        if not other.white:
            return {}
        return {title: (percent_text(each.second), _difference_text(each)) for title, each in compare(found, other)}

    def _say(self, found: Differential) -> None:
        obstacles = list(found.obstacles)
        if not self._lab.can_sign and not obstacles:
            obstacles = [_NO_PROJECT]
        self.state.setText(" ".join(obstacles) if obstacles else "Every cell is reviewed: it can be signed off.")
        self.state.setProperty("kind", "warn" if obstacles else "good")
        restyle(self.state)
        self.sign.setEnabled(not obstacles)
        self.waiting.setVisible(found.unreviewed > 0)
        self.estimates.setText("\n".join(_estimate_text(each) for each in found.estimates))
        self.estimates.setVisible(bool(found.estimates))
        against = [] if self._other is None else [f"Other: {self._other[0]}, {self._other[1].white:,} white cells."]
        self.words.setText("\n".join([f"{found.method}.", *against, *found.notes]))

    def _ids(self, names: Sequence[str], *, unreviewed: bool) -> list[bytes]:
        wanted = set(names)
        return [
            each.ids[row].tobytes()
            for each in self._fields
            for row in range(len(each.ids))
            if each.classes[int(each.class_index[row])] in wanted and not (unreviewed and each.is_reviewed[row])
        ]

    def _show_waiting(self) -> None:
        if self.found is not None:
            names = [each.name for each in self.found.every_row]
            self.cells_asked.emit(self._ids(names, unreviewed=True), "Unreviewed white cells")

    def _row(self, at: int) -> DifferentialRow | None:
        return self._rows[at] if at < len(self._rows) else None

    def _light(self, at: int) -> None:
        row = self._row(at)
        self.class_lit.emit(None if row is None else row.name)

    def _show_cells(self, at: int) -> None:
        row = self._row(at)
        if row is not None and row.count:
            self.cells_asked.emit(self._ids([row.name], unreviewed=False), f"Differential: {row.title}")


def _numbers(row: DifferentialRow) -> list[str]:
    """Return number, share, limits and what is unreviewed, in words."""
    waiting = count_text(row.unreviewed) if row.unreviewed else ""
    if row.role is CellRole.PER_100:
        share = "–" if row.per_100 is None else f"{row.per_100:.1f} per 100"
        return [count_text(row.count), share, _per_100_text(row.per_100_interval), waiting]
    share = percent_text(row.share)
    if row.role is CellRole.UNIDENTIFIED and row.share is not None:
        share = f"{share} of all"
    return [count_text(row.count), share, percent_interval_text(row.interval), waiting]


def _per_100_text(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.1f}–{interval.high:.1f}"


def _difference_text(each: ShareDifference) -> str:
    low, high = each.difference.scaled(100)
    said = "chance may do that" if each.may_be_the_same else "more than chance"
    return f"{100 * (each.first - each.second):+.1f} ({low:+.1f} … {high:+.1f}), p {each.p_value:.2g}: {said}"


def _estimate_text(each: PerMicrolitre) -> str:
    factor = each.factor
    whose = f"factor {factor.per_ul:,g} of {factor.author}, {factor.time[:10]}"
    what = factor.estimated.value.capitalize()
    if each.value is None or each.interval is None:
        return f"{what}: no estimate, {each.method} ({whose})."
    return f"{what}: {count_text(each.value)} per µL ({interval_text(each.interval)}), {whose}."
