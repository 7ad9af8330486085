"""What a random audit says of the counts: corrected ones beside those of the model, and what was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cellwright.core import CellwrightError
from cellwright.stats import Estimate, sum_of
from cellwright.ui.looks.widgets import button, column, label
from cellwright.ui.looks.wording import count_text
from cellwright.ui.numbers.side import Side, beside, choose, combo
from cellwright.ui.numbers.words import estimate_text
from cellwright.ui.sets.tables import ReadTable
from cellwright.workflows.audited_counts import AuditedCount, AuditedCounts, audited_counts

if TYPE_CHECKING:
    from cellwright.project import Project

_HEADER = ("Class", "Model", "Corrected", "Rogan–Gladen", "Missed", "In all")
_TIPS = (
    "",
    "Cells that the model counts, among those the audit was drawn from.",
    "How many of those really are of the class: prediction-powered, with its 95 % interval.",
    "The same by sensitivity and specificity, for comparison with other work.",
    "Cells that the model did not find, on all pictures, by what people found in the audit's windows.",
    "Corrected and missed together: how many there really are on the pictures.",
)
_MISSED, _IN_ALL = 4, 5
_NO_AUDIT = (
    "Draw an audit: some cells and windows by chance alone. What you say of them corrects the counts of all, with an "
    "interval that holds, however wrong the model is."
)


class AuditPage(QWidget):
    """Audit-corrected counts.

    Signals
    -------
    audit_asked()
        Another audit is to be drawn.
    review_asked()
        The queue is to be seen.
    """

    audit_asked = Signal()
    review_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._project: Project | None = None
        self._titles: dict[int, str] = {}
        self.found: AuditedCounts | None = None
        self.table = ReadTable(
            "Counts corrected by an audit", "What the audit's reviewers make of the counts.", _HEADER, 1
        )
        for at, tip in enumerate(_TIPS):
            item = self.table.horizontalHeaderItem(at)
            if item is not None:
                item.setToolTip(tip)
        self.audits = combo("Audit", "Which random draw.")
        self.words = label(_NO_AUDIT, "muted", wrap=True, selectable=True)
        side = Side("Choices for audits")
        side.row("Audit", self.audits)
        side.add(button("Draw an audit…", "Draw cells and windows at random, to be reviewed.", self.audit_asked.emit))
        side.add(button("Review", "Look at what an audit drew.", self.review_asked.emit))
        side.add(self.words)
        column(self, margin=0).addWidget(beside(self.table, side))
        self.audits.currentIndexChanged.connect(lambda _at: self._count())

    def show_project(self, project: Project | None) -> None:
        """Show the newest audit of a project, or the one that is chosen."""
        self._project = project
        self._titles = {} if project is None else {each.id: each.title for each in project.classes()}
        audits = [] if project is None else [each.id for each in project.audits()]
        choose(self.audits, {f"Audit {number}": number for number in reversed(audits)})
        self._count()

    def text(self) -> str:
        """Return the table as a spreadsheet takes it."""
        if self.found is None:
            return ""
        lines = ["\t".join(_HEADER), *("\t".join(row) for row in self._rows(self.found)), *self.found.notes]
        return "\n".join(lines)

    def _count(self) -> None:
        self.found = None
        number = self.audits.currentData()
        if self._project is None or number is None:
            self.table.show_rows([])
            self.words.setText(_NO_AUDIT)
            return
        try:
            self.found = audited_counts(self._project, number)
        except CellwrightError as error:
            self.table.show_rows([])
            self.words.setText(str(error))
            return
        self.table.show_rows(self._rows(self.found))
        for column_at in (_MISSED, _IN_ALL):
            self.table.setColumnHidden(column_at, self.found.missed is None)
        done = f"{self.found.answered:,} of {self.found.drawn:,} drawn cells are answered."
        self.words.setText("\n".join([done, *self.found.notes]))

    def _rows(self, found: AuditedCounts) -> list[list[str]]:
        rows = [self._row(each, found) for each in found.rows if _says_something(each, found)]
        missed = None if found.missed is None else found.missed.total
        last = [
            "All cells",
            count_text(found.population),
            estimate_text(found.real),
            "",
            *_with_missed(found.real, missed),
        ]
        return [*rows, last]

    def _row(self, row: AuditedCount, found: AuditedCounts) -> list[str]:
        by_rates = "–" if row.rogan_gladen is None else estimate_text(row.rogan_gladen)
        missed = None if found.missed is None else found.missed.by_class[row.class_id]
        title = self._titles.get(row.class_id, row.name)
        numbers = [count_text(row.counted), estimate_text(row.corrected), by_rates]
        return [title, *numbers, *_with_missed(row.corrected, missed)]


def _with_missed(corrected: Estimate, missed: Estimate | None) -> list[str]:
    """Return what was missed, and both together."""
    return ["", ""] if missed is None else [estimate_text(missed), estimate_text(sum_of([corrected, missed]))]


def _says_something(row: AuditedCount, found: AuditedCounts) -> bool:
    """Whether anybody or anything found a cell of a class."""
    missed = 0.0 if found.missed is None else found.missed.by_class[row.class_id].value
    return bool(row.counted or row.corrected.value or missed)
