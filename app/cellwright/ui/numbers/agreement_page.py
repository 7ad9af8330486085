"""How far two readers, or readers and model, agree; every number shows its cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QStackedWidget, QWidget

from cellwright.core import CellwrightError
from cellwright.project import Project
from cellwright.ui.looks.widgets import button, column, describe, label
from cellwright.ui.looks.wording import percent_interval_text, percent_text
from cellwright.ui.numbers.bland_altman_view import BlandAltmanView
from cellwright.ui.numbers.confusion_table import ConfusionTable
from cellwright.ui.numbers.side import Side, beside, choose, combo
from cellwright.ui.numbers.words import kappa_text, signed_text
from cellwright.workflows.agreement import FEWEST_PICTURES, Agreement
from cellwright.workflows.agreement_readings import (
    reader_and_model,
    readers_of,
    several_readers,
    two_projects,
    two_readers,
    whites_as_one,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODEL, _ALL, _OTHER = "", "*", "="
_NOTHING_YET = (
    "Accept, correct or reject some cells. Then it stands here how far you and the model agree, and every number shows "
    "its cells."
)


class AgreementPage(QWidget):
    """A confusion matrix, or the counts of each picture.

    Signals
    -------
    cells_asked(object, str)
        Ids of the cells behind a number, and what it says.
    other_asked()
        The project of another reader is to be chosen.
    """

    cells_asked = Signal(object, str)
    other_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._project: Project | None = None
        self._thresholds: Mapping[str, float] = {}
        self._other: Path | None = None
        self.found: Agreement | None = None
        self.table, self.view = ConfusionTable(), BlandAltmanView()
        self.pairs = combo("Who is compared", "Readers and the model, or two readers of the same cells.")
        self.shows = combo("What is shown", "Cell by cell, or the counts of each picture.", {"Cells": _ALL})
        self.audits = QCheckBox("Only random audits")
        describe(
            self.audits, "Only random audits", "Of cells drawn at random alone the agreement is that of all cells."
        )
        self.as_one = QCheckBox("White cells as one class")
        describe(self.as_one, "White cells as one class", "Do not compare which kind of white cell it is.")
        self.kappa = label("", wrap=True, selectable=True)
        self.words = label(_NOTHING_YET, "muted", wrap=True, selectable=True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.view)
        side = Side("Choices for agreement")
        side.row("Compare", self.pairs)
        side.row("Show", self.shows)
        other = button("Other project…", "Compare with the project of another reader.", self.other_asked.emit, "small")
        for widget in (self.kappa, self.audits, self.as_one, other, self.words):
            side.add(widget)
        column(self, margin=0).addWidget(beside(self._stack, side))
        self.pairs.currentIndexChanged.connect(lambda _at: self._compare())
        for box in (self.audits, self.as_one):
            box.toggled.connect(lambda _on: self._compare())
        self.shows.currentIndexChanged.connect(lambda _at: self._draw())
        self.table.place_chosen.connect(self._ask)

    def show_project(self, project: Project | None, thresholds: Mapping[str, float]) -> None:
        """Compare what people said in a project; the model's word counts from these thresholds on, by class."""
        self._project, self._thresholds = project, thresholds
        readers = [] if project is None else readers_of(project)
        pairs = {f"{a} and {b}": f"{a}\n{b}" for i, a in enumerate(readers) for b in readers[i + 1 :]}
        if self._other is not None:
            pairs[f"This and {self._other.name}"] = _OTHER
        choose(self.pairs, {"Readers and model": _MODEL, **pairs})
        self._compare()

    def compare_with(self, folder: Path) -> None:
        """Compare with the project of another reader, on the pictures that both have."""
        self._other = folder
        self.show_project(self._project, self._thresholds)
        self.pairs.setCurrentIndex(self.pairs.findData(_OTHER))

    def text(self) -> str:
        """Return the table as a spreadsheet takes it."""
        found = self.found
        if found is None:
            return ""
        titles = [found.title(at) for at in range(len(found.table))]
        lines = ["\t".join([f"{found.first} \\ {found.second}", *titles])]
        lines += [
            "\t".join([title, *(str(n) for n in row)]) for title, row in zip(titles, found.table.tolist(), strict=True)
        ]
        return "\n".join([*lines, self.kappa.text(), *found.notes])

    def _compare(self) -> None:
        self.found, problem = None, _NOTHING_YET
        pair = self.pairs.currentData() or _MODEL
        self.audits.setEnabled(pair == _MODEL)
        if self._project is not None:
            try:
                read = self._agreement(self._project, pair)
                self.found = whites_as_one(read) if self.as_one.isChecked() else read
            except CellwrightError as error:
                problem = f"{error}\n{_NOTHING_YET}"
        found = self.found
        kinds = {} if found is None else dict(zip(found.titles, found.classes, strict=True))
        can_count = found is not None and len(found.pictures) >= FEWEST_PICTURES
        counts = {f"Counts: {title}": name for title, name in kinds.items()} if can_count else {}
        choose(self.shows, {"Cells": _ALL, **counts, **({"Counts: all cells": _MODEL} if can_count else {})})
        self.kappa.setText("" if found is None else self._sentence(found))
        self.words.setText(problem if found is None else "\n".join(found.notes))
        self._draw()

    def _agreement(self, project: Project, pair: str) -> Agreement:
        if pair == _MODEL:
            limits = {
                each.name: self._thresholds[each.name] for each in project.classes() if each.name in self._thresholds
            }
            return reader_and_model(project, limits, audits_alone=self.audits.isChecked())
        if pair == _OTHER and self._other is not None:
            with Project(self._other, read_only=True) as other:
                return two_projects(project, other)
        first, second = pair.split("\n")
        return two_readers(project, first, second)

    def _sentence(self, found: Agreement) -> str:
        same, seen, interval = found.agreed
        lines = []
        if seen:
            share = f"{percent_text(same / seen)} ({percent_interval_text(interval)})"
            lines.append(f"Same class: {same:,} of {seen:,}, {share}")
        if found.kappa is not None:
            lines.append(f"Cohen's kappa {kappa_text(found.kappa)}")
        if self._project is not None and self.pairs.currentData() not in (_MODEL, _OTHER):
            lines += self._fleiss(self._project)
        return "\n".join(lines)

    @staticmethod
    def _fleiss(project: Project) -> list[str]:
        readers = readers_of(project)
        if len(readers) < 3:
            return []
        try:
            several = several_readers(project, readers)
        except CellwrightError:
            return []  # no cell that all of them have read
        return [f"Fleiss' kappa of all {len(readers)}, on {several.cells:,} cells: {kappa_text(several.kappa)}"]

    def _draw(self) -> None:
        found, shown = self.found, self.shows.currentData()
        self.table.show_agreement(found)
        is_table = found is None or shown == _ALL
        self._stack.setCurrentWidget(self.table if is_table else self.view)
        if found is None or is_table:
            return
        name = shown or None
        limits = found.bland_altman(name)
        self.view.show_counts(*found.counts(name), limits)
        if limits is not None:
            lines = [f"Bias {signed_text(limits.bias.value, limits.bias.interval)} cells a picture,"]
            lines.append(f"limits {limits.lower.value:+.1f} to {limits.upper.value:+.1f}, {limits.pairs} pictures")
            self.kappa.setText("\n".join([self._sentence(found), *lines]))

    def _ask(self, row: int, column: int) -> None:
        if self.found is not None:
            names = (*self.found.classes, "no cell")
            words = f"{names[row]} / {names[column]}"
            self.cells_asked.emit(self.found.ids(row, column), words)
