"""What is in a labelled set, and what is probably wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from cellwright.ui.looks.widgets import column, describe, label
from cellwright.ui.looks.wording import plural
from cellwright.ui.sets.charts import BarChart, HeatMap
from cellwright.ui.sets.tables import ReadTable

if TYPE_CHECKING:
    from cellwright.datasets import ClassHealth
    from cellwright.workflows import DatasetHealth

_NOTHING = "Choose a labelled set and press Check: what is in it, and what is probably wrong with it, will stand here."
_KIND_WORDS = {
    "missing": "not labelled",
    "class": "another class",
    "nothing there": "nothing there",
}


class HealthView(QWidget):
    """The report of one set.

    Signals
    -------
    place_asked(object, object)
        Path of a picture, and the box (y0, x0, y1, x1) on it that a person wants to see; None for all of it.
    """

    place_asked = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: DatasetHealth | None = None
        self.summary = label(_NOTHING, "heading", wrap=True)
        self.warnings = label("", "warn", wrap=True, selectable=True)
        self.bars, self.heat = BarChart(), HeatMap()
        self.classes = ReadTable(
            "Classes",
            "How many objects of each class there are, and how large they are.",
            ["Class", "Objects", "Pictures", "Side 5 %", "Median px", "95 %"],
            1,
        )
        self.doubts = ReadTable(
            "Doubtful labels",
            "Where the model doubts the labels, surest first. Double click: see the place.",
            ["Picture", "Doubt", "Labelled", "Found", "Sure"],
            4,
        )
        self.pairs = ReadTable(
            "Nearly the same picture",
            "Pictures of one field. Double click: see the first.",
            ["One", "Other", "Splits", "Alike"],
            3,
        )
        self.pictures = ReadTable(
            "Pictures to look at", "Unreadable and empty pictures. Double click: see it.", ["Picture", "Why"], 2
        )
        self.notes = ReadTable("Left out", "What was left out while the set was read, and why.", ["What"], 1)
        self._lay_out()
        self.doubts.row_chosen.connect(self._on_doubt)
        self.pairs.row_chosen.connect(self._on_pair)
        self.pictures.row_chosen.connect(self._on_picture)

    def _lay_out(self) -> None:
        layout = column(self, margin=0)
        layout.addWidget(self.summary)
        layout.addWidget(self.warnings)
        top = QHBoxLayout()
        top.setSpacing(16)
        left = QVBoxLayout()
        left.addWidget(label("Objects of each class", "section"))
        left.addWidget(self.bars)
        left.addWidget(self.classes, 1)
        right = QVBoxLayout()
        right.addWidget(label("Where they lie", "section"))
        right.addWidget(self.heat, 1)
        top.addLayout(left, 3)
        top.addLayout(right, 2)
        layout.addLayout(top, 1)
        self.tabs = QTabWidget()
        describe(self.tabs, "Findings", "What should be looked into.")
        self.tabs.tabBar().setAccessibleName("Findings")
        self.tabs.setDocumentMode(True)
        for title, table in self._tables():
            self.tabs.addTab(table, title)
        layout.addWidget(self.tabs, 1)

    def _tables(self) -> tuple[tuple[str, ReadTable], ...]:
        return (
            ("Doubtful labels", self.doubts),
            ("Near-duplicates", self.pairs),
            ("Pictures", self.pictures),
            ("Left out", self.notes),
        )

    def show_health(self, found: DatasetHealth) -> None:
        """Show what was found."""
        self.found = found
        health = found.health
        splits = ", ".join(f"{name or 'no split'} {count:,}" for name, count in sorted(health.splits.items()))
        self.summary.setText(
            f"{plural(health.pictures, 'picture')} ({splits}), {plural(health.boxes, 'object')}, {health.empty:,} empty"
        )
        self.warnings.setText("\n".join(found.warnings()))
        self.warnings.setVisible(bool(found.warnings()))
        self.bars.show_counts([(each.name, each.boxes) for each in health.classes])
        self.heat.show_counts(found.heat)
        self.classes.show_rows([_class_row(each) for each in health.classes])
        self._show_findings(found)

    def _show_findings(self, found: DatasetHealth) -> None:
        doubts = found.audit.doubts if found.audit is not None else ()
        self.doubts.show_rows(
            [[d.picture.name, _KIND_WORDS[d.kind.value], d.labelled, d.found, f"{d.score:.2f}"] for d in doubts]
        )
        across = set(found.duplicates_across)
        self.pairs.show_rows(
            [
                [p.first.name, p.second.name, "different" if p in across else "same", f"{p.similarity:.3f}"]
                for p in found.duplicates
            ]
        )
        self.pictures.show_rows(
            [[path.name, "cannot be read"] for path in found.unreadable]
            + [[path.name, "nothing is labelled"] for path in found.empty]
        )
        self.notes.show_rows([[line] for line in found.notes])
        for at, (title, table) in enumerate(self._tables()):
            self.tabs.setTabText(at, f"{title} ({table.rowCount():,})")

    def _on_doubt(self, row: int) -> None:
        if self.found is not None and self.found.audit is not None:
            doubt = self.found.audit.doubts[row]
            self.place_asked.emit(doubt.picture, doubt.box)

    def _on_pair(self, row: int) -> None:
        if self.found is not None:
            self.place_asked.emit(self.found.duplicates[row].first, None)

    def _on_picture(self, row: int) -> None:
        if self.found is not None:
            paths = (*self.found.unreadable, *self.found.empty)
            self.place_asked.emit(paths[row], None)


def _class_row(each: ClassHealth) -> list[str]:
    sides = ("", "", "") if each.side_px is None else tuple(f"{side:g}" for side in each.side_px)
    return [each.name, f"{each.boxes:,}", f"{each.pictures:,}", *sides]
